"""The Heals screen: every gap since the start, how its time was shared, and how long such gaps take."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import hostile
from tests.screens.stage import Stage, on_stage
from tests.screens.stills import StillSession, a_heal_told, some_rows
from tests.screens.test_hostile import harmless
from tests.screens.test_looks import SIZES, THEMES, at_every_size, looks_right
from tui.clean import one_line
from tui.reconcile.heal import HealKind
from tui.screens.deployment import DeploymentScreen
from tui.screens.heal_rows import (
    heal_row,
    heals_legend,
    percentile,
    phase_cells,
    phase_legend,
    phase_look,
    spreads,
)
from tui.screens.heals import NOTHING_YET, HealsScreen
from tui.session.heal_news import HealNews
from tui.session.options import Options
from tui.widgets.glyphs import ASCII, UNICODE, Glyphs
from tui.widgets.runs import BothEnds, Cell, plain, runs_of

WEB = a_heal_told("web", opened=100.0)
API = a_heal_told("api", opened=200.0, total_s=9.5, kind=HealKind.ROLLOUT, cause="rollout to 3", overshoot=1)
NAMES = (
    *("noticed", "replacement created", "scheduled", "started", "ready", "available"),
    *("evicted", "new ReplicaSet", "all updated"),
)


@asynccontextmanager
async def heals_stage(
    *heals: HealNews, size: tuple[int, int] = (140, 36), glyphs: Glyphs = UNICODE, read_only: bool = False
) -> AsyncIterator[tuple[Stage, StillSession]]:
    """The app with its Heals screen open, on a session that knows these heals."""
    session = StillSession(some_rows("web", "api"), heals)
    options = Options(sandbox=True, read_only=read_only)
    async with on_stage(options, size=size, open_session=session.open, glyphs=glyphs) as stage:
        await stage.synced("shop/web", "shop/api")
        await stage.press("h")
        await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))
        yield stage, session


def screen_of(stage: Stage) -> HealsScreen:
    assert isinstance(stage.app.screen, HealsScreen)
    return stage.app.screen


async def filtering(stage: Stage) -> None:
    """Opens the filter, and waits until what is typed goes into it."""
    await stage.press("slash")
    await stage.until(lambda: screen_of(stage).filter_box.has_focus)


# ---------------------------------------------------------------- pure


def test_percentiles_are_nearest_rank() -> None:
    """The example of the method's usual description, and both ends."""
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    assert [percentile(values, p) for p in (5, 30, 40, 50, 95, 100)] == [15, 20, 20, 35, 50, 50]
    assert percentile([7.0], 50) == percentile([7.0], 95) == 7.0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.sampled_from([50, 95]))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[float], percent: int
) -> None:
    found = percentile(values, percent)
    assert 100 * sum(value <= found for value in values) >= percent * len(values)
    assert 100 * sum(value < found for value in values) < percent * len(values)


def test_groups_are_summed_over_closed_heals_whose_beginning_is_known_and_the_slowest_comes_first() -> None:
    still_open = a_heal_told("web", opened=300.0, total_s=None)
    begun_before_us = a_heal_told("web", opened=0.0, total_s=50.0, kind=HealKind.FOUND_OPEN)
    found = spreads([WEB, API, still_open, begun_before_us], lambda heal: heal.key)
    assert [(one.label, one.count, one.p50, one.p95) for one in found] == [
        ("shop/api", 1, "9.5 s", "9.5 s"),
        ("shop/web", 1, "2.2 s", "2.2 s"),
    ]


def test_a_row_tells_the_heal_in_numbers() -> None:
    row = heal_row(API, 260.0, datetime(2026, 1, 1, 12, 1), UNICODE)
    said = {key: cell.text for key, cell in row.cells.items() if isinstance(cell, Cell | BothEnds)}
    assert said == {
        "at": "12:00:00",
        "name": "shop/api",
        "kind": "rollout",
        "cause": "rollout to 3",
        "total": "9.5 s",
        "depth": "−1",
        "lost": "2.2",
        "overshoot": "+1",
        "dead": "0.0 s",
    }


