"""The vectors of kinds `call` and `errors`, through the public API, sync and async.

The rules are in `tests/vectors/README.md`. Whatever key a vector has is compared; a key that this runner does not know
fails the vector. The number of vectors that were compared both ways is printed; the other languages print the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import resilient_completion as rc
from resilient_completion.testing import Simulator

VECTORS = Path(__file__).parents[2] / "vectors"
KINDS = ("call", "errors")
PATHS = sorted(path for kind in KINDS for path in (VECTORS / kind).glob("*.json"))
KEY = "sk-or-v1-vector-0123456789abcdef"


class Outcome(NamedTuple):
    """What came of a call."""

    completion: rc.Completion | None
    error: rc.ResilientCompletionError | None
    deltas: str
    seconds: float
    requests: list[dict[str, Any]]

    def trace(self) -> Any:
        held = self.error if self.error is not None else self.completion
        assert held is not None
        return held.trace

    def body(self) -> Any:
        assert self.completion is not None
        return self.completion.to_dict()

    def message(self) -> Any:
        return self.body()["choices"][0]["message"]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "RESILIENT_COMPLETION_CONFIG"):
        monkeypatch.delenv(name, raising=False)


ran: set[tuple[str, str]] = set()
"""Vectors that were played, and how."""


@pytest.fixture(scope="module", autouse=True)
def _said() -> Iterator[None]:
    yield
    for kind in KINDS:
        names = [f"{path.parent.name}/{path.stem}" for path in PATHS if path.parent.name == kind]
        print(f"\nvectors {kind}: {sum({(name, 'sync'), (name, 'async')} <= ran for name in names)} run")


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("path", PATHS, ids=[f"{path.parent.name}/{path.stem}" for path in PATHS])
def test_vector(path: Path, how: str) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    given, expected = vector.pop("given"), vector.pop("expected")
    assert vector == {"v": 1, "id": f"{path.parent.name}/{path.stem}", "kind": path.parent.name}
    outcome = play(given, how)
    if "error" in expected:
        assert outcome.error is not None, f"it succeeded: {outcome.completion!r}"
    else:
        assert outcome.error is None, f"it failed: {outcome.error!r}"
    for name, wanted in expected.items():
        COMPARE[name](wanted, outcome)
    ran.add((vector["id"], how))


def play(given: dict[str, Any], how: str) -> Outcome:
    stream, close = given.pop("stream", False), given.pop("close", None)
    earlier, script = given.pop("earlier", []), given.pop("script", {"models": {"*": {"text": "unused"}}})
    with Simulator(script) as provider:
        options = filled(given.pop("client", {}), provider)
        # The language itself insists on the argument; None is "not set".
        call = {"messages": None, **filled(given.pop("call"), provider)}
        assert not given, f"keys of `given` that this runner does not know: {given}"
        for name, value in {"base_url": provider.url, "api_key": KEY, "guards": "own"}.items():
            options.setdefault(name, value)
        options = {name: value for name, value in options.items() if value is not None}
        run: Any = sync_call if how == "sync" else async_call
        kind: Any = rc.Client if how == "sync" else rc.AsyncClient
        begin, deltas = time.monotonic(), [""]
        completion, error = None, None
        try:
            client = kind(**options)
            for one in earlier:
                with contextlib.suppress(rc.ResilientCompletionError):
                    run(client, filled(one, provider), False, deltas)
            if close == "before":
                client.close()
            elif close == "during":
                threading.Thread(target=close_when_asked, args=(client, provider)).start()
            begin, deltas = time.monotonic(), [""]
            completion = run(client, call, stream, deltas)
        except rc.ResilientCompletionError as caught:
            error = caught
        return Outcome(completion, error, deltas[0], time.monotonic() - begin, provider.requests)


def filled(value: Any, provider: Simulator) -> Any:
    if isinstance(value, str):
        return value.replace("{url}", provider.url).replace("{refused}", refused() if "{refused}" in value else "")
    if isinstance(value, dict):
        return {key: filled(item, provider) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, provider) for item in value]
    return value


def refused() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"


def close_when_asked(client: Any, provider: Simulator) -> None:
    while not provider.requests:
        time.sleep(0.005)
    client.close()


def sync_call(client: rc.Client, call: dict[str, Any], stream: bool, deltas: list[str]) -> rc.Completion | None:
    if not stream:
        return client.complete(**call)
    with client.stream(**call) as pieces:
        for piece in pieces:
            note(piece, deltas)
        return pieces.completion


def async_call(client: rc.AsyncClient, call: dict[str, Any], stream: bool, deltas: list[str]) -> rc.Completion | None:
    async def main() -> rc.Completion | None:
        if not stream:
            return await client.complete(**call)
        async with client.stream(**call) as pieces:
            async for piece in pieces:
                note(piece, deltas)
            return pieces.completion

    return asyncio.run(main())


def note(piece: rc.Delta, deltas: list[str]) -> None:
    deltas[0] += ("|restarted|" if piece.restarted else "") + piece.text


def part_of(wanted: Any, there: Any, where: str) -> None:
    if isinstance(wanted, dict):
        assert isinstance(there, dict), f"{where}: {there!r} is no object"
        for key, value in wanted.items():
            assert key in there, f"{where}.{key} is missing"
            part_of(value, there[key], f"{where}.{key}")
    elif isinstance(wanted, list):
        assert isinstance(there, list), f"{where}: {there!r} is no list"
        assert len(there) == len(wanted), f"{where}: {there!r} has another length"
        for i, value in enumerate(wanted):
            part_of(value, there[i], f"{where}[{i}]")
    else:
        same = there == wanted and isinstance(there, bool) == isinstance(wanted, bool)
        assert same, f"{where}: {there!r}, not {wanted!r}"


def each(wanted: list[Any], there: Any, compare: Callable[[Any, Any], None]) -> None:
    assert len(there) == len(wanted), f"{there!r} has another length than {wanted!r}"
    for want, have in zip(wanted, there):
        compare(want, have)


def known(wanted: dict[str, Any], *keys: str) -> None:
    assert set(wanted) <= set(keys), f"keys that this runner does not know: {set(wanted) - set(keys)}"


def attributes(wanted: dict[str, Any], there: Any, *names: str) -> None:
    for name in names:
        if name in wanted:
            assert getattr(there, name) == wanted[name], f"{name} of {there!r} is not {wanted[name]!r}"


def compare_error(wanted: dict[str, Any], outcome: Outcome) -> None:
    error = outcome.error
    assert error is not None
    plain = ("kind", "status", "field", "retryable", "model", "label", "request_id")
    others = ("class", "retry_after", "message_contains", "message_lacks", "partial_text", "cause_kind")
    known(wanted, *plain, *others)
    assert type(error).__name__ == wanted["class"], repr(error)
    attributes(wanted, error, *plain)
    if "retry_after" in wanted:
        assert error.retry_after == pytest.approx(wanted["retry_after"], abs=0.1)
    assert wanted.get("message_contains", "") in str(error)
    assert "message_lacks" not in wanted or wanted["message_lacks"] not in str(error)
    if "partial_text" in wanted:
        assert isinstance(error, rc.StreamInterruptedError)
        assert error.partial is not None
        assert error.partial.text == wanted["partial_text"]
    if "cause_kind" in wanted:
        assert isinstance(error.__cause__, rc.ResilientCompletionError)
        assert error.__cause__.kind == wanted["cause_kind"]


def compare_attempt(wanted: dict[str, Any], there: Any) -> None:
    known(wanted, "kind", "label", "model", "status")
    attributes(wanted, there, "kind", "label", "model", "status")


def compare_skipped(wanted: dict[str, Any], there: Any) -> None:
    known(wanted, "model", "label", "reason_contains")
    attributes(wanted, there, "model", "label")
    assert wanted["reason_contains"] in there.reason


def compare_request(wanted: dict[str, Any], there: dict[str, Any]) -> None:
    known(wanted, "model", "path", "body", "body_contains", "body_lacks", "headers")
    for name in ("model", "path", "body"):
        if name in wanted:
            assert there[name] == wanted[name]
    part_of(wanted.get("body_contains", {}), there["body"], "body")
    for name in wanted.get("body_lacks", ()):
        assert name not in there["body"]
    for name, value in wanted.get("headers", {}).items():
        assert there["headers"].get(name) == value


def compare_tool_call(wanted: dict[str, Any], there: dict[str, Any]) -> None:
    known(wanted, "id", "name", "arguments")
    assert "id" not in wanted or there["id"] == wanted["id"]
    assert (there["function"]["name"], there["function"]["arguments"]) == (wanted["name"], wanted["arguments"])


def compare_requests_per_model(wanted: dict[str, int], outcome: Outcome) -> None:
    models = [request["model"] for request in outcome.requests]
    assert {model: models.count(model) for model in models} == {model: n for model, n in wanted.items() if n}


def compare_seconds(wanted: dict[str, float], outcome: Outcome) -> None:
    known(wanted, "min", "max")
    assert wanted.get("min", 0.0) <= outcome.seconds <= wanted.get("max", float("inf"))


def compare_cost(wanted: float | None, outcome: Outcome) -> None:
    assert outcome.completion is not None
    assert outcome.completion.cost == (wanted if wanted is None else pytest.approx(wanted, abs=1e-9))


def equal(of: Callable[[Outcome], Any]) -> Callable[[Any, Outcome], None]:
    def compare(wanted: Any, outcome: Outcome) -> None:
        assert of(outcome) == wanted

    return compare


def attribute(name: str) -> Callable[[Any, Outcome], None]:
    return equal(lambda outcome: getattr(outcome.completion, name))


COMPARE: dict[str, Callable[[Any, Outcome], None]] = {
    "text": attribute("text"),
    "model": attribute("model"),
    "label": attribute("label"),
    "provider": attribute("provider"),
    "fell_back": attribute("fell_back"),
    "cost": compare_cost,
    "reasoning": equal(lambda outcome: outcome.message().get("reasoning")),
    "finish_reason": equal(lambda outcome: outcome.body()["choices"][0].get("finish_reason")),
    "tool_calls": lambda wanted, outcome: each(wanted, outcome.message().get("tool_calls") or [], compare_tool_call),
    "usage": lambda wanted, outcome: part_of(wanted, outcome.body().get("usage"), "usage"),
    "body_contains": lambda wanted, outcome: part_of(wanted, outcome.body(), "body"),
    "deltas": equal(lambda outcome: outcome.deltas),
    "error": compare_error,
    "attempts": lambda wanted, outcome: each(wanted, outcome.trace().attempts, compare_attempt),
    "skipped": lambda wanted, outcome: each(wanted, outcome.trace().skipped, compare_skipped),
    "events": equal(lambda outcome: [event.name for event in outcome.trace().events]),
    "requests": lambda wanted, outcome: each(wanted, outcome.requests, compare_request),
    "requests_per_model": compare_requests_per_model,
    "seconds": compare_seconds,
}
