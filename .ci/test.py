"""Runs everything that must hold, stops at the first part that does not, and says how long each part took.

    python .ci/test.py [STEP ...]

Steps that build run beside each other; steps that test run alone, because some of them measure time. Every step's
output is kept in build/test/. The closing line sums what the test runners themselves counted.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build/test"
PYTHON = ".venv-test/bin/python"
# Half of the steps wait for a linker or for pip: one more than the processors keeps these busy.
LANES = (os.cpu_count() or 2) + 1
NEXTEST = shutil.which("cargo-nextest") is not None


@dataclass(eq=False)
class Step:
    name: str
    command: str
    needs: tuple[str, ...] = ()
    alone: bool = False
    """Runs with nothing beside it: its tests look at the clock."""
    counts: bool = False
    """Is a test runner: its output must say how many tests passed and failed."""
    log: Path = field(init=False)
    seconds: float = 0.0
    cpu: float = 0.0

    def __post_init__(self) -> None:
        self.log = LOGS / f"{self.name.replace(' ', '-')}.log"

    def output(self) -> str:
        return self.log.read_text(errors="replace")


XTASK = "cargo run --quiet --locked -p xtask --"
# Printed lines carry the counts of vectors; both runners hide them in passing tests unless told otherwise.
RUST = (
    "cargo nextest run --workspace --locked --success-output final --status-level slow --no-fail-fast"
    if NEXTEST
    else "cargo test --workspace --locked --lib --bins --tests --no-fail-fast -- --show-output"
)
RUST_BUILD = (
    "cargo nextest run --workspace --locked --no-run" if NEXTEST else "cargo test --workspace --locked --no-run"
)

STEPS = [
    Step("format", "cargo fmt --all --check"),
    Step("clippy", "cargo clippy --workspace --all-targets --locked -- -D warnings", ("format",)),
    Step("wheel", "make -s wheel"),
    Step("node modules", "make -s node_modules/.package-lock.json"),
    Step("node lint", "npx --no-install tsc -p . --noEmit && npm run -s lint", ("node modules",)),
    Step("rust build", RUST_BUILD, ("clippy",)),
    Step("tarballs", "make -s tarballs", ("wheel", "node modules")),
    Step("python setup", "make -s .venv-test/done", ("wheel", "tarballs")),
    Step(
        "python lint",
        f"{PYTHON} -m ruff check python tests docs .ci && {PYTHON} -m ruff format --check python tests docs .ci"
        f" && {PYTHON} -m mypy && {PYTHON} -m mypy.stubtest resilient_completion._native",
        ("python setup",),
    ),
    Step(
        "rules",
        f"{XTASK} check && {XTASK} gen errors --check && {XTASK} gen types --check && {XTASK} gen catalog --check",
        ("rust build",),
    ),
    Step("rust", RUST, ("rust build",), alone=True, counts=True),
    Step("rust docs", "cargo test --workspace --locked --doc", ("rust build",), alone=True, counts=True),
    Step("python", f"{PYTHON} -m pytest -q -rs -s", ("python setup",), alone=True, counts=True),
    Step("node", "node tests/node/run.mjs --dist build/packages", ("tarballs",), alone=True, counts=True),
    Step(
        "examples",
        f"{PYTHON} .ci/examples.py",
        ("python setup", "tarballs", "rust build"),
        alone=True,
        counts=True,
    ),
    Step("sim", "make -s sim", ("rust build",), alone=True),
]

# Kinds that go through the public surface run in every language; the rest belong to the engine.
EVERYWHERE = {"call", "errors"}
LANGUAGES = ("rust", "python", "node")
VECTORS = re.compile(r"^\W*vectors (\w+): (\d+) run$", re.MULTILINE)
NOT_RUN = re.compile(r"^.*\b(?:NOT RUN|SKIPPED|NOT done)\b.*$", re.MULTILINE)

# Words of the runners: cargo nextest, cargo test, pytest, node --test.
PASSED = {"passed", "pass"}
FAILED = {"failed", "fail", "error", "errors", "cancelled"}
LEFT_OUT = {"skipped", "ignored", "todo", "xfailed"}
CLOSING = re.compile(r"^ *Summary \[|^test result: |^examples: |\d \w+ in [\d.]+s\b")


def count(output: str) -> tuple[int, int, int]:
    """Tests that passed, failed and were left out, by the closing lines of whichever runners spoke."""
    passed = failed = left_out = 0
    for line in output.splitlines():
        found = re.findall(r"(\d+) ([a-z]+)", line) if CLOSING.search(line) else []
        found += [(n, word) for word, n in re.findall(r"^\S ([a-z]+) (\d+)$", line)]
        for n, word in found:
            passed += int(n) * (word in PASSED)
            failed += int(n) * (word in FAILED)
            left_out += int(n) * (word in LEFT_OUT)
    return passed, failed, left_out


def compare_vectors(outputs: dict[str, str]) -> list[str]:
    """What is wrong with the counts of vectors: every file once in every language that must run its kind."""
    problems = []
    ran = {language: dict(VECTORS.findall(outputs[language])) for language in LANGUAGES}
    for folder in sorted((ROOT / "tests/vectors").iterdir()):
        if folder.name == "schema" or not folder.is_dir():
            continue
        files = len(list(folder.glob("*.json")))
        languages = LANGUAGES if folder.name in EVERYWHERE else LANGUAGES[:1]
        counts = {language: int(ran[language].get(folder.name, 0)) for language in languages}
        said = ", ".join(f"{language} {n}" for language, n in counts.items())
        print(f"vectors {folder.name}: {files} files, {said}")
        if any(n != files for n in counts.values()):
            problems.append(f"vectors {folder.name}: {files} files, but run: {said}")
    return problems


def environment() -> dict[str, str]:
    """This one without what could send a test to a real service or change what is printed."""
    ours = {"OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "RESILIENT_COMPLETION_CONFIG", "LIVE"}
    foreign = {"PYTHONPATH", "VIRTUAL_ENV", "NODE_OPTIONS", "FORCE_COLOR", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    kept = {k: v for k, v in os.environ.items() if k not in ours | foreign}
    return {**kept, "CARGO_TERM_COLOR": "never", "NO_COLOR": "1"}


class Run:
    def __init__(self, steps: list[Step]) -> None:
        self.waiting = list(steps)
        self.running: dict[Step, tuple[subprocess.Popen[bytes], float]] = {}
        self.done: list[Step] = []
        self.names = {step.name for step in steps}

    def all(self) -> Step | None:
        """Runs every step; the first one that failed, if any."""
        while self.waiting or self.running:
            while (step := self.next()) is not None:
                self.start(step)
            ended = [step for step in self.running if self.has_ended(step)]
            for step in ended:
                if not self.end(step):
                    self.stop()
                    return step
            time.sleep(0 if ended else 0.1)
        return None

    def next(self) -> Step | None:
        if len(self.running) >= LANES or any(step.alone for step in self.running):
            return None
        done = {step.name for step in self.done}
        ready = [step for step in self.waiting if set(step.needs) & self.names <= done]
        together = [step for step in ready if not step.alone]
        return next(iter(together or (ready if not self.running else [])), None)

    def start(self, step: Step) -> None:
        self.waiting.remove(step)
        command = ["bash", "-euo", "pipefail", "-c", step.command]
        with step.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[step] = (process, time.monotonic())

    def has_ended(self, step: Step) -> bool:
        process, begin = self.running[step]
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid == 0:
            return False
        process.returncode = os.waitstatus_to_exitcode(status)
        step.seconds = time.monotonic() - begin
        step.cpu = used.ru_utime + used.ru_stime
        return True

    def end(self, step: Step) -> bool:
        process, _ = self.running.pop(step)
        self.done.append(step)
        output = step.output()
        said = ""
        good = process.returncode == 0
        if step.counts:
            passed, failed, left_out = count(output)
            said = f"{passed} passed, {failed} failed" + (f", {left_out} left out" if left_out else "")
            # A runner that ran nothing, or that counts failures and exits with 0, has not shown anything.
            good = good and passed > 0 and failed == 0
        word = "ok" if good else "FAILED"
        print(f"{word:<7} {step.name:<14} {step.seconds:7.1f} s {step.cpu:7.1f} CPU s   {said}", flush=True)
        return good

    def stop(self) -> None:
        for process, _ in self.running.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process, _ in self.running.values():
            process.wait()


def main(names: list[str]) -> int:
    if unknown := set(names) - {step.name.replace(" ", "-") for step in STEPS}:
        known = " ".join(step.name.replace(" ", "-") for step in STEPS)
        print(f"unknown steps: {' '.join(unknown)}; known: {known}")
        return 2
    LOGS.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    run = Run([step for step in STEPS if not names or step.name.replace(" ", "-") in names])
    try:
        broken = run.all()
    except KeyboardInterrupt:
        run.stop()
        return 130
    problems = [f"{broken.name}: {broken.command}"] if broken else []
    if broken:
        print(f"\n{broken.output()[-12_000:]}\nwhole output: {broken.log.relative_to(ROOT)}\n")
    elif not names:
        problems += compare_vectors({step.name: step.output() for step in STEPS})
    for step in run.done:
        for line in NOT_RUN.findall(step.output()) + (step.output().splitlines() if step.name == "sim" else []):
            print(f"{step.name}: {line.strip()}")
    print(f"{time.monotonic() - begin:.0f} s and {sum(step.cpu for step in run.done):.0f} CPU s in all")
    for problem in problems:
        print(f"FAILED {problem}")
    counts = [count(step.output()) for step in run.done if step.counts]
    if counts:
        passed, failed, left_out = (sum(column) for column in zip(*counts, strict=True))
        if left_out:
            print(f"{left_out} left out by their runners; the logs say why")
        print(f"{passed} passed, {failed} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
