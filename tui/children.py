"""Ending other people's programs, with everything they have started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

GRACE_S = 2.0
"""So long a program that was asked to end may take."""


async def end_session(process: asyncio.subprocess.Process, grace_s: float = GRACE_S) -> None:
    """Ends a program that was started with `start_new_session`: asked first, then killed, and no longer waited for.

    Its descendants go too: one that holds its pipes open would keep us waiting for their end.
    """
    try:
        _signal(process, signal.SIGTERM)
        await _ended(process, grace_s)
    finally:
        _signal(process, signal.SIGKILL)
    await _ended(process, grace_s)


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says so of a group of zombies
        os.killpg(process.pid, number)


async def _ended(process: asyncio.subprocess.Process, at_most_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), at_most_s)
