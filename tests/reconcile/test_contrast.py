"""The counters of a step function, held against its integral at every eighth of a second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.reconcile.contrast import Known, Reading, replay

EIGHTH = 0.125
"""Sums of eighths are exact in floating point: nothing below has to be nearly equal."""
T0 = 1000.0
Steps = list[tuple[float, Known]]


def test_nothing_is_known_before_the_first_step() -> None:
    reading = Reading(T0)
    assert (reading.held_s, reading.lapsed_s, reading.lapses, reading.share) == (0.0, 0.0, 0, None)


def test_a_replayed_history_adds_up() -> None:
    steps: Steps = [(0.0, True), (10.0, False), (12.5, True), (30.0, False), (38.0, True), (60.0, False)]
    reading = replay(steps, 64.0)
    assert reading.held_s == 10 + 17.5 + 22
    assert reading.lapsed_s == 2.5 + 8 + 4
    assert (reading.lapses, reading.longest_s, reading.lapse_s) == (3, 8.0, 4.0)
    assert reading.held_s + reading.lapsed_s == 64.0
    assert reading.share == 49.5 / 64


def test_a_time_of_which_nothing_is_known_counts_neither_way() -> None:
    reading = replay([(0.0, True), (4.0, None), (10.0, True)], 12.0)
    assert (reading.held_s, reading.lapsed_s, reading.unknown_s, reading.share) == (6.0, 0.0, 6.0, 1.0)


def test_a_lapse_goes_on_behind_a_time_of_which_nothing_is_known() -> None:
    reading = replay([(0.0, True), (1.0, False), (3.0, None), (8.0, False), (9.0, True)], 10.0)
    assert (reading.lapses, reading.lapsed_s, reading.longest_s, reading.unknown_s) == (1, 3.0, 3.0, 5.0)


def test_a_lapse_that_ended_unseen_is_followed_by_another() -> None:
    reading = replay([(0.0, False), (1.0, None), (2.0, True), (3.0, False)], 4.0)
    assert (reading.lapses, reading.longest_s) == (2, 1.0)


def test_what_does_not_hold_from_the_start_is_a_lapse() -> None:
    reading = replay([(0.0, False)], 2.0)
    assert (reading.lapses, reading.lapse_s, reading.share) == (1, 2.0, 0.0)


def test_the_same_step_again_changes_nothing() -> None:
    once = replay([(0.0, True), (2.0, False), (5.0, True)], 6.0)
    assert replay([(0.0, True), (1.0, True), (2.0, False), (3.0, False), (5.0, True)], 6.0) == once


def test_a_step_from_before_the_last_one_counts_as_made_with_it() -> None:
    reading = Reading(T0).then(T0, True).then(T0 + 5, False).then(T0 + 4, True).until(T0 + 6)
    assert (reading.held_s, reading.lapsed_s, reading.lapses) == (6.0, 0.0, 1)


def test_looking_changes_nothing() -> None:
    reading = Reading(T0).then(T0, True)
    reading.until(T0 + 100)
    assert reading.until(T0 + 2).held_s == 2.0


def test_a_step_function_needs_a_step() -> None:
    with pytest.raises(ValueError, match="without steps"):
        replay([], 1.0)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from([True, False, None])), min_size=1, max_size=30),
    st.integers(0, 60),
)
def test_it_is_the_integral(widths: list[tuple[int, Known]], rest: int) -> None:
    steps: Steps = []
    samples: list[Known] = []
    at = T0
    for width, holds in widths:
        steps.append((at, holds))
        samples += [holds] * width
        at += width * EIGHTH
    reading = replay(steps, at)
    assert reading.held_s == samples.count(True) * EIGHTH
    assert reading.lapsed_s == samples.count(False) * EIGHTH
    assert reading.unknown_s == samples.count(None) * EIGHTH
    assert reading.longest_s == _longest(widths) * EIGHTH
    late = reading.until(at + rest * EIGHTH)
    assert late.held_s + late.lapsed_s + late.unknown_s == at + rest * EIGHTH - T0


def _longest(widths: list[tuple[int, Known]]) -> int:
    """The longest row of what does not hold, read over what is not known; a moment's holding ends it too."""
    longest = row = 0
    for width, holds in widths:
        row = 0 if holds else row + width if holds is False else row
        longest = max(longest, row)
    return longest
