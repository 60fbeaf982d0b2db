"""What stands over a step chart: faults as flags with a line down into it, and what lasted as brackets."""

from __future__ import annotations

from collections.abc import Set

from rich.cells import cell_len

from tui.widgets.canvas import Canvas
from tui.widgets.glyphs import Glyphs
from tui.widgets.runs import one_line
from tui.widgets.series import Bracket, StepData
from tui.widgets.timeaxis import TimeAxis


def draw_mark_lines(
    canvas: Canvas, data: StepData, axis: TimeAxis, gutter: int, rows: range, glyphs: Glyphs
) -> None:
    """A dotted line down from each mark, where nothing else stands."""
    for mark in data.marks:
        column = axis.column_of(mark.at_s)
        for row in rows if column is not None else ():
            if canvas.is_free(gutter + (column or 0), row):
                canvas.put(gutter + (column or 0), row, glyphs.mark_line, mark.tone)


def draw_flags(
    canvas: Canvas, data: StepData, now_s: float, axis: TimeAxis, gutter: int, y: int, glyphs: Glyphs
) -> None:
    """What lasted as brackets, and what happened as flags, with their labels where there is room for them."""
    canvas.write(gutter, y, " " * axis.columns)
    in_window = [
        (gutter + column, mark) for mark in data.marks if (column := axis.column_of(mark.at_s)) is not None
    ]
    flags = {x for x, _ in in_window}
    for bracket in data.brackets:
        _draw_bracket(canvas, bracket, now_s, axis, gutter, y, glyphs, flags)
    for x, mark in in_window:
        canvas.put(x, y, mark.glyph, mark.tone)
    for x, mark in in_window:
        label = one_line(mark.label)
        length = cell_len(label)
        for start in (x + 2, x - 1 - length):
            if label and start >= gutter and canvas.is_free(start - 1, y, length + 1):
                canvas.write(start, y, label, mark.tone)
                break


def _draw_bracket(
    canvas: Canvas,
    bracket: Bracket,
    now_s: float,
    axis: TimeAxis,
    gutter: int,
    y: int,
    glyphs: Glyphs,
    flags: Set[int],
) -> None:
    """A line from its start to its end, open while it lasts, with its label on it or else beside it.

    `flags` are the cells where a fault's flag will stand: the label leaves them free where it can.
    """
    end_s = now_s if bracket.end_s is None else bracket.end_s
    if end_s < axis.start_s or bracket.start_s > axis.end_s:
        return
    first = axis.column_of(max(bracket.start_s, axis.start_s)) or 0
    last = axis.column_of(min(end_s, axis.end_s)) or 0
    canvas.write(gutter + first, y, glyphs.axis * (last - first + 1), bracket.tone)
    if bracket.start_s >= axis.start_s:
        canvas.put(gutter + first, y, glyphs.branch, bracket.tone)
    if bracket.end_s is not None and bracket.end_s <= axis.end_s:
        canvas.put(gutter + last, y, glyphs.bracket_end, bracket.tone)
    label = f" {one_line(bracket.label)} "
    length = cell_len(label)
    within = range(gutter + first + 1, gutter + last - length + 1)
    middle = gutter + first + 1 + (last - first - 1 - length) // 2
    free = [start for start in within if not flags & set(range(start, start + length))]
    inside = min(free, key=lambda start: abs(start - middle), default=middle)
    places = [inside] if last - first > length else [gutter + last + 1, gutter + first - length]
    for start in places:
        if start >= gutter and start + length <= gutter + axis.columns:
            canvas.write(start, y, label, bracket.tone)
            break
