"""The record of a call."""

from __future__ import annotations

from . import _native
from ._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

__all__ = ["Attempt", "Trace"]


class Attempt(Record):
    """One request that was sent. Times are seconds since the call's start."""

    index: int
    label: str
    model: str
    """The model asked for."""
    served_model: str | None
    """The model that the service says served."""
    provider: str | None
    endpoint: str
    status: int | None
    kind: str | None
    """Kind of the error that ended it; None if it answered."""
    rule: str | None
    """Which rule said so, and where it comes from."""
    message: str | None
    started: float
    first_token: float | None
    ended: float | None
    cost: float | None
    """US dollars; None where unknown."""
    cost_source: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    retry_of: int | None
    """Index of the attempt that this one repeats."""


class Trace(Record):
    """What happened in one call: attempts, decisions in order, links that were skipped and why."""

    v: int
    id: str
    attempts: list[Attempt]
    events: list[Record]
    """Decisions in order; each has `at` (seconds), `name`, mostly `attempt`, and facts of its own."""
    skipped: list[Record]
    fell_back: bool
    label: str | None
    model: str | None
    provider: str | None
    cost: float | None
    seconds: float | None
    kind: str | None
    """Kind of the error that ended it; None if it was answered."""

    _nested: ClassVar[dict[str, Any]] = {"attempts": Attempt}

    @classmethod
    def from_json(cls, text: str | bytes) -> Trace:
        """Reads what `to_json` wrote."""
        return cls(_native.parse(text.encode() if isinstance(text, str) else text))

    def to_json(self) -> str:
        """The record as JSON, to be stored or sent."""
        import json  # not at import: it is not needed for calls

        return json.dumps(self._raw, ensure_ascii=False, separators=(",", ":"))

    def waterfall(self, width: int = 40) -> str:
        """The attempts as lines of text, each with a bar where it stood in time."""
        rows = [(a.label, a.model, _outcome(a), _clock(a, self._end)) for a in self.attempts or ()]
        if not rows:
            return "no attempt was made"
        columns = [max(len(str(row[i])) for row in rows) for i in range(3)]
        lines = []
        for attempt, (label, model, outcome, clock) in zip(self.attempts, rows):
            bar = _bar(attempt, self._end, width)
            lines.append(f"{label:<{columns[0]}}  {model:<{columns[1]}}  {outcome:<{columns[2]}}  {bar}  {clock}")
        return "\n".join(lines)

    def headline(self) -> str:
        """Who answered, or why nobody did, in one line."""
        line = f"failed: {self.kind}" if self.label is None else f"answered by {self.label}"
        if self.model is not None:
            line += f" ({self.model})" if self.provider is None else f" ({self.model} at {self.provider})"
        line += f" after {self.seconds or 0.0:.3f} s"
        line += ", fell back" if self.fell_back else ""
        return line if self.cost is None else f"{line}, ${self.cost:.6f}"

    def __str__(self) -> str:
        return f"{self.headline()}\n{self.waterfall()}"

    def _repr_html_(self) -> str:
        import html  # not at import: only notebooks need it

        rows = "".join(_row(attempt, self._end) for attempt in self.attempts or ())
        return (
            '<table style="font-size:90%"><caption style="text-align:left">'
            f"{html.escape(self.headline())}</caption><thead><tr><th>label</th><th>model</th><th>outcome</th>"
            f'<th style="width:20em"></th><th>seconds</th></tr></thead><tbody>{rows}</tbody></table>'
        )

    @property
    def _end(self) -> float:
        ends = [a.ended if a.ended is not None else a.started for a in self.attempts or ()]
        return max([self.seconds or 0.0, *ends, 1e-9])


def _outcome(attempt: Attempt) -> str:
    status = "" if attempt.status is None else f"{attempt.status} "
    return f"{status}{attempt.kind or 'answered'}"


def _clock(attempt: Attempt, end: float) -> str:
    ended = end if attempt.ended is None else attempt.ended
    return f"{attempt.started:.3f} to {ended:.3f} s"


def _span(attempt: Attempt, end: float) -> tuple[float, float]:
    ended = end if attempt.ended is None else attempt.ended
    return attempt.started / end, ended / end


def _bar(attempt: Attempt, end: float, width: int) -> str:
    begin, finish = (round(share * width) for share in _span(attempt, end))
    finish = min(width, max(finish, begin + 1))
    begin = min(begin, width - 1)
    mark = "#" if attempt.kind is None else "x"
    return " " * begin + mark * (finish - begin) + " " * (width - finish)


def _row(attempt: Attempt, end: float) -> str:
    import html  # not at import: only notebooks need it

    begin, finish = _span(attempt, end)
    colour = "#3a7d44" if attempt.kind is None else "#b3413a"
    bar = (
        f'<div style="margin-left:{begin:.1%};width:{max(finish - begin, 0.01):.1%};'
        f'height:0.8em;background:{colour}"></div>'
    )
    cells = (attempt.label, attempt.model, _outcome(attempt))
    told = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
    return f'<tr>{told}<td style="width:20em">{bar}</td><td>{_clock(attempt, end)}</td></tr>'
