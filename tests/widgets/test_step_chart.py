"""The step chart as strings: staircases at true times, spikes that stay visible, unknown that is not zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.glyphs import ASCII
from tui.widgets.runs import Line, plain
from tui.widgets.series import Bracket, Extent, Mark, Scale, Series, StepData
from tui.widgets.step_chart import StepChart, step_chart
from tui.widgets.timeaxis import Blank, TimeAxis, TimeWindow

from .stage import HOSTILE, on_stage, shown

AXIS = TimeAxis(0, 60, 34)


def series(name: str, *points: tuple[float, float]) -> Series:
    return Series(name, points)


def steps(desired: Series, ready: Series, available: Series | None = None, *marks: Mark) -> StepData:
    return StepData(desired, ready, available or Series("available"), marks)


def picture(data: StepData, width: int, height: int, span_s: float = 60) -> list[str]:
    axis = TimeAxis(0, span_s, width - 6)
    return [plain(line).rstrip() for line in step_chart(data, axis, height, gutter=6)]


DESIRED_5 = series("desired", (0, 5))


def test_a_heal_in_a_small_chart() -> None:
    ready = series("ready", (0, 5), (20, 4), (22, 5), (40, 3), (50, 4))
    assert picture(steps(DESIRED_5, ready, None, Mark(20, "▼", "x2k4c")), 40, 6) == [
        "      ▁ desired 5   █ ready 4   ╱ gap 1",
        "                 ▼ x2k4c",
        "    5 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁",
        "    3 ███████████╱██████████╱╱╱╱╱╱╱╱╱╱╱╱",
        "    0 ≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈",
        "      −60 s          −30 s           now",
    ]


def test_every_replica_that_is_missing_is_a_row_where_there_is_room() -> None:
    ready = series("ready", (0, 5), (20, 4), (22, 5), (40, 3), (50, 4))
    assert picture(steps(DESIRED_5, ready), 40, 9)[2:8] == [
        "    5 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁",
        "      ███████████╱██████████╱╱╱╱╱╱╱╱╱╱╱╱",
        "      ██████████████████████╱╱╱╱╱╱██████",
        "      ██████████████████████████████████",
        "      ██████████████████████████████████",
        "    0 ██████████████████████████████████",
    ]


@pytest.mark.parametrize("desired", [5, 60, 100, 1000])
@pytest.mark.parametrize("height", [5, 6, 7, 9, 14])
def test_one_lost_replica_is_hatched_however_many_there_are(desired: int, height: int) -> None:
    data = steps(
        series("desired", (0, desired)), series("ready", (0, desired), (20, desired - 1), (40, desired))
    )
    plot = picture(data, 40, height)[1:]
    hatched = [row.count("╱") for row in plot if "╱" in row]
    assert hatched
    assert set(hatched) == {11}
    assert not any("▁" in row and "╱" in row for row in plot)  # the set point stays whole


def test_a_cell_that_is_partly_missing_has_the_grounds_tone_of_the_gap() -> None:
    data = steps(series("desired", (0, 100)), series("ready", (0, 49)))
    tones = {tone for line in step_chart(data, AXIS, 8, gutter=6)[1:-1] for _, tone in line}
    assert {"gap", "calm-over-gap"} <= tones


def test_a_gap_is_bracketed_with_how_long_it_was_open() -> None:
    ready = series("ready", (0, 5), (20, 4), (40, 5))
    data = StepData(DESIRED_5, ready, brackets=(Bracket(20, 40, "1.5 s"),), marks=(Mark(20, "▼", "you"),))
    assert picture(data, 40, 8)[1] == "             you ▼─ 1.5 s ──┤"
    short = StepData(DESIRED_5, ready, brackets=(Bracket(20, 22, "1.5 s"),), marks=(Mark(20, "▼", "you"),))
    assert picture(short, 40, 8)[1] == "             you ▼┤ 1.5 s"
    running = StepData(DESIRED_5, ready, brackets=(Bracket(45, None, "3.1 s"),))
    assert picture(running, 40, 8)[1].endswith("├ 3.1 s ─")
    twice = StepData(DESIRED_5, ready, brackets=(Bracket(10, 50, "1.5 s"),), marks=(Mark(30, "▼"),))
    assert "─ 1.5 s ─" in picture(twice, 40, 8)[1].replace("▼", "─")  # beside the flag, not under it
    assert "▼" in picture(twice, 40, 8)[1]


def test_nothing_is_drawn_of_a_time_of_which_nothing_is_known() -> None:
    ready = series("ready", (0, 5))
    blanks = (Blank(-1e9, 20, "not yet"), Blank(45, 1e9, "not watched"))
    lines = picture(StepData(DESIRED_5, ready, blanks=blanks), 60, 9)
    assert lines[0] == "      ▁ desired ?   █ ready ?"
    assert [line.count("█") for line in lines[3:8]] == [22] * 5
    assert any("not yet" in line for line in lines)
    assert any("not watched" in line for line in lines)


def test_ready_has_an_entry_only_while_it_is_not_available() -> None:
    same = steps(DESIRED_5, series("ready", (0, 5)), series("available", (0, 5)))
    early = steps(DESIRED_5, series("ready", (0, 5)), series("available", (0, 4)))
    assert picture(same, 60, 8)[0] == "      ▁ desired 5   █ available 5"
    assert picture(early, 60, 8)[0] == "      ▁ desired 5   █ available 4   ╱ gap 1   ≡ ready 5"


def test_a_surge_over_a_set_point_that_was_raised() -> None:
    data = steps(
        series("desired", (0, 4), (25, 6)),
        series("ready", (0, 4), (10, 5), (30, 6), (33, 9), (35, 6)),
        series("available", (0, 4), (30, 6), (33, 9), (35, 6)),
    )
    assert picture(data, 66, 9) == [
        "      ▁ desired 6   █ available 6",
        "",
        "    9                                  ██",
        "                                       ██",
        "    6                          ▁▁▁▁▁▁▁▁██▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁",
        "                               │╱╱╱╱██████████████████████████████",
        "    4 ▁▁▁▁▁▁▁▁▁▁≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡██████████████████████████████",
        "    0 ≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈",
        "      −60 s   −50 s     −40 s     −30 s     −20 s     −10 s    now",
    ]


def test_a_raised_set_point_rises_in_one_line() -> None:
    data = steps(series("desired", (0, 1), (30, 3)), series("ready", (0, 1), (50, 3)))
    assert picture(data, 40, 7)[2:6] == [
        "    3                  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁",
        "                       │╱╱╱╱╱╱╱╱╱╱██████",
        "      ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁│╱╱╱╱╱╱╱╱╱╱██████",
        "    0 ██████████████████████████████████",
    ]


def test_nothing_is_known_before_the_first_point() -> None:
    lines = picture(steps(series("desired", (0, 2)), series("ready", (30, 2))), 40, 5)
    assert lines[1:4] == [
        "    2 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁",
        "                       █████████████████",
        "    0                  █████████████████",
    ]


def test_ready_but_not_yet_available_is_told_apart() -> None:
    data = steps(series("desired", (0, 2)), series("ready", (0, 2)), series("available", (0, 1), (30, 2)))
    assert picture(data, 40, 5)[2] == "      ≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡≡█████████████████"


def test_zero_of_something_is_a_gap_and_zero_of_zero_is_none() -> None:
    assert "╱╱╱╱" in picture(steps(series("desired", (0, 3)), series("ready", (0, 0))), 40, 6)[3]
    assert picture(steps(series("desired", (0, 0)), series("ready", (0, 0))), 40, 5)[1:4] == [
        "",
        "",
        "    0 ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁",
    ]


def test_no_data_says_so() -> None:
    lines = picture(StepData(), 40, 6)
    assert lines[0] == "      ▁ desired ?   █ ready ?"
    assert any(line.strip() == "no data yet" for line in lines)


@pytest.mark.parametrize(
    ("points", "glyph"),
    [
        (((0, 8), (30.1, 4), (30.2, 8)), "╱"),  # a dip within one column
        (((0, 8), (30.1, 12), (30.2, 8)), "░"),  # a spike within one column
        (((0, 800), (30.1, 799), (30.2, 800)), "╱"),  # one of very many
        (((0, 800), (30.1, 801), (30.2, 800)), "░"),
    ],
)
def test_what_is_shorter_than_a_column_is_still_seen(
    points: tuple[tuple[float, float], ...], glyph: str
) -> None:
    desired = series("desired", (0, points[0][1]))
    quiet = picture(steps(desired, series("ready", points[0])), 40, 8)[1:]
    seen = picture(steps(desired, series("ready", *points)), 40, 8)[1:]
    column = 6 + (AXIS.column_of(30.1) or 0)
    changed = "".join(line.ljust(40)[column] for line in seen)
    assert changed != "".join(line.ljust(40)[column] for line in quiet)
    assert glyph in changed


def test_a_plain_step_has_no_blur() -> None:
    lines = picture(steps(DESIRED_5, series("ready", (0, 5), (20.3, 2), (41.7, 5))), 60, 12)
    assert not any("░" in line for line in lines)


@pytest.mark.parametrize(
    ("points", "start_s", "end_s", "extent"),
    [
        (((0, 5),), 10, 20, Extent(5, 5, 5, 5)),
        (((0, 5), (12, 3), (14, 4)), 10, 20, Extent(5, 4, 3, 5)),
        (((12, 3),), 10, 20, Extent(3, 3, 3, 3)),
        (((10, 3), (20, 9)), 10, 20, Extent(3, 3, 3, 3)),
        (((20, 3),), 10, 20, None),
        ((), 10, 20, None),
    ],
)
def test_what_was_in_force_during_some_time(
    points: tuple[tuple[float, float], ...], start_s: float, end_s: float, extent: Extent | None
) -> None:
    assert Series("x", points).between(start_s, end_s) == extent


def test_the_value_at_a_moment_holds_from_its_point_on() -> None:
    ready = series("ready", (10, 2), (20, 3))
    assert [ready.at(moment) for moment in (9.9, 10, 19.9, 20, 99)] == [None, 2, 2, 3, 3]


@given(st.integers(1, 30), st.integers(1, 3000), st.integers(0, 6000))
def test_heights_never_round_a_difference_away(rows: int, desired: int, value: int) -> None:
    scale = Scale.of(rows, desired, max(desired, value))
    line = scale.eighths(desired)
    assert line == scale.desired_row * 8
    assert (scale.eighths(value) < line) == (value < desired)
    assert (scale.eighths(value) > line) == (value > desired)
    assert (scale.eighths(value) > 0) == (value > 0)


@given(
    st.integers(0, 80),
    st.integers(0, 20),
    st.lists(st.tuples(st.floats(0, 60), st.integers(0, 40)), max_size=12),
    st.booleans(),
)
def test_it_draws_something_at_every_size(
    width: int, height: int, points: list[tuple[float, int]], show_axis: bool
) -> None:
    ready = Series("ready", sorted(points))
    data = StepData(DESIRED_5, ready, ready, (Mark(30, "▼", "fault"),))
    axis = TimeAxis(0, 60, max(0, width - 6))
    lines = step_chart(data, axis, height, gutter=6, show_axis=show_axis)
    assert len(lines) == height
    assert all(len(plain(line)) <= max(width, 6) for line in lines)


def test_flags_stand_over_the_plot_with_their_labels_beside_them() -> None:
    marks = (Mark(20, "▼", "deleted x2k4c"), Mark(57, "▼", "evicted"), Mark(-5, "▼", "long ago"))
    lines = picture(steps(DESIRED_5, series("ready", (0, 5)), None, *marks), 60, 10)
    assert lines[1] == "                        ▼ deleted x2k4c          evicted ▼"


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_never_markup(text: str) -> None:
    lines = picture(steps(DESIRED_5, series("ready", (0, 5)), None, Mark(20, "▼", text)), 80, 8)
    assert text in lines[1]


def test_ascii_only_uses_ascii() -> None:
    data = steps(DESIRED_5, series("ready", (0, 5), (20, 3), (20.1, 5), (40, 0)), series("available", (0, 4)))
    for line in step_chart(data, AXIS, 12, gutter=6, glyphs=ASCII):
        assert plain(line).isascii()


async def test_the_widget_paints_again_only_when_the_picture_would_differ() -> None:
    painted = []

    class Counted(StepChart):
        def lines(self, width: int, height: int) -> list[Line]:
            painted.append((width, height))
            return super().lines(width, height)

    chart = Counted()
    async with on_stage(chart, size=(46, 8)) as (pilot, _):
        data = steps(DESIRED_5, series("ready", (0, 5), (20, 4)))
        chart.show(data, TimeWindow(59.5, 40))
        await pilot.pause()
        count = len(painted)
        chart.show(data, TimeWindow(59.9, 40))  # less than one column later
        await pilot.pause()
        assert len(painted) == count
        chart.show(data, TimeWindow(60.5, 40))
        await pilot.pause()
        assert len(painted) == count + 1
        assert shown(chart)[-1].endswith("now")
