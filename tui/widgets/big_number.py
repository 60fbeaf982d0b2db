"""A number three lines high, for what has to be read from the back of a room."""

from __future__ import annotations

from tui.widgets.glyphs import ASCII, Glyphs

HEIGHT = 3
_DIGITS = {
    "0": ("┏━┓", "┃ ┃", "┗━┛"),
    "1": ("╺┓ ", " ┃ ", "╺┻╸"),
    "2": ("╺━┓", "┏━┛", "┗━╸"),
    "3": ("╺━┓", " ━┫", "╺━┛"),
    "4": ("╻ ╻", "┗━┫", "  ╹"),
    "5": ("┏━╸", "┗━┓", "╺━┛"),
    "6": ("┏━╸", "┣━┓", "┗━┛"),
    "7": ("╺━┓", "  ┃", "  ╹"),
    "8": ("┏━┓", "┣━┫", "┗━┛"),
    "9": ("┏━┓", "┗━┫", "╺━┛"),
}


def big_number(text: str, glyphs: Glyphs) -> tuple[str, ...]:
    """The text in three lines of one width; what is no digit stands small on the lowest, in ASCII all of it does."""
    digits = {} if glyphs is ASCII else _DIGITS
    parts = [digits.get(one, (" ", " ", one)) for one in text]
    return tuple("".join(part[row] for part in parts) for row in range(HEIGHT))
