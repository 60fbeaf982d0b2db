"""What people ask of the contrast, from any thread: each is handed to the session's loop, and answered as news."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.chaos.contrast import Stroke
    from tui.session.contrast import Contrast

Hand = Callable[[Callable[["Contrast"], None]], None]
"""Has that done with the contrast on the session's loop, where there is a source."""


class ContrastOrders:
    """The orders to the contrast of one session. Every method returns at once."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def look(self) -> None:
        """Has it told how the contrast stands; everything else below is told by itself."""
        self._hand(lambda contrast: contrast.tell())

    def start(self) -> None:
        """Creates both copies of the service, in a namespace of their own."""
        self._hand(lambda contrast: contrast.start())

    def stop(self) -> None:
        """Deletes both with their namespace."""
        self._hand(lambda contrast: contrast.stop())

    def strike(self, stroke: Stroke) -> None:
        """Does that to both copies at the same moment."""
        self._hand(lambda contrast: contrast.strike(stroke))

    def keep_day(self, day_s: float | None) -> None:
        """Thirty strokes in so many seconds, day after day; None ends it."""
        self._hand(lambda contrast: contrast.keep_day(day_s))

    def reapply(self, copy: str) -> None:
        """Applies what was declared of that copy, "once" or "reconciled", by hand."""
        self._hand(lambda contrast: contrast.reapply(copy))

    def keep_applying(self, every_s: float | None) -> None:
        """Re-applies the bare pod every so many seconds; None ends it."""
        self._hand(lambda contrast: contrast.keep_applying(every_s))
