"""The sandbox's API server for a test: on a free port, with a seed, gone afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest

from tui.sandbox.server import ApiServer

from .api import Client


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    """An API server without any loops."""
    async with ApiServer(random=Random(1), requests_kept=100) as running:
        yield running


@pytest.fixture
async def client(server: ApiServer) -> AsyncIterator[Client]:
    """A client with full rights."""
    async with Client(server) as connected:
        yield connected
