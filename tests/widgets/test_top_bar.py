"""The source line: what it says, what it gives up first on a narrow screen, and what it never gives up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.glyphs import ASCII
from tui.widgets.runs import line_width, plain
from tui.widgets.top_bar import (
    Counts,
    Liveness,
    SourceLine,
    SourceState,
    age,
    alarm_lines,
    counts,
    source_line,
)

from .stage import HOSTILE, on_stage, shown

LIVE = SourceState(
    context="kind-gapwatch",
    kind="kind cluster",
    scope="all namespaces",
    state="live",
    age_s=0.2,
    armed="DISARMED",
    tally=Counts(2, 3, 1),
    note="3 reconnects",
)


def said(state: SourceState, width: int) -> str:
    return plain(source_line(state, width)).strip()


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            150,
            "gapwatch  kind-gapwatch · kind cluster · all namespaces  3 reconnects"
            "   ● live  0.2 s   DISARMED   2 gaps · 3 pods short · 1 unsettled",
        ),
        (
            130,
            "gapwatch  kind-gapwatch · kind cluster · all namespaces"
            " ● live  0.2 s   DISARMED   2 gaps · 3 pods short · 1 unsettled",
        ),
        (
            112,
            "kind-gapwatch · kind cluster · all namespaces"
            " ● live  0.2 s   DISARMED   2 gaps · 3 pods short · 1 unsettled",
        ),
        (
            100,
            "kind-gapwatch · kind cluster · all namespaces ● live  0.2 s   DISARMED   2 gaps · 3 pods short",
        ),
        (90, "kind-gapwatch · kind cluster · all namespaces ● live  0.2 s   DISARMED   2 gaps"),
        (80, "kind-gapwatch · kind cluster ● live  0.2 s   DISARMED   2 gaps"),
        (60, "kind-gapwatch · kind cluster ● live  0.2 s   DISARMED"),
        (54, "kind-g…watch · kind cluster ● live  0.2 s   DISARMED"),
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
    st.integers(56, 220),
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
    tally = Counts(gaps, gaps or 0)
    told = SourceState("kind-gapwatch", "SANDBOX", scope, state, age_s, "ARMED 4:12", is_armed, tally, note)
    line = source_line(told, width)
    text = plain(line)
    assert line_width(line) == width
    assert "kind-" in text
    assert "SANDBOX" in text
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
    ("tally", "expected"),
    [
        (Counts(), "gaps not known yet"),
        (Counts(0), "no gap"),
        (Counts(1, 1), "1 gap · 1 pod short"),
        (Counts(2, 3), "2 gaps · 3 pods short"),
        (Counts(0, 0, 2), "no gap · 2 unsettled"),
        (Counts(1, 3, 2), "1 gap · 3 pods short · 2 unsettled"),
    ],
)
def test_gaps_in_words_where_unknown_is_not_zero(tally: Counts, expected: str) -> None:
    assert plain(counts(tally)) == expected


def test_a_long_name_of_a_context_loses_its_middle_and_the_scope_goes_before_it() -> None:
    arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod"
    text = said(replace(LIVE, context=arn, kind="real cluster"), 80)
    assert "all namespaces" not in text
    assert text.startswith("arn:aws:")
    assert "…" in text
    assert "cluster/prod · real cluster" in text
    assert "2 gaps" in text


def test_the_count_of_gaps_is_worth_a_few_letters_of_a_name() -> None:
    text = said(replace(LIVE, context="gapwatch-sandbox", kind="SANDBOX", armed="ARMED", is_armed=True), 60)
    assert "gapwat" in text
    assert "SANDBOX" in text
    assert text.endswith("2 gaps")


@pytest.mark.parametrize("state", ["stale", "denied", "closed"])
def test_what_is_stale_is_neither_good_nor_bad_news(state: Liveness) -> None:
    for tally, words in ((Counts(0), "no gap"), (Counts(2, 3), "2 gaps")):
        line = source_line(replace(LIVE, state=state, age_s=61.0, tally=tally), 140)
        assert (words, "muted") in line
        assert plain(line).rstrip().endswith("as of 61 s ago")
        assert {tone for _, tone in line}.isdisjoint({"good", "bad"})


@pytest.mark.parametrize("width", [50, 60, 80, 120, 200])
def test_a21_the_reason_for_an_alarm_can_be_read_at_every_width(width: int) -> None:
    reason = 'pods of https://10.0.0.1:6443: 403 Forbidden: User "viewer" cannot list resource "pods" in the API group'
    for state in ("stale", "denied", "closed"):
        lines = alarm_lines(replace(LIVE, state=state, note=reason), width)
        text = " ".join(plain(line).strip() for line in lines)
        assert {tone for line in lines for _, tone in line} == {"alarm"}
        assert all(line_width(line) == width for line in lines)
        assert text == reason if width >= 60 else text.endswith("…")
        assert "403 Forbidden" in text
    assert alarm_lines(replace(LIVE, note=reason), width) == []


async def test_the_line_takes_the_room_that_an_alarm_needs_and_gives_it_back() -> None:
    bar = SourceLine()
    async with on_stage(bar, size=(80, 6)) as (pilot, _):
        for state, height in ((replace(LIVE, state="stale", note="no word " * 14), 3), (LIVE, 1)):
            bar.state = state
            await pilot.pause()
            assert bar.size.height == height
            assert ("no word" in "".join(shown(bar))) == (height > 1)


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
        await pilot.resize_terminal(60, 3)
        await pilot.pause()
        assert shown(bar) == [source_line_in_ascii(LIVE, 60)]
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
