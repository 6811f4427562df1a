"""What is measured, who takes part, and what is wanted: data, and the tables made from it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

PIECES = 1_000
PACED = 200
SHORT = 20

# A chunk and an answer as OpenRouter sends them, in size and fields.
SCRIPT: dict[str, Any] = {
    "record": 0,
    "models": {
        "bench/plain": {
            "text": "Recursion is a thing explained by a smaller case of itself, until one is small enough."
        },
        "bench/limited": {"error": {"code": 429, "message": "Rate limit exceeded"}},
        "bench/stream": {"text": {"repeat": "token ", "times": PIECES}, "pieces": PIECES},
        "bench/paced": {"text": {"repeat": "token ", "times": PACED}, "pieces": PACED, "every": 0.002},
        "bench/first": {"text": {"repeat": "token ", "times": SHORT}, "pieces": SHORT},
        "bench/long": {"text": {"repeat": "word ", "times": 40_000}},
        "bench/image": {"text": "A picture of a thing that holds a smaller picture of itself."},
        "bench/hang": {"fault": "silence"},
    },
}

# They take long for every call and no goal names them: fewer calls, and the first round only.
SLOW = ("httpx", "openai", "litellm", "fetch")


def is_slow(who: str) -> bool:
    return any(slow in who for slow in SLOW)


RUST = ("rust floor", "rust handed", "rust ours")
SYNC = ("python ours-sync", "python pyreqwest-sync", "python httpx-sync", "python openai-sync", "python litellm-sync")
ASYNC = (
    "python ours-async",
    "python aiohttp-async",
    "python pyreqwest-async",
    "python httpx-async",
    "python openai-async",
)
NODE = ("node ours", "node undici", "node fetch", "node openai")
OURS = ("rust ours", "python ours-sync", "python ours-async", "node ours")
ALL = RUST + SYNC + ASYNC + NODE
# LiteLLM takes the same word again and again for a model gone mad, and has fall-overs of its own.
HAND = tuple(who for who in ALL if "litellm" not in who)
FAST = tuple(who for who in ALL if not is_slow(who))
BUSY = tuple(who for who in ALL if "openai" not in who and "litellm" not in who)


@dataclass(frozen=True)
class Scenario:
    key: str
    title: str
    name: str
    """As the clients know it."""
    n: int
    who: tuple[str, ...] = FAST
    at_once: int = 1
    warm: int = 20
    """Calls before the count begins: enough for Node's compiler to have seen what is hot."""
    what: str = "cpu_us"
    """Which figure of a client's line is the scenario's."""
    divisor: float = 1
    unit: str = "us CPU a call"
    calls: int = 1
    """Requests that one call makes."""

    def calls_of(self, who: str) -> tuple[int, int]:
        """How many calls `who` makes, and before them."""
        share = 4 if is_slow(who) else 1
        return max(self.at_once, self.n // share), max(min(self.at_once, self.warm), self.warm // share)


PIECE = "us CPU a piece"
SCENARIOS = (
    Scenario("plain", "Small completion, one by one", "plain", 2_000, ALL, warm=1_000),
    Scenario("plain-64", "Small completion, 64 in flight", "plain", 4_096, BUSY, 64, 1_024),
    Scenario("plain-256", "Small completion, 256 in flight", "plain", 6_144, BUSY, 256, 1_024),
    Scenario("fallover", "Fall-over: 429, then an answer", "fallover", 1_000, HAND, warm=500, calls=2),
    Scenario("stream", "1,000 pieces as fast as read", "stream", 60, HAND, warm=20, divisor=PIECES, unit=PIECE),
    Scenario("paced", "200 pieces, one every 2 ms", "paced", 3, FAST, warm=1, divisor=PACED, unit=PIECE),
    Scenario("first", "Time to first text", "first", 300, BUSY, warm=300, what="first_us", unit="us of wall time"),
    Scenario("long", "200 KB of text", "long", 400, BUSY, warm=200),
    Scenario("image", "A 2 MB image in the request", "image", 40, BUSY, warm=10),
    Scenario(
        "hang",
        "1,000 requests that hang",
        "hang",
        1_000,
        ("rust floor", "rust ours", "python ours-async", "python aiohttp-async", "node ours", "node undici"),
        what="rss_kb",
        divisor=1_024,
        unit="MB over idle",
    ),
)


@dataclass(frozen=True)
class Goal:
    """`who` in `scenario` is to cost at most `limit`, times `peer` where there is one."""

    scenario: str
    who: str
    limit: float
    peer: str | None = None


GOALS = (
    *(
        Goal(key, who, limit, peer)
        for key in ("plain", "plain-64", "plain-256")
        for who, limit, peer in (
            ("python ours-sync", 1.0, "python pyreqwest-sync"),
            ("python ours-async", 1.0, "python aiohttp-async"),
            ("node ours", 1.2, "node undici"),
        )
    ),
    Goal("stream", "python ours-sync", 4.0),
    Goal("stream", "python ours-async", 4.0),
    Goal("stream", "node ours", 2.0),
    *(Goal("hang", who, 30.0) for who in OURS if who != "python ours-sync"),
    Goal("import", "python resilient_completion", 15.0),
    Goal("import", "node require resilient-completion", 30.0),
    Goal("import", "node import resilient-completion", 30.0),
    Goal("size", "wheel", 6.0),
)
PEERS = {"python ours-sync": "python pyreqwest-sync", "python ours-async": "python aiohttp-async"}
PEERS |= {"rust ours": "rust floor", "node ours": "node undici"}
FALLOVER = 1.2


@dataclass
class Figures:
    """All samples, by scenario and who; one sample a round."""

    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, scenario: str, who: str, value: float) -> None:
        self.samples.setdefault(scenario, {}).setdefault(who, []).append(value)

    def median(self, scenario: str, who: str) -> float | None:
        values = self.samples.get(scenario, {}).get(who)
        return statistics.median(values) if values else None

    def ratio(self, scenario: str, who: str, peer: str) -> float | None:
        """Median of the ratios within each round: what the machine did beside it falls out."""
        rows = self.samples.get(scenario, {})
        pairs = [a / b for a, b in zip(rows.get(who, []), rows.get(peer, [])) if b]
        return statistics.median(pairs) if pairs else None

    def fallover(self, who: str) -> float | None:
        """A call that falls over, as a ratio to two plain ones of the same round."""
        falls, plain = (self.samples.get(key, {}).get(who, []) for key in ("fallover", "plain"))
        pairs = [a / (2 * b) for a, b in zip(falls, plain) if b]
        return statistics.median(pairs) if pairs else None

    def checked(self, goal: Goal) -> tuple[float, bool] | None:
        value = (
            self.median(goal.scenario, goal.who)
            if goal.peer is None
            else self.ratio(goal.scenario, goal.who, goal.peer)
        )
        return None if value is None else (value, value <= goal.limit)


