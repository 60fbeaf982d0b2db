"""The box of the tour: where it stands, how it points, and what it leaves out where there is no room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.geometry import Region

from tui.widgets.buttons import Action
from tui.widgets.runs import plain
from tui.widgets.tour_box import TourBox, TourPage, beside, height_of

PAGE = TourPage(
    "2 of 5 · one button",
    "Nobody is called: the loops have to find out.",
    "Press d.",
    (Action("space", "Next", "n"),),
)
ROOM = Region(0, 1, 80, 22)


def drawn(width: int, height: int, pointer: int, *, is_up: bool, page: TourPage = PAGE) -> list[str]:
    box = TourBox()
    box.set_reactive(TourBox.page, page)
    box.set_reactive(TourBox.pointer, (pointer, is_up))
    return [plain(line) for line in box.lines(width, height)]


def test_it_points_from_the_edge_that_is_next_to_its_target() -> None:
    assert drawn(50, 4, 40, is_up=True) == [
        "╭─ 2 of 5 · one button ─────────────────▴────────╮",
        "│ Nobody is called: the loops have to find out.  │",
        "│ Press d.                                       │",
        "╰─ space Next ───────────────────────────────────╯",
    ]
    assert drawn(50, 4, 30, is_up=False)[-1] == "╰─ space Next ────────────────▾──────────────────╯"


def test_words_in_an_edge_keep_out_of_the_way_of_the_sign() -> None:
    assert drawn(50, 4, 5, is_up=True)[0] == "╭────▴───────────────────── 2 of 5 · one button ─╮"
    assert drawn(50, 4, 5, is_up=False)[-1] == "╰────▾────────────────────────────── space Next ─╯"


def test_where_it_is_low_what_is_asked_for_stays() -> None:
    assert drawn(30, 4, 20, is_up=True)[1:3] == [
        "│ Nobody is called: the      │",
        "│ Press d.                   │",
    ]
    assert height_of(PAGE, 30) == 5


@pytest.mark.parametrize(
    ("target", "stands"),
    [
        (Region(25, 4, 20, 1), Region(0, 5, 70, 8)),
        (Region(0, 23, 14, 1), Region(0, 15, 70, 8)),
        (Region(0, 17, 80, 1), Region(5, 9, 70, 8)),
        (Region(60, 2, 10, 1), Region(10, 3, 70, 8)),
    ],
)
def test_it_stands_under_its_target_or_else_over_it(target: Region, stands: Region) -> None:
    assert beside(target, 70, 8, ROOM).region == stands


@given(
    st.integers(0, 79),
    st.integers(1, 23),
    st.integers(1, 80),
    st.integers(1, 10),
    st.integers(4, 80),
    st.integers(4, 12),
)
def test_it_hides_no_line_of_its_target_and_stays_in_the_room(
    x: int, y: int, width: int, height: int, box_width: int, box_height: int
) -> None:
    target = Region(x, y, min(width, 80 - x), min(height, 24 - y))
    place = beside(target, box_width, box_height, ROOM)
    assert not place.region.overlaps(target)
    assert ROOM.contains_region(place.region) or place.region.height == 0
    assert 0 < place.pointer < place.region.width - 1


@pytest.mark.parametrize("pointer", range(1, 49))
@pytest.mark.parametrize("is_up", [True, False])
def test_every_line_is_as_wide_as_the_box(pointer: int, is_up: bool) -> None:
    assert {cell_len(line) for line in drawn(50, 6, pointer, is_up=is_up)} == {50}
