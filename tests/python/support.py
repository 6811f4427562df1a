"""Shared by the tests of the installed package: a script for the provider, and processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

from resilient_completion.testing import Simulator

HANG = 20.0
"""Seconds for which a provider stays silent in tests that must not wait for it."""


def events(text: str, count: int) -> str:
    """A whole event stream as one text: `count` pieces of `text`."""
    pieces = [{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}] * count
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return "".join(f"data: {json.dumps(event)}\n\n" for event in [*pieces, end]) + "data: [DONE]\n\n"


SCRIPT: dict[str, Any] = {
    "models": {
        "good": {
            "text": "Hello there, friend",
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        },
        "slow": {"delay": 0.4, "text": "late"},
        "hang": {"delay": HANG, "text": "never"},
        "refuse": {"error": {"code": 429, "message": "slow down"}},
        "broken": {"error": {"code": 500, "message": "oops"}},
        "drip": {"text": {"repeat": "word ", "times": 400}, "pieces": 400, "every": 0.05},
        "burst": {"body": events("word ", 300), "headers": {"content-type": "text/event-stream"}},
        "cut": {"text": "one two three four", "finish_reason": None, "cut_at": 600},
    }
}


def until(condition: Callable[[], Any], limit: float = 5.0) -> Any:
    """Waits for a condition of another thread or process; its last value."""
    end = time.monotonic() + limit
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.005)
    return value


def closed_by_client(provider: Simulator) -> bool:
    """Whether the client has closed a connection before its answer was whole."""
    return any(request["ended"]["how"] == "client_closed" for request in provider.requests)


def start(code: str, provider: Simulator | None = None, *flags: str) -> subprocess.Popen[str]:
    """Runs `code` in a process of its own; `URL` in its environment is the provider's."""
    environment = {**os.environ, "URL": provider.url if provider else "", "OPENROUTER_API_KEY": "sk-test"}
    return subprocess.Popen(
        [sys.executable, *flags, "-c", PRELUDE + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def finish(process: subprocess.Popen[str], limit: float = 30.0) -> tuple[int, str, str]:
    """Waits for a process: exit code, standard output, standard error."""
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"still running after {limit} s; said {out!r} and {err!r}") from None
    return process.returncode, out, err


PRELUDE = """
import asyncio, os, sys, threading, time
import resilient_completion as rc
def client(kind=rc.Client, **options):
    return kind(api_key="sk-test", base_url=os.environ["URL"], guards="own", **options)
"""
