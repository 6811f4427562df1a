"""Runs what the documentation shows: every Python, TypeScript and Rust block of README.md and docs/*.md, and the demo.

    .venv-test/bin/python .ci/examples.py

The blocks run as they stand. Their client finds a scripted provider where OpenRouter would be, whose first model is
limited. Rust blocks are documentation tests of the client crate (`cfg(readme)`), so that cargo compiles nothing anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from resilient_completion.testing import Simulator

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build/examples"
PACKAGES = ROOT / "build/packages"
BLOCK = re.compile(r"^```(python|ts|rust)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Unknown models answer; the model that stands first in every example is limited.
SCRIPT = {
    "models": {
        "anthropic/claude-sonnet-4.5": {"error": {"code": 429, "message": "Rate limit exceeded"}},
        "*": {"text": "A function that calls itself.", "usage": {"prompt_tokens": 9, "completion_tokens": 6}},
    }
}
DEMO = ("429 rate_limited", "timeout", "200 answered", "served by third", "calls itself")


class Examples:
    def __init__(self, url: str) -> None:
        self.environment = {**os.environ, "OPENROUTER_BASE_URL": url, "OPENROUTER_API_KEY": "sk-test"}
        self.passed = self.failed = 0

    def run(self, name: str, *command: str | Path, wanted: tuple[str, ...] = (), **more: str) -> bool:
        """Runs one; it has to end with 0, say something, and say what is wanted."""
        begin = time.monotonic()
        done = subprocess.run(
            [str(word) for word in command],
            cwd=WORK,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        said = re.sub(r" +", " ", done.stdout)
        missing = [word for word in wanted if word not in said]
        good = done.returncode == 0 and said.strip() != "" and not missing
        self.passed += good
        self.failed += not good
        print(f"{'ok' if good else 'FAILED'} {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        if not good:
            print(f"exit code {done.returncode}, missing {missing}\n{done.stdout}\n{done.stderr}")
        return good


def blocks() -> list[tuple[str, str, str]]:
    """Language, place and text of every block."""
    found = []
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = file.read_text()
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 2
            found.append((block[1], f"{file.relative_to(ROOT)}:{line}", block[2]))
    return found


def node_project() -> None:
    """An empty project with the packed packages and the compiler."""
    (WORK / "package.json").write_text('{"private": true, "type": "module"}\n')
    tarballs = sorted(str(file) for file in PACKAGES.glob("*.tgz"))
    subprocess.run(["npm", "install", "--silent", "--offline", *tarballs], cwd=WORK, check=True)
    for tool in ("typescript", "@types/node", "undici-types"):
        shutil.copytree(ROOT / "node_modules" / tool, WORK / "node_modules" / tool)


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    node_project()
    with Simulator(SCRIPT) as provider:
        examples = Examples(provider.url)
        rust = 0
        for i, (language, place, text) in enumerate(blocks()):
            if language == "rust":
                rust += 1
            elif language == "python":
                file = WORK / f"example_{i}.py"
                file.write_text(text)
                examples.run(place, sys.executable, file)
            else:
                file = WORK / f"example_{i}.mts"
                file.write_text(text)
                tsc = ("node", "node_modules/typescript/bin/tsc", "--strict", "--skipLibCheck", "false")
                built = subprocess.run(
                    [*tsc, "--target", "es2022", "--module", "nodenext", "--types", "node", file],
                    cwd=WORK,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if built.returncode:
                    examples.failed += 1
                    print(f"FAILED {place}: does not compile\n{built.stdout}")
                else:
                    examples.run(place, "node", file.with_suffix(".mjs"))
        if rust:
            cargo = ("cargo", "test", "--workspace", "--locked", "--doc", "--", "Readme")
            wanted = (f"{rust} passed",)
            examples.run("README.md rust", *cargo, wanted=wanted, RUSTDOCFLAGS="--cfg readme")
        examples.run("demo.py", sys.executable, ROOT / "docs/examples/demo.py", wanted=DEMO)
        shutil.copy(ROOT / "docs/examples/demo.mjs", WORK)
        examples.run("demo.mjs", "node", WORK / "demo.mjs", wanted=DEMO)
    print(f"examples: {examples.passed} passed, {examples.failed} failed")
    return 1 if examples.failed else 0


if __name__ == "__main__":
    sys.exit(main())
