"""The bars of pods: states at true times on the chart's axis, and which pods are shown."""

from __future__ import annotations

import pytest

from tui.widgets.lifecycle import LifecycleBars, Lifeline, Span, choose, states_by_column
from tui.widgets.runs import plain
from tui.widgets.series import Series, StepData
from tui.widgets.step_chart import StepChart
from tui.widgets.timeaxis import Blank, TimeAxis, TimeWindow

from .stage import HOSTILE, on_stage, shown

AXIS = TimeAxis(0, 20, 20)
LETTERS = {None: " ", "pending": "p", "starting": "s", "ready": "R", "not ready": "n", "terminating": "x"}


def letters(*spans: Span) -> str:
    return "".join(LETTERS[state] for state in states_by_column(spans, AXIS)).rstrip()


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ((Span(0, None, "ready"),), "RRRRRRRRRRRRRRRRRRRR"),
        ((Span(-50, 5, "ready"), Span(5, 8, "terminating")), "RRRRRxxx"),
        (
            (Span(3, 4, "pending"), Span(4, 6, "starting"), Span(6, 8, "not ready"), Span(8, None, "ready")),
            "   pssnnRRRRRRRRRRRR",
        ),
        (
            (Span(0, 5.2, "ready"), Span(5.2, 5.4, "not ready"), Span(5.4, None, "ready")),
            "RRRRRnRRRRRRRRRRRRRR",
        ),
        ((Span(3, 3.01, "pending"), Span(3.01, 3.5, "starting"), Span(3.5, 6, "ready")), "   sRR"),
        ((Span(30, None, "ready"),), ""),
        ((Span(-9, -3, "ready"),), ""),
        ((), ""),
    ],
)
def test_each_column_shows_the_state_that_people_have_to_see(spans: tuple[Span, ...], expected: str) -> None:
    assert letters(*spans) == expected


def life(key: str, born_s: float, changed_s: float, *, ended: bool = False) -> Lifeline:
    spans = [Span(born_s, changed_s, "starting"), Span(changed_s, None, "ready")]
    return Lifeline(key, key, spans[:1] if ended else spans)


def test_all_are_shown_oldest_first_while_they_fit() -> None:
    lives = [life("c", 9, 10), life("a", 1, 2), life("b", 5, 6)]
    shown_lives, left_out = choose(lives, AXIS, 3)
    assert [one.key for one in shown_lives] == ["a", "b", "c"]
    assert left_out == 0


def test_those_that_changed_last_are_shown_where_there_are_too_many() -> None:
    lives = [life("a", 1, 19), *(life(f"b{n}", 2, 3) for n in range(5)), life("c", 12, 13)]
    shown_lives, left_out = choose(lives, AXIS, 3)
    assert [one.key for one in shown_lives] == ["a", "c"]
    assert left_out == 5


def test_lives_outside_the_window_are_not_counted() -> None:
    lives = [
        life("gone", -9, -5, ended=True),
        life("future", 25, 26),
        Lifeline("empty", "empty"),
        life("a", 1, 2),
    ]
    shown_lives, left_out = choose(lives, AXIS, 1)
    assert [one.key for one in shown_lives] == ["a"]
    assert left_out == 0


async def test_bars_with_labels_whose_ends_are_kept_and_an_axis() -> None:
    bars = LifecycleBars(label_width=8)
    async with on_stage(bars, size=(28, 4)) as (pilot, _):
        lives = [
            Lifeline("a", "web-7d-x2k4c", (Span(-50, 5, "ready"), Span(5, 8, "terminating"))),
            Lifeline(
                "b", "web-7d-9fq2m", (Span(5, 6, "pending"), Span(6, 9, "starting"), Span(9, None, "ready"))
            ),
        ]
        bars.show(lives, TimeWindow(20, 20))
        await pilot.pause()
        assert shown(bars) == [
            "…-x2k4c ▇▇▇▇▇╳╳╳",
            "…-9fq2m      ░▒▒▒▇▇▇▇▇▇▇▇▇▇▇",
            "",
            "        −20 s   −10 s    now",
        ]


