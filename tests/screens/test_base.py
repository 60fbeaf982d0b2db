"""What is counted for the source line, in which words, and when it is told."""

from __future__ import annotations

from tests.liveshop import KEYS, LiveShop
from tests.screens.stage import on_stage
from tests.screens.test_rows import a_gap, a_row
from tui.screens.base import NewsScreen, Tally
from tui.screens.deployment import DeploymentScreen
from tui.session.source import Options
from tui.widgets.top_bar import SourceState


def test_a_gap_is_what_the_table_calls_one() -> None:
    rows = [
        a_row("calm"),
        a_row("short", gap=a_gap(available=1, starting=2)),
        a_row("rolling", gap=a_gap(outdated=1)),
        a_row("surge", gap=a_gap(available=4)),
    ]
    tally = Tally().after((None, row) for row in rows)
    assert tally == Tally(deployments=4, gaps=1, short=2, unsettled=2)
    assert tally.after((row, None) for row in rows) == Tally(0, 0, 0, 0)
    assert tally.after([(rows[1], rows[0])]) == Tally(4, 0, 0, 2)


async def test_a_screen_says_what_is_armed_as_soon_as_it_is_on_top(shop: LiveShop) -> None:
    """Without a tick and without news: until it is told, it says nothing about it."""
    assert SourceState().armed == ""
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced(*KEYS)
        for timer in tuple(stage.app._timers):
            timer.pause()
        stage.app.post_message(NewsScreen.OpenAsked(stage.uid("shop/web")))
        await stage.until(lambda: isinstance(stage.app.screen, DeploymentScreen))
        await stage.until(lambda: stage.news_screen.source_line.state.is_armed)
        assert stage.button("arm").title == "Disarm"
