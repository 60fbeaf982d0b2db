"""What the contrast says: its sentences after each stroke, and the numbers of a lane."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tui.reconcile.contrast import Known, replay
from tui.screens.contrast import DAYS_S, INTERVALS_S, _next, once_title
from tui.screens.contrast_lane import lives, step_data
from tui.screens.contrast_words import counted, lesson, numbers, percent, settings
from tui.session.contrast_news import (
    ContrastNews,
    ContrastPhase,
    DayNews,
    FieldNews,
    LaneLife,
    LaneMark,
    LaneNews,
    LanePoint,
)
from tui.widgets.big_number import big_number
from tui.widgets.glyphs import ASCII, UNICODE
from tui.widgets.runs import plain
from tui.widgets.tones import MUTED

EDITED = FieldNews("spec.containers[podinfo].image", "example.com/podinfo:2", "example.com/podinfo:1")
UP: list[tuple[float, Known]] = [(0.0, True)]


def a_lane(name: str = "once", steps: list[tuple[float, Known]] = UP, **other: Any) -> LaneNews:
    uptime = replay(steps, steps[-1][0])
    drift = replay([(0.0, not other.get("fields") and not other.get("missing"))], 0.0)
    return replace(LaneNews(name, state="ready", uptime=uptime, drift=drift), **other)


def contrast(**other: Any) -> ContrastNews:
    usual = ContrastNews(
        ContrastPhase.RUNNING, a_lane(), a_lane("reconciled"), namespace="gapwatch-contrast", began=0.0
    )
    return replace(usual, **other)


GONE = a_lane(steps=[(0.0, True), (10.0, False)], state="not there", missing=True)
HEALED = a_lane("reconciled", healed_s=2.1)
MISSED = a_lane(marks=(LaneMark(4.0, "edited"), LaneMark(5.0, "crashed", hit=False)))


@pytest.mark.parametrize(
    ("told", "says", "says_not"),
    [
        (contrast(phase=ContrastPhase.OFF), "", "up"),
        (contrast(phase=ContrastPhase.STARTING), "neither has a head start", "deleted"),
        (contrast(), "d deletes the pod of each", "Deleted"),
        (contrast(last="delete", once=GONE, reconciled=HEALED), "up again after 2.1 s", "loop too"),
        (
            contrast(last="delete", once=GONE, reconciled=HEALED),
            "until a person re-applies it (r)",
            "interval",
        ),
        (
            contrast(last="delete", once=GONE, reconciled=replace(HEALED, state="starting")),
            "makes another",
            "again after",
        ),
        (
            contrast(last="delete", once=GONE, reconciled=HEALED, apply_every_s=5.0, apply_due=13.0),
            "waits for its next re-apply in 3.0 s: a loop too",
            "until a person",
        ),
        (
            contrast(last="delete", reconciled=HEALED, apply_every_s=5.0),
            "re-applied every 5 s: then it is a loop too",
            "until a person",
        ),
        (
            contrast(
                last="edit", once=a_lane(state="not ready"), reconciled=a_lane("reconciled", fields=(EDITED,))
            ),
            "Drift 1 field: an edit",
            "Gap 0",
        ),
        (contrast(last="crash"), "no difference, for the kubelet", "re-appl"),
        (contrast(last="crash", once=GONE), "nothing is left that could", "no difference"),
        (
            contrast(
                last="crash", note="403: no", once=MISSED, reconciled=replace(MISSED, name="reconciled")
            ),
            "Neither was hit: 403: no.",
            "Crashed",
        ),
        (
            contrast(last="edit", note="409: no", reconciled=replace(MISSED, name="reconciled")),
            "Only one was hit: 409: no.",
            "Edited",
        ),
        (contrast(last="crash", note="no bare pod", once=MISSED), "no difference", "hit"),
        (
            contrast(
                last="edit",
                once=a_lane(fields=(EDITED,)),
                reconciled=a_lane("reconciled", fields=(EDITED, EDITED)),
            ),
            "drift 2 fields: an edit is the new desired state, controllers hold it",
            "heal",
        ),
        (
            contrast(last="re-apply", once=a_lane(by_hand=2)),
            "see it and to act: 2 times so far",
            "once so far",
        ),
        (
            contrast(phase=ContrastPhase.ENDED, once=replace(GONE, by_hand=1), ended=20.0),
            "Applied once: 100 % up, 0.0 s of gap, a person was needed once. Reconciled",
            "never",
        ),
        (contrast(phase=ContrastPhase.ENDED, began=None), "nothing was counted", "up,"),
    ],
)
def test_each_stroke_has_its_lesson(told: ContrastNews, says: str, says_not: str) -> None:
    said = lesson(told, 10.0)
    assert says in said
    assert says_not not in said
    assert len(said) < 320, "it has to fit three lines"


def test_a_lanes_numbers_run_with_the_clock() -> None:
    lane = a_lane(steps=[(0.0, True), (10.0, False), (14.0, True), (20.0, False)], by_hand=1, by_loop=3)
    told = [plain(line) for line in numbers(lane, 22.5)]
    assert told[:4] == [
        "up    16.0 s of 22.5 s",
        "gap   6.5 s in 2, worst 4.0 s",
        "drift none",
        "hand  1 re-apply, loop 3",
    ]


@pytest.mark.parametrize(
    ("steps", "now", "says"),
    [
        ([(0.0, True), (1.6, False)], 122.0, "gap   120.4 s in 1"),
        ([(0.0, False), (90.0, True), (91.0, False)], 130.5, "gap   129.5 s in 2, worst 90 s"),
    ],
)
def test_a_long_gap_has_room_beside_the_chart(
    steps: list[tuple[float, bool | None]], now: float, says: str
) -> None:
    told = plain(numbers(a_lane(steps=steps), now)[1])
    assert told == says
    assert len(told) <= 31


def test_drift_is_told_in_the_rhythm_of_a_plan() -> None:
    told = [plain(line) for line in numbers(a_lane(fields=(EDITED,)), 3.0)]
    assert "drift 1 field 3.0 s in all" in told
    assert told[-2:] == ["~ image", "  1 → 2"]
    told = [plain(line) for line in numbers(GONE, 11.0)]
    assert "drift not there 11.0 s in all" in told
    assert told[-1] == "+ the whole object"


def test_what_nobody_watched_is_told_apart() -> None:
    told = [plain(line) for line in numbers(a_lane(steps=[(0.0, True), (4.0, None)]), 9.0)]
    assert told[0] == "up    4.0 s of 4.0 s"
    assert "not watched for 5.0 s" in told


def test_before_it_begins_nothing_is_counted() -> None:
    assert [plain(line) for line in numbers(LaneNews("once"), 5.0)] == ["nothing is counted yet"]
    assert percent(None) == "–"


def test_no_gap_is_rounded_away() -> None:
    assert percent(replay([(0.0, True)], 100.0)) == "100 %"
    assert percent(replay([(0.0, False), (0.25, True)], 100_000.0)) == "99.9 %"
    assert (counted(999.94), counted(12_345.6)) == ("999.9 s", "12,346 s")


def test_the_day_is_told_as_compressed_as_it_is() -> None:
    day = DayNews(120.0, 100.0, 164.0, "crash", 15)
    assert (day.every_s, day.clock(160.0), day.clock(220.0)) == (4.0, (1, 12, 0), (2, 0, 0))
    line = plain(settings(contrast(day=day, apply_every_s=5.0, apply_due=161.0), 160.0, UNICODE, width=150))
    assert "t thirty a day, day 1 12:00, a day is 2 min, crash in 4.0 s" in line
    assert "l loop every 5 s, in 1.0 s" in line
    assert "off" in plain(settings(contrast(), 0.0, UNICODE, width=80))


def test_at_80_columns_the_settings_are_told_in_fewer_words_and_none_is_cut() -> None:
    day = DayNews(day_s=120.0, began=0.0, due=183.4, next_stroke="delete", struck=0)
    news = contrast(day=day, apply_every_s=30.0, apply_due=180.0)
    line = plain(settings(news, 160.0, UNICODE, width=80))
    assert len(line) <= 80
    assert line.startswith(" contrast running · t day 2 ")
    assert line.endswith("delete in 23 s · l every 30 s, in 20 s")


def test_keys_go_round_and_come_back_to_off() -> None:
    for choices in (DAYS_S, INTERVALS_S):
        chosen = [None]
        for _ in choices:
            chosen.append(_next(choices, chosen[-1]))  # type: ignore[arg-type]
        assert tuple(chosen) == (*choices, None)
    assert _next(INTERVALS_S, 7.0) == INTERVALS_S[1]


def test_with_an_interval_it_is_applied_once_no_more() -> None:
    assert once_title(None, UNICODE) == "applied once · a bare pod"
    assert once_title(5.0, UNICODE) == "applied every 5 s · a bare pod, and that is a loop too"


def test_the_chart_draws_no_gap_that_is_not_counted() -> None:
    lane = replace(
        a_lane(),
        points=(LanePoint(1.0, 0), LanePoint(3.0, 1)),
        marks=(LaneMark(5.0, "deleted"), LaneMark(6.0, "crashed", hit=False)),
    )
    data = step_data(lane, "declared", 4.0, UNICODE)
    assert list(data.desired.points) == [(4.0, 1)]
    assert list(data.ready.points) == [(1.0, 0), (3.0, 1)]
    assert [(mark.label, mark.tone == MUTED) for mark in data.marks] == [("deleted", False), ("missed", True)]
    assert step_data(lane, "declared", None, UNICODE).desired.points == []


def test_a_pods_life_ends_where_it_is_gone() -> None:
    life = LaneLife("u", "reconciled-7d-x2k4c", ((1.0, "pending"), (2.0, "ready"), (5.0, "gone")))
    (line,) = lives(replace(a_lane(), lives=(life,)))
    assert (line.label, [(span.state, span.end_s) for span in line.spans]) == (
        "x2k4c",
        [("pending", 2.0), ("ready", 5.0)],
    )


def test_a_big_number_has_one_width_and_is_small_in_ascii() -> None:
    rows = big_number("98.3 % up", UNICODE)
    assert len({len(row) for row in rows}) == 1
    assert rows[2].endswith(" % up")
    assert big_number("98.3", ASCII)[2] == "98.3"
    assert "".join(big_number("98.3", ASCII)[:2]).strip() == ""
