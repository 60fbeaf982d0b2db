"""The lives of pods as bars on a time axis: pending, starting, ready, not ready, terminating."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from textual import events, on
from textual.message import Message
from textual.reactive import var

from tui.widgets.canvas import Canvas
from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, cut
from tui.widgets.timeaxis import Blank, TimeAxis, TimeWindow, blank_columns, draw_axis
from tui.widgets.tones import ACCENT, BAD, BUSY, CALM, LEAVING, MUTED, PLAIN

State: TypeAlias = Literal["pending", "starting", "ready", "not ready", "terminating"]

_ROOM_FOR_A_COUNT = 4  # from so many lines on, how many more pods there are is worth a line of its own

# Where one column holds several states, the one that people have to see stands for it.
_PROMINENCE: dict[State, int] = {"ready": 0, "pending": 1, "starting": 2, "not ready": 3, "terminating": 4}


@dataclass(frozen=True, slots=True)
class Span:
    """A state from one moment until another, or until now."""

    start_s: float
    end_s: float | None
    state: State


@dataclass(frozen=True, slots=True)
class Lifeline:
    """The life of one pod: its key, what it is called, its spans in the order of time."""

    key: str
    label: str
    spans: Sequence[Span] = ()

    @property
    def born_s(self) -> float:
        """When its first span starts."""
        return self.spans[0].start_s if self.spans else 0.0

    @property
    def changed_s(self) -> float:
        """When its state changed last."""
        if not self.spans:
            return 0.0
        last = self.spans[-1]
        return last.start_s if last.end_s is None else last.end_s


def state_cell(state: State, glyphs: Glyphs) -> Run:
    """The glyph and the tone of a state."""
    return {
        "pending": (glyphs.pending, MUTED),
        "starting": (glyphs.starting, BUSY),
        "ready": (glyphs.running, CALM),
        "not ready": (glyphs.not_ready, BAD),
        "terminating": (glyphs.terminating, LEAVING),
    }[state]


def states_by_column(spans: Sequence[Span], axis: TimeAxis) -> list[State | None]:
    """The most prominent state within each column of the axis; None where there is none."""
    states: list[State | None] = [None] * axis.columns
    for span in spans:
        end_s = axis.end_s if span.end_s is None else min(span.end_s, axis.end_s)
        start_s = max(span.start_s, axis.start_s)
        if start_s > axis.end_s or end_s < axis.start_s:
            continue
        first, last = axis.column_of(start_s), axis.column_of(end_s)
        if first is None or last is None:
            continue
        if last > first and span.end_s is not None and end_s <= axis.bounds(last)[0]:
            last -= 1  # it ended on the edge of that column
        for column in range(first, last + 1):
            present = states[column]
            if present is None or _PROMINENCE[span.state] > _PROMINENCE[present]:
                states[column] = span.state
    return states


def choose(
    lifelines: Sequence[Lifeline], axis: TimeAxis, room: int, *, keep_free: int = 1
) -> tuple[list[Lifeline], int]:
    """The lifelines for so many lines, oldest first, and how many were left out.

    Those that ended before the window are not counted. Where there are too many, the ones whose
    state changed last are shown, and `keep_free` lines are left for saying how many more there are.
    """
    alive = [life for life in lifelines if life.spans and _reaches(life, axis)]
    alive.sort(key=lambda life: (life.born_s, life.key))
    if len(alive) <= room:
        return alive, 0
    shown = max(0, room - keep_free)
    recent = sorted(alive, key=lambda life: (life.changed_s, life.born_s), reverse=True)[:shown]
    keys = {life.key for life in recent}
    return [life for life in alive if life.key in keys], len(alive) - shown


def _reaches(life: Lifeline, axis: TimeAxis) -> bool:
    end_s = life.spans[-1].end_s
    return life.born_s <= axis.end_s and (end_s is None or end_s >= axis.start_s)


class LifecycleBars(PaintedBox):
    """A bar for each pod, newest last, on the axis of the step chart above it."""

    @dataclass
    class Picked(Message):
        """The bar of a pod was clicked."""

        bars: LifecycleBars
        key: str

        @property
        def control(self) -> LifecycleBars:
            """The bars it happened in."""
            return self.bars

    DEFAULT_CSS = "LifecycleBars { height: 1fr; min-height: 2; }"

    selected: var[str | None] = var(None)
    """The key of the pod that is pointed at."""

    def __init__(
        self,
        *,
        label_width: int = 6,
        show_axis: bool = True,
        empty_message: str = "no pods yet",
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        self.empty_message = empty_message
        self.label_width = label_width
        self.show_axis = show_axis
        self._lifelines: Sequence[Lifeline] = ()
        self._window = TimeWindow(0.0, 60.0)
        self._blanks: Sequence[Blank] = ()
        self._keys: list[str] = []

    def show(self, lifelines: Sequence[Lifeline], window: TimeWindow, blanks: Sequence[Blank] = ()) -> None:
        """Show these lives in this window; nothing is painted where the picture would be the same."""
        columns = self._columns(self.size.width)
        changed_s = max((life.changed_s for life in lifelines), default=None)
        is_same = (lifelines, blanks) == (self._lifelines, self._blanks)
        is_same = is_same and window.looks_like(self._window, columns, changed_s)
        self._lifelines, self._window, self._blanks = lifelines, window, blanks
        if not is_same:
            self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The bars at a size, with what did not fit counted in the last line."""
        axis = self._window.axis(self._columns(width))
        axis_rows = 0 if not self.show_axis else 2 if height >= 10 else 1
        room = max(0, height - axis_rows)
        canvas = Canvas(width, height)
        counts_in_gutter = self.show_axis and room < _ROOM_FOR_A_COUNT
        shown, left_out = choose(self._lifelines, axis, room, keep_free=0 if counts_in_gutter else 1)
        self._keys = [life.key for life in shown]
        unknown = blank_columns(self._blanks, axis)
        for y, life in enumerate(shown):
            self._draw_life(canvas, y, life, axis, unknown)
        if left_out and counts_in_gutter:
            self._write_count(canvas, height - 1, f"+{left_out} more", f"+{left_out}")
        elif left_out:
            more = f"+{left_out} more pods"
            canvas.write(self.label_width, room - 1, cut(more, axis.columns, self.glyphs.ellipsis), MUTED)
        elif not shown and room:
            left = self.label_width + max(0, (axis.columns - len(self.empty_message)) // 2)
            canvas.write(left, (room - 1) // 2, self.empty_message, MUTED)
        if self.show_axis:
            draw_axis(canvas, self.label_width, room, axis, rule=axis_rows == 2, glyphs=self.glyphs)
        return canvas.lines()

    def _write_count(self, canvas: Canvas, y: int, *wordings: str) -> None:
        """The first of these wordings that leaves a cell free before the axis, in its gutter."""
        text = next((one for one in wordings if len(one) < self.label_width), "")
        canvas.write(0, y, text, MUTED)

    def _draw_life(
        self, canvas: Canvas, y: int, life: Lifeline, axis: TimeAxis, unknown: Collection[int]
    ) -> None:
        is_selected = life.key == self.selected
        # The end of a pod's name is what tells it from its siblings.
        label = cut(life.label, max(0, self.label_width - 1), self.glyphs.ellipsis, keep="right")
        canvas.write(0, y, label, ACCENT if is_selected else PLAIN)
        if is_selected:
            canvas.put(self.label_width - 1, y, self.glyphs.pointer, ACCENT)
        for column, state in enumerate(states_by_column(life.spans, axis)):
            if state is not None and column not in unknown:
                canvas.put(self.label_width + column, y, *state_cell(state, self.glyphs))

    def watch_selected(self) -> None:
        """Point at another pod."""
        self.redraw()

    def _columns(self, width: int) -> int:
        return max(0, width - self.label_width)

    @on(events.Click)
    def _pick(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(self._keys):
            self.post_message(self.Picked(self, self._keys[offset.y]))
