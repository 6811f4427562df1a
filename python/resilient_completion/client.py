"""Clients."""

from __future__ import annotations

from . import _native
from ._record import Record
from .completion import Completion
from .plan import Plan
from .stream import AsyncStream, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Literal, overload

    from typing_extensions import Unpack

    from .options import CallOptions, ClientOptions, Messages

__all__ = ["AsyncClient", "Client"]


class _Base:
    """What both clients are: settings, a connection pool, and questions that need no network."""

    def __init__(self, api_key: str | None = None, **options: Unpack[ClientOptions]) -> None:
        """Makes a client; nothing is sent.

        `api_key` and `base_url` default to `OPENROUTER_API_KEY` and `OPENROUTER_BASE_URL`, then to OpenRouter.
        The other options are listed in `resilient_completion.options.ClientOptions`. A wrong one is a
        ConfigError that names it and the nearest valid word.
        """
        self._native = _native.Client({"api_key": api_key, **options})

    def plan(self, messages: Messages, **options: Unpack[CallOptions]) -> Plan:
        """What a call with these arguments would do, and the exact bodies it would send; sends nothing."""
        return Plan(self._native.plan(messages, options))

    def models(self, **filters: Any) -> Record:
        """What is known about models, with source and date."""
        return Record(self._native.models(filters))

    def health(self) -> Health:
        """What is remembered about links across calls: breakers, cooldowns, latency, retry tokens."""
        return Health(self._native)

    def close(self) -> None:
        """Ends calls in flight and closes connections; a later call is a ClosedError. Any number of times."""
        self._native.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{type(self).__name__} holds a key and connections and does not pickle; make one where it is used"
        )


class Client(_Base):
    """Chat completions that fall back, from synchronous code.

    Safe to share between threads, to use inside a running event loop and after a fork. Waiting releases the
    interpreter lock and ends at once on Ctrl-C.
    """

    @property
    def chat(self) -> Chat:
        """The OpenAI-shaped spelling: `client.chat.completions.create(...)`."""
        return Chat(self)

    def complete(self, messages: Messages, **options: Unpack[CallOptions]) -> Completion:
        """The whole answer.

        `messages` is a list of messages or a string. Options name what to try (`model`, `models`, `fallbacks`,
        `chain`, `capability`), how (`timeout` in seconds, `policy`), and every field of the wire request
        (`max_tokens`, `temperature`, `tools`, ...); see `resilient_completion.options.CallOptions`.

        Raises a ResilientCompletionError: FallbacksExhaustedError when a chain of two or more ends without an
        answer, the specific class otherwise.
        """
        return Completion(_native.Call(self._native, messages, options, False).wait())

    def stream(self, messages: Messages, **options: Unpack[CallOptions]) -> Stream:
        """The answer piece by piece; options as in `complete`. Nothing is sent before the first step."""
        return Stream(self._native, messages, options)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Base):
    """Chat completions that fall back, from asyncio.

    One client serves any number of event loops. Cancelling the task ends the attempt and its connection.
    """

    @property
    def chat(self) -> AsyncChat:
        """The OpenAI-shaped spelling: `await client.chat.completions.create(...)`."""
        return AsyncChat(self)

    async def complete(self, messages: Messages, **options: Unpack[CallOptions]) -> Completion:
        """The whole answer; see `Client.complete`."""
        call = _native.Call(self._native, messages, options, False)
        try:
            return Completion(await call.answer())
        except BaseException:
            # The task was cancelled, or its coroutine closed: whoever holds the traceback keeps `call` alive.
            call.cancel()
            raise

    def stream(self, messages: Messages, **options: Unpack[CallOptions]) -> AsyncStream:
        """The answer piece by piece. Returns at once; errors come at the first step."""
        return AsyncStream(self._native, messages, options)

    async def aclose(self) -> None:
        """See `close`; there is nothing to wait for."""
        self.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


class Health(Record):
    """What is remembered about links, read when this was made."""

    def __init__(self, client: _native.Client) -> None:
        super().__init__(client.health())
        self.__dict__["_client"] = client

    def reset(self) -> None:
        """Forgets it all: every link is tried as if for the first time."""
        self._client.reset_health()


class Chat:
    """Holds `completions`."""

    def __init__(self, client: Client) -> None:
        self.completions = Completions(client)


class Completions:
    """`create`, as the OpenAI SDK spells it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    if TYPE_CHECKING:

        @overload
        def create(
            self, *, messages: Messages, stream: Literal[False] = False, **options: Unpack[CallOptions]
        ) -> Completion: ...
        @overload
        def create(self, *, messages: Messages, stream: Literal[True], **options: Unpack[CallOptions]) -> Stream: ...

    def create(
        self, *, messages: Messages, stream: bool = False, **options: Unpack[CallOptions]
    ) -> Completion | Stream:
        """`Client.complete`, or with `stream=True` `Client.stream`."""
        start = self._client.stream if stream else self._client.complete
        return start(messages, **options)


class AsyncChat:
    """Holds `completions`."""

    def __init__(self, client: AsyncClient) -> None:
        self.completions = AsyncCompletions(client)


class AsyncCompletions:
    """`create`, as the OpenAI SDK spells it."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    if TYPE_CHECKING:

        @overload
        async def create(
            self, *, messages: Messages, stream: Literal[False] = False, **options: Unpack[CallOptions]
        ) -> Completion: ...
        @overload
        async def create(
            self, *, messages: Messages, stream: Literal[True], **options: Unpack[CallOptions]
        ) -> AsyncStream: ...

    async def create(
        self, *, messages: Messages, stream: bool = False, **options: Unpack[CallOptions]
    ) -> Completion | AsyncStream:
        """`AsyncClient.complete`, or with `stream=True` `AsyncClient.stream`."""
        if stream:
            return self._client.stream(messages, **options)
        return await self._client.complete(messages, **options)
