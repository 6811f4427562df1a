"""One client process of the benchmarks, in Python: makes calls of one scenario and prints what they cost.

    python client.py WHO SCENARIO URL N AT_ONCE WARM

WHO is `ours` or the name of a library that is used by hand, with `-sync` or `-async`. The peers do what a program
written for this one exchange does: no fallbacks, no tolerance, no record. Prints one JSON line; warm-up calls are not
counted, and a call without text is an error. Started by run.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

STREAMS = ("stream", "paced", "first")
HEADERS = {"authorization": "Bearer sk-bench", "content-type": "application/json"}
IMAGE = "data:image/png;base64," + "iVBORw0KGgoA" * (2_000_000 // 12)


class NoText(Exception):
    pass


class Scenario:
    """What every call of a scenario is."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.streams = name in STREAMS
        self.model = "bench/plain" if name == "fallover" else f"bench/{name}"

    def messages(self) -> list[dict[str, Any]]:
        if self.name != "image":
            return [{"role": "user", "content": "Explain recursion"}]
        parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": IMAGE}}]
        return [{"role": "user", "content": parts}]

    def body(self, model: str | None = None) -> dict[str, Any]:
        body = {"model": model or self.model, "messages": self.messages(), "max_tokens": 500}
        return {**body, "stream": True} if self.streams else body

    def chain(self) -> list[dict[str, Any]]:
        first = "bench/limited" if self.name == "fallover" else self.model
        return [
            {"model": first, "timeout": 30.0, "label": "primary"},
            {"model": "bench/plain", "timeout": 15.0, "label": "spare"},
        ]

    def refused(self, status: int, answer: Any) -> None:
        if status != 429 or "error" not in answer:
            raise AssertionError(f"the refusal is missing: {status} {answer}")


