"""A21: the streams panel tells per kind what its stream has lived through, and unknown is never zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.liveshop import KEYS, LiveShop
from tests.screens.stage import on_stage
from tests.screens.stills import SOURCE, StillSession
from tui.cluster.liveness import Liveness
from tui.screens.streams import StreamsScreen, stream_row
from tui.session.source import Options
from tui.session.source_news import StreamNews
from tui.widgets.runs import Cell
from tui.widgets.tones import BAD, MUTED

QUIET = StreamNews(
    kind="Pod",
    state=Liveness.SYNCING,
    needed=True,
    state_for_s=1.0,
    age_s=None,
    objects=None,
    frames=0,
    events_per_s=0.0,
    coalesced=0,
    reconnects=0,
    relists=0,
    streamed_list=False,
    undecodable=0,
    repeated=0,
    unseen_deaths=0,
    error="",
    last_error="",
    last_error_age_s=None,
)


def words(stream: StreamNews) -> dict[str, str]:
    row = stream_row(stream, 0)
    return {key: cell.text for key, cell in row.cells.items() if isinstance(cell, Cell)}


def test_a21_what_is_not_known_is_no_zero() -> None:
    said = words(QUIET)
    assert (said["objects"], said["age"], said["state"]) == ("?", "–", "SYNCING")
    assert words(replace(QUIET, objects=0))["objects"] == "0"


def test_a21_an_error_that_was_mended_is_told_with_its_age() -> None:
    mended = replace(QUIET, last_error="429 TooManyRequests", last_error_age_s=12.0)
    assert words(mended)["error"] == "12 s ago: 429 TooManyRequests"


def test_a10_what_was_left_out_is_counted() -> None:
    assert words(replace(QUIET, undecodable=2, repeated=3))["odd"] == "5"


@pytest.mark.parametrize(("needed", "tone"), [(True, BAD), (False, MUTED)])
def test_what_may_be_missing_is_no_alarm_where_it_is_denied_or_unknown_to_the_server(
    needed: bool, tone: str
) -> None:
    denied = replace(QUIET, needed=needed, state=Liveness.DENIED, error="404 NotFound")
    cells = stream_row(denied, 0).cells
    assert [cell.tone for key in ("state", "error") if isinstance(cell := cells[key], Cell)] == [tone, tone]


async def test_a21_all_kinds_and_what_the_words_mean_fit_on_80_columns(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig), size=(80, 24)) as stage:
        await stage.synced(*KEYS)
        await stage.press("w")
        await stage.says("Deployment LIVE", "Event *", "PDB *", "without it.", "esc closes")


REASON = 'context "kind-gapwatch" at https://127.0.0.1:36443: its Pod list is no list, whoever answers there'


@pytest.mark.parametrize(("size", "has_legend"), [((80, 24), False), ((120, 36), True)])
async def test_a21_the_selected_kinds_error_can_be_read_at_every_size(
    size: tuple[int, int], has_legend: bool
) -> None:
    kinds = ("Deployment", "ReplicaSet", "Pod", "Node", "Event", "PodDisruptionBudget")
    streams = {kind: replace(QUIET, kind=kind) for kind in kinds}
    streams["Pod"] = replace(QUIET, last_error=REASON, last_error_age_s=12.0)
    still = StillSession(source_told=replace(SOURCE, streams=tuple(streams.values())))
    async with on_stage(Options(), size=size, open_session=still.open) as stage:
        await stage.press("w")
        await stage.says("without it.")
        await stage.press("down", "down")
        await stage.until(lambda: all(word in stage.text() for word in f"Pod: 12 s ago: {REASON}".split()))
        await stage.says("esc closes")
        assert ("without it." in stage.text()) is has_legend
        await stage.press("up")
        await stage.until(lambda: "answers there" not in stage.text() and "without it." in stage.text())


async def test_a21_w_shows_every_kind_and_follows_it(shop: LiveShop) -> None:
    async with on_stage(Options(kubeconfig=shop.kubeconfig)) as stage:
        await stage.synced(*KEYS)
        await stage.press("w")
        await stage.until(lambda: isinstance(stage.app.screen, StreamsScreen))
        await stage.says("Deployment", "ReplicaSet", "Pod", "Node *", "Event *", "PDB *", "LIVE")
        screen = stage.app.screen
        assert isinstance(screen, StreamsScreen)

        def pods() -> str:
            row = screen.table.row("Pod")
            cell = row.cells["objects"] if row is not None else None
            return cell.text if isinstance(cell, Cell) else ""

        await stage.until(lambda: pods() == "6")
        await shop.scale("web", 5)
        await stage.until(lambda: pods() == "8")
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.fleet)
