"""A small grid of toned characters that pictures are drawn on, read out as lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.cells import cell_len

from tui.widgets.runs import Line, Run, Tone, grouped
from tui.widgets.tones import PLAIN


class Canvas:
    """A grid of `width` × `height` cells; (0, 0) is the top left, drawing outside of it does nothing."""

    def __init__(self, width: int, height: int) -> None:
        self.width = max(0, width)
        self.height = max(0, height)
        self._cells: list[list[Run]] = [[(" ", PLAIN)] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, character: str, tone: Tone = PLAIN) -> None:
        """Draw one character, one cell wide."""
        if 0 <= x < self.width and 0 <= y < self.height:
            self._cells[y][x] = (character, tone)

    def put_column(self, x: int, y: int, runs: Sequence[Run]) -> None:
        """Draw single cells under each other, from cell (x, y) down; they have to be inside the grid."""
        for row, run in zip(self._cells[y:], runs, strict=False):
            row[x] = run

    def write(self, x: int, y: int, text: str, tone: Tone = PLAIN) -> None:
        """Draw a text from cell (x, y) on; a character of two cells takes the place of two."""
        for character in text:
            length = cell_len(character)
            if length == 0 or x + length > self.width:
                continue
            self.put(x, y, character, tone)
            if length == 2:
                self.put(x + 1, y, "", tone)
            x += length

    def is_free(self, x: int, y: int, length: int = 1) -> bool:
        """Whether these cells are inside the grid and still blank."""
        if not (0 <= y < self.height and x >= 0 and x + length <= self.width):
            return False
        return all(character == " " for character, _ in self._cells[y][x : x + length])

    def shows(self, x: int, y: int, characters: Collection[str]) -> bool:
        """Whether the cell is inside the grid and holds one of these characters."""
        return 0 <= x < self.width and 0 <= y < self.height and self._cells[y][x][0] in characters

    def lines(self) -> list[Line]:
        """The grid as lines."""
        return [grouped(row) for row in self._cells]
