"""What every dialog does alike."""

from __future__ import annotations

from typing import Any

from tests.liveshop import LiveShop
from tests.screens.stage import on_stage
from tui.screens.arm import ArmScreen
from tui.screens.contexts import ContextsScreen
from tui.screens.dialog import Dialog
from tui.screens.help import HelpScreen
from tui.screens.streams import StreamsScreen
from tui.session.source import Options

BESIDE = (1, 12)
"""A cell at the left of every dialog."""


async def test_a_click_beside_a_dialog_closes_it_and_one_in_it_does_not(shop: LiveShop) -> None:
    dialogs: dict[str, type[Dialog[Any]]] = {
        "question_mark": HelpScreen,
        "w": StreamsScreen,
        "X": ContextsScreen,
        "a": ArmScreen,
    }
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced()
        if stage.button("arm").title == "Disarm":
            await stage.press("a")
            await stage.until(lambda: stage.button("arm").title == "Arm")
        for key, dialog in dialogs.items():
            await stage.press(key)
            await stage.until(lambda dialog=dialog: isinstance(stage.app.screen, dialog))  # type: ignore[misc]
            box = stage.app.screen.query_one(".dialog")
            await stage.until(lambda box=box: box.region.area)  # type: ignore[misc]
            await stage.pilot.click(offset=(box.region.x + 1, box.region.y + 1))
            await stage.quiet()
            assert isinstance(stage.app.screen, dialog)
            await stage.pilot.click(offset=BESIDE)
            await stage.until(lambda: not isinstance(stage.app.screen, Dialog))
        assert stage.button("arm").title == "Arm", "no consent was given"
