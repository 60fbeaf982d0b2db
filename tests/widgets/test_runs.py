"""Text into cells: cutting, fitting and sharing out; text is never markup."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from tui.widgets.glyphs import UNICODE
from tui.widgets.runs import (
    Cell,
    Content,
    Line,
    apportion,
    cut,
    fit,
    fit_line,
    grouped,
    line_width,
    plain,
    runs_of,
)

from .stage import HOSTILE


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("web", 5, "web  "),
        ("web", 3, "web"),
        ("payments", 5, "paym…"),
        ("payments", 1, "…"),
        ("payments", 0, ""),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日… "),
        ("two\nlines\tand a tab", 20, "two lines and a tab "),
    ],
)
def test_fit_is_exactly_as_wide_as_asked(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


def test_fit_aligns_right() -> None:
    assert fit("−2", 4, "right") == "  −2"


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("web-7d-x2k4c", 6, "…x2k4c"), ("x2k4c", 6, "x2k4c"), ("x2k4c", 1, "…"), ("x2k4c", 0, "")],
)
def test_cut_can_keep_the_end(text: str, width: int, expected: str) -> None:
    assert cut(text, width, keep="right") == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [(12, "web-7d-x2k4c"), (11, "web-7…x2k4c"), (8, "web-…k4c"), (3, "w…c"), (2, "w…"), (1, "…"), (0, "")],
)
def test_cut_can_keep_both_ends(width: int, expected: str) -> None:
    assert cut("web-7d-x2k4c", width, keep="ends") == expected


KEEP: tuple[Literal["left", "right", "ends"], ...] = ("left", "right", "ends")


@given(st.text(), st.integers(0, 40), st.sampled_from(KEEP))
def test_cut_never_exceeds_its_width(text: str, width: int, keep: Literal["left", "right", "ends"]) -> None:
    piece = cut(text, width, keep=keep)
    assert cell_len(piece) <= width
    assert "\n" not in piece


@given(st.text(), st.integers(0, 40))
def test_fit_always_fills_its_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


@given(
    st.lists(st.tuples(st.text(max_size=8), st.sampled_from(["good", "bad"])), max_size=6), st.integers(0, 30)
)
def test_fit_line_always_fills_its_width(runs: list[tuple[str, str]], width: int) -> None:
    line: Line = [*runs]
    assert line_width(fit_line(line, width)) == width


def test_fit_line_marks_what_was_cut_in_the_tone_it_was_cut_in() -> None:
    line: Line = [("3 ready ", "good"), ("1 missing", "bad")]
    assert fit_line(line, 12) == [("3 ready ", "good"), ("1 m…", "bad")]
    assert fit_line(line, 8) == [("3 ready…", "good")]
    assert fit_line(line, 17) == line


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("wrap", [str, Cell, Text])
def test_text_is_never_markup(text: str, wrap: type[str] | type[Cell] | type[Text]) -> None:
    content: Content = wrap(text)
    assert plain(runs_of(content, 40)) == text


def test_spans_of_a_text_become_runs_and_the_last_of_two_wins() -> None:
    text = Text("abcdef", style="muted")
    text.stylize("good", 1, 4)
    text.stylize("bad", 3, 5)
    assert grouped(runs_of(text, 40)) == [("a", "muted"), ("bc", "good"), ("de", "bad"), ("f", "muted")]


def test_a_ready_made_style_stays_a_style() -> None:
    style = Style(bold=True)
    assert runs_of(Text("x", style=style), 40) == [("x", style)]


def test_what_fits_itself_is_asked_with_the_width_it_gets() -> None:
    class Ruler:
        def in_width(self, width: int, glyphs: object) -> Text:
            assert glyphs is UNICODE
            return Text("=" * width, style="good")

    assert runs_of(Ruler(), 7) == [("=======", "good")]


def test_neighbours_of_one_tone_are_joined() -> None:
    assert grouped([("a", "good"), ("b", "good"), ("c", "bad"), ("d", "good")]) == [
        ("ab", "good"),
        ("c", "bad"),
        ("d", "good"),
    ]
    assert grouped([]) == []


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        (10, [1, 1], [5, 5]),
        (10, [100, 19, 1], [8, 2, 0]),
        (3, [1, 1, 1, 1], [1, 1, 1, 0]),
        (0, [3, 4], [0, 0]),
        (5, [0, 0], [0, 0]),
    ],
)
def test_apportion_by_largest_remainder(total: int, parts: list[int], expected: list[int]) -> None:
    assert apportion(total, parts) == expected


def test_apportion_can_show_every_part() -> None:
    assert apportion(10, [100, 19, 1], show_all=True) == [8, 1, 1]
    assert apportion(10, [10_000, 1, 1, 0], show_all=True) == [8, 1, 1, 0]
    assert apportion(2, [5, 5, 5], show_all=True) == [1, 1, 0]


@given(st.integers(0, 200), st.lists(st.integers(0, 10_000), min_size=1, max_size=6), st.booleans())
def test_apportion_sums_to_the_total_and_is_fair(total: int, parts: list[int], show_all: bool) -> None:
    shares = apportion(total, parts, show_all=show_all)
    whole = sum(parts)
    assert sum(shares) == (total if whole > 0 else 0)
    assert all(share == 0 for share, part in zip(shares, parts, strict=True) if part == 0)
    if show_all and sum(1 for part in parts if part) <= total:
        assert all(share >= 1 for share, part in zip(shares, parts, strict=True) if part)
    if not show_all and whole:
        quotas = [total * part / whole for part in parts]
        assert all(abs(share - quota) <= 1 for share, quota in zip(shares, quotas, strict=True))
