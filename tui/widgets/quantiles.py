"""How long things of a kind took: the middle one and the slow ones, a line each, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.reactive import reactive

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, cut, fit
from tui.widgets.tones import BUSY, GOOD, MUTED, PLAIN

_COUNT_WIDTH = 5
_FIGURE_WIDTH = 7
_LEAST_LABEL, _MOST_LABEL = 10, 30
_LEAST_SCALE, _MOST_SCALE = 8, 60


@dataclass(frozen=True, slots=True)
class Spread:
    """One group: how many there are, and within how many seconds one half and 19 of 20 of them were over.

    `p50` and `p95` are those seconds as people read them.
    """

    label: str
    count: int
    p50_s: float
    p95_s: float
    p50: str
    p95: str


class Quantiles(PaintedBox):
    """A header and a line for each group, as many as there is room for; the others are counted in the last line."""

    DEFAULT_CSS = "Quantiles { height: auto; }"

    spreads: reactive[Sequence[Spread]] = reactive(tuple, repaint=False)
    """The groups from top to bottom."""

    def __init__(self, title: str, *, id: str | None = None, **more: object) -> None:
        super().__init__(id=id, **more)  # type: ignore[arg-type]
        self.title = title

    def watch_spreads(self) -> None:
        """Draw them."""
        self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The groups at a size."""
        label = max(_LEAST_LABEL, min(_MOST_LABEL, width - _COUNT_WIDTH - 2 * _FIGURE_WIDTH - _LEAST_SCALE))
        scale = min(_MOST_SCALE, width - label - _COUNT_WIDTH - 2 * _FIGURE_WIDTH - 2)
        title = fit(self.title, label, "left", self.glyphs.ellipsis)
        heads = "".join(
            fit(head, room, "right")
            for head, room in (("HEALS", _COUNT_WIDTH), ("P50", _FIGURE_WIDTH), ("P95", _FIGURE_WIDTH))
        )
        lines: list[Line] = [[(title + heads, MUTED)]]
        room = max(0, height - 1)
        shown = self.spreads if len(self.spreads) <= room else self.spreads[: max(0, room - 1)]
        longest = max((spread.p95_s for spread in self.spreads), default=0.0)
        lines += [self._line(spread, label, scale, longest) for spread in shown]
        if len(shown) < len(self.spreads):
            lines.append([(f"+{len(self.spreads) - len(shown)} more", MUTED)])
        return lines

    def _line(self, spread: Spread, label: int, scale: int, longest_s: float) -> Line:
        line: Line = [
            (fit(cut(spread.label, label - 1, self.glyphs.ellipsis, keep="ends"), label), PLAIN),
            (fit(f"{spread.count:,}", _COUNT_WIDTH, "right"), MUTED),
            (fit(spread.p50, _FIGURE_WIDTH, "right"), PLAIN),
            (fit(spread.p95, _FIGURE_WIDTH, "right"), PLAIN),
        ]
        if scale >= _LEAST_SCALE and longest_s > 0:
            until_p50 = max(1, round(scale * spread.p50_s / longest_s))
            until_p95 = max(until_p50, round(scale * spread.p95_s / longest_s))
            line += [
                ("  ", PLAIN),
                (self.glyphs.running * until_p50, GOOD),
                (self.glyphs.pending * (until_p95 - until_p50), BUSY),
            ]
        return line
