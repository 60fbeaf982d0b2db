"""The one cleaner for text that comes from elsewhere: a cluster, a file, a log, another program.

Whatever reaches a terminal passes through `clean`; whatever passes through it can't move the cursor, change
colours, ring bells, write right to left or hide letters. Markup is no concern here: no text of theirs is ever
parsed as markup.
"""

from __future__ import annotations

import re

# ESC sequences go as a whole, so that no "[31m" is left standing: CSI, then OSC and its string-like sisters
# (DCS, SOS, PM, APC) up to their terminator, then two-character escapes.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SUSPECT = re.compile(f"{_INVISIBLE.pattern[:-1]}\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u2028\u2029]")
_BREAKS = re.compile(r"[\n\t ]+")


def clean(text: str) -> str:
    """`text` with escape sequences and invisible characters dropped and other controls shown as `·`.

    Newline and tab are kept. Clean text comes back as the same object, at the cost of one scan.
    """
    if not _SUSPECT.search(text):
        return text
    text = _SEQUENCES.sub("", text)
    text = _INVISIBLE.sub("", text)
    return _CONTROLS.sub("·", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """`text` cleaned, with every run of blanks and line breaks made one space."""
    return _BREAKS.sub(" ", clean(text)).strip()


class PlainError(Exception):
    """An error for people: its text is one line that says what was tried, what came back and what to do."""
