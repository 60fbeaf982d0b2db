"""The step response: what was asked for as the set point, and what was measured, as staircases.

Values hold from one point to the next and are never interpolated. A column of the chart shows the
lowest and the highest value of its time, so that a spike narrower than a column is still seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tui.widgets.canvas import Canvas
from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, Tone, line_width, one_line
from tui.widgets.series import EIGHTHS, Extent, Mark, Scale, StepData
from tui.widgets.timeaxis import TimeAxis, TimeWindow, draw_axis
from tui.widgets.tones import ACCENT, BAD, BUSY, CALM, EXTRA, MUTED, PLAIN


def step_chart(
    data: StepData,
    axis: TimeAxis,
    height: int,
    *,
    gutter: int,
    glyphs: Glyphs = UNICODE,
    show_axis: bool = True,
) -> list[Line]:
    """The whole picture: legend, flags where there is room for them, plot, time axis."""
    canvas = Canvas(gutter + axis.columns, height)
    axis_rows = 0 if not show_axis else 2 if height >= 10 else 1
    legend_rows = 1 if height >= 4 else 0
    flag_rows = 1 if height >= 7 else 0  # kept free, so that nothing jumps when a mark comes
    top = legend_rows + flag_rows
    rows = height - top - axis_rows
    if rows <= 0 or axis.columns <= 0:
        return canvas.lines()
    if not data.desired.points and not data.ready.points and not data.available.points:
        message = "no data yet"
        canvas.write(gutter + max(0, (axis.columns - len(message)) // 2), top + rows // 2, message, MUTED)
    else:
        _draw_plot(canvas, data, axis, _Plot(gutter, top, rows, glyphs))
    _draw_flags(canvas, data.marks, axis, gutter, legend_rows, top + rows, glyphs)
    if show_axis:
        draw_axis(canvas, gutter, top + rows, axis, rule=axis_rows == 2, glyphs=glyphs)
    lines = canvas.lines()
    if legend_rows:
        lines[0] = legend(data, axis.end_s, gutter, gutter + axis.columns, glyphs)
    return lines


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where the plot is on the canvas: its first column, its top row, its rows."""

    x: int
    top: int
    rows: int
    glyphs: Glyphs

    def y(self, row: int) -> int:
        """The canvas line of a row counted from the bottom of the plot."""
        return self.top + self.rows - 1 - row


def _draw_plot(canvas: Canvas, data: StepData, axis: TimeAxis, plot: _Plot) -> None:
    solid = data.available if data.available.points else data.ready
    columns = [axis.bounds(column) for column in range(axis.columns)]
    desired = [data.desired.between(*bounds) for bounds in columns]
    most_desired = max((extent.most for extent in desired if extent), default=0.0)
    measured = [series.between(axis.start_s, axis.end_s) for series in (data.ready, solid)]
    peak = max((extent.most for extent in measured if extent), default=0.0)
    scale = Scale.of(plot.rows, most_desired, peak)
    drawn: dict[_Fill, list[Run]] = {}  # most columns look like the one before
    for column, bounds in enumerate(columns):
        ready, available = data.ready.between(*bounds), solid.between(*bounds)
        fill = _Fill.of(scale, available, ready, desired[column])
        if fill not in drawn:
            drawn[fill] = [fill.cell(row, plot.glyphs) for row in reversed(range(plot.rows))]
        canvas.put_column(plot.x + column, plot.top, drawn[fill])
        before = desired[column - 1] if column else None
        _draw_set_point(canvas, plot, scale, plot.x + column, desired[column], before)
    _draw_scale(canvas, plot, scale)


@dataclass(frozen=True, slots=True)
class _Fill:
    """One column of the plot, its heights in eighths of a row from the bottom up."""

    available: int
    ready: int
    highest: int
    desired: int
    is_known: bool

    @classmethod
    def of(
        cls,
        scale: Scale,
        available: Extent | None,
        ready: Extent | None,
        desired: Extent | None,
    ) -> _Fill:
        known = [extent for extent in (available, ready) if extent is not None]
        if not known:
            return cls(0, 0, 0, 0, is_known=False)
        low_available = scale.eighths(available.low) if available else 0
        return cls(
            available=low_available,
            ready=max(low_available, scale.eighths(ready.low) if ready else 0),
            highest=scale.eighths(max(extent.high for extent in known)),
            desired=scale.eighths(desired.last) if desired else 0,
            is_known=True,
        )

    def cell(self, row: int, glyphs: Glyphs) -> Run:
        """What stands in one row of the column, before the set point is drawn over it."""
        floor, ceiling = row * EIGHTHS, (row + 1) * EIGHTHS
        is_surplus = bool(self.desired) and floor >= self.desired
        if self.available >= ceiling:
            return glyphs.fills[-1], EXTRA if is_surplus else CALM
        if self.available > floor:
            return glyphs.fills[self.available - floor], EXTRA if is_surplus else CALM
        if self.ready > floor:
            return glyphs.starting, BUSY
        if self.highest > floor:
            return glyphs.band, EXTRA if is_surplus else CALM
        if self.is_known and floor < self.desired:
            return glyphs.gap, BAD
        return " ", PLAIN


