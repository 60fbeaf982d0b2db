"""Help: what a screen shows and what it teaches, its keys, and what the glyphs mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Button, Static

from tui.screens.about import About
from tui.screens.commands import TOUR, Command
from tui.screens.dialog import Dialog
from tui.widgets.glyphs import Glyphs

ROOMY = 110
"""From this width on every line says what it means in full."""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A key or a glyph, what it is called, and what there is to say about it; `always` where that must be said."""

    sign: str
    title: str
    text: str
    always: bool = False


class HelpScreen(Dialog[None]):
    """Says what is to be seen here, what can be pressed, and what is drawn."""

    class TourAsked(Message):
        """Begin the tour."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *((key, "dismiss", "Close") for key in ("escape", "question_mark", "q")),
        (TOUR.key, "tour", TOUR.title),
    ]

    def __init__(
        self,
        commands: Iterable[Command],
        more: Iterable[HelpLine],
        glyphs: Glyphs,
        more_legend: Iterable[HelpLine] = (),
        abouts: Sequence[About] = (),
    ) -> None:
        """`abouts`: what the screen shows, and what else is to be seen on it."""
        super().__init__()
        self._abouts = abouts
        self._keys = [*(HelpLine(one.label, one.title, one.help) for one in commands), *more]
        self._legend = [*more_legend, *legend(glyphs)]
        self._roomy = False

    def compose(self) -> ComposeResult:
        """What it is about over keys and legend side by side."""
        grids = self._grids()
        with VerticalScroll(classes="dialog wide"):
            for about in self._abouts:
                yield Static(Content.assemble((about.question, "bold")), classes="question")
                yield Static(f"{about.shows} {about.learn}", markup=False)
            with Horizontal(classes="columns"):
                for title, name in (("Keys", "keys"), ("Legend", "legend")):
                    with Vertical():
                        yield Static(title, classes="heading", markup=False)
                        yield Static(grids[name], id=name)
            with Horizontal(classes="buttons low"):
                yield Button(f"{TOUR.label} {TOUR.title}", id="tour", compact=True)
                yield Button("esc closes", id="close", compact=True)

    @on(Button.Pressed, "#tour")
    def action_tour(self) -> None:
        """Closes, and has the tour begin."""
        self.app.post_message(self.TourAsked())
        self.dismiss()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss()

    def _grids(self) -> dict[str, Table]:
        """Where there is little room, words that explain themselves are left alone."""
        self._roomy = self.app.size.width >= ROOMY
        return {
            "keys": _grid(self._keys, in_full=self._roomy),
            "legend": _grid(self._legend, in_full=self._roomy),
        }

    @on(Resize)
    def _lay_out_anew(self) -> None:
        if self._roomy == (self.app.size.width >= ROOMY):
            return
        for name, grid in self._grids().items():
            self.query_one(f"#{name}", Static).update(grid)


def legend(glyphs: Glyphs) -> list[HelpLine]:
    """Every glyph that carries a meaning, and the words that are used in one sense only."""
    full, empty = glyphs.grade_full, glyphs.grade_empty
    low, middle, high = glyphs.heights[0], glyphs.heights[3], glyphs.heights[-1]
    return [
        HelpLine(glyphs.ready, "ready", "available, as asked for"),
        HelpLine(glyphs.starting, "starting", "created, but not ready yet"),
        HelpLine(glyphs.missing, "missing", "asked for, but not created yet"),
        HelpLine(glyphs.terminating, "terminating", "on its way out; counted apart"),
        HelpLine(glyphs.surplus, "surplus", "more than asked for, as in a rollout's surge"),
        HelpLine(glyphs.pending, "pending", "in a pod's bar: waits for a node"),
        HelpLine(glyphs.not_ready, "not ready", "was ready before, and is not now"),
        HelpLine(f"{low}{middle}{high}", "share short", "a cell per Deployment in the strip on top"),
        HelpLine(glyphs.set_point, "set point", "in the chart: what is desired"),
        HelpLine(glyphs.gap, "gap in time", "in the chart: desired and not available"),
        HelpLine(glyphs.mark, "fault", "in the chart: you did something here"),
        HelpLine(f"{glyphs.minus}2", "gap", "fewer available than desired", always=True),
        HelpLine("≥", "at least", "open since before we looked"),
        HelpLine("", "unsettled", "no gap, but a rollout or surplus pods", always=True),
        HelpLine(full * 3, "proof", "of who acted: nobody else does this"),
        HelpLine(f"{full * 2}{empty}", "hint", "of who acted: likely; names can be made up"),
        HelpLine(f"{full}{empty * 2}", "guess", "about who acted: it fits, and no more"),
    ]


def _grid(lines: Sequence[HelpLine], *, in_full: bool) -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, min_width=7)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    for line in lines:
        text = line.text if in_full or line.always else ""
        grid.add_row(Text(line.sign, "bold"), Text(line.title), Text(text, "dim"))
    return grid
