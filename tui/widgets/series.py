"""Measured values over time, and the scale that turns them into heights."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from tui.widgets.runs import Tone
from tui.widgets.timeaxis import Blank
from tui.widgets.tones import BAD

EIGHTHS = 8
_time_of = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Extent:
    """The values in force during some time: the first and the last, the least and the greatest."""

    first: float
    last: float
    least: float
    most: float

    @property
    def low(self) -> float:
        """Where the value came down to: the bottom of a dip that ended within the time, else the last value."""
        return self.least if self.least < min(self.first, self.last) else self.last

    @property
    def high(self) -> float:
        """Where the value went up to: the top of a spike that ended within the time, else the last value."""
        return self.most if self.most > max(self.first, self.last) else self.last


@dataclass(frozen=True, slots=True)
class Series:
    """A measured value: `points` are (seconds, value) in the order of time."""

    name: str
    points: Sequence[tuple[float, float]] = ()

    def at(self, moment_s: float) -> float | None:
        """The value in force at a moment, or None before the first point: unknown is not zero."""
        index = bisect_right(self.points, moment_s, key=_time_of)
        return self.points[index - 1][1] if index else None

    def between(self, start_s: float, end_s: float) -> Extent | None:
        """What was in force from `start_s` until before `end_s`, or None if nothing is known of it."""
        first = max(0, bisect_right(self.points, start_s, key=_time_of) - 1)
        last = bisect_left(self.points, end_s, key=_time_of)
        values = [value for _, value in self.points[first:last]]
        return Extent(values[0], values[-1], min(values), max(values)) if values else None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment, drawn as a flag over the chart."""

    at_s: float
    glyph: str
    label: str = ""
    tone: Tone = BAD


@dataclass(frozen=True, slots=True)
class Bracket:
    """Something that lasted, or lasts until now, drawn as a labelled bracket over the chart."""

    start_s: float
    end_s: float | None
    label: str
    tone: Tone = BAD


@dataclass(frozen=True, slots=True)
class StepData:
    """What a step chart shows; `available` may be left empty where it is not told apart from ready."""

    desired: Series = Series("desired")
    ready: Series = Series("ready")
    available: Series = Series("available")
    marks: Sequence[Mark] = ()
    brackets: Sequence[Bracket] = ()
    blanks: Sequence[Blank] = ()
    told_at_s: float | None = None
    """The moment that counts as now for the legend and for what lasts, where that is not the end of the window."""

    @property
    def changed_s(self) -> float | None:
        """When anything last changed or happened, or None if nothing ever did."""
        moments = [
            series.points[-1][0] for series in (self.desired, self.ready, self.available) if series.points
        ]
        moments += [mark.at_s for mark in self.marks]
        moments += [bracket.start_s if bracket.end_s is None else bracket.end_s for bracket in self.brackets]
        return max(moments, default=None)


@dataclass(frozen=True, slots=True)
class Scale:
    """How values become heights, in eighths of a row.

    The highest set point lies exactly on the edge between two rows, `desired_row` rows up, so that
    a closed gap is a full picture under a straight line, and what is missing fills whole rows. Where
    the rows are too few for that the axis is broken: the lowest row stands for everything up to
    `base`, which always was there, and each row above it for `unit` replicas.
    """

    rows: int
    desired_row: int
    desired: float
    peak: float
    base: float = 0.0
    unit: float = 1.0

    @classmethod
    def of(cls, rows: int, desired: float, peak: float, lowest: float = 0.0) -> Scale:
        """The scale for so many rows, the highest set point, the highest value of all and the lowest."""
        if desired <= 0:
            return cls(rows, 0, 0.0, peak)
        most = max(desired, peak)
        room = max(1, rows if peak > desired else rows - 1)  # a row is kept for the set point's line
        if most <= room:
            return cls(rows, int(desired * (room // most)), desired, peak)
        broken = cls._broken(rows, room, desired, peak, lowest)
        return broken or cls(rows, max(1, int(room * desired / most)), desired, peak)

    @classmethod
    def _broken(cls, rows: int, room: int, desired: float, peak: float, lowest: float) -> Scale | None:
        for unit in (step * 10**power for power in range(7) for step in (1, 2, 5)):
            desired_row = room - math.ceil(max(0.0, peak - desired) / unit)
            base = desired - unit * (desired_row - 1)
            if base <= 0:
                return None
            if desired_row >= 2 and base <= lowest:
                return cls(rows, desired_row, desired, peak, base, unit)
        return None

    def eighths(self, value: float) -> int:
        """The height of a value; neither something nor the lack of something is ever rounded away.

        The first replica that is missing leaves a whole row, where there are two.
        """
        if value <= 0:
            return 0
        if self.desired <= 0:
            return max(1, round(value / self.peak * max(1, self.rows - 1) * EIGHTHS))
        top = self.desired_row * EIGHTHS
        height = max(1, round(self._rows(value) * EIGHTHS))
        if value < self.desired:
            return min(height, top - EIGHTHS if self.desired_row > 1 else top - 1)
        return max(height, top + 1) if value > self.desired else top

    def _rows(self, value: float) -> float:
        if not self.base:
            return value / self.desired * self.desired_row
        return value / self.base if value < self.base else 1 + (value - self.base) / self.unit
