"""One lane of the contrast: its numbers at the left, its step chart over its pods' lives at the right."""

from __future__ import annotations

from typing import cast

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from tui.screens.contrast_words import numbers, percent
from tui.session.contrast_news import LaneMark, LaneNews
from tui.session.news import PodState
from tui.widgets import lifecycle
from tui.widgets.big_number import big_number
from tui.widgets.glyphs import Glyphs
from tui.widgets.lifecycle import LifecycleBars, Span
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, fit_line
from tui.widgets.series import Mark, Series, StepData
from tui.widgets.step_chart import StepChart
from tui.widgets.timeaxis import Blank, TimeWindow
from tui.widgets.tones import ACCENT, BAD, GOOD, MUTED

_LABEL = 7
_ROOM_FOR_BIG = 7
"""From so many lines on, the uptime stands three lines high over the other numbers."""


class Numbers(PaintedBox):
    """The counters of one copy: its uptime large where there is room, the others line by line."""

    DEFAULT_CSS = "Numbers { height: 100%; }"

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs=glyphs)
        self._lane: LaneNews | None = None
        self._now = 0.0

    def show(self, lane: LaneNews, now: float) -> None:
        """Shows the sums up to that moment."""
        self._lane, self._now = lane, now
        self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The uptime first; what does not fit is what matters least."""
        lane = self._lane
        if lane is None:
            return []
        reading = lane.uptime.until(self._now) if lane.uptime is not None else None
        tone = MUTED if reading is None or reading.holds is None else GOOD if reading.holds else BAD
        told = f"{percent(reading)} up"
        large: list[Line] = [[(row, tone)] for row in big_number(told, self.glyphs)]
        lines: list[Line] = large if height >= _ROOM_FOR_BIG else [[(told, tone)]]
        lines += numbers(lane, self._now)
        return [fit_line(line, width, ellipsis=self.glyphs.ellipsis) for line in lines[:height]]


class LanePanel(Horizontal):
    """One copy. Two of them with the same window have one time axis."""

    numbers = getters.query_one(Numbers)
    chart = getters.query_one(StepChart)
    bars = getters.query_one(LifecycleBars)

    def __init__(self, glyphs: Glyphs, *, title: str, set_point: str, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._set_point = set_point
        self._state = ""
        self._title = ""
        self.entitle(title)

    def entitle(self, title: str) -> None:
        """Other words in the frame; only where they are others, for a title has the whole panel painted anew."""
        if title != self._title:
            self._title = title
            self.border_title = Content(title)

    def compose(self) -> ComposeResult:
        """The bars carry the axis for the chart above them."""
        yield Numbers(self._glyphs)
        with Vertical():
            yield StepChart(label_width=_LABEL, show_axis=False, glyphs=self._glyphs)
            yield LifecycleBars(label_width=_LABEL, glyphs=self._glyphs, empty_message="no pod")

    def show(
        self, lane: LaneNews, began: float | None, now: float, window: TimeWindow, blanks: tuple[Blank, ...]
    ) -> None:
        """Shows it up to that moment; `began` is since when it is counted."""
        self.numbers.show(lane, now)
        self.chart.show(step_data(lane, self._set_point, began, self._glyphs, blanks), window)
        self.bars.show(lives(lane), window, blanks)
        if self._state != lane.state:
            self._state = lane.state
            self.border_subtitle = Content(lane.state)


def step_data(
    lane: LaneNews, set_point: str, began: float | None, glyphs: Glyphs, blanks: tuple[Blank, ...] = ()
) -> StepData:
    """What was asked for, one pod, against those that are ready. No gap is drawn that is not counted."""
    points = lane.points
    return StepData(
        desired=Series(set_point, [(began, 1)] if began is not None else []),
        ready=Series("ready", [(point.at, point.ready) for point in points]),
        marks=tuple(_mark(mark, glyphs) for mark in lane.marks),
        blanks=blanks,
    )


def _mark(mark: LaneMark, glyphs: Glyphs) -> Mark:
    if not mark.hit:
        return Mark(mark.at, glyphs.mark, "missed", MUTED)
    return Mark(mark.at, glyphs.mark, mark.text, ACCENT if mark.text == "re-applied" else BAD)


def lives(lane: LaneNews) -> tuple[lifecycle.Lifeline, ...]:
    """A bar for each of its pods, by the end of its name."""
    found = []
    for life in lane.lives:
        spans = []
        for index, (since, state) in enumerate(life.spans):
            if state == PodState.GONE.value:
                break
            until = life.spans[index + 1][0] if index + 1 < len(life.spans) else None
            spans.append(Span(since, until, cast(lifecycle.State, state)))
        found.append(lifecycle.Lifeline(life.uid, life.name.rpartition("-")[2], tuple(spans)))
    return tuple(found)
