"""What the glyphs of a picture mean, under it: signs with their words, in as many lines as they take."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.geometry import Size
from textual.reactive import reactive

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, cut, line_width
from tui.widgets.tones import MUTED

_BETWEEN = "  "


class Legend(PaintedBox):
    """Signs with their words, wrapped between them; what takes more lines than allowed is left out."""

    DEFAULT_CSS = "Legend { height: auto; }"

    most_rows = 3
    entries: reactive[Sequence[tuple[Run, str]]] = reactive(tuple, repaint=False)
    """Each sign in its tone, and what it means."""

    def watch_entries(self) -> None:
        """Say them, in as many lines as it takes."""
        self.redraw()
        self.refresh(layout=True)

    def lines(self, width: int, height: int) -> list[Line]:
        """The entries at a width."""
        lines: list[Line] = []
        for (sign, tone), words in self.entries:
            text = cut(f" {words}", max(0, width - cell_len(sign)), self.glyphs.ellipsis)
            entry: Line = [(sign, tone), (text, MUTED)]
            if lines and line_width(lines[-1]) + len(_BETWEEN) + line_width(entry) <= width:
                lines[-1] += [(_BETWEEN, MUTED), *entry]
            else:
                lines.append(entry)
        return lines[: self.most_rows]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the entries take."""
        return len(self.lines(width, self.most_rows))
