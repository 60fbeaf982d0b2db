"""The desk on the screens: previews, faults that go on, their undo, and one key that stops everything."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.widgets import Button, Input

from tests.chaos.stage import about
from tests.liveshop import KEYS, UNSCHEDULABLE, LiveShop
from tests.screens.stage import Clock, Stage, on_stage
from tui.screens.arm import ArmScreen
from tui.screens.base import NewsScreen
from tui.screens.chaos import ChaosScreen
from tui.screens.heals import HealsScreen
from tui.screens.help import HelpScreen
from tui.screens.press import INSIST_S, KEY_REPEAT_S, LEAST_LOOK_S
from tui.screens.settings_form import SettingRow
from tui.session.source import Options
from tui.widgets.runs import Cell

REAL = "production"
VIEWER = "gapwatch-sandbox-viewer"


def at(shop: LiveShop, **more: Any) -> Options:
    return Options(**{"kubeconfig": shop.kubeconfig, **more})


@pytest.fixture
def real(shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """The shop under a name and a version that nobody would take for a sandbox."""
    monkeypatch.setattr("tui.cluster.connection.SANDBOX_BUILD", "+no-such-build")
    return Options(kubeconfig=shop.renamed(tmp_path / "kubeconfig", REAL))


async def ready(stage: Stage, key: str = "shop/web") -> None:
    """The fleet with the cursor on that Deployment, and its faults known."""
    await stage.synced(*KEYS)
    await stage.select(key)
    await stage.until(lambda: stage.button("delete_pod").enabled)
    await stage.until(lambda: {"s", "e", "i"} <= {command.key for command in stage.fleet.commands})


async def injected(stage: Stage, clock: Clock, is_done: Callable[[], object] | None = None) -> None:
    """Says yes to the preview by key, as one who has looked at it, and waits until the fault goes on, or is done.

    The preview may be made anew in between, and then wants to be looked at once more.
    """
    chaos, is_done = stage.chaos, is_done or (lambda: stage.app.known.going_on)
    while not is_done():
        await stage.until(lambda: is_done() or not chaos.inject_button.disabled)
        clock.now += KEY_REPEAT_S
        await stage.press("enter")
        await stage.until(lambda: is_done() or clock.now - chaos._seen_at < LEAST_LOOK_S)


def desired(stage: Stage, key: str = "shop/web") -> int:
    return stage.app.known.rows[stage.uid(key)].gap.desired


def cordon_of(stage: Stage, node: str) -> str:
    row = stage.chaos.places.row(node)
    assert row is not None
    cell = row.cells["cordon"]
    assert isinstance(cell, Cell)
    return cell.text


# ---------------------------------------------------------------- previews


async def test_c02_a_lasting_faults_key_shows_its_preview_and_sends_nothing(shop: LiveShop) -> None:
    async with on_stage(at(shop), size=(120, 36)) as stage:
        await ready(stage)
        await stage.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, ChaosScreen))
        await stage.planned("scale")
        await stage.says("scale shop/web from 3 to 1", "back to 3 replicas", "by itself after 60 s")
        await stage.says("on shop/web", "teaches", "The number you type", "deployment controller")
        assert shop.writes == []


async def test_c02_every_fault_can_be_looked_at_and_nothing_is_sent(shop: LiveShop) -> None:
    async with on_stage(at(shop), size=(120, 36)) as stage:
        await ready(stage)
        await stage.press("x")
        await stage.until(lambda: isinstance(stage.app.screen, ChaosScreen))
        await stage.until(lambda: stage.chaos.catalogue.tree_lines)
        faults = [line.key for line in stage.chaos.catalogue.tree_lines if line.selectable]
        for fault in faults:
            await stage.preview(fault)
        assert {"delete-pod", "scale", "cordon"} <= set(faults)
        assert shop.writes == []


async def test_a_preview_is_injected_by_enter_goes_on_is_told_everywhere_and_undone_by_u(
    shop: LiveShop,
) -> None:
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await ready(stage)
        await stage.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, ChaosScreen))
        await stage.planned("scale")
        await injected(stage, clock)
        await stage.says("ARMED · 1 fault on", "goes on", "undone in", "you scaled from 3 to 1")
        (sent,) = shop.writes
        assert (sent.method, json.loads(sent.body)["spec"]) == ("PATCH", {"replicas": 1})
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.says("scale shop/web from 3 to 1 · undone in", "u undo")
        await stage.until(lambda: desired(stage) == 1)
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is not stage.fleet)
        await stage.says("scale shop/web from 3 to 1 · undone in")
        await stage.press("u")
        await stage.until(lambda: not stage.app.known.going_on and desired(stage) == 3)
        await stage.until(lambda: "undone in" not in stage.text())


async def test_settings_are_typed_in_place_and_enter_in_a_box_is_no_yes(shop: LiveShop) -> None:
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await ready(stage)
        await stage.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, ChaosScreen))
        await stage.planned("scale")
        box = next(iter(stage.chaos.form.query(Input)))
        row = box.query_ancestor(SettingRow)
        assert str(row.tooltip) == "how many; otherwise half as many"
        stage.chaos.set_focus(box)
        await stage.type("2")
        await stage.says("scale shop/web from 3 to 2")
        clock.now += KEY_REPEAT_S
        await stage.press("enter")
        await stage.until(lambda: stage.chaos.focused is stage.chaos.catalogue)
        assert shop.writes == []
        stage.chaos.set_focus(box)
        await stage.type("x")
        await stage.says("replicas=", "say a whole number from 0 to 500")
        assert stage.chaos.inject_button.disabled
        await stage.press("enter")
        await stage.until(lambda: stage.chaos.focused is stage.chaos.catalogue)
        clock.now += KEY_REPEAT_S
        await stage.press("enter")
        await stage.until(lambda: any("not injected" in toast for toast in stage.toasts))
        assert shop.writes == []


async def test_a_nodes_fault_asks_for_the_node_in_the_same_place(shop: LiveShop) -> None:
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await ready(stage)
        await stage.press("n")
        await stage.until(lambda: isinstance(stage.app.screen, ChaosScreen))
        await stage.planned("cordon")
        await stage.says("NODE", "ZONE", "READY", "CORDON", "PODS", "zone-a")
        second = stage.chaos.places.shown_keys[1]
        assert stage.chaos.places.move_cursor_to(second)
        await stage.says(f"cordon node {second}")
        await injected(stage, clock)
        assert [one.path.rpartition("/")[2] for one in shop.writes] == [second]
        await stage.until(lambda: cordon_of(stage, second) == "cordoned")
        await stage.press("u")
        await stage.until(lambda: not stage.app.known.going_on)
        await stage.until(lambda: cordon_of(stage, second) == "–")


async def test_c07_what_the_rights_do_not_allow_is_grey_and_says_why(shop: LiveShop) -> None:
    async with on_stage(at(shop, context=VIEWER), size=(200, 50)) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await stage.preview("scale")
        await stage.says("✗ you may not patch", "you may not delete pods in shop")
        assert stage.chaos.inject_button.disabled
        assert shop.writes == []


async def test_c04_the_target_is_fixed_when_the_preview_opens_and_refused_once_it_is_gone(
    shop: LiveShop,
) -> None:
    await shop.deploy("extra", 2)
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await stage.synced(*KEYS, "shop/extra")
        await ready(stage, "shop/extra")
        await stage.preview("scale")
        assert stage.fleet.table.move_cursor_to(stage.uid("shop/web"))
        await stage.says("on shop/extra", "scale shop/extra from 2 to 1")
        await shop.delete("extra")
        await stage.says("shop/extra is gone")
        await stage.until(lambda: stage.chaos._fault is not None and stage.chaos._fault.objection)
        await stage.says("that Deployment is gone")  # and not what the catalogue says where none is selected
        assert stage.chaos.inject_button.disabled
        clock.now += KEY_REPEAT_S
        await stage.press("enter")
        await stage.until(lambda: stage.toasts)
        assert shop.writes == []


async def test_c13_a_delete_says_that_it_is_not_undone(shop: LiveShop) -> None:
    async with on_stage(at(shop), size=(120, 36)) as stage:
        await ready(stage)
        chaos = await stage.preview("delete-pod")
        await stage.says("Inject (not undone: replaced)")
        assert str(chaos.inject_button.label) == "Inject (not undone: replaced)"
        await stage.preview("scale")
        assert str(chaos.inject_button.label) == "Inject"


async def test_c11_an_open_gap_is_insisted_on_by_a_second_press(shop: LiveShop) -> None:
    await shop.deploy("greedy", 2, cpu=UNSCHEDULABLE)
    clock = Clock()
    async with on_stage(at(shop), clock=clock) as stage:
        await stage.synced(*KEYS, "shop/greedy")
        await ready(stage, "shop/greedy")
        for wait_s, writes in ((INSIST_S + 1, 0), (KEY_REPEAT_S, 1)):
            asked = len(stage.toasts)
            clock.now += 100.0
            await stage.press("d")
            await stage.until(lambda asked=asked: len(stage.toasts) > asked)  # type: ignore[misc]
            assert stage.toasts[-1] == (
                "its gap is open still: press d again to delete another one all the same"
            )
            assert shop.writes == []
            clock.now += wait_s
            await stage.press("d")
            if writes:
                await stage.until(lambda: shop.writes)
            else:
                await stage.until(lambda asked=asked: len(stage.toasts) > asked + 1)  # type: ignore[misc]
        assert [one.method for one in shop.writes] == ["DELETE"]


async def test_c11_the_preview_says_that_a_gap_is_open_and_injects_all_the_same(shop: LiveShop) -> None:
    await shop.deploy("greedy", 2, cpu=UNSCHEDULABLE)
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await stage.synced(*KEYS, "shop/greedy")
        await ready(stage, "shop/greedy")
        await stage.preview("delete-pod")
        await stage.says("Inject all the same: a gap is open still")
        await injected(stage, clock, lambda: shop.writes)


# ---------------------------------------------------------------- not by mistake


async def test_c14_a_paste_injects_nothing(shop: LiveShop) -> None:
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await ready(stage)
        chaos = await stage.preview("scale")
        for widget in (chaos.catalogue, next(iter(chaos.form.query(Input))), chaos.inject_button):
            chaos.set_focus(widget)
            clock.now += KEY_REPEAT_S
            stage.app.post_message(Paste("2\n\n!\nu\n"))
            await stage.quiet()
        await shop.scale("api", 3)
        await stage.until(lambda: desired(stage, "shop/api") == 3)
        assert shop.writes == []
        source = stage.app._session.source()
        assert source is not None
        assert source.armed_for_s is not None


async def test_c14_a_preview_nobody_can_have_read_is_not_injected(shop: LiveShop) -> None:
    """A terminal without bracketed paste sends what is pasted as keys: "s" and at once a line's end."""
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await ready(stage)
        await stage.preview("scale")
        await stage.press("enter")
        await stage.quiet()
        assert shop.writes == []
        await injected(stage, clock)
        assert len(shop.writes) == 1


