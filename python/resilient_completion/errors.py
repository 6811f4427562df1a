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
    "KINDS",
    "AuthenticationError",
    "BudgetExceededError",
    "CancelledError",
    "ClosedError",
    "ConfigError",
    "ConnectionError",
    "ContentFilterError",
    "ContextLengthError",
    "EmptyResponseError",
    "FallbacksExhaustedError",
    "InsufficientCreditsError",
    "InvalidModelError",
    "InvalidRequestError",
    "MalformedResponseError",
    "NoFitError",
    "NoProviderError",
    "OverloadedError",
    "PartialAnswer",
    "PermissionDeniedError",
    "RateLimitError",
    "ResilientCompletionError",
    "ServerError",
    "StreamInterruptedError",
    "TierExhaustedError",
    "TimeoutError",
    "UnsupportedParameterError",
    "ValidationFailedError",
    "from_envelope",
    "set_trace_type",
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


class RateLimitError(ResilientCompletionError):
    """The service refused because too many requests were sent.

    Usual cause: A per-minute or per-day limit of the key, the account, the model or a shared
    provider pool.
    What to do: Wait for `retry_after` seconds, add a link on another model or endpoint, or
    spread the load.
    """

    _kind = "rate_limited"
    _retryable = True


class OverloadedError(ResilientCompletionError):
    """The service or provider has no capacity at the moment.

    Usual cause: Status 503 or 529, or a 429 that says the engine is overloaded rather than that
    you are too fast.
    What to do: Add a link on another provider; later the same request will work.
    """

    _kind = "overloaded"
    _retryable = True


class ServerError(ResilientCompletionError):
    """The service failed on its own account.

    Usual cause: Status 500 or 502, a gateway's HTML page, or an error object inside a 200
    answer.
    What to do: Add a fallback link; report `request_id` to the service if it lasts.
    """

    _kind = "server_error"
    _retryable = True


class TimeoutError(ResilientCompletionError, builtins.TimeoutError):
    """A time limit ran out: connect, first token, between tokens, attempt or total.

    Usual cause: A silent or slow provider, or a limit that is shorter than the model needs.
    What to do: The message names the limit; raise it, or put a faster model behind it in the
    chain.
    """

    _kind = "timeout"
    _retryable = True


class ConnectionError(ResilientCompletionError, builtins.ConnectionError):
    """No connection could be made, or it broke before the answer was whole.

    Usual cause: DNS, TLS, proxy or network trouble, a reset, or an answer that was cut off.
    What to do: Check `base_url`, proxy and certificates; add a link on another endpoint.
    """

    _kind = "connection"
    _retryable = True


class NoProviderError(ResilientCompletionError):
    """The endpoint has no provider that can serve this request.

    Usual cause: Provider preferences, data policy, price caps or a region exclude everyone.
    What to do: Loosen `provider`, change the account's privacy settings, or add another model.
    """

    _kind = "no_provider"
    _retryable = False


class AuthenticationError(ResilientCompletionError):
    """The service did not accept the API key.

    Usual cause: A missing, mistyped, revoked or foreign key.
    What to do: Set the key variable of the endpoint or pass `api_key`; the key itself is never
    shown.
    """

    _kind = "auth"
    _retryable = False


class PermissionDeniedError(ResilientCompletionError):
    """The key is valid but may not do this.

    Usual cause: Account guardrails, regional restrictions, a model that needs approval.
    What to do: Change the account's settings or use a model that the key may use.
    """

    _kind = "permission"
    _retryable = False


class InsufficientCreditsError(ResilientCompletionError):
    """A limit on money that the service holds is reached: balance, key limit or workspace budget.

    Usual cause: An empty balance, a spent key limit, or a `max_tokens` that the balance cannot
    cover.
    What to do: Add credits, raise the key's limit, or lower `max_tokens` as the message says.
    """

    _kind = "credits"
    _retryable = False


class BudgetExceededError(ResilientCompletionError):
    """One of your own budgets would be overstepped; nothing was sent.

    Usual cause: The upper bound of this call's cost does not fit what is left of the budget.
    What to do: Raise the budget, lower `max_tokens`, or wait until the window resets.
    """

    _kind = "budget"
    _retryable = False


class ContextLengthError(ResilientCompletionError):
    """Prompt and requested output do not fit the model's window.

    Usual cause: A long history, large files, or a large `max_tokens`.
    What to do: Shorten the messages, lower `max_tokens`, or add a link with a larger window.
    """

    _kind = "context_length"
    _retryable = False


class ContentFilterError(ResilientCompletionError):
    """A content filter refused the request or withheld the answer.

    Usual cause: The provider's usage policy; filters differ between providers.
    What to do: Add a link on another provider, or change the prompt.
    """

    _kind = "moderation"
    _retryable = False


class InvalidModelError(ResilientCompletionError):
    """The endpoint knows no such model, or has retired it.

    Usual cause: A misspelt, renamed or deprecated model id.
    What to do: Compare with `client.models()`; the message names the id.
    """

    _kind = "invalid_model"
    _retryable = False


class UnsupportedParameterError(ResilientCompletionError):
    """The model or its providers do not take a parameter or capability of the request.

    Usual cause: Tools, images, a response format or a sampling parameter that the model lacks.
    What to do: Drop the parameter, or use a model that has it (`capability=`).
    """

    _kind = "unsupported_parameter"
    _retryable = False


