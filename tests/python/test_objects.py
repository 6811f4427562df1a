"""What calls give back: attributes, pickling, printing, notebook display."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import pytest
import resilient_completion as rc
from resilient_completion.testing import Simulator

PROMPT = "a prompt that must not be shown"


@pytest.fixture
def answer(client: rc.Client) -> rc.Completion:
    return client.complete(
        PROMPT, chain=[{"model": "refuse", "label": "primary"}, {"model": "good", "label": "<backup>"}]
    )


def test_fields_known_and_unknown(provider: Simulator) -> None:
    body: dict[str, Any] = {
        "id": "gen-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "x", "mood": {"level": [{"n": 3}]}},
            }
        ],
        "x_future": {"a": 2**60},
    }
    with Simulator({"models": {"*": {"body": body}}}) as odd:
        answer = rc.Client(api_key="k", base_url=odd.url).complete("hi", model="m")
    message = answer.choices[0].message
    assert message.tool_calls is None
    assert message.refusal is None
    assert message.mood.level[0].n == 3
    assert answer.x_future.a == 2**60
    assert answer.usage is None
    assert answer.cost is None
    assert (answer.id, answer.model, answer.created) == ("gen-1", "m", 1)
    assert answer.to_dict() == body
    assert "mood" in dir(message)
    with pytest.raises(AttributeError, match="nonsense"):
        answer.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="read-only"):
        message.content = "y"
    answer.to_dict()["choices"].clear()
    assert len(answer.choices) == 1


def test_pickle_and_copies(answer: rc.Completion) -> None:
    for made in (pickle.loads(pickle.dumps(answer)), copy.copy(answer), copy.deepcopy(answer)):
        assert made == answer
        assert (made.text, made.provider, made.label, made.fell_back, made.cost) == (
            answer.text,
            answer.provider,
            answer.label,
            True,
            answer.cost,
        )
        assert made.choices[0].message == answer.choices[0].message
        assert made.trace == answer.trace
        assert made.to_dict() == answer.to_dict()
        assert pickle.loads(pickle.dumps(made)) == made


def test_one_line_without_the_prompt(answer: rc.Completion) -> None:
    for shown in (repr(answer), repr(answer.trace), repr(answer.choices[0].message), str(answer)):
        assert "\n" not in shown
        assert PROMPT not in shown
    assert PROMPT not in answer.trace.to_json()


def test_the_waterfall(answer: rc.Completion) -> None:
    lines = answer.trace.waterfall(20).splitlines()
    assert len(lines) == 2
    assert "refuse" in lines[0]
    assert "429 rate_limited" in lines[0]
    assert "x" in lines[0]
    assert "200 answered" in lines[1]
    assert "#" in lines[1]
    bundle = answer._repr_mimebundle_()
    assert bundle["text/plain"] == repr(answer)
    assert "&lt;backup&gt;" in bundle["text/html"]
    assert "<backup>" not in bundle["text/html"]


def test_a_trace_survives_json(answer: rc.Completion) -> None:
    trace = rc.Trace.from_json(answer.trace.to_json())
    assert trace == answer.trace
    assert [a.label for a in trace.attempts] == ["primary", "<backup>"]
    assert trace.events
    assert all(isinstance(event.name, str) for event in trace.events)


def test_clients_do_not_pickle_and_do_not_show_their_key(provider: Simulator) -> None:
    for made in (rc.Client(api_key="sk-secret", base_url=provider.url), rc.AsyncClient(api_key="sk-secret")):
        with pytest.raises(TypeError, match="does not pickle"):
            pickle.dumps(made)
        with pytest.raises(TypeError):
            copy.deepcopy(made)
        assert "secret" not in f"{made!r}{vars(made)}"


def test_clients_and_streams_go_when_nobody_holds_them(provider: Simulator) -> None:
    made = rc.Client(api_key="k", base_url=provider.url)
    stream = made.stream("hi", model="good")
    list(stream)
    gone: list[Any] = [weakref.ref(made), weakref.ref(stream)]
    del made, stream
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


def test_health_can_be_reset(client: rc.Client) -> None:
    client.complete("hi", models=["refuse", "good"])
    health = client.health()
    assert health.to_dict()
    health.reset()


def test_models_name_their_source(client: rc.Client) -> None:
    assert client.models().to_dict()
