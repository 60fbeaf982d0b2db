"""The phases of one heal as cells of a table: a stacked bar that tells how its time was shared."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from tui.widgets.glyphs import Glyphs
from tui.widgets.runs import Tone, apportion
from tui.widgets.tones import BUSY, PLAIN


@dataclass(frozen=True, slots=True)
class Part:
    """One phase in the bar: its glyph, and how long it took."""

    glyph: str
    took_s: float
    tone: Tone = PLAIN


@dataclass(frozen=True, slots=True)
class PhaseCells:
    """The phases in the order of time; `goes_on`: the last one is not over."""

    parts: tuple[Part, ...]
    goes_on: bool = False

    def in_width(self, width: int, glyphs: Glyphs) -> Text:
        """The bar in exactly `width` cells: a phase that took any time has one at least, as long as there is room."""
        bar = Text(no_wrap=True, end="")
        room = width - 1 if self.goes_on else width
        milliseconds = [round(1000 * max(0.0, part.took_s)) for part in self.parts]
        shares = apportion(room, milliseconds, show_all=True)
        for part, share in zip(self.parts, shares, strict=True):
            if share:
                bar.append(part.glyph * share, part.tone)
        if self.goes_on and width > 0:
            bar.append(glyphs.pointer, BUSY)
        return bar
