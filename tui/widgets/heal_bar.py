"""The phases of one heal as a stacked bar in one line: each phase's glyph, then the moment it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.reactive import reactive

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Tone, apportion, fit_line
from tui.widgets.tones import MUTED, PLAIN


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase: what it ended with, when that was in seconds since the loss, and how its time is drawn."""

    word: str
    until_s: float
    glyph: str
    tone: Tone = PLAIN


class HealBar(PaintedBox):
    """Nothing while no phase is known; the widths tell how long each took once `is_over`."""

    DEFAULT_CSS = "HealBar { height: 1; }"

    phases: reactive[Sequence[Phase]] = reactive(tuple, repaint=False)
    """In the order of time."""
    is_over: reactive[bool] = reactive(False, repaint=False)
    """Whether the last phase is known, so that each can be drawn as the part of the whole that it was."""

    def watch_phases(self) -> None:
        """Draw it."""
        self.redraw()

    def watch_is_over(self) -> None:
        """Draw it."""
        self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The bar at a width."""
        line = heal_bar(self.phases, width if self.is_over else 0, self.glyphs.trunk)
        return [fit_line(line, width, ellipsis=self.glyphs.ellipsis)]


def heal_bar(phases: Sequence[Phase], width: int, separator: str) -> Line:
    """The stacked bar: each phase has room for its words, what is left of `width` cells goes by duration."""
    labels = [f" {phase.word} {_seconds(phase.until_s)}" for phase in phases]
    spare = max(0, width - sum(cell_len(label) + 2 for label in labels) + 1)
    starts = [0.0, *(phase.until_s for phase in phases)]
    durations = [
        round(1000 * max(0.0, phase.until_s - start)) for phase, start in zip(phases, starts, strict=False)
    ]
    line: Line = []
    for phase, label, more in zip(phases, labels, apportion(spare, durations), strict=True):
        if line:
            line.append((separator, MUTED))
        line += [(phase.glyph * (1 + more), phase.tone), (label, PLAIN)]
    return line


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"
