"""A scripted provider and a client of it, for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from resilient_completion import Client
from resilient_completion.testing import Simulator
from support import SCRIPT


@pytest.fixture
def provider() -> Iterator[Simulator]:
    """A provider whose models behave as their names say."""
    with Simulator(SCRIPT) as running:
        yield running


@pytest.fixture
def client(provider: Simulator) -> Iterator[Client]:
    with Client(api_key="sk-test", base_url=provider.url, guards="own") as made:
        yield made
