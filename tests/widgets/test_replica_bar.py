"""The replica bar: a cell for each replica while they fit, and nothing that occurs is ever rounded away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.glyphs import ASCII, UNICODE
from tui.widgets.replica_bar import BAR_TONES, ReplicaCells, replica_bar

COUNT = st.integers(0, 2000)


@pytest.mark.parametrize(
    ("cells", "expected", "in_ascii"),
    [
        (ReplicaCells(ready=3), "■■■", "###"),
        (ReplicaCells(ready=3, starting=1, missing=1), "■■■▒□", "###~."),
        (ReplicaCells(ready=4, missing=1, terminating=1), "■■■■□╳", "####.x"),
        (ReplicaCells(ready=2, surplus=1), "■■+", "##+"),
        (ReplicaCells(missing=2), "□□", ".."),
        (ReplicaCells(), "", ""),
    ],
)
def test_one_cell_for_each_replica(cells: ReplicaCells, expected: str, in_ascii: str) -> None:
    assert replica_bar(cells, 12).plain == expected
    assert replica_bar(cells, 12, glyphs=ASCII).plain == in_ascii


@pytest.mark.parametrize(
    ("cells", "width", "expected"),
    [
        (ReplicaCells(ready=12), 12, "■■■■■■■■■■■■"),
        (ReplicaCells(ready=13), 12, "■■■■■■■■■■■■"),
        (ReplicaCells(ready=100, starting=19, missing=1), 12, "■■■■■■■■■■▒□"),
        (ReplicaCells(ready=1, missing=999), 10, "■□□□□□□□□□"),
        (ReplicaCells(ready=999, terminating=1), 10, "■■■■■■■■■╳"),
        (ReplicaCells(ready=50, missing=50), 1, "■"),
        (ReplicaCells(ready=50), 0, ""),
    ],
)
def test_a_proportional_bar_where_they_do_not_fit(cells: ReplicaCells, width: int, expected: str) -> None:
    assert replica_bar(cells, width).plain == expected


@given(st.builds(ReplicaCells, COUNT, COUNT, COUNT, COUNT, COUNT), st.integers(5, 60))
def test_every_state_that_occurs_is_seen(cells: ReplicaCells, width: int) -> None:
    bar = replica_bar(cells, width).plain
    total = cells.ready + cells.starting + cells.missing + cells.terminating + cells.surplus
    assert len(bar) == min(width, total)
    for state in BAR_TONES:
        assert (getattr(UNICODE, state) in bar) == (getattr(cells, state) > 0)


def test_spans_name_tones_and_can_be_given_others() -> None:
    bar = replica_bar(ReplicaCells(ready=1, missing=1), 5)
    assert [str(span.style) for span in bar.spans] == ["good", "bad"]
    own = {**BAR_TONES, "missing": "alarm"}
    assert [str(span.style) for span in replica_bar(ReplicaCells(missing=1), 5, own).spans] == ["alarm"]


def test_it_draws_itself_for_the_width_of_a_column() -> None:
    assert ReplicaCells(ready=8).in_width(4, UNICODE).plain == "■■■■"