async def test_c14_enter_held_down_injects_once(shop: LiveShop) -> None:
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await ready(stage)
        chaos = await stage.preview("delete-pods")
        while not shop.writes:  # a preview that is made anew in between is looked at once more
            clock.now += KEY_REPEAT_S
            await stage.hold("enter", 20)
            await stage.until(lambda: shop.writes or clock.now - chaos._seen_at < LEAST_LOOK_S)
        for _ in range(20):
            clock.now += KEY_REPEAT_S * 0.9
            await stage.hold("enter", 1)
        await stage.planned("delete-pods")
        await stage.hold("enter", 1)
        assert len(shop.writes) == 1


async def test_c01_read_only_has_no_chaos_at_all(shop: LiveShop) -> None:
    async with on_stage(at(shop, read_only=True)) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        for open_first in (False, True):
            if open_first:
                await stage.open("shop/web")
            screen = stage.news_screen
            assert not [command for command in screen.commands if command.chaos]
            await stage.press("d", "c", "e", "i", "s", "n", "x", "u", "a", "exclamation_mark")
            await stage.quiet()
            assert stage.app.screen is screen
        assert shop.writes == []
        assert stage.toasts == []


async def test_c01_disarmed_a_preview_can_be_read_and_enter_asks_to_arm(
    shop: LiveShop, real: Options
) -> None:
    clock = Clock()
    async with on_stage(real, size=(120, 36), clock=clock) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        chaos = await stage.preview("scale")
        await stage.says("Arm, then inject", "scale shop/web from 3 to 1")
        clock.now += KEY_REPEAT_S
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        await stage.says("It has to be armed to scale shop/web from 3 to 1")
        await stage.type(REAL)
        await stage.until(lambda: not stage.app.screen.query_one("#arm", Button).disabled)
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is chaos)
        await stage.says("ARMED")
        assert shop.writes == []
        await injected(stage, clock)
        assert len(shop.writes) == 1


