"""Deployment: how does the gap close?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.reactive import var

from tui.screens import about, pictures
from tui.screens.base import StoryScreen, Tally
from tui.screens.commands import (
    APPLY_LOOP,
    ARM,
    BACK,
    CHAOS,
    CONTEXT,
    CONTRAST,
    DECLARED,
    DELETE_POD,
    HEALS,
    HELP,
    NODE_FAULTS,
    PALETTE,
    PLAN,
    QUIT,
    STOP,
    STREAMS,
    TOUR,
    UNDO,
    Command,
    bindings,
)
from tui.screens.declared_panel import DeclaredPanel
from tui.screens.drift_rows import NOTHING_DECLARED, drift_legend, drift_words, is_drift, why_words
from tui.screens.help import HelpLine
from tui.screens.lanes import Acts, acts_of, lanes, lanes_legend
from tui.screens.names import Names
from tui.screens.panels import StepPanel, StoryPanel
from tui.screens.rows import duration, gap_cell, open_for, why_tone
from tui.session.drift_news import LoopNews
from tui.session.news import DeploymentDetail, FleetRow, Link, News
from tui.session.source_news import SourceNews
from tui.steady import steady
from tui.widgets.buttons import ActionBar
from tui.widgets.chain import Chain, ChainStep
from tui.widgets.glyphs import Glyphs
from tui.widgets.headline import Headline, Paragraph
from tui.widgets.heal_bar import HealBar
from tui.widgets.lifecycle import LifecycleBars
from tui.widgets.loop_lanes import LoopLanes
from tui.widgets.runs import Cell, Line
from tui.widgets.tones import BAD, BUSY, GOOD, MUTED, PLAIN, STRONG
from tui.widgets.top_bar import SourceLine
from tui.widgets.tree_list import OwnershipTree

_HERE = (
    *(DELETE_POD, NODE_FAULTS, CHAOS, ARM, UNDO, BACK, DECLARED, PLAN, APPLY_LOOP, CONTEXT, HEALS),
    *(CONTRAST, STREAMS, PALETTE, TOUR, QUIT, STOP, HELP),
)
ROOMY_HEIGHT, LOW_HEIGHT = 34, 24
WIDE = 150
"""From this width on there is room for what was declared beside the story."""
LOOP_ROWS = ((40, 9), (ROOMY_HEIGHT, 7), (-math.inf, 1))
"""From which height of the screen on the loop may take how many rows."""
DELETED = "this Deployment has been deleted"
OBSERVED = "act is a write that was seen; what comes before it can't be"


class DeploymentScreen(StoryScreen):
    """One Deployment: its tree, its step response, its pods' lives and its story."""

    CSS_PATH = "../styles/deployment.tcss"
    ABOUT = about.DEPLOYMENT
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = _HERE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_HERE)]

    headline = getters.query_one("#headline", Headline)
    why = getters.query_one(Paragraph)
    chain = getters.query_one(Chain)
    last_heal = getters.query_one("#last-heal", Headline)
    phases = getters.query_one(HealBar)
    owned = getters.query_one(OwnershipTree)
    steps = getters.query_one(StepPanel)
    loop = getters.query_one(LoopLanes)
    declared = getters.query_one(DeclaredPanel)

    is_declaring = var(False)
    """Whether what was declared is shown: in the place of the story, or beside it."""

    def __init__(
        self,
        deployment_uid: str,
        glyphs: Glyphs,
        *,
        read_only: bool,
        clock: Callable[[], float] = steady,
    ) -> None:
        super().__init__(read_only=read_only)
        self.deployment_uid = deployment_uid
        self._glyphs = glyphs
        self._clock = clock
        self._detail: DeploymentDetail | None = None
        self._acts: tuple[Acts, ...] = ()
        self._gone = False
        self._apply_loop: LoopNews | None = None

    def compose(self) -> ComposeResult:
        """Source, headline, why, tree beside charts, the loop, the last heal, story and declaration, actions."""
        yield SourceLine(glyphs=self._glyphs)
        yield Headline(id="headline", glyphs=self._glyphs)
        yield Paragraph(glyphs=self._glyphs)
        yield Chain(glyphs=self._glyphs)
        with Horizontal(id="body"):
            yield OwnershipTree(glyphs=self._glyphs, empty_message="waiting for its pods …")
            yield StepPanel(self._glyphs)
        yield LoopLanes(glyphs=self._glyphs)
        yield Headline(id="last-heal", glyphs=self._glyphs)
        yield HealBar(glyphs=self._glyphs)
        with Horizontal(id="lower"):
            yield StoryPanel(self._glyphs)
            yield DeclaredPanel(self._glyphs, read_only=self.read_only)
        yield self.a_running_line(self._glyphs)
        yield ActionBar(glyphs=self._glyphs)

    def on_mount(self) -> None:
        """Asks for everything about its Deployment."""
        self.owned.border_title = "owns"
        self.loop.border_title = "the loop"
        self.loop.border_subtitle = OBSERVED
        self.owned.focus()
        self.post_message(self.FocusAsked(self.deployment_uid))
        self.set_interval(0.25, self.tick)

    def show_news(self, news: News, rows: dict[str, FleetRow]) -> None:
        """Shows its Deployment's detail, in place."""
        if self.deployment_uid in news.removed:
            self._gone = True
            self._faults = tuple(replace(one, objection=DELETED) for one in self._faults)
            self.headline.line = [("this Deployment is gone from here: esc goes back", BAD)]
            return
        detail = news.detail
        if detail is None or detail.row.uid != self.deployment_uid:
            return
        self._detail, self._gone, self._faults = detail, False, detail.faults
        now = self._clock()
        self.owned.set_lines(pictures.tree(detail, self._glyphs))
        self.steps.show(detail, now)
        self.story.show(detail, now)
        self.declared.show(detail, now)
        self._tell_why(detail, now)
        self.phases.phases = pictures.heal_phases(detail.heal, self._glyphs)
        self.phases.is_over = detail.heal is not None and detail.heal.settled is not None
        self._acts = acts_of(detail)
        self._give_way()
        self._point_at(self.owned.cursor_key)
        self._tell_headline(now)
        self._tell_heal(now)
        self._tell_loop(now)

    def show_source(self, source: SourceNews | None, tally: Tally, failed: str = "") -> None:
        """Tells the charts too whether what they show is still being watched."""
        super().show_source(source, tally, failed)
        self.steps.show_source(source, self._clock())

    def show_loop(self, loop: LoopNews | None, now: float) -> None:
        """Gives the apply loop its lane too."""
        super().show_loop(loop, now)
        self._apply_loop = loop

    def tick(self) -> None:
        """Lets the clock of an open gap run, and the charts move."""
        if self.is_on_show and not self._gone:
            now = self._clock()
            self.steps.tick(now)
            self.chain.tick(now)
            if self._detail is not None and self.is_declaring:
                self.declared.show(self._detail, now)
            self._tell_headline(now)
            self._tell_heal(now)
            self._tell_loop(now)

    @on(Resize)
    def _give_way(self) -> None:
        """The loop has the lines that the reasons leave: a lane an actor, or one for all, or none."""
        reasons = len(self._detail.chain) if self._detail is not None else 0
        height = self.size.height - max(0, reasons - 1)
        self.set_class(height >= ROOMY_HEIGHT, "roomy")
        self.set_class(height < LOW_HEIGHT, "low")
        self.set_class(self.size.width >= WIDE, "wide")
        has_room = not self.is_declaring or self.has_class("roomy")
        self.phases.display = has_room and bool(self.phases.phases)
        self.loop.most_rows = next(rows for least, rows in LOOP_ROWS if height >= least)

    def _tell_loop(self, now: float) -> None:
        if self._detail is not None:
            self.loop.lanes = lanes(self._acts, self._detail.chain, now, self._apply_loop)

    def _tell_headline(self, now: float) -> None:
        if self._detail is not None:
            self.headline.line = headline(self._detail.row, now, self._glyphs)

    def _tell_heal(self, now: float) -> None:
        if self._detail is not None:
            names = Names.of(self._detail)
            self.last_heal.line = pictures.heal_line(self._detail.heal, names, now, self._glyphs)

    def _tell_why(self, detail: DeploymentDetail, now: float) -> None:
        """The whole chain where there is one, and one line where all is well."""
        self.chain.display = bool(detail.chain)
        self.why.display = not detail.chain
        self.why.text = why(detail.row)
        self.chain.show(chain_steps(detail), now)

    def selection(self) -> tuple[str | None, str | None]:
        """This Deployment, and the selected pod."""
        return self.deployment_uid, self._selected_pod()

    def objection_to_delete(self) -> str:
        """Delete needs the guard's consent."""
        if self._gone:
            return DELETED
        return self._detail.objection if self._detail is not None else "not known yet"

    def watch_is_declaring(self) -> None:
        """Another panel, which is scrolled by the keys at once."""
        self.set_class(self.is_declaring, "declaring")
        if self.is_declaring and self._detail is not None:
            self.declared.show(self._detail, self._clock())
        if self.is_mounted:
            self._give_way()
            self.set_focus(self.declared if self.is_declaring else self.owned)

    def action_show_declared(self) -> None:
        """What was declared, or the story again."""
        if self.is_declaring or self._is_declared:
            self.is_declaring = not self.is_declaring
        else:
            self.notify(NOTHING_DECLARED, markup=False)

    def action_plan(self) -> None:
        """Shows what an apply of this Deployment as declared would change."""
        if self._is_declared and self._detail is not None and self._detail.declared is None:
            self.notify(
                f"{self._detail.row.key} is not declared in the manifests that were given", markup=False
            )
        else:
            self.post_message(self.PlanAsked(self._detail.row.key if self._detail is not None else None))

    def action_back(self) -> None:
        """Back to the fleet."""
        self.dismiss()

    def _selected_pod(self) -> str | None:
        """The selected pod's uid, also when it has just gone: then nothing else may be hit in its place."""
        key = self.owned.cursor_key
        if self._detail is None or key is None:
            return None
        owners = {self.deployment_uid, *(replicaset.uid for replicaset in self._detail.replicasets)}
        return None if key in owners else key

    @property
    def more_legend(self) -> tuple[HelpLine, ...]:
        """What the lanes of the loop are drawn with, and what the words for drift say."""
        return (*lanes_legend(self._glyphs), *(drift_legend() if self._is_declared else ()))

    @on(OwnershipTree.Highlighted)
    def _mark_pod(self, event: OwnershipTree.Highlighted) -> None:
        self._point_at(event.key)

    def _point_at(self, key: str | None) -> None:
        """Points at the selected pod's bar and at its lines in the story, and says its whole name."""
        pods = (
            [pod for replicaset in self._detail.replicasets for pod in replicaset.pods]
            if self._detail
            else []
        )
        name = next((pod.name for pod in pods if pod.uid == key), "")
        self.steps.bars.selected = key
        self.story.about = Names.of(self._detail).pod(name) if self._detail and name else ""
        self.owned.border_subtitle = Content(name)

    @on(LifecycleBars.Picked)
    def _pick_pod(self, event: LifecycleBars.Picked) -> None:
        self.owned.move_cursor_to(event.key)


