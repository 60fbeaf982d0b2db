"""One toned line of text, told anew by assigning to `line`."""

from __future__ import annotations

from textual.reactive import reactive

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, fit_line


class Headline(PaintedBox):
    """A line that is cut where it does not fit."""

    DEFAULT_CSS = "Headline { height: 1; }"

    line: reactive[Line] = reactive(list, repaint=False)
    """What it says."""

    def watch_line(self) -> None:
        """Say it."""
        self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The one line at a width."""
        return [fit_line(list(self.line), width, ellipsis=self.glyphs.ellipsis)]
