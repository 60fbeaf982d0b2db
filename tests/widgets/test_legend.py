"""A legend says what every sign means, in as many lines as that takes."""

from __future__ import annotations

import pytest

from tui.widgets.legend import Legend
from tui.widgets.runs import line_width, plain

from .stage import HOSTILE, on_stage, shown

ENTRIES = tuple(
    ((sign, ""), word)
    for sign, word in zip("─╱░▒", ("noticed", "created", "scheduled", "started"), strict=True)
)


@pytest.mark.parametrize(("width", "rows"), [(80, 1), (30, 2), (14, 3)])
async def test_it_takes_the_lines_that_it_needs(width: int, rows: int) -> None:
    legend = Legend()
    async with on_stage(legend, size=(width, 8)) as (pilot, _):
        legend.entries = ENTRIES
        await pilot.pause()
        assert legend.size.height == rows
        said = " ".join(shown(legend))
        assert all(f"{sign} {word}" in said for (sign, _), word in ENTRIES[:3])


@pytest.mark.parametrize("width", [1, 5, 20])
def test_words_are_data_and_stay_in_their_room(width: int) -> None:
    legend = Legend()
    legend.set_reactive(Legend.entries, tuple((("░", ""), text) for text in HOSTILE))
    assert all(line_width(line) <= width for line in legend.lines(width, 3))
    legend.set_reactive(Legend.entries, ((("░", ""), HOSTILE[0]),))
    assert plain(legend.lines(80, 1)[0]) == f"░ {HOSTILE[0]}"
