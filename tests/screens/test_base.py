"""What is counted for the source line, and in which words."""

from __future__ import annotations

from tests.screens.test_rows import a_gap, a_row
from tui.screens.base import Tally


def test_a_gap_is_what_the_table_calls_one() -> None:
    rows = [
        a_row("calm"),
        a_row("short", gap=a_gap(available=1, starting=2)),
        a_row("rolling", gap=a_gap(outdated=1)),
        a_row("surge", gap=a_gap(available=4)),
    ]
    tally = Tally().after((None, row) for row in rows)
    assert tally == Tally(deployments=4, gaps=1, short=2, unsettled=2)
    assert tally.after((row, None) for row in rows) == Tally(0, 0, 0, 0)
    assert tally.after([(rows[1], rows[0])]) == Tally(4, 0, 0, 2)
