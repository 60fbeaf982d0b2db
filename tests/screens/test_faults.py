"""The first button, by key, mouse and palette; and everything that keeps it from being pressed by mistake."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.widgets import Button, Input

from tests.liveshop import KEYS, LiveShop
from tests.screens.stage import Clock, Stage, on_stage
from tui.screens.arm import ArmScreen
from tui.screens.base import NewsScreen
from tui.screens.fleet import FleetScreen
from tui.screens.press import ANSWER_S, KEY_REPEAT_S
from tui.session.source import Options

REAL, LOCAL = "production", "kind-shop"
VIEWER = "gapwatch-sandbox-viewer"


def at(shop: LiveShop, **more: Any) -> Options:
    return Options(**{"kubeconfig": shop.kubeconfig, **more})


@pytest.fixture
def real(shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """The shop under a name and a version that nobody would take for a sandbox."""
    monkeypatch.setattr("tui.cluster.connection.SANDBOX_BUILD", "+no-such-build")
    return Options(kubeconfig=shop.renamed(tmp_path / "kubeconfig", REAL))


@pytest.fixture
def local(shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """The same as a kind cluster on loopback."""
    monkeypatch.setattr("tui.cluster.connection.SANDBOX_BUILD", "+no-such-build")
    return Options(kubeconfig=shop.renamed(tmp_path / "kubeconfig", LOCAL))


async def ready(stage: Stage, key: str = "shop/web") -> None:
    """The fleet with the cursor on that Deployment, and the button on."""
    await stage.synced(*KEYS)
    await stage.select(key)
    await stage.until(lambda: stage.button("delete_pod").enabled)


async def healed(stage: Stage, key: str = "shop/web", *, before: float | None = None) -> None:
    """Waits until a gap of that Deployment has opened and closed: another than the one that took `before`."""

    def is_closed() -> bool:
        row = stage.app.known.rows[stage.uid(key)]
        return row.opened is None and row.last_heal_s not in (None, before)

    await stage.until(is_closed)


def victims(shop: LiveShop) -> list[str]:
    """The pods that we have asked to end."""
    assert all(one.method == "DELETE" for one in shop.writes)
    return [one.path.rpartition("/")[2] for one in shop.writes]


# ---------------------------------------------------------------- the fault


async def test_d_deletes_a_pod_of_the_selected_deployment_and_the_story_is_told(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await ready(stage)
        before = await shop.pods("web")
        await stage.press("d")
        await healed(stage)
        (victim,) = victims(shop)
        assert victim in before
        (sent,) = shop.writes
        assert json.loads(sent.body)["preconditions"] == {"uid": before[victim]["metadata"]["uid"]}
        assert sent.user_agent.startswith("gapwatch/")
        await stage.until(lambda: any("gap closed" in one.text for one in stage.fleet.story.told))
        told = [(one.actor, one.text) for one in stage.fleet.story.told]
        actors = [actor for actor, _ in told]
        assert told[0][0] == "you"
        assert {"replicaset", "scheduler", "kubelet"} <= set(actors)
        assert actors.index("replicaset") < actors.index("scheduler")
        assert "someone" not in actors
        text = stage.text()
        assert "you" in text
        assert "●●●" in text
        assert stage.toasts == []


async def test_d_on_the_deployments_screen_deletes_the_selected_pod(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await ready(stage)
        screen = await stage.open("shop/web")
        pods = {pod["metadata"]["uid"]: name for name, pod in (await shop.pods("web")).items()}
        await stage.press("end")
        await stage.until(lambda: screen.owned.cursor_key in pods)
        key = screen.owned.cursor_key
        assert key is not None
        await stage.press("d")
        await healed(stage)
        assert victims(shop) == [pods[key]]
        await stage.says("you deleted ")


async def test_d_on_the_deployments_own_line_deletes_a_random_pod(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await ready(stage)
        screen = await stage.open("shop/web")
        await stage.press("home")
        await stage.until(lambda: screen.owned.cursor_key == stage.uid("shop/web"))
        pods = await shop.pods("web")
        await stage.press("d")
        await healed(stage)
        assert set(victims(shop)) <= set(pods)
        assert len(victims(shop)) == 1


async def test_button_and_palette_do_what_the_key_does(shop: LiveShop) -> None:
    clock = Clock()
    async with on_stage(at(shop), clock=clock) as stage:
        await ready(stage)
        fired = 0
        for on_deployment in (False, True):
            if on_deployment:
                await stage.open("shop/web")
                await stage.until(lambda: stage.button("delete_pod").enabled)
            offered = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
            assert "Not undone: replaced" in offered["Delete pod"].help
            for press in (partial(stage.click_button, "delete_pod"), offered["Delete pod"].callback):
                before = stage.app.known.rows[stage.uid("shop/web")].last_heal_s
                clock.now += KEY_REPEAT_S
                await press()
                fired += 1
                await stage.until(lambda wanted=fired: len(victims(shop)) == wanted)  # type: ignore[misc]
                await healed(stage, before=before)


async def test_every_command_of_the_screens_is_in_the_palette(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        offered = {command.title for command in stage.app.get_system_commands(stage.app.screen)}
        assert {one.title for one in stage.fleet.commands} - offered == {"Commands"}
        assert {"Theme", "Quit"} <= offered


async def test_at_80_columns_the_bar_leads_to_all_that_has_no_room_there(shop: LiveShop) -> None:
    async with on_stage(at(shop), size=(80, 24)) as stage:
        await stage.synced(*KEYS)
        await stage.until(lambda: "Disarm" in stage.text())
        assert stage.text().splitlines()[-1] == (
            " d Delete pod  x Chaos…  a Disarm  X Context  : More  ! Stop everything  ? Help "
        )
        await stage.click_button("command_palette")
        await stage.says("Heals  h", "Every gap since the start")


async def test_the_palette_opens_by_colon_and_closes_by_escape(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.press("colon")
        await stage.until(lambda: not isinstance(stage.app.screen, FleetScreen))
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, FleetScreen))


# ---------------------------------------------------------------- not by mistake


async def test_c14_a_key_held_down_fires_once(shop: LiveShop) -> None:
    clock = Clock()
    async with on_stage(at(shop), clock=clock) as stage:
        await ready(stage)
        await stage.hold("d", 20)
        for _ in range(20):
            clock.now += KEY_REPEAT_S * 0.9
            await stage.hold("d", 1)
        await healed(stage)
        assert len(victims(shop)) == 1
        clock.now += KEY_REPEAT_S
        await stage.hold("d", 1)
        await stage.until(lambda: len(victims(shop)) == 2)


async def test_c14_a_paste_presses_no_button(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await ready(stage)
        stage.app.post_message(Paste("dddd\nd\nax?0\x11"))
        await stage.quiet()
        await stage.open("shop/web")
        stage.app.post_message(Paste("dddd\nd\n"))
        await stage.quiet()
        await shop.scale("api", 3)
        await stage.until(lambda: stage.app.known.rows[stage.uid("shop/api")].gap.available == 3)
        assert shop.writes == []


async def test_c14_what_is_pasted_does_not_arm(shop: LiveShop, real: Options) -> None:
    async with on_stage(real) as stage:
        await stage.synced(*KEYS)
        await stage.press("a")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        stage.app.post_message(Paste(f"{REAL}\n"))
        await stage.quiet()
        assert isinstance(stage.app.screen, ArmScreen)
        source = stage.app._session.source()
        assert source is not None
        assert source.armed_for_s is None


async def test_c01_read_only_binds_no_chaos_key_and_shows_no_button(shop: LiveShop) -> None:
    async with on_stage(at(shop, read_only=True)) as stage:
        await stage.synced(*KEYS)
        for open_first in (False, True):
            if open_first:
                await stage.open("shop/web")
            await stage.says("READ-ONLY")
            text = stage.text()
            assert "Delete pod" not in text
            assert "Arm" not in text
            assert {"d", "a"}.isdisjoint(stage.app.screen.active_bindings)
            offered = {command.title for command in stage.app.get_system_commands(stage.app.screen)}
            assert {"Delete pod", "Arm", "Disarm"}.isdisjoint(offered)
            await stage.press("d", "a")
            await stage.quiet()
            assert stage.app.screen is stage.news_screen
            await stage.press("question_mark")
            await stage.says("Legend")
            assert "Delete pod" not in stage.text()
            await stage.press("escape")
            await stage.until(lambda: isinstance(stage.app.screen, NewsScreen))
        assert shop.writes == []
        assert stage.toasts == []


async def test_c07_a_denied_button_is_off_and_says_why(shop: LiveShop) -> None:
    clock = Clock()
    async with on_stage(at(shop, context=VIEWER), clock=clock) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await stage.until(lambda: "may not delete" in stage.button("delete_pod").why_not)
        assert not stage.button("delete_pod").enabled
        await stage.pilot.hover(stage.fleet.action_bar, offset=(2, 0))
        await stage.until(lambda: "you may not delete pods in shop" in str(stage.fleet.action_bar.tooltip))
        assert stage.toasts == []
        for count, press in enumerate(
            (partial(stage.press, "d"), partial(stage.click_button, "delete_pod")), 1
        ):
            clock.now += KEY_REPEAT_S
            await press()
            await stage.until(lambda wanted=count: len(stage.toasts) == wanted)  # type: ignore[misc]
            assert stage.toasts[-1].startswith("not deleted: you may not delete pods in shop")
        assert shop.writes == []


async def test_c07_the_button_stays_off_until_the_rights_are_known(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        fleet = stage.fleet
        fleet._show_detail(None)
        stage.app._tell_source()
        button = stage.button("delete_pod")
        assert (button.enabled, button.why_not) == (False, "not known yet")


# ---------------------------------------------------------------- arming


def is_armed(stage: Stage) -> bool:
    source = stage.app._session.source()
    return source is not None and source.armed_for_s is not None


async def test_c01_d_on_a_real_cluster_asks_to_arm_and_sends_nothing(shop: LiveShop, real: Options) -> None:
    async with on_stage(real) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await stage.says("DISARMED")
        await stage.says("real cluster")
        assert "disarmed on real cluster production" in stage.button("delete_pod").why_not
        await stage.press("d")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        await stage.says(f"Arm chaos on {REAL}?", "to delete a pod of shop/web", "This is a real cluster")
        assert stage.app.screen.query_one("#arm", Button).disabled
        for wrong in ("y", "PRODUCTION", "productio"):
            stage.app.screen.query_one(Input).value = wrong
            await stage.press("enter")
            await stage.says(f'that is not "{REAL}"')
            assert stage.app.screen.query_one("#arm", Button).disabled
            assert isinstance(stage.app.screen, ArmScreen)
        assert not is_armed(stage)
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, FleetScreen))
        assert not is_armed(stage)
        assert shop.writes == []


async def test_c01_its_name_arms_it_and_only_the_next_press_fires(shop: LiveShop, real: Options) -> None:
    clock = Clock()
    async with on_stage(real, clock=clock) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await stage.press("d")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        await stage.type(REAL)
        await stage.until(lambda: not stage.app.screen.query_one("#arm", Button).disabled)
        await stage.press("enter")
        await stage.until(lambda: is_armed(stage))
        await stage.until(lambda: stage.button("delete_pod").enabled)
        await stage.says("ARMED")
        assert stage.toasts == [f"chaos is armed on {REAL}: press d again to delete a pod of shop/web"]
        assert shop.writes == []
        clock.now += KEY_REPEAT_S
        await stage.press("d")
        await healed(stage)
        assert len(victims(shop)) == 1
        await stage.press("a")
        await stage.until(lambda: not is_armed(stage))
        await stage.until(lambda: not stage.button("delete_pod").enabled)


async def test_c01_a_local_cluster_asks_without_a_name(shop: LiveShop, local: Options) -> None:
    async with on_stage(local) as stage:
        await stage.synced(*KEYS)
        await stage.says("local cluster")
        assert not is_armed(stage)
        await stage.click_button("arm")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        assert not stage.app.screen.query(Input)
        await stage.click("#cancel")
        await stage.until(lambda: isinstance(stage.app.screen, FleetScreen))
        assert not is_armed(stage)
        await stage.press("a")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        await stage.click("#arm")
        await stage.until(lambda: is_armed(stage))
        assert shop.writes == []


async def test_c01_disarmed_every_press_leads_to_arming(shop: LiveShop, real: Options) -> None:
    clock = Clock()
    async with on_stage(real, clock=clock) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await stage.open("shop/web")
        pod = next(iter(await shop.pods("web")))
        assert stage.deployment.owned.move_cursor_to((await shop.pods("web"))[pod]["metadata"]["uid"])
        screen = stage.app.screen
        offered = {command.title: command for command in stage.app.get_system_commands(screen)}
        for press in (
            partial(stage.press, "d"),
            partial(stage.click_button, "delete_pod"),
            offered["Delete pod"].callback,
        ):
            clock.now += KEY_REPEAT_S
            await press()
            await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
            await stage.says("to delete", pod, "shop/web")
            await stage.press("escape")
            await stage.until(lambda: stage.app.screen is screen)
        assert shop.writes == []


async def test_c03_what_is_protected_says_so_before_anybody_arms_for_it(
    shop: LiveShop, real: Options
) -> None:
    await shop.deploy("dns", namespace="kube-system")
    async with on_stage(real) as stage:
        await stage.synced("kube-system/dns")
        await stage.select("kube-system/dns")
        await stage.press("d")
        await stage.until(lambda: stage.toasts == ["not deleted: kube-system is protected"])
        assert stage.app.screen is stage.fleet


async def test_the_safety_catch_is_named_by_what_it_does_and_never_first(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        for title, other in (("Disarm", "Arm"), ("Arm", "Disarm")):
            await stage.until(lambda wanted=title: stage.button("arm").title == wanted)  # type: ignore[misc]
            offered = [command.title for command in stage.app.get_system_commands(stage.app.screen)]
            assert title in offered
            assert other not in offered
            assert offered[0] == "Open"
            stage.app._session.disarm()


async def test_the_palette_offers_in_that_order(shop: LiveShop) -> None:
    async with on_stage(at(shop)) as stage:
        await stage.synced(*KEYS)
        await stage.press("colon")
        await stage.says("Open the selected Deployment", "Show only Deployments whose name")
        assert stage.text().index("Open the selected") < stage.text().index(
            "Show only Deployments whose name"
        )


async def test_a_press_is_answered_at_once_and_the_story_takes_its_place(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    async with on_stage(at(shop), clock=clock) as stage:
        await ready(stage)
        send = stage.app._session.delete_pod
        monkeypatch.setattr(stage.app._session, "delete_pod", lambda *asked, **more: 0)
        await stage.press("d")
        await stage.says("Deleting …", "deleting a pod of shop/web …")
        await stage.press("d")
        await stage.says("Deleting …", "still the same press")
        send(stage.uid("shop/web"), None)
        await stage.until(lambda: stage.button("delete_pod").title == "Delete pod")
        assert "still the same press" not in stage.text()
        assert len(victims(shop)) == 1


async def test_a_press_that_nothing_comes_of_is_not_answered_for_ever(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    async with on_stage(at(shop), clock=clock) as stage:
        await ready(stage)
        monkeypatch.setattr(stage.app._session, "delete_pod", lambda *asked, **more: 0)
        await stage.press("d")
        await stage.says("Deleting …")
        clock.now += ANSWER_S + 0.1
        await stage.until(lambda: stage.button("delete_pod").title == "Delete pod")


async def test_a_key_held_down_opens_one_dialog(shop: LiveShop, real: Options) -> None:
    async with on_stage(real) as stage:
        await stage.synced(*KEYS)
        for key in ("a", "X", "question_mark"):
            await stage.hold(key)
            await stage.until(lambda: stage.app.screen is not stage.fleet)
            assert len(stage.app.screen_stack) == 3, key  # the default screen, the fleet, the dialog
            await stage.press("escape")
            await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_c03_a_protected_namespace_keeps_its_button_off(shop: LiveShop) -> None:
    await shop.deploy("dns", namespace="kube-system")
    async with on_stage(at(shop)) as stage:
        await stage.synced("kube-system/dns")
        await stage.select("kube-system/dns")
        await stage.until(lambda: stage.button("delete_pod").why_not == "kube-system is protected")
        await stage.press("d")
        await stage.until(lambda: stage.toasts)
        assert stage.toasts == ["not deleted: kube-system is protected"]
        assert shop.writes == []
