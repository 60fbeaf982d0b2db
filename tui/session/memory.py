"""What a long list leaves behind once it has been read: freed pages, and facts that stay for long."""

from __future__ import annotations

import contextlib
import gc


def give_back() -> None:
    """Has the C library return the freed pages that it keeps; where it can't (musl, macOS) nothing happens.

    glibc keeps the bodies of a list's pages for later use: a quarter of what 50,000 pods hold.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_for_long() -> None:
    """Has the collector of cycles pass over all there is now, again and again: at 50,000 pods a pass stops everything
    for a tenth of a second. `may_go` takes that back.
    """
    gc.freeze()


def may_go() -> None:
    """Has the collector look at everything again: what was kept is done with."""
    gc.unfreeze()
