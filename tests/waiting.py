"""Wait for a fact, never for a time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 100.0
"""How long anything may take before a test gives up: a machine may be busy, and no test takes it when all is well."""


async def until(fact: Callable[[], object], *, within_s: float = PATIENCE_S, every_s: float = 0.005) -> None:
    """Returns as soon as `fact()` holds; raises TimeoutError when it doesn't come to hold."""
    async with asyncio.timeout(within_s):
        while not fact():  # noqa: ASYNC110 - what is waited for is not ours to signal
            await asyncio.sleep(every_s)


def is_gone(pid: int) -> bool:
    """Whether it has ended, even if nobody has fetched its exit code yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"
