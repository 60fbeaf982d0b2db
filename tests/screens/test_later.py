"""What has to be done once is done, on a machine too that is late for every timer before it has begun to wait."""

from __future__ import annotations

import pytest
from textual.timer import Timer

from tests.liveshop import KEYS, LiveShop
from tests.screens.details import a_detail
from tests.screens.stage import on_stage
from tests.screens.stills import StillSession, some_rows
from tui.screens.later import later
from tui.session.options import Options


@pytest.fixture(autouse=True)
def too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on such a machine, none of Textual's timers that fire once ever does."""
    run = Timer._run

    async def lose(timer: Timer) -> None:
        if timer._repeat is None:
            await run(timer)

    monkeypatch.setattr(Timer, "_run", lose)


async def test_the_session_starts() -> None:
    still = StillSession(rows=some_rows("web"), detail=a_detail())
    async with on_stage(Options(), open_session=still.open) as stage:
        await stage.synced("shop/web")


async def test_a_preview_comes(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(120, 36)) as stage:
        await stage.synced(*KEYS)
        await stage.select("shop/web")
        await stage.preview("scale")


async def test_what_was_cancelled_is_not_done() -> None:
    still, done = StillSession(rows=some_rows("web")), list[str]()
    async with on_stage(Options(), open_session=still.open) as stage:
        later(stage.app, 0.0, lambda: done.append("first")).cancel()
        later(stage.app, 0.01, lambda: done.append("second"))
        await stage.until(lambda: done)
        assert done == ["second"]