def test_a_long_namespace_does_not_hide_whose_heal_it_is() -> None:
    row = heal_row(replace(API, namespace="n" * 63, deployment="stuck"), 260.0, datetime(2026, 1, 1), UNICODE)
    assert plain(runs_of(row.cells["name"], 15)) == "nnnnnnn…n/stuck"


def test_a_heal_that_goes_on_counts_up_and_what_is_not_known_is_no_zero() -> None:
    heal = a_heal_told(opened=100.0, total_s=None, guessed=True)
    row = heal_row(heal, 104.0, datetime(2026, 1, 1), UNICODE)
    assert row.cells["total"] == Cell("4.0 s", "busy")
    cells = phase_cells(heal, 104.0, UNICODE)
    assert cells.goes_on
    assert sum(part.took_s for part in cells.parts) == pytest.approx(4.0)
    cause = row.cells["cause"]
    assert isinstance(cause, Cell)
    assert cause.text.endswith("· pairing guessed")


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_every_phase_has_a_glyph_of_its_own(glyphs: Glyphs) -> None:
    looks = [phase_look(name, glyphs)[0] for name in (*NAMES, "a word of tomorrow")]
    assert len(set(looks)) == len(looks)
    assert {line.sign for line in heals_legend(glyphs)} >= {look * 2 for look in looks[:-1]}


@pytest.mark.parametrize(
    "names",
    [
        ("noticed", "replacement created", "scheduled", "started", "ready", "available"),
        ("not ready seen", "evicted", "replacement created", "scheduled", "started", "ready", "available"),
        ("new ReplicaSet", "first new pod", "first ready", "all updated", "old gone"),
        ("created", "scheduled", "started", "ready", "available"),
        ("chosen", "gone"),
    ],
)
def test_within_one_heal_no_two_phases_look_alike(names: tuple[str, ...]) -> None:
    looks = {phase_look(name, UNICODE)[0] for name in names}
    assert len(looks) == len(names)
    assert UNICODE.unknown not in looks


def test_the_legend_names_every_phase_that_is_drawn_and_no_other() -> None:
    assert phase_legend([WEB, API], UNICODE) == tuple(
        (phase_look(phase.name, UNICODE), phase.name) for phase in WEB.phases
    )
    odd = a_heal_told(phases=(("a word of tomorrow", 1.0), ("old gone", 1.0), ("evicted", 1.0)))
    assert [words for _, words in phase_legend([odd], UNICODE)] == ["evicted, old gone", "a word of tomorrow"]
    assert phase_legend([], UNICODE) == ()


# ---------------------------------------------------------------- on the screen


async def test_h_shows_the_heals_newest_first_and_esc_goes_back() -> None:
    async with heals_stage(WEB, API) as (stage, _):
        await stage.says("shop/api", "rollout to 3", "OPENED", "POD-S LOST", "BY DEPLOYMENT", "BY KIND")
        text = stage.text()
        assert text.index("rollout to 3") < text.index("you deleted pod")
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_heals_that_are_told_before_it_has_its_widgets_wait() -> None:
    """On a busy machine a second passes between the key and the screen's first widget."""
    session = StillSession(some_rows("web"), (WEB,))
    async with on_stage(Options(), size=(140, 36), open_session=session.open) as stage:
        await stage.synced("shop/web")
        stage.app._show_heals()
        assert isinstance(stage.app.screen, HealsScreen)
        assert not stage.app.screen.is_mounted
        session.heals_kept = (API,)
        stage.app._tell_heals()
        await stage.says("rollout to 3")


async def test_before_anything_happened_it_says_what_would_stand_there() -> None:
    async with heals_stage() as (stage, session):
        await stage.says(NOTHING_YET[:60])
        await stage.press("e")
        await stage.says("there is no heal to export")
        session.heals_kept = (WEB,)
        await stage.says("you deleted pod")


