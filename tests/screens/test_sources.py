"""Which source is shown: switching, not reaching it, losing it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import yaml
from textual.widgets import OptionList

from tests.liveshop import KEYS, LiveShop
from tests.screens.stage import Stage, lines_of, on_stage
from tui.app import GapwatchApp
from tui.screens.contexts import ContextsScreen
from tui.screens.deployment import DeploymentScreen
from tui.screens.fleet import FleetScreen
from tui.session.source import Options

REAL, GONE = "production", "gone"
VIEWER = "gapwatch-sandbox-viewer"


def kubeconfig(shop: LiveShop, folder: Path) -> str:
    """The shop as `production`, its viewer, and a context whose port nobody listens on."""
    path = Path(shop.renamed(folder / "kubeconfig", REAL))
    document = yaml.safe_load(path.read_text())
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{unused.getsockname()[1]}"
    document["clusters"].append({"name": GONE, "cluster": {"server": server}})
    document["contexts"].append({"name": GONE, "context": {"cluster": GONE, "user": VIEWER}})
    path.write_text(yaml.safe_dump(document))
    return str(path)


async def choose(stage: Stage, name: str) -> None:
    """Switches to a context as people do: x, then its line."""
    await stage.press("X")
    await stage.until(lambda: isinstance(stage.app.screen, ContextsScreen))
    await stage.until(
        lambda: stage.app.screen.query(OptionList) and stage.app.screen.query_one(OptionList).options
    )
    listed, before = stage.app.screen.query_one(OptionList), stage.app._session
    listed.highlighted = next(i for i, one in enumerate(listed.options) if f" {name} " in str(one.prompt))
    await stage.press("enter")
    await stage.until(lambda: isinstance(stage.app.screen, FleetScreen) and stage.app._session is not before)


def source_of(app: GapwatchApp) -> Any:
    return app._session.source()


async def test_the_switcher_lists_every_context_and_a_sandbox(shop: LiveShop, tmp_path: Path) -> None:
    async with on_stage(Options(kubeconfig=kubeconfig(shop, tmp_path))) as stage:
        await stage.synced(*KEYS)
        await stage.press("X")
        await stage.until(lambda: isinstance(stage.app.screen, ContextsScreen))
        await stage.says("sandbox of our own")
        listed = [str(one.prompt) for one in stage.app.screen.query_one(OptionList).options]
        assert len(listed) == 4
        assert listed[0].startswith(f"● {REAL} ")
        assert VIEWER in listed[1]
        assert "SANDBOX, chaos starts armed" in listed[1]
        assert GONE in listed[2]
        assert "real cluster, chaos starts disarmed" in listed[2]
        assert "sandbox of our own" in listed[3]
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, FleetScreen))
        assert source_of(stage.app).context == REAL


async def test_c01_switching_disarms_and_nothing_of_the_old_source_stays(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with on_stage(Options(kubeconfig=kubeconfig(shop, tmp_path))) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        stage.app._session.arm(REAL)
        await stage.until(lambda: source_of(stage.app).armed_for_s is not None)
        old = stage.app._session
        await choose(stage, GONE)
        assert stage.app.known.rows == {}
        assert stage.shown == []
        assert stage.fleet.table.cursor_key is None
        assert stage.fleet.story.told == ()
        await stage.until(lambda: "shop" not in stage.text())
        await stage.until(lambda: not old._thread.is_alive())
        await stage.says("CLOSED")
        await choose(stage, REAL)
        await stage.synced(*KEYS)
        await choose(stage, VIEWER)
        await stage.synced(*KEYS)
        assert source_of(stage.app).context == VIEWER


async def test_c01_the_same_context_again_is_disarmed(
    shop: LiveShop, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tui.cluster.connection.SANDBOX_BUILD", "+no-such-build")
    async with on_stage(Options(kubeconfig=kubeconfig(shop, tmp_path))) as stage:
        await stage.synced(*KEYS)
        stage.app._session.arm(REAL)
        await stage.until(lambda: source_of(stage.app).armed_for_s is not None)
        await choose(stage, VIEWER)
        await stage.synced(*KEYS)
        await choose(stage, REAL)
        await stage.synced(*KEYS)
        await stage.says("DISARMED")
        assert source_of(stage.app).armed_for_s is None
        assert shop.writes == []


async def test_switching_from_a_deployment_goes_back_to_the_fleet(shop: LiveShop, tmp_path: Path) -> None:
    async with on_stage(Options(kubeconfig=kubeconfig(shop, tmp_path))) as stage:
        await stage.synced(*KEYS)
        await stage.open("shop/web")
        await choose(stage, VIEWER)
        assert not any(isinstance(screen, DeploymentScreen) for screen in stage.app.screen_stack)
        await stage.synced(*KEYS)
        await stage.select("shop/api")
        assert source_of(stage.app).context == VIEWER


async def test_a_source_that_cannot_be_reached_says_so_and_why(shop: LiveShop, tmp_path: Path) -> None:
    async with on_stage(Options(kubeconfig=kubeconfig(shop, tmp_path), context=REAL)) as stage:
        await stage.synced(*KEYS)
        await choose(stage, GONE)
        await stage.says("CLOSED")
        await stage.until(lambda: stage.toasts)
        assert "connection refused" in stage.toasts[0]
        await stage.until(lambda: "connection refused" in "\n".join(lines_of(stage.fleet.table)))
        await stage.until(lambda: "waiting for the first complete list" not in stage.text())
        await stage.says("gaps not known yet")
        await stage.press("d", "a", "enter")
        await stage.quiet()
        assert isinstance(stage.app.screen, FleetScreen)
        await choose(stage, REAL)
        await stage.synced(*KEYS)
        await stage.until(lambda: "CLOSED" not in stage.text())


async def test_at_80x24_a_source_that_cannot_be_reached_is_told_in_the_table(
    shop: LiveShop, tmp_path: Path
) -> None:
    options = Options(kubeconfig=kubeconfig(shop, tmp_path), context=REAL)
    async with on_stage(options, size=(80, 24), toasts=False) as stage:
        await stage.synced(*KEYS)
        await choose(stage, GONE)
        await stage.says("CLOSED")
        await stage.says(f'context "{GONE}"')
        await stage.says("connection ref")


async def test_a_first_source_that_cannot_be_reached_ends_the_app_with_one_line(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with on_stage(Options(kubeconfig=kubeconfig(shop, tmp_path), context=GONE)) as stage:
        await stage.until(lambda: stage.app.failure)
        assert "connection refused" in stage.app.failure
        assert "\n" not in stage.app.failure
        assert stage.app.return_code == 2


async def test_an_unreadable_kubeconfig_is_a_toast_in_the_switcher(shop: LiveShop, tmp_path: Path) -> None:
    path = Path(kubeconfig(shop, tmp_path))
    async with on_stage(Options(kubeconfig=str(path))) as stage:
        await stage.synced(*KEYS)
        path.write_text("contexts: [")
        await stage.press("X")
        await stage.until(lambda: stage.toasts)
        assert "is not valid YAML" in stage.toasts[0]
        assert isinstance(stage.app.screen, FleetScreen)


async def test_a21_a_cluster_that_goes_away_is_stale_and_its_rows_stay() -> None:
    with LiveShop() as shop:
        async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
            await stage.synced(*KEYS)
            shop.stop()
            await stage.says("STALE")
            assert stage.shown == KEYS
            await stage.says("connection refused", "no gap as of ")
            await stage.press("ctrl+z")
            await stage.says("no gaps when last heard of")
            await stage.press("ctrl+z")
            await stage.until(lambda: stage.shown == KEYS)
            await stage.open("shop/web")
            await stage.says("STALE", "connection refused")
