"""Event loops: cancelling, many of them, odd ones, and sync calls inside them."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from typing import Any

import pytest
import resilient_completion as rc
from resilient_completion.testing import Simulator
from support import closed_by_client, finish, start, until


@pytest.fixture
def aclient(provider: Simulator) -> rc.AsyncClient:
    return rc.AsyncClient(api_key="sk-test", base_url=provider.url, guards="own")


def test_cancelling_the_task_closes_the_connection(aclient: rc.AsyncClient, provider: Simulator) -> None:
    async def main() -> None:
        task = asyncio.create_task(aclient.complete("hi", model="hang"))
        while not provider.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while not closed_by_client(provider):
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 5))


def test_cancelled_calls_do_not_disturb_the_others(aclient: rc.AsyncClient) -> None:
    complaints: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        for _ in range(20):
            tasks = [asyncio.create_task(aclient.complete("hi", model="good")) for _ in range(20)]
            await asyncio.sleep(0.002)
            for task in tasks[::2]:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(one) for one in done[1::2]} == {rc.Completion}

    asyncio.run(asyncio.wait_for(main(), 20))
    assert complaints == []


def test_wait_for_closes_the_connection(aclient: rc.AsyncClient, provider: Simulator) -> None:
    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(aclient.complete("hi", model="hang"), 0.2)

    asyncio.run(main())
    assert until(lambda: closed_by_client(provider))


def test_a_step_given_up_loses_no_piece(aclient: rc.AsyncClient) -> None:
    async def main() -> str:
        stream = aclient.stream("hi", model="drip")
        got = ""
        for _ in range(60):
            try:
                got += (await asyncio.wait_for(stream.__anext__(), 0.02)).text
            except asyncio.TimeoutError:
                continue
        # What follows continues where that left off.
        while len(got) < 100:
            got += (await stream.__anext__()).text
        await stream.aclose()
        return got

    assert asyncio.run(main()).startswith("word " * 20)


@pytest.mark.parametrize("leave", ["aclose", "with", "cancel"])
def test_leaving_a_stream_closes_the_connection(aclient: rc.AsyncClient, provider: Simulator, leave: str) -> None:
    async def read(stream: rc.AsyncStream) -> None:
        async with stream:
            async for _ in stream:
                if leave == "with":
                    break

    async def main() -> None:
        stream = aclient.stream("hi", model="drip")
        if leave == "aclose":
            await stream.__anext__()
            await stream.aclose()
            await stream.aclose()
            with pytest.raises(rc.ClosedError):
                await stream.__anext__()
        elif leave == "with":
            await read(stream)
        else:
            task = asyncio.create_task(read(stream))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert until(lambda: closed_by_client(provider))


def test_errors_of_a_stream_come_at_the_first_step(aclient: rc.AsyncClient) -> None:
    async def main() -> None:
        stream = aclient.stream([], model="good")
        with pytest.raises(rc.InvalidRequestError):
            await stream.__anext__()
        async with aclient.stream("hi", model="broken") as failing:
            with pytest.raises(rc.ServerError) as caught:
                await failing.__anext__()
            assert caught.value.status == 500
            with pytest.raises(StopAsyncIteration):
                await failing.__anext__()

    asyncio.run(main())


def test_pieces_that_are_here_do_not_go_through_the_loop(aclient: rc.AsyncClient) -> None:
    async def main() -> int:
        stream = aclient.stream("hi", model="burst")
        turns = 0
        counting = True

        async def count() -> None:
            nonlocal turns
            while counting:
                turns += 1
                await asyncio.sleep(0)

        counter = asyncio.create_task(count())
        without = 0
        async for _ in stream:
            before, turns = turns, 0
            without += before == 0
        counting = False
        await counter
        return without

    # 300 pieces that arrive in a few packets; those of one packet are taken without a turn of the loop.
    assert asyncio.run(main()) > 200


def test_two_readers_of_one_stream_share_its_pieces(aclient: rc.AsyncClient) -> None:
    async def main() -> None:
        stream = aclient.stream("hi", model="burst")

        async def read() -> str:
            return "".join([piece.text async for piece in stream])

        both = await asyncio.wait_for(asyncio.gather(read(), read()), 10)
        assert sorted("".join(both)) == sorted("word " * 300)

    asyncio.run(main())


def test_a_sync_call_inside_a_running_loop(client: rc.Client) -> None:
    async def main() -> None:
        assert client.complete("hi", model="good").text
        assert list(client.stream("hi", model="good"))

    asyncio.run(main())


def test_many_loops_leave_nothing(aclient: rc.AsyncClient) -> None:
    async def main() -> None:
        await aclient.complete("hi", model="good")

    asyncio.run(main())
    before = len(os.listdir("/proc/self/fd"))
    threads = threading.active_count()
    for _ in range(200):
        asyncio.run(main())
    gc.collect()
    asyncio.run(main())
    assert len(os.listdir("/proc/self/fd")) <= before + 3
    assert threading.active_count() == threads


def test_loops_in_many_threads_share_a_client(aclient: rc.AsyncClient) -> None:
    texts: list[str] = []

    async def main() -> None:
        for answer in await asyncio.gather(*(aclient.complete("hi", model="good") for _ in range(20))):
            texts.append(answer.text)

    threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 160


def test_a_loop_closed_under_a_call_is_silent(provider: Simulator) -> None:
    process = start(
        """
        made = client(rc.AsyncClient)
        for _ in range(20):
            loop = asyncio.new_event_loop()
            async def main():
                task = asyncio.ensure_future(made.complete("hi", model="slow"))
                await asyncio.sleep(0.005)
                task.cancel()
            loop.run_until_complete(main())
            loop.close()
        time.sleep(0.6)
        asyncio.run(made.complete("hi", model="good"))
        print("done")
        """,
        provider,
    )
    code, out, err = finish(process)
    assert (code, out) == (0, "done\n")
    # asyncio itself may speak of tasks that were destroyed while pending; nothing of ours may speak.
    assert "closed" not in err
    assert "resilient" not in err


class Blind(asyncio.SelectorEventLoop):
    """A loop that watches no descriptors for others, as the default one of Windows."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


def test_a_loop_without_add_reader(aclient: rc.AsyncClient) -> None:
    async def main() -> None:
        many = await asyncio.gather(*(aclient.complete("hi", model="good") for _ in range(50)))
        assert len(many) == 50
        assert [piece async for piece in aclient.stream("hi", model="good")]

    for _ in range(3):
        loop = Blind()
        try:
            loop.run_until_complete(asyncio.wait_for(main(), 10))
        finally:
            loop.close()


def test_exit_after_a_loop_without_add_reader(provider: Simulator) -> None:
    process = start(
        """
        class Blind(asyncio.SelectorEventLoop):
            def add_reader(self, *_):
                raise NotImplementedError
        async def main():
            made = client(rc.AsyncClient)
            await made.complete("hi", model="good")
            global left
            left = [asyncio.ensure_future(made.complete("hi", model="slow")) for _ in range(20)]
            await asyncio.sleep(0.395)
        loop = Blind()
        loop.run_until_complete(main())
        print("done", flush=True)
        """,
        provider,
    )
    code, out, _ = finish(process)
    assert (code, out) == (0, "done\n")
