"""Typed errors, all of them ResilientCompletionError.

Generated from the engine's table of kinds by `cargo run -p xtask -- gen errors`; do not edit.
"""

from __future__ import annotations

import builtins

# Not from typing: it would be most of the time that importing this package takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final

__all__ = [
    # ALL
]


class PartialAnswer:
    """What had been received when a stream broke."""

    text: str
    """Text of the answer so far."""
    reasoning: str
    """Reasoning so far."""

    def __init__(self, text: str, reasoning: str) -> None:
        self.text = text
        self.reasoning = reasoning

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartialAnswer) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"PartialAnswer(text={self.text!r}, reasoning={self.reasoning!r})"


def _as_it_is(trace: Any) -> Any:
    return trace


_make_trace: Callable[[Any], Any] = _as_it_is


def set_trace_type(make: Callable[[Any], Any]) -> None:
    """Say what the `trace` attribute is made with; the package does it once, at import."""
    global _make_trace
    _make_trace = make


class ResilientCompletionError(Exception):
    """Base of everything that this package raises.

    Attributes hold None where a fact is not known. Errors pickle, and compare by identity.
    """

    _kind = ""
    _retryable = False

    kind: str
    """What went wrong: one of KINDS."""
    message: str
    """One line for a person, without keys and prompts."""
    status: int | None
    """HTTP status, or the status that the body named inside a 200."""
    retryable: bool
    """Whether the same request may work later."""
    retry_after: float | None
    """Seconds that the service asked to wait."""
    model: str | None
    """The model asked for when it failed."""
    label: str | None
    """The label of the link."""
    request_id: str | None
    """The service's id of the request, for its support."""
    body: str | None
    """What the service sent, capped, secrets masked."""
    field: str | None
    """Path of the offending option or request field, such as `chain[1].timeout`."""
    trace: Any
    """The record of the call; None where nothing was planned."""

    def __init__(self, message: str = "", *, envelope: Mapping[str, Any] | None = None) -> None:
        held = dict(envelope or {"message": message, "class": type(self).__name__})
        self._envelope: dict[str, Any] = held
        self.message = str(held.get("message") or "")
        super().__init__(self.message)
        self.kind = str(held.get("kind") or self._kind)
        self.status = held.get("status")
        self.retryable = bool(held.get("retryable", self._retryable))
        self.retry_after = held.get("retry_after")
        self.model = held.get("model")
        self.label = held.get("label")
        self.request_id = held.get("request_id")
        self.body = held.get("body")
        self.field = held.get("field")
        trace = held.get("trace")
        self.trace = None if trace is None else _make_trace(trace)
        cause = held.get("cause")
        if cause is not None:
            self.__cause__ = from_envelope(cause)

    @property
    def attempts(self) -> list[Any]:
        """Every attempt of the call, in order; empty where nothing was sent."""
        traced = getattr(self.trace, "attempts", None)
        return list(traced if traced is not None else self._envelope.get("attempts") or ())

    def to_dict(self) -> dict[str, Any]:
        """Every fact as JSON values, for logs and queues."""
        return dict(self._envelope)

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        told = {name: getattr(self, name) for name in ("status", "model", "label", "retry_after", "field")}
        facts = "".join(f", {name}={value!r}" for name, value in told.items() if value is not None)
        return f"{type(self).__name__}({self.message!r}{facts})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._envelope)
