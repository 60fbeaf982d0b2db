"""For a terminal that knows ASCII only: whatever is painted, by us or by Textual, is translated here at last."""

from __future__ import annotations

from dataclasses import fields

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.widgets.glyphs import ASCII, UNICODE

_LOOKALIKES = {
    **dict.fromkeys("─━═╌┄┈┉╍╸╺╴╶", "-"),
    **dict.fromkeys("▔‾", "-"),
    **dict.fromkeys("│┃║┊┆╎▏▎▍▌▐▕╏", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛╔╗╚╝", "+"),
    **dict.fromkeys("▀▄█▉▊▋▛▜▙▟", "#"),
    "–": "-",
    "—": "-",
    "×": "x",
    "≥": ">",
    "≤": "<",
    "…": "~",
    "·": "-",
    "•": "*",
    "−": "-",
    "⏎": "<",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "✓": "y",
    "✗": "x",
    "▶": ">",
    "▼": "v",
    "▲": "^",
    "◀": "<",
    "\N{NO-BREAK SPACE}": " ",
}


def _of_our_glyphs() -> dict[str, str]:
    """Our own signs look in words of others as they look in ours."""
    table: dict[str, str] = {}
    for field in fields(UNICODE):
        table.update(zip(getattr(UNICODE, field.name), getattr(ASCII, field.name), strict=True))
    return table


_TABLE = {**_of_our_glyphs(), **_LOOKALIKES}


def to_ascii(text: str) -> str:
    """The text in ASCII, as wide as before; what has no likeness is a question mark for each of its cells."""
    if text.isascii():
        return text
    for blank_beside in (" …", "… "):
        # Something goes on, or more is to come: the blank's cell makes room for what reads like it.
        text = text.replace(blank_beside, "..")
    return "".join(one if one.isascii() else _TABLE.get(one) or "?" * cell_len(one) for one in text)


class AsciiOnly(LineFilter):
    """Translates every line that the app paints: borders, scrollbars and toasts too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments in ASCII."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
