"""The loop: a lane for each actor with the stations of its cycle, lit as it passes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len
from textual.geometry import Size
from textual.reactive import reactive, var

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Tone, cut, fit, fit_line, line_width
from tui.widgets.tones import ACCENT, BUSY, EXTRA, MUTED, PLAIN, STRONG

STATIONS = ("read desired", "read actual", "compare", "act", "wait")
"""What every controller does for ever, in this order."""
ACT, WAIT = 3, 4
_SHORT_STATIONS = ("desired", "actual", "compare", "act", "wait")
_ROOMY = 100  # from this width on the stations have their whole names
_BETWEEN = 2
_LEAST_ACTOR, _MOST_ACTOR = 10, 16
_TIMES_WIDTH = 5
_LEAST_DEED = 8


@dataclass(frozen=True, slots=True)
class Lane:
    """One actor: how often it acted, what it did last and how long ago, and the station where it is.

    `station` is an index of STATIONS; `waits` is what it waits for, with a countdown where that is known.
    """

    actor: str
    station: int = WAIT
    times: int = 0
    did: str = ""
    ago: str = ""
    waits: str = ""
    tone: Tone = EXTRA


class LoopLanes(PaintedBox):
    """A header and a lane for each actor; in a single row every actor is told by its sign alone."""

    DEFAULT_CSS = "LoopLanes { height: auto; }"

    lanes: reactive[Sequence[Lane]] = reactive(tuple, repaint=False)
    """The actors from top to bottom, those that can be left out last."""
    most_rows: var[int] = var(9)

    def watch_lanes(self, before: Sequence[Lane], lanes: Sequence[Lane]) -> None:
        """Paint the lanes that differ."""
        self.redraw()
        if len(before) != len(lanes):
            self.refresh(layout=True)

    def watch_most_rows(self) -> None:
        """Take more room, or less."""
        self._forget()
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A row for the header and one for each lane, as far as that is allowed."""
        return min(self.most_rows, 1 + len(self.lanes))

    def lines(self, width: int, height: int) -> list[Line]:
        """The lanes at a size."""
        if height <= 1:
            return [self._in_one_line(width)]
        room = height - 1
        shown = self.lanes[:room]
        actor = max((cell_len(lane.actor) for lane in shown), default=0)
        actor = max(_LEAST_ACTOR, min(_MOST_ACTOR, actor)) + 1
        names = STATIONS if width >= _ROOMY else _SHORT_STATIONS
        header: Line = [(" " * actor + (" " * _BETWEEN).join(names), MUTED)]
        if len(shown) < len(self.lanes):
            header.append((f"  +{len(self.lanes) - len(shown)} more", MUTED))
        lines = [header, *(self._lane(lane, actor, names, width) for lane in shown)]
        return [fit_line(line, width, ellipsis=self.glyphs.ellipsis) for line in lines]

    def _lane(self, lane: Lane, actor_width: int, names: Sequence[str], width: int) -> Line:
        actor = cut(lane.actor, actor_width - 1, self.glyphs.ellipsis)
        line: Line = [(fit(actor, actor_width), lane.tone if lane.times else MUTED)]
        line += self._track(lane, names)
        times = f"×{lane.times} " if lane.times else ""
        line.append((fit(times, _TIMES_WIDTH, "right"), STRONG))
        return [*line, *self._words(lane, width - line_width(line))]

    def _track(self, lane: Lane, names: Sequence[str]) -> Line:
        """The stations on one line, each under its name."""
        line: Line = []
        rail = self.glyphs.axis
        for index, (name, following) in enumerate(pairwise((*names, ""))):
            line.append(self._station(lane, index))
            is_passed = index < lane.station < WAIT
            if following:
                line.append((rail * (len(name) + _BETWEEN - 1), ACCENT if is_passed else MUTED))
            else:
                line.append((" " * (len(name) - 1), PLAIN))
        return line

    def _station(self, lane: Lane, index: int) -> tuple[str, Tone]:
        if index == lane.station:
            if index == WAIT:
                return self.glyphs.syncing, BUSY if lane.waits else MUTED
            return (self.glyphs.armed if index == ACT else self.glyphs.grade_full), ACCENT
        if index < lane.station < WAIT:
            return self.glyphs.grade_full, ACCENT
        return self.glyphs.grade_empty, MUTED

    def _words(self, lane: Lane, room: int) -> Line:
        """What it waits for, what it did last, and when: that stays where the deed has to be cut."""
        line: Line = [(lane.waits, BUSY)] if lane.waits else []
        if not lane.did:
            return line or [("not seen acting yet", MUTED)]
        between = f" {self.glyphs.separator} "
        if line:
            line.append((between, MUTED))
        ago = f"{between}{lane.ago}" if lane.ago else ""
        left = room - line_width(line)
        if left - cell_len(ago) < _LEAST_DEED:
            ago = ""
        left -= cell_len(ago)
        tone = PLAIN if lane.times else MUTED
        return [*line, (cut(lane.did, left, self.glyphs.ellipsis), tone), (ago, MUTED)]

    def _in_one_line(self, width: int) -> Line:
        """Each actor's sign; the first that waits for something stands at the right, with what that is."""
        waiting = next((lane for lane in self.lanes if lane.waits), None)
        line: Line = []
        for lane in self.lanes:
            if lane is not waiting:
                line += [("  " if line else "", PLAIN), *self._sign(lane)]
        if waiting is None:
            return fit_line(line, width, ellipsis=self.glyphs.ellipsis)
        last: Line = [("  ", PLAIN), *self._sign(waiting), (f" {waiting.waits}", BUSY)]
        room = max(width // 3, width - line_width(last))
        line = fit_line(line, room, ellipsis=self.glyphs.ellipsis)
        return fit_line([*line, *last], width, ellipsis=self.glyphs.ellipsis)

    def _sign(self, lane: Lane) -> Line:
        times = f" ×{lane.times}" if lane.times else ""
        tone = lane.tone if lane.times else MUTED
        return [(f"{lane.actor} ", tone), self._station(lane, lane.station), (times, STRONG)]
