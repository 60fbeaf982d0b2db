"""Wait for a fact, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(fact: Callable[[], object], *, within_s: float = 20.0, every_s: float = 0.005) -> None:
    """Returns as soon as `fact()` holds; raises TimeoutError when it doesn't come to hold."""
    async with asyncio.timeout(within_s):
        while not fact():  # noqa: ASYNC110 - what is waited for is not ours to signal
            await asyncio.sleep(every_s)
