"""Lines of text: a name gives way before any number does, and what is too long for a line is wrapped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.headline import Headline, Paragraph, wrapped
from tui.widgets.runs import Cell

from .stage import on_stage, shown


async def test_a_long_name_is_cut_and_no_number_is() -> None:
    headline = Headline()
    async with on_stage(headline, size=(40, 1)) as (pilot, _):
        headline.line = [(f"shop/{'x' * 63}", "strong"), ("  desired 5", ""), ("  gap 1", "bad")]
        await pilot.pause()
        assert shown(headline)[0].startswith("shop/")
        assert shown(headline)[0].endswith("x  desired 5  gap 1")


@pytest.mark.parametrize(
    ("text", "rows"), [("", 1), ("one two", 1), ("one two three four", 2), ("word " * 50, 3)]
)
async def test_a_paragraph_takes_as_many_rows_as_it_needs_up_to_three(text: str, rows: int) -> None:
    paragraph = Paragraph()
    async with on_stage(paragraph, size=(12, 8)) as (pilot, _):
        paragraph.text = Cell(text)
        await pilot.pause()
        assert paragraph.size.height == rows
        assert ("…" in shown(paragraph)[-1]) == (len(wrapped(text, 12)) > 3)


@given(st.text(max_size=80), st.integers(1, 20))
def test_nothing_is_lost_by_wrapping(text: str, width: int) -> None:
    rows = wrapped(text, width)
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert all(cell_len(row) <= max(width, 2) for row in rows)
