"""Leaving: nothing that arrives on the way out can turn an exit into a crash."""

from __future__ import annotations

from typing import Any

import pytest

from tests.liveshop import KEYS, LiveShop
from tests.screens.stage import on_stage
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
        rows = dict(app.rows)
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
