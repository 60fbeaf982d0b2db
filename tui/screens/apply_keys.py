"""What becomes of the keys that apply what was declared: the plan, the loop, the safety catch, the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from textual.app import App

from tui.screens.apply_loop import ApplyLoopScreen
from tui.screens.apply_plan import ApplyScreen
from tui.screens.base import NewsScreen
from tui.screens.drift_plan import applied_words
from tui.screens.drift_rows import NOTHING_DECLARED, pace
from tui.session.drift_news import LoopNews, PlannedNews
from tui.session.news import News
from tui.session.session import Session
from tui.session.source_news import SourceNews
from tui.widgets.glyphs import Glyphs

D = TypeVar("D", ApplyScreen, ApplyLoopScreen)


class ApplyKeys:
    """Those of one session. `ask_to_arm` is told what for, and the key to press again then."""

    def __init__(
        self,
        app: App[None],
        session: Session,
        ask_to_arm: Callable[[str, str], None],
        glyphs: Glyphs,
        clock: Callable[[], float],
    ) -> None:
        self._app = app
        self._session = session
        self._ask_to_arm = ask_to_arm
        self._glyphs = glyphs
        self._clock = clock
        self._was_running = False

    def show_plan(self, of: str | None) -> None:
        """Shows what an apply would change of that Deployment, or of all."""
        source = self._session.source()
        if self._may_open(source):
            screen = ApplyScreen(self._planned(of), of, self._glyphs, clock=self._clock)
            self._app.push_screen(screen)
            self._app.call_later(self.tick, source)

    def show_loop(self) -> None:
        """Shows the apply loop, to be started or stopped."""
        source = self._session.source()
        if self._may_open(source) and source is not None and source.declaration is not None:
            self._app.push_screen(ApplyLoopScreen(source.declaration.loop, self._clock()))
            self._app.call_later(self.tick, source)

    def _may_open(self, source: SourceNews | None) -> bool:
        if not isinstance(self._app.screen, NewsScreen) or (source is not None and source.read_only):
            return False  # the key is being held down, or it is not bound at all
        if source is None or source.declaration is None:
            self._app.notify(NOTHING_DECLARED, markup=False)
            return False
        return True

    def _planned(self, of: str | None) -> Sequence[PlannedNews]:
        planned = self._session.planned()
        return planned if of is None else [one for one in planned if one.key == of]

    # ---------------------------------------------------------------- what people ask for

    def apply(self, asked: ApplyScreen.ApplyAsked) -> None:
        """Applies exactly what the plan has shown; where it is disarmed, asks to arm first."""
        screen = self._app.screen
        only = asked.keys[0] if len(asked.keys) == 1 else f"{len(asked.keys)} Deployments"
        if isinstance(screen, ApplyScreen) and self._is_armed(f"apply what was declared to {only}"):
            screen.expect(asked.keys)
            self._session.apply(*asked.keys, force=asked.force)

    def start_loop(self, asked: ApplyLoopScreen.StartAsked) -> None:
        """Starts the loop, or starts it anew at another pace."""
        if self._is_armed(f"apply every {pace(asked.every_s)}"):
            self._session.start_loop(asked.every_s, force=asked.force)
            self._close_loop_screen()

    def stop_loop(self) -> None:
        """Ends it."""
        self._session.stop_loop()
        self._close_loop_screen()

    def _close_loop_screen(self) -> None:
        if isinstance(self._app.screen, ApplyLoopScreen):
            self._app.screen.dismiss()

    def _is_armed(self, purpose: str) -> bool:
        source = self._session.source()
        if source is None or source.read_only:
            return False
        if source.armed_for_s is None:
            self._ask_to_arm(purpose, "enter")
            return False
        return True

    # ---------------------------------------------------------------- news

    def take(self, news: News) -> None:
        """Shows what came of each apply: in the dialog, or as a toast where that has been closed."""
        applied = list(news.applied)
        for screen in self._dialogs(ApplyScreen):
            applied = screen.take(applied)
        for one in applied:
            if not one.error:  # that has come as a notice
                severity = "warning" if one.conflicts else "information"
                self._app.notify(applied_words(one), severity=severity, markup=False)  # type: ignore[arg-type]

    def tick(self, source: SourceNews | None) -> None:
        """Shows the plan and the loop as of now, and tells once why the loop has ended by itself."""
        if source is None or source.declaration is None:
            return
        is_armed, loop = source.armed_for_s is not None, source.declaration.loop
        for screen in self._dialogs(ApplyScreen):
            if screen.is_planning:
                screen.show_plan(self._planned(screen.of), is_armed=is_armed)
        for dialog in self._dialogs(ApplyLoopScreen):
            dialog.show_loop(loop, self._clock(), is_armed=is_armed)
        self._tell_end(loop)

    def _tell_end(self, loop: LoopNews) -> None:
        if self._was_running and not loop.running and loop.note:
            self._app.notify(loop.note, title="apply loop", severity="warning", markup=False)
        self._was_running = loop.running

    def _dialogs(self, kind: type[D]) -> list[D]:
        return [screen for screen in self._app.screen_stack if isinstance(screen, kind) and screen.is_mounted]
