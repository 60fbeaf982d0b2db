"""Toned lines of text, told anew by assigning to them: one that is cut, and one that is wrapped."""

from __future__ import annotations

from rich.cells import cell_len
from textual.geometry import Size
from textual.reactive import reactive

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Cell, Line, cut, fit_line, line_width, one_line

_LEAST_NAME = 8


class Headline(PaintedBox):
    """A line whose first run, a name, gives way where it does not fit, and which is cut after that."""

    DEFAULT_CSS = "Headline { height: 1; }"

    line: reactive[Line] = reactive(list, repaint=False)
    """What it says."""

    def watch_line(self) -> None:
        """Say it."""
        self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The one line at a width."""
        line = list(self.line)
        if line:
            (name, tone), *others = line
            room = max(_LEAST_NAME, width - line_width(others))
            line = [(cut(name, room, self.glyphs.ellipsis, keep="ends"), tone), *others]
        return [fit_line(line, width, ellipsis=self.glyphs.ellipsis)]


class Paragraph(PaintedBox):
    """A text wrapped between words in at most `most_rows` lines."""

    DEFAULT_CSS = "Paragraph { height: auto; }"

    most_rows = 3
    text: reactive[Cell] = reactive(Cell(""), repaint=False)
    """What it says."""

    def watch_text(self, before: Cell, text: Cell) -> None:
        """Say it, in as many lines as it takes."""
        self.redraw()
        if before.text != text.text:
            self.refresh(layout=True)

    def lines(self, width: int, height: int) -> list[Line]:
        """The text at a width."""
        rows = wrapped(self.text.text, width)
        shown = rows[: self.most_rows]
        if len(rows) > self.most_rows:
            shown[-1] = cut(" ".join(rows[self.most_rows - 1 :]), width, self.glyphs.ellipsis)
        return [[(row, self.text.tone)] for row in shown]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text takes, and always one."""
        return max(1, min(self.most_rows, len(wrapped(self.text.text, width))))


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words, and inside of those that are wider."""
    rows: list[str] = []
    row = ""
    for word in one_line(text).split():
        if row and cell_len(row) + 1 + cell_len(word) <= width:
            row = f"{row} {word}"
            continue
        rows += [row] if row else []
        row = word
        while width > 0 and cell_len(row) > width:
            head = next(
                row[:end] for end in range(len(row), 0, -1) if cell_len(row[:end]) <= width or end == 1
            )
            rows.append(head)
            row = row[len(head) :]
    return [*rows, row] if row else rows
