"""What all screens share: the source line at the top, the action bar at the bottom, and how they are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import getters, on
from textual.content import Content
from textual.events import Key, ScreenResume
from textual.message import Message
from textual.screen import Screen

from tui.cluster.contexts import Nature
from tui.screens.about import DRIFT, About
from tui.screens.commands import (
    APPLY_LOOP,
    ARM,
    DELETE_POD,
    DISARM,
    FAULT_KEYS,
    NODE_FAULTS,
    UNDO,
    Command,
    fault_command,
)
from tui.screens.drift_rows import drift_count, loop_line
from tui.screens.help import HelpLine
from tui.screens.panels import StoryPanel
from tui.screens.running_line import running_line
from tui.session.chaos_news import FaultNews, RunningNews
from tui.session.drift_news import LoopNews
from tui.session.news import FleetRow, News
from tui.session.source_news import SourceNews, nature_word
from tui.widgets.buttons import Action, ActionBar
from tui.widgets.glyphs import Glyphs
from tui.widgets.headline import Headline
from tui.widgets.runs import Line
from tui.widgets.top_bar import Counts, SourceLine, SourceState, age

MOVING = HelpLine("up down", "Move", "Also k and j, PgUp and PgDn, Home and End, g and G")
DELETING = "Deleting …"
"""As wide as what it stands for, so that its neighbours stay where they are."""


TOO_EARLY = "too early: nothing is known of this cluster yet"


@dataclass(frozen=True)
class Tally:
    """The fleet in four numbers; `deployments` and `gaps` are None while they are not known.

    A gap is what the table calls one: fewer available pods than desired.
    """

    deployments: int | None = None
    gaps: int | None = None
    short: int = 0
    """Pods that are desired and not available, over all gaps."""
    unsettled: int = 0
    """Deployments without a gap where something is left to do."""

    def after(self, changes: Iterable[tuple[FleetRow | None, FleetRow | None]]) -> Tally:
        """The numbers once each old row (None: there was none) has given way to its new one (None: it is gone)."""
        deployments, gaps = self.deployments or 0, self.gaps or 0
        short, unsettled = self.short, self.unsettled
        for sign, row in ((sign, row) for pair in changes for sign, row in zip((-1, 1), pair, strict=True)):
            if row is not None:
                deployments += sign
                gaps += sign * (row.gap.size > 0)
                short += sign * row.gap.size
                unsettled += sign * (row.gap.size == 0 and not row.gap.settled)
        return Tally(deployments, gaps, short, unsettled)


class NewsScreen(Screen[None]):
    """A screen that shows a session's news. It posts what people ask for, and never calls the session."""

    @dataclass
    class FaultAsked(Message):
        """Inject that fault at once into that very pod of that Deployment, or a random one where it is None."""

        fault: FaultNews | None
        """None is the first of all: the end of a pod."""
        deployment_uid: str
        pod_uid: str | None

    @dataclass
    class ChaosAsked(Message):
        """Show every fault for that Deployment and pod, pointing at one; `fault` "" is the first."""

        fault: str
        deployment_uid: str | None
        pod_uid: str | None

    @dataclass
    class UndoAsked(Message):
        """Undo that fault; `force` also where others have changed it since."""

        fault_id: str
        force: bool = False

    @dataclass
    class LeaveAsked(Message):
        """Leave what that fault has changed as it is."""

        fault_id: str

    class StopAsked(Message):
        """No new faults, and all lasting ones undone."""

    @dataclass
    class OpenAsked(Message):
        """Open that Deployment's screen."""

        deployment_uid: str

    @dataclass
    class FocusAsked(Message):
        """Tell everything about that Deployment from now on."""

        deployment_uid: str | None

        def can_replace(self, message: Message) -> bool:
            """Only the newest focus matters."""
            return isinstance(message, NewsScreen.FocusAsked)

    class SourceAsked(Message):
        """Tell the source now: it has just come on top, and must not wait for a tick to say what is armed."""

    class ArmAsked(Message):
        """Take the safety catch off, or put it back on."""

    class ContextAsked(Message):
        """Choose another source."""

    class StreamsAsked(Message):
        """Show how the streams are doing."""

    class HealsAsked(Message):
        """Show every heal since the start."""

    class ContrastAsked(Message):
        """Show the contrast: once against for ever."""

    @dataclass
    class PlanAsked(Message):
        """Show what an apply of what was declared would change of that Deployment, or of all."""

        key: str | None

    class ApplyLoopAsked(Message):
        """Show the loop that applies every few seconds."""

    class HelpAsked(Message):
        """Show the help."""

    class TourAsked(Message):
        """Begin the tour."""

    DEFAULT_CSS = "NewsScreen { overflow: hidden; layers: default tour; }"
    ABOUT: ClassVar[About | None] = None
    """What the help says of it."""
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = ()

    source_line = getters.query_one(SourceLine)
    action_bar = getters.query_one(ActionBar)

    def __init__(self, *, read_only: bool) -> None:
        super().__init__()
        self.read_only = read_only
        self._is_armed = False
        self._busy = ""
        """The action that was pressed, and has not been answered yet."""
        self._faults: tuple[FaultNews, ...] = ()
        """Those with a key, as of what is selected."""
        self._going_on: tuple[RunningNews, ...] = ()
        self._is_declared = False
        """Whether anything was declared to us."""
        self._loop_line: Line = []

    @property
    def is_on_show(self) -> bool:
        """Whether it is on top, with all its widgets: when the app ends they go first."""
        return self.is_current and self.app.is_running

    @property
    def commands(self) -> tuple[Command, ...]:
        """What can be done here; with --read-only nothing that changes a cluster."""
        here = list[Command]()
        for command in self.COMMANDS_HERE:
            here.append(DISARM if command is ARM and self._is_armed else command)
            if command is DELETE_POD:
                here += self._fault_commands()
        here = [command for command in here if self._is_declared or not command.drift]
        return tuple(c for c in here if not (c.chaos and self.read_only))

    def _fault_commands(self) -> list[Command]:
        """Those of the catalogue that have a key, but for the one that every source has."""
        return [fault_command(one) for one in self._faults if one.key != DELETE_POD.key]

    @property
    def more_commands(self) -> tuple[Command, ...]:
        """What is only in the palette."""
        return ()

    @property
    def more_keys(self) -> tuple[HelpLine, ...]:
        """What the help says beyond the commands: keys that move, and the mouse."""
        return (MOVING,)

    @property
    def abouts(self) -> tuple[About, ...]:
        """What this screen shows, and the drift where there is something declared."""
        own = () if self.ABOUT is None else (self.ABOUT,)
        return (*own, DRIFT) if self._is_declared else own

    @property
    def more_legend(self) -> tuple[HelpLine, ...]:
        """What the help says of glyphs and words that are on this screen alone."""
        return ()

    def show_news(self, news: News, rows: dict[str, FleetRow]) -> None:
        """Shows what is new; `rows` is everything that is known."""
        raise NotImplementedError

    def show_source(self, source: SourceNews | None, tally: Tally, failed: str = "") -> None:
        """Tells the honest line, and what can be pressed now."""
        self._is_armed = source is not None and source.armed_for_s is not None
        self._is_declared = source is not None and source.declaration is not None
        state = source_state(source, tally, failed, len(self._going_on))
        self.source_line.state = replace(state, loop=tuple(self._loop_line))
        self._tell_actions()

    def show_loop(self, loop: LoopNews | None, now: float) -> None:
        """Tells how the apply loop does, under the honest line that comes next; None where nothing was declared."""
        key = APPLY_LOOP.label if APPLY_LOOP in self.commands else ""
        self._loop_line = loop_line(loop, now, self.source_line.glyphs, key=key)

    def show_running(self, running: tuple[RunningNews, ...], now: float) -> None:
        """Tells what faults go on, or were left behind."""
        self._going_on = running

    def answer_press(self, words: str, *, busy: str = "") -> None:
        """Answers a chaos key at once, before anything has come of it; no words take the answer back.

        `busy` is the action that is under way.
        """
        self._busy = busy
        self._tell_actions()

    def _tell_actions(self) -> None:
        self.action_bar.actions = tuple(self._action(c) for c in self.commands if c.button)

    def _action(self, command: Command) -> Action:
        why_not = self.objection(command)
        is_busy = command.action == self._busy
        return Action(
            command.label,
            DELETING if is_busy and command is DELETE_POD else command.title,
            command.action,
            enabled=is_busy or not why_not,
            why_not=why_not,
            busy=is_busy,
            weight=command.weight,
            at_right=command.at_right,
            leads_to_rest=command.leads_to_rest,
        )

    def objection(self, command: Command) -> str:
        """Why that command can't be used now, or ""."""
        return ""

    @on(ScreenResume)
    def _ask_for_source(self) -> None:
        self.post_message(self.SourceAsked())

    async def on_key(self, event: Key) -> None:
        """The keys of the faults, which are known only once there is a source."""
        for command in self._fault_commands():
            if event.key == command.key and not self.read_only:
                event.stop()
                await self.run_action(command.action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """With --read-only the chaos keys are not bound at all."""
        if self.read_only and any(c.chaos and c.action == action for c in self.COMMANDS_HERE):
            return False
        return super().check_action(action, parameters)

    @on(ActionBar.Pressed)
    async def _press(self, event: ActionBar.Pressed) -> None:
        event.stop()
        await self.run_action(event.action_name)

    def action_arm(self) -> None:
        """Takes the safety catch off, or puts it back on."""
        self.post_message(self.ArmAsked())

    def action_switch_context(self) -> None:
        """Offers the other contexts."""
        self.post_message(self.ContextAsked())

    def action_streams(self) -> None:
        """Shows how the streams are doing."""
        self.post_message(self.StreamsAsked())

    def action_heals(self) -> None:
        """Shows every heal since the start."""
        self.post_message(self.HealsAsked())

    def action_contrast(self) -> None:
        """Shows once against for ever."""
        self.post_message(self.ContrastAsked())

    def action_stop_everything(self) -> None:
        """No new faults, and all lasting ones undone."""
        self.post_message(self.StopAsked())

    def action_tour(self) -> None:
        """Begins the tour."""
        self.post_message(self.TourAsked())

    def action_apply_loop(self) -> None:
        """Offers to apply every few seconds, or to stop that."""
        self.post_message(self.ApplyLoopAsked())

    def action_help(self) -> None:
        """Shows keys and legend."""
        self.post_message(self.HelpAsked())

    def action_command_palette(self) -> None:
        """Opens the palette."""
        self.app.action_command_palette()


class StoryScreen(NewsScreen):
    """A screen with the story of one Deployment, in whose frame a chaos key is answered."""

    DEFAULT_CSS = "StoryScreen #running { display: none; background: $warning 20%; padding: 0 1; }"

    story = getters.query_one(StoryPanel)
    running_line = getters.query_one("#running", Headline)

    async def on_key(self, event: Key) -> None:
        """A fault's key that comes before anything is known of its fault is not lost without a word."""
        if not self._faults and not self.read_only and event.key in FAULT_KEYS:
            self.notify(self.objection_to_delete() or TOO_EARLY, severity="warning", markup=False)

    def on_mount(self) -> None:
        """With --read-only nobody is told to press what is not bound."""
        if self.read_only:
            self.story.empty_message = "nothing yet"

    def a_running_line(self, glyphs: Glyphs) -> Headline:
        """The line that tells what faults go on, so that nobody forgets; hidden while there is none."""
        return Headline(id="running", glyphs=glyphs)

    def show_running(self, running: tuple[RunningNews, ...], now: float) -> None:
        """Tells it in a line of its own, with the time that is left."""
        super().show_running(running, now)
        line = self.running_line
        line.line = running_line(running, now, line.glyphs, read_only=self.read_only)
        line.display = bool(running)

    def answer_press(self, words: str, *, busy: str = "") -> None:
        """Answers in the frame of the story too."""
        self.story.border_subtitle = Content(words)
        super().answer_press(words, busy=busy)

    # ---------------------------------------------------------------- faults

    def selection(self) -> tuple[str | None, str | None]:
        """The selected Deployment and its selected pod, by uid."""
        raise NotImplementedError

    def objection_to_delete(self) -> str:
        """Why no pod can be deleted here now, or ""."""
        raise NotImplementedError

    def objection(self, command: Command) -> str:
        """A fault needs a Deployment, the guard's consent and the rights."""
        if command is DELETE_POD:
            return self.objection_to_delete()
        if command is UNDO:
            return "" if self._going_on else "no fault goes on"
        fault = self._fault_of(command.action)
        if fault is None:
            return ""
        return fault.objection

    def _fault_of(self, action: str) -> FaultNews | None:
        return next((one for one in self._faults if fault_command(one).action == action), None)

    def action_delete_pod(self) -> None:
        """Asks for the end of the selected pod, or of a random one of the selected Deployment."""
        self._ask(None)

    def action_fault(self, name: str) -> None:
        """Injects that fault into what is selected; one that lasts is shown first."""
        fault = next((one for one in self._faults if one.name == name), None)
        if fault is None:
            return
        if fault.lasts_s is not None:
            self.post_message(self.ChaosAsked(name, *self.selection()))
        else:
            self._ask(fault)

    def _ask(self, fault: FaultNews | None) -> None:
        deployment_uid, pod_uid = self.selection()
        if deployment_uid is None:
            self.notify(self.objection_to_delete(), severity="warning", markup=False)
        else:
            self.post_message(self.FaultAsked(fault, deployment_uid, pod_uid))

    def action_chaos(self) -> None:
        """Shows every fault."""
        self.post_message(self.ChaosAsked("", *self.selection()))

    def action_node_faults(self) -> None:
        """Shows every fault, pointing at those of nodes."""
        self.post_message(self.ChaosAsked(NODE_FAULTS.action, *self.selection()))

    def action_undo(self) -> None:
        """Undoes the fault that is told."""
        if self._going_on:
            self.post_message(self.UndoAsked(self._going_on[0].id))
        else:
            self.notify("no fault goes on: there is nothing to undo", markup=False)


def source_state(source: SourceNews | None, tally: Tally, failed: str, faults: int = 0) -> SourceState:
    """The source line's words for this source."""
    if source is None:
        context = "no source" if failed else "connecting …"
        return SourceState(context=context, state="closed" if failed else "syncing", note=failed, armed="")
    scope = source.namespace or "all namespaces"
    scope += f" · {source.selector}" if source.selector else ""
    armed = "READ-ONLY" if source.read_only else "DISARMED" if source.armed_for_s is None else "ARMED"
    if source.armed_for_s is not None and source.nature is not Nature.SANDBOX:
        armed += f" {age(source.armed_for_s)}"
    return SourceState(
        context=source.context,
        kind=nature_word(source.nature),
        scope=scope,
        state=source.state.value,
        age_s=source.age_s,
        armed=armed,
        is_armed=source.armed_for_s is not None,
        faults=faults,
        tally=Counts(tally.gaps, tally.short, tally.unsettled, drift_count(source.declaration)),
        note=source.error or source.note,
    )