# ---------------------------------------------------------------- stop everything


async def on_heals(stage: Stage) -> None:
    await stage.press("h")
    await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))


async def in_help(stage: Stage) -> None:
    await stage.press("question_mark")
    await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))


async def in_the_palette(stage: Stage) -> None:
    await stage.press("colon")
    await stage.until(lambda: not isinstance(stage.app.screen, NewsScreen))


async def in_the_filter(stage: Stage) -> None:
    await stage.press("slash")
    await stage.until(lambda: stage.fleet.filter_box.has_focus)


async def on_a_deployment(stage: Stage) -> None:
    await stage.open("shop/api")


async def on_chaos(stage: Stage) -> None:
    await stage.preview("drain")


@pytest.mark.parametrize(
    "places",
    [(on_heals, on_a_deployment, on_chaos), (in_help, in_the_palette, in_the_filter)],
    ids=["screens", "over a screen"],
)
async def test_c12_one_key_stops_everything_wherever_one_is(
    shop: LiveShop, places: tuple[Callable[[Stage], Awaitable[None]], ...]
) -> None:
    clock = Clock()
    async with on_stage(at(shop), size=(120, 36), clock=clock) as stage:
        await stage.synced(*KEYS)
        for there in places:
            with about(there):
                stage.app._session.arm()
                await ready(stage)
                await stage.preview("scale")
                await injected(stage, clock)
                await back(stage)
                await there(stage)
                await all_is_stopped_by_its_key(stage, shop)
                await back(stage)


async def all_is_stopped_by_its_key(stage: Stage, shop: LiveShop) -> None:
    stage.app.clear_notifications()
    await stage.press("exclamation_mark")
    await stage.until(lambda: "no new faults: disarmed; undone: scale shop/web from 3 to 1" in stage.toasts)
    source = stage.app._session.source()
    assert source is not None
    assert source.armed_for_s is None
    await stage.until(lambda: not stage.app.known.going_on)
    await stage.until(lambda: desired(stage) == 3)
    sent = len(shop.writes)
    stage.app._session.delete_pod(stage.uid("shop/web"), None)
    await stage.until(lambda: any("not deleted: disarmed" in toast for toast in stage.toasts))
    assert len(shop.writes) == sent


async def back(stage: Stage) -> None:
    """To the fleet with nothing open over it."""
    while stage.app.screen is not stage.fleet or stage.fleet.filter_box.has_focus:
        top = (stage.app.screen, stage.fleet.filter_box.has_focus)
        await stage.press("escape")
        await stage.until(lambda top=top: (stage.app.screen, stage.fleet.filter_box.has_focus) != top)  # type: ignore[misc]
