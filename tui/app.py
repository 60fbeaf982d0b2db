"""The Textual app: wires a session to the screens, and little else."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from rich.console import RenderableType
from textual import on
from textual.app import App, ScreenStackError, SystemCommand
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.events import Event, Key
from textual.message import Message
from textual.screen import Screen

from tui.cluster.contexts import Nature
from tui.crash import Crash, write_crash
from tui.screens import contrast_keys
from tui.screens.apply_keys import ApplyKeys
from tui.screens.apply_loop import ApplyLoopScreen
from tui.screens.apply_plan import ApplyScreen
from tui.screens.base import NewsScreen
from tui.screens.chaos import ChaosScreen
from tui.screens.chaos_keys import ChaosKeys, pod_name
from tui.screens.commands import STOP
from tui.screens.contrast import ContrastScreen
from tui.screens.deployment import DeploymentScreen
from tui.screens.files import is_first_time
from tui.screens.fleet import FleetScreen
from tui.screens.heals import HealsScreen
from tui.screens.help import HelpScreen
from tui.screens.known import Known
from tui.screens.later import later
from tui.screens.left_behind import LeftBehindScreen, left_undone_line
from tui.screens.screenshot import save_screenshot
from tui.screens.source_keys import SourceKeys
from tui.screens.streams import StreamsScreen
from tui.screens.tour import TICK_S, Tour
from tui.session.news import News
from tui.session.options import Options
from tui.session.session import Session
from tui.session.source_news import SourceNews
from tui.steady import steady
from tui.terminal import (
    environment,
    leave_with_the_terminal,
    paint_where_the_terminal_is,
    take_any_bytes,
)
from tui.widgets.ascii import AsciiOnly
from tui.widgets.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from tui.widgets.tour_box import TourBox

if TYPE_CHECKING:
    from textual.command import Provider

REFUSAL_S = 12.0
"""A refusal is a sentence to be read, while one looks elsewhere."""

TOUR_SHOWN = "tour-shown"
"""The file in the state folder that remembers it."""

START_AFTER_PAINT_S = 0.03
"""The session's imports would hold up the very paint they wait for."""


Open = Callable[[Options, Callable[[], None]], Session]


def _commands_in_order() -> type[Provider]:
    """Imported when the palette is opened: the first paint does not wait for it."""
    from tui.screens.palette import CommandsInOrder

    return CommandsInOrder


