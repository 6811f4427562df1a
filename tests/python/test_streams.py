"""Streams end when they are left, and say so when they are dropped."""

from __future__ import annotations

import gc
import threading
import time
import warnings

import pytest
import resilient_completion as rc
from resilient_completion.testing import Simulator
from support import closed_by_client, until


def test_leaving_the_block_closes_the_connection(client: rc.Client, provider: Simulator) -> None:
    with client.stream("hi", model="drip") as stream:
        for piece in stream:
            if piece.text:
                break
    assert until(lambda: closed_by_client(provider))
    with pytest.raises(rc.ClosedError):
        next(stream)
    assert stream.completion is None
    stream.close()


def test_a_finished_stream_may_be_closed_and_asked_again(client: rc.Client) -> None:
    stream = client.stream("hi", model="good")
    assert list(stream)
    stream.close()
    assert list(stream) == []
    assert stream.completion is not None


def test_dropping_it_unread_closes_the_connection_and_warns(client: rc.Client, provider: Simulator) -> None:
    stream = client.stream("hi", model="drip")
    next(stream)
    with pytest.warns(ResourceWarning, match="close"):
        del stream
        gc.collect()
    assert until(lambda: closed_by_client(provider))


def test_dropping_it_in_a_cycle_closes_the_connection(client: rc.Client, provider: Simulator) -> None:
    stream = client.stream("hi", model="drip")
    next(stream)
    stream.myself = stream  # type: ignore[attr-defined]
    with pytest.warns(ResourceWarning):
        del stream
        gc.collect()
    assert until(lambda: closed_by_client(provider))


def test_dropping_it_read_or_closed_is_silent(client: rc.Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(client.stream("hi", model="good"))
        with client.stream("hi", model="drip") as stream:
            next(stream)
        with pytest.raises(rc.ServerError):
            next(client.stream("hi", model="broken"))
        del stream
        gc.collect()


def test_a_failure_is_raised_once(client: rc.Client) -> None:
    stream = client.stream("hi", model="broken")
    with pytest.raises(rc.ServerError):
        next(stream)
    assert list(stream) == []


def test_a_stream_that_breaks_carries_what_had_come(client: rc.Client) -> None:
    stream = client.stream("hi", model="cut")
    got = ""
    with pytest.raises(rc.StreamInterruptedError) as caught:
        for piece in stream:
            got += piece.text
    assert got
    assert caught.value.partial is not None
    assert caught.value.partial.text == got
    assert caught.value.kind == "interrupted"


def test_closing_from_another_thread_ends_the_wait(client: rc.Client, provider: Simulator) -> None:
    stream = client.stream("hi", model="hang")
    threading.Timer(0.2, stream.close).start()
    begin = time.monotonic()
    with pytest.raises((rc.CancelledError, rc.ClosedError)):
        next(stream)
    assert time.monotonic() - begin < 2
    assert until(lambda: closed_by_client(provider))


def test_closing_the_client_ends_calls_in_flight(provider: Simulator) -> None:
    client = rc.Client(api_key="sk-test", base_url=provider.url)
    threading.Timer(0.2, client.close).start()
    with pytest.raises(rc.CancelledError) as caught:
        client.complete("hi", model="hang")
    assert caught.value.kind == "cancelled"
    assert until(lambda: closed_by_client(provider))


def test_threads_may_share_a_stream(client: rc.Client) -> None:
    stream = client.stream("hi", model="burst")
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.extend(piece.text for piece in stream)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "".join(texts) == "word " * 300
