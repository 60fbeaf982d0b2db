"""Fleet: is anything not as it was asked to be?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.reactive import var
from textual.widgets import Input

from tui.screens.base import NewsScreen
from tui.screens.commands import (
    ALL_NAMESPACES,
    ARM,
    CONTEXT,
    DELETE_POD,
    FILTER,
    GAPS_ONLY,
    HELP,
    OPEN,
    PALETTE,
    QUIT,
    Command,
    bindings,
)
from tui.screens.panels import StepPanel, StoryPanel
from tui.screens.rows import COLUMNS, fleet_cell, fleet_row, order_by
from tui.session.news import DeploymentDetail, FleetRow, News
from tui.widgets.buttons import ActionBar
from tui.widgets.fleet_strip import FleetStrip
from tui.widgets.glyphs import Glyphs
from tui.widgets.line_table import LineTable
from tui.widgets.top_bar import SourceLine

ROOMY_HEIGHT = 30

_HERE = (DELETE_POD, ARM, OPEN, FILTER, GAPS_ONLY, CONTEXT, ALL_NAMESPACES, PALETTE, QUIT, HELP)


class FleetScreen(NewsScreen):
    """The whole fleet: strip, table, and the selected Deployment's last minute."""

    @dataclass
    class OpenAsked(Message):
        """Open that Deployment's screen."""

        deployment_uid: str

    class AllNamespacesAsked(Message):
        """Look at all namespaces, where only one is being watched."""

    CSS_PATH = "../styles/fleet.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = _HERE
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(_HERE),
        *((str(number), f"namespace({number})", "") for number in range(1, 10)),
    ]

    table = getters.query_one(LineTable)
    strip = getters.query_one(FleetStrip)
    steps = getters.query_one(StepPanel)
    story = getters.query_one(StoryPanel)
    filter_box = getters.query_one(Input)

    gaps_only = var(False)
    sort_column: var[str | None] = var(None)
    namespace: var[str | None] = var(None)
    needle = var("")

    def __init__(
        self, glyphs: Glyphs, *, read_only: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(read_only=read_only)
        self._glyphs = glyphs
        self._clock = clock
        self._rows: dict[str, FleetRow] = {}
        self._detail: DeploymentDetail | None = None
        self._objection = "not known yet"

    def compose(self) -> ComposeResult:
        """Source, strip, table, last minute, filter, actions."""
        yield SourceLine(glyphs=self._glyphs)
        yield FleetStrip(glyphs=self._glyphs)
        yield LineTable(COLUMNS, glyphs=self._glyphs, empty_message="waiting for the first complete list …")
        with Horizontal(id="last-minute"):
            yield StepPanel(self._glyphs)
            yield StoryPanel(self._glyphs)
        yield Input(placeholder="filter: namespace, name or why", id="filter", select_on_focus=False)
        yield ActionBar(glyphs=self._glyphs)

    def on_mount(self) -> None:
        """The cursor starts in the table; the clock of the open gaps starts too."""
        self.table.focus()
        self.set_interval(0.5, self.tick)
        self.watch(self.table, "scroll_y", self._tick_rows, init=False)

    @on(Resize)
    def _leave_room(self, event: Resize) -> None:
        """On a small terminal the strip takes one line: the table needs the others."""
        self.strip.most_rows = 1 if event.size.height < ROOMY_HEIGHT else 3

    # ---------------------------------------------------------------- news

    def show_news(self, news: News, rows: dict[str, FleetRow]) -> None:
        """Repaints what changed, and nothing else."""
        self._rows = rows
        order, now = order_by(self.sort_column), self._clock()
        changed = {uid: fleet_row(row, now, order, self._glyphs) for uid, row in news.rows.items()}
        if changed or news.removed:
            self.table.update_rows(changed, news.removed)
            self.strip.update_cells({uid: fleet_cell(row) for uid, row in news.rows.items()}, news.removed)
        if news.synced or news.removed:
            self._tell_emptiness()
        if news.failed:
            self.table.empty_message = news.failed
        if news.detail is not None and news.detail.row.uid == self.table.cursor_key:
            self._show_detail(news.detail)

    def tick(self) -> None:
        """Lets the open gaps' clocks run, and the last minute move."""
        if not self.is_on_show:
            return
        self._tick_rows()
        self.steps.tick(self._clock())

    def _tick_rows(self) -> None:
        """Only the rows that are in view: how many gaps are open elsewhere must cost nothing."""
        order, now, table = order_by(self.sort_column), self._clock(), self.table
        in_view = table.window[: max(0, table.line_total() - table.window.start)]
        ticking = {
            uid: fleet_row(row, now, order, self._glyphs)
            for uid in map(table.key_at, in_view)
            if (row := self._rows.get(uid)) is not None and row.opened is not None
        }
        if ticking:
            table.update_rows(ticking)

    def restart(self) -> None:
        """Another source: nothing of the old one may stay."""
        self.table.set_rows({})
        self.strip.set_cells({})
        self._rows, self._detail, self._objection = {}, None, "not known yet"
        self.namespace = None
        self.steps.show(None, self._clock())
        self.story.show(None, self._clock())
        self.table.empty_message = "waiting for the first complete list …"

    def _show_detail(self, detail: DeploymentDetail | None) -> None:
        self._detail = detail
        self._objection = detail.objection if detail is not None else "not known yet"
        self.steps.show(detail, self._clock())
        self.story.show(detail, self._clock())

    def _tell_emptiness(self) -> None:
        if self._rows:
            self.table.empty_message = "nothing matches: esc shows all again"
        else:
            self.table.empty_message = (
                "there are no Deployments here: 0 looks at all namespaces, x at another cluster"
            )

    def objection(self, command: Command) -> str:
        """Delete needs a Deployment, and the guard's consent."""
        if command is DELETE_POD:
            return self._objection if self.table.cursor_key else "no Deployment is selected"
        return ""

    # ---------------------------------------------------------------- filter and order

    def watch_gaps_only(self) -> None:
        """Another filter."""
        self._refilter()

    def watch_needle(self) -> None:
        """Another filter."""
        self._refilter()

    def watch_namespace(self) -> None:
        """Another filter."""
        self._refilter()

    def _refilter(self) -> None:
        if not self.is_mounted:
            return
        words = self.needle.lower().split()

        def passes(uid: str) -> bool:
            row = self._rows.get(uid)
            if row is None or (self.gaps_only and not row.gap.size):
                return False
            if self.namespace and row.namespace != self.namespace:
                return False
            text = f"{row.key} {row.why}".lower()
            return all(word in text for word in words)

        active = self.gaps_only or bool(self.namespace) or bool(words)
        self.table.set_filter(passes if active else None)
        said = [f"namespace {self.namespace}"] if self.namespace else []
        said += ["gaps only"] if self.gaps_only else []
        said += [f"/{self.needle}"] if self.needle else []
        self.table.border_subtitle = Content(" · ".join(said))
        self.table.set_class(active, "filtered")

    @on(LineTable.HeaderClicked)
    def _sort(self, event: LineTable.HeaderClicked) -> None:
        self.sort_column = None if self.sort_column == event.column_key else event.column_key
        order, now = order_by(self.sort_column), self._clock()
        self.table.show_sort(self.sort_column)
        self.table.set_rows(
            {uid: fleet_row(row, now, order, self._glyphs) for uid, row in self._rows.items()}
        )

    # ---------------------------------------------------------------- what people do

    @on(LineTable.Highlighted)
    def _select(self, event: LineTable.Highlighted) -> None:
        if self._detail is None or self._detail.row.uid != event.key:
            self._show_detail(None)
        self.post_message(self.FocusAsked(event.key))

    @on(LineTable.Opened)
    def _open(self, event: LineTable.Opened) -> None:
        self.post_message(self.OpenAsked(event.key))

    @on(FleetStrip.Picked)
    def _pick(self, event: FleetStrip.Picked) -> None:
        self.table.move_cursor_to(event.key)
        self.table.focus()

    @on(Input.Changed)
    def _type_filter(self, event: Input.Changed) -> None:
        self.needle = event.value

    @on(Input.Submitted)
    def _keep_filter(self) -> None:
        self.filter_box.display = False
        self.table.focus()

    def key_escape(self) -> None:
        """Ends the filter: first the box with its text, then the others."""
        if self.filter_box.display or self.needle:
            self.filter_box.value = ""
            self.filter_box.display = False
            self.table.focus()
        else:
            self.gaps_only = False
            self.namespace = None

    def action_filter(self) -> None:
        """Opens the filter box."""
        self.filter_box.display = True
        # At once, not after the next refresh: what is typed next belongs to the filter.
        self.set_focus(self.filter_box)

    def action_gaps_only(self) -> None:
        """Only Deployments with a gap, or all again."""
        self.gaps_only = not self.gaps_only

    def action_namespace(self, number: int) -> None:
        """0 shows all namespaces; 1 to 9 the nth one in alphabetical order."""
        if number == 0:
            self.namespace = None
            self.post_message(self.AllNamespacesAsked())
            return
        names = sorted({row.namespace for row in self._rows.values()})
        if number <= len(names):
            self.namespace = names[number - 1]

    def action_open_selected(self) -> None:
        """Opens the selected Deployment."""
        if self.table.cursor_key is not None:
            self.post_message(self.OpenAsked(self.table.cursor_key))

    def action_delete_pod(self) -> None:
        """Asks for the end of a random pod of the selected Deployment."""
        if self.table.cursor_key is not None:
            self.post_message(self.DeletePodAsked(self.table.cursor_key, None))