def headline(row: FleetRow, now: float, glyphs: Glyphs) -> Line:
    """The Deployment in one line: what was asked for, and what there is."""
    gap = gap_cell(row, glyphs)
    line: Line = [
        (f" {row.key} ", STRONG),
        (f" desired {row.gap.desired}", PLAIN),
        (f"  ready {row.gap.ready}", GOOD if row.gap.ready >= row.gap.desired else BUSY),
        ("  gap ", PLAIN),
        (gap.text, gap.tone),
        *drift_words(row.drift),
    ]
    if row.gap.terminating:
        line.append((f"  terminating {row.gap.terminating}", MUTED))
    since = open_for(row, now)
    if since:
        line.append((f"  for {since}", BUSY))
    elif row.last_heal_s is not None:
        line.append((f"  last heal {duration(row.last_heal_s)}", MUTED))
    return line


def why(row: FleetRow) -> Cell:
    """Why there is a gap, in full; where there is none, whether it is as declared too."""
    words = why_words(row)
    if words:
        return Cell(words, why_tone(row))
    if row.gap.settled and is_drift(row):
        return Cell("as asked for, but not as declared: v tells what nothing will bring back", BUSY)
    return Cell("as it was asked to be" if row.gap.settled else "", MUTED)


def chain_steps(detail: DeploymentDetail) -> tuple[ChainStep, ...]:
    """Why not yet, link by link, with short names."""
    names = Names.of(detail)
    last = sum(not link.aside for link in detail.chain) - 1  # asides come after what blocks
    return tuple(
        ChainStep(
            names.in_text(link.subject),
            names.in_text(link.text),
            names.in_text(link.waits_for),
            tone=_link_tone(link, why_tone(detail.row), is_last=index == last),
            due=link.due,
            since=link.since,
            is_final=link.hopeless,
        )
        for index, link in enumerate(detail.chain)
    )


def _link_tone(link: Link, tone: str, *, is_last: bool) -> str:
    """What blocks has the tone of its cause; what only leads there has none."""
    return BAD if link.hopeless else tone if is_last else PLAIN
