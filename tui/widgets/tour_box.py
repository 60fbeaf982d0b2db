"""The box of the tour: a few words over a live screen, beside the thing that they are about, and pointing at it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from tui.widgets.buttons import Action
from tui.widgets.headline import wrapped
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, cut, fit, line_width
from tui.widgets.tones import ACCENT, BUSY, PLAIN, STRONG

WIDTH = 76
LEAST_HEIGHT = 4
_FRAME = 2
"""Cells of a line that the frame and the blank beside it take at either side."""


@dataclass(frozen=True, slots=True)
class TourPage:
    """What one step says, what it waits for, and what can be pressed."""

    title: str
    words: str
    wanted: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """Where a box stands, and at which cell of which edge it points at its target."""

    region: Region
    pointer: int
    is_below: bool


def beside(target: Region, width: int, height: int, room: Region) -> Beside:
    """A box of that size in `room` that hides no line of `target`: under it, else over it.

    Where neither has room for all of it, it is cut to what the larger of both has.
    """
    over, under = target.y - room.y, room.bottom - target.bottom
    is_below = under >= height or (over < height and under >= over)
    height = max(0, min(height, under if is_below else over))
    width = min(width, room.width)
    middle = target.x + target.width // 2
    x = max(room.x, min(middle - width // 2, room.right - width))
    y = target.bottom if is_below else target.y - height
    pointer = max(1, min(middle - x, width - 2))
    return Beside(Region(x, y, width, height), pointer, is_below)


class TourBox(PaintedBox):
    """A frame with a title, words, what is waited for, and the keys in its lower edge, which can be clicked."""

    @dataclass
    class Pressed(Message):
        """A key in the edge was clicked."""

        action_name: str

    DEFAULT_CSS = "TourBox { layer: tour; background: $panel; }"

    page: reactive[TourPage] = reactive(TourPage("", ""), repaint=False)
    pointer: reactive[tuple[int, bool]] = reactive((1, True), repaint=False)
    """At which cell it points, and whether that is upwards."""

    def watch_page(self) -> None:
        """Say it."""
        self.redraw()

    def watch_pointer(self) -> None:
        """Point there."""
        self.redraw()

    def stand(self, target: Region, room: Region) -> None:
        """Goes beside that region of the screen, inside of that room."""
        width = min(WIDTH, room.width)
        place = beside(target, width, height_of(self.page, width), room)
        region = place.region
        self.styles.width, self.styles.height = region.width, region.height
        self.styles.offset = region.offset
        self.display = region.height >= LEAST_HEIGHT
        self.pointer = place.pointer, place.is_below

    def lines(self, width: int, height: int) -> list[Line]:
        """The box at a size; where it is too low the last of its words are left out."""
        at, is_up = self.pointer
        title: Line = [(cut(f" {self.page.title} ", width - 4, self.glyphs.ellipsis), STRONG)]
        inner = width - 2 * _FRAME
        rows: list[Run] = [(row, PLAIN) for row in wrapped(self.page.words, inner)]
        wanted: list[Run] = [(row, BUSY) for row in wrapped(self.page.wanted, inner)]
        room = max(0, height - 2)
        rows = [*rows[: max(0, room - len(wanted))], *wanted][:room]
        return [
            self._edge(title, width, "╭╮", at if is_up else None),
            *([("│ ", ACCENT), (fit(text, inner), tone), (" │", ACCENT)] for text, tone in rows),
            self._edge(self._keys(), width, "╰╯", None if is_up else at),
        ]

    def _edge(self, inside: Line, width: int, corners: str, at: int | None) -> Line:
        """An edge of the frame with something in it, and the sign where it points."""
        before = _before(inside, width, at)
        after = width - 2 - before - line_width(inside)
        rails = ["─" * before, "─" * after]
        if at is not None:
            index, x = (0, at - 1) if at <= before else (1, at - 1 - before - line_width(inside))
            if 0 <= x < len(rails[index]):
                sign = self.glyphs.ascending if corners == "╭╮" else self.glyphs.descending
                rails[index] = f"{rails[index][:x]}{sign}{rails[index][x + 1 :]}"
        return [(corners[0] + rails[0], ACCENT), *inside, (rails[1] + corners[1], ACCENT)]

    def _keys(self) -> Line:
        line: Line = []
        for action in self.page.actions:
            line += [("─", ACCENT)] if line else []
            line += [(f" {action.key_label}", BUSY), (f" {action.title} ", PLAIN)]
        return line

    @on(events.Click)
    def _press(self, event: events.Click) -> None:
        """A key in the lower edge; a click anywhere else in the box is nobody's."""
        event.stop()
        offset = event.get_content_offset(self)
        width, height = self.size
        if offset is None or offset.y != height - 1:
            return
        at, is_up = self.pointer
        x = 1 + _before(self._keys(), width, None if is_up else at)
        for action in self.page.actions:
            if x <= offset.x < x + action.width:
                self.post_message(self.Pressed(action.action_name))
            x += action.width + 1


def _before(inside: Line, width: int, at: int | None) -> int:
    """How much of the frame comes before what is in its edge: it keeps out of the way of the sign."""
    taken = line_width(inside)
    return max(1, width - 3 - taken) if at is not None and at <= taken + 2 else 1


def height_of(page: TourPage, width: int) -> int:
    """How many lines that page takes at that width."""
    inner = width - 2 * _FRAME
    return 2 + len(wrapped(page.words, inner)) + len(wrapped(page.wanted, inner))
