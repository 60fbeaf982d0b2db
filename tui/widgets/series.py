"""Measured values over time, and the scale that turns them into heights."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from tui.widgets.runs import Tone
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
class StepData:
    """What a step chart shows; `available` may be left empty where it is not told apart from ready."""

    desired: Series = Series("desired")
    ready: Series = Series("ready")
    available: Series = Series("available")
    marks: Sequence[Mark] = ()

    @property
    def changed_s(self) -> float | None:
        """When anything last changed or happened, or None if nothing ever did."""
        moments = [
            series.points[-1][0] for series in (self.desired, self.ready, self.available) if series.points
        ]
        return max([*moments, *(mark.at_s for mark in self.marks)], default=None)


@dataclass(frozen=True, slots=True)
class Scale:
    """How values become heights, in eighths of a row.

    The highest set point lies exactly on the edge between two rows, `desired_row` rows up, so that
    a closed gap is a full picture under a straight line.
    """

    rows: int
    desired_row: int
    desired: float
    peak: float

    @classmethod
    def of(cls, rows: int, desired: float, peak: float) -> Scale:
        """The scale for so many rows, the highest set point and the highest value of all."""
        below_top = max(1, rows - 1)
        if desired <= 0:
            return cls(rows, 0, 0.0, peak)
        surge = max(1.0, peak / desired)
        return cls(rows, max(1, int(below_top / surge)), desired, peak)

    def eighths(self, value: float) -> int:
        """The height of a value; neither something nor the lack of something is ever rounded away."""
        if value <= 0:
            return 0
        top = self.desired_row * EIGHTHS
        if self.desired <= 0:
            return max(1, round(value / self.peak * max(1, self.rows - 1) * EIGHTHS))
        height = max(1, round(value / self.desired * top))
        if value < self.desired:
            return min(height, max(1, top - 1))
        return max(height, top + 1) if value > self.desired else top
