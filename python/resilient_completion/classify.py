"""What this library makes of an answer."""

from __future__ import annotations

from . import _native
from ._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["Classification", "classify"]


class Classification(Record):
    """Whether an answer is an error, which, and why we think so."""

    kind: str | None
    """One of `errors.KINDS`; None where the answer is good."""
    scope: str | None
    """What it speaks about: `request`, `model`, `endpoint` or `key`."""
    retryable: bool
    retry_after: float | None
    rule: str | None
    """Which rule matched, and where it comes from."""
    message: str | None


def classify(status: int, headers: Mapping[str, str] | None = None, body: Any = b"") -> Classification:
    """What we make of an HTTP answer: its kind, whether to try again, and which rule says so.

    `body` is text, bytes, or the object that the JSON spells.
    """
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, (bytes, bytearray)):
        import json  # not at import: it is not needed for calls

        body = json.dumps(body).encode()
    return Classification(_native.classify(status, dict(headers or {}), bytes(body)))
