"""Heals: every gap since the start, how its time was shared, and how long such gaps take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize

from tui.screens import about
from tui.screens.commands import (
    BACK,
    CONTEXT,
    EXPORT,
    EXPORT_TABLE,
    FILTER_HEALS,
    HELP,
    OPEN,
    PALETTE,
    QUIT,
    STOP,
    STREAMS,
    TOUR,
    Command,
    bindings,
)
from tui.screens.files import save
from tui.screens.filtered import FilteredScreen
from tui.screens.heal_rows import (
    COLUMNS,
    deployment_of,
    heal_key,
    heal_row,
    heals_legend,
    matches,
    phase_legend,
    spreads,
)
from tui.screens.help import HelpLine
from tui.session.heal_news import HealNews
from tui.session.news import FleetRow, News
from tui.steady import steady
from tui.widgets.buttons import ActionBar
from tui.widgets.glyphs import Glyphs
from tui.widgets.legend import Legend
from tui.widgets.line_table import LineTable
from tui.widgets.quantiles import Quantiles
from tui.widgets.top_bar import SourceLine

_HERE = (OPEN, BACK, FILTER_HEALS, EXPORT, EXPORT_TABLE, CONTEXT, STREAMS, PALETTE, TOUR, QUIT, STOP, HELP)
LOW_HEIGHT = 18
"""Below this the table alone is worth its room."""
NOTHING_YET = "no gap seen yet: what is lost, rolled out or scaled will stand here by phases"
NOTHING_MATCHES = "nothing matches: esc shows all again"


class HealsScreen(FilteredScreen):
    """A row for each heal, the newest on top, over how long they take by Deployment and by kind."""

    CSS_PATH = "../styles/heals.tcss"
    FILTERS_BY = "Deployment, kind or cause"
    ABOUT = about.HEALS
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = _HERE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_HERE)]

    legend = getters.query_one(Legend)
    by_deployment = getters.query_one("#by-deployment", Quantiles)
    by_kind = getters.query_one("#by-kind", Quantiles)

    def __init__(
        self,
        heals: Sequence[HealNews],
        glyphs: Glyphs,
        *,
        read_only: bool,
        clock: Callable[[], float] = steady,
    ) -> None:
        super().__init__(read_only=read_only)
        self._heals = {heal_key(heal): heal for heal in heals}
        self._glyphs = glyphs
        self._clock = clock
        self._known: set[str] = set()
        """The Deployments that are there now, by uid."""

    def compose(self) -> ComposeResult:
        """Source, table, what its glyphs mean, percentiles, filter, actions."""
        yield SourceLine(glyphs=self._glyphs)
        yield LineTable(COLUMNS, glyphs=self._glyphs, empty_message=NOTHING_YET)
        yield Legend(glyphs=self._glyphs)
        with Horizontal(id="spreads"):
            yield Quantiles("BY DEPLOYMENT", glyphs=self._glyphs, id="by-deployment")
            yield Quantiles("BY KIND", glyphs=self._glyphs, id="by-kind")
        yield self.a_filter_box()
        yield ActionBar(glyphs=self._glyphs)

    def on_mount(self) -> None:
        """Shows what is known so far."""
        self.table.focus()
        self._show_rows(self._heals)
        self._show_sums()

    @on(Resize)
    def _leave_room(self, event: Resize) -> None:
        """On a small terminal the table needs the lines of the others."""
        self.set_class(event.size.height < LOW_HEIGHT, "low")

    # ---------------------------------------------------------------- news

    def show_news(self, news: News, rows: dict[str, FleetRow]) -> None:
        """Remembers which Deployments are still there; the heals themselves come by `show_heals`."""
        self._known = set(rows)

    def show_heals(self, heals: Sequence[HealNews]) -> None:
        """Shows these heals: what is new or goes on is painted, and nothing else."""
        before, self._heals = self._heals, {heal_key(heal): heal for heal in heals}
        changed = {
            key: heal for key, heal in self._heals.items() if heal.total_s is None or before.get(key) != heal
        }
        self._show_rows(changed, before.keys() - self._heals.keys())
        if self._heals != before:
            self._show_sums()

    def _show_rows(self, changed: dict[str, HealNews], removed: Sequence[str] | set[str] = ()) -> None:
        now, wall = self._clock(), datetime.now()
        if changed or removed:
            rows = {key: heal_row(heal, now, wall, self._glyphs) for key, heal in changed.items()}
            self.table.update_rows(rows, removed)

    def _show_sums(self) -> None:
        heals = self._shown()
        self.legend.entries = phase_legend(heals, self._glyphs)
        self.by_deployment.spreads = spreads(heals, lambda heal: heal.key)
        self.by_kind.spreads = spreads(heals, lambda heal: heal.kind.value)

    def _shown(self) -> list[HealNews]:
        """The heals that pass the filter, from top to bottom."""
        return [self._heals[key] for key in self.table.shown_keys if key in self._heals]

    # ---------------------------------------------------------------- filter

    def watch_needle(self, needle: str) -> None:
        """Another filter, for the percentiles too."""
        if not self.is_mounted:
            return
        words = needle.lower().split()

        def passes(key: str) -> bool:
            heal = self._heals.get(key)
            return heal is not None and matches(heal, words)

        self.table.set_filter(passes if words else None)
        self.table.empty_message = NOTHING_MATCHES if words and self._heals else NOTHING_YET
        self.table.border_subtitle = Content(f"/{needle}" if words else "")
        self.table.set_class(bool(words), "filtered")
        self._show_sums()

    # ---------------------------------------------------------------- what people do

    def action_back(self) -> None:
        """Ends the filter first, and then goes back."""
        if not self.end_filter():
            self.dismiss()

    @on(LineTable.Opened)
    def _open(self, event: LineTable.Opened) -> None:
        deployment_uid = deployment_of(event.key)
        if deployment_uid in self._known:
            self.post_message(self.OpenAsked(deployment_uid))
        else:
            self.notify("that Deployment is not there any more", severity="warning", markup=False)

    def action_open_selected(self) -> None:
        """Opens the Deployment of the selected heal."""
        self.table.action_open()

    def action_export(self) -> None:
        """Writes the heals that are shown as JSON Lines, and says where."""
        self._export("jsonl")

    def action_export_table(self) -> None:
        """Writes the heals that are shown as CSV, and says where."""
        self._export("csv")

    def _export(self, suffix: str) -> None:
        heals = self._shown()
        if not heals:
            self.notify("there is no heal to export", severity="warning", markup=False)
            return
        # Imported when somebody exports: no screen waits for it.
        from tui.heal_document import export_heals

        name = f"gapwatch-heals-{datetime.now():%Y%m%d-%H%M%S}.{suffix}"
        try:
            path = save(name, Path(), lambda there: export_heals(heals, there))
        except OSError as error:
            reason = error.strerror or str(error)
            self.notify(f"not saved: {reason}", title="export", severity="error", markup=False)
        else:
            many = "1 heal" if len(heals) == 1 else f"{len(heals):,} heals"
            self.notify(f"saved {many} in {path}", title="export", markup=False)

    @property
    def more_legend(self) -> tuple[HelpLine, ...]:
        """What the phases are drawn with, and what the columns mean."""
        return heals_legend(self._glyphs)

    def objection(self, command: Command) -> str:
        """Nothing can be opened or exported before there is anything."""
        if command in (OPEN, EXPORT, EXPORT_TABLE) and not self._heals:
            return "there is no heal yet"
        return ""
