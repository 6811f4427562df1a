"""The functions that need no client: they share one per process, made from the environment on first use."""

from __future__ import annotations

from .client import AsyncClient, Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from typing_extensions import Unpack

    from .completion import Completion
    from .options import CallOptions, Messages, SharedOptions

__all__ = ["acapability_fallback", "aresilient_completion", "capability_fallback", "resilient_completion"]

MAX_TOKENS = 1024
"""What these functions ask for when the caller does not say, as the recipe they grew from."""

_made: dict[type, Any] = {}


def _client(kind: type) -> Any:
    # No lock: a fork could catch it held. Of two threads that race, one client is kept.
    return _made.get(kind) or _made.setdefault(kind, kind())


def resilient_completion(messages: Messages, **options: Unpack[CallOptions]) -> Completion:
    """The whole answer, from the first of a chain of models that gives one.

    `models=[...]` or `chain=[...]` names the chain; without either the built-in one is used. `max_tokens` is
    1024 unless given. The client is made once per process from `OPENROUTER_API_KEY` and `OPENROUTER_BASE_URL`.
    Options and errors as in `Client.complete`.
    """
    return _client(Client).complete(messages, **_limited(options))  # type: ignore[no-any-return]


async def aresilient_completion(messages: Messages, **options: Unpack[CallOptions]) -> Completion:
    """`resilient_completion` for asyncio."""
    return await _client(AsyncClient).complete(messages, **_limited(options))  # type: ignore[no-any-return]


def capability_fallback(
    messages: Messages, capability: str | Sequence[str] = "tool_calling", **options: Unpack[SharedOptions]
) -> Completion:
    """`resilient_completion` over the chain of a capability (or several): `vision`, `long_context`, ..."""
    return resilient_completion(messages, capability=capability, **options)


async def acapability_fallback(
    messages: Messages, capability: str | Sequence[str] = "tool_calling", **options: Unpack[SharedOptions]
) -> Completion:
    """`capability_fallback` for asyncio."""
    return await aresilient_completion(messages, capability=capability, **options)


def _limited(options: Any) -> Any:
    if options.get("max_completion_tokens") is None and options.get("max_tokens") is None:
        options["max_tokens"] = MAX_TOKENS
    return options
