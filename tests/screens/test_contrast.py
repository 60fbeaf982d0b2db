"""The contrast screen: two lanes, their keys, what goes on behind it, and how it looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.liveshop import KEYS, LiveShop
from tests.screens.details import a_detail
from tests.screens.stage import Clock, Stage, on_stage
from tests.screens.stills import SOURCE, StillSession, a_running_fault, some_rows
from tests.screens.test_contrast_words import EDITED, GONE, HEALED, a_lane, contrast
from tests.screens.test_looks import SIZES, THEMES, at_every_size, looks_right
from tui.chaos.contrast import NAMESPACE
from tui.sandbox.loops.client import NAMESPACES
from tui.screens.arm import ArmScreen
from tui.screens.contrast import ContrastScreen
from tui.screens.help import HelpScreen
from tui.screens.press import KEY_REPEAT_S
from tui.session.contrast_news import ContrastNews, ContrastPhase, LaneMark, LaneNews, LanePoint
from tui.session.options import Options
from tui.widgets.glyphs import ASCII, UNICODE, Glyphs

OFF = ContrastNews(ContrastPhase.OFF, LaneNews("once"), LaneNews("reconciled"), image="example.com/podinfo:1")


def of(stage: Stage) -> ContrastScreen:
    assert isinstance(stage.app.screen, ContrastScreen)
    return stage.app.screen


async def open_contrast(stage: Stage) -> ContrastScreen:
    await stage.press("V")
    await stage.until(lambda: isinstance(stage.app.screen, ContrastScreen))
    return of(stage)


@asynccontextmanager
async def still_contrast(
    told: ContrastNews, *, size: tuple[int, int] = (120, 36), glyphs: Glyphs = UNICODE, armed: bool = True
) -> AsyncIterator[tuple[Stage, StillSession, Clock]]:
    """The app with the contrast open, on a session that tells this of it; the clock stands."""
    clock = Clock()
    still = StillSession(rows=some_rows("web"), contrast_told=told, detail=a_detail())
    if not armed:
        still.source_told = replace(SOURCE, armed_for_s=None)
    async with on_stage(Options(), size=size, open_session=still.open, glyphs=glyphs, clock=clock) as stage:
        await stage.synced("shop/web")
        await open_contrast(stage)
        await stage.until(lambda: of(stage)._contrast == told)
        await stage.until(lambda: of(stage)._is_armed == armed)
        yield stage, still, clock


async def pressed(stage: Stage, clock: Clock, key: str) -> None:
    """A key pressed by itself, not one that is held down."""
    clock.now += KEY_REPEAT_S
    await stage.press(key)
    await stage.quiet()


# ---------------------------------------------------------------- on a sandbox


async def test_it_starts_is_struck_heals_is_reapplied_and_goes(shop: LiveShop) -> None:
    clock = Clock()
    clock.now = asyncio.get_running_loop().time()
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(120, 36), clock=clock) as stage:
        await stage.synced(*KEYS)
        await open_contrast(stage)
        await stage.says("Once against for ever", "creates namespace gapwatch-contrast", "s Start")
        assert shop.writes == []
        await pressed(stage, clock, "s")
        await stage.until(lambda: of(stage)._contrast.phase is ContrastPhase.RUNNING)
        await stage.says(
            "applied once · a bare pod", "reconciled · a Deployment of 1", "s End", "Both are up"
        )
        await pressed(stage, clock, "d")
        await stage.until(lambda: of(stage)._contrast.once.missing)
        await stage.until(lambda: of(stage)._contrast.reconciled.healed_s is not None)
        await stage.says(
            "not there", "The Deployment's loop found 0 of 1", "until a person re-applies it (r)"
        )
        await pressed(stage, clock, "r")
        await stage.until(lambda: of(stage)._contrast.once.state == "ready")
        await stage.says("1 re-apply", "Somebody had to see it and to act: once so far")
        await pressed(stage, clock, "s")
        await stage.until(lambda: of(stage)._contrast.phase is ContrastPhase.ENDED)
        await stage.says("Their namespace is being deleted", "s Start", "a person was needed once")


async def test_it_goes_on_behind_other_screens_which_tell_it_and_can_end_it(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(120, 36)) as stage:
        await stage.synced(*KEYS)
        await open_contrast(stage)
        await stage.press("s")
        await stage.until(lambda: of(stage)._contrast.phase is ContrastPhase.RUNNING)
        await stage.says("1 fault on")
        assert "u undo" not in stage.text(), "the screen itself is about it"
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.says("contrast in namespace gapwatch-contrast · undone in", "reconciled")
        assert "the contrast goes on: V shows it again, u ends it" in stage.toasts
        await open_contrast(stage)
        await stage.says("Both are up")
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.press("u")
        await stage.until(lambda: not stage.app.known.going_on)
        await open_contrast(stage)
        await stage.until(lambda: of(stage)._contrast.phase is ContrastPhase.ENDED)


async def test_it_is_reached_from_a_deployment_too(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(120, 36)) as stage:
        await stage.synced(*KEYS)
        opened = await stage.open("shop/web")
        await open_contrast(stage)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is opened)


async def test_c01_read_only_has_no_contrast(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig, read_only=True)) as stage:
        await stage.synced(*KEYS)
        await stage.press("V")
        await stage.quiet()
        assert stage.app.screen is stage.fleet
        offered = stage.app.get_system_commands(stage.news_screen)  # type: ignore[arg-type]
        assert "Contrast" not in [one.title for one in offered]


async def test_with_one_namespace_it_says_what_it_needs(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig, namespace="shop"), size=(120, 36)) as stage:
        await stage.synced("shop/web")
        await open_contrast(stage)
        await stage.says("it needs to see all namespaces: start with -A (now: shop alone)")
        await stage.press("s")
        await stage.until(lambda: any("-A" in toast for toast in stage.toasts))
        assert shop.writes == []


async def test_c04_on_a_real_cluster_it_has_to_be_armed_by_name(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.cluster.connection.SANDBOX_BUILD", "+no-such-build")
    real = Options(kubeconfig=shop.renamed(tmp_path / "kubeconfig", "production"))
    async with on_stage(real, size=(120, 36)) as stage:
        await stage.synced(*KEYS)
        await open_contrast(stage)
        await stage.until(lambda: of(stage)._contrast.image)
        await stage.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        await stage.says("It has to be armed to start the contrast.", "Type the context's name")
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, ContrastScreen))
        assert shop.writes == []


async def test_leaving_the_app_takes_it_away(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(120, 36)) as stage:
        await stage.synced(*KEYS)
        await open_contrast(stage)
        await stage.press("s")
        await stage.until(lambda: of(stage)._contrast.phase is ContrastPhase.RUNNING)
    left = [one for one in await shop.every(NAMESPACES) if one["metadata"]["name"].startswith(NAMESPACE)]
    assert all("deletionTimestamp" in one["metadata"] for one in left)
    assert stage.app.left_undone == []


# ---------------------------------------------------------------- keys


def has_asked(still: StillSession, times: int) -> bool:
    return len(still.asked_of_contrast) >= times


async def test_each_key_asks_for_what_it_says() -> None:
    async with still_contrast(contrast()) as (stage, still, clock):
        for count, key in enumerate(("d", "c", "e", "r", "R", "s"), 1):
            await pressed(stage, clock, key)
            await stage.until(partial(has_asked, still, count))
        assert still.asked_of_contrast == [
            *("delete", "crash", "edit"),
            ("reapply", "once"),
            ("reapply", "reconciled"),
            "stop",
        ]


async def test_a_held_key_strikes_once() -> None:
    async with still_contrast(contrast()) as (stage, still, clock):
        clock.now += KEY_REPEAT_S
        await stage.hold("d", 12)
        await stage.says("still the same press")
        assert still.asked_of_contrast == ["delete"]


async def test_settings_go_on_though_their_news_are_late() -> None:
    async with still_contrast(contrast()) as (stage, still, _):
        await stage.press("t", "t", "l", "l", "l", "l", "l")
        await stage.until(partial(has_asked, still, 7))
        assert still.asked_of_contrast == [
            *(("day", 120.0), ("day", 600.0)),
            *(("interval", every_s) for every_s in (30.0, 10.0, 5.0, 3.0, None)),
        ]
        still.tell_contrast(contrast(phase=ContrastPhase.ENDED, ended=0.0))
        await stage.until(lambda: of(stage)._contrast.phase is ContrastPhase.ENDED)
        still.tell_contrast(contrast())
        await stage.until(lambda: of(stage)._contrast.phase is ContrastPhase.RUNNING)
        await stage.press("t")
        await stage.until(partial(has_asked, still, 8))
        assert still.asked_of_contrast[-1] == ("day", 120.0), "a new contrast begins with no schedule"


@pytest.mark.parametrize("key", ["d", "c", "e", "r", "R", "t", "l"])
async def test_before_it_runs_only_start_does_something(key: str) -> None:
    async with still_contrast(OFF) as (stage, still, clock):
        await pressed(stage, clock, key)
        await stage.until(lambda: stage.toasts == ["the contrast is not started"])
        assert still.asked_of_contrast == []
        await pressed(stage, clock, "s")
        await stage.until(lambda: still.asked_of_contrast == ["start"])


@pytest.mark.parametrize("key", ["d", "r", "t", "l"])
async def test_c04_disarmed_each_key_asks_to_arm(key: str) -> None:
    async with still_contrast(contrast(), armed=False) as (stage, still, clock):
        await pressed(stage, clock, key)
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        assert still.asked_of_contrast == []


async def test_to_end_it_nothing_has_to_be_armed() -> None:
    async with still_contrast(contrast(), armed=False) as (stage, still, clock):
        await pressed(stage, clock, "s")
        await stage.until(lambda: still.asked_of_contrast == ["stop"])


async def test_every_key_is_a_button_and_a_palette_entry() -> None:
    async with still_contrast(contrast(), size=(200, 50)) as (stage, still, clock):
        offered = {one.title: one for one in stage.app.get_system_commands(stage.app.screen)}
        titles = {"End", "Delete", "Crash", "Edit", "Re-apply", "Re-apply Deployment", "Day", "Loop"}
        assert titles <= offered.keys()
        clock.now += KEY_REPEAT_S
        await stage.click_button("stroke('crash')")
        await stage.until(lambda: still.asked_of_contrast == ["crash"])
        await stage.press("question_mark")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        await stage.says("Thirty strokes a day", "fields otherwise than declared", "missed")


async def test_other_faults_are_told_beside_it() -> None:
    ours = a_running_fault(id="ours", title="contrast in namespace gapwatch-contrast")
    async with still_contrast(contrast(fault_id="ours")) as (stage, still, _):
        still.go_on(ours)
        await stage.says("1 fault on")
        assert "contrast in namespace" not in stage.text()
        still.go_on(ours, a_running_fault())
        await stage.says("scale shop/web from 5 to 2")
        still.go_on(replace(ours, state="stuck", insists=True))
        await stage.says("contrast in namespace gapwatch-contrast · not undone yet: tried again")


# ---------------------------------------------------------------- how it looks


def busy() -> ContrastNews:
    """Long after a delete: one is gone, the other has healed, and both were edited."""
    marks = (LaneMark(985.0, "edited"), LaneMark(990.0, "deleted"), LaneMark(995.0, "crashed", hit=False))
    points = (LanePoint(970.0, 1), LanePoint(990.0, 0))
    once = replace(GONE, marks=marks, points=points, by_hand=3, by_loop=1234, struck=88, missed=1234)
    healed = replace(HEALED, marks=marks, points=(*points, LanePoint(993.0, 1)), fields=(EDITED,))
    return contrast(once=once, reconciled=healed, began=971.0, last="delete", last_at=990.0)


async def test_it_looks_right_at_every_size_in_every_theme() -> None:
    async with still_contrast(busy()) as (stage, _, _clock):

        async def check(stage: Stage, size: tuple[int, int]) -> None:
            for theme in THEMES if size == SIZES[0] else THEMES[:1]:
                stage.app.theme = theme
                await stage.quiet()
                await looks_right(stage, size)
            text = stage.text()
            for words in (
                "applied once",
                "% up",
                "drift not there",
                "3 re-applies, loop",
                "desired 1",
                "declared 1",
            ):
                assert words in text, (size, words)
            assert text.count("deleted") >= 2 or size[0] < 120
            assert text.count(UNICODE.mark) >= 6, "the strokes stand over both lanes"

        await at_every_size(stage, check)


async def test_in_ascii_all_of_it_is_ascii() -> None:
    async with still_contrast(busy(), size=(80, 24), glyphs=ASCII) as (stage, _, _clock):
        await stage.says("applied once - a bare pod")
        painted = "".join(
            segment.text
            for line in stage.strips()
            for segment in stage.app._filters[-1].apply(list(line), stage.app.screen.styles.background)
        )
        assert painted.isascii()
        assert "?" not in painted.replace("? Help", "")


async def test_what_nobody_watched_is_told() -> None:
    told = contrast(
        once=a_lane(steps=[(0.0, True), (10.0, None)], state="not watched", points=(LanePoint(970.0, 1),)),
        began=970.0,
    )
    async with still_contrast(told) as (stage, _, _clock):
        await stage.says("not watched", "not watched for")
