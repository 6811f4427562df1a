"""Measures what a call costs, beside what it costs by hand, and says which goals are met.

    python tests/bench/run.py [--packages DIR] [--rounds N] [--only KEY,...] [--who WORD,...] [--save]

Starts the scripted provider as a process of its own and, over several rounds, one client process for each scenario and
participant, in another order every round. Every process tells the CPU time of itself; wall time is only looked at where
a scenario is about waiting. See README.md here. Needs what `make bench` makes: release packages in `--packages`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import figures as f

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
VENV = ROOT / "target/bench-venv"
NODE = ROOT / "target/bench-node"
PYTHON = VENV / "bin/python"
NODE_PEERS = ("undici@7.30.2", "openai@6.49.0")
# Heavy ones, and not there for every Python: the bench does without them.
OPTIONAL_PEERS = ("openai==2.54.0", "litellm==1.106.2")
IMPORTS = 15


def main() -> int:
    options = read_options()
    raise_file_limit()
    set_up(options.packages.resolve())
    result = f.Figures()
    wanted = [s for s in f.SCENARIOS if not options.only or s.key in options.only]
    start = time.monotonic()
    with Provider() as provider:
        for turn in range(options.rounds):
            for scenario in wanted:
                who = [w for w in scenario.who if turn == 0 or not f.is_slow(w)]
                who = [w for w in who if not options.who or any(word in w for word in options.who)]
                at = turn * len(who) // options.rounds
                for one in who[at:] + who[:at]:
                    measure(result, provider, scenario, one)
            print(f"round {turn + 1} of {options.rounds}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    lines = [head(options.rounds)]
    for scenario in wanted:
        lines += f.table(result, scenario.key, scenario.title, scenario.unit)
    if not options.only:
        measure_imports(result)
        measure_sizes(result, options.packages.resolve())
        lines += f.table(result, "import", "Import, in a fresh process", "ms CPU")
        lines += f.table(result, "size", "Sizes", "MB")
        lines += ["", "### The engine alone: one call, from options to answer", "", "```", engine_speed(), "```"]
    lines += f.summary(result)
    text = "\n".join(lines) + "\n"
    print(text)
    if options.save:
        file = HERE / "results" / f"{time.strftime('%Y-%m-%d')}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        print(f"saved as {file.relative_to(ROOT)}", file=sys.stderr)
    return 1 if FAILED else 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, default=ROOT / "build/packages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=lambda text: text.split(","), help="scenarios, by key")
    parser.add_argument("--who", type=lambda text: text.split(","), help="participants, by a part of the name")
    parser.add_argument("--save", action="store_true", help="also write results/<date>.md")
    options = parser.parse_args()
    keys = [s.key for s in f.SCENARIOS]
    for key in options.only or []:
        if key not in keys:
            parser.error(f"--only: no scenario {key}; there are {', '.join(keys)}")
    return options


def raise_file_limit() -> None:
    """A thousand connections on either side."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8_192, hard) if hard > 0 else 8_192, hard))


# --- setting up ----------------------------------------------------------------------------------------------------


