"""Importing is light: nothing heavy is loaded, nothing starts. The time is printed, not judged."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys

import pytest
from support import finish, start

HEAVY = {
    "asyncio",
    "json",
    "html",
    "threading",
    "ssl",
    "socket",
    "logging",
    "inspect",
    "dataclasses",
    "pydantic",
    "typing_extensions",
}


def test_nothing_heavy_is_loaded() -> None:
    code, out, err = finish(
        subprocess_of(
            "import sys; before = set(sys.modules); import resilient_completion; print(*set(sys.modules) - before)"
        )
    )
    assert (code, err) == (0, "")
    loaded = {name.partition(".")[0] for name in out.split()}
    assert loaded & HEAVY == set()
    assert "resilient_completion.types" not in out.split()


def test_nothing_starts() -> None:
    code, out, _ = finish(subprocess_of("import resilient_completion, os; print(len(os.listdir('/proc/self/task')))"))
    assert (code, out) == (0, "1\n")


def test_the_time_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    taken = []
    for _ in range(7):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "import resilient_completion"],
            capture_output=True,
            text=True,
            check=True,
        )
        found = re.search(r"\|\s+(\d+) \| resilient_completion$", done.stderr, re.MULTILINE)
        assert found
        taken.append(int(found[1]) / 1000)
    with capsys.disabled():
        print(f"\nimport resilient_completion: {statistics.median(taken):.1f} ms (median of {len(taken)})")


def test_every_public_name_is_there() -> None:
    import resilient_completion as rc

    assert len(set(rc.__all__)) == len(rc.__all__)
    for name in rc.__all__:
        assert getattr(rc, name) is not None
    for name in (
        "Client",
        "AsyncClient",
        "resilient_completion",
        "aresilient_completion",
        "capability_fallback",
        "classify",
    ):
        assert getattr(rc, name).__doc__


def test_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "resilient_completion", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "demo" in done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "resilient_completion", "no-such-word"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2


def subprocess_of(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_examples_of_the_module_run() -> None:
    code, _, err = finish(
        start(
            """
            from resilient_completion import Client
            from resilient_completion.testing import Simulator
            script = {"models": {"a": [{"error": {"code": 429, "message": "no"}}], "b": [{"text": "hello"}]}}
            with Simulator(script) as provider:
                client = Client(api_key="test", base_url=provider.url)
                assert client.complete("hi", models=["a", "b"]).fell_back
            """
        )
    )
    assert (code, err) == (0, "")
