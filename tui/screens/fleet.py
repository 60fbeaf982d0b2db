"""Fleet: is anything not as it was asked to be?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.reactive import var

from tui.screens import about
from tui.screens.base import TOO_EARLY, StoryScreen, Tally
from tui.screens.commands import (
    ALL_NAMESPACES,
    APPLY_LOOP,
    ARM,
    CHAOS,
    CONTEXT,
    CONTRAST,
    DELETE_POD,
    FILTER,
    GAPS_ONLY,
    HEALS,
    HELP,
    NODE_FAULTS,
    OPEN,
    PALETTE,
    PLAN,
    QUIT,
    SORT,
    STOP,
    STREAMS,
    TOUR,
    TURN,
    UNDO,
    Command,
    bindings,
)
from tui.screens.drift_rows import declared_line, drift_legend, why_words
from tui.screens.emptiness import WAITING, why_empty
from tui.screens.filtered import FilteredScreen
from tui.screens.help import HelpLine
from tui.screens.namespaces import KEYS, NamespaceKeys
from tui.screens.panels import StepPanel, StoryPanel
from tui.screens.rows import COLUMNS, DECLARED_COLUMNS, Order, fleet_cell, fleet_row
from tui.session.news import DeploymentDetail, FleetRow, News
from tui.session.source_news import SourceNews
from tui.steady import steady
from tui.widgets.buttons import ActionBar
from tui.widgets.fleet_strip import FleetStrip
from tui.widgets.glyphs import Glyphs
from tui.widgets.headline import Headline
from tui.widgets.line_table import LineTable, Row
from tui.widgets.top_bar import SourceLine

ROOMY_HEIGHT = 30
NOTHING_SELECTED = "no Deployment is selected"
NO_SOURCE = "there is no source: X watches another one"
LOW_HEIGHT = 20
"""Below this the table alone is worth its room."""

_HERE = (
    *(DELETE_POD, NODE_FAULTS, CHAOS, ARM, UNDO, PLAN, APPLY_LOOP, OPEN, FILTER, GAPS_ONLY, CONTEXT, HEALS),
    *(CONTRAST, STREAMS, PALETTE, TOUR, ALL_NAMESPACES, SORT, TURN, QUIT, STOP, HELP),
)
_CLICKING = HelpLine(
    "click", "Select", "Twice opens; on a title it sorts, once more turns round, then gaps first"
)


class FleetScreen(FilteredScreen, StoryScreen):
    """The whole fleet: strip, table, and the selected Deployment's last minute."""

    class AllNamespacesAsked(Message):
        """Look at all namespaces, where only one is being watched."""

    CSS_PATH = "../styles/fleet.tcss"
    FILTERS_BY = "namespace, name or why"
    ABOUT = about.FLEET
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = _HERE
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(_HERE),
        *((str(number), f"namespace({number})", "") for number in KEYS),
    ]

    strip = getters.query_one(FleetStrip)
    steps = getters.query_one(StepPanel)
    declared_line = getters.query_one("#declared", Headline)

    gaps_only = var(False)
    order: var[Order] = var(Order)
    namespace: var[str | None] = var(None)

    def __init__(self, glyphs: Glyphs, *, read_only: bool, clock: Callable[[], float] = steady) -> None:
        super().__init__(read_only=read_only)
        self._glyphs = glyphs
        self._clock = clock
        self._rows: dict[str, FleetRow] = {}
        self._detail: DeploymentDetail | None = None
        self._objection = "not known yet"
        self._namespace_keys = NamespaceKeys()
        self._told: tuple[SourceNews | None, Tally, str] = (None, Tally(), "")

    def compose(self) -> ComposeResult:
        """Source, strip, table, last minute, filter, actions."""
        yield SourceLine(glyphs=self._glyphs)
        yield FleetStrip(glyphs=self._glyphs)
        yield LineTable(COLUMNS, glyphs=self._glyphs, empty_message=WAITING)
        yield Headline(id="declared", glyphs=self._glyphs)
        with Horizontal(id="last-minute"):
            yield StepPanel(self._glyphs)
            yield StoryPanel(self._glyphs)
        yield self.a_filter_box()
        yield self.a_running_line(self._glyphs)
        yield ActionBar(glyphs=self._glyphs)

    def on_mount(self) -> None:
        """The cursor starts in the table; the clock of the open gaps starts too."""
        self.table.focus()
        self.set_interval(0.5, self.tick)
        self.watch(self.table, "scroll_y", self._tick_rows, init=False)

    @on(Resize)
    def _leave_room(self, event: Resize) -> None:
        """On a small terminal the table needs the lines of the others."""
        self.strip.most_rows = 1 if event.size.height < ROOMY_HEIGHT else 3
        self.set_class(event.size.height < LOW_HEIGHT, "low")

    # ---------------------------------------------------------------- news

    def show_news(self, news: News, rows: dict[str, FleetRow]) -> None:
        """Repaints what changed, and nothing else."""
        self._rows = rows
        order, now = self.order.key, self._clock()
        changed = {uid: fleet_row(row, now, order, self._glyphs) for uid, row in news.rows.items()}
        if changed or news.removed:
            moved = {uid for uid, row in changed.items() if self._is_other(uid, row)}
            self.table.update_rows(changed, news.removed)
            self.table.flash(moved)
            self.strip.update_cells({uid: fleet_cell(row) for uid, row in news.rows.items()}, news.removed)
        if news.detail is not None and news.detail.row.uid == self.table.cursor_key:
            self._show_detail(news.detail)

    def _is_other(self, uid: str, row: Row) -> bool:
        """Whether its gap or its drift is another one now."""
        before = self.table.row(uid)
        return before is not None and any(before.cells[one] != row.cells[one] for one in ("gap", "drift"))

    def show_source(self, source: SourceNews | None, tally: Tally, failed: str = "") -> None:
        """Tells the honest line, why there is nothing to see where that is so, and the charts what is watched."""
        self._told = (source, tally, failed)
        self._tell_emptiness()
        self._tell_declared(source)
        super().show_source(source, tally, failed)
        self.steps.show_source(source, self._clock())

    def _tell_declared(self, source: SourceNews | None) -> None:
        """A column more, and a line for what has no row, where something was declared."""
        declaration = source.declaration if source is not None else None
        self.table.set_columns(COLUMNS if declaration is None else DECLARED_COLUMNS)
        line = declared_line(declaration, self._glyphs, read_only=self.read_only)
        self.declared_line.line = line
        self.declared_line.display = bool(line)

    def tick(self) -> None:
        """Lets the open gaps' clocks run, and the last minute move."""
        if not self.is_on_show:
            return
        self._tick_rows()
        self.steps.tick(self._clock())

    def _tick_rows(self) -> None:
        """Only the rows that are in view: how many gaps are open elsewhere must cost nothing."""
        order, now, table = self.order.key, self._clock(), self.table
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
        self.namespace, self._namespace_keys = None, NamespaceKeys()
        self.steps.show(None, self._clock())
        self.story.show(None, self._clock())
        self.table.empty_message = WAITING
        self.answer_press("")

    def _show_detail(self, detail: DeploymentDetail | None) -> None:
        self._detail = detail
        self._objection = detail.objection if detail is not None else "not known yet"
        self._know_faults(detail)
        self.steps.show(detail, self._clock())
        self.story.show(detail, self._clock())

    def _know_faults(self, detail: DeploymentDetail | None) -> None:
        """Of another Deployment nothing is known yet; which faults there are stays."""
        if detail is not None:
            self._faults = detail.faults
            return
        why = "not known yet" if self.table.cursor_key else NOTHING_SELECTED
        self._faults = tuple(replace(one, objection=why) for one in self._faults)

    def _tell_emptiness(self) -> None:
        only_gaps = self.gaps_only and not self.namespace and not self.needle
        self.table.empty_message = why_empty(*self._told, only_gaps=only_gaps)

    def selection(self) -> tuple[str | None, str | None]:
        """The Deployment under the cursor, and none of its pods."""
        return self.table.cursor_key, None

    def objection_to_delete(self) -> str:
        """Delete needs a Deployment, and the guard's consent."""
        if self.table.cursor_key:
            return self._objection
        _, tally, failed = self._told
        if failed:
            return NO_SOURCE
        return TOO_EARLY if tally.deployments is None else NOTHING_SELECTED

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
            text = f"{row.key} {why_words(row)}".lower()
            return all(word in text for word in words)

        active = self.gaps_only or bool(self.namespace) or bool(words)
        self.table.set_filter(passes if active else None)
        said = [f"namespace {self.namespace}"] if self.namespace else []
        said += ["gaps only"] if self.gaps_only else []
        said += [f"/{self.needle}"] if self.needle else []
        self._tell_emptiness()
        self.table.border_subtitle = Content(" · ".join(said))
        self.table.set_class(active, "filtered")

    @on(LineTable.HeaderClicked)
    def _sort_by_click(self, event: LineTable.HeaderClicked) -> None:
        self.order = self.order.after(event.column_key)

    def watch_order(self, order: Order) -> None:
        """Another order: every row has another place."""
        if not self.is_mounted:
            return
        key, now = order.key, self._clock()
        self.table.show_sort(order.column, descending=order.descending)
        self.table.set_rows({uid: fleet_row(row, now, key, self._glyphs) for uid, row in self._rows.items()})

    def action_sort(self, column: str) -> None:
        """Sorts by a column; asked again the other way round, and then gaps first."""
        self.order = self.order.after(column)

    def action_sort_next(self) -> None:
        """Sorts by the column after the one that is sorted by now, and after the last one gaps first."""
        columns = [None, *(column.key for column in self.table.columns)]
        following = columns[(columns.index(self.order.column) + 1) % len(columns)]
        self.order = Order() if following is None else Order().after(following)

    def action_sort_other_way(self) -> None:
        """Turns the order round."""
        if self.order.column is None:
            self.notify("gaps come first, the longest open on top: o sorts by a column", markup=False)
        else:
            self.order = replace(self.order, descending=not self.order.descending)

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

    def key_escape(self) -> None:
        """Ends the filter: first the box with its text, then the others."""
        if not self.end_filter():
            self.gaps_only = False
            self.namespace = None

    def action_gaps_only(self) -> None:
        """Only Deployments with a gap, or all again."""
        self.gaps_only = not self.gaps_only

    @property
    def more_commands(self) -> tuple[Command, ...]:
        """Namespaces with their keys, and the columns to sort by."""
        numbered = {name: key for key, name in self._numbered()}
        names = [*numbered, *sorted(self._namespaces() - numbered.keys())]
        return (
            *(
                Command(
                    f"show_namespace({name!r})",
                    "",
                    "",
                    f"Namespace {numbered[name]}: {name}" if name in numbered else f"Namespace: {name}",
                    "Show only this namespace",
                )
                for name in names
            ),
            *(
                Command(f"sort({one.key!r})", "", "", f"Order by {one.title.lower()}", "Sort by this column")
                for one in self.table.columns
            ),
        )

    @property
    def more_legend(self) -> tuple[HelpLine, ...]:
        """What the column of the drift says."""
        return drift_legend() if self._is_declared else ()

    @property
    def more_keys(self) -> tuple[HelpLine, ...]:
        """How to move, and which namespace each number shows."""
        numbered = "  ".join(f"{key} {name}" for key, name in self._numbered())
        return (
            *super().more_keys,
            _CLICKING,
            HelpLine("1-9", "Namespace", numbered or "none is known yet", always=True),
        )

    def _namespaces(self) -> set[str]:
        return {row.namespace for row in self._rows.values()}

    def _numbered(self) -> list[tuple[int, str]]:
        self._namespace_keys.know(self._namespaces())
        return self._namespace_keys.items()

    def action_namespace(self, number: int) -> None:
        """0 shows all namespaces; 1 to 9 those that have these keys."""
        if number == 0:
            self.namespace = None
            self.post_message(self.AllNamespacesAsked())
            return
        name = dict(self._numbered()).get(number)
        if name is None:
            self.notify(f"no namespace has key {number}: ? tells which have one", markup=False)
        else:
            self.action_show_namespace(name)

    def action_show_namespace(self, name: str) -> None:
        """Shows only that namespace."""
        self._namespace_keys.choose(name)
        self.namespace = name

    def action_plan(self) -> None:
        """Shows what an apply of everything that was declared would change."""
        self.post_message(self.PlanAsked(None))

    def action_open_selected(self) -> None:
        """Opens the selected Deployment."""
        if self.table.cursor_key is not None:
            self.post_message(self.OpenAsked(self.table.cursor_key))
