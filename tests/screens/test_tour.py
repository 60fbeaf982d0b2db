"""The tour: shown once, left at any moment, led on by deeds, and never in front of what it speaks of."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Input

from tests.liveshop import KEYS, LiveShop
from tests.screens.details import a_detail
from tests.screens.stage import Stage, on_stage
from tests.screens.stills import SOURCE, StillSession, some_rows
from tui import app as app_module
from tui.app import TOUR_SHOWN, GapwatchApp
from tui.cluster.contexts import Nature
from tui.screens.chaos import ChaosScreen
from tui.screens.deployment import DeploymentScreen
from tui.screens.help import HelpScreen
from tui.screens.tour import FIRST_INSIDE, NO_PRACTICE, READ_ONLY, STEPS
from tui.session.options import Options
from tui.widgets.glyphs import ASCII
from tui.widgets.tour_box import TourBox

SIZES = [(80, 24), (120, 36), (200, 50)]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing has been shown on this account yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "gapwatch"


def a_still(**source: Any) -> StillSession:
    still = StillSession(rows=some_rows("web", "api"), detail=a_detail())
    still.source_told = replace(SOURCE, **source)
    return still


def the_box(stage: Stage) -> TourBox | None:
    found = [box for box in stage.app.screen.query(TourBox) if box.region.height]
    return found[0] if found else None


def step_on_show(stage: Stage) -> str:
    """The title of the step whose box can be read now, or ""."""
    step = stage.app._tour.step
    return step.title if step is not None and the_box(stage) is not None else ""


async def begun(stage: Stage, key: str = "t") -> None:
    await stage.press(key)
    await stage.until(lambda: step_on_show(stage) == STEPS[0].title)


async def at_step(stage: Stage, number: int) -> None:
    """Waits for that step, counted from 1, and that its words can be read."""
    await stage.until(lambda: step_on_show(stage) == STEPS[number - 1].title)
    await stage.says(f"{number} of 5 · {STEPS[number - 1].title}")


async def is_over(stage: Stage) -> None:
    await stage.until(lambda: stage.app._tour.step is None and not list(stage.app.screen.query(TourBox)))


# -------------------------------------------------------------------- when it is shown


async def test_it_is_shown_on_the_first_run_on_a_sandbox_and_never_again(state: Path) -> None:
    for is_first in (True, False):
        still = a_still()
        async with on_stage(Options(), open_session=still.open) as stage:
            stage.app.greets = True
            await stage.synced("shop/web")
            if is_first:
                await at_step(stage, 1)
                assert (state / TOUR_SHOWN).exists()
            else:
                await stage.until(lambda: not stage.app.greets)
                await stage.quiet()
                assert stage.app._tour.step is None


@pytest.mark.parametrize(
    ("options", "source"),
    [
        (Options(read_only=True), {"read_only": True, "armed_for_s": None}),
        (Options(context="gapwatch-sandbox"), {}),
        (Options(kubeconfig="/some/where"), {}),
        (Options(), {"nature": Nature.LOCAL, "context": "kind-kind"}),
        (Options(), {"nature": Nature.REAL, "context": "prod"}),
    ],
    ids=["read-only", "a context", "a kubeconfig", "kind", "a real cluster"],
)
async def test_it_is_not_shown_by_itself_elsewhere(
    state: Path, options: Options, source: dict[str, Any]
) -> None:
    still = a_still(**source)
    async with on_stage(options, open_session=still.open) as stage:
        stage.app.greets = True
        await stage.synced("shop/web")
        stage.app._tell_source()
        await stage.quiet()
        assert stage.app._tour.step is None
    assert not (state / TOUR_SHOWN).exists()


async def test_where_it_could_not_be_remembered_nobody_is_greeted_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    async with on_stage(Options(), open_session=a_still().open) as stage:
        stage.app.greets = True
        await stage.synced("shop/web")
        await stage.until(lambda: not stage.app.greets)
        await stage.quiet()
        assert stage.app._tour.step is None


def test_only_the_command_greets(monkeypatch: pytest.MonkeyPatch) -> None:
    greeted: list[bool] = []
    monkeypatch.setattr(GapwatchApp, "run", lambda app: greeted.append(app.greets))
    assert not GapwatchApp(Options(), open_session=a_still().open).greets
    app_module.run(Options(sandbox=True))
    assert greeted == [True]


# -------------------------------------------------------------------- how it goes on


async def test_each_step_waits_for_its_deed_on_a_live_shop(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(80, 24)) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await begun(stage)
        await stage.press("space")
        await at_step(stage, 2)
        await stage.says("Press d now")
        assert shop.writes == []
        await stage.press("d")
        await at_step(stage, 3)
        await stage.press("enter")
        await at_step(stage, 4)
        assert isinstance(stage.app.screen, DeploymentScreen)
        await stage.press("space")
        await at_step(stage, 5)
        await stage.says("Done")
        await stage.press("space")
        await is_over(stage)
        assert isinstance(stage.app.screen, DeploymentScreen)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_space_goes_on_without_the_deed_and_without_a_write(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced(*KEYS)
        await begun(stage)
        for number in (2, 3):
            await stage.press("space")
            await at_step(stage, number)
        await stage.press("space")
        await stage.says("The tour goes on inside a Deployment.", "Press enter.")
        await stage.press("enter")
        await at_step(stage, 4)
        await stage.press("space")
        await at_step(stage, 5)
        assert shop.writes == []


async def test_a_deployment_opened_early_goes_on_inside() -> None:
    async with on_stage(Options(), size=(80, 24), open_session=a_still().open) as stage:
        await stage.synced("shop/web")
        await begun(stage)
        await stage.open("shop/web")
        await at_step(stage, FIRST_INSIDE + 1)


async def test_it_can_be_left_at_every_step() -> None:
    for skipped in range(len(STEPS)):
        async with on_stage(Options(), size=(80, 24), open_session=a_still().open) as stage:
            await stage.synced("shop/web")
            await begun(stage)
            if skipped >= FIRST_INSIDE:
                await stage.open("shop/web")
                await at_step(stage, FIRST_INSIDE + 1)
            for _ in range(skipped - FIRST_INSIDE if skipped >= FIRST_INSIDE else skipped):
                await stage.press("space")
            await at_step(stage, skipped + 1)
            before = stage.app.screen
            await stage.press("escape")
            await is_over(stage)
            assert stage.app.screen is before, "the first esc is the tour's, the next one goes back"


async def test_the_mouse_goes_on_and_ends_it() -> None:
    async with on_stage(Options(), size=(80, 24), open_session=a_still().open) as stage:
        await stage.synced("shop/web")
        await begun(stage)
        for words, then in (("space Next", 2), ("space Next", 3), ("esc End", 0)):
            box = the_box(stage)
            assert box is not None
            edge = box.render_line(box.size.height - 1).text
            await stage.pilot.click(box, offset=(edge.index(words) + 1, box.size.height - 1))
            await (at_step(stage, then) if then else is_over(stage))


async def test_it_waits_while_another_screen_is_on_top_and_never_takes_what_is_typed() -> None:
    async with on_stage(Options(), size=(80, 24), open_session=a_still().open) as stage:
        await stage.synced("shop/web")
        await begun(stage)
        await stage.press("x")
        await stage.until(lambda: isinstance(stage.app.screen, ChaosScreen))
        await stage.press("space")
        await stage.press("escape")
        await at_step(stage, 1)
        await stage.press("slash")
        await stage.until(lambda: isinstance(stage.app.focused, Input))
        await stage.pilot.press("a", "space")
        await stage.until(lambda: stage.app.focused.value == "a ")  # type: ignore[union-attr]
        await stage.press("escape")
        await stage.until(lambda: not isinstance(stage.app.focused, Input))
        await at_step(stage, 1)


async def test_another_source_ends_it() -> None:
    async with on_stage(Options(), open_session=a_still().open) as stage:
        await stage.synced("shop/web")
        await begun(stage)
        stage.app._switch(Options(context="other"))
        await is_over(stage)


# -------------------------------------------------------------------- how it is opened again


async def test_it_is_opened_again_from_the_help_and_from_the_palette() -> None:
    async with on_stage(Options(), size=(80, 24), open_session=a_still().open) as stage:
        await stage.synced("shop/web")
        await stage.open("shop/web")
        await stage.press("question_mark")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        await begun(stage)
        assert stage.app.screen is stage.fleet
        await stage.press("escape")
        await is_over(stage)
        await stage.press("question_mark")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        stage.app.screen.query_one("#tour").press()  # type: ignore[attr-defined]
        await at_step(stage, 1)
        await stage.press("escape")
        screen: Screen[Any] = stage.app.screen
        offered = {command.title: command for command in stage.app.get_system_commands(screen)}
        await offered["Tour"].callback()
        await at_step(stage, 1)


@pytest.mark.parametrize(
    ("options", "source", "why"),
    [
        (Options(), {"nature": Nature.REAL, "context": "prod", "armed_for_s": None}, NO_PRACTICE),
        (Options(read_only=True), {"read_only": True, "armed_for_s": None}, READ_ONLY),
    ],
    ids=["a real cluster", "read-only"],
)
async def test_where_things_are_real_it_asks_for_no_deletion(
    options: Options, source: dict[str, Any], why: str
) -> None:
    async with on_stage(options, size=(80, 24), open_session=a_still(**source).open) as stage:
        await stage.synced("shop/web")
        await begun(stage)
        await stage.press("space")
        await at_step(stage, 2)
        await stage.says(why)
        assert "Press d" not in stage.text()
        await stage.press("space")
        await stage.says("Press enter: inside is who did what.")


# -------------------------------------------------------------------- how it looks


@pytest.mark.parametrize("size", [(60, 15), *SIZES])
async def test_it_hides_nothing_that_it_speaks_of(shop: LiveShop, size: tuple[int, int]) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=size) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await begun(stage)
        for number in range(1, len(STEPS) + 1):
            if number > 1:
                await stage.press(*(["enter"] if number == FIRST_INSIDE + 1 else ["space"]))
            await at_step(stage, number)
            await stage.until(partial(stands_well, stage, size))


def stands_well(stage: Stage, size: tuple[int, int]) -> bool:
    """The box is in the room between the source line and the action bar, beside its target, and can be read."""
    box, step = the_box(stage), stage.app._tour.step
    if box is None or step is None:
        return False
    room = Region(0, 1, size[0], size[1] - 2)
    target = step.where(stage.news_screen)
    strips = [strip.text for strip in stage.strips()]
    rows = strips[box.region.y : box.region.bottom]
    words = " ".join(row[box.region.x + 2 : box.region.right - 2].strip() for row in rows)
    return (
        target.height > 0
        and room.contains_region(box.region)
        and not box.region.overlaps(target)
        and (step.words in words or size[1] < SIZES[0][1])
        and "SANDBOX" in strips[0]
        and "Help" in strips[-1]
    )


async def test_the_loops_are_there_while_it_speaks_of_them(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(80, 24)) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await begun(stage)
        await stage.press("enter")
        await at_step(stage, 4)
        stage.deployment.set_class(True, "low")
        await stage.until(lambda: stage.deployment.loop.region.height == 1)
        await stage.press("escape")
        await stage.until(lambda: stage.deployment.loop.region.height == 0)


async def test_d06_in_ascii_the_tour_is_ascii() -> None:
    async with on_stage(Options(), size=(80, 24), open_session=a_still().open, glyphs=ASCII) as stage:
        await stage.synced("shop/web")
        await begun(stage)
        await stage.says("1 of 5 - a wish that is kept", "space Next")
        stage.text().encode("ascii")


async def test_it_follows_the_row_that_it_speaks_of() -> None:
    async with on_stage(Options(), size=(80, 24), open_session=a_still().open) as stage:
        await stage.synced("shop/web", "shop/api")
        await begun(stage)
        box = the_box(stage)
        assert box is not None
        before = box.region.y
        await stage.press("down")
        await stage.until(lambda: box.region.y == before + 1)
