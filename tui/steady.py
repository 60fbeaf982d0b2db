"""The clock of all moments: seconds that only grow, and go on while the machine sleeps."""

from __future__ import annotations

import sys
import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC if sys.platform == "darwin" else None)
"""Python's own monotonic clock stands still in a laptop that sleeps: what was seen before the night would seem to be
of now. Linux has another one for it; on macOS it is CLOCK_MONOTONIC, and Python reads yet another."""


def steady() -> float:
    """Seconds since some moment in the past."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
