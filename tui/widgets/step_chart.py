"""The step response: what was asked for as the set point, and what was measured, as staircases.

Values hold from one point to the next and are never interpolated. A column of the chart shows the
lowest and the highest value of its time, so that a spike narrower than a column is still seen. The gap
is the loudest thing on it: hatched, in whole rows, on a ground of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.widgets.canvas import Canvas
from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, Tone, fit_line, line_width, one_line
from tui.widgets.series import EIGHTHS, Extent, Scale, Series, StepData
from tui.widgets.step_flags import draw_flags, draw_mark_lines
from tui.widgets.timeaxis import Blank, TimeAxis, TimeWindow, blank_columns, draw_axis
from tui.widgets.tones import ACCENT, BUSY, CALM, CALM_OVER_GAP, EXTRA, GAP, MUTED, PLAIN


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
    # Kept free, so that nothing jumps when a mark comes.
    flag_rows = 1 if height - axis_rows - legend_rows >= 4 else 0
    top = legend_rows + flag_rows
    rows = height - top - axis_rows
    if rows <= 0 or axis.columns <= 0:
        return canvas.lines()
    if not data.desired.points and not data.ready.points and not data.available.points:
        message = "no data yet"
        canvas.write(gutter + max(0, (axis.columns - len(message)) // 2), top + rows // 2, message, MUTED)
    else:
        _draw_plot(canvas, data, axis, _Plot(gutter, top, rows, glyphs))
    draw_mark_lines(canvas, data, axis, gutter, range(legend_rows, top + rows), glyphs)
    if flag_rows:
        draw_flags(canvas, data, _told_at(data, axis), axis, gutter, legend_rows, glyphs)
    if show_axis:
        draw_axis(canvas, gutter, top + rows, axis, rule=axis_rows == 2, glyphs=glyphs)
    lines = canvas.lines()
    if legend_rows:
        lines[0] = legend(data, _told_at(data, axis), gutter, gutter + axis.columns, glyphs)
    return lines


def _told_at(data: StepData, axis: TimeAxis) -> float:
    """The moment that counts as now."""
    return axis.end_s if data.told_at_s is None else data.told_at_s


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
    solid = _solid(data)
    unknown = blank_columns(data.blanks, axis)

    def extents(series: Series) -> list[Extent | None]:
        return [
            None if column in unknown else series.between(*axis.bounds(column))
            for column in range(axis.columns)
        ]

    desired, ready, available = extents(data.desired), extents(data.ready), extents(solid)
    scale = _scale(plot.rows, desired, ready, available)
    drawn: dict[_Fill, list[Run]] = {}  # most columns look like the one before
    for column in range(axis.columns):
        fill = _Fill.of(scale, available[column], ready[column], desired[column])
        if fill not in drawn:
            drawn[fill] = [fill.cell(row, scale, plot.glyphs) for row in reversed(range(plot.rows))]
        canvas.put_column(plot.x + column, plot.top, drawn[fill])
        before = desired[column - 1] if column else None
        _draw_set_point(canvas, plot, scale, plot.x + column, desired[column], before)
    for blank in data.blanks:
        _draw_blank(canvas, plot, blank, axis)
    _draw_scale(canvas, plot, scale)


def _solid(data: StepData) -> Series:
    """What counts as there: available, or ready where these are not told apart."""
    return data.available if data.available.points else data.ready


def _scale(
    rows: int,
    desired: Sequence[Extent | None],
    ready: Sequence[Extent | None],
    available: Sequence[Extent | None],
) -> Scale:
    return Scale.of(
        rows,
        desired=max((extent.most for extent in desired if extent), default=0.0),
        peak=max((extent.most for extent in (*ready, *available) if extent), default=0.0),
        lowest=min((extent.least for extent in (*desired, *available) if extent), default=0.0),
    )


def _draw_blank(canvas: Canvas, plot: _Plot, blank: Blank, axis: TimeAxis) -> None:
    """Says why there is nothing, or leaves dots where the words don't fit."""
    columns = blank.columns(axis)
    room = len(columns)
    if not room or not blank.why:
        return
    text = blank.why if len(blank.why) <= room else plot.glyphs.unknown * room
    canvas.write(plot.x + columns.start + (room - len(text)) // 2, plot.y(plot.rows // 2), text, MUTED)


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

    def cell(self, row: int, scale: Scale, glyphs: Glyphs) -> Run:
        """What stands in one row of the column, before the set point is drawn over it."""
        floor, ceiling = row * EIGHTHS, (row + 1) * EIGHTHS
        is_surplus = bool(self.desired) and floor >= self.desired
        if self.available >= ceiling and row == 0 and scale.base:
            return glyphs.break_, CALM
        if self.available >= ceiling:
            return glyphs.fills[-1], EXTRA if is_surplus else CALM
        is_missing = self.is_known and max(floor, self.available, self.ready) < min(ceiling, self.desired)
        if self.available > floor:
            tone = EXTRA if is_surplus else CALM_OVER_GAP if is_missing else CALM
            return glyphs.fills[self.available - floor], tone
        if self.ready > floor:
            return glyphs.unproven, BUSY
        if is_missing:
            return glyphs.gap, GAP
        return (glyphs.band, EXTRA) if self.highest > floor else (" ", PLAIN)


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
    """Labels in the gutter: zero, where the axis is broken, the set point, and the peak where it is higher."""
    labels = {0: (0.0, MUTED)}
    if scale.base:
        labels[1] = (scale.base, MUTED)
    if scale.peak > scale.desired:
        labels[min(plot.rows - 1, scale.eighths(scale.peak) // EIGHTHS)] = (scale.peak, MUTED)
    if scale.desired > 0:
        labels[min(plot.rows - 1, scale.desired_row)] = (scale.desired, ACCENT)
    for row, (value, tone) in labels.items():
        text = f"{value:.0f}"
        canvas.write(max(0, plot.x - 1 - len(text)), plot.y(row), text, tone)


def legend(data: StepData, moment_s: float, gutter: int, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """The names of the series with their values at a moment, the gap before what matters less."""
    solid = _solid(data)
    is_known = not any(blank.start_s < moment_s <= blank.end_s for blank in data.blanks)
    desired, available, ready = (
        series.at(moment_s) if is_known else None for series in (data.desired, solid, data.ready)
    )
    entries: list[tuple[str, Tone, str, float | None]] = [
        (glyphs.set_point, ACCENT, data.desired.name, desired),
        (glyphs.fills[-1], CALM, solid.name, available),
    ]
    if desired is not None and available is not None and available < desired:
        entries.append((glyphs.gap, GAP, "gap", desired - available))
    if ready != available:
        entries.append((glyphs.unproven, BUSY, data.ready.name, ready))
    told: list[Line] = [
        [(glyph, tone), (f" {one_line(name)} ", MUTED), ("?" if value is None else f"{value:.0f}", PLAIN)]
        for glyph, tone, name, value in entries
    ]
    # The set point is written in the gutter too: it is the first that can be spared.
    for indent, first in ((gutter, 0), (0, 0), (gutter, 1), (0, 1)):
        line = _spread(told[first:], indent)
        if line_width(line) <= width:
            return line
    return fit_line(line, width, ellipsis=glyphs.ellipsis)


def _spread(entries: Sequence[Line], indent: int) -> Line:
    """The entries beside each other."""
    line: Line = [(" " * indent, PLAIN)]
    for index, entry in enumerate(entries):
        line += [("   ", PLAIN), *entry] if index else entry
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