async def test_it_asks_again_as_long_as_it_is_shown() -> None:
    async with heals_stage(WEB) as (stage, session):
        await stage.says("you deleted pod")
        session.heals_kept = (API,)
        await stage.says("rollout to 3")
        assert "you deleted pod" not in stage.text()


async def test_the_buttons_do_what_the_keys_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with heals_stage(WEB, API) as (stage, _):
        await stage.until(lambda: stage.button("export").enabled)
        await stage.click_button("export")
        await stage.until(lambda: list(tmp_path.glob("*.jsonl")))
        await stage.click_button("open_selected")
        await stage.until(lambda: isinstance(stage.app.screen, DeploymentScreen))
        await stage.click_button("heals")
        await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))
        await stage.click_button("back")
        await stage.until(lambda: stage.app.screen is stage.fleet)


async def test_where_nothing_has_changed_nothing_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with heals_stage(WEB, API) as (stage, session):
        await stage.says("rollout to 3")
        screen, painted = screen_of(stage), []
        for widget in (screen.table, screen.legend, screen.by_deployment, screen.by_kind):
            monkeypatch.setattr(widget, "refresh", lambda *regions, **more: painted.append(regions))
        screen.show_heals(tuple(replace(heal) for heal in session.heals()))
        assert painted == []
        screen.show_heals((*session.heals(), a_heal_told("api", opened=300.0)))
        assert painted != []


async def test_a_filter_holds_for_the_percentiles_too_and_esc_ends_it() -> None:
    async with heals_stage(WEB, API) as (stage, _):
        await stage.says("rollout to 3")
        await filtering(stage)
        await stage.type("fault web")
        await stage.until(
            lambda: [one.label for one in screen_of(stage).by_deployment.spreads] == ["shop/web"]
        )
        assert [one.label for one in screen_of(stage).by_kind.spreads] == ["fault"]
        await stage.press("enter")
        await stage.until(lambda: not screen_of(stage).filter_box.display)
        await stage.press("escape")
        await stage.until(lambda: len(screen_of(stage).by_kind.spreads) == 2)
        assert isinstance(stage.app.screen, HealsScreen)


async def test_a_filter_that_nothing_matches_says_so() -> None:
    async with heals_stage(WEB) as (stage, _):
        await filtering(stage)
        await stage.type("zzz")
        await stage.says("nothing matches")


async def test_enter_opens_the_deployment_and_esc_comes_back_here() -> None:
    async with heals_stage(WEB, API) as (stage, session):
        await stage.says("rollout to 3")
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, DeploymentScreen))
        assert stage.deployment.deployment_uid == "uid-api"
        await stage.until(lambda: session.focused[-1:] == ["uid-api"])
        await stage.press("h")
        await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))
        assert sum(isinstance(screen, HealsScreen) for screen in stage.app.screen_stack) == 1
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        await stage.until(lambda: session.focused[-1] == stage.fleet.table.cursor_key)


async def test_from_a_deployment_and_back_everything_is_told_of_it_again() -> None:
    async with heals_stage(API) as (stage, session):
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
        stage.fleet.table.move_cursor_to("uid-web")
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, DeploymentScreen))
        await stage.press("h")
        await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))
        await stage.press("enter")
        await stage.until(lambda: session.focused[-1] == "uid-api")
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))
        await stage.press("escape")
        await stage.until(lambda: session.focused[-1] == "uid-web")
        assert stage.deployment.deployment_uid == "uid-web"


async def test_a_heal_of_a_deployment_that_is_gone_opens_nothing() -> None:
    async with heals_stage(a_heal_told("gone")) as (stage, _):
        await stage.says("shop/gone")
        await stage.press("enter")
        await stage.says("is not there any more")
        assert isinstance(stage.app.screen, HealsScreen)


