"""The replica bar: what was asked for beside what is there, a cell for each replica while they fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.runs import Tone, apportion
from tui.widgets.tones import BAD, BUSY, EXTRA, GOOD, LEAVING

BAR_TONES: Mapping[str, Tone] = {
    "ready": GOOD,
    "starting": BUSY,
    "missing": BAD,
    "terminating": LEAVING,
    "surplus": EXTRA,
}


@dataclass(frozen=True, slots=True)
class ReplicaCells:
    """How many replicas are in each state; all counts are zero or more.

    `ready + starting + missing` is what was asked for while there is no surplus; terminating and
    surplus pods come on top of that.
    """

    ready: int = 0
    starting: int = 0
    missing: int = 0
    terminating: int = 0
    surplus: int = 0

    def in_width(self, width: int, glyphs: Glyphs) -> Text:
        """The bar for the width of a column."""
        return replica_bar(self, width, glyphs=glyphs)


def replica_bar(
    cells: ReplicaCells,
    width: int,
    styles: Mapping[str, Tone] = BAR_TONES,
    glyphs: Glyphs = UNICODE,
) -> Text:
    """The bar in at most `width` cells, its spans in `styles` (tones, unless told otherwise).

    One cell for each replica while they fit, else proportional by largest remainder, where a state
    that occurs keeps at least one cell.
    """
    parts = [
        ("ready", cells.ready, glyphs.ready),
        ("starting", cells.starting, glyphs.starting),
        ("missing", cells.missing, glyphs.missing),
        ("surplus", cells.surplus, glyphs.surplus),
        ("terminating", cells.terminating, glyphs.terminating),
    ]
    counts = [max(0, count) for _, count, _ in parts]
    lengths = counts if sum(counts) <= width else apportion(width, counts, show_all=True)
    bar = Text(no_wrap=True, end="")
    for (state, _, glyph), length in zip(parts, lengths, strict=True):
        if length:
            bar.append(glyph * length, styles[state])
    return bar
