"""Calls of every shape reach the provider and give their answers."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
import resilient_completion as rc
from resilient_completion.testing import Simulator

CHAIN: list[Any] = [
    {"model": "refuse", "label": "primary", "timeout": 5.0},
    {"model": "good", "label": "backup", "timeout": 5.0, "temperature": 0.5},
]


def test_complete(client: rc.Client, provider: Simulator) -> None:
    answer = client.complete([{"role": "user", "content": "hi"}], model="good", max_tokens=5)
    assert answer.text == answer.choices[0].message.content == "Hello there, friend"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 7
    assert not answer.fell_back
    (request,) = provider.requests
    assert request["body"] == {
        "model": "good",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 5,
    }


def test_a_string_is_one_user_message(client: rc.Client, provider: Simulator) -> None:
    client.complete("hi", model="good")
    assert provider.requests[0]["body"]["messages"] == [{"role": "user", "content": "hi"}]


def test_a_failing_primary_is_answered_by_its_fallback(client: rc.Client, provider: Simulator) -> None:
    answer = client.complete("hi", chain=CHAIN)
    assert (answer.text, answer.label, answer.fell_back) == ("Hello there, friend", "backup", True)
    assert [(a.label, a.model, a.status, a.kind) for a in answer.trace.attempts] == [
        ("primary", "refuse", 429, "rate_limited"),
        ("backup", "good", 200, None),
    ]
    assert "temperature" not in provider.requests[0]["body"]
    assert provider.requests[1]["body"]["temperature"] == 0.5


@pytest.mark.parametrize(
    "named",
    [{"models": ["refuse", "good"]}, {"model": "refuse,good"}, {"model": "refuse", "fallbacks": ["good"]}],
)
def test_models_by_every_name(client: rc.Client, named: dict[str, Any]) -> None:
    assert client.complete("hi", **named).fell_back


def test_stream(client: rc.Client) -> None:
    with client.stream("hi", models=["refuse", "good"]) as stream:
        text = "".join(piece.text for piece in stream)
        assert text == "Hello there, friend"
        answer = stream.completion
        assert answer is not None
        assert answer.text == text
        assert answer.fell_back
        assert answer.usage is not None
        assert answer.usage.total_tokens == 10
        assert stream.trace is not None
        assert [a.status for a in stream.trace.attempts] == [429, 200]


def test_pieces_have_what_came(client: rc.Client) -> None:
    pieces = list(client.stream("hi", model="good"))
    assert not any(piece.restarted for piece in pieces)
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    first = next(piece for piece in pieces if piece.text)
    assert first.raw is not None
    assert first.raw["choices"][0]["delta"]["content"] == first.text


def test_tool_calls_come_in_pieces_and_whole() -> None:
    calls = [{"id": "call_1", "name": "look", "arguments": {"what": "moon"}}]
    with Simulator({"models": {"*": {"tool_calls": calls}}}) as provider:
        client = rc.Client(api_key="sk-test", base_url=provider.url)
        stream = client.stream("hi", model="m")
        parts = [part for piece in stream for part in piece.tool_calls]
        assert parts[0].id == "call_1"
        assert parts[0].name == "look"
        assert {part.index for part in parts} == {0}
        assert stream.completion is not None
        for answer in (stream.completion, client.complete("hi", model="m")):
            message = answer.choices[0].message
            assert not message.content
            assert message.tool_calls is not None
            assert message.tool_calls[0].function.name == "look"
            assert "".join(part.arguments for part in parts) == message.tool_calls[0].function.arguments
            # The message can stand in the next request as it is.
            client.complete([message, {"role": "tool", "tool_call_id": "call_1", "content": "full"}], model="m")
            sent = provider.requests[-1]["body"]["messages"][0]
            assert sent["tool_calls"][0]["function"]["name"] == "look"


def test_async_complete_and_stream(provider: Simulator) -> None:
    async def main() -> None:
        async with rc.AsyncClient(api_key="sk-test", base_url=provider.url, guards="own") as client:
            answer = await client.complete("hi", chain=CHAIN)
            assert answer.fell_back
            stream = client.stream("hi", models=["refuse", "good"])
            text = "".join([piece.text async for piece in stream])
            assert text == "Hello there, friend"
            assert stream.completion is not None
            assert stream.completion.fell_back
            many = await asyncio.gather(*(client.complete("hi", model="good") for _ in range(50)))
            assert {one.text for one in many} == {"Hello there, friend"}

    asyncio.run(main())


def test_the_openai_spelling(client: rc.Client, provider: Simulator) -> None:
    answer = client.chat.completions.create(
        model="refuse",
        messages=[{"role": "user", "content": "hi"}],
        extra_body={"models": ["refuse", "good"], "route": "fallback"},
    )
    assert answer.choices[0].message.content == "Hello there, friend"
    assert "route" not in provider.requests[-1]["body"]
    stream = client.chat.completions.create(model="good", messages="hi", stream=True)
    assert "".join(piece.text for piece in stream) == "Hello there, friend"

    async def main() -> None:
        made = rc.AsyncClient(api_key="sk-test", base_url=provider.url)
        assert (await made.chat.completions.create(model="good", messages="hi")).text
        pieces = await made.chat.completions.create(model="good", messages="hi", stream=True)
        assert [piece async for piece in pieces]

    asyncio.run(main())


def test_the_functions_share_a_client_of_the_environment(provider: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from resilient_completion import _default

    monkeypatch.setattr(_default, "_made", {})
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-from-environment")
    monkeypatch.setenv("OPENROUTER_BASE_URL", provider.url)
    assert rc.resilient_completion("hi", model="good").text
    assert provider.requests[-1]["body"]["max_tokens"] == 1024
    rc.resilient_completion("hi", model="good", max_tokens=500)
    assert provider.requests[-1]["body"]["max_tokens"] == 500
    rc.resilient_completion("hi", model="good", max_completion_tokens=9)
    assert "max_tokens" not in provider.requests[-1]["body"]
    assert len(_default._made) == 1
    assert asyncio.run(rc.aresilient_completion("hi", model="good")).text
    assert provider.requests[-1]["body"]["max_tokens"] == 1024


def test_plan_sends_nothing(client: rc.Client, provider: Simulator) -> None:
    plan = client.plan("secret question", chain=CHAIN)
    assert [c.label for c in plan.candidates] == ["primary", "backup"]
    assert plan.candidates[1].body["temperature"] == 0.5
    assert plan.bounds.attempts is not None
    assert "secret question" in plan.to_json()
    rest = plan.to_dict()
    for candidate in rest["candidates"]:
        del candidate["body"]
    assert "secret question" not in str(rest)
    assert "secret question" not in repr(plan)
    assert provider.requests == []


def test_a_large_image_arrives_whole(client: rc.Client, provider: Simulator) -> None:
    data = base64.b64encode(bytes(range(256)) * 8192).decode()
    url = f"data:image/png;base64,{data}"
    client.complete(
        [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": url}},
                    {"type": "text", "text": "what?"},
                ],
            }
        ],
        model="good",
    )
    assert provider.requests[0]["body"]["messages"][0]["content"][0]["image_url"]["url"] == url


def test_unknown_fields_pass_untouched(client: rc.Client, provider: Simulator) -> None:
    odd: Any = {"future": {"a": [1, 2.5, None, True, 'ü\n"\\\x01\u2028😀']}, "exact": 2**53 - 1}
    client.complete("hi", model="good", extra_body={"x_future": odd}, seed=7)
    body = provider.requests[0]["body"]
    assert body["seed"] == 7
    assert body["x_future"]["future"] == odd["future"]
    assert body["x_future"]["exact"] == odd["exact"]


def test_classify() -> None:
    told = rc.classify(429, {"retry-after": "3"}, {"error": {"message": "slow down", "code": 429}})
    assert (told.kind, told.retryable, told.retry_after) == ("rate_limited", True, 3.0)
    assert told.rule
    for body in ("<html>bad gateway</html>", b"<html>bad gateway</html>"):
        assert rc.classify(502, body=body).kind == "server_error"


def test_a_closed_client_says_so(provider: Simulator) -> None:
    with rc.Client(api_key="sk-test", base_url=provider.url) as client:
        assert client.complete("hi", model="good").text
    client.close()
    with pytest.raises(rc.ClosedError) as caught:
        client.complete("hi", model="good")
    assert caught.value.kind == "closed"
