"""Which time the charts show: the neighbourhood of the heal that matters, or else the time up to now."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tui.reconcile.heal import Heal
from tui.session.news import DeploymentDetail
from tui.widgets.timeaxis import Blank, TimeWindow

SPANS_S = (8.0, 15.0, 30.0, 60.0, 120.0)
"""The window takes the smallest of these that holds what it has to show."""
SLIDING_S = SPANS_S[1:4]
AROUND_S = 2.0
"""What is shown before a fault, and after its gap was closed."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A window, the heal it is about, if it is, and the times in it of which nothing is known."""

    window: TimeWindow
    heal: Heal | None = None
    blanks: tuple[Blank, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether it is about something that is over."""
        return self.heal is not None and self.heal.closed is not None


def sight(detail: DeploymentDetail, now: float, unwatched: tuple[Blank, ...] = ()) -> Sight:
    """A heal is shown from just before its fault on, and stays in sight until something else happens."""
    blanks = [*_before_we_looked(detail), *unwatched]
    heal = detail.heal
    if heal is not None and not any(blank.end_s > now for blank in unwatched):
        window = _around(heal, detail, now)
        if window is not None:
            if window.now_s > now:
                blanks.append(Blank(now, math.inf, ""))
            return Sight(window, heal, tuple(blanks))
    watched_s = now - detail.points[0].at if detail.points else 0.0
    span_s = next((span for span in SLIDING_S if span >= watched_s), SLIDING_S[-1])
    return Sight(TimeWindow(now, span_s), None, tuple(blanks))


def _around(heal: Heal, detail: DeploymentDetail, now: float) -> TimeWindow | None:
    if not heal.depth and not heal.victims:
        return None
    begin = heal.opened - AROUND_S
    end = now if heal.closed is None else (heal.settled or heal.closed) + AROUND_S
    span_s = next((span for span in SPANS_S if span >= end - begin), None)
    if span_s is None or _last_change(detail) > begin + span_s:
        return None
    return TimeWindow(begin + span_s, span_s, heal.opened)


def _last_change(detail: DeploymentDetail) -> float:
    """When the numbers changed or a fault of ours was asked for; an old pod's end changes no number."""
    return max(
        [*(point.at for point in detail.points[-1:]), *(mark.at for mark in detail.marks[-1:])], default=0.0
    )


def _before_we_looked(detail: DeploymentDetail) -> list[Blank]:
    if not detail.points:
        return []
    was_there = any(since is None for line in detail.lifelines for since, _ in line.spans[:1])
    return [Blank(-math.inf, detail.points[0].at, "before we looked" if was_there else "")]
