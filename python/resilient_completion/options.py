"""What calls and clients take, as types. Nothing here is needed at run time: plain keyword arguments do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from .completion import Message
from .types import Budget, ChatMessage, Endpoint, Link, Policy, WireFields

__all__ = ["CallOptions", "ClientOptions", "Messages", "SharedOptions"]

Messages: TypeAlias = str | Sequence[ChatMessage | Mapping[str, Any] | Message]
"""A conversation: typed messages, plain dictionaries, messages of an earlier answer, or one string."""


class SharedOptions(WireFields, total=False):
    """Options of one call but `capability`; every other field of the wire request stands beside them."""

    model: str | None
    """The model, or several separated by commas. One alone has no fallback."""

    models: Sequence[str] | None
    """Models in the order in which to try them; `model` stands before them."""

    fallbacks: Sequence[str] | None
    """Models to try after `model`."""

    chain: Sequence[Link | Mapping[str, Any] | str] | None
    """Links in the order in which to try them, each with its own limits and fields. Not beside `model`, `models`."""

    tier: str | None
    """A routing map of the configuration, by name."""

    mode: Literal["auto", "server", "client"] | None
    """Who falls back: the service, this library, or whichever knows how (default)."""

    timeout: float | None
    """Seconds for the whole call: all attempts, all waits."""

    policy: Policy | Mapping[str, Any] | None
    """Changes to the client's policy."""

    tags: Mapping[str, str] | Sequence[str] | None
    """Labels of this call in records and reports; never sent."""

    extra_body: Mapping[str, Any] | None
    """More fields of the request, read as if given directly."""

    extra_headers: Mapping[str, str] | None
    """Headers of this call."""


class CallOptions(SharedOptions, total=False):
    """Options of one call."""

    capability: str | Sequence[str] | None
    """What every candidate must be able to do (`vision`, `tool_calling`, ...); picks a chain where none is given."""


class ClientOptions(TypedDict, total=False):
    """Options of a client. What is not given keeps its default."""

    base_url: str | None
    """The service, up to `/chat/completions`. Default OpenRouter, or `OPENROUTER_BASE_URL`."""

    app_url: str | None
    """Your application, sent as `HTTP-Referer`."""

    app_name: str | None
    """Its name, sent as `X-Title`."""

    headers: Mapping[str, str] | None
    """Sent with every request."""

    endpoints: Mapping[str, Endpoint | Mapping[str, Any]] | None
    """Further services that links name."""

    chain: Sequence[Link | Mapping[str, Any] | str] | None
    """The chain of calls that name no models."""

    tiers: Mapping[str, Any] | None
    """Named routing maps."""

    capabilities: Mapping[str, Any] | None
    """Chains by capability."""

    policy: Policy | Mapping[str, Any] | None
    """Retries, time limits, what falls over."""

    budgets: Mapping[str, Budget | Mapping[str, Any]] | None
    """Limits on money, calls and tokens."""

    ledger: str | None
    """Where spending is kept."""

    catalog: Any
    """What is known about models."""

    guards: Literal["process", "own"] | None
    """Whether breakers, cooldowns and latencies are shared with the process's other clients (default) or not."""

    rules: Sequence[Any] | None
    """Rules of your own for classifying answers."""

    config: str | None
    """A configuration file."""
