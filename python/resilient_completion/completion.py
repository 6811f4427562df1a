"""A whole answer."""

from __future__ import annotations

from ._record import Lazy, Record
from .trace import Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from . import _native

__all__ = ["Choice", "Completion", "Function", "Message", "ToolCall", "Usage"]


class Function(Record):
    """What a tool call calls."""

    name: str
    arguments: str
    """JSON text as the model wrote it."""


class ToolCall(Record):
    """A call of a tool that the model asks for."""

    _nested: ClassVar[dict[str, Any]] = {"function": Function}

    id: str
    function: Function
    type: str


class Message(Record):
    """What the model said. Can be put into the next request's `messages` as it is."""

    role: str
    content: str | None
    refusal: str | None
    reasoning: str | None
    reasoning_details: list[Any] | None
    tool_calls: list[ToolCall] | None
    annotations: list[Any] | None
    images: list[Any] | None
    audio: Any

    _nested: ClassVar[dict[str, Any]] = {"tool_calls": ToolCall}


class Choice(Record):
    """One of the answers."""

    index: int
    message: Message
    finish_reason: str | None
    """`stop`, `length`, `tool_calls`, `content_filter`, `error`, or a word of the provider's own."""
    native_finish_reason: str | None
    logprobs: Any

    _nested: ClassVar[dict[str, Any]] = {"message": Message}


class Usage(Record):
    """What the answer used, as the service reports it; None where it did not say."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: float | None
    prompt_tokens_details: Any
    completion_tokens_details: Any


class Completion(Record):
    """A whole answer: the body's fields as attributes, and what this package knows beside them."""

    id: str
    object: str
    created: int
    model: str
    """The model that the service says served; may be a dated name of the one asked for."""
    choices: list[Choice]
    usage: Usage | None
    system_fingerprint: str | None
    service_tier: str | None

    text: str
    """Text of the first choice; empty where it has none (tool calls)."""
    provider: str | None
    """Who served, where the service says."""
    label: str
    """Label of the link that answered."""
    fell_back: bool
    """Whether anything but the first candidate answered, also inside a list of the service."""
    cost: float | None
    """US dollars of this call, all attempts together; None where unknown."""

    _nested: ClassVar[dict[str, Any]] = {"choices": Choice, "usage": Usage}

    def __init__(self, answer: _native.Answer) -> None:
        told = self.__dict__
        told["_answer"] = answer
        told["text"], told["provider"], told["label"], told["fell_back"], told["cost"] = answer.facts()

    _raw = Lazy("_raw", lambda self: self._answer.body())
    trace: Trace = Lazy("trace", lambda self: Trace(self._answer.trace()))  # type: ignore[assignment]
    """The record of the call: every attempt, what it cost, why it was made."""

    def __reduce__(self) -> tuple[Any, ...]:
        facts = (self.text, self.provider, self.label, self.fell_back, self.cost)
        return _restore, (self._raw, facts, self.trace.to_dict())

    def __repr__(self) -> str:
        cost = "" if self.cost is None else f", cost={self.cost:.6f}"
        fell_back = ", fell_back=True" if self.fell_back else ""
        text = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        return f"Completion(model={self.model!r}, label={self.label!r}{fell_back}{cost}, text={text!r})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.trace._repr_html_()}


class _Restored:
    """What stands for the native answer of a completion that was unpickled."""

    def __init__(self, raw: dict[str, Any], facts: tuple[Any, ...], trace: dict[str, Any]) -> None:
        self._told = raw, facts, trace

    def body(self) -> dict[str, Any]:
        return self._told[0]

    def facts(self) -> tuple[Any, ...]:
        return self._told[1]

    def trace(self) -> dict[str, Any]:
        return self._told[2]


def _restore(raw: dict[str, Any], facts: tuple[Any, ...], trace: dict[str, Any]) -> Completion:
    return Completion(_Restored(raw, facts, trace))  # type: ignore[arg-type]
