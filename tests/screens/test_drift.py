"""Drift on the screens of a running cluster: found with its manager, planned, applied by hand and in a loop."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from textual.widgets import Button

from tests.liveshop import KEYS, LiveShop
from tests.screens.stage import Clock, Stage, on_stage
from tests.waiting import PATIENCE_S
from tui.reconcile.evidence import APPLY_LOOP
from tui.sandbox.loops.client import DEPLOYMENTS
from tui.sandbox.shop import Workload, deployment
from tui.screens.apply_loop import ApplyLoopScreen
from tui.screens.apply_plan import ApplyScreen
from tui.screens.arm import ArmScreen
from tui.screens.heals import HealsScreen
from tui.screens.press import KEY_REPEAT_S
from tui.session.source import Options
from tui.widgets.line_table import LineTable

KEY = "shop/drifty"
SIZES = [(80, 24), (120, 36), (200, 50)]


@pytest.fixture
async def declared(shop: LiveShop, tmp_path: Path) -> Options:
    """shop/drifty with one replica, as it was declared, and shop/nowhere, which does not exist."""
    await shop.deploy("drifty")
    documents = [deployment(Workload("shop", name, 1, cpu="10m")) for name in ("drifty", "nowhere")]
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump_all(documents))
    return Options(kubeconfig=shop.kubeconfig, manifests=(str(path),))


async def ready(stage: Stage) -> None:
    """The fleet with the cursor on what was declared, and everything compared."""
    await stage.synced(*KEYS, KEY)
    await stage.select(KEY)
    await stage.says("no gap · 1 drift", "declared, not there: shop/nowhere")


async def scaled(stage: Stage, shop: LiveShop, replicas: int = 2) -> None:
    """Somebody else asks for another number, and the fleet knows."""
    await shop.patch(DEPLOYMENTS, "drifty", {"spec": {"replicas": replicas}}, "shop")
    await stage.until(lambda: drift_of(stage) == 1)


def drift_of(stage: Stage) -> int | None:
    drift = stage.app.known.rows[stage.uid(KEY)].drift
    return drift.fields if drift is not None else None


def loop_runs(stage: Stage) -> bool:
    source = stage.app._session.source()
    return source is not None and source.declaration is not None and source.declaration.loop.running


async def replicas_are(shop: LiveShop, replicas: int) -> None:
    """Waits until the server is asked for so many."""
    async with asyncio.timeout(PATIENCE_S):
        while (await shop.get(DEPLOYMENTS, "drifty", "shop"))["spec"]["replicas"] != replicas:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def dialog(stage: Stage) -> ApplyScreen:
    assert isinstance(stage.app.screen, ApplyScreen)
    return stage.app.screen


async def opened(stage: Stage, key: str, kind: type[Any]) -> Any:
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, kind) and stage.app.screen.query(Button))
    return stage.app.screen


async def closed(stage: Stage) -> None:
    """Leaves the dialog that is open."""
    await stage.press("escape")
    await stage.until(lambda: stage.app.screen is stage.fleet)


async def pressed(stage: Stage, clock: Clock, button: str) -> None:
    """Presses a button of the dialog, as one who has read it."""
    clock.now += KEY_REPEAT_S
    await stage.until(lambda: not stage.app.screen.query_one(f"#{button}", Button).disabled)
    stage.app.screen.query_one(f"#{button}", Button).press()


async def test_an_edit_shows_on_both_screens_with_its_manager(shop: LiveShop, declared: Options) -> None:
    async with on_stage(declared, size=(120, 36)) as stage:
        await ready(stage)
        await stage.says("DRIFT")
        await scaled(stage, shop)
        await stage.says("2 drift", "1 field")
        await stage.open(KEY)
        await stage.says("drift 1 field", "not as declared")
        await stage.press("v")
        await stage.says(
            "declared in",
            "shop.yaml:1",
            "Controllers hold this; nothing will bring back",
            "~ spec.replicas: 2 → 1",
        )
        await stage.until(lambda: re.search(r"by stranger · Update · .* ago", stage.text()))
        await scaled_back(stage, shop)
        await stage.says("as declared: no field is otherwise", "drift 0")
        await stage.press("v")
        await stage.until(lambda: "declared in" not in stage.text())
        await stage.says("what happened", "asked for 1 instead of 2")


async def scaled_back(stage: Stage, shop: LiveShop) -> None:
    await shop.scale("drifty", 1)
    await stage.until(lambda: drift_of(stage) == 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_what_matters_is_there_at_every_size(
    size: tuple[int, int], theme: str, shop: LiveShop, declared: Options
) -> None:
    if theme != "textual-dark" and size != SIZES[0]:
        pytest.skip("colours make no difference there")
    async with on_stage(declared, size=size) as stage:
        stage.app.theme = theme
        await ready(stage)
        await scaled(stage, shop)
        assert {"DRIFT", "WHY"} <= set(stage.app.screen.query_one(LineTable).render_line(0).text.split())
        assert stage.button("plan").enabled
        await opened(stage, "p", ApplyScreen)
        await stage.says(
            "Plan: 1 to create, 1 to change", "shop/nowhere is not there", "~ spec.replicas", "Apply", "Close"
        )
        await closed(stage)
        await opened(stage, "P", ApplyLoopScreen)
        await stage.says("10 m", "Start", "By force", "Stop", "Close", "Off")
        await closed(stage)
        await stage.open(KEY)
        await stage.press("v")
        await stage.says("Controllers hold this; nothing will bring back what was declared.", "by stranger")
        await stage.says("Plan: 1 field to change")


async def test_nothing_of_it_is_offered_where_nothing_was_declared(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(200, 50)) as stage:
        await stage.synced(*KEYS)
        await stage.says("no gap")
        assert "drift" not in stage.text().lower()
        assert stage.button("plan") is None
        await stage.press("p")
        await stage.until(
            lambda: stage.toasts == ["nothing was declared: start gapwatch with --manifests PATH"]
        )
        await stage.open("shop/web")
        assert stage.button("show_declared") is None


async def test_an_apply_by_hand_creates_what_is_not_there_and_closes(
    shop: LiveShop, declared: Options
) -> None:
    clock = Clock()
    async with on_stage(declared, size=(120, 36), clock=clock) as stage:
        await ready(stage)
        await opened(stage, "p", ApplyScreen)
        await stage.says("Plan: 1 to create", "+ shop/nowhere", "shop.yaml:")
        clock.now += KEY_REPEAT_S
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.until(lambda: stage.toasts == ["1 Deployment created"])
        await stage.synced(KEY, "shop/nowhere")
        await stage.says("no drift")
        await stage.until(lambda: "not there" not in stage.text())


async def test_conflicts_are_shown_with_their_owners_and_enter_never_forces(
    shop: LiveShop, declared: Options
) -> None:
    clock = Clock()
    async with on_stage(declared, size=(120, 36), clock=clock) as stage:
        await ready(stage)
        await scaled(stage, shop)
        await stage.open(KEY)
        await opened(stage, "p", ApplyScreen)
        await stage.says("Plan: 1 field to change · shop/drifty", "~ spec.replicas: 2 → 1", "by stranger")
        assert "nowhere" not in stage.text(), "it is the plan of one"
        await stage.press("enter")
        await stage.quiet()
        assert dialog(stage).is_planning, "nobody can have read it yet"
        await pressed(stage, clock, "apply")
        await stage.says("Nothing applied", "✗ shop/drifty: nothing applied")
        await stage.says("spec.replicas is managed by stranger", "Apply all the same")
        assert stage.app.known.rows[stage.uid(KEY)].gap.desired == 2
        assert dialog(stage).focused is dialog(stage).closing
        await pressed(stage, clock, "apply")
        await stage.until(lambda: drift_of(stage) == 0)
        await stage.until(lambda: not isinstance(stage.app.screen, ApplyScreen))
        await stage.until(lambda: stage.toasts == ["shop/drifty applied: 1 field"])
        await stage.says("you", "asked for 1 instead of 2")


async def test_what_is_disarmed_has_to_be_armed_first(shop: LiveShop, declared: Options) -> None:
    clock = Clock()
    async with on_stage(declared, size=(120, 36), clock=clock) as stage:
        await ready(stage)
        stage.app._session.disarm()
        await stage.says("DISARMED")
        await opened(stage, "p", ApplyScreen)
        await stage.says("Arm, then apply")
        await pressed(stage, clock, "apply")
        await stage.until(lambda: isinstance(stage.app.screen, ArmScreen))
        await stage.says("It has to be armed to apply what was declared", "shop/nowhere")
        stage.app.screen.query_one("#arm", Button).press()
        await stage.until(lambda: isinstance(stage.app.screen, ApplyScreen))
        await stage.until(lambda: any("press enter again to apply" in toast for toast in stage.toasts))
        assert shop.writes == [one for one in shop.writes if "dryRun" in one.query], "arming applies nothing"
        await pressed(stage, clock, "apply")
        await stage.synced("shop/nowhere")


async def test_the_loop_is_on_every_screen_counts_and_names_the_tug_of_war(
    shop: LiveShop, declared: Options
) -> None:
    async with on_stage(declared, size=(120, 36)) as stage:
        await ready(stage)
        await opened(stage, "P", ApplyLoopScreen)
        stage.app.screen.query_one("#force", Button).press()
        await stage.says("apply every 15 s by force · round 1", "1 applied", "next in", "P stops")
        stage.app._session.start_loop(1.0, force=True)
        for _ in range(3):
            await shop.patch(DEPLOYMENTS, "drifty", {"spec": {"replicas": 2}}, "shop")
            await replicas_are(shop, 1)  # put back; that it had drifted may have been too short to be shown
        await stage.until(lambda: drift_of(stage) == 0)
        await stage.until(lambda: stage.app.known.rows[stage.uid(KEY)].tug)
        await stage.says("tug of war: ", "apply every 1 s by force")
        await stage.press("h")
        await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))
        await stage.says("apply every 1 s by force", "applied")
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.open(KEY)
        await stage.says("apply loop", "next in")
        # What kubelets did since may have pushed it out of the panel.
        await stage.until(lambda: any(one.actor == APPLY_LOOP for one in stage.deployment.story.told))
        await stage.press("v")
        await stage.says("pull at spec.replicas in turn, each back after")
        await opened(stage, "P", ApplyLoopScreen)
        await stage.says("Runs every 1 s, by force")
        await stage.press("enter")
        await stage.until(lambda: not loop_runs(stage))
        await stage.until(lambda: "apply every" not in stage.text())


async def test_a_loop_that_ends_by_itself_says_why(shop: LiveShop, declared: Options) -> None:
    async with on_stage(declared, size=(120, 36)) as stage:
        await ready(stage)
        stage.app._session.start_loop(1.0)
        await stage.says("apply every 1 s")
        stage.app._session.disarm()
        await stage.until(lambda: any(toast.startswith("stopped: disarmed") for toast in stage.toasts))
        await stage.until(lambda: "apply every" not in stage.text())


async def test_read_only_shows_drift_and_binds_no_key_that_applies(shop: LiveShop, declared: Options) -> None:
    options = Options(kubeconfig=declared.kubeconfig, manifests=declared.manifests, read_only=True)
    async with on_stage(options, size=(120, 36)) as stage:
        await ready(stage)
        await scaled(stage, shop)
        await stage.says("1 field")
        for key in ("p", "P"):
            await stage.press(key)
        await stage.quiet()
        assert not isinstance(stage.app.screen, ApplyScreen | ApplyLoopScreen)
        assert stage.button("plan") is None
        await stage.open(KEY)
        await stage.press("v")
        await stage.says("Controllers hold this", "by stranger", "Plan: 1 field to change")
        assert "p opens it" not in stage.text()
        await stage.press("p", "P")
        await stage.quiet()
        assert not isinstance(stage.app.screen, ApplyScreen | ApplyLoopScreen)
        assert [one for one in shop.writes if "dryRun" not in one.query] == []


async def test_help_and_palette_know_all_of_it(shop: LiveShop, declared: Options) -> None:
    async with on_stage(declared, size=(200, 70)) as stage:
        await ready(stage)
        await stage.open(KEY)
        offered = [command.title for command in stage.app.get_system_commands(stage.app.screen)]
        assert {"Declared", "Plan…", "Apply every…"} <= set(offered)
        await stage.press("question_mark")
        await stage.says(
            "Declared against desired", "What an apply of what was declared", "GitOps loop", "2 local"
        )
