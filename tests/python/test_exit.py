"""The interpreter ends with calls in flight: the right code, at once, nothing on standard error.

`make exit-test` runs every script a hundred times against a release build, where the races are.
"""

from __future__ import annotations

import os
import time

import pytest
from resilient_completion.testing import Simulator
from support import finish, start

ROUNDS = int(os.environ.get("EXIT_ROUNDS", "3"))

SCRIPTS = {
    "twenty awaited": """
        async def main():
            made = client(rc.AsyncClient)
            await asyncio.gather(*(made.complete("hi", model="good") for _ in range(20)))
        asyncio.run(main())
    """,
    "tasks left behind": """
        async def main():
            made = client(rc.AsyncClient)
            tasks = [asyncio.create_task(made.complete("hi", model="slow")) for _ in range(20)]
            await made.complete("hi", model="good")
            for task in tasks:
                task.cancel()
        asyncio.run(main())
    """,
    "daemon threads in sync calls": """
        made = client()
        made.complete("hi", model="good")
        def work():
            while True:
                made.complete("hi", model="good")
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.05)
    """,
    "daemon threads waiting": """
        made = client()
        for model in ("hang", "slow"):
            threading.Thread(target=made.complete, args=("hi",), kwargs={"model": model}, daemon=True).start()
        time.sleep(0.38)
    """,
    "daemon threads in loops": """
        made = client(rc.AsyncClient)
        async def main():
            while True:
                await asyncio.gather(*(made.complete("hi", model="good") for _ in range(10)))
        for _ in range(2):
            threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
        time.sleep(0.1)
    """,
    "streams left open": """
        made = client()
        left = [made.stream("hi", model="drip") for _ in range(5)]
        for stream in left:
            next(stream)
        async def main():
            global alive
            alive = client(rc.AsyncClient).stream("hi", model="drip")
            await alive.__anext__()
        asyncio.run(main())
    """,
    "a call at exit": """
        import atexit
        made = client()
        atexit.register(lambda: made.complete("hi", model="good"))
    """,
    "sys.exit in a signal handler": """
        import signal
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(0))
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        client().complete("hi", model="hang")
    """,
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_exit(provider: Simulator, script: str) -> None:
    for _ in range(ROUNDS):
        process = start(script, provider)
        assert finish(process) == (0, "", "")


def test_exit_does_not_wait_for_calls(provider: Simulator) -> None:
    process = start(
        """
        threading.Thread(target=client().complete, args=("hi",), kwargs={"model": "hang"}, daemon=True).start()
        time.sleep(0.3)
        print("leaving", flush=True)
        """,
        provider,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "leaving\n"
    begin = time.monotonic()
    assert finish(process)[0] == 0
    assert time.monotonic() - begin < 1
