"""The base of every widget that paints a small fixed picture: strips, charts and one-line bars."""

from __future__ import annotations

from typing import ClassVar

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.runs import Line, to_strip
from tui.widgets.tones import TONE_CLASSES, Palette, tone_css


class PaintedBox(Widget):
    """A picture of toned lines, computed when first asked for and kept until `redraw`."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONE_CLASSES)
    DEFAULT_CSS = tone_css("PaintedBox") + "PaintedBox { height: auto; color: $foreground; }"

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.glyphs = glyphs
        self.palette = Palette(self)
        self._lines: list[Line] | None = None
        self._drawn_size = Size(0, 0)
        self._strips: dict[int, Strip] = {}

    def lines(self, width: int, height: int) -> list[Line]:
        """The picture for a size in cells; lines beyond the height are not shown."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Compute the picture anew, and paint the lines that differ."""
        before, (width, height) = self._lines, self.size
        if before is None or self._drawn_size != self.size:
            self._forget()
            self.refresh()
            return
        after = self._lines = self.lines(width, height)
        shown = range(min(max(len(before), len(after)), height))
        changed = [y for y in shown if before[y : y + 1] != after[y : y + 1]]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def replace_line(self, y: int, line: Line) -> None:
        """Put another line into the picture and repaint that one alone."""
        if self._lines is None:
            self.refresh()
        elif y < len(self._lines):
            self._lines[y] = line
            self._strips.pop(y, None)
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the picture in the colours of the theme."""
        width, height = self.size
        if self._lines is None or self._drawn_size != self.size:
            self._forget()
            self._lines = self.lines(width, height)
            self._drawn_size = self.size
        if y >= len(self._lines):
            return Strip.blank(width, self.palette.base)
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = to_strip(self._lines[y], width, self.palette)
        return strip

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line, unless the picture says otherwise."""
        return 1

    def notify_style_update(self) -> None:
        """Called by Textual when the theme or the state of the widget changes."""
        super().notify_style_update()
        self.palette.clear()
        self._strips.clear()

    def _forget(self) -> None:
        self._lines = None
        self._strips.clear()
