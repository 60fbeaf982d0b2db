"""The base of every scrolling list: lines painted one by one, and repainted only where they changed.

A subclass says how many lines there are, which key stands at an index and how a line looks. Cost
follows the visible lines, never the number of lines: what was painted on which screen line is
remembered, and a change refreshes just the screen lines that would now look different.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.headline import wrapped
from tui.widgets.runs import Line, Look, cut, to_strip
from tui.widgets.tones import MUTED, TONE_CLASSES, Palette, tone_css

_NO_STATE = ""
_STRIPS_KEPT = 1024  # more than any terminal is high, so that scrolling back and forth stays free


class PaintedLines(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines that scroll under a fixed header; the abstract base of tables, trees and logs."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES, "lines--header", "lines--empty"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "line_up", "Up", show=False),
        Binding("down,j", "line_down", "Down", show=False),
        Binding("pageup", "lines_page_up", "Page up", show=False),
        Binding("pagedown", "lines_page_down", "Page down", show=False),
        Binding("home,g", "first_line", "First", show=False),
        Binding("end,G", "last_line", "Last", show=False),
    ]
    DEFAULT_CSS = (
        tone_css("PaintedLines")
        + """
    PaintedLines {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        & > .lines--header { color: $text-muted; text-style: bold; }
        & > .lines--empty { color: $text-muted; }
        &:ansi > .lines--header { text-style: bold; }
    }
    """
    )

    header_height: ClassVar[int] = 0
    empty_message: var[str] = var("")
    """What stands in the middle while there are no lines; plain text."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        empty_message: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.glyphs = glyphs
        self.palette = Palette(self)
        self._strips: LRUCache[str, tuple[str, Strip]] = LRUCache(_STRIPS_KEPT)
        self._painted: dict[int, str | None] = {}
        self.set_reactive(PaintedLines.empty_message, empty_message)

    # ------------------------------------------------------------- for subclasses to say

    def line_total(self) -> int:
        """How many lines there are now."""
        raise NotImplementedError

    def key_at(self, index: int) -> str:
        """The key of the line at an index from 0 to `line_total() - 1`."""
        raise NotImplementedError

    def line_of(self, key: str, width: int) -> Line:
        """What stands in the line of a key, laid out for `width` cells."""
        raise NotImplementedError

    def state_of(self, key: str, y: int) -> str:
        """The component class of the line's present state (cursor, hover), or an empty string."""
        return _NO_STATE

    def settle(self) -> None:
        """Move cursor and view to where they belong after lines have changed, before they are painted."""

    def header(self, width: int) -> Line:
        """What stands in the fixed header line."""
        return []

    # ------------------------------------------------------------------------- painting

    @property
    def window(self) -> range:
        """The indexes that the screen has room for now, whether there are lines for them or not."""
        first = self.scroll_offset.y
        return range(first, first + max(0, self.size.height - self.header_height))

    @property
    def line_width(self) -> int:
        """How many cells a line has, beside the scrollbar."""
        return self.scrollable_content_region.width

    def index_at(self, y: int) -> int | None:
        """The index of the line on screen line `y` of the content, if there is one."""
        index = self.scroll_offset.y + y - self.header_height
        return index if y >= self.header_height and 0 <= index < self.line_total() else None

    def lines_changed(self, changed: Collection[str] = ()) -> None:
        """Repaint the visible lines that now hold another key, or one of the `changed` ones."""
        for key in changed:
            self._strips.discard(key)
        total = self.header_height + self.line_total()
        if self.virtual_size.height != total:
            self.virtual_size = Size(0, total)
        self.settle()
        if self.line_total() == 0:
            self.refresh()
            return
        self.refresh_lines_that(changed)

    def refresh_lines_that(self, changed: Collection[str]) -> None:
        top = self.header_height - self.scroll_offset.y
        width = self.line_width
        dirty = []
        window = self.window
        for index in range(window.start, min(window.stop, self.line_total())):
            key = self.key_at(index)
            if key in changed or self._painted.get(top + index) != key:
                dirty.append(Region(0, top + index, width, 1))
        if dirty:
            self.refresh(*dirty)

    def repaint_key(self, key: str | None) -> None:
        """Repaint the line of a key, if it is on the screen."""
        if key is not None:
            self.refresh_lines_that((key,))

    def repaint_header(self) -> None:
        """Repaint the header line alone."""
        if self.header_height and self.line_width:
            self.refresh(Region(0, 0, self.line_width, self.header_height))

    def repaint_all(self) -> None:
        """Forget every painted line: widths, colours or glyphs are other ones now."""
        self._strips.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One screen line: the header, a line of the list, or what stands there when there is none."""
        width = self.line_width
        if y < self.header_height:
            look = Look(self.palette.base + self.palette.component("lines--header"))
            return to_strip(self.header(width), width, self.palette, look)
        index = self.index_at(y)
        if index is None:
            self._painted[y] = None
            return self._empty_line(y, width)
        key = self.key_at(index)
        self._painted[y] = key
        return self._strip_of(key, self.state_of(key, y), width)

    def _strip_of(self, key: str, state: str, width: int) -> Strip:
        kept = self._strips.get(key)
        if kept is not None and kept[0] == state and kept[1].cell_length == width:
            return kept[1]
        strip = to_strip(self.line_of(key, width), width, self.palette, self._look(state))
        self._strips[key] = (state, strip)
        return strip

    def _look(self, state: str) -> Look:
        palette = self.palette
        if not state:
            return Look(palette.base)
        over = palette.insists(state)
        return Look(palette.base + palette.component(state), over or None)

    def _empty_line(self, y: int, width: int) -> Strip:
        """A row without a line: blank, or part of what stands in the middle where there are none at all."""
        room = self.size.height - self.header_height
        rows = wrapped(self.empty_message, width) if not self.line_total() else []
        if len(rows) > room:
            rows[room - 1 :] = [cut(" ".join(rows[room - 1 :]), width, self.glyphs.ellipsis)]
        place = y - self.header_height - (room - len(rows)) // 2
        if not 0 <= place < len(rows):
            return Strip.blank(width, self.palette.base)
        message = rows[place]
        line: Line = [(" " * ((width - cell_len(message)) // 2), MUTED), (message, MUTED)]
        return to_strip(line, width, self.palette, Look(self.palette.base))

    # ------------------------------------------------------------------- keys and events

    def watch_empty_message(self) -> None:
        """Repaint when nothing else is shown."""
        if self.line_total() == 0:
            self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Repaint only the screen lines that show another line now.

        A view that follows its cursor past inserted lines scrolls, but looks the same.
        """
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        if round(old_value) != round(new_value):
            self.refresh_lines_that(())

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or the state of the widget changes."""
        super().notify_style_update()
        self.palette.clear()
        self._strips.clear()

    @on(events.Resize)
    def _lay_out_anew(self) -> None:
        self.repaint_all()
        self.settle()

    def scroll_to_line(self, index: int) -> None:
        """Have the line at an index at the top, or as near to it as there are lines below it.

        Nothing happens before there is a size; the first size settles the view. Forced, since Textual
        refuses to scroll until it has laid out the scrollbar.
        """
        if self.size.height:
            self.scroll_to(y=max(0, min(index, self.max_scroll_y)), animate=False, force=True)

    @property
    def page(self) -> int:
        """How many lines fit on the screen under the header."""
        return max(1, self.size.height - self.header_height)

    def action_line_up(self) -> None:
        """Scroll one line up."""
        self.scroll_to_line(self.scroll_offset.y - 1)

    def action_line_down(self) -> None:
        """Scroll one line down."""
        self.scroll_to_line(self.scroll_offset.y + 1)

    def action_lines_page_up(self) -> None:
        """Scroll one page up."""
        self.scroll_to_line(self.scroll_offset.y - self.page)

    def action_lines_page_down(self) -> None:
        """Scroll one page down."""
        self.scroll_to_line(self.scroll_offset.y + self.page)

    def action_first_line(self) -> None:
        """Go to the first line."""
        self.scroll_to_line(0)

    def action_last_line(self) -> None:
        """Go to the last line."""
        self.scroll_to_line(self.line_total())
