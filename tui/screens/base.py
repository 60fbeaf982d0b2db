"""What all screens share: the source line at the top, the action bar at the bottom, and how they are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.content import Content
from textual.message import Message
from textual.screen import Screen

from tui.cluster.contexts import Nature
from tui.screens.commands import ARM, DELETE_POD, DISARM, Command
from tui.screens.help import HelpLine
from tui.screens.panels import StoryPanel
from tui.session.news import FleetRow, News, SourceNews, nature_word
from tui.widgets.buttons import Action, ActionBar
from tui.widgets.top_bar import Counts, SourceLine, SourceState, age

MOVING = HelpLine("up down", "Move", "Also k and j, PgUp and PgDn, Home and End, g and G")
DELETING = "Deleting …"
"""As wide as what it stands for, so that its neighbours stay where they are."""


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
    class DeletePodAsked(Message):
        """Delete that very pod of that Deployment, or a random one where `pod_uid` is None."""

        deployment_uid: str
        pod_uid: str | None

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

    class ArmAsked(Message):
        """Take the safety catch off, or put it back on."""

    class ContextAsked(Message):
        """Choose another source."""

    class StreamsAsked(Message):
        """Show how the streams are doing."""

    class HealsAsked(Message):
        """Show every heal since the start."""

    class HelpAsked(Message):
        """Show the help."""

    DEFAULT_CSS = "NewsScreen { overflow: hidden; }"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = ()

    source_line = getters.query_one(SourceLine)
    action_bar = getters.query_one(ActionBar)

    def __init__(self, *, read_only: bool) -> None:
        super().__init__()
        self.read_only = read_only
        self._is_armed = False
        self._is_busy = False

    @property
    def is_on_show(self) -> bool:
        """Whether it is on top, with all its widgets: when the app ends they go first."""
        return self.is_current and self.app.is_running

    @property
    def commands(self) -> tuple[Command, ...]:
        """What can be done here; with --read-only nothing that changes a cluster."""
        here = (DISARM if c is ARM and self._is_armed else c for c in self.COMMANDS_HERE)
        return tuple(c for c in here if not (c.chaos and self.read_only))

    @property
    def more_commands(self) -> tuple[Command, ...]:
        """What is only in the palette."""
        return ()

    @property
    def more_keys(self) -> tuple[HelpLine, ...]:
        """What the help says beyond the commands: keys that move, and the mouse."""
        return (MOVING,)

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
        self.source_line.state = source_state(source, tally, failed)
        self._tell_actions()

    def answer_press(self, words: str, *, busy: bool = False) -> None:
        """Answers a chaos key at once, before anything has come of it; no words take the answer back."""
        self._is_busy = busy
        self._tell_actions()

    def _tell_actions(self) -> None:
        self.action_bar.actions = tuple(self._action(c) for c in self.commands if c.button)

    def _action(self, command: Command) -> Action:
        if command is DELETE_POD and self._is_busy:
            return Action(command.label, DELETING, command.action, busy=True)
        why_not = self.objection(command)
        return Action(command.label, command.title, command.action, not why_not, why_not)

    def objection(self, command: Command) -> str:
        """Why that command can't be used now, or ""."""
        return ""

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

    def action_help(self) -> None:
        """Shows keys and legend."""
        self.post_message(self.HelpAsked())

    def action_command_palette(self) -> None:
        """Opens the palette."""
        self.app.action_command_palette()


class StoryScreen(NewsScreen):
    """A screen with the story of one Deployment, in whose frame a chaos key is answered."""

    story = getters.query_one(StoryPanel)

    def on_mount(self) -> None:
        """With --read-only nobody is told to press what is not bound."""
        if self.read_only:
            self.story.empty_message = "nothing yet"

    def answer_press(self, words: str, *, busy: bool = False) -> None:
        """Answers in the frame of the story too."""
        self.story.border_subtitle = Content(words)
        super().answer_press(words, busy=busy)


def source_state(source: SourceNews | None, tally: Tally, failed: str) -> SourceState:
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
        tally=Counts(tally.gaps, tally.short, tally.unsettled),
        note=source.error or source.note,
    )
