"""Installs the packages of a folder into empty environments elsewhere and makes a call with each.

    python .ci/check_dist.py DIST

Fails where a package asks for another one, is too large, or names a folder of the machine that built it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 6_000_000
"""Bytes of a wheel: what a slow line loads in a few seconds."""

PYTHON = """
from resilient_completion import Client, __file__ as place
from resilient_completion.testing import Simulator
with Simulator({"models": {"a": {"error": {"code": 429, "message": "slow down"}}, "b": {"text": "hello"}}}) as provider:
    with Client(api_key="test", base_url=provider.url) as client:
        answer = client.complete("hi", models=["a", "b"])
        assert (answer.text, answer.fell_back) == ("hello", True), answer
print("python:", answer.text, "from", place)
"""
NODE = """
async function main({ Client }, { Simulator }, how) {
  const script = { models: { a: { error: { code: 429, message: "slow down" } }, b: { text: "hello" } } };
  const provider = new Simulator(script);
  const client = new Client({ apiKey: "test", baseURL: provider.url });
  const answer = await client.complete({ messages: "hi", models: ["a", "b"] });
  if (answer.text !== "hello" || !answer.fell_back) throw new Error(JSON.stringify(answer));
  console.log(`node: ${answer.text} by ${how}`);
  client.close();
  provider.close();
}
"""
ESM = """
import * as package_ from "resilient-completion";
import * as testing from "resilient-completion/testing";
await main(package_, testing, "import");
"""
CJS = 'main(require("resilient-completion"), require("resilient-completion/testing"), "require");\n'


def run(*command: str | Path, cwd: Path) -> None:
    # Nothing of the checkout and of the caller's environment may help.
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "NODE_", "OPENROUTER_"))}
    subprocess.run([str(word) for word in command], cwd=cwd, env=kept, check=True)


def members(package: Path) -> dict[str, bytes]:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(package) as archive:
        files = ((entry.name, archive.extractfile(entry)) for entry in archive)
        return {name: file.read() for name, file in files if file is not None}


def check_content(package: Path) -> list[str]:
    content = members(package)
    print(f"{package.name}: {package.stat().st_size / 1e6:.2f} MB, {len(content)} files")
    local = [f"{folder}/".encode() for folder in (ROOT, Path.home())]
    problems = [
        f"{package.name}: {name} names {word.decode()}"
        for name, data in content.items()
        for word in local
        if word in data
    ]
    if package.suffix == ".whl" and package.stat().st_size > LARGEST:
        problems.append(f"{package.name}: larger than {LARGEST / 1e6:.0f} MB")
    return problems


def check_wheel(wheel: Path, elsewhere: Path) -> None:
    run(sys.executable, "-m", "venv", "venv", cwd=elsewhere)
    python = elsewhere / "venv/bin/python"
    # No index: the wheel must want nothing else.
    run(python, "-m", "pip", "install", "--quiet", "--no-index", wheel, cwd=elsewhere)
    run(python, "-c", PYTHON, cwd=elsewhere)
    run(elsewhere / "venv/bin/resilient-completion", "demo", cwd=elsewhere)


def check_tarballs(tarballs: list[Path], elsewhere: Path) -> None:
    (elsewhere / "package.json").write_text('{"private": true}\n')
    run("npm", "install", "--silent", "--offline", *tarballs, cwd=elsewhere)
    (elsewhere / "esm.mjs").write_text(ESM + NODE)
    (elsewhere / "cjs.cjs").write_text(NODE + CJS)
    run("node", "esm.mjs", cwd=elsewhere)
    run("node", "cjs.cjs", cwd=elsewhere)
    run("npx", "--no-install", "resilient-completion", "demo", cwd=elsewhere)


def main(folder: Path) -> int:
    wheels, tarballs = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tgz"))
    if len(wheels) != 1 or len(tarballs) != 2:
        print(f"{folder}: one wheel and two tarballs are wanted, found {len(wheels)} and {len(tarballs)}: make dist")
        return 1
    problems = [problem for package in [*wheels, *tarballs] for problem in check_content(package)]
    with tempfile.TemporaryDirectory() as place:
        check_wheel(wheels[0], Path(place))
        check_tarballs(tarballs, Path(place))
    for problem in problems:
        print(f"FAILED {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
