"""Makes the pictures in README: `python -m tests.pictures` runs the app on a sandbox and has it draw itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.pilot import Pilot

from tests.waiting import until
from tui.app import GapwatchApp
from tui.reconcile.heal import SETTLES_AFTER_S
from tui.sandbox.cluster import Sandbox
from tui.screens.chaos import ChaosScreen
from tui.screens.fleet import FleetScreen
from tui.screens.heals import HealsScreen
from tui.screens.press import LEAST_LOOK_S
from tui.session.source import Options

FOLDER = Path(__file__).parents[1] / ".pictures"
SIZE = (120, 34)
DEPLOYMENT = "shop/web"
OTHERS = ("shop/api", "warehouse/stock", "shop/payments")


async def main() -> None:
    """Deletes a pod twice: once seen from the fleet while the gap is open, once from its Deployment; then a few more,
    for a picture of all heals; then scales by hand, for one of a fault that goes on beside the preview of another.
    """
    FOLDER.mkdir(exist_ok=True)
    async with Sandbox() as sandbox:
        app = GapwatchApp(Options(kubeconfig=str(sandbox.kubeconfig)))
        try:
            async with app.run_test(size=SIZE) as pilot:
                fleet = app.screen
                assert isinstance(fleet, FleetScreen)
                await until(lambda: fleet.table.row_count == 5)
                rows = app.known.rows
                uid = next(uid for uid, row in rows.items() if row.key == DEPLOYMENT)
                fleet.table.move_cursor_to(uid)
                await pilot.press("d")
                await until(lambda: rows[uid].gap.size == 0 and rows[uid].last_heal_s is not None)
                await pilot.pause(SETTLES_AFTER_S + 0.5)
                await pilot.press("d")
                await until(lambda: rows[uid].gap.size == 1 and rows[uid].gap.terminating == 0)
                await pilot.pause(0.6)
                save(app, "fleet")
                await until(lambda: rows[uid].gap.size == 0)
                await pilot.press("enter")
                await pilot.pause(1.5)
                save(app, "deployment")
                await pilot.press("escape")
                for key in OTHERS:
                    other = next(uid for uid, row in rows.items() if row.key == key)
                    fleet.table.move_cursor_to(other)
                    await pilot.pause(1.0)
                    await pilot.press("d")
                    await until(lambda uid=other: rows[uid].last_heal_s is not None)  # type: ignore[misc]
                await pilot.press("h")
                await until(lambda: isinstance(app.screen, HealsScreen))
                await pilot.pause(0.5)
                save(app, "heals")
                await pilot.press("escape")
                fleet.table.move_cursor_to(uid)
                await preview(app, pilot, "s", "scale")
                app.screen.action_inject()  # type: ignore[attr-defined]
                await until(lambda: app.known.going_on)
                await pilot.press("escape")
                await preview(app, pilot, "n", "cordon")
                await pilot.press("down")
                await until(lambda: shows_plan(app, "drain"))
                await pilot.pause(0.5)
                save(app, "chaos")
                await pilot.press("exclamation_mark")
                await until(lambda: not app.known.going_on)
        finally:
            await asyncio.to_thread(app.close_session)


def shows_plan(app: GapwatchApp, fault: str) -> bool:
    """Whether the preview of that fault can be read, and injected."""
    screen = app.screen
    return (
        isinstance(screen, ChaosScreen)
        and screen._plan is not None
        and screen._plan.fault == fault
        and not screen.inject_button.disabled
    )


async def preview(app: GapwatchApp, pilot: Pilot[None], key: str, fault: str) -> None:
    """Presses that key, and waits until the preview has been there for long enough to be injected."""
    await pilot.press(key)
    await until(lambda: shows_plan(app, fault))
    await pilot.pause(LEAST_LOOK_S + 0.1)


def save(app: GapwatchApp, name: str) -> None:
    """Exports what is on the screen now."""
    path = FOLDER / f"{name}.svg"
    path.write_text(app.export_screenshot(title=f"gapwatch --sandbox · {name}"), encoding="utf-8")
    print(path.relative_to(FOLDER.parent))


if __name__ == "__main__":
    asyncio.run(main())
