"""A provider that fails as you say, for tests of your own.

    with Simulator({"models": {"a": [{"error": "slow down"}], "b": [{"text": "hello"}]}}) as provider:
        client = Client(api_key="test", base_url=provider.url)
        assert client.complete("hi", models=["a", "b"]).fell_back

It listens on 127.0.0.1 only. The script is documented in the repository, `docs/simulator.md`.
"""

from __future__ import annotations

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

__all__ = ["Simulator"]


class Simulator:
    """A running provider; close it, or use it in a `with` statement."""

    def __init__(self, script: dict[str, Any]) -> None:
        self._native = _native.Simulator(script)

    @property
    def url(self) -> str:
        """What to give to a client as `base_url`."""
        return self._native.url()

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What has been asked so far, oldest first."""
        return self._native.requests()

    def close(self) -> None:
        """Closes every connection and the port."""
        self._native.close()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
