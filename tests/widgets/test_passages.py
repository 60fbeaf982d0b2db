"""Passages: wrapped between words, hanging, with an aside beside or under them; never wider than there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.passages import Passage, Passages, passage_rows, wrap
from tui.widgets.runs import Line, line_width, plain

from .stage import HOSTILE, on_stage, shown

IMAGE: Line = [
    ("~ ", "busy"),
    ("image", "strong"),
    (": ", ""),
    ("podinfo:6.99.0", ""),
    (" → ", ""),
    ("podinfo:1", ""),
]
WHO: Line = [("by ", ""), ("stranger", "accent")]


def rows(passage: Passage, width: int) -> list[str]:
    return [plain(row) for row in passage_rows(passage, width)]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (60, ["~ image: podinfo:6.99.0 → podinfo:1              by stranger"]),
        (40, ["~ image: podinfo:6.99.0 → podinfo:1", "    by stranger"]),
        (30, ["~ image: podinfo:6.99.0 → ", "    podinfo:1      by stranger"]),
        (
            12,
            ["~ image: ", "    podinfo:", "    6.99.0 →", "    podinfo:", "    1", "    by ", "    stranger"],
        ),
    ],
)
def test_a_passage_hangs_and_its_aside_stands_beside_it_or_under_it(width: int, expected: list[str]) -> None:
    assert rows(Passage(IMAGE, 4, WHO), width) == expected


def test_a_row_keeps_its_own_indent_and_an_empty_line_is_a_row() -> None:
    assert [plain(row) for row in wrap([("    a b c", "")], 7, 2)] == ["    a b", "  c"]
    assert wrap([], 10) == [[]]


@given(
    st.lists(st.tuples(st.text("ab 界\n\t", max_size=30), st.sampled_from(["", "busy"])), max_size=6),
    st.integers(2, 40),
    st.integers(0, 50),
)
def test_no_row_is_too_wide_and_no_letter_is_lost(line: Line, width: int, hang: int) -> None:
    found = wrap(line, width, hang)
    assert all(line_width(row) <= width for row in found)
    assert "".join("".join(map(plain, found)).split()) == "".join(plain(line).split())


async def test_it_takes_the_rows_that_it_needs_at_each_width() -> None:
    passages = Passages()
    async with on_stage(passages, size=(60, 10)) as (pilot, _):
        passages.passages = (Passage(IMAGE, 4, WHO), *(Passage([(text, "")]) for text in HOSTILE))
        await pilot.pause()
        assert shown(passages)[0].startswith("~ image: podinfo:6.99.0 → podinfo:1")
        assert shown(passages)[1:] == list(HOSTILE)
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert shown(passages)[0] == "~ image: podinfo:6.99.0 →"
        assert shown(passages)[2:] == list(HOSTILE)
