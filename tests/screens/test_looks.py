"""Every screen at every size, in every kind of theme: drawn without an exception, and the honest line always there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from tests.liveshop import KEYS, UNSCHEDULABLE, LiveShop
from tests.screens.stage import Stage, on_stage
from tui.screens.arm import ArmScreen
from tui.screens.base import NewsScreen
from tui.screens.contexts import ContextsScreen
from tui.screens.help import HelpScreen
from tui.session.source import Options
from tui.widgets.glyphs import ASCII

SIZES = [(80, 24), (120, 36), (200, 50)]
THEMES = ["textual-dark", "textual-light", "ansi-dark"]


async def looks_right(stage: Stage, size: tuple[int, int]) -> None:
    """Waits until the screen fills its size, and says which source it is and whether it is armed."""
    await stage.until(partial(fills, stage, size))
    await stage.until(partial(tells_its_source, stage, size))
    await stage.until(lambda: "Help" in stage.strips()[-1].text)


def tells_its_source(stage: Stage, size: tuple[int, int]) -> bool:
    top = stage.strips()[0].text
    named = "gapwatch-sandbox" in top or (size[0] < 80 and "gapwat…andbox" in top)
    return named and all(word in top for word in ("SANDBOX", "live", "ARMED"))


def fills(stage: Stage, size: tuple[int, int]) -> bool:
    strips = stage.strips()
    return (len(strips), {strip.cell_length for strip in strips}) == (size[1], {size[0]})


def has_size(stage: Stage, size: tuple[int, int]) -> bool:
    return stage.app.screen.size == size


async def at_every_size(stage: Stage, check: Callable[[Stage, tuple[int, int]], Awaitable[None]]) -> None:
    for size in SIZES:
        await stage.pilot.resize_terminal(*size)
        await stage.until(partial(has_size, stage, size))
        await check(stage, size)


async def in_every_theme(stage: Stage, size: tuple[int, int]) -> None:
    """At the smallest size in every theme; beyond that colours make no difference."""
    for theme in THEMES if size == SIZES[0] else THEMES[:1]:
        stage.app.theme = theme
        await stage.quiet()
        await looks_right(stage, size)


async def test_screens_at_every_size_in_every_theme(shop: LiveShop) -> None:
    await shop.deploy("greedy", 3, cpu=UNSCHEDULABLE)
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=SIZES[0]) as stage:
        assert set(THEMES) <= set(stage.app.available_themes)
        await stage.synced(*KEYS, "shop/greedy")
        await stage.select("shop/web")
        await stage.press("d")
        await stage.until(lambda: stage.app.known.rows[stage.uid("shop/web")].last_heal_s is not None)
        await at_every_size(stage, in_every_theme)
        await stage.open("shop/web")
        await at_every_size(stage, in_every_theme)


def is_open(stage: Stage, screen: type[Screen[Any]]) -> bool:
    return isinstance(stage.app.screen, screen)


async def says(words: list[str], stage: Stage, size: tuple[int, int]) -> None:
    await stage.says(*words)


async def test_dialogs_at_every_size(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=SIZES[0]) as stage:
        await stage.synced(*KEYS)
        stage.app._session.disarm()
        await stage.says("DISARMED")
        dialogs: list[tuple[str, type[Screen[Any]], list[str]]] = [
            ("a", ArmScreen, ["Arm chaos on gapwatch-sandbox?", "Cancel"]),
            ("X", ContextsScreen, ["Watch another cluster", "a sandbox of our own"]),
            ("question_mark", HelpScreen, ["Desired is what was asked for"]),
        ]
        for key, screen, words in dialogs:
            await stage.press(key)
            await stage.until(partial(is_open, stage, screen))
            await at_every_size(stage, partial(says, words))
            await stage.press("escape")
            await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_help_opens_and_closes_and_tells_every_key_and_glyph(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(140, 90)) as stage:
        await stage.synced(*KEYS)
        for closing in ("escape", "question_mark", "q"):
            await stage.press("question_mark")
            await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
            await stage.says(*(command.title for command in stage.fleet.commands))
            await stage.says("ready", "starting", "missing", "terminating", "surplus", "pending", "set point")
            await stage.says(
                "share short", "gap in time", "▼", "≥", "unsettled", "●●●", "proof", "1 shop  2 warehouse"
            )
            await stage.says("PgUp", "Home", "Twice opens")
            await stage.press(closing)
            await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_help_shows_keys_and_legend_side_by_side_at_80x24(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(80, 24)) as stage:
        await stage.synced(*KEYS)
        await stage.click_button("help")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        await stage.says("Keys", "Legend", "Delete pod", "ready", "terminating", "not ready")
        await stage.press("end")
        await stage.says("guess", "1 shop", "esc closes")


async def test_a_deployments_help_lists_only_what_works_there(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(140, 60)) as stage:
        await stage.synced(*KEYS)
        await stage.open("shop/web")
        await stage.press("question_mark")
        await stage.says("Legend", "Back", "PgUp")
        text = stage.text()
        assert all(word not in text for word in ("1-9", "Filter", "All namespaces", "Order"))


async def test_source_and_actions_are_there_on_the_smallest_terminals(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(60, 15)) as stage:
        await stage.synced(*KEYS)
        for open_first in (False, True):
            if open_first:
                await stage.open("shop/web")
            for size in ((60, 15), (60, 10), (80, 19)):
                await stage.pilot.resize_terminal(*size)
                await stage.until(partial(has_size, stage, size))
                await looks_right(stage, size)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.until(lambda: "what happened" not in stage.text())
        await stage.says(*(key.partition("/")[2] for key in KEYS))


async def test_at_80_columns_the_context_has_its_button(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(80, 24)) as stage:
        await stage.synced(*KEYS)
        await stage.says("Disarm")
        assert "X Context" in stage.strips()[-1].text


async def test_d06_in_ascii_everything_that_is_painted_is_ascii(shop: LiveShop, tmp_path: Path) -> None:
    await shop.deploy("greedy", 3, cpu=UNSCHEDULABLE)
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=SIZES[1], glyphs=ASCII) as stage:
        await stage.synced(*KEYS, "shop/greedy")
        await stage.select("shop/web")
        await stage.press("d")
        await stage.until(lambda: stage.app.known.rows[stage.uid("shop/web")].last_heal_s is not None)
        await stage.until(lambda: any("gap closed" in one.text for one in stage.fleet.story.told))
        stage.app.notify("a toast … ≥ – ⏎ ·")
        await stage.says("a toast.. > - < -")
        for open_first in (False, True):
            if open_first:
                await stage.open("shop/web")
            for key, word in (
                ("", "shop/web"),
                ("question_mark", "Legend"),
                ("X", "Watch another"),
                ("colon", "earch"),
            ):
                if key:
                    await stage.press(key)
                    await stage.says(word)
                stage.text().encode("ascii")
                if key:
                    await stage.press("escape")
                    await stage.until(lambda: isinstance(stage.app.screen, NewsScreen))
            stage.app._session.disarm()
            await stage.says("DISARMED")
            await stage.press("a")
            await stage.says("Arm chaos on")
            stage.text().encode("ascii")
            await stage.press("escape")
            await stage.until(lambda: isinstance(stage.app.screen, NewsScreen))


@pytest.mark.parametrize("has_folder", [True, False], ids=["where we are", "in the state folder"])
async def test_a_screenshot_is_saved_and_its_path_is_told(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_folder: bool
) -> None:
    here, state = tmp_path / "here", tmp_path / "state"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    if not has_folder:
        here.rmdir()
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced(*KEYS)
        offered = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
        offered["Screenshot"].callback()
        await stage.until(lambda: stage.toasts)
        (saved,) = tmp_path.rglob("gapwatch-*.svg")
        assert stage.toasts == [f"saved {saved}"]
        assert saved.read_text().startswith("<svg")
        assert saved.parent == (here if has_folder else state / "gapwatch")