class Stopwatch:
    """Collects the text of a stream and the time to its first piece."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.first: float | None = None
        self.parts: list[str] = []

    def piece(self, text: str | None) -> None:
        if text:
            if self.first is None:
                self.first = time.perf_counter() - self.start
            self.parts.append(text)

    def event(self, data: bytes | bytearray) -> None:
        if data != b"[DONE]":
            choices = json.loads(data)["choices"]
            if choices:
                self.piece(choices[0]["delta"].get("content"))

    def done(self) -> float:
        if self.first is None or not "".join(self.parts):
            raise NoText
        return self.first


class Lines:
    """Server-sent events by hand: enough for a provider that writes `data: ...` and line feeds."""

    def __init__(self, watch: Stopwatch) -> None:
        self.watch = watch
        self.rest = b""

    def feed(self, chunk: bytes) -> None:
        *whole, self.rest = (self.rest + chunk).split(b"\n\n")
        for line in whole:
            if line.startswith(b"data: "):
                self.watch.event(line[6:])


def text_of(answer: dict[str, Any]) -> None:
    if not answer["choices"][0]["message"]["content"]:
        raise NoText


# --- ours ----------------------------------------------------------------------------------------------------------


def ours_sync(s: Scenario) -> Callable[[], float | None]:
    from resilient_completion import Client

    client = Client("sk-bench", base_url=s.url, guards="own")

    def stream() -> float:
        watch = Stopwatch()
        with client.stream(s.messages(), chain=s.chain(), max_tokens=500) as pieces:
            for piece in pieces:
                watch.piece(piece.text)
        return watch.done()

    def whole() -> None:
        if not client.complete(s.messages(), chain=s.chain(), max_tokens=500).text:
            raise NoText

    return stream if s.streams else whole


def ours_async(s: Scenario) -> Callable[[], Any]:
    from resilient_completion import AsyncClient

    client = AsyncClient("sk-bench", base_url=s.url, guards="own")

    async def stream() -> float:
        watch = Stopwatch()
        async with client.stream(s.messages(), chain=s.chain(), max_tokens=500) as pieces:
            async for piece in pieces:
                watch.piece(piece.text)
        return watch.done()

    async def whole() -> None:
        if not (await client.complete(s.messages(), chain=s.chain(), max_tokens=500)).text:
            raise NoText

    return stream if s.streams else whole


# --- by hand -------------------------------------------------------------------------------------------------------


def pyreqwest_sync(s: Scenario) -> Callable[[], float | None]:
    from pyreqwest.client import SyncClientBuilder

    client = SyncClientBuilder().build()
    url = f"{s.url}/chat/completions"

    def post(body: dict[str, Any]) -> Any:
        return client.post(url).headers(HEADERS).body_json(body)

    def stream() -> float:
        watch = Stopwatch()
        lines = Lines(watch)
        with post(s.body()).build_streamed() as response:
            while (chunk := response.body_reader.read_chunk()) is not None:
                lines.feed(bytes(chunk))
        return watch.done()

    def whole() -> None:
        if s.name == "fallover":
            response = post(s.body("bench/limited")).build().send()
            s.refused(response.status, response.json())
        text_of(post(s.body()).build().send().json())

    return stream if s.streams else whole


def pyreqwest_async(s: Scenario) -> Callable[[], Any]:
    from pyreqwest.client import ClientBuilder

    client = ClientBuilder().build()
    url = f"{s.url}/chat/completions"

    def post(body: dict[str, Any]) -> Any:
        return client.post(url).headers(HEADERS).body_json(body)

    async def stream() -> float:
        watch = Stopwatch()
        lines = Lines(watch)
        async with post(s.body()).build_streamed() as response:
            while (chunk := await response.body_reader.read_chunk()) is not None:
                lines.feed(bytes(chunk))
        return watch.done()

    async def whole() -> None:
        if s.name == "fallover":
            response = await post(s.body("bench/limited")).build().send()
            s.refused(response.status, await response.json())
        text_of(await (await post(s.body()).build().send()).json())

    return stream if s.streams else whole


def aiohttp_async(s: Scenario) -> Callable[[], Any]:
    import aiohttp

    sessions: list[aiohttp.ClientSession] = []
    url = f"{s.url}/chat/completions"

    def post(body: dict[str, Any]) -> Any:
        if not sessions:
            # Its default is a hundred connections, which would make 256 in flight another exercise.
            sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=HEADERS))
        return sessions[0].post(url, data=json.dumps(body).encode())

    async def stream() -> float:
        watch = Stopwatch()
        async with post(s.body()) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    watch.event(line[6:-1])
        return watch.done()

    async def whole() -> None:
        if s.name == "fallover":
            async with post(s.body("bench/limited")) as response:
                s.refused(response.status, await response.json())
        async with post(s.body()) as response:
            text_of(await response.json())

    return stream if s.streams else whole


def httpx_sync(s: Scenario) -> Callable[[], float | None]:
    import httpx

    client = httpx.Client(headers=HEADERS, timeout=30, limits=httpx.Limits(max_connections=None))
    url = f"{s.url}/chat/completions"

    def stream() -> float:
        watch = Stopwatch()
        lines = Lines(watch)
        with client.stream("POST", url, json=s.body()) as response:
            for chunk in response.iter_bytes():
                lines.feed(chunk)
        return watch.done()

    def whole() -> None:
        if s.name == "fallover":
            response = client.post(url, json=s.body("bench/limited"))
            s.refused(response.status_code, response.json())
        text_of(client.post(url, json=s.body()).json())

    return stream if s.streams else whole


def httpx_async(s: Scenario) -> Callable[[], Any]:
    import httpx

    client = httpx.AsyncClient(headers=HEADERS, timeout=30, limits=httpx.Limits(max_connections=None))
    url = f"{s.url}/chat/completions"

    async def stream() -> float:
        watch = Stopwatch()
        lines = Lines(watch)
        async with client.stream("POST", url, json=s.body()) as response:
            async for chunk in response.aiter_bytes():
                lines.feed(chunk)
        return watch.done()

    async def whole() -> None:
        if s.name == "fallover":
            response = await client.post(url, json=s.body("bench/limited"))
            s.refused(response.status_code, response.json())
        text_of((await client.post(url, json=s.body())).json())

    return stream if s.streams else whole


def openai_sync(s: Scenario) -> Callable[[], float | None]:
    import openai

    client = openai.OpenAI(api_key="sk-bench", base_url=s.url, max_retries=0)

    def stream() -> float:
        watch = Stopwatch()
        for chunk in client.chat.completions.create(**s.body()):
            if chunk.choices:
                watch.piece(chunk.choices[0].delta.content)
        return watch.done()

    def whole() -> None:
        if s.name == "fallover":
            try:
                client.chat.completions.create(**s.body("bench/limited"))
            except openai.RateLimitError as error:
                s.refused(error.status_code, {"error": error.body})
        if not client.chat.completions.create(**s.body()).choices[0].message.content:
            raise NoText

    return stream if s.streams else whole


def openai_async(s: Scenario) -> Callable[[], Any]:
    import openai

    client = openai.AsyncOpenAI(api_key="sk-bench", base_url=s.url, max_retries=0)

    async def stream() -> float:
        watch = Stopwatch()
        async for chunk in await client.chat.completions.create(**s.body()):
            if chunk.choices:
                watch.piece(chunk.choices[0].delta.content)
        return watch.done()

    async def whole() -> None:
        if s.name == "fallover":
            try:
                await client.chat.completions.create(**s.body("bench/limited"))
            except openai.RateLimitError as error:
                s.refused(error.status_code, {"error": error.body})
        if not (await client.chat.completions.create(**s.body())).choices[0].message.content:
            raise NoText

    return stream if s.streams else whole


def litellm_sync(s: Scenario) -> Callable[[], float | None]:
    import litellm

    where = {"api_key": "sk-bench", "api_base": s.url, "custom_llm_provider": "openai", "num_retries": 0}

    def whole() -> None:
        if not litellm.completion(**s.body(), **where).choices[0].message.content:
            raise NoText

    return whole


CALLERS = {
    "ours-sync": ours_sync,
    "ours-async": ours_async,
    "pyreqwest-sync": pyreqwest_sync,
    "pyreqwest-async": pyreqwest_async,
    "aiohttp-async": aiohttp_async,
    "httpx-sync": httpx_sync,
    "httpx-async": httpx_async,
    "openai-sync": openai_sync,
    "openai-async": openai_async,
    "litellm-sync": litellm_sync,
}

# --- measuring -----------------------------------------------------------------------------------------------------


def cpu() -> float:
    """User and system time of all threads, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rss_kb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() // 1024