def _draw_set_point(
    canvas: Canvas, plot: _Plot, scale: Scale, x: int, desired: Extent | None, before: Extent | None
) -> None:
    """The set point lies over blank and hatched cells; where something fills a cell, its edge is the line."""
    if desired is None:
        return
    came_from = desired.first if before is None else before.last
    low = scale.eighths(min(desired.least, came_from))
    high = scale.eighths(max(desired.most, came_from))
    under = (" ", plot.glyphs.gap)
    for row in range(low // EIGHTHS, high // EIGHTHS):
        if canvas.shows(x, plot.y(row), under):
            canvas.put(x, plot.y(row), plot.glyphs.trunk, ACCENT)
    for level in {low, high}:
        row, part = divmod(level, EIGHTHS)
        glyph = plot.glyphs.set_point if part < 3 else plot.glyphs.set_point_middle
        if part == EIGHTHS - 1:
            row, glyph = row + 1, plot.glyphs.set_point
        if canvas.shows(x, plot.y(row), under):
            canvas.put(x, plot.y(row), glyph, ACCENT)


def _draw_scale(canvas: Canvas, plot: _Plot, scale: Scale) -> None:
    """Labels in the gutter: zero, the set point, and the peak where it is higher."""
    labels = {0: (0.0, MUTED)}
    if scale.peak > scale.desired:
        labels[min(plot.rows - 1, scale.eighths(scale.peak) // EIGHTHS)] = (scale.peak, MUTED)
    if scale.desired > 0:
        labels[min(plot.rows - 1, scale.desired_row)] = (scale.desired, ACCENT)
    for row, (value, tone) in labels.items():
        text = f"{value:.0f}"
        canvas.write(max(0, plot.x - 1 - len(text)), plot.y(row), text, tone)


def _draw_flags(
    canvas: Canvas, marks: Sequence[Mark], axis: TimeAxis, gutter: int, y: int, bottom: int, glyphs: Glyphs
) -> None:
    """A flag at each mark, its label beside it where that is free, and a dotted line down to the axis."""
    in_window = [
        (gutter + column, mark) for mark in marks if (column := axis.column_of(mark.at_s)) is not None
    ]
    for x, mark in in_window:
        canvas.put(x, y, mark.glyph, mark.tone)
        for row in range(y + 1, bottom):
            if canvas.is_free(x, row):
                canvas.put(x, row, glyphs.mark_line, mark.tone)
    for x, mark in in_window:
        label = one_line(mark.label)
        length = cell_len(label)
        for start in (x + 2, x - 1 - length):
            if label and start >= gutter and canvas.is_free(start - 1, y, length + 1):
                canvas.write(start, y, label, mark.tone)
                break


def legend(data: StepData, moment_s: float, gutter: int, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """The names of the series with their values at a moment, as many as fit, the gap last."""
    solid = data.available if data.available.points else data.ready
    desired, available = data.desired.at(moment_s), solid.at(moment_s)
    entries: list[tuple[str, Tone, str, float | None]] = [
        (glyphs.set_point, ACCENT, data.desired.name, desired),
        (glyphs.fills[-1], CALM, solid.name, available),
    ]
    if data.available.points:
        entries.append((glyphs.starting, BUSY, data.ready.name, data.ready.at(moment_s)))
    if desired is not None and available is not None and available < desired:
        entries.insert(2, (glyphs.gap, BAD, "gap", desired - available))
    line: Line = [(" " * gutter, PLAIN)]
    for glyph, tone, name, value in entries:
        number = "?" if value is None else f"{value:.0f}"
        entry: Line = [(f"{glyph} ", tone), (f"{one_line(name)} ", MUTED), (number, PLAIN)]
        if len(line) > 1:
            entry.insert(0, ("   ", PLAIN))
        if line_width(line) + line_width(entry) > width:
            break
        line.extend(entry)
    return line


class StepChart(PaintedBox):
    """The step response of one workload in a sliding window of time."""

    DEFAULT_CSS = "StepChart { height: 1fr; min-height: 4; }"

    def __init__(
        self,
        *,
        label_width: int = 6,
        show_axis: bool = True,
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        self.label_width = label_width
        self.show_axis = show_axis
        self._data = StepData()
        self._window = TimeWindow(0.0, 60.0)

    def show(self, data: StepData, window: TimeWindow) -> None:
        """Show this data in this window; nothing is painted where the picture would be the same."""
        columns = self._columns(self.size.width)
        is_same = data == self._data and window.looks_like(self._window, columns, data.changed_s)
        self._data, self._window = data, window
        if not is_same:
            self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The chart at a size."""
        axis = self._window.axis(self._columns(width))
        return step_chart(
            self._data, axis, height, gutter=self.label_width, glyphs=self.glyphs, show_axis=self.show_axis
        )

    def _columns(self, width: int) -> int:
        return max(0, width - self.label_width)