async def test_what_does_not_fit_is_counted() -> None:
    bars = LifecycleBars(show_axis=False)
    async with on_stage(bars, size=(40, 3)) as (pilot, _):
        bars.show([life(f"p{n}", n, n + 1) for n in range(9)], TimeWindow(20, 20))
        await pilot.pause()
        assert [line.split()[0] for line in shown(bars)] == ["p7", "p8", "+7"]
        assert shown(bars)[2].split() == ["+7", "more", "pods"]


async def test_where_there_is_little_room_the_count_stands_beside_the_axis() -> None:
    bars = LifecycleBars(label_width=8)
    async with on_stage(bars, size=(40, 3)) as (pilot, _):
        bars.show([life(f"p{n}", n, n + 1) for n in range(9)], TimeWindow(20, 20))
        await pilot.pause()
        assert [line.split()[0] for line in shown(bars)] == ["p7", "p8", "+7"]
        assert shown(bars)[2].startswith("+7 more ")


async def test_no_bar_reaches_into_a_time_of_which_nothing_is_known() -> None:
    bars = LifecycleBars(label_width=8)
    async with on_stage(bars, size=(28, 4)) as (pilot, _):
        blanks = (Blank(-1e9, 4, "before we looked"), Blank(15, 1e9, "not watched"))
        bars.show([Lifeline("a", "a", (Span(-50, None, "ready"),))], TimeWindow(20, 20), blanks)
        await pilot.pause()
        assert shown(bars)[0] == "a           ▇▇▇▇▇▇▇▇▇▇▇"


async def test_no_pods_says_so() -> None:
    bars = LifecycleBars()
    async with on_stage(bars, size=(40, 4)):
        assert any("no pods yet" in line for line in shown(bars))


async def test_a_click_picks_the_pod_of_the_line() -> None:
    bars = LifecycleBars()
    async with on_stage(bars, LifecycleBars.Picked, size=(40, 6)) as (pilot, heard):
        bars.show([life("a", 1, 2), life("b", 3, 4)], TimeWindow(20, 20))
        await pilot.pause()
        await pilot.click(LifecycleBars, offset=(10, 1))
        await pilot.click(LifecycleBars, offset=(10, 3))
        assert [message.key for message in heard] == ["b"]
        assert heard[0].control is bars


@pytest.mark.parametrize("text", HOSTILE)
async def test_labels_are_never_markup(text: str) -> None:
    bars = LifecycleBars(label_width=24)
    async with on_stage(bars, size=(60, 4)) as (pilot, _):
        bars.show([Lifeline("a", text, (Span(0, None, "ready"),))], TimeWindow(20, 20))
        await pilot.pause()
        assert shown(bars)[0].startswith(text)


async def test_chart_and_bars_line_up() -> None:
    window = TimeWindow(1000, 60)
    chart, bars = StepChart(label_width=10), LifecycleBars(label_width=10)
    data = StepData(Series("desired", ((0, 1),)), Series("ready", ((0, 1), (970, 0))))
    lives = [Lifeline("a", "a", (Span(0, 970, "ready"),))]
    async with on_stage(chart, size=(70, 6)) as (pilot, _):
        chart.show(data, window)
        await pilot.pause()
        drop = next(line.index("╱") for line in shown(chart) if "╱" in line and "gap" not in line)
        labels = shown(chart)[-1]
    async with on_stage(bars, size=(70, 6)) as (pilot, _):
        bars.show(lives, window)
        await pilot.pause()
        assert len(shown(bars)[0]) == drop
        assert shown(bars)[-1] == labels


async def test_the_selected_pod_is_emphasised() -> None:
    bars = LifecycleBars()
    async with on_stage(bars, size=(40, 4)) as (pilot, _):
        bars.show([life("a", 1, 2)], TimeWindow(20, 20))
        bars.selected = "a"
        await pilot.pause()
        assert bars.lines(40, 4)[0][0] == ("a", "accent")
        assert plain(bars.lines(40, 4)[0]).startswith("a    ▸")
