"""Which time the charts show: a heal's neighbourhood until something else happens, and nothing nobody watched."""

from __future__ import annotations

import math
from dataclasses import replace

from tests.screens.details import a_detail, a_heal
from tui.screens.spans import sight
from tui.session.news import Mark, Point
from tui.widgets.timeaxis import Blank

LOST = (Point(0, 5, 5, 5), Point(50, 5, 4, 4))
HEALED = (*LOST, Point(51.5, 5, 5, 5))
OVER = a_heal(50, closed=51.5, settled=51.6)


def test_without_a_heal_it_is_the_time_up_to_now() -> None:
    seen = sight(a_detail(points=(Point(0, 5, 5, 5),)), 100)
    assert (seen.window.now_s, seen.window.span_s, seen.window.zero_s) == (100, 60, None)
    assert not seen.is_held


def test_an_open_gap_is_seen_from_just_before_its_fault_and_nothing_of_the_future() -> None:
    seen = sight(a_detail(points=LOST, heal=a_heal(50)), 51)
    assert (seen.window.now_s, seen.window.span_s, seen.window.zero_s) == (56, 8, 50)
    assert Blank(51, math.inf, "") in seen.blanks
    assert sight(a_detail(points=LOST, heal=a_heal(50)), 57).window.span_s == 15


def test_a_closed_one_stays_in_sight_until_something_else_happens() -> None:
    detail = a_detail(points=HEALED, heal=OVER)
    early, late = sight(detail, 55), sight(detail, 500)
    assert early.window == late.window
    assert late.is_held
    assert not sight(replace(detail, points=(*HEALED, Point(200, 6, 5, 5))), 201).is_held
    assert not sight(replace(detail, marks=(Mark(200, "you"),)), 201).is_held


def test_one_that_took_too_long_for_any_window_is_not_held() -> None:
    assert not sight(a_detail(points=HEALED, heal=a_heal(50, closed=250, settled=251)), 252).is_held


def test_nothing_is_held_while_nobody_watches() -> None:
    unwatched = Blank(80, math.inf, "not watched")
    seen = sight(a_detail(points=HEALED, heal=OVER), 100, (unwatched,))
    assert not seen.is_held
    assert unwatched in seen.blanks


def test_before_we_looked_nothing_is_known() -> None:
    seen = sight(a_detail(points=(Point(90, 5, 5, 5),)), 100)
    assert seen.blanks == (Blank(-math.inf, 90, "before we looked"),)