def shares(n: int, at_once: int) -> list[int]:
    return [n // at_once + (i < n % at_once) for i in range(at_once)]


def many_sync(one: Callable[[], float | None], n: int, at_once: int) -> list[float]:
    if at_once == 1:
        return [first for first in (one() for _ in range(n)) if first is not None]
    failed: list[BaseException] = []

    def work(share: int) -> None:
        try:
            for _ in range(share):
                one()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(share,)) for share in shares(n, at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return []


async def many_async(one: Callable[[], Any], n: int, at_once: int) -> list[float]:
    if at_once == 1:
        return [first for first in [await one() for _ in range(n)] if first is not None]

    async def work(share: int) -> None:
        for _ in range(share):
            await one()

    await asyncio.gather(*[work(share) for share in shares(n, at_once)])
    return []


def told(n: int, warm: int, used: float, wall: float, firsts: list[float]) -> dict[str, Any]:
    firsts.sort()
    return {
        "cpu_us": used * 1e6 / n,
        "wall_us": wall * 1e6 / n,
        "first_us": firsts[len(firsts) // 2] * 1e6 if firsts else None,
        "rss_kb": rss_kb(),
        "calls": n + warm,
    }


def run_sync(one: Callable[[], Any], n: int, at_once: int, warm: int) -> dict[str, Any]:
    many_sync(one, warm, at_once)
    before, start = cpu(), time.perf_counter()
    firsts = many_sync(one, n, at_once)
    return told(n, warm, cpu() - before, time.perf_counter() - start, firsts)


async def run_async(one: Callable[[], Any], n: int, at_once: int, warm: int) -> dict[str, Any]:
    await many_async(one, warm, at_once)
    before, start = cpu(), time.perf_counter()
    firsts = await many_async(one, n, at_once)
    return told(n, warm, cpu() - before, time.perf_counter() - start, firsts)


async def hang(one: Callable[[], Any], plain: Callable[[], Any], n: int) -> dict[str, Any]:
    """What `n` requests hold that are never answered, over the idle client."""
    await many_async(plain, 20, 1)
    idle, before = rss_kb(), cpu()
    tasks = [asyncio.ensure_future(one()) for _ in range(n)]
    await asyncio.sleep(2.5)
    if any(task.done() for task in tasks):
        raise AssertionError("a request that should hang has ended")
    return {"cpu_us": (cpu() - before) * 1e6 / n, "rss_kb": rss_kb() - idle, "calls": n + 20}


def main() -> None:
    who, name, url, *numbers = sys.argv[1:]
    n, at_once, warm = map(int, numbers)
    scenario = Scenario(name, url)
    if name == "hang":
        scenario.name = "plain"
        one = CALLERS[who](scenario)

        async def plain() -> None:
            scenario.model = "bench/plain"
            await one()
            scenario.model = "bench/hang"

        line = asyncio.run(abandoned(hang(one, plain, n)))
    elif who.endswith("-async"):
        line = asyncio.run(abandoned(run_async(CALLERS[who](scenario), n, at_once, warm)))
    else:
        line = run_sync(CALLERS[who](scenario), n, at_once, warm)
    say(line)


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)
    # What hangs is not waited for, and sessions are not closed one by one.
    os._exit(0)


async def abandoned(work: Any) -> dict[str, Any]:
    """Prints before the loop would wait for what hangs."""
    say(await work)
    return {}


main()
