"""The app under Pilot on a cluster, reached through a kubeconfig as any cluster is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from textual.events import Key
from textual.notifications import Notification, Notifications
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from tests.waiting import until
from tui.app import GapwatchApp
from tui.screens.base import NewsScreen
from tui.screens.chaos import ChaosScreen
from tui.screens.deployment import DeploymentScreen
from tui.screens.fleet import FleetScreen
from tui.session.source import Options
from tui.widgets.buttons import PlacedAction, place_actions

SIZE = (110, 30)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Toasts(Notifications):
    """What the app has notified of, which is still known when its toasts are gone from the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def add(self, notification: Notification) -> Self:
        """Shows it, and keeps it."""
        self.messages.append(notification.message)
        return super().add(notification)

    def clear(self) -> Self:
        """Forgets them all."""
        self.messages.clear()
        return super().clear()


@dataclass
class Stage:
    """A running app, its pilot, and words for what people see and do."""

    app: GapwatchApp
    pilot: Pilot[None]

    @property
    def fleet(self) -> FleetScreen:
        """The fleet, whether it is on top or not."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, FleetScreen))

    @property
    def deployment(self) -> DeploymentScreen:
        """The Deployment's screen, which has to be on top."""
        assert isinstance(self.app.screen, DeploymentScreen)
        return self.app.screen

    @property
    def chaos(self) -> ChaosScreen:
        """The screen of all faults, which has to be on top."""
        assert isinstance(self.app.screen, ChaosScreen)
        return self.app.screen

    @property
    def news_screen(self) -> NewsScreen:
        """The screen of ours that is on top."""
        assert isinstance(self.app.screen, NewsScreen)
        return self.app.screen

    @property
    def shown(self) -> list[str]:
        """The Deployments in the table from top to bottom."""
        rows = self.app.known.rows
        return [rows[uid].key for uid in self.fleet.table.shown_keys if uid in rows]

    @property
    def selected(self) -> str:
        """The Deployment that the cursor is on, or ""."""
        key = self.fleet.table.cursor_key
        return self.app.known.rows[key].key if key is not None else ""

    @property
    def toasts(self) -> list[str]:
        """What the app has notified of, however long ago: a toast is gone from the screen after a while."""
        assert isinstance(self.app._notifications, Toasts)
        return list(self.app._notifications.messages)

    def uid(self, key: str) -> str:
        """The uid of a Deployment that is known."""
        return next(uid for uid, row in self.app.known.rows.items() if row.key == key)

    def text(self) -> str:
        """Everything on the screen as plain text, line by line."""
        return "\n".join(strip.text for strip in self.strips())

    def strips(self) -> list[Strip]:
        """What the compositor would paint of the screen on top, with all its widgets."""
        return self.app.screen._compositor.render_strips()

    def button(self, action: str) -> Any:
        """The action on the bar of the screen on top, or None."""
        actions = self.news_screen.action_bar.actions
        return next((one for one in actions if one.action_name == action), None)

    async def select(self, key: str) -> None:
        """Puts the fleet's cursor on a Deployment, and waits until everything is told of it."""
        await self.until(lambda: key in self.shown)
        assert self.fleet.table.move_cursor_to(self.uid(key))
        await self.until(lambda: self.fleet._detail is not None and self.fleet._detail.row.key == key)

    async def open(self, key: str) -> DeploymentScreen:
        """Opens a Deployment's screen, and waits until it shows its pods."""
        await self.select(key)
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, DeploymentScreen))
        await self.until(lambda: self.deployment.owned.tree_lines)
        return self.deployment

    async def preview(self, fault: str) -> ChaosScreen:
        """Opens the screen of all faults where it is not open, points at that one, and waits for its preview."""
        if not isinstance(self.app.screen, ChaosScreen):
            await self.press("x")
            await self.until(lambda: isinstance(self.app.screen, ChaosScreen))
        await self.until(lambda: self.chaos.catalogue.tree_lines)
        self.chaos.catalogue.move_cursor_to(fault)
        await self.planned(fault)
        return self.chaos

    async def planned(self, fault: str) -> None:
        """Waits until the preview of that fault is shown, or why there is none."""
        await self.until(
            lambda: (
                self.chaos._plan is not None
                and self.chaos._plan.fault == fault
                and self.chaos._expected == self.chaos._plan.id
            )
        )

    async def click_button(self, action: str) -> None:
        """Clicks that action where it stands on the bar."""
        places: list[PlacedAction] = []

        def stands_there() -> bool:
            """A screen that has just been opened has no buttons yet."""
            bar = self.news_screen.action_bar
            placed = place_actions(bar.actions, bar.size.width)
            places[:] = [one for one in placed if one.action.action_name == action]
            return bool(places)

        await self.until(stands_there)
        await self.pilot.click(self.news_screen.action_bar, offset=(places[0].x + 1, 0))

    async def click(self, selector: str) -> None:
        """Clicks that widget of the screen on top, once it stands there."""
        await self.until(lambda: [one for one in self.app.screen.query(selector) if one.region.area])
        await self.pilot.click(selector)

    async def press(self, *keys: str) -> None:
        """Presses keys, as fast as they come; whoever wants to see nothing happen waits for `quiet`."""
        for key in keys:
            self.app.post_message(Key(key, key if len(key) == 1 else None))
        await self.pilot._wait_for_screen()

    async def quiet(self) -> None:
        """Returns when everything that was begun has been done."""
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Types a text."""
        await self.press(*text)

    async def hold(self, key: str, times: int = 12) -> None:
        """A key held down: the presses come faster than anybody could answer them."""
        await self.press(*[key] * times)
        await self.quiet()

    async def until(self, fact: Callable[[], object]) -> None:
        """Waits for a fact; what is on the screen is dear to ask for, so it is asked less often."""
        await until(fact, every_s=0.02)
        await self.pilot._wait_for_screen()

    async def says(self, *words: str) -> None:
        """Waits until these words are on the screen."""
        await self.until(lambda: all(word in self.text() for word in words))

    async def synced(self, *keys: str) -> None:
        """Waits until these Deployments are shown; without keys, until anything is."""
        await self.until(lambda: set(keys) <= set(self.shown) if keys else self.shown)


@asynccontextmanager
async def on_stage(
    options: Options, *, size: tuple[int, int] = SIZE, toasts: bool = True, **more: Any
) -> AsyncIterator[Stage]:
    """The app with these options, with or without toasts over it; its session is closed at the end."""
    app = GapwatchApp(options, **more)
    app._notifications = Toasts()
    try:
        async with app.run_test(size=size, notifications=toasts) as pilot:
            yield Stage(app, pilot)
    finally:
        await asyncio.to_thread(app.close_session)


def lines_of(widget: Widget) -> list[str]:
    """A widget's lines as plain text."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]
