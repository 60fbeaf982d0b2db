"""What a long list leaves behind once it has been read: freed pages, and facts that stay for long."""

from __future__ import annotations

import asyncio
import contextlib
import gc

TIDY_AFTER_S = 2.0
"""After a list comes what is made of it, which needs room once more."""


class Housekeeping:
    """Tidies up some time after the last list, on the running loop; `end` takes back what it did."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def listed(self) -> None:
        """A list has been read: tidy up after it, once for all that come together."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(TIDY_AFTER_S, self._tidy)

    def end(self) -> None:
        """Has the collector look at everything again: what was kept is done with."""
        if self._timer is not None:
            self._timer.cancel()
        gc.unfreeze()

    @staticmethod
    def _tidy() -> None:
        keep_for_long()
        give_back()


def keep_for_long() -> None:
    """Has the collector of cycles pass over all there is now, again and again: at 50,000 pods a pass stops everything
    for a tenth of a second. `gc.unfreeze` takes that back.

    One pass over everything comes first: what is garbage by then would stay for ever, and lists come again and again.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Has the C library return the freed pages that it keeps; where it can't (musl, macOS) nothing happens.

    glibc keeps the bodies of a list's pages for later use: a quarter of what 50,000 pods hold.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
