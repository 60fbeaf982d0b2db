"""Lines with a cursor that stays on its object: the base of the table and of the tree.

The cursor is a key, never an index. When lines move, the cursor goes with its line, and once somebody has
moved the cursor the view follows it if it was in view; when the line goes, the cursor takes the line that is
now in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_lines import PaintedLines

CURSOR = "lines--cursor"
HOVER = "lines--hover"
FLASHES = ("lines--flash-late", "lines--flash")  # how a flash fades: the last one comes first
_FADE_STEP_S = 0.45


class KeyedLines(PaintedLines):
    """Lines that can be walked, clicked and opened; each has a key, which is all that messages carry."""

    @dataclass
    class Highlighted(Message):
        """The cursor is on another object now; `key` is None when there is nothing to be on."""

        lines: KeyedLines
        key: str | None

        @property
        def control(self) -> KeyedLines:
            """The list it happened in."""
            return self.lines

        def can_replace(self, message: Message) -> bool:
            """Only the newest highlight of a list matters."""
            return isinstance(message, KeyedLines.Highlighted) and message.lines is self.lines

    @dataclass
    class Opened(Message):
        """An object was opened, by enter or by a double click."""

        lines: KeyedLines
        key: str

        @property
        def control(self) -> KeyedLines:
            """The list it happened in."""
            return self.lines

    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, HOVER, *FLASHES}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Open", show=False)]
    DEFAULT_CSS = """
    KeyedLines {
        & > .lines--cursor { background: $foreground 10%; }
        &:focus > .lines--cursor { background: $primary 45%; text-style: bold; }
        & > .lines--hover { background: $foreground 5%; }
        & > .lines--flash { background: $accent 30%; }
        & > .lines--flash-late { background: $accent 12%; }
        &:ansi > .lines--cursor { background: ansi_default; text-style: bold; }
        &:ansi:focus > .lines--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        &:ansi > .lines--hover { background: ansi_default; text-style: underline; }
        &:ansi > .lines--flash { background: ansi_default; text-style: bold underline; }
        &:ansi > .lines--flash-late { background: ansi_default; text-style: underline; }
    }
    """

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        empty_message: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, empty_message=empty_message, name=name, id=id, classes=classes)
        self._cursor: str | None = None
        self._cursor_index = 0
        self._was_moved = False
        """Whether somebody has chosen what the cursor is on; until then the view stays where it is."""
        self._hover_y: int | None = None
        self._flashes: dict[str, int] = {}
        self._fading: Timer | None = None

    @on(events.Mount)
    def _prepare_fading(self) -> None:
        """One timer fades every flash; it runs only while something flashes."""
        self._fading = self.set_interval(_FADE_STEP_S, self.fade, pause=True)

    @on(events.Resize)
    def _stay_in_view(self) -> None:
        if self._cursor is not None and self._was_moved:
            self.reveal(self._cursor_index)

    # ------------------------------------------------------------- for subclasses to say

    def index_of(self, key: str) -> int | None:
        """Where the line of a key stands now, or None if it is not shown."""
        raise NotImplementedError

    def is_selectable(self, key: str) -> bool:
        """Whether the cursor may stand on this line."""
        return True

    # --------------------------------------------------------------------------- cursor

    @property
    def cursor_key(self) -> str | None:
        """The key the cursor is on, or None while there is no line for it."""
        return self._cursor

    def move_cursor_to(self, key: str) -> bool:
        """Put the cursor on an object and bring it into view; False if it is not shown or not selectable."""
        index = self.index_of(key)
        if index is None or not self.is_selectable(key):
            return False
        self._was_moved = True
        self._set_cursor(key, index)
        self.reveal(index)
        return True

    def reveal(self, index: int) -> None:
        """Scroll as little as needed to have the line at an index on the screen."""
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to_line(index)
        elif index >= top + self.page:
            self.scroll_to_line(index - self.page + 1)

    def settle(self) -> None:
        """Keep the cursor on its object, and that object in view if it was."""
        line_before = self._cursor_index - self.scroll_offset.y
        was_in_view = self._cursor is None or 0 <= line_before < self.page
        index = self._index_of_cursor()
        if index is None:
            index = self._nearest_selectable(min(self._cursor_index, self.line_total() - 1))
        if index is None:
            self._was_moved = False
            self._set_cursor(None, 0)
            return
        has_moved = index != self._cursor_index
        self._set_cursor(self.key_at(index), index)
        if has_moved and was_in_view and self._was_moved:
            if self.scroll_offset.y:
                # Away from the top, what is being looked at stands still while lines come and go above it.
                self.scroll_to_line(index - line_before)
            self.reveal(index)

    def _index_of_cursor(self) -> int | None:
        """Where the cursor's line is now; a look at its last place saves the search in most cases."""
        if self._cursor is None:
            return None
        index = self._cursor_index
        if index < self.line_total() and self.key_at(index) == self._cursor:
            return index
        return self.index_of(self._cursor)

    def _nearest_selectable(self, start: int) -> int | None:
        total = self.line_total()
        for distance in range(total):
            for index in (start + distance, start - distance):
                if 0 <= index < total and self.is_selectable(self.key_at(index)):
                    return index
        return None

    def _set_cursor(self, key: str | None, index: int) -> None:
        self._cursor_index = index
        if key == self._cursor:
            return
        before, self._cursor = self._cursor, key
        self.repaint_key(before)
        self.repaint_key(key)
        self.post_message(self.Highlighted(self, key))

    def _step(self, steps: int) -> None:
        """Move the cursor by so many lines, to a line that may be selected, if possible beyond that."""
        total = self.line_total()
        if not total:
            return
        target = max(0, min(total - 1, self._cursor_index + steps))
        onwards = range(target, total) if steps > 0 else range(target, -1, -1)
        index = next((i for i in onwards if self.is_selectable(self.key_at(i))), None)
        if index is None:
            index = self._nearest_selectable(target)
        if index is not None:
            self._was_moved = True
            self._set_cursor(self.key_at(index), index)
            # Lines that can't be selected at either end are still to be seen.
            self.reveal(target)
            self.reveal(index)

    def action_line_up(self) -> None:
        """Move the cursor to the object above."""
        self._step(-1)

    def action_line_down(self) -> None:
        """Move the cursor to the object below."""
        self._step(1)

    def action_lines_page_up(self) -> None:
        """Move the cursor one page up."""
        self._step(-self.page)

    def action_lines_page_down(self) -> None:
        """Move the cursor one page down."""
        self._step(self.page)

    def action_first_line(self) -> None:
        """Move the cursor to the first object."""
        self._step(-self.line_total())

    def action_last_line(self) -> None:
        """Move the cursor to the last object."""
        self._step(self.line_total())

    def action_open(self) -> None:
        """Open the object under the cursor."""
        if self._cursor is not None:
            self.post_message(self.Opened(self, self._cursor))

    # ---------------------------------------------------------------------------- mouse

    @on(events.Click)
    def _click_line(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        index = None if offset is None else self.index_at(offset.y)
        if index is None:
            return
        key = self.key_at(index)
        if self.is_selectable(key):
            self._was_moved = True
            self._set_cursor(key, index)
            if event.chain == 2:
                self.post_message(self.Opened(self, key))

    @on(events.MouseMove)
    def _hover_line(self, event: events.MouseMove) -> None:
        offset = event.get_content_offset(self)
        self._set_hover(None if offset is None else offset.y)

    @on(events.Leave)
    def _hover_nothing(self) -> None:
        self._set_hover(None)

    def _set_hover(self, y: int | None) -> None:
        if y == self._hover_y:
            return
        before, self._hover_y = self._hover_y, y
        for line in (before, y):
            index = None if line is None else self.index_at(line)
            if index is not None:
                self.repaint_key(self.key_at(index))

    # ---------------------------------------------------------------------- state, flash

    def state_of(self, key: str, y: int) -> str:
        """Cursor before flash before hover."""
        if key == self._cursor:
            return CURSOR
        if key in self._flashes:
            return FLASHES[self._flashes[key]]
        return HOVER if y == self._hover_y and self.is_selectable(key) else ""

    def flash(self, keys: Iterable[str]) -> None:
        """Make the lines of these keys flash for about a second; those out of view do not."""
        in_view = {self.key_at(index) for index in self.window if index < self.line_total()}
        flashing = in_view.intersection(keys)
        if not flashing or self._fading is None:
            return
        self._flashes.update(dict.fromkeys(flashing, len(FLASHES) - 1))
        self.refresh_lines_that(flashing)
        self._fading.resume()

    def fade(self) -> None:
        """Take every flash one step towards nothing; the widget's timer calls this."""
        faded = set(self._flashes)
        self._flashes = {key: step - 1 for key, step in self._flashes.items() if step}
        self.refresh_lines_that(faded)
        if not self._flashes and self._fading is not None:
            self._fading.pause()
