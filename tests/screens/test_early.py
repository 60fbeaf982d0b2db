"""What is pressed before there is a source: answered, and never lost without a word."""

from __future__ import annotations

from dataclasses import dataclass

from tests.screens.stage import on_stage
from tests.screens.stills import StillSession
from tui.chaos.catalogue import FAULTS
from tui.screens.base import TOO_EARLY
from tui.screens.chaos_keys import NO_SOURCE
from tui.screens.commands import DELETE_POD, FAULT_KEYS
from tui.screens.fleet import FleetScreen
from tui.session.options import Options
from tui.session.source_news import SourceNews


@dataclass
class Unopened(StillSession):
    """A session whose source is being opened still."""

    def start(self) -> None:
        """Tells nothing yet."""

    def source(self) -> SourceNews | None:
        """None yet."""
        return None


async def test_a_chaos_key_that_comes_before_the_source_is_answered() -> None:
    async with on_stage(Options(), open_session=Unopened().open) as stage:
        for key, said in (*((key, TOO_EARLY) for key in ("d", *sorted(FAULT_KEYS))), ("a", NO_SOURCE)):
            stage.app._notifications.clear()
            await stage.press(key)
            await stage.until(lambda said=said: stage.toasts == [said])  # type: ignore[misc]
            assert isinstance(stage.app.screen, FleetScreen)


async def test_with_read_only_it_is_no_key_at_all() -> None:
    async with on_stage(Options(read_only=True), open_session=Unopened().open) as stage:
        await stage.press("d", "a", *sorted(FAULT_KEYS), "o")
        await stage.until(lambda: stage.fleet.order.column)
        assert stage.toasts == []


def test_every_key_of_a_fault_is_known_before_there_is_a_source() -> None:
    assert {fault.key for fault in FAULTS if fault.key} == FAULT_KEYS | {DELETE_POD.key}
