"""Columns share the width there is: none lost without need, none too wide, the least important dropped first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.columns import Column, Placed, column_at, lay_out

COLUMNS = (
    Column("namespace", "NAMESPACE", 9, flex=1, most=18, drop=5),
    Column("name", "DEPLOYMENT", 12, flex=2, most=30),
    Column("gap", "GAP", 4, align="right"),
    Column("why", "WHY", 20, flex=4),
    Column("heal", "LAST HEAL", 9, drop=7),
)


def keys(placed: list[Placed]) -> list[str]:
    return [place.column.key for place in placed]


def test_everything_fits_where_there_is_room() -> None:
    placed = lay_out(COLUMNS, 200, gutter=2, gap=2)
    assert keys(placed) == ["namespace", "name", "gap", "why", "heal"]
    assert [place.width for place in placed] == [18, 30, 4, 129, 9]
    assert placed[0].x == 2
    assert placed[-1].x + placed[-1].width == 200


def test_spare_width_goes_by_weight() -> None:
    placed = lay_out(COLUMNS, 2 + 54 + 8 + 7, gutter=2, gap=2)
    assert [place.width for place in placed] == [10, 14, 4, 24, 9]


def test_the_least_important_column_is_dropped_first() -> None:
    assert keys(lay_out(COLUMNS, 63, gutter=2, gap=2)) == ["namespace", "name", "gap", "why"]
    assert keys(lay_out(COLUMNS, 50, gutter=2, gap=2)) == ["name", "gap", "why"]


def test_what_is_never_dropped_is_cut_at_the_edge() -> None:
    placed = lay_out(COLUMNS, 30, gutter=2, gap=2)
    assert keys(placed) == ["name", "gap", "why"]
    assert [(place.x, place.width) for place in placed] == [(2, 12), (16, 4), (22, 8)]


def test_a_click_finds_its_column_and_the_gap_belongs_to_the_column_before() -> None:
    placed = lay_out(COLUMNS, 30, gutter=2, gap=2)
    found = [column_at(placed, x) for x in (0, 2, 15, 16, 29)]
    assert [column.key if column else None for column in found] == [None, "name", "name", "gap", "why"]


@given(st.integers(0, 300), st.integers(1, 3))
def test_columns_never_overlap_and_never_leave_the_screen(width: int, gap: int) -> None:
    placed = lay_out(COLUMNS, width, gutter=2, gap=gap)
    edge = 0
    for place in placed:
        assert place.x >= edge
        assert place.width >= 0
        assert place.width == 0 or place.x + place.width <= max(width, 0)
        edge = place.x + place.width
