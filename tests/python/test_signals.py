"""Ctrl-C ends any wait within 100 ms and closes the connection; no wait holds the interpreter."""

from __future__ import annotations

import signal
import threading
import time

import pytest
import resilient_completion as rc
from resilient_completion.testing import Simulator
from support import closed_by_client, finish, start, until

WAITS = {
    "complete": "client().complete('hi', model='hang')",
    "first piece": "next(client().stream('hi', model='hang'))",
    "between pieces": "[None for _ in client().stream('hi', model='drip')]",
    "wait before a retry": "client().complete('hi', model='refuse', policy={'retries': 5, 'backoff': SLOW})",
    "async": "asyncio.run(client(rc.AsyncClient).complete('hi', model='hang'))",
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS.keys())
def test_ctrl_c(provider: Simulator, wait: str) -> None:
    process = start(
        f"""
        def report(signum, frame):
            global at
            at = time.monotonic()
            signal.default_int_handler(signum, frame)
        import signal
        SLOW = {{"base": 15.0, "max": 15.0}}
        signal.signal(signal.SIGINT, report)
        try:
            {wait}
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - at)
        """,
        provider,
    )
    assert until(lambda: provider.requests), "nothing was sent"
    time.sleep(0.3)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    line = process.stdout.readline()
    took = time.monotonic() - sent
    code, _, err = finish(process)
    assert (code, err, line.split()[:1]) == (0, "", ["interrupted"])
    # 100 ms is the promise; the rest is this machine's scheduling of two processes.
    assert took < 0.25, f"{took:.3f} s"
    if "refuse" not in wait:
        assert until(lambda: closed_by_client(provider)), provider.requests


def test_a_handler_may_call(provider: Simulator) -> None:
    process = start(
        """
        import signal
        made = client()
        signal.signal(signal.SIGALRM, lambda *_: print(made.complete("hi", model="good").text, flush=True))
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        print(made.complete("hi", model="slow").text)
        """,
        provider,
    )
    assert finish(process) == (0, "Hello there, friend\nlate\n", "")


def test_a_handler_that_raises_ends_the_wait(provider: Simulator) -> None:
    process = start(
        """
        import signal
        def ring(*_):
            raise LookupError("enough")
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            client().complete("hi", model="hang")
        except LookupError as error:
            print(error)
        """,
        provider,
    )
    assert finish(process) == (0, "enough\n", "")


def test_a_heartbeat_keeps_ticking(client: rc.Client) -> None:
    gaps: list[float] = []
    stop = threading.Event()

    def beat() -> None:
        last = time.monotonic()
        while not stop.is_set():
            time.sleep(0.005)
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    heart = threading.Thread(target=beat)
    heart.start()
    client.complete("hi", model="slow")
    for _ in client.stream("hi", model="burst"):
        pass
    stop.set()
    heart.join()
    assert len(gaps) > 30, "the heart stood still"
    assert max(gaps) < 0.2, f"the longest gap was {max(gaps):.3f} s"


def test_threads_wait_side_by_side(client: rc.Client) -> None:
    begin = time.monotonic()
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(client.complete("hi", model="slow").text)) for _ in range(64)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["late"] * 64
    assert time.monotonic() - begin < 5, "64 waits of 0.4 s took turns"