class GapwatchApp(App[None]):
    """Takes a session's news to the screens, and what people ask for to the session."""

    TITLE = "gapwatch"
    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {_commands_in_order}  # noqa: RUF012

    class NewsWaiting(Message):
        """The session has news; many such pings are one."""

        def can_replace(self, message: Message) -> bool:
            """One ping is enough."""
            return isinstance(message, GapwatchApp.NewsWaiting)

    def __init__(
        self,
        options: Options,
        glyphs: Glyphs = UNICODE,
        open_session: Open = Session,
        clock: Callable[[], float] = steady,
    ) -> None:
        super().__init__()
        self.options = options
        self.crash: Crash | None = None
        self._glyphs = glyphs
        self._open_session = open_session
        self._clock = clock
        self._session = open_session(options, self._ping)
        self.known = Known()
        self._leaving = False
        self.failure = ""
        """Why the first source could not be opened, in one line."""
        self._had_source = False
        self._fleet = FleetScreen(glyphs, read_only=options.read_only, clock=clock)
        self._has_offered_undo = False
        self.left_undone: list[str] = []
        """What the sessions that have ended could not undo: a line each, with what to do about it."""
        self._chaos_keys, self._apply_keys = self._keys_for(self._session)
        self._source_keys = SourceKeys(self, glyphs, self._switch)
        self._tour = Tour(self, glyphs)
        self.greets = False
        """Whether the first run on a sandbox is greeted by the tour."""
        if glyphs is ASCII:
            self._filters.append(AsciiOnly())

    def _keys_for(self, session: Session) -> tuple[ChaosKeys, ApplyKeys]:
        chaos = ChaosKeys(self, session, self._news_screens, self._clock)
        return chaos, ApplyKeys(self, session, chaos.ask_to_arm, self._glyphs, self._clock)

    # ---------------------------------------------------------------- life

    async def on_mount(self) -> None:
        """The fleet first, then the source: the first paint waits for no cluster."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))
        await self.push_screen(self._fleet)
        self.set_interval(1.0, self._tell_source)
        self.set_interval(1.0, self._tell_heals)
        self.set_interval(TICK_S, self._tour.tick)
        self._fleet.call_after_refresh(later, self, START_AFTER_PAINT_S, self._session.start)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leaves; from here on no news are shown, for screens lose their widgets before they go themselves."""
        self._leaving = True
        super().exit(result, return_code, message)

    async def _shutdown(self) -> None:
        """Whatever led here: widgets go before their screens, so nothing may be shown from now on."""
        self._leaving = True
        await super()._shutdown()

    def close_session(self) -> None:
        """Ends streams, connection and sandbox, and takes down what could not be undone."""
        self._close(self._session)

    def _close(self, session: Session) -> list[str]:
        session.close()
        left = [left_undone_line(one, session.options) for one in session.left_undone()]
        self.left_undone += left
        return left

    def _handle_exception(self, error: Exception) -> None:
        """A short message and a log instead of a traceback with everybody's locals.

        Once it leaves, screens lose their widgets before they go themselves: what a timer misses then is no crash.
        """
        if self._leaving and isinstance(error, NoMatches | ScreenStackError):
            return
        if self.is_headless:
            super()._handle_exception(error)
            return
        if self.crash is None:
            self.crash = write_crash(error)
        self._leaving = True
        self._return_code = 1
        self._close_messages_no_wait()

    # ---------------------------------------------------------------- news

    def _ping(self) -> None:
        """Called from the session's thread."""
        self.post_message(self.NewsWaiting())

    @on(NewsWaiting)
    def _take_news(self) -> None:
        if self._leaving:
            return
        news = self._session.take()
        self.known.take(news)
        if news.failed and not self._had_source:
            # Nothing was ever shown: an error in one line, as without a screen.
            self.failure = news.failed
            self.exit(return_code=2)
            return
        if news.failed:
            self.notify(news.failed, title="no source", severity="error", timeout=30, markup=False)
        for severity, text in news.notices:
            self.notify(text, severity=severity, timeout=REFUSAL_S, markup=False)  # type: ignore[arg-type]
        self._chaos_keys.take(news)
        self._apply_keys.take(news)
        for screen in self._news_screens():
            screen.show_news(news, self.known.rows)
        self._tell_source()
        self._offer_undo()

    def _tell_source(self) -> None:
        if self._leaving:
            return
        source = self._session.source()
        self._had_source = self._had_source or source is not None
        loop = source.declaration.loop if source is not None and source.declaration is not None else None
        for screen in self._news_screens():
            screen.show_running(self.known.going_on, self._clock())
            screen.show_loop(loop, self._clock())
            screen.show_source(source, self.known.tally, self.known.failed)
        dialog = self.screen if self.screen.is_mounted else None
        if isinstance(dialog, StreamsScreen):
            dialog.show_streams(source)
        if isinstance(dialog, LeftBehindScreen):
            dialog.show_running(self.known.going_on)
        self._chaos_keys.tick(source)
        self._offer_tour(source)
        self._apply_keys.tick(source)

    def _news_screens(self) -> list[NewsScreen]:
        if self._leaving or not self.is_running:
            return []
        return [
            screen for screen in self.screen_stack if isinstance(screen, NewsScreen) and screen.is_mounted
        ]

    # ---------------------------------------------------------------- what people ask for

    @on(NewsScreen.SourceAsked)
    def _tell_at_once(self) -> None:
        self._tell_source()

    @on(NewsScreen.OpenAsked)
    def _open_deployment(self, event: NewsScreen.OpenAsked) -> None:
        if isinstance(self.screen, DeploymentScreen):
            return  # enter is being held down: it opens one screen
        screen = DeploymentScreen(
            event.deployment_uid, self._glyphs, read_only=self.options.read_only, clock=self._clock
        )
        self.push_screen(screen, self._look_back)

    @on(NewsScreen.HealsAsked)
    def _show_heals(self) -> None:
        """Each kind of screen is open once at most below the other: from a heal's Deployment this goes back."""
        if isinstance(self.screen, HealsScreen) or not isinstance(self.screen, NewsScreen):
            return  # the key is being held down
        if any(isinstance(screen, HealsScreen) for screen in self.screen_stack):
            self.pop_screen()
            return
        screen = HealsScreen(
            self._session.heals(), self._glyphs, read_only=self.options.read_only, clock=self._clock
        )
        self.push_screen(screen, self._look_back)
        screen.show_news(News(), self.known.rows)

    def _tell_heals(self) -> None:
        if not self._leaving and isinstance(self.screen, HealsScreen) and self.screen.is_mounted:
            self.screen.show_heals(self._session.heals())

    def _look_back(self, _: None) -> None:
        """A screen is being closed: once it is gone, the one under it is on show."""
        self.call_later(self._refocus)

    def _refocus(self) -> None:
        """Everything is told of the Deployment that is on show now, or pointed at in the fleet."""
        opened = [screen for screen in self.screen_stack if isinstance(screen, DeploymentScreen)]
        self._session.focus(opened[-1].deployment_uid if opened else self._fleet.table.cursor_key)

    @on(NewsScreen.FocusAsked)
    def _focus(self, event: NewsScreen.FocusAsked) -> None:
        self._session.focus(event.deployment_uid)

    @on(NewsScreen.FaultAsked)
    def _strike(self, event: NewsScreen.FaultAsked) -> None:
        self._chaos_keys.strike(event, self.known.rows.get(event.deployment_uid), self.known.detail)

    @on(NewsScreen.ChaosAsked)
    def _show_chaos(self, event: NewsScreen.ChaosAsked) -> None:
        if isinstance(self.screen, ChaosScreen) or not isinstance(self.screen, NewsScreen):
            return  # the key is being held down
        screen = ChaosScreen(
            self.known.rows.get(event.deployment_uid or ""),
            event.pod_uid,
            pod_name(self.known.detail, event.pod_uid),
            event.fault,
            self._glyphs,
            read_only=self.options.read_only,
            clock=self._clock,
        )
        self.push_screen(screen, self._look_back)

    @on(ChaosScreen.SurveyAsked)
    def _survey(self, event: ChaosScreen.SurveyAsked) -> None:
        self._session.survey(event.deployment_uid, event.pod_uid)

    @on(ChaosScreen.PlanAsked)
    def _plan(self, event: ChaosScreen.PlanAsked) -> None:
        if not self._leaving and isinstance(self.screen, ChaosScreen):
            self.screen.expect(self._session.plan(event.fault, event.target, event.settings))

    @on(ChaosScreen.InjectAsked)
    def _inject(self, event: ChaosScreen.InjectAsked) -> None:
        self._chaos_keys.inject(event.plan, anyway=event.anyway)

    @on(NewsScreen.ContrastAsked)
    def _show_contrast(self) -> None:
        if isinstance(self.screen, ContrastScreen) or not isinstance(self.screen, NewsScreen):
            return  # the key is being held down
        screen = ContrastScreen(
            self.known.contrast, self._glyphs, read_only=self.options.read_only, clock=self._clock
        )
        self.push_screen(screen, self._look_back)
        self._session.contrast.look()

    @on(ContrastScreen.StartAsked)
    @on(ContrastScreen.EndAsked)
    @on(ContrastScreen.StrokeAsked)
    @on(ContrastScreen.ReapplyAsked)
    @on(ContrastScreen.DayAsked)
    @on(ContrastScreen.IntervalAsked)
    def _ask_of_contrast(self, event: contrast_keys.Asked) -> None:
        contrast_keys.do(event, self._session, self._chaos_keys)

    @on(NewsScreen.UndoAsked)
    def _undo(self, event: NewsScreen.UndoAsked) -> None:
        if not self.options.read_only:
            self._session.undo(event.fault_id, force=event.force)

    @on(NewsScreen.LeaveAsked)
    def _leave(self, event: NewsScreen.LeaveAsked) -> None:
        if not self.options.read_only:
            self._session.forget(event.fault_id)

    @on(NewsScreen.StopAsked)
    def _stop_everything(self) -> None:
        self._chaos_keys.stop()

    @on(NewsScreen.PlanAsked)
    def _show_plan(self, event: NewsScreen.PlanAsked) -> None:
        self._apply_keys.show_plan(event.key)

    @on(ApplyScreen.ApplyAsked)
    def _apply(self, event: ApplyScreen.ApplyAsked) -> None:
        self._apply_keys.apply(event)

    @on(NewsScreen.ApplyLoopAsked)
    def _show_apply_loop(self) -> None:
        self._apply_keys.show_loop()

    @on(ApplyLoopScreen.StartAsked)
    def _start_loop(self, event: ApplyLoopScreen.StartAsked) -> None:
        self._apply_keys.start_loop(event)

    @on(ApplyLoopScreen.StopAsked)
    def _stop_loop(self) -> None:
        self._apply_keys.stop_loop()

    async def on_event(self, event: Event) -> None:
        """One key comes before everything else: it works in every dialog, also where one types. Then the tour's.

        What bubbles up again has been somebody else's key.
        """
        if isinstance(event, Key) and event.key == STOP.key and not self.options.read_only:
            self._stop_everything()
        elif not (isinstance(event, Key) and not event.is_forwarded and self._tour.takes(event.key)):
            await super().on_event(event)

    def _offer_undo(self) -> None:
        """Once for each source: what earlier runs have left behind."""
        left = self.known.left_behind
        if self._has_offered_undo or not left or not isinstance(self.screen, NewsScreen):
            return
        self._has_offered_undo = True
        if self.options.read_only:
            many = "1 fault is" if len(left) == 1 else f"{len(left)} faults are"
            self.notify(f"{many} left behind by an earlier run", severity="warning", markup=False)
        else:
            self.push_screen(LeftBehindScreen(left, self._glyphs))

    def _offer_tour(self, source: SourceNews | None) -> None:
        """Once on this account, when a sandbox is first looked at; whoever names a cluster knows where they go."""
        options = self.options
        if not self.greets or options.read_only or options.context or options.kubeconfig:
            return
        if source is None or source.nature is not Nature.SANDBOX or not self.known.rows:
            return
        if self.screen is self._fleet and self._fleet.is_mounted:
            self.greets = False
            if is_first_time(TOUR_SHOWN):
                self._tour.begin(self.known.rows, practises=True)

    @on(NewsScreen.TourAsked)
    @on(HelpScreen.TourAsked)
    def _begin_tour(self) -> None:
        """From the fleet on, wherever it was asked for; nothing is broken for practice but on a sandbox."""
        self.call_later(self._begin_tour_on_fleet)

    def _begin_tour_on_fleet(self) -> None:
        while isinstance(self.screen, NewsScreen) and self.screen is not self._fleet:
            self.pop_screen()
        source = self._session.source()
        on_sandbox = source is not None and source.nature is Nature.SANDBOX
        self._tour.begin(self.known.rows, practises=on_sandbox, read_only=self.options.read_only)
        self._refocus()

    @on(TourBox.Pressed)
    def _press_tour(self, event: TourBox.Pressed) -> None:
        self._tour.press(event.action_name)

    @on(NewsScreen.ArmAsked)
    def _arm(self) -> None:
        self._chaos_keys.arm()

    @on(NewsScreen.StreamsAsked)
    def _show_streams(self) -> None:
        if isinstance(self.screen, NewsScreen):
            self.push_screen(StreamsScreen(self._session.source(), self._glyphs))

    @on(NewsScreen.HelpAsked)
    def _help(self) -> None:
        screen = self.screen
        if isinstance(screen, NewsScreen):
            self.push_screen(
                HelpScreen(screen.commands, screen.more_keys, self._glyphs, screen.more_legend, screen.abouts)
            )

    @on(FleetScreen.AllNamespacesAsked)
    def _widen(self) -> None:
        self._source_keys.widen(self.options, self._session.source())

    @on(NewsScreen.ContextAsked)
    def _choose_context(self) -> None:
        self._source_keys.choose_context(self.options, self._session.source())

    def _switch(self, options: Options) -> None:
        """Another source is another session: nothing of the old one stays, least of all its arming."""
        while isinstance(self.screen, DeploymentScreen | HealsScreen | ChaosScreen | ContrastScreen):
            self.pop_screen()
        old = self._session
        self.options = options
        self.known, self._has_offered_undo = Known(), False
        self._tour.end()
        self._fleet.restart()
        self._session = self._open_session(options, self._ping)
        self._chaos_keys, self._apply_keys = self._keys_for(self._session)
        self._session.start()
        self._tell_source()
        self.run_worker(self._close_old(old), group="closing", name="close the old session")

    async def _close_old(self, old: Session) -> None:
        for line in await asyncio.to_thread(self._close, old):
            self.notify(line, title="not undone", severity="error", timeout=30, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything a key does is in the palette too: what only looks at first, then faults, then all the rest."""
        from tui.screens.palette import screen_commands

        if isinstance(screen, NewsScreen):
            yield from screen_commands(screen)
        for builtin in super().get_system_commands(screen):
            if builtin.title in ("Theme", "Quit"):
                yield builtin
        yield SystemCommand(
            "Screenshot",
            "Save what is shown as an SVG picture in this folder",
            # By then the palette has closed.
            lambda: later(self, 0.1, self.action_screenshot),
        )

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Saves what is shown where we were started, or else beside our logs, and says where."""
        save_screenshot(self, filename, path)


def run(options: Options) -> int:
    """Runs the dashboard; returns its exit code, with the terminal and everything else left as it was."""
    app = GapwatchApp(options, glyphs_for(sys.stdout.encoding or "", environment()))
    app.greets = True
    take_any_bytes()
    leave_with_the_terminal()
    paint_where_the_terminal_is(app)
    try:
        app.run()
    finally:
        app.close_session()
    if app.crash is not None:
        print(app.crash.message, file=sys.stderr)
    for line in app.left_undone:
        print(f"gapwatch: {line}", file=sys.stderr)
    if app.failure:
        print(f"gapwatch: {app.failure}", file=sys.stderr)
    return app.return_code or 0
