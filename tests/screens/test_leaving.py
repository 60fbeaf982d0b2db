"""Leaving: nothing that arrives on the way out can turn an exit into a crash."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.liveshop import KEYS, LiveShop
from tests.screens.stage import on_stage
from tests.waiting import PATIENCE_S
from tui.screens.help import HelpScreen
from tui.session.news import News
from tui.session.source import Options


async def test_news_and_ticks_on_the_way_out_are_let_go(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the app closes its screens, each widget's removal is the moment for more news and another tick."""
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced(*KEYS)
        await stage.open("shop/web")
        app, fleet, deployment = stage.app, stage.fleet, stage.deployment
        rows = dict(app.known.rows)
        close_all = app._close_all

        async def late(*args: Any) -> None:
            for screen in (fleet, deployment):
                await screen.remove_children()
            monkeypatch.setattr(app._session, "take", lambda: News(rows=rows, synced=True))
            app._take_news()
            app._tell_source()
            fleet.tick()
            deployment.tick()
            await close_all(*args)

        monkeypatch.setattr(app, "_close_all", late)
        app.exit()
    assert app.return_code == 0


async def test_d04_news_after_the_exit_are_let_go_also_by_screens_under_a_dialog(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app still runs for a moment after `exit`, in which the screens below lose their widgets already."""
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced(*KEYS)
        deployment = await stage.open("shop/web")
        await stage.press("question_mark")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        detail = deployment._detail
        stage.app.exit(return_code=143)
        await deployment.remove_children()
        monkeypatch.setattr(
            stage.app._session,
            "take",
            lambda: News(rows=dict(stage.app.known.rows), detail=detail, synced=True),
        )
        stage.app._take_news()
        stage.app._tell_source()
    assert stage.app.return_code == 143


async def test_a_timer_that_fires_once_the_screens_are_gone_is_let_go(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced(*KEYS)
        app, close_all, ticked = stage.app, stage.app._close_all, asyncio.Event()

        def tick() -> None:
            ticked.set()
            app._tour.tick()

        async def late(*args: Any) -> None:
            await close_all(*args)
            assert not app.screen_stack
            app.set_interval(0.01, tick)
            async with asyncio.timeout(PATIENCE_S):
                await ticked.wait()

        monkeypatch.setattr(app, "_close_all", late)
    assert app.return_code in (None, 0)
