"""What is told of faults that go on or were left behind: by hand, so that the times and the states are known."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.screens.details import a_detail
from tests.screens.stage import on_stage
from tests.screens.stills import SOURCE, StillSession, a_running_fault, some_rows
from tui import app as app_module
from tui.screens.chaos import ChaosScreen
from tui.screens.left_behind import LeftBehindScreen
from tui.screens.running_line import running_line
from tui.session.chaos_news import RunningNews
from tui.session.options import Options
from tui.widgets.glyphs import ASCII, UNICODE
from tui.widgets.runs import plain


def left_behind(**other: Any) -> RunningNews:
    told = {
        "state": "left behind",
        "until": None,
        "left_behind": True,
        "began": "ann@desk, 2026-01-01 12:00:00Z",
    }
    return a_running_fault(**{**told, **other})


def told(*running: RunningNews, read_only: bool = False) -> str:
    return plain(running_line(running, 100.0, UNICODE, read_only=read_only))


def test_the_line_of_running_faults_counts_down_and_names_its_key() -> None:
    one = a_running_fault(until=124.0)
    assert told(one) == "▲ scale shop/web from 5 to 2 · undone in 24 s · u undo"
    assert told(one, replace(one, id="2")) == (
        "▲ scale shop/web from 5 to 2 · undone in 24 s · 1 more · u undo · x all"
    )
    assert told(replace(one, until=90.0)) == "▲ scale shop/web from 5 to 2 · undone in 0.0 s · u undo"
    assert told(replace(one, state="contested")) == (
        "▲ scale shop/web from 5 to 2 · changed by others since: force or leave it · u undo"
    )
    assert told(one, read_only=True) == "▲ scale shop/web from 5 to 2 · undone in 24 s"
    assert told() == ""
    line = plain(running_line([one], 100.0, ASCII, read_only=False))
    assert line.isascii()


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_the_line_is_there_only_while_a_fault_goes_on(size: tuple[int, int]) -> None:
    still = StillSession(rows=some_rows("web"), detail=a_detail())
    async with on_stage(Options(), size=size, open_session=still.open) as stage:
        await stage.synced("shop/web")
        assert "undone in" not in stage.text()
        still.go_on(a_running_fault())
        await stage.says("▲ scale shop/web from 5 to 2 · undone in", "u undo", "ARMED")
        still.go_on()
        await stage.until(lambda: "undone in" not in stage.text())


async def test_u_undoes_the_fault_that_is_told() -> None:
    still = StillSession(rows=some_rows("web"), running=(a_running_fault(), a_running_fault(id="older")))
    async with on_stage(Options(), open_session=still.open) as stage:
        await stage.says("scale shop/web from 5 to 2")
        await stage.press("u")
        await stage.until(lambda: still.undone)
        assert still.undone == [("c613b306", False)]


async def test_c09_what_an_earlier_run_has_left_behind_is_offered_at_the_start() -> None:
    one, other = left_behind(), left_behind(id="second", title="cordon node node-b1")
    still = StillSession(rows=some_rows("web"), running=(one, other))
    async with on_stage(Options(), size=(120, 36), open_session=still.open) as stage:
        await stage.until(lambda: isinstance(stage.app.screen, LeftBehindScreen))
        await stage.says("Left behind by an earlier run", "cordon node node-b1", "ann@desk")
        await stage.press("u")
        await stage.until(lambda: still.undone)
        assert still.undone == [("c613b306", False)]
        await stage.press("f")
        await stage.until(lambda: stage.toasts)
        assert still.undone == [("c613b306", False)]
        still.go_on(replace(one, insists=True, note="it is 4 by now"), other)
        await stage.says("it is 4 by now")
        await stage.press("f")
        await stage.until(lambda: len(still.undone) == 2)
        assert still.undone[1] == ("c613b306", True)
        still.go_on(other)
        await stage.until(lambda: "it is 4 by now" not in stage.text())
        await stage.press("l")
        await stage.until(lambda: still.forgotten)
        assert still.forgotten == ["second"]
        still.go_on()
        await stage.until(lambda: stage.app.screen is stage.fleet)
        still.go_on(other)
        await stage.says("left behind by an earlier run")
        assert stage.app.screen is stage.fleet


async def test_at_80_columns_what_was_left_behind_still_says_of_whom() -> None:
    image = "ghcr.io/stefanprodan/podinfo:does-not-exist"
    title = f"roll out {image} in container podinfo of shop/web"
    still = StillSession(rows=some_rows("web"), running=(left_behind(title=title),))
    async with on_stage(Options(), size=(80, 24), open_session=still.open) as stage:
        await stage.until(lambda: isinstance(stage.app.screen, LeftBehindScreen))
        await stage.says(f"roll out {image}")
        row = next(line for line in stage.text().splitlines() if "not tried" in line)
        assert "▸ roll out ghcr" in row
        assert "shop/web" in row


async def test_c01_read_only_only_tells_what_was_left_behind() -> None:
    still = StillSession(rows=some_rows("web"), running=(left_behind(),))
    still.source_told = replace(SOURCE, read_only=True, armed_for_s=None)
    async with on_stage(Options(read_only=True), open_session=still.open) as stage:
        await stage.until(lambda: stage.toasts == ["1 fault is left behind by an earlier run"])
        await stage.press("u", "exclamation_mark")
        await stage.quiet()
        assert still.undone == []
        assert still.stops == 0


async def test_c12_a_held_key_stops_once() -> None:
    still = StillSession(rows=some_rows("web"))
    async with on_stage(Options(), open_session=still.open) as stage:
        await stage.synced("shop/web")
        await stage.hold("exclamation_mark", 20)
        await stage.until(lambda: still.stops)
        await stage.quiet()
        assert still.stops == 1


async def test_c12_everything_is_stopped_by_button_and_palette_too() -> None:
    still = StillSession(rows=some_rows("web"))
    async with on_stage(Options(), size=(80, 24), open_session=still.open) as stage:
        await stage.synced("shop/web")
        await stage.click_button("stop_everything")
        await stage.until(lambda: still.stops == 1)
        offered = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
        assert {"Stop everything", "Chaos…", "Node…", "Undo", "Delete pod"} <= offered.keys()
        await offered["Chaos…"].callback()
        await stage.until(lambda: isinstance(stage.app.screen, ChaosScreen))
        assert stage.button("stop_everything") is not None


def test_c09_what_the_end_could_not_undo_is_told_after_the_screen_has_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stuck = a_running_fault(state="stuck", note="no answer in time")
    still = StillSession(running=(stuck, left_behind(id="not-ours")))

    class Brief(app_module.GapwatchApp):
        def __init__(self, options: Options, *more: Any) -> None:
            super().__init__(options, open_session=still.open)

        def run(self, *args: Any, **more: Any) -> None:
            sys.stdout.write("the screen\n")

    monkeypatch.setattr(app_module, "GapwatchApp", Brief)
    assert app_module.run(Options(context="prod a")) == 0
    assert capsys.readouterr().err == (
        "gapwatch: not undone: scale shop/web from 5 to 2: no answer in time (fault c613b306; undo it with: "
        "gapwatch --context 'prod a' chaos undo c613b306)\n"
    )
