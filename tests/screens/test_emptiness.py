"""An empty table says why it is empty, and what to do."""

from __future__ import annotations

import pytest

from tui.screens.base import Tally
from tui.screens.emptiness import WAITING, why_empty


@pytest.mark.parametrize(
    ("tally", "failed", "only_gaps", "said"),
    [
        (Tally(), "", False, WAITING),
        (Tally(), "connection refused", False, "connection refused"),
        (Tally(0, 0), "", True, "there are no Deployments in this cluster: X looks at another cluster"),
        (Tally(3, 0), "", True, "no gaps: everything is as asked for"),
        (Tally(3, 0, 0, 2), "", True, "no gaps: nothing is short of pods, 2 not settled yet (^z shows all)"),
        (Tally(3, 0), "", False, "nothing matches: esc shows all again"),
        (Tally(3, 1, 1), "", True, "nothing matches: esc shows all again"),
    ],
)
def test_why_it_is_empty(tally: Tally, failed: str, only_gaps: bool, said: str) -> None:
    assert why_empty(None, tally, failed, only_gaps=only_gaps) == said