class InvalidRequestError(ResilientCompletionError):
    """The request itself is wrong.

    Usual cause: A field of the wrong type or out of bounds, or messages in an order that the
    service refuses.
    What to do: The message names the field; mend it. The same body fails everywhere.
    """

    _kind = "bad_request"
    _retryable = False


class MalformedResponseError(ResilientCompletionError):
    """The answer could not be read as a completion.

    Usual cause: HTML or plain text with status 200, JSON cut off, a stream without an end mark,
    broken tool arguments.
    What to do: Add a fallback link; if it lasts, check that `base_url` is a chat completions
    endpoint.
    """

    _kind = "malformed"
    _retryable = True


class EmptyResponseError(ResilientCompletionError):
    """The answer was whole but held neither text nor tool calls.

    Usual cause: A cold start, a silent filter, or reasoning that used up `max_tokens`.
    What to do: Raise `max_tokens` if `finish_reason` is `length`; otherwise add a fallback
    link.
    """

    _kind = "empty"
    _retryable = True


class ValidationFailedError(ResilientCompletionError):
    """The answer failed the check given as `validate`.

    Usual cause: The model did not keep to the schema or to your rule.
    What to do: Loosen the check, use a model with structured outputs, or add a fallback link.
    """

    _kind = "invalid_output"
    _retryable = True


class NoFitError(ResilientCompletionError):
    """No link of the chain can do what the request needs; nothing was sent.

    Usual cause: Images, tools, a schema or a length that none of the models takes.
    What to do: The message lists each model and what it lacks; add one that fits.
    """

    _kind = "no_fit"
    _retryable = False


class StreamInterruptedError(ResilientCompletionError):
    """A stream broke after its first piece was handed over.

    Usual cause: The connection or the provider failed in the middle of an answer.
    What to do: `partial` holds the text so far; ask again, or set `on_interrupt`.
    """

    _kind = "interrupted"
    _retryable = True

    @property
    def partial(self) -> PartialAnswer:
        """What had been received when the stream broke."""
        held = self._envelope.get("partial") or {}
        return PartialAnswer(str(held.get("text") or ""), str(held.get("reasoning") or ""))


class CancelledError(ResilientCompletionError):
    """The call was ended by `close()` or by a handle while another part of the program waited for it.

    Usual cause: Your own program.
    What to do: Nothing: this is not a failure of the service.
    """

    _kind = "cancelled"
    _retryable = False


class ConfigError(ResilientCompletionError, builtins.ValueError):
    """An option, a configuration file or an environment variable is wrong; nothing was sent.

    Usual cause: A misspelt option, a limit out of range, two selectors at once, or a missing
    key.
    What to do: The message names the field and the nearest valid word.
    """

    _kind = "config"
    _retryable = False


class ClosedError(ResilientCompletionError):
    """The client or stream was used after it was closed, or was in flight when the process forked.

    Usual cause: A call after `close()`, or a stream carried into a forked child.
    What to do: Make a new client, or keep this one open longer.
    """

    _kind = "closed"
    _retryable = False


class FallbacksExhaustedError(ResilientCompletionError, builtins.RuntimeError):
    """A chain of two or more ended without an answer. `kind` is that of the last answer that a
    provider gave; `attempts` lists every one.
    """


class TierExhaustedError(FallbacksExhaustedError):
    """A tier ended without an answer. `request` is the request as JSON, ready to be queued;
    `retry_after` says when a link may be free again.
    """

    @property
    def request(self) -> Any:
        """The request as JSON values, ready to be queued and sent again."""
        return self._envelope.get("request")


_BY_KIND: Final[Mapping[str, type[ResilientCompletionError]]] = {
    "rate_limited": RateLimitError,
    "overloaded": OverloadedError,
    "server_error": ServerError,
    "timeout": TimeoutError,
    "connection": ConnectionError,
    "no_provider": NoProviderError,
    "auth": AuthenticationError,
    "permission": PermissionDeniedError,
    "credits": InsufficientCreditsError,
    "budget": BudgetExceededError,
    "context_length": ContextLengthError,
    "moderation": ContentFilterError,
    "invalid_model": InvalidModelError,
    "unsupported_parameter": UnsupportedParameterError,
    "bad_request": InvalidRequestError,
    "malformed": MalformedResponseError,
    "empty": EmptyResponseError,
    "invalid_output": ValidationFailedError,
    "no_fit": NoFitError,
    "interrupted": StreamInterruptedError,
    "cancelled": CancelledError,
    "config": ConfigError,
    "closed": ClosedError,
}
_SUMMARIES: Final[Mapping[str, type[ResilientCompletionError]]] = {
    "FallbacksExhaustedError": FallbacksExhaustedError,
    "TierExhaustedError": TierExhaustedError,
}

KINDS: Final[tuple[str, ...]] = tuple(_BY_KIND)
"""Every value that `kind` can have."""


def from_envelope(envelope: Mapping[str, Any]) -> ResilientCompletionError:
    """Make the error that an envelope of the native part describes, causes included."""
    kind = str(envelope.get("kind") or "")
    made = _SUMMARIES.get(str(envelope.get("class") or "")) or _BY_KIND.get(kind, ResilientCompletionError)
    return made(envelope=envelope)


def _rebuild(made: type[ResilientCompletionError], envelope: Mapping[str, Any]) -> ResilientCompletionError:
    return made(envelope=envelope)
