"""Values on their way in: what is taken, what is refused, and how the place is named."""

from __future__ import annotations

import enum
from collections import OrderedDict, UserDict
from types import MappingProxyType
from typing import Any

import pytest
import resilient_completion as rc
from resilient_completion.testing import Simulator


class Colour(str, enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    BIG = 3


class Model:
    """What pydantic's models look like from outside."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self, *, mode: str = "python", exclude_none: bool = False) -> dict[str, Any]:
        assert mode == "json"
        return {key: value for key, value in self.fields.items() if not (exclude_none and value is None)}


class Endless:
    def to_dict(self) -> Any:
        return self


class Angry:
    def to_dict(self) -> Any:
        raise RuntimeError("not today")


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


TAKEN = [
    (Colour.RED, "red"),
    (Number.BIG, 3),
    ((1, (2, "x")), [1, [2, "x"]]),
    (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    (UserDict({"a": 1}), {"a": 1}),
    (MappingProxyType({"a": 1}), {"a": 1}),
    (Model(a=1, b=None), {"a": 1}),
    (True, True),
    (1.0, 1.0),
    (1e300, 1e300),
    (-0.1, -0.1),
    (5e-324, 5e-324),
    (2**53 - 1, 2**53 - 1),
    (1 - 2**53, 1 - 2**53),
    ("", ""),
    ("a" * 63 + '"' + "b" * 64 + "\\" + "c" * 65 + "\x1f\x7f\x00\b\f\r\t", None),
    ({"ключ": "значение 😀"}, None),
    (nested(100), None),
]


@pytest.mark.parametrize(("value", "arrives"), TAKEN, ids=[str(i) for i in range(len(TAKEN))])
def test_taken(client: rc.Client, provider: Simulator, value: Any, arrives: Any) -> None:
    client.complete("hi", model="good", extra_body={"x_value": value})
    assert provider.requests[0]["body"]["x_value"] == (value if arrives is None else arrives)


def test_none_means_not_set_at_the_top_and_null_below(client: rc.Client, provider: Simulator) -> None:
    message: Any = {"role": "assistant", "content": None, "tool_calls": []}
    client.complete([{"role": "user", "content": "hi"}, message], model="good", temperature=None, timeout=None)
    body = provider.requests[0]["body"]
    assert "temperature" not in body
    assert body["messages"][1]["content"] is None


CYCLE: list[Any] = []
CYCLE.append(CYCLE)

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"temperature": float("nan")}, "temperature"),
    ({"x": [1, {"y": float("inf")}]}, "x[1].y"),
    ({"messages": [{"role": "user", "content": "a\ud800b"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": b"bytes"}]}, "messages[0].content"),
    (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": {1, 2}}]}]},
        "messages[0].content[0].text",
    ),
    ({"messages": [object()]}, "messages[0]"),
    ({"x": {1: "a"}}, "x"),
    ({"x": {"a\udfff": 1}}, "x"),
    ({"x": nested(200)}, "x"),
    ({"x": CYCLE}, "x"),
    ({"x": Endless()}, "x"),
    ({"x": [Angry()]}, "x[0]"),
    ({"x": Model}, "x"),
    ({"x": 10**5000}, "x"),
    ({"x": 1j}, "x"),
    ({"x": bytearray(b"a")}, "x"),
]


@pytest.mark.parametrize(("options", "field"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused(client: rc.Client, provider: Simulator, options: dict[str, Any], field: str) -> None:
    if field == "x" and options["x"] == 10**5000 and not hasattr(__import__("sys"), "set_int_max_str_digits"):
        return  # this interpreter has no limit on digits
    with pytest.raises(rc.InvalidRequestError) as caught:
        client.complete(**{"messages": "hi", "model": "good", **options})
    assert (caught.value.field or "").startswith(field)
    assert str(caught.value).startswith(field)
    assert provider.requests == []


@pytest.mark.parametrize(
    "options", [{"timeout": float("nan")}, {"chain": [{"model": b"x"}]}, {"policy": {"retries": object()}}]
)
def test_options_are_config_errors(client: rc.Client, options: dict[str, Any]) -> None:
    with pytest.raises(rc.ConfigError) as caught:
        client.complete("hi", **options)
    assert isinstance(caught.value, ValueError)
    assert (caught.value.field or "").startswith(next(iter(options)))


def test_the_place_survives_a_mapping_that_fails() -> None:
    class Failing(UserDict[str, int]):
        def items(self) -> Any:
            raise KeyError("gone")

    with pytest.raises(rc.ConfigError, match=r"^headers\.x: "):
        rc.Client(api_key="k", headers={"x": Failing()})  # type: ignore[dict-item]


BAD_CLIENTS: list[tuple[dict[str, Any], str]] = [
    ({"base_url": "no-scheme.example/api"}, "base_url"),
    ({"api_key": "sk-secret-1234\n"}, "api_key"),
    ({"headers": {"x-a": "b\r\nc: d"}}, "headers"),
    ({"chain": []}, "chain"),
    ({"chain": [{"model": "a", "timeout": 0}]}, "chain[0].timeout"),
    ({"chain": [{"model": "a", "timeout": -1.0}]}, "chain[0].timeout"),
    ({"chain": [{"modle": "a"}]}, "chain[0]"),
    ({"tiemout": 3}, "tiemout"),
    ({"policy": {"retires": 3}}, "policy"),
    ({"policy": {"retries": "three"}}, "policy.retries"),
    ({"guards": "mine"}, "guards"),
]


@pytest.mark.parametrize(("options", "field"), BAD_CLIENTS, ids=[field for _, field in BAD_CLIENTS])
def test_bad_clients(options: dict[str, Any], field: str) -> None:
    with pytest.raises(rc.ConfigError) as caught:
        rc.Client(**{"api_key": "sk-secret-1234", **options})
    assert (caught.value.field or "").startswith(field)
    assert "secret" not in f"{caught.value!r}{caught.value}{caught.value.to_dict()}"


def test_the_nearest_word_is_named() -> None:
    with pytest.raises(rc.ConfigError, match="base_url"):
        rc.Client(api_key="k", baseurl="https://example.com")  # type: ignore[call-arg]


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "RESILIENT_COMPLETION_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises((rc.ConfigError, rc.AuthenticationError), match="OPENROUTER_API_KEY"):
        rc.Client().complete("hi", model="a/b")


BAD_CALLS: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "messages"),
    ({"messages": 3}, "messages"),
    ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
    ({"messages": [{"content": "x"}]}, "messages[0]"),
    ({"messages": "hi", "timeout": 0}, "timeout"),
    ({"messages": "hi", "chain": []}, "chain"),
    ({"messages": "hi", "chain": ["a"], "models": ["b"]}, "chain"),
    ({"messages": "hi", "temperature": "hot"}, "temperature"),
    ({"messages": "hi", "x": {"y": 2**53 + 1}}, "x.y"),
    ({"messages": "hi", "x": [2**200]}, "x[0]"),
    ({"messages": "hi", "model": "a", "extra_headers": {"x": "a\nb"}}, "extra_headers"),
    ({"messages": "hi", "model": "a", "max_tokens": 2**53}, "max_tokens"),
]


@pytest.mark.parametrize(("arguments", "field"), BAD_CALLS, ids=[str(i) for i in range(len(BAD_CALLS))])
def test_bad_calls(client: rc.Client, provider: Simulator, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises((rc.ConfigError, rc.InvalidRequestError)) as caught:
        client.complete(**{"model": "good", **arguments} if "chain" not in arguments else arguments)
    assert (caught.value.field or "").startswith(field)
    assert provider.requests == []
