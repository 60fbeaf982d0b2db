"""Every screen at every size, in every kind of theme: drawn without an exception, and the honest line always there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual.screen import Screen

from tests.liveshop import KEYS, UNSCHEDULABLE, LiveShop
from tests.screens.stage import Stage, on_stage
from tui.screens.arm import ArmScreen
from tui.screens.contexts import ContextsScreen
from tui.screens.help import HelpScreen
from tui.session.source import Options

SIZES = [(80, 24), (120, 36), (200, 50)]
THEMES = ["textual-dark", "textual-light", "ansi-dark"]


def looks_right(stage: Stage, size: tuple[int, int]) -> None:
    """The screen fills its size, and says which source it is and whether it is armed."""
    width, height = size
    strips = stage.strips()
    assert len(strips) == height
    assert {strip.cell_length for strip in strips} == {width}
    top, bottom = strips[0].text, strips[-1].text
    assert "gapwatch-sandbox" in top
    assert "live" in top
    assert "ARMED" in top
    assert "Help" in bottom


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
        looks_right(stage, size)


async def test_screens_at_every_size_in_every_theme(shop: LiveShop) -> None:
    await shop.deploy("greedy", 3, cpu=UNSCHEDULABLE)
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=SIZES[0]) as stage:
        assert set(THEMES) <= set(stage.app.available_themes)
        await stage.synced(*KEYS, "shop/greedy")
        await stage.select("shop/web")
        await stage.press("d")
        await stage.until(lambda: stage.app.rows[stage.uid("shop/web")].last_heal_s is not None)
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
            ("x", ContextsScreen, ["Watch another cluster", "a sandbox of our own"]),
            ("question_mark", HelpScreen, ["Desired is what was asked for"]),
        ]
        for key, screen, words in dialogs:
            await stage.press(key)
            await stage.until(partial(is_open, stage, screen))
            await at_every_size(stage, partial(says, words))
            await stage.press("escape")
            await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_help_opens_and_closes_and_tells_every_key_and_glyph(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(120, 60)) as stage:
        await stage.synced(*KEYS)
        for closing in ("escape", "question_mark", "q"):
            await stage.press("question_mark")
            await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
            await stage.says(*(command.title for command in stage.fleet.commands))
            await stage.says("ready", "starting", "missing", "terminating", "surplus", "●●● proof")
            await stage.press(closing)
            await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_help_can_be_scrolled_to_its_legend_at_80x24(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(80, 24)) as stage:
        await stage.synced(*KEYS)
        await stage.click_button("help")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        await stage.press("end")
        await stage.until(lambda: "evidence" in stage.text() and "esc closes" in stage.text())
