"""Running a command until it ends or a signal does: what it has begun is put in order, and the exit code tells."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_to_the_end(work: Coroutine[Any, Any, int]) -> int:
    """The exit code of `work`, or 128 + the number of the signal that had it cancelled."""
    came: list[int] = []

    async def heed_signals() -> int:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def leave(number: int) -> None:
            came.append(number)
            task.cancel()

        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
                loop.add_signal_handler(number, leave, number)
        return await work

    try:
        return asyncio.run(heed_signals())
    except asyncio.CancelledError:
        if not came:
            raise
        return 128 + came[0]


def reader_has_gone() -> int:
    """The exit code for a pipe whose reader has gone, which is its right; nothing more is written to it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # the interpreter flushes once more when it ends
    os.close(nowhere)
    return 128 + signal.SIGPIPE
