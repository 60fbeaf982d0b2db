"""The loop lanes: every station has its glyph, the last act is told, and nothing is painted for nothing."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.geometry import Region

from tui.widgets.glyphs import ASCII, UNICODE, Glyphs
from tui.widgets.loop_lanes import ACT, STATIONS, WAIT, Lane, LoopLanes
from tui.widgets.runs import line_width, plain

from .stage import HOSTILE, on_stage, shown

LANES = (
    Lane("deployment"),
    Lane("replicaset", ACT, 2, "created pod 9fq2m", "0.8 s ago"),
    Lane("scheduler", 1, 1, "bound 9fq2m to worker2", "0.2 s ago"),
    Lane("kubelet", WAIT, 3, "restarted a container of 9fq2m", "4 s ago", "next try in 38 s"),
)


def box(glyphs: Glyphs = UNICODE, *, lanes: tuple[Lane, ...] = LANES) -> LoopLanes:
    widget = LoopLanes(glyphs=glyphs)
    widget.set_reactive(LoopLanes.lanes, lanes)
    return widget


def rows(width: int, height: int = 5, glyphs: Glyphs = UNICODE) -> list[str]:
    return [plain(line) for line in box(glyphs).lines(width, height)]


@pytest.mark.parametrize("width", [76, 116, 196])
def test_every_station_stands_under_its_name(width: int) -> None:
    header, *lanes = rows(width)
    names = STATIONS if width >= 100 else ("desired", "actual", "compare", "act", "wait")
    columns = [header.index(f" {name} ") + 1 if name != "wait" else header.index("wait") for name in names]
    for lane, stations in zip(lanes, ("○○○○◐", "●●●◆○", "●●○○○", "○○○○◐"), strict=True):
        assert "".join(lane[column] for column in columns) == stations


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_where_each_is_can_be_told_without_colour(glyphs: Glyphs) -> None:
    tracks = {
        "".join(plain([run]) for run in box(glyphs)._track(Lane("x", station), STATIONS))
        for station in range(5)
    }
    assert len(tracks) == 5


def test_it_says_what_was_done_how_often_and_what_is_waited_for() -> None:
    _, deployment, replicaset, _, kubelet = rows(150)
    assert "not seen acting yet" in deployment
    assert "×2 created pod 9fq2m · 0.8 s ago" in replicaset
    assert "next try in 38 s · restarted a container of 9fq2m · 4 s ago" in kubelet
    assert rows(110)[4].endswith("… · 4 s ago"), "when it was stays where the deed is cut"
    assert rows(85)[4].endswith("next try in 38 s · restarted a co…"), "but not at any price"


def test_in_one_row_every_actor_is_told_by_its_sign() -> None:
    (line,) = rows(80, 1)
    assert line.startswith("deployment ◐  replicaset ◆ ×2  scheduler ● ×1")
    assert line.endswith("  kubelet ◐ ×3 next try in 38 s")
    (line,) = rows(60, 1)
    assert line.startswith("deployment ◐  replicaset ◆")
    assert line.endswith("…  kubelet ◐ ×3 next try in 38 s")
    assert "".join(text for text, _ in box(lanes=LANES[:2]).lines(80, 1)[0]).rstrip() == (
        "deployment ◐  replicaset ◆ ×2"
    )


@pytest.mark.parametrize("width", [1, 20, 76, 116])
@pytest.mark.parametrize("height", [1, 3, 5])
def test_nothing_is_wider_than_its_room(width: int, height: int) -> None:
    assert all(line_width(line) == width for line in box().lines(width, height))


def test_those_that_do_not_fit_are_counted() -> None:
    header, *lanes = rows(116, 3)
    assert len(lanes) == 2
    assert "+2 more" in header


def test_words_are_data() -> None:
    lanes = tuple(Lane(text, WAIT, 1, text, "", text) for text in HOSTILE)
    painted = [plain(line) for line in box(lanes=lanes).lines(160, 9)]
    assert all(line.count(text[:9]) >= 2 for text, line in zip(HOSTILE, painted[1:], strict=True))


async def test_only_lanes_that_differ_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = LoopLanes()
    async with on_stage(widget, size=(116, 9)) as (pilot, _):
        widget.lanes = LANES
        await pilot.pause()
        assert "replicaset" in shown(widget)[2]
        painted: list[int] = []
        refresh = widget.refresh

        def keep(*regions: Region, **more: bool) -> LoopLanes:
            painted.extend(region.y for region in regions)
            return refresh(*regions, **more)

        monkeypatch.setattr(widget, "refresh", keep)
        widget.lanes = tuple(LANES)
        widget.lanes = (*LANES[:2], Lane("scheduler", 2, 1, "bound 9fq2m to worker2", "0.4 s ago"), LANES[3])
        await pilot.pause()
        assert painted == [3]


async def test_it_takes_a_row_for_each_lane_as_far_as_it_may() -> None:
    widget = LoopLanes()
    async with on_stage(widget, size=(116, 12)) as (pilot, _):
        widget.lanes = LANES
        await pilot.pause()
        assert widget.size.height == 5
        widget.most_rows = 1
        await pilot.pause()
        assert widget.size.height == 1
        assert cell_len(shown(widget)[0]) <= 116
