"""Other people's programs, in sessions of their own, that never outlive our waiting for them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from typing import Any

GRACE_S = 2.0
"""So long a program that was asked to end may take."""


@contextlib.asynccontextmanager
async def child(*argv: str, **options: Any) -> AsyncIterator[Process]:
    """A program that runs while the block does; one that is left by an error or a cancellation is ended.

    Its session is its own: a ctrl+c reaches it through us only, and all that it has started can be ended with it.
    Raises OSError or ValueError where it can't be started.
    """
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*argv, start_new_session=True, **options))
    try:
        # Cancelled in the middle of a start, asyncio would wait until the program ends by itself.
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError, ValueError):
            await _end(await starting)
        raise
    try:
        yield process
    except BaseException:
        await _end(process)
        raise


async def _end(process: Process) -> None:
    """Asked first, then killed, and no longer waited for.

    Its descendants go too: one that holds its pipes open would keep us waiting for their end.
    """
    try:
        _signal(process, signal.SIGTERM)
        await _ended(process)
    finally:
        _signal(process, signal.SIGKILL)
    await _ended(process)


def _signal(process: Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says so of a group of zombies
        os.killpg(process.pid, number)


async def _ended(process: Process) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE_S):
            await process.wait()
