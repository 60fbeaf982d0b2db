"""What is done about memory once the lists are read."""

from __future__ import annotations

import gc
import weakref

import pytest

from tests.waiting import until
from tui.session import memory
from tui.session.memory import Housekeeping, keep_for_long


async def test_it_tidies_once_after_lists_that_come_together_and_takes_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tidied: list[int] = []
    monkeypatch.setattr(memory, "TIDY_AFTER_S", 0.02)
    monkeypatch.setattr(memory, "give_back", lambda: tidied.append(gc.get_freeze_count()))
    housekeeping = Housekeeping()
    try:
        for _ in range(5):
            housekeeping.listed()
        await until(lambda: tidied)
        assert len(tidied) == 1
        assert tidied[0] > 0
    finally:
        housekeeping.end()
    assert gc.get_freeze_count() == 0


async def test_nothing_is_tidied_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    housekeeping = Housekeeping()
    housekeeping.listed()
    timer = housekeeping._timer
    housekeeping.end()
    assert timer is not None
    assert timer.cancelled()


class Ring:
    """What only the collector can free: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


def test_no_list_keeps_for_ever_what_nobody_holds() -> None:
    try:
        kept = Ring()
        keep_for_long()
        young, old = weakref.ref(Ring()), weakref.ref(kept)
        del kept  # kept as the first list came, done with before the second
        keep_for_long()
        assert (young(), old()) == (None, None)
    finally:
        gc.unfreeze()
