"""The fleet screen: what is shown, in which order, through which filter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.widgets import Input

from tests.liveshop import KEYS, UNSCHEDULABLE, LiveShop
from tests.screens.stage import Stage, on_stage
from tests.waiting import PATIENCE_S
from tui.screens.deployment import DeploymentScreen
from tui.screens.fleet import FleetScreen
from tui.screens.rows import Order
from tui.session.source import Options
from tui.widgets.columns import Placed

FIRST_GAP, SECOND_GAP = "warehouse/zinc", "shop/tin"


def at(shop: LiveShop, **more: Any) -> Options:
    return Options(**{"kubeconfig": shop.kubeconfig, **more})


async def two_gaps(shop: LiveShop, stage: Stage) -> None:
    """Two Deployments whose gap stays, the one in the later namespace being open for longer."""
    await shop.deploy("zinc", namespace="warehouse", cpu=UNSCHEDULABLE)
    await stage.until(lambda: FIRST_GAP in stage.shown and stage.app.known.rows[stage.uid(FIRST_GAP)].opened)
    await shop.deploy("tin", 2, cpu=UNSCHEDULABLE)
    await stage.until(
        lambda: SECOND_GAP in stage.shown and stage.app.known.rows[stage.uid(SECOND_GAP)].opened
    )


async def click_header(stage: Stage, column: str) -> None:
    table = stage.fleet.table
    place: Placed = next(one for one in table.placed(table.line_width) if one.column.key == column)
    await stage.pilot.click(table, offset=(place.x + 1, 0))
    await stage.quiet()


async def test_every_deployment_has_its_row(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        assert stage.shown == KEYS
        assert stage.selected == "shop/api"
        await stage.says(
            "gapwatch-sandbox · SANDBOX · all namespaces", "● live", "ARMED", "no gap", "3 Deployments"
        )


async def test_one_namespace_and_one_selector_are_named(shop: LiveShop) -> None:
    async with on_stage(at(shop, namespace="shop", selector="app=web")) as stage:
        await stage.synced("shop/web")
        assert stage.shown == ["shop/web"]
        await stage.says("shop · app=web")


async def test_zero_widens_one_namespace_to_all(shop: LiveShop) -> None:
    async with on_stage(at(shop, namespace="shop")) as stage:
        await stage.synced("shop/web")
        await stage.press("0")
        await stage.synced(*KEYS)
        assert stage.app.options == replace(at(shop), all_namespaces=True)
        await stage.says("all namespaces")


async def test_gaps_come_first_and_the_longest_open_on_top(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await two_gaps(shop, stage)
        await stage.until(lambda: stage.shown == [FIRST_GAP, SECOND_GAP, *KEYS])
        await stage.says("2 gaps · 3 pods short")
        assert stage.selected == "shop/api", "the cursor stays on its object"
        await stage.says("unschedulable")


async def test_ctrl_z_shows_gaps_only_and_all_again(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await two_gaps(shop, stage)
        await stage.press("ctrl+z")
        await stage.until(lambda: stage.shown == [FIRST_GAP, SECOND_GAP])
        await stage.says("gaps only")
        assert stage.selected in (FIRST_GAP, SECOND_GAP)
        await shop.delete("tin")
        await stage.until(lambda: SECOND_GAP not in stage.shown)
        await stage.press("ctrl+z")
        await stage.until(lambda: stage.shown[:1] == [FIRST_GAP] and sorted(stage.shown[1:]) == KEYS)


async def test_slash_filters_as_it_is_typed_and_escape_ends_it(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.press("slash")
        await stage.until(lambda: stage.fleet.filter_box.has_focus)
        await stage.type("hou")
        await stage.until(lambda: stage.shown == ["warehouse/stock"])
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen.focused is stage.fleet.table)
        assert stage.shown == ["warehouse/stock"], "enter keeps the filter and gives the keys back"
        await stage.press("escape")
        await stage.until(lambda: stage.shown == KEYS)
        await stage.press("slash")
        await stage.until(lambda: stage.fleet.filter_box.has_focus)
        await stage.type("shop w")
        await stage.until(lambda: stage.shown == ["shop/web"])
        await stage.press("escape")
        await stage.until(lambda: stage.shown == KEYS)
        await stage.until(lambda: stage.app.screen.focused is stage.fleet.table)


async def test_keys_typed_into_the_filter_are_letters(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.press("slash")
        await stage.until(lambda: stage.fleet.filter_box.has_focus)
        await stage.type("dax1?:0")
        await stage.until(lambda: stage.fleet.filter_box.value == "dax1?:0")
        await stage.quiet()
        assert isinstance(stage.app.screen, FleetScreen)
        assert stage.fleet.namespace is None
        assert shop.writes == []


async def test_d02_markup_typed_into_the_filter_is_text(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        for typed in ("[/x]", "[b", "[@click=app.bell]x", "[red]"):
            await stage.press("slash")
            await stage.until(lambda: stage.fleet.filter_box.has_focus)
            stage.fleet.filter_box.value = typed
            await stage.until(lambda: stage.shown == [])
            await stage.says(f"/{typed}")
            await stage.says("nothing matches: esc shows all again")
            await stage.press("escape")
            await stage.until(lambda: stage.shown == KEYS)


async def test_the_filter_looks_at_the_reason_too(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await two_gaps(shop, stage)
        await stage.press("slash")
        await stage.until(lambda: stage.fleet.filter_box.has_focus)
        await stage.type("insufficient")
        await stage.until(lambda: stage.shown == [FIRST_GAP, SECOND_GAP])


async def test_digits_choose_the_namespaces_that_palette_and_help_name(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        offered = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
        assert {"Namespace 1: shop", "Namespace 2: warehouse"} <= offered.keys()
        await stage.press("2")
        await stage.until(lambda: stage.shown == ["warehouse/stock"])
        await stage.says("namespace warehouse")
        await stage.press("1")
        await stage.until(lambda: stage.shown == ["shop/api", "shop/web"])
        await stage.press("9")
        await stage.until(lambda: stage.toasts == ["no namespace has key 9: ? tells which have one"])
        assert stage.shown == ["shop/api", "shop/web"]
        await stage.press("0")
        await stage.until(lambda: stage.shown == KEYS)
        await offered["Namespace 2: warehouse"].callback()
        await stage.until(lambda: stage.shown == ["warehouse/stock"])
        await stage.press("escape")
        await stage.until(lambda: stage.shown == KEYS)


async def test_a_click_on_a_header_sorts_then_turns_round_then_gaps_come_first(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await click_header(stage, "desired")
        await stage.until(lambda: stage.shown == ["shop/web", "shop/api", "warehouse/stock"])
        await stage.says("▾DESIRED")
        await shop.scale("stock", 5, "warehouse")
        await stage.until(lambda: stage.shown == ["warehouse/stock", "shop/web", "shop/api"])
        await click_header(stage, "desired")
        await stage.until(lambda: stage.shown == ["shop/api", "shop/web", "warehouse/stock"])
        await stage.says("▴DESIRED")
        await click_header(stage, "desired")
        await stage.until(lambda: stage.fleet.order == Order())
        await stage.until(lambda: "▴" not in stage.text())


async def test_keys_and_palette_sort_too(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.press("O")
        await stage.until(lambda: stage.toasts)
        offered = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
        await offered["Order by deployment"].callback()
        await stage.until(lambda: stage.shown == ["shop/api", "warehouse/stock", "shop/web"])
        await stage.press("O")
        await stage.until(lambda: stage.shown == ["shop/web", "warehouse/stock", "shop/api"])
        await stage.press("o")
        await stage.until(lambda: stage.fleet.order == Order("desired", True))
        await stage.press(*"oooooo")
        await stage.until(lambda: stage.fleet.order == Order())


async def test_under_a_storm_the_view_stays_at_the_top_until_the_cursor_is_moved(shop: LiveShop) -> None:
    async with on_stage(at(shop), size=(110, 14)) as stage:
        await stage.synced(*KEYS)
        for name in "bcdefghijklmn":
            await shop.deploy(name)
        await stage.until(lambda: len(stage.shown) == 16)
        await shop.settled()
        await stage.until(lambda: all(row.gap.settled for row in stage.app.known.rows.values()))
        await shop.deploy("zinc", 2, cpu=UNSCHEDULABLE)
        await stage.until(lambda: stage.shown[0] == "shop/zinc")
        assert stage.fleet.table.scroll_offset.y == 0
        assert stage.selected == "shop/api"


async def test_rows_whose_gap_has_changed_flash(shop: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        flashed: set[str] = set()
        monkeypatch.setattr(stage.fleet.table, "flash", flashed.update)
        await two_gaps(shop, stage)
        await stage.until(
            lambda: all(stage.app.known.rows[stage.uid(key)].gap.starting for key in (FIRST_GAP, SECOND_GAP))
        )
        await stage.until(
            lambda: (
                not any(stage.app.known.rows[stage.uid(key)].gap.missing for key in (FIRST_GAP, SECOND_GAP))
            )
        )
        flashed.clear()
        await shop.scale("tin", 4)
        await stage.until(lambda: stage.uid(SECOND_GAP) in flashed)
        assert flashed == {stage.uid(SECOND_GAP)}


async def test_without_gaps_gaps_only_says_that_all_is_well(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.press("ctrl+z")
        await stage.says("no gaps: everything is as asked for")


async def test_read_only_is_never_told_what_d_does(shop: LiveShop) -> None:
    async with on_stage(at(shop, read_only=True)) as stage:
        await stage.synced(*KEYS)
        await stage.says("nothing has happened yet")
        assert "deletes a pod" not in stage.text()
        await stage.open("shop/web")
        await stage.says("nothing has happened yet")
        assert "deletes a pod" not in stage.text()


async def test_enter_opens_a_deployment_and_escape_comes_back_to_it(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.open("shop/web")
        await stage.says("rs ")
        await stage.says("desired 3")
        await shop.deploy("aaa", 1, cpu=UNSCHEDULABLE)
        await stage.until(lambda: "shop/aaa" in stage.shown)
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, FleetScreen))
        assert stage.selected == "shop/web"
        await stage.until(lambda: stage.fleet._detail and stage.fleet._detail.row.key == "shop/web")


async def test_a_double_click_opens_a_deployment(shop: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(at(shop)) as stage:
        # A busy machine is no slow hand.
        monkeypatch.setattr(stage.app, "CLICK_CHAIN_TIME_THRESHOLD", PATIENCE_S)
        await stage.synced(*KEYS)
        await stage.pilot.click(stage.fleet.table, offset=(10, 2), times=2)
        await stage.until(lambda: isinstance(stage.app.screen, DeploymentScreen))
        assert stage.deployment.deployment_uid == stage.uid("shop/web")


async def test_enter_held_down_opens_one_screen(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.hold("enter")
        await stage.until(lambda: isinstance(stage.app.screen, DeploymentScreen))
        assert sum(isinstance(screen, DeploymentScreen) for screen in stage.app.screen_stack) == 1


async def test_a_click_on_the_strip_selects(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.pilot.click(stage.fleet.strip, offset=(18, 0))
        await stage.until(lambda: stage.selected == "warehouse/stock")


async def test_a_deployment_that_goes_leaves_the_table_and_the_cursor_moves_on(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/api")
        await shop.delete("api")
        await stage.until(lambda: stage.shown == ["shop/web", "warehouse/stock"])
        await stage.until(lambda: stage.fleet._detail and stage.fleet._detail.row.key == "shop/web")
        assert stage.selected == "shop/web"


async def test_with_nothing_selected_nothing_is_told_of_anything(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await stage.says("desired 3")
        await stage.press("ctrl+z")
        await stage.until(lambda: stage.shown == [])
        await stage.until(lambda: "desired 3" not in stage.text() and "shop/web" not in stage.text())


async def test_an_empty_fleet_says_what_to_do(shop: LiveShop) -> None:
    async with on_stage(at(shop, namespace="default")) as stage:
        await stage.says("there are no Deployments in default: 0 looks at all namespaces")
        await stage.says("Delete pod")
        button = stage.button("delete_pod")
        assert (button.enabled, button.why_not) == (False, "no Deployment is selected")
        await stage.press("d", "enter")
        await stage.until(lambda: stage.toasts == ["no Deployment is selected"])
        assert isinstance(stage.app.screen, FleetScreen)


async def test_the_filter_box_opens_by_its_button_too(shop: LiveShop) -> None:
    async with on_stage(at(shop), size=(200, 50)) as stage:
        await stage.synced(*KEYS)
        await stage.says(
            "Crash container"
        )  # the faults' buttons come with what is selected, and move the others
        await stage.click_button("filter")
        await stage.until(lambda: isinstance(stage.app.screen.focused, Input))
