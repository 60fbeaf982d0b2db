"""Text for a stream whose encoding lacks a sign of it: the nearest sign that it has, never an error."""

from __future__ import annotations

import codecs
import io
from typing import TextIO

ERRORS = "gapwatch-signs"
_IN_ASCII = str.maketrans({"−": "-", "–": "-", "—": "-", "·": "|", "…": "...", "→": "->", "≠": "!="})


def take_any_text(stream: TextIO) -> None:
    """Has the stream write every text, whatever its encoding."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=ERRORS)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end].translate(_IN_ASCII)
    return "".join(sign if sign.isascii() else "?" for sign in signs), error.end


codecs.register_error(ERRORS, _nearest)
