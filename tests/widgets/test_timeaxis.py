"""One axis for all pictures of the same moments: columns, ticks, and a grid that stands still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.canvas import Canvas
from tui.widgets.glyphs import ASCII
from tui.widgets.runs import plain
from tui.widgets.timeaxis import Tick, TimeAxis, TimeWindow, draw_axis


@pytest.mark.parametrize(
    ("moment_s", "column"),
    [(0.0, 0), (0.99, 0), (1.0, 1), (59.9, 59), (60.0, 59), (-0.1, None), (60.1, None)],
)
def test_a_moment_falls_into_its_column(moment_s: float, column: int | None) -> None:
    assert TimeAxis(0, 60, 60).column_of(moment_s) == column


@given(st.floats(1, 7200), st.integers(1, 400), st.floats(0, 1e6))
def test_the_edges_of_a_column_belong_to_it(span_s: float, columns: int, now_s: float) -> None:
    axis = TimeWindow(now_s, span_s).axis(columns)
    for column in {0, columns // 2, columns - 1}:
        start_s, end_s = axis.bounds(column)
        assert axis.column_of((start_s + end_s) / 2) == column
    assert axis.column_of(now_s) is not None


@pytest.mark.parametrize("axis", [TimeAxis(0, 60, 0), TimeAxis(5, 5, 40), TimeAxis(9, 5, 40)])
def test_an_axis_without_room_or_time_has_no_columns_and_no_ticks(axis: TimeAxis) -> None:
    assert axis.column_of(5) is None
    assert axis.ticks() == []


@pytest.mark.parametrize(
    ("span_s", "columns", "labels"),
    [
        (60, 34, ["−60 s", "−30 s", "now"]),
        (60, 60, ["−60 s", "−50 s", "−40 s", "−30 s", "−20 s", "−10 s", "now"]),
        (60, 14, ["−1 m", "now"]),
        (300, 60, ["−5 m", "−4 m", "−3 m", "−2 m", "−1 m", "now"]),
        (5, 40, ["−5 s", "−4 s", "−3 s", "−2 s", "−1 s", "now"]),
        (0.5, 40, ["−0.4 s", "−0.2 s", "now"]),
        (7200, 40, ["−120 m", "−90 m", "−60 m", "−30 m", "now"]),
        (86400, 40, ["−24 h", "−18 h", "−12 h", "−6 h", "now"]),
        (60, 3, ["now"]),
    ],
)
def test_ticks_are_round_and_as_dense_as_their_labels_allow(
    span_s: float, columns: int, labels: list[str]
) -> None:
    assert [tick.label for tick in TimeAxis(100, 100 + span_s, columns).ticks()] == labels


def test_ticks_can_count_from_a_moment() -> None:
    axis = TimeAxis(0, 30, 60, zero_s=10)
    assert axis.ticks()[:4] == [Tick(0, "−10 s"), Tick(10, "−5 s"), Tick(20, "0"), Tick(30, "+5 s")]


@given(st.floats(0.1, 1e5), st.integers(1, 300), st.one_of(st.none(), st.floats(-1e3, 1e5)))
def test_labels_never_touch(span_s: float, columns: int, zero_s: float | None) -> None:
    canvas = Canvas(columns, 1)
    axis = TimeAxis(0, span_s, columns, zero_s)
    draw_axis(canvas, 0, 0, axis, rule=False)
    text = plain(canvas.lines()[0])
    for tick in axis.ticks():
        assert tick.label in text or len(tick.label) > columns


def test_the_grid_stands_still_until_time_has_moved_on_by_a_column() -> None:
    axes = {TimeWindow(100 + tenth / 10, 60).axis(60) for tenth in range(1, 11)}
    assert axes == {TimeAxis(41, 101, 60)}


def test_an_event_keeps_its_width_while_the_window_moves() -> None:
    widths = set()
    for tenth in range(200):
        axis = TimeWindow(60 + tenth / 10, 60).axis(50)
        first, last = axis.column_of(30.0), axis.column_of(33.6)
        assert first is not None
        assert last is not None
        widths.add(last - first)
    assert widths == {3}


def test_the_axis_is_drawn_with_a_rule_where_there_is_room() -> None:
    canvas = Canvas(40, 2)
    draw_axis(canvas, 6, 0, TimeAxis(0, 60, 34), rule=True)
    assert [plain(line) for line in canvas.lines()] == [
        "      ┴────────────────┴───────────────┴",
        "      −60 s          −30 s           now",
    ]


def test_the_axis_in_ascii() -> None:
    canvas = Canvas(34, 2)
    draw_axis(canvas, 0, 0, TimeAxis(0, 60, 34), rule=True, glyphs=ASCII)
    assert all(plain(line).isascii() for line in canvas.lines())


def test_a_flat_picture_stays_while_its_window_moves_on() -> None:
    before, later, wider = TimeWindow(100.0, 15.0), TimeWindow(103.0, 15.0), TimeWindow(103.0, 30.0)
    assert later.looks_like(before, 30, changed_s=None)
    assert later.looks_like(before, 30, changed_s=80.0)
    assert not later.looks_like(before, 30, changed_s=90.0)
    assert not wider.looks_like(before, 30, changed_s=10.0)
    assert not TimeWindow(103.0, 15.0, zero_s=90.0).looks_like(TimeWindow(100.0, 15.0, zero_s=90.0), 30, None)
