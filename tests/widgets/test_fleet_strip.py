"""The fleet strip: everyone has a cell, the worst of several shows, and one change repaints one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from textual.geometry import Region

from tui.widgets.fleet_strip import FleetCell, FleetLayout, FleetStrip, fleet_glyph
from tui.widgets.glyphs import ASCII

from .stage import HOSTILE, on_stage, shown


class Watched(FleetStrip):
    """Remembers what was asked to be painted again."""

    def __init__(self, *, most_rows: int = 3) -> None:
        self.refreshed: list[tuple[Region, ...]] = []
        super().__init__(most_rows=most_rows)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Watched:
        self.refreshed.append(regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


def fleet(count: int, **changed: FleetCell) -> dict[str, FleetCell]:
    cells = {f"u{n:04}": FleetCell(f"shop/web-{n:04}", 0, 4) for n in range(count)}
    return {**cells, **changed}


def gap(number: int, missing: int, tone: str = "bad") -> FleetCell:
    return FleetCell(f"shop/web-{number:04}", missing, 4, tone)


@pytest.mark.parametrize(
    ("cell", "glyph", "tone"),
    [
        (FleetCell("a", 0, 4), "▁", "good"),
        (FleetCell("a", 1, 100, "busy"), "▂", "busy"),
        (FleetCell("a", 2, 4, "bad"), "▅", "bad"),
        (FleetCell("a", 4, 4, "bad"), "█", "bad"),
        (FleetCell("a", -2, 4, "extra"), "▅", "extra"),
        (FleetCell("a", 3, 0, "bad"), "█", "bad"),
        (FleetCell("a", 0, 0), "▁", "good"),
        (FleetCell("a", None, 4), "·", "muted"),
    ],
)
def test_a_cell_is_as_high_as_its_gap_is_wide(cell: FleetCell, glyph: str, tone: str) -> None:
    assert fleet_glyph(cell) == (glyph, tone)


def test_unknown_is_not_drawn_as_no_gap_in_ascii_either() -> None:
    assert fleet_glyph(FleetCell("a", None, 4), ASCII) != fleet_glyph(FleetCell("a", 0, 4), ASCII)


@pytest.mark.parametrize(
    ("count", "width", "most_rows", "rows", "share"),
    [
        (41, 120, 3, 1, 1),
        (0, 120, 3, 1, 1),
        (100, 80, 3, 2, 1),
        (181, 80, 3, 2, 2),
        (5000, 200, 3, 3, 11),
        (5, 0, 1, 1, 5),
    ],
)
def test_a_cell_each_while_they_fit(count: int, width: int, most_rows: int, rows: int, share: int) -> None:
    layout = FleetLayout.of(count, width, most_rows)
    assert (layout.rows, layout.share) == (rows, share)


@given(st.integers(1, 6000), st.integers(1, 250), st.integers(1, 5))
def test_everyone_has_exactly_one_place(count: int, width: int, most_rows: int) -> None:
    layout = FleetLayout.of(count, width, most_rows)
    assert layout.rows <= most_rows
    for index in {0, count // 2, count - 1}:
        column, row = layout.place(index)
        assert 0 <= column < layout.columns
        assert 0 <= row < layout.rows
        assert index in layout.indexes(column, row)


async def test_the_whole_fleet_in_order_of_its_labels() -> None:
    strip = FleetStrip()
    async with on_stage(strip, size=(50, 5)) as (pilot, _):
        strip.set_cells({"k2": gap(2, 4), "k1": gap(1, 0, "good"), "k3": gap(3, 1)})
        await pilot.pause()
        assert shown(strip) == ["▁█▃"]


async def test_a_caption_tells_how_many_there_are() -> None:
    strip = FleetStrip()
    async with on_stage(strip, size=(120, 5)) as (pilot, _):
        assert shown(strip)[0].strip() == "", "what is not known yet is not shown as zero"
        strip.set_cells(fleet(41))
        await pilot.pause()
        assert shown(strip)[0].endswith("41 Deployments, a cell each")
        strip.set_cells(fleet(1))
        await pilot.pause()
        assert shown(strip)[0].endswith("1 Deployment")
        strip.set_cells(fleet(2000))
        await pilot.pause()
        assert [line[86:].strip() for line in shown(strip)] == [
            "2,000 Deployments",
            "8 to a cell, worst shown",
            "",
        ]


async def test_of_several_in_one_cell_the_worst_shows_and_is_picked() -> None:
    strip = FleetStrip(most_rows=1)
    async with on_stage(strip, FleetStrip.Picked, size=(50, 5)) as (pilot, heard):
        strip.set_cells(fleet(100, u0007=gap(7, 1, "busy"), u0006=gap(6, 4, "bad"), u0050=gap(50, 4, "busy")))
        await pilot.pause()
        assert shown(strip) == ["▁▁▁█" + "▁" * 21 + "█" + "▁" * 24]
        await pilot.click(FleetStrip, offset=(3, 0))
        assert [message.key for message in heard] == ["u0006"]


async def test_one_change_repaints_one_line() -> None:
    strip = Watched()
    async with on_stage(strip, size=(40, 5)) as (pilot, _):
        strip.set_cells(fleet(100))
        await pilot.pause()
        strip.refreshed.clear()
        strip.update_cells({"u0050": gap(50, 4)})
        assert strip.refreshed == [(Region(0, 1, 40, 1),)]
        assert shown(strip)[1] == "▁" * 10 + "█" + "▁" * 29
        strip.refreshed.clear()
        strip.update_cells({"u0050": gap(50, 4)})
        assert strip.refreshed == []


async def test_cells_come_and_go() -> None:
    strip = FleetStrip()
    async with on_stage(strip, size=(40, 5)) as (pilot, _):
        strip.set_cells(fleet(40))
        await pilot.pause()
        assert len(shown(strip)) == 1
        strip.update_cells({"new": FleetCell("a/first", 4, 4, "bad")})
        await pilot.pause()
        assert shown(strip) == ["█" + "▁" * 39, "▁"]
        strip.update_cells({}, removed=["new", "never-was"])
        await pilot.pause()
        assert shown(strip) == ["▁" * 40]


async def test_a_renamed_cell_moves() -> None:
    strip = FleetStrip()
    async with on_stage(strip, size=(40, 5)) as (pilot, _):
        strip.set_cells({"a": FleetCell("a", 4, 4, "bad"), "b": FleetCell("b", 0, 4)})
        strip.update_cells({"a": FleetCell("c", 4, 4, "bad")})
        await pilot.pause()
        assert shown(strip) == ["▁█"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_the_cell_under_the_mouse_shows_its_name_as_it_is(text: str) -> None:
    strip = FleetStrip()
    async with on_stage(strip, size=(40, 5)) as (pilot, _):
        strip.set_cells({"a": FleetCell(text, 1, 4, "bad")})
        await pilot.pause()
        await pilot.hover(FleetStrip, offset=(0, 0))
        assert isinstance(strip.tooltip, Text)
        assert strip.tooltip.plain == f"{text}  gap 1 of 4"
        await pilot.hover(FleetStrip, offset=(9, 0))
        assert strip.tooltip is None


async def test_a_few_are_told_with_their_names() -> None:
    strip = FleetStrip()
    cells = {"a": FleetCell("shop/api", 0, 3), "w": FleetCell("shop/web", 1, 4, "bad")}
    async with on_stage(strip, FleetStrip.Picked, size=(80, 5)) as (pilot, heard):
        strip.set_cells(cells)
        await pilot.pause()
        assert shown(strip)[0].split() == ["▁▁", "api", "▃▃", "web", "2", "Deployments"]
        await pilot.click(FleetStrip, offset=(10, 0))
        assert [message.key for message in heard] == ["w"]
        strip.update_cells({"w": FleetCell("shop/web", 0, 4)})
        assert shown(strip)[0].split()[2:4] == ["▁▁", "web"]
        strip.update_cells({"o": FleetCell("other/web", 0, 4)})  # now one name is not enough
        await pilot.pause()
        assert shown(strip)[0].split()[:6] == ["▁▁", "other/web", "▁▁", "shop/api", "▁▁", "shop/web"]
        strip.set_cells(fleet(12))
        await pilot.pause()
        assert shown(strip)[0].startswith("▁" * 12 + " ")
