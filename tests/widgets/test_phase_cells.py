"""The stacked bar of a heal: each phase has its share of the time, and none that took any vanishes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.glyphs import UNICODE
from tui.widgets.phase_cells import Part, PhaseCells

PARTS = (Part("░", 0.05), Part("▒", 0.95), Part("▇", 1.0))


def bar(cells: PhaseCells, width: int) -> str:
    return cells.in_width(width, UNICODE).plain


def test_each_phase_has_its_share() -> None:
    assert bar(PhaseCells(PARTS), 20) == "░" + "▒" * 9 + "▇" * 10


def test_what_goes_on_ends_with_a_pointer() -> None:
    assert bar(PhaseCells(PARTS[:2], goes_on=True), 21) == "░" + "▒" * 19 + "▸"


def test_a_short_phase_keeps_a_cell() -> None:
    assert bar(PhaseCells((Part("░", 0.001), Part("▇", 500.0))), 10) == "░" + "▇" * 9


def test_no_phase_is_no_bar() -> None:
    assert bar(PhaseCells(()), 10) == ""
    assert bar(PhaseCells((Part("░", 0.0),)), 10) == ""


@given(st.lists(st.floats(0, 1000), max_size=8), st.integers(0, 40), st.booleans())
def test_it_never_leaves_its_column(seconds: list[float], width: int, goes_on: bool) -> None:
    parts = tuple(Part("░", one) for one in seconds)
    assert len(bar(PhaseCells(parts, goes_on=goes_on), width)) <= width
