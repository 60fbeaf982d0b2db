"""How long things of a kind took: the middle one and the slow ones, a line each, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.geometry import Size
from textual.reactive import reactive

from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, cut, fit
from tui.widgets.tones import BUSY, GOOD, MUTED, PLAIN

_COUNT_WIDTH = 5
_FIGURE_WIDTH = 7
_LEAST_LABEL, _MOST_LABEL = 10, 30
_LEAST_SCALE, _MOST_SCALE = 8, 60
_BEFORE_SCALE = 2


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

    def watch_spreads(self, before: Sequence[Spread], spreads: Sequence[Spread]) -> None:
        """Draw them."""
        self.redraw()
        if len(before) != len(spreads):
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The header and a line for each group."""
        return 1 + len(self.spreads)

    def lines(self, width: int, height: int) -> list[Line]:
        """The groups at a size."""
        label, scale = self._shares(width)
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

    def _shares(self, width: int) -> tuple[int, int]:
        """The width of the labels and that of the bars, which have none where there is no room for both."""
        figures = _COUNT_WIDTH + 2 * _FIGURE_WIDTH
        longest = max(cell_len(self.title), *(cell_len(one.label) for one in self.spreads), 0) + 1
        label = max(_LEAST_LABEL, min(_MOST_LABEL, longest, width - figures))
        scale = min(_MOST_SCALE, width - label - figures - _BEFORE_SCALE)
        return label, scale if scale >= _LEAST_SCALE else 0

    def _line(self, spread: Spread, label: int, scale: int, longest_s: float) -> Line:
        line: Line = [
            (fit(cut(spread.label, label - 1, self.glyphs.ellipsis, keep="ends"), label), PLAIN),
            (fit(f"{spread.count:,}", _COUNT_WIDTH, "right"), MUTED),
            (fit(spread.p50, _FIGURE_WIDTH, "right"), PLAIN),
            (fit(spread.p95, _FIGURE_WIDTH, "right"), PLAIN),
        ]
        if scale and longest_s > 0:
            until_p50 = max(1, round(scale * spread.p50_s / longest_s))
            until_p95 = max(until_p50, round(scale * spread.p95_s / longest_s))
            line += [
                (" " * _BEFORE_SCALE, PLAIN),
                (self.glyphs.running * until_p50, GOOD),
                (self.glyphs.pending * (until_p95 - until_p50), BUSY),
            ]
        return line
