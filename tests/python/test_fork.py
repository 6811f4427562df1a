"""Clients work on both sides of a fork; what was in flight is closed in the child."""

from __future__ import annotations

import pytest
from resilient_completion.testing import Simulator
from support import finish, start

CHILD = """
import signal
def child(work):
    # A child that hangs is ended by the alarm, and its status tells.
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            print("child:", repr(error), flush=True)
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


def run(provider: Simulator, code: str) -> str:
    # Python 3.12 warns of forks in processes with threads; it means our own here.
    status, out, err = finish(start(CHILD + code, provider, "-W", "ignore::DeprecationWarning"), 60)
    assert (status, err) == (0, ""), out
    return out


def test_a_client_works_in_child_and_grandchild(provider: Simulator) -> None:
    out = run(
        provider,
        """
made = client()
amade = client(rc.AsyncClient)
def use():
    assert made.complete("hi", model="good").text
    assert "".join(p.text for p in made.stream("hi", model="good"))
    assert asyncio.run(amade.complete("hi", model="good")).text
def both():
    use()
    assert child(use) == 0
use()
print(child(both))
use()
""",
    )
    assert out == "0\n"


def test_a_loop_of_the_parent_serves_the_child(provider: Simulator) -> None:
    out = run(
        provider,
        """
loop = asyncio.new_event_loop()
made = client(rc.AsyncClient)
def use():
    assert loop.run_until_complete(made.complete("hi", model="good")).text
use()
print(child(use))
use()
""",
    )
    assert out == "0\n"


def test_the_main_thread_of_a_child_is_the_one_that_forked(provider: Simulator) -> None:
    out = run(
        provider,
        """
made = client()
def interrupted():
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    begin = time.monotonic()
    try:
        made.complete("hi", model="hang")
    except KeyboardInterrupt:
        assert time.monotonic() - begin < 1
        return
    raise AssertionError("not interrupted")
def work():
    made.complete("hi", model="good")
    print(child(interrupted))
thread = threading.Thread(target=work)
thread.start()
thread.join()
""",
    )
    assert out == "0\n"


def test_forks_while_threads_are_calling(provider: Simulator) -> None:
    out = run(
        provider,
        """
made = client()
stop = False
def call():
    while not stop:
        made.complete("hi", model="good")
threads = [threading.Thread(target=call) for _ in range(4)]
for thread in threads:
    thread.start()
print([child(lambda: made.complete("hi", model="good")) for _ in range(30)].count(0))
stop = True
for thread in threads:
    thread.join()
""",
    )
    assert out == "30\n"


def test_a_stream_in_flight_is_closed_in_the_child_and_goes_on_in_the_parent(provider: Simulator) -> None:
    out = run(
        provider,
        """
stream = client().stream("hi", model="drip")
first = [next(stream) for _ in range(3)]
def use():
    try:
        next(stream)
    except rc.ClosedError as error:
        assert error.kind == "closed"
    else:
        raise AssertionError("the child reads the parent's stream")
    stream.close()
print(child(use))
print(len([next(stream) for _ in range(3)]))
stream.close()
""",
    )
    assert out == "0\n3\n"


def test_a_call_in_flight_is_closed_where_a_handler_forked(provider: Simulator) -> None:
    out = run(
        provider,
        """
parent = os.getpid()
def fork(*_):
    os.fork()
signal.signal(signal.SIGALRM, fork)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    text = client().complete("hi", model="slow").text
    print("parent", os.getpid() == parent, text, flush=True)
    print("child exit", os.waitstatus_to_exitcode(os.wait()[1]))
except rc.ClosedError as error:
    os._exit(0 if os.getpid() != parent and error.kind == "closed" else 3)
""",
    )
    assert out == "parent True late\nchild exit 0\n"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_after_use_in_the_parent(provider: Simulator, method: str, tmp_path: object) -> None:
    script = f"""
import os, multiprocessing
import resilient_completion as rc
made = None
def work(n):
    global made
    made = made or rc.Client(api_key="sk-test", base_url=os.environ["URL"])
    return made.complete("hi", model="good").text
if __name__ == "__main__":
    work(0)
    with multiprocessing.get_context({method!r}).Pool(3) as pool:
        print(len(pool.map(work, range(12))))
"""
    path = tmp_path / "script.py"  # type: ignore[operator]
    path.write_text(script)
    out = run(
        provider,
        f"import subprocess\nraise SystemExit(subprocess.call([sys.executable, '-W', 'ignore', {str(path)!r}]))",
    )
    assert out == "12\n"


def test_a_child_that_only_exits(provider: Simulator) -> None:
    out = run(
        provider,
        """
made = client()
made.complete("hi", model="good")
stream = made.stream("hi", model="drip")
next(stream)
pid = os.fork()
if pid == 0:
    signal.alarm(10)
    sys.exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stream.close()
""",
    )
    assert out == "7\n"
