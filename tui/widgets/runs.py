"""Lines as runs of toned text: what every widget computes, before any colour is known.

A run is `(text, tone)`, a line is a list of runs. Lines are plain values, so what a widget draws is
tested as strings; `to_strip` gives them the colours of a palette at the last moment. Text is data
here and is never parsed as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.tones import PLAIN, Palette

Tone: TypeAlias = str | Style
Run: TypeAlias = tuple[str, Tone]
Line: TypeAlias = list[Run]
Side: TypeAlias = Literal["left", "right"]

_BREAKS = {ord(character): " " for character in "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One piece of text in one tone."""

    text: str
    tone: Tone = PLAIN


class FitsWidth(Protocol):
    """Something that draws itself for the room it gets, such as a bar."""

    def in_width(self, width: int, glyphs: Glyphs) -> Text:
        """What it looks like in at most `width` cells."""


@dataclass(frozen=True, slots=True)
class BothEnds:
    """A text that loses its middle where it has no room: what it begins with and what it ends with both count."""

    text: str
    tone: Tone = PLAIN

    def in_width(self, width: int, glyphs: Glyphs) -> Text:
        """Its ends in at most `width` cells."""
        return Text(cut(self.text, width, glyphs.ellipsis, keep="ends"), self.tone)


Content: TypeAlias = str | Cell | Text | FitsWidth
"""What an owner may put in a place; the spans of a Text carry tones."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a whole line is coloured: `under` every tone, and `over` every tone."""

    under: Style
    over: Style | None = None


def one_line(text: str) -> str:
    """The text with every kind of line break and tab turned into a space."""
    return text if text.isprintable() else text.translate(_BREAKS)


def cut(text: str, width: int, ellipsis: str = "…", *, keep: Side | Literal["ends"] = "left") -> str:
    """The text in at most `width` cells; what was cut away is marked by an ellipsis.

    `keep` says which part stays: the left, the right, or both ends, as for the names of pods, which
    differ at their end.
    """
    text = one_line(text)
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    if keep == "ends":
        right = cut(text, (width + 1) // 2, ellipsis, keep="right")
        return set_cell_size(text, width - cell_len(right)).rstrip() + right
    if keep == "left":
        return set_cell_size(text, width - len(ellipsis)).rstrip() + ellipsis
    kept = text
    while cell_len(kept) > width - len(ellipsis):
        kept = kept[1:]
    return ellipsis + kept


def fit(text: str, width: int, align: Side = "left", ellipsis: str = "…") -> str:
    """The text in exactly `width` cells."""
    text = cut(text, width, ellipsis)
    padding = " " * (width - cell_len(text))
    return text + padding if align == "left" else padding + text


def runs_of(content: Content, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """The runs of a content for the room it gets; where the spans of a Text overlap, the last wins.

    Only what fits itself has a look at the width; anything else is as long as it is.
    """
    if isinstance(content, str):
        return [(one_line(content), PLAIN)]
    if isinstance(content, Cell):
        return [(one_line(content.text), content.tone)]
    if not isinstance(content, Text):
        content = content.in_width(width, glyphs)
    plain = one_line(content.plain)
    if not content.spans:
        return [(plain, content.style)]
    cuts = sorted({0, len(plain), *(edge for span in content.spans for edge in (span.start, span.end))})
    line: Line = []
    for start, end in pairwise(cuts):
        tone = content.style
        for span in content.spans:
            if span.start <= start and end <= span.end:
                tone = span.style
        line.append((plain[start:end], tone))
    return line


def line_width(line: Iterable[Run]) -> int:
    """The width of a line in cells."""
    return sum(cell_len(text) for text, _ in line)


def fit_line(line: Line, width: int, align: Side = "left", ellipsis: str = "…") -> Line:
    """The line in exactly `width` cells, cut with an ellipsis or padded."""
    spare = width - line_width(line)
    if spare >= 0:
        padding = (" " * spare, PLAIN)
        return line if not spare else [*line, padding] if align == "left" else [padding, *line]
    fitted: Line = []
    left = width
    for index, (text, tone) in enumerate(line):
        length = cell_len(text)
        is_cut_here = length > left or (length == left and any(later for later, _ in line[index + 1 :]))
        if is_cut_here:
            kept = set_cell_size(text, max(0, left - 1)) + ellipsis if left > 0 else ""
            fitted.append((kept, tone))
            break
        fitted.append((text, tone))
        left -= length
    return fitted


def grouped(cells: Iterable[Run]) -> Line:
    """Neighbours of one tone joined, so that a row of single cells becomes few segments."""
    line: Line = []
    text = ""
    current: Tone = PLAIN
    for piece, tone in cells:
        if tone != current and text:
            line.append((text, current))
            text = ""
        current = tone
        text += piece
    if text:
        line.append((text, current))
    return line


def plain(line: Iterable[Run]) -> str:
    """The text of a line without its tones."""
    return "".join(text for text, _ in line)


def to_strip(line: Sequence[Run], width: int, palette: Palette, look: Look | None = None) -> Strip:
    """The line as a strip of exactly `width` cells in the colours of the palette."""
    under = look.under if look else palette.base
    over = look.over if look else None
    segments = []
    for text, tone in line:
        if text:
            style = under + palette.tone(tone) if tone else under
            segments.append(Segment(text, style + over if over else style))
    return Strip(segments).adjust_cell_length(width, under)


def apportion(total: int, parts: Sequence[int], *, show_all: bool = False) -> list[int]:
    """`total` cells shared out in proportion to `parts`, by largest remainder; the result sums to `total`.

    With `show_all` a part that is not zero gets at least one cell as long as there is one for each.
    All zeros when there is nothing to share out to.
    """
    whole = sum(parts)
    if whole <= 0 or total <= 0:
        return [0] * len(parts)
    quotas = [total * part / whole for part in parts]
    least = 1 if show_all and sum(1 for part in parts if part) <= total else 0
    shares = [max(least if part else 0, int(quota)) for part, quota in zip(parts, quotas, strict=True)]
    indexes = range(len(parts))
    while sum(shares) < total:
        shares[max(indexes, key=lambda i: (quotas[i] - shares[i], parts[i]))] += 1
    while sum(shares) > total:
        shares[max((i for i in indexes if shares[i] > least), key=lambda i: shares[i] - quotas[i])] -= 1
    return shares