def set_up(packages: Path) -> None:
    wheels, tarballs = list(packages.glob("*.whl")), list(packages.glob("*.tgz"))
    if len(wheels) != 1 or len(tarballs) < 2:
        raise SystemExit(f"{packages}: one wheel and two tarballs are needed; `make bench` builds them")
    rust = ["cargo", "build", "--release", "--locked", "--quiet"]
    run([*rust, "-p", "bench", "-p", "resilient-completion-simulator"])
    run([*rust, "-p", "resilient-completion-engine", "--example", "call_speed"])
    if not PYTHON.exists():
        run([sys.executable, "-m", "venv", VENV])
        run([PYTHON, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"])
        for peer in OPTIONAL_PEERS:
            if subprocess.call([PYTHON, "-m", "pip", "install", "-q", peer]) != 0:
                print(f"{peer} could not be installed; its rows are left out", file=sys.stderr)
    run([PYTHON, "-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", *wheels])
    # Compiled now, and not by the first process that is measured.
    run([PYTHON, "-m", "compileall", "-q", next(VENV.glob("lib/python*/site-packages/resilient_completion"))])
    NODE.mkdir(parents=True, exist_ok=True)
    if not (NODE / "node_modules/undici").exists():
        (NODE / "package.json").write_text('{"private": true}\n')
        run(["npm", "install", "--silent", *NODE_PEERS], NODE)
    for old in NODE.glob("node_modules/resilient-completion*"):
        shutil.rmtree(old)
    for tarball in tarballs:
        unpack(tarball)


def unpack(tarball: Path) -> None:
    """As npm would, without asking a registry about the peers again."""
    stage = NODE / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.unpack_archive(tarball, stage)
    name = json.loads((stage / "package/package.json").read_text())["name"]
    shutil.move(stage / "package", NODE / "node_modules" / name)


def run(command: list[Any], folder: Path = ROOT) -> None:
    if subprocess.call([str(part) for part in command], cwd=folder) != 0:
        raise SystemExit(f"this failed: {' '.join(map(str, command))}")


# --- one client process ----------------------------------------------------------------------------------------------


class Provider:
    """The scripted provider in a process of its own."""

    def __enter__(self) -> Provider:
        program = TARGET / "release/scripted-provider"
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([program, "-"], stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self.url = self._ask(json.dumps(f.SCRIPT))["url"]
        return self

    def requests(self) -> int:
        return int(self._ask("connections")["requests"])

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        return json.loads(self._process.stdout.readline())  # type: ignore[no-any-return]

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


FAILED: list[str] = []
MISSING: set[str] = set()


def measure(result: f.Figures, provider: Provider, scenario: f.Scenario, who: str) -> None:
    if who in MISSING:
        return
    language, name = who.split(" ", 1)
    n, warm = scenario.calls_of(who)
    numbers = [str(n), str(scenario.at_once), str(warm)]
    program = {
        "rust": [TARGET / "release/bench"],
        "python": [PYTHON, HERE / "client.py"],
        "node": ["node", HERE / "client.mjs"],
    }[language]
    before = provider.requests()
    done = in_own_process([*program, name, scenario.name, provider.url, *numbers])
    if "ModuleNotFoundError" in done.stderr and "resilient" not in done.stderr:
        MISSING.add(who)
        return
    try:
        line = json.loads(done.stdout)
        asked = provider.requests() - before
        if asked != line["calls"] * scenario.calls:
            raise ValueError(f"{line['calls']} calls made {asked} requests")
    except ValueError as error:
        FAILED.append(f"{scenario.key} {who}")
        print(f"FAILED {scenario.key} {who}: {error}\n{done.stderr[-2_000:]}", file=sys.stderr)
        return
    result.add(scenario.key, who, line[scenario.what] / scenario.divisor)


def in_own_process(command: list[Any]) -> subprocess.CompletedProcess[str]:
    """Without proxies, settings of ours, and what else changes how a client runs."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    # LiteLLM would fetch its price list from the network.
    env = {key: os.environ[key] for key in kept if key in os.environ} | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return subprocess.run(command, cwd=NODE, env=env, text=True, capture_output=True, check=False)


# --- what needs no provider ----------------------------------------------------------------------------------------


PYTHON_IMPORT = """
import resource, sys
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
before = cpu()
exec(sys.argv[1])
print((cpu() - before) * 1000)
"""
NODE_IMPORT = """
const cpu = () => { const { user, system } = process.cpuUsage(); return user + system; };
const { createRequire } = await import("node:module");
const require = createRequire(process.cwd() + "/bench.cjs");
const before = cpu();
await eval(process.argv[1]);
console.log((cpu() - before) / 1000);
"""
IMPORTED = (
    ("python resilient_completion", "import resilient_completion"),
    ("python resilient_completion and a client", "from resilient_completion import Client; Client('sk')"),
    ("python asyncio", "import asyncio"),
    ("python aiohttp", "import aiohttp"),
    ("python httpx", "import httpx"),
    ("python openai", "import openai"),
    ("node require resilient-completion", "require('resilient-completion')"),
    ("node require resilient-completion and a client", "new (require('resilient-completion').Client)({apiKey: 'sk'})"),
    ("node import resilient-completion", "import('resilient-completion')"),
    ("node require undici", "require('undici')"),
    ("node require openai", "require('openai')"),
)


def measure_imports(result: f.Figures) -> None:
    # `import()` resolves from a file.
    module = NODE / "import.mjs"
    module.write_text(NODE_IMPORT.replace("process.argv[1]", "process.argv[2]"))
    for _ in range(IMPORTS):
        for who, code in IMPORTED:
            command = [PYTHON, "-c", PYTHON_IMPORT, code] if who.startswith("python") else ["node", module, code]
            done = in_own_process(command)
            if done.returncode == 0:
                result.add("import", who, float(done.stdout))


def measure_sizes(result: f.Figures, packages: Path) -> None:
    def add(who: str, size: int) -> None:
        result.add("size", who, size / 1e6)

    for wheel in packages.glob("*.whl"):
        add("wheel", wheel.stat().st_size)
        with zipfile.ZipFile(wheel) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".so"):
                    add("native library for Python", info.file_size)
    for tarball in sorted(packages.glob("*.tgz")):
        add(f"npm {tarball.name}", tarball.stat().st_size)
    for library in NODE.glob("node_modules/resilient-completion-*/*.node"):
        add("native library for Node", library.stat().st_size)


def engine_speed() -> str:
    return said(TARGET / "release/examples/call_speed")


def head(rounds: int) -> str:
    facts = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in facts if line.startswith("model name")]
    tools = [said(tool, "--version") for tool in (PYTHON, "node", "rustc")]
    named = ("pyreqwest=", "aiohttp=", "httpx=", "openai=", "litellm=")
    peers = [peer for peer in said(PYTHON, "-m", "pip", "freeze").split() if peer.startswith(named)]
    machine = f"{os.cpu_count()} processors ({models[0] if models else '?'}), {platform.system()} {platform.release()}"
    return "\n".join(
        (
            f"# Benchmarks of {time.strftime('%Y-%m-%d')}",
            "",
            f"{machine}, load at the end {os.getloadavg()[0]:.1f}; {rounds} rounds.",
            f"{', '.join(tools)}; {', '.join([*peers, *NODE_PEERS])}.",
            "How to read it: [../README.md](../README.md).",
        )
    )


def said(*command: str | Path) -> str:
    return subprocess.run(command, text=True, capture_output=True, check=True, cwd=ROOT).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
