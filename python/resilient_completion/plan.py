"""A dry run, explained."""

from __future__ import annotations

from ._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

__all__ = ["Plan"]


class Candidate(Record):
    """One link that would be tried."""

    model: str | None
    models: list[str] | None
    """The list, where the service itself falls back."""
    endpoint: str
    label: str
    timeout: float | None
    """Seconds for one attempt."""
    body: dict[str, Any]
    """The exact JSON body that would be sent."""

    _nested: ClassVar[dict[str, Any]] = {"body": dict}


class Skipped(Record):
    """One link that would not be tried."""

    model: str
    label: str
    reason: str


class Bounds(Record):
    """What the call cannot exceed; None where there is no bound."""

    attempts: int | None
    seconds: float | None
    usd: float | None


class Plan(Record):
    """What a call would do. Only `candidates[].body` holds the messages."""

    candidates: list[Candidate]
    skipped: list[Skipped]
    bounds: Bounds
    facts: Record
    """`source` and `date` of what is known about models."""
    warnings: list[str]

    _nested: ClassVar[dict[str, Any]] = {"candidates": Candidate, "skipped": Skipped, "bounds": Bounds}

    def to_json(self) -> str:
        """The plan as JSON."""
        import json  # not at import: it is not needed for calls

        return json.dumps(self._raw, ensure_ascii=False)

    def __repr__(self) -> str:
        labels = ", ".join(c.label for c in self.candidates)
        return f"Plan(candidates=[{labels}], skipped={len(self.skipped)}, warnings={len(self.warnings)})"
