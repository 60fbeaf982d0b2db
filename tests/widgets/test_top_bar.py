"""The source line: what it says, what it gives up first on a narrow screen, and what it never gives up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.glyphs import ASCII
from tui.widgets.runs import line_width, plain
from tui.widgets.top_bar import Liveness, SourceLine, SourceState, age, counts, source_line

from .stage import HOSTILE, on_stage, shown

LIVE = SourceState(
    context="kind-gapwatch",
    kind="kind cluster",
    scope="all namespaces",
    state="live",
    age_s=0.2,
    armed="DISARMED",
    gaps=2,
    missing=3,
    note="3 reconnects",
)


def said(state: SourceState, width: int) -> str:
    return plain(source_line(state, width)).strip()


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            130,
            "gapwatch  kind-gapwatch · kind cluster · all namespaces  3 reconnects"
            "   ● live  0.2 s   DISARMED   2 gaps · 3 pods missing",
        ),
        (
            112,
            "gapwatch  kind-gapwatch · kind cluster · all namespaces"
            " ● live  0.2 s   DISARMED   2 gaps · 3 pods missing",
        ),
        (
            100,
            "kind-gapwatch · kind cluster · all namespaces ● live  0.2 s   DISARMED   2 gaps · 3 pods missing",
        ),
        (80, "kind-gapwatch · all namespaces ● live  0.2 s   DISARMED   2 gaps"),
        (60, "kind-gapwatch ● live  0.2 s   DISARMED   2 gaps"),
        (42, "kind-gapwatch ● live  0.2 s   DISARMED"),
        (38, "kind-gapwat… ● live  0.2 s   DISARMED"),
    ],
)
def test_the_least_important_goes_first(width: int, expected: str) -> None:
    assert " ".join(said(LIVE, width).split()) == " ".join(expected.split())


def test_the_line_ends_at_the_right_edge() -> None:
    for width in (80, 120, 200):
        assert line_width(source_line(LIVE, width)) == width


STATES: tuple[Liveness, ...] = ("live", "syncing", "stale", "denied", "closed")
WORDS = {"live": "live", "syncing": "syncing", "stale": "STALE", "denied": "DENIED", "closed": "CLOSED"}


@given(
    st.sampled_from(STATES),
    st.integers(50, 220),
    st.text(max_size=60),
    st.text(max_size=60),
    st.one_of(st.none(), st.integers(0, 9999)),
    st.one_of(st.none(), st.floats(0, 1e6)),
    st.booleans(),
)
def test_source_liveness_and_arming_are_never_given_up(
    state: Liveness,
    width: int,
    note: str,
    scope: str,
    gaps: int | None,
    age_s: float | None,
    is_armed: bool,
) -> None:
    told = SourceState("kind-gapwatch", "kind", scope, state, age_s, "ARMED 4:12", is_armed, gaps, gaps, note)
    line = source_line(told, width)
    text = plain(line)
    assert line_width(line) == width
    assert "kind-gapw" in text
    assert WORDS[state] in text
    assert "ARMED 4:12" in text


@pytest.mark.parametrize(
    ("state", "word", "tone"),
    [
        ("live", "● live", "good"),
        ("syncing", "◐ syncing", "busy"),
        ("stale", " ▲ STALE 74 s ", "alarm"),
        ("denied", " ✗ DENIED 74 s ", "alarm"),
        ("closed", " ✗ CLOSED 74 s ", "alarm"),
    ],
)
def test_each_state_has_its_glyph_its_word_and_its_tone(state: Liveness, word: str, tone: str) -> None:
    line = source_line(replace(LIVE, state=state, age_s=74.0), 120)
    assert (word, tone) in line


def test_the_line_stands_still_while_the_age_counts() -> None:
    places = {
        plain(source_line(replace(LIVE, age_s=age_s), 120)).index("DISARMED")
        for age_s in (0.1, 9.9, 42, 3000, 9e4)
    }
    assert len(places) == 1


def test_armed_is_a_block_and_disarmed_is_quiet() -> None:
    assert ("DISARMED", "muted") in source_line(LIVE, 120)
    assert (" ◆ ARMED 4:12 ", "caution") in source_line(replace(LIVE, armed="ARMED 4:12", is_armed=True), 120)


@pytest.mark.parametrize(
    ("gaps", "missing", "expected"),
    [
        (None, None, "gaps not known yet"),
        (0, 0, "no gap"),
        (1, 1, "1 gap · 1 pod missing"),
        (2, 3, "2 gaps · 3 pods missing"),
        (2, 0, "2 gaps"),
    ],
)
def test_gaps_in_words_where_unknown_is_not_zero(
    gaps: int | None, missing: int | None, expected: str
) -> None:
    assert plain(counts(gaps, missing)) == expected


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (None, ""),
        (-0.3, "0.0 s"),
        (0.24, "0.2 s"),
        (9.96, "10 s"),
        (74, "74 s"),
        (120, "2 m"),
        (7300, "2 h"),
    ],
)
def test_ages_are_short(age_s: float | None, expected: str) -> None:
    assert age(age_s) == expected


@given(st.floats(0, 3e6))
def test_an_age_never_grows_beyond_its_room(age_s: float) -> None:
    assert len(age(age_s)) <= 6


async def test_the_widget_says_what_it_is_told() -> None:
    bar = SourceLine(glyphs=ASCII)
    async with on_stage(bar, size=(80, 3)) as (pilot, _):
        assert "gaps not known yet" in shown(bar)[0]
        bar.state = LIVE
        await pilot.pause()
        assert shown(bar) == [source_line_in_ascii(LIVE, 80)]
        await pilot.resize_terminal(50, 3)
        await pilot.pause()
        assert shown(bar) == [source_line_in_ascii(LIVE, 50)]
        assert shown(bar)[0].isascii()


def source_line_in_ascii(state: SourceState, width: int) -> str:
    return plain(source_line(state, width, ASCII)).rstrip()


@pytest.mark.parametrize("text", HOSTILE)
async def test_nothing_said_is_markup(text: str) -> None:
    bar = SourceLine()
    async with on_stage(bar, size=(200, 3)) as (pilot, _):
        bar.state = SourceState(text, text, text, note=text, armed=text)
        await pilot.pause()
        assert shown(bar)[0].count(text) == 5
