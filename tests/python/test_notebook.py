"""A real Jupyter kernel: sync calls in cells, top-level await, display, interrupt."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

import nbclient
import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from resilient_completion.testing import Simulator
from support import closed_by_client, until


def cells(*sources: str) -> Any:
    v4: Any = nbformat.v4
    return v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])


PRELUDE = """
import os, resilient_completion as rc
client = rc.Client(api_key="sk-test", base_url=os.environ["URL"])
"""


@pytest.fixture(autouse=True)
def _url(provider: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("URL", provider.url)
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    yield
    # Jupyter's own sockets warn when they are collected: here, and not in whichever test comes next.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.mark.filterwarnings("ignore")
def test_cells(provider: Simulator) -> None:
    notebook = cells(
        PRELUDE,
        "client.complete('hi', models=['refuse', 'good'])",
        "print(''.join(piece.text for piece in client.stream('hi', model='good')))",
        "print((await rc.AsyncClient(api_key='k', base_url=os.environ['URL']).complete('hi', model='good')).text)",
        "import asyncio; asyncio.get_running_loop(); print(client.complete('hi', model='good').text)",
    )
    nbclient.NotebookClient(notebook, timeout=30).execute()
    shown = notebook.cells[1].outputs[0]["data"]
    assert "<table" in shown["text/html"]
    assert "rate_limited" in shown["text/html"]
    assert shown["text/plain"].startswith("Completion(")
    for cell in notebook.cells[2:]:
        assert cell.outputs[0]["text"] == "Hello there, friend\n"


async def cut(manager: Any) -> None:
    await manager.interrupt_kernel()


@pytest.mark.filterwarnings("ignore")
def test_interrupting_the_kernel(provider: Simulator) -> None:
    notebook = cells(PRELUDE, "client.complete('hi', model='hang')", "print('alive')")
    manager = AsyncKernelManager()
    runner = nbclient.NotebookClient(notebook, km=manager, timeout=30, allow_errors=True)

    def interrupt() -> None:
        until(lambda: provider.requests)
        asyncio.run(cut(manager))

    thread = threading.Thread(target=interrupt)
    thread.start()
    begin = time.monotonic()
    runner.execute()
    thread.join()
    assert time.monotonic() - begin < 15
    assert notebook.cells[1].outputs[0]["ename"] == "KeyboardInterrupt"
    assert notebook.cells[2].outputs[0]["text"] == "alive\n"
    assert until(lambda: closed_by_client(provider))
    assert os.environ["URL"] == provider.url