async def test_a_key_held_down_opens_one_screen() -> None:
    async with heals_stage(WEB) as (stage, _):
        await stage.hold("h")
        await stage.until(lambda: isinstance(stage.app.screen, HealsScreen))
        assert sum(isinstance(screen, HealsScreen) for screen in stage.app.screen_stack) == 1
        await stage.says("you deleted pod")
        await stage.hold("enter")
        await stage.until(lambda: isinstance(stage.app.screen, DeploymentScreen))
        assert sum(isinstance(screen, DeploymentScreen) for screen in stage.app.screen_stack) == 1


@pytest.mark.parametrize("key", ["e", "E"])
async def test_what_is_shown_is_exported_and_the_path_is_told(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with heals_stage(WEB, API) as (stage, _):
        await stage.says("rollout to 3")
        await filtering(stage)
        await stage.type("api")
        await stage.press("enter")
        await stage.until(lambda: not screen_of(stage).filter_box.display)
        await stage.press(key)
        await stage.until(lambda: stage.toasts)
        (saved,) = tmp_path.glob("gapwatch-heals-*")
        assert stage.toasts == [f"saved 1 heal in {saved}"]
    text = saved.read_text()
    if key == "e":
        assert saved.suffix == ".jsonl"
        assert "api" in json.dumps(json.loads(text))
    else:
        assert saved.suffix == ".csv"
        assert len(list(csv.DictReader(text.splitlines()))) == 1


async def test_what_can_not_be_exported_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(in_the_way))
    monkeypatch.setattr("tui.heal_document.export_heals", _refuse)
    async with heals_stage(WEB) as (stage, _):
        await stage.says("you deleted pod")
        await stage.press("e")
        await stage.until(lambda: stage.toasts)
        assert stage.toasts[0].startswith("not saved: ")


def _refuse(heals: object, path: Path) -> None:
    raise PermissionError(13, "Permission denied", str(path))


async def test_at_every_size_in_every_theme() -> None:
    async with heals_stage(WEB, API, a_heal_told(total_s=None), size=SIZES[0]) as (stage, _):
        await stage.says("shop/api")

        async def check(stage: Stage, size: tuple[int, int]) -> None:
            for theme in THEMES:
                stage.app.theme = theme
                await stage.quiet()
                await looks_right(stage, size)
            await stage.says("shop/api", "PHASES", "TOTAL", "POD-S LOST", "P50", "P95", "available")

        await at_every_size(stage, check)


async def test_d06_in_ascii_everything_that_is_painted_is_ascii() -> None:
    async with heals_stage(WEB, API, size=(140, 60), glyphs=ASCII) as (stage, _):
        await stage.says("rollout to 3")
        stage.text().encode("ascii")
        await stage.press("question_mark")
        await stage.says("Legend", "pod-seconds", "nearest rank")
        stage.text().encode("ascii")


async def test_read_only_has_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with heals_stage(WEB, read_only=True) as (stage, _):
        await stage.says("you deleted pod", "Export")
        await stage.press("e")
        await stage.until(lambda: list(tmp_path.glob("gapwatch-heals-*.jsonl")))


async def test_d02_words_from_a_cluster_are_shown_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a session tells is clean; markup in it is text all the same."""
    evil = one_line(hostile.EVIL)
    heal = a_heal_told(f"web{evil}", cause=f"someone deleted pod {evil}", phases=((f"ready{evil}", 2.0),))
    async with heals_stage(heal, size=(200, 40)) as (stage, _):
        rung: list[None] = []
        monkeypatch.setattr(stage.app, "bell", lambda: rung.append(None))
        await stage.says("someone deleted pod")
        text = harmless(stage)
        assert text.count(hostile.MARKUP) >= 2
        await filtering(stage)
        await stage.type("[@click")
        await stage.until(lambda: screen_of(stage).needle == "[@click")
        await stage.says("someone deleted pod")
        harmless(stage)
        for y, strip in enumerate(stage.strips()):
            x = strip.text.find("[@click")
            if x >= 0:
                await stage.pilot.click(offset=(x + 1, y))
        assert rung == []


def test_what_is_said_of_no_heal_fits_the_smallest_screen() -> None:
    assert len(NOTHING_YET) <= 78
