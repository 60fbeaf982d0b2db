"""Chaos: every fault there is, exactly what it would do, and what goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Button, Static

from tui.chaos.target import Aim, Group, Target
from tui.screens import about, chaos_pictures
from tui.screens.base import NewsScreen, Tally
from tui.screens.commands import (
    ARM,
    BACK,
    FORCE,
    HELP,
    INJECT,
    LEAVE,
    NODE_FAULTS,
    PALETTE,
    QUIT,
    STOP,
    TOUR,
    UNDO_SELECTED,
    Command,
    bindings,
)
from tui.screens.later import later
from tui.screens.press import LEAST_LOOK_S
from tui.screens.rows import gap_cell
from tui.screens.settings_form import SettingsForm
from tui.session.chaos_news import FaultNews, NodeNews, PlanNews, RunningNews, SettingNews, SurveyNews
from tui.session.news import FleetRow, News
from tui.session.source_news import SourceNews
from tui.steady import steady
from tui.widgets.buttons import ActionBar
from tui.widgets.glyphs import Glyphs
from tui.widgets.headline import Headline
from tui.widgets.line_table import LineTable
from tui.widgets.runs import Line
from tui.widgets.tones import BAD, MUTED, PLAIN, STRONG
from tui.widgets.top_bar import SourceLine
from tui.widgets.tree_list import OwnershipTree

_HERE = (INJECT, UNDO_SELECTED, FORCE, LEAVE, ARM, BACK, PALETTE, TOUR, QUIT, STOP, HELP)
SETTLE_S = 0.15
"""Nothing is planned while the cursor runs through the list or while somebody types."""
LOOKING = "looking at what could be done …"
PLANNING = "planning …"
ROOMY_HEIGHT = 30
LOW_ROWS, ROOMY_ROWS = 3, 6
"""How many nodes, or faults that go on, are in view at once."""
LASTS = SettingNews("for", "until it is undone by itself", "")


class Catalogue(OwnershipTree):
    """The faults; enter injects the one that is shown, a double click does not."""

    class Chosen(Message):
        """Enter was pressed on a fault."""

    def action_open(self) -> None:
        """Says yes to what the preview shows."""
        self.post_message(self.Chosen())


class ChaosScreen(NewsScreen):
    """The catalogue at the left, the preview at the right, and under both what goes on.

    What it is aimed at is fixed when it opens: a Deployment by its uid, with a pod or without; for the faults of
    nodes and zones one of them is chosen here.
    """

    @dataclass
    class SurveyAsked(Message):
        """Tell the catalogue for that Deployment."""

        deployment_uid: str | None
        pod_uid: str | None

    @dataclass
    class PlanAsked(Message):
        """Tell what exactly would be done."""

        fault: str
        target: Target
        settings: Mapping[str, str]

    @dataclass
    class InjectAsked(Message):
        """Do what the preview of that plan says; `anyway` also on an open gap."""

        plan: PlanNews
        anyway: bool

    CSS_PATH = "../styles/chaos.tcss"
    ABOUT = about.CHAOS
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = _HERE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_HERE)]

    target_line = getters.query_one("#target", Headline)
    catalogue = getters.query_one(Catalogue)
    plan_box = getters.query_one("#plan", Vertical)
    places = getters.query_one("#places", LineTable)
    form = getters.query_one(SettingsForm)
    verdict = getters.query_one("#verdict", Static)
    title_line = getters.query_one("#title", Static)
    preview = getters.query_one("#preview", Static)
    inject_button = getters.query_one("#inject", Button)
    going_on = getters.query_one("#going-on", LineTable)

    def __init__(
        self,
        row: FleetRow | None,
        pod_uid: str | None,
        pod_name: str,
        fault: str,
        glyphs: Glyphs,
        *,
        read_only: bool,
        clock: Callable[[], float] = steady,
    ) -> None:
        """`row`: the Deployment; `fault`: which one to point at first, "" is the first of all."""
        super().__init__(read_only=read_only)
        self._row = row
        self._pod_uid = pod_uid
        self._pod_name = pod_name
        self._wanted = fault
        self._glyphs = glyphs
        self._clock = clock
        self._rows: dict[str, FleetRow] = {}
        self._gone = False
        self._survey: SurveyNews | None = None
        self._fault: FaultNews | None = None
        self._plan: PlanNews | None = None
        self._expected = 0
        """The number of the plan that was asked for last."""
        self._seen_at = 0.0
        """Since when the plan can be read."""
        self._settling: asyncio.TimerHandle | None = None

    def compose(self) -> ComposeResult:
        """Source, target, catalogue beside plan, what goes on, actions."""
        yield SourceLine(glyphs=self._glyphs)
        yield Headline(id="target", glyphs=self._glyphs)
        with Horizontal(id="desk"):
            yield Catalogue(glyphs=self._glyphs, empty_message=LOOKING)
            with Vertical(id="plan"):
                yield LineTable(
                    chaos_pictures.PLACES,
                    glyphs=self._glyphs,
                    empty_message="no node that we may see",
                    id="places",
                )
                yield SettingsForm()
                yield Static("", id="title", markup=False)
                yield Static("", id="verdict", markup=False)
                with VerticalScroll():
                    yield Static("", id="preview")
                yield Button("Inject", id="inject", variant="warning", compact=True, disabled=True)
        yield LineTable(chaos_pictures.RUNNING, glyphs=self._glyphs, id="going-on")
        yield ActionBar(glyphs=self._glyphs)

    def on_mount(self) -> None:
        """The cursor starts in the catalogue."""
        self.catalogue.border_title = "faults"
        self.going_on.border_title = "goes on"
        self.places.display = self.going_on.display = False
        self.catalogue.focus()
        self._look()
        self.set_interval(1.0, self._look)
        self.set_interval(0.25, self.tick)

    def _look(self) -> None:
        if self.is_on_show:
            uid = self._row.uid if self._row is not None else None
            self.post_message(self.SurveyAsked(uid, self._pod_uid))

    # ---------------------------------------------------------------- news

    def show_news(self, news: News, rows: dict[str, FleetRow]) -> None:
        """Shows the catalogue, the plan that was asked for, and how the Deployment does."""
        self._rows = rows
        if self._row is not None:
            self._gone = self._row.uid in news.removed or (self._gone and self._row.uid not in rows)
            self._row = rows.get(self._row.uid, self._row)
        self._tell_target()
        if news.survey is not None:
            self._show_survey(news.survey)
        for plan in news.plans:
            if plan.id == self._expected:
                self._plan, self._seen_at = plan, self._clock()
        for answer in news.answers:
            if answer.to == self._expected and not answer.still_open:
                self._plan_anew()  # it has been fired, or things are not as planned any more
                self.answer_press(answer.text if answer.done else "")
        self._show_plan()

    def show_source(self, source: SourceNews | None, tally: Tally, failed: str = "") -> None:
        """Tells the button too whether it has to be armed first."""
        super().show_source(source, tally, failed)
        self._tell_button()

    def show_running(self, running: tuple[RunningNews, ...], now: float) -> None:
        """Shows what goes on, each with the time that is left."""
        super().show_running(running, now)
        self.going_on.display = bool(running)
        self.going_on.set_rows(chaos_pictures.running_rows(running, now))
        self._fit(self.going_on)
        self._tell_actions()

    def tick(self) -> None:
        """Lets the time that is left run."""
        if self.is_on_show:
            self.going_on.set_rows(chaos_pictures.running_rows(self._going_on, self._clock()))
            self._tell_button()

    def answer_press(self, words: str, *, busy: str = "") -> None:
        """Answers in the frame of the preview."""
        self.plan_box.border_subtitle = Content(words)
        super().answer_press(words, busy=busy)

    def _show_survey(self, survey: SurveyNews) -> None:
        if survey == self._survey:
            return
        self._survey = survey
        self._faults = tuple(fault for fault in survey.faults if fault.key)
        self.catalogue.set_lines(chaos_pictures.catalogue(survey.faults, self._glyphs))
        self._show_places()
        if self._fault is None:
            self._point_at_first()
        else:
            name = self._fault.name
            self._fault = next((one for one in survey.faults if one.name == name), self._fault)

    def _point_at_first(self) -> None:
        assert self._survey is not None
        faults = self._survey.faults
        if self._wanted == NODE_FAULTS.action:
            self._wanted = next((one.name for one in faults if one.group is Group.NODES), "")
        first = next((one.name for one in faults if one.name == self._wanted), faults[0].name)
        self.catalogue.move_cursor_to(first)

    def _show_places(self) -> None:
        aim = self._fault.aim if self._fault is not None else Aim.DEPLOYMENT
        self.places.display = aim is not Aim.DEPLOYMENT
        if self._survey is not None and aim is not Aim.DEPLOYMENT:
            self.places.set_rows(chaos_pictures.place_rows(aim, self._survey.nodes))
            self._fit(self.places)

    # ---------------------------------------------------------------- the plan

    @on(Catalogue.Highlighted)
    def _choose(self, event: Catalogue.Highlighted) -> None:
        faults = self._survey.faults if self._survey is not None else ()
        fault = next((one for one in faults if one.name == event.key), None)
        if (
            not self.app.is_running
            or fault is None
            or (self._fault is not None and fault.name == self._fault.name)
        ):
            return
        self._fault = fault
        lasts = [] if fault.lasts_s is None else [_lasts(fault.lasts_s)]
        self.form.offer([*fault.settings, *lasts])
        self._show_places()
        self._plan_anew()

    @on(LineTable.Highlighted, "#places")
    def _choose_place(self) -> None:
        if self._fault is not None and self._fault.aim is not Aim.DEPLOYMENT:
            self._plan_anew()

    @on(Resize)
    def _leave_room(self) -> None:
        """On a small terminal the preview needs the lines of the others."""
        self.set_class(self.size.height < ROOMY_HEIGHT, "low")
        self._fit(self.places)
        self._fit(self.going_on)

    def _fit(self, table: LineTable) -> None:
        """A line for each row and one for the titles, as far as there is room, and a frame where it has one."""
        is_low = self.size.height < ROOMY_HEIGHT
        frame = 2 if table is self.going_on and not is_low else 0
        rows = min(table.row_count, LOW_ROWS if is_low else ROOMY_ROWS) + 1 + frame
        if table.styles.height is None or table.styles.height.value != rows:
            table.styles.height = rows

    @on(SettingsForm.Changed)
    def _plan_anew(self) -> None:
        """From now on nothing can be injected until there is another plan."""
        if not self.app.is_running:
            return  # when the app ends, widgets go before their screen
        self._plan, self._expected = None, 0
        if self._settling is not None:
            self._settling.cancel()
        self._settling = later(self, SETTLE_S, self._ask_for_plan)
        self._show_plan()

    def _ask_for_plan(self) -> None:
        target = self._target() if self.app.is_running else None
        if self._fault is not None and target is not None:
            self.post_message(self.PlanAsked(self._fault.name, target, self.form.chosen))

    def expect(self, plan_id: int) -> None:
        """That plan has been asked for: no other one is shown any more."""
        self._expected = plan_id

    def _target(self) -> Target | None:
        if self._fault is None or self._gone:
            return None
        if self._fault.aim is Aim.DEPLOYMENT:
            row = self._row
            if row is None:
                return None
            return Target(Aim.DEPLOYMENT, row.name, row.namespace, row.uid, self._pod_uid or "")
        place = self.places.cursor_key
        if place is None:
            return None
        node = self._node(place) if self._fault.aim is Aim.NODE else None
        return Target(self._fault.aim, place, uid=node.uid if node is not None else "")

    def _node(self, name: str) -> NodeNews | None:
        nodes = self._survey.nodes if self._survey is not None else ()
        return next((one for one in nodes if one.name == name), None)

    def _tell_target(self) -> None:
        if self._row is None:
            line: Line = [(" no Deployment is selected: only the faults of nodes can be injected", MUTED)]
        elif self._gone:
            line = [(f" {self._row.key}", STRONG), (" is gone", BAD)]
        else:
            gap = gap_cell(self._row, self._glyphs)
            pod = f", pod {self._pod_name}" if self._pod_uid else ""
            line = [(f" on {self._row.key}{pod}", STRONG), (f"  desired {self._row.gap.desired}", PLAIN)]
            line += [(f"  ready {self._row.gap.ready}", PLAIN), ("  gap ", PLAIN), (gap.text, gap.tone)]
        self.target_line.line = line

    def _show_plan(self) -> None:
        fault, plan = self._fault, self._plan
        if fault is None:
            return
        self.plan_box.border_title = Content(fault.title)
        is_planned = plan is not None and not plan.refused
        self.title_line.update(plan.title if plan is not None and is_planned else "")
        self.title_line.display = is_planned
        why_not = self._why_not()
        self.verdict.update(why_not)
        self.verdict.display = bool(why_not)
        if plan is not None and is_planned:
            self.preview.update(chaos_pictures.what_will_be_done(plan, fault))
        else:
            self.preview.update(chaos_pictures.what_it_is(fault))
        self._tell_button()

    def _why_not(self) -> str:
        """Why what is shown can't be injected at all, or ""."""
        if self._fault is None:
            return LOOKING
        if self._gone and self._fault.aim is Aim.DEPLOYMENT:
            return "that Deployment is gone"
        if self._fault.objection:
            return self._fault.objection
        if self._target() is None:
            return "choose a node above" if self._fault.aim is Aim.NODE else "choose a zone above"
        return PLANNING if self._plan is None else self._plan.refused

    @property
    def _open_gaps(self) -> list[str]:
        """The Deployments that will feel it and whose gap is open: it is refused there unless one insists."""
        plan = self._plan
        if plan is None or not plan.steady:
            return []
        rows = (self._rows.get(uid) for uid in sorted(plan.hit_uids))
        return [row.key for row in rows if row is not None and not row.gap.settled]

    def _tell_button(self) -> None:
        label, why_not = self._button()
        self.inject_button.label = Content(label)
        self.inject_button.disabled = bool(why_not)
        self._tell_actions()

    def _button(self) -> tuple[str, str]:
        why_not = self._why_not()
        if why_not or self._plan is None:
            return "Inject", why_not
        if not self._is_armed:
            return "Arm, then inject", ""
        gaps = self._open_gaps
        if gaps:
            which = "a gap is" if len(gaps) == 1 else f"{len(gaps)} gaps are"
            return f"Inject all the same: {which} open still", ""
        return ("Inject" if self._plan.for_s is not None else f"Inject ({self._plan.undo})"), ""

    # ---------------------------------------------------------------- what people do

    def objection(self, command: Command) -> str:
        """What is shown has to be possible, and what is undone to be there."""
        if command is INJECT:
            return self._why_not()
        one = self._selected()
        if command in (UNDO_SELECTED, FORCE, LEAVE) and one is None:
            return "no fault goes on"
        if command in (FORCE, LEAVE) and one is not None and not (one.insists or one.left_behind):
            return "undo it first: nothing stands in its way"
        return ""

    def _selected(self) -> RunningNews | None:
        key = self.going_on.cursor_key
        return next((one for one in self._going_on if one.id == key), None)

    @on(Catalogue.Chosen)
    @on(Button.Pressed, "#inject")
    def action_inject(self) -> None:
        """Injects exactly what the preview says."""
        why_not = self._why_not()
        if why_not or self._plan is None:
            if why_not != PLANNING:
                self.notify(f"not injected: {why_not}", severity="warning", markup=False)
        elif self._clock() - self._seen_at >= LEAST_LOOK_S:
            self.post_message(self.InjectAsked(self._plan, bool(self._open_gaps)))

    @on(SettingsForm.Kept)
    def _back_to_catalogue(self) -> None:
        self.catalogue.focus()

    @on(LineTable.Opened, "#places")
    def _keep_place(self) -> None:
        self.catalogue.focus()

    def action_fault(self, name: str) -> None:
        """Points at that fault."""
        self.catalogue.move_cursor_to(name)

    def action_undo(self) -> None:
        """Undoes the fault under the cursor of what goes on."""
        self._undo(force=False)

    def action_force_undo(self) -> None:
        """The same although others have changed it since."""
        self._undo(force=True)

    def _undo(self, *, force: bool) -> None:
        why_not, one = self.objection(FORCE if force else UNDO_SELECTED), self._selected()
        if why_not or one is None:
            self.notify(why_not, markup=False)
        else:
            self.post_message(self.UndoAsked(one.id, force))

    def action_leave(self) -> None:
        """Leaves what the fault under the cursor has changed as it is."""
        why_not, one = self.objection(LEAVE), self._selected()
        if why_not or one is None:
            self.notify(why_not, markup=False)
        else:
            self.post_message(self.LeaveAsked(one.id))

    def action_back(self) -> None:
        """From a box back to the catalogue, and from there to the screen before."""
        if self.focused in (self.catalogue, None):
            self.dismiss()
        else:
            self.catalogue.focus()


def _lasts(seconds: float) -> SettingNews:
    return SettingNews(LASTS.name, LASTS.help, f"{seconds:g}s")
