"""Answers piece by piece."""

from __future__ import annotations

from . import _native
from .completion import Completion
from .trace import Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

__all__ = ["AsyncStream", "Stream"]


class Stream(_native.Call):
    """An iterator over the pieces of an answer.

    A failure before the first piece is answered by the next link and not seen here; after it a
    StreamInterruptedError carries what had come. Use it in a `with` statement: leaving it, or `close()`, ends
    the answer and its connection at once. A stream that is dropped unread gives a ResourceWarning.
    """

    def __new__(cls, client: _native.Client, messages: Any, options: Any) -> Self:
        return super().__new__(cls, client, messages, options, True)

    @property
    def completion(self) -> Completion | None:
        """The whole answer, usage included, once the stream has ended well; None before."""
        answer = super().finished()
        return None if answer is None else Completion(answer)

    @property
    def trace(self) -> Trace | None:
        """The record so far; None while another thread drives the call."""
        record = super().record()
        return None if record is None else Trace(record)

    def close(self) -> None:
        """Ends the answer and its connection. Any number of times."""
        self.cancel()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.cancel()

    def __del__(self) -> None:
        self.abandon()


class AsyncStream:
    """An async iterator over the pieces of an answer; see Stream.

    It is made at once: whatever is wrong with the request is raised at the first step. A step that was given
    up (a timeout, a cancelled task) loses no piece.
    """

    def __init__(self, client: _native.Client, messages: Any, options: Any) -> None:
        self._call: _native.Call | None = None
        self._refused: Exception | None = None
        try:
            self._call = _native.Call(client, messages, options, True)
        except Exception as error:
            self._refused = error

    def _started(self) -> _native.Call:
        if self._call is None:
            assert self._refused is not None
            raise self._refused
        return self._call

    def __aiter__(self) -> AsyncStream:
        return self

    async def __anext__(self) -> _native.Delta:
        call = self._started()
        # A piece that is here already is returned without a trip through the event loop.
        while (piece := call.take()) is False:
            await call.more()
        if piece is None:
            raise StopAsyncIteration
        return piece

    @property
    def completion(self) -> Completion | None:
        """The whole answer, usage included, once the stream has ended well; None before."""
        answer = None if self._call is None else self._call.finished()
        return None if answer is None else Completion(answer)

    @property
    def trace(self) -> Trace | None:
        """The record so far; None before the first step and while a step is under way."""
        record = None if self._call is None else self._call.record()
        return None if record is None else Trace(record)

    async def aclose(self) -> None:
        """Ends the answer and its connection. Any number of times."""
        self.close()

    def close(self) -> None:
        """The same as aclose(): there is nothing to wait for."""
        if self._call is not None:
            self._call.cancel()

    async def __aenter__(self) -> AsyncStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._call is not None:
            self._call.abandon()
