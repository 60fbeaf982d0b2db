"""Toned text in passages that are wrapped between words, each with a hanging indent: a plan, as people read one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.geometry import Size
from textual.reactive import reactive

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, grouped, line_width, one_line
from tui.widgets.tones import PLAIN

_BETWEEN = 3
"""Cells between a passage and its aside where both stand in one row."""
_WORDS = re.compile(r"\S+|\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, how far its later rows are indented, and an aside: beside it where there is room, else under it."""

    line: Line
    hang: int = 0
    aside: Line | None = None


class Passages(PaintedBox):
    """Passages from top to bottom, as high as they are at the width there is; to be put into what scrolls."""

    DEFAULT_CSS = "Passages { height: auto; }"

    passages: reactive[Sequence[Passage]] = reactive(tuple, repaint=False)
    """What it says."""

    def watch_passages(self, before: Sequence[Passage], passages: Sequence[Passage]) -> None:
        """Say it, in as many rows as it takes."""
        if before == passages:
            return
        self.redraw()
        if self.size.width and len(self._rows(self.size.width)) != self.size.height:
            self.refresh(layout=True)

    def lines(self, width: int, height: int) -> list[Line]:
        """All of it at a width."""
        return self._rows(width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as it takes, and always one."""
        return max(1, len(self._rows(width)))

    def _rows(self, width: int) -> list[Line]:
        return [row for passage in self.passages for row in passage_rows(passage, width)]


def passage_rows(passage: Passage, width: int) -> list[Line]:
    """One passage in rows of at most `width` cells."""
    rows = wrap(passage.line, width, passage.hang)
    aside = passage.aside
    if not aside:
        return rows
    spare = width - line_width(rows[-1]) - line_width(aside)
    if spare >= _BETWEEN:
        rows[-1] = [*rows[-1], (" " * spare, PLAIN), *aside]
        return rows
    return [*rows, *wrap([(" " * passage.hang, PLAIN), *aside], width, passage.hang)]


def wrap(line: Line, width: int, hang: int = 0) -> list[Line]:
    """The line in rows, broken between words, and inside of those that are wider than a row; always at least one."""
    hang = hang if hang < width // 2 else 0
    rows: list[list[Run]] = [[]]
    used = 0

    def begin() -> None:
        nonlocal used
        rows.append([(" " * hang, PLAIN)] if hang else [])
        used = hang

    is_first_word = True
    for word in _words(line):
        length = line_width(word)
        is_blank = not "".join(text for text, _ in word).strip()
        if not is_blank and used + length > width and not is_first_word and used > hang:
            begin()
        if is_blank and used + length > width:
            continue
        if is_blank and len(rows) > 1 and used <= hang:
            continue  # what stood between two words is not carried into the next row
        is_first_word = is_first_word and is_blank
        for piece in _pieces(word, width - used, max(1, width - hang)):
            if used + line_width(piece) > width and used > hang:
                begin()
            rows[-1] += piece
            used += line_width(piece)
    return [grouped(row) for row in rows]


def _words(line: Line) -> list[Line]:
    """The line's words and the blanks between them; a word may change its tone in its middle."""
    words: list[Line] = []
    was_blank: bool | None = None
    for text, tone in line:
        for found in _WORDS.findall(one_line(text)):
            is_blank = found.isspace()
            if is_blank is was_blank and words:
                words[-1].append((found, tone))
            else:
                words.append([(found, tone)])
            was_blank = is_blank
    return words


def _pieces(word: Line, first: int, others: int) -> list[Line]:
    """The word in one piece where it fits into a row of `others` cells, else cut: the first piece fits into `first`."""
    if line_width(word) <= max(first, others):
        return [word]
    pieces: list[Line] = [[]]
    room = first if first > 0 else others
    for text, tone in word:
        for character in text:
            length = cell_len(character)
            if length > room and pieces[-1]:
                pieces.append([])
                room = others
            pieces[-1].append((character, tone))
            room -= length
    return pieces
