"""One time axis for every picture of the same moments, so that they line up cell by cell."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tui.widgets.canvas import Canvas
from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.tones import MUTED

_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
_ROOM_BETWEEN_LABELS = 4


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled moment at a column of the axis."""

    column: int
    label: str


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The moments from `start_s` to `end_s` on so many columns.

    Labels count from `zero_s`, or backwards from the end, which then is "now".
    """

    start_s: float
    end_s: float
    columns: int
    zero_s: float | None = None

    @property
    def column_s(self) -> float:
        """How many seconds one column stands for."""
        return (self.end_s - self.start_s) / self.columns if self.columns > 0 else 0.0

    def column_of(self, moment_s: float) -> int | None:
        """The column a moment falls into, or None if it is outside; the end belongs to the last column."""
        if self.columns <= 0 or not self.start_s <= moment_s <= self.end_s or self.column_s <= 0:
            return None
        # A moment that was computed as the edge of a column must not fall just short of it.
        return min(self.columns - 1, int((moment_s - self.start_s) / self.column_s + 1e-9))

    def bounds(self, column: int) -> tuple[float, float]:
        """The first moment of a column and the first one after it."""
        width = self.column_s
        return self.start_s + column * width, self.start_s + (column + 1) * width

    def ticks(self, minus: str = "−") -> list[Tick]:
        """Labelled moments at round distances, as dense as their labels allow."""
        span = self.end_s - self.start_s
        if span <= 0 or self.columns <= 0:
            return []
        zero = self.end_s if self.zero_s is None else self.zero_s
        for step in _STEPS_S:
            ticks = self._ticks_every(step, zero, minus) if span / step <= self.columns else []
            longest = max((len(tick.label) for tick in ticks), default=0)
            if ticks and step / self.column_s >= longest + _ROOM_BETWEEN_LABELS:
                return self._apart(ticks)
        return [Tick(self.columns - 1, "now")] if self.zero_s is None else []

    def left_of(self, tick: Tick) -> int:
        """The column where its label begins: under its middle, as far as the ends of the axis let it."""
        return min(self.columns - len(tick.label), max(0, tick.column - len(tick.label) // 2))

    def _apart(self, ticks: list[Tick]) -> list[Tick]:
        """Without those whose label would touch the one before it, pushed there by an end of the axis."""
        kept: list[Tick] = []
        for tick in ticks:
            if not kept or self.left_of(tick) > self.left_of(kept[-1]) + len(kept[-1].label):
                kept.append(tick)
        return kept

    def _ticks_every(self, step: float, zero: float, minus: str) -> list[Tick]:
        first = math.ceil((self.start_s - zero) / step - 1e-9)
        last = math.floor((self.end_s - zero) / step + 1e-9)
        ticks = []
        for count in range(first, last + 1):
            moment = min(self.end_s, max(self.start_s, zero + count * step))
            column = self.column_of(moment)
            if column is not None:
                ticks.append(Tick(column, self._label(count * step, step, minus)))
        return ticks

    def _label(self, offset_s: float, step_s: float, minus: str) -> str:
        if abs(offset_s) < step_s / 2:
            return "now" if self.zero_s is None else "0"
        sign = minus if offset_s < 0 else "+" if self.zero_s is not None else ""
        size, unit = abs(offset_s), "s"
        if step_s >= 3600:
            size, unit = size / 3600, "h"
        elif step_s >= 60:
            size, unit = size / 60, "m"
        return f"{sign}{size:.1f} {unit}" if step_s < 1 else f"{sign}{size:.0f} {unit}"


@dataclass(frozen=True, slots=True)
class Blank:
    """A time of which nothing is known, and why: no picture may draw anything there."""

    start_s: float
    end_s: float
    why: str

    def columns(self, axis: TimeAxis) -> range:
        """The columns of the axis whose middle lies in it."""
        if axis.column_s <= 0 or self.end_s <= axis.start_s or self.start_s >= axis.end_s:
            return range(0)
        first, last = (
            round((min(max(moment, axis.start_s), axis.end_s) - axis.start_s) / axis.column_s)
            for moment in (self.start_s, self.end_s)
        )
        return range(first, last)


def blank_columns(blanks: Iterable[Blank], axis: TimeAxis) -> frozenset[int]:
    """The columns of which nothing is known."""
    return frozenset(column for blank in blanks for column in blank.columns(axis))


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The last `span_s` seconds before `now_s`, whatever the width of the picture will be.

    Two pictures of equal width and gutter that get the same window get the same axis.
    """

    now_s: float
    span_s: float
    zero_s: float | None = None

    def axis(self, columns: int) -> TimeAxis:
        """The axis for so many columns; its columns stand still between whole columns of time.

        With a fixed grid a moment stays in its column until the picture moves on by a whole column;
        otherwise staircases would change their widths while they move.
        """
        if columns <= 0 or self.span_s <= 0:
            return TimeAxis(self.now_s, self.now_s, 0, self.zero_s)
        column_s = self.span_s / columns
        last = math.ceil(self.now_s / column_s)
        if last * column_s < self.now_s:
            last += 1  # the product was rounded down
        return TimeAxis((last - columns) * column_s, last * column_s, columns, self.zero_s)

    def looks_like(self, before: TimeWindow, columns: int, changed_s: float | None) -> bool:
        """Whether a picture in this window looks as it did in the window `before`.

        It does if the axis is the same, and also if nothing has changed in either window (`changed_s` is when
        something last did): then its flat lines only grow older, and labels that count from now stay.
        """
        axis, old = self.axis(columns), before.axis(columns)
        if axis == old:
            return True
        is_alike = self.span_s == before.span_s and self.zero_s is None and before.zero_s is None
        return is_alike and (changed_s is None or changed_s < min(axis.start_s, old.start_s))


def draw_axis(
    canvas: Canvas, x: int, y: int, axis: TimeAxis, *, rule: bool, glyphs: Glyphs = UNICODE
) -> None:
    """Draw the labels of an axis from cell (x, y) on, under a line with ticks if a `rule` is wanted."""
    ticks = axis.ticks(glyphs.minus)
    if rule:
        canvas.write(x, y, glyphs.axis * axis.columns, MUTED)
        for tick in ticks:
            canvas.put(x + tick.column, y, glyphs.tick, MUTED)
        y += 1
    for tick in ticks:
        canvas.write(x + axis.left_of(tick), y, tick.label, MUTED)