def table(figures: Figures, scenario: str, title: str, unit: str) -> list[str]:
    """One scenario as a table; ratios are medians of the ratios within each round."""
    rows = figures.samples.get(scenario, {})
    fall = scenario == "fallover"
    last = "to two plain calls" if fall else "goal"
    lines = [
        "",
        f"### {title}",
        "",
        f"| who | {unit} | lowest to highest | ratio | {last} |",
        "| --- | ---: | --- | --- | --- |",
    ]
    for who in sorted(rows, key=lambda w: ALL.index(w) if w in ALL else len(ALL)):
        values = rows[who]
        peer = PEERS.get(who)
        ratio = figures.ratio(scenario, who, peer) if peer else None
        against = f"{ratio:.2f}x {peer}" if ratio is not None else ""
        lines.append(
            f"| {who} | {shown(statistics.median(values))} | {shown(min(values))} to {shown(max(values))} "
            f"| {against} | {fallover(figures, who) if fall else verdicts(figures, scenario, who)} |"
        )
    return lines


def fallover(figures: Figures, who: str) -> str:
    ratio = figures.fallover(who)
    if ratio is None:
        return ""
    goal = f" (wanted {FALLOVER}x: {'met' if ratio <= FALLOVER else 'MISSED'})" if who in OURS else ""
    return f"{ratio:.2f}x{goal}"


def verdicts(figures: Figures, scenario: str, who: str) -> str:
    told = []
    for goal in GOALS:
        if (goal.scenario, goal.who) == (scenario, who):
            checked = figures.checked(goal)
            wanted = f"{goal.limit:g}" + (f"x {goal.peer}" if goal.peer else "")
            told.append(f"{wanted}: {'not measured' if checked is None else 'met' if checked[1] else 'MISSED'}")
    return ", ".join(told)


def summary(figures: Figures) -> list[str]:
    """Every goal in one line each."""
    lines = ["", "### Goals", "", "| scenario | who | wanted | measured | |", "| --- | --- | --- | ---: | --- |"]
    for goal in GOALS:
        checked = figures.checked(goal)
        wanted = f"<= {goal.limit:g}" + (f"x {goal.peer}" if goal.peer else "")
        told = ("-", "not measured") if checked is None else (f"{checked[0]:.2f}", "met" if checked[1] else "MISSED")
        lines.append(f"| {goal.scenario} | {goal.who} | {wanted} | {told[0]} | {told[1]} |")
    for who in OURS:
        if (ratio := figures.fallover(who)) is not None:
            told = "met" if ratio <= FALLOVER else "MISSED"
            lines.append(f"| fallover | {who} | <= {FALLOVER}x two plain calls | {ratio:.2f} | {told} |")
    return lines


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
