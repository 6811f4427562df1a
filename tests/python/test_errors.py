"""Errors: one base, attributes, causes, pickling, over the whole table."""

from __future__ import annotations

import asyncio
import builtins
import copy
import pickle
from typing import Any

import pytest
import resilient_completion as rc
from resilient_completion import errors
from resilient_completion.testing import Simulator

ONCE = {"retries": 0}

ENVELOPE: dict[str, Any] = {
    "message": "slow down",
    "status": 429,
    "retryable": True,
    "retry_after": 3.0,
    "model": "a/b",
    "label": "primary",
    "request_id": "req_1",
    "body": "{}",
    "field": None,
    "partial": {"text": "so far", "reasoning": "because"},
    "attempts": [],
    "trace": {
        "v": 1,
        "id": "c",
        "attempts": [{"index": 0, "label": "primary", "model": "a/b", "started": 0.0, "ended": 1.0}],
    },
    "cause": {
        "class": "ServerError",
        "kind": "server_error",
        "message": "oops",
        "status": 500,
        "retryable": True,
    },
}


@pytest.mark.parametrize("kind", errors.KINDS)
def test_every_kind(kind: str) -> None:
    error = errors.from_envelope({**ENVELOPE, "kind": kind, "class": ""})
    assert type(error) is not rc.ResilientCompletionError
    assert (error.kind, str(error), error.status, error.retryable, error.retry_after) == (
        kind,
        "slow down",
        429,
        True,
        3.0,
    )
    assert (error.model, error.label, error.request_id, error.body) == ("a/b", "primary", "req_1", "{}")
    assert isinstance(error.trace, rc.Trace)
    assert [attempt.label for attempt in error.attempts] == ["primary"]
    assert isinstance(error.__cause__, rc.ServerError)
    with pytest.raises(rc.ResilientCompletionError):
        raise error
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(copied) is type(error)
        assert copied.to_dict() == error.to_dict()
        assert str(copied.__cause__) == "oops"
        assert copied.attempts == error.attempts


def test_builtins_where_they_fit() -> None:
    assert issubclass(rc.TimeoutError, builtins.TimeoutError)
    assert issubclass(rc.ConnectionError, builtins.ConnectionError)
    assert issubclass(rc.ConfigError, ValueError)
    assert issubclass(rc.FallbacksExhaustedError, RuntimeError)
    assert issubclass(rc.TierExhaustedError, rc.FallbacksExhaustedError)
    assert not issubclass(rc.CancelledError, asyncio.CancelledError)


def test_a_single_candidate_raises_its_own_class(client: rc.Client) -> None:
    with pytest.raises(rc.RateLimitError, match="slow down") as caught:
        client.complete("hi", model="refuse", policy=ONCE)
    error = caught.value
    assert (error.kind, error.status, error.retryable, error.model) == ("rate_limited", 429, True, "refuse")
    assert [attempt.status for attempt in error.attempts] == [429]
    assert pickle.loads(pickle.dumps(error)).attempts == error.attempts


def test_a_chain_that_ends_without_an_answer(client: rc.Client, provider: Simulator) -> None:
    with pytest.raises(rc.FallbacksExhaustedError, match="All fallbacks exhausted") as caught:
        client.complete("hi", models=["refuse", "broken"], policy=ONCE)
    error = caught.value
    assert isinstance(error, RuntimeError)
    assert [(attempt.model, attempt.status) for attempt in error.attempts] == [
        ("refuse", 429),
        ("broken", 500),
    ]
    assert isinstance(error.__cause__, rc.ServerError)
    assert error.kind == "server_error"
    assert len(provider.requests) == 2
    assert "sk-test" not in repr(error.to_dict())


def test_the_same_error_from_every_entry(client: rc.Client, provider: Simulator) -> None:
    asynchronous = rc.AsyncClient(api_key="sk-test", base_url=provider.url, guards="own")
    how: Any = {"models": ["refuse", "broken"], "policy": ONCE}

    async def read() -> None:
        async for _ in asynchronous.stream("hi", **how):
            pass

    entries: list[Any] = [
        lambda: client.complete("hi", **how),
        lambda: list(client.stream("hi", **how)),
        lambda: client.chat.completions.create(messages="hi", **how),
        lambda: asyncio.run(asynchronous.complete("hi", **how)),
        lambda: asyncio.run(read()),
    ]
    said = []
    for entry in entries:
        client.health().reset()
        asynchronous.health().reset()
        with pytest.raises(rc.FallbacksExhaustedError) as caught:
            entry()
        told = caught.value
        said.append(
            (
                type(told),
                told.kind,
                str(told),
                told.status,
                [(a.model, a.status, a.kind) for a in told.attempts],
            )
        )
    assert all(one == said[0] for one in said), said


def test_nobody_is_there(client: rc.Client) -> None:
    with pytest.raises(rc.ConnectionError) as caught:
        rc.Client(api_key="sk-test", base_url="http://127.0.0.1:1/api").complete("hi", model="m")
    assert caught.value.kind == "connection"
    assert isinstance(caught.value, builtins.ConnectionError)


def test_a_limit_that_runs_out(client: rc.Client) -> None:
    with pytest.raises(rc.TimeoutError) as caught:
        client.complete("hi", model="hang", timeout=0.2)
    assert caught.value.kind == "timeout"
