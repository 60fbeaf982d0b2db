"""One thing done once after a while, for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.message_pump import MessagePump


def later(pump: MessagePump, delay_s: float, do: Callable[[], object]) -> asyncio.TimerHandle:
    """Has `pump` do it after so many seconds, unless it has ended by then; the handle can be cancelled.

    Not `set_timer`: a timer of Textual's (8.2, `timer.py`, `Timer._run`) leaves out what it is too late for, and so
    never fires at all where a busy machine holds us up for as long as the delay just after the timer has begun.
    """
    return asyncio.get_running_loop().call_later(delay_s, pump.call_later, do)
