"""The phases of a heal in one line: every moment is there, and the widths tell how long each phase took."""

from __future__ import annotations

from tui.widgets.heal_bar import HealBar, Phase, heal_bar
from tui.widgets.runs import plain

from .stage import on_stage, shown

PHASES = (
    Phase("replaced", 0.01, "╱"),
    Phase("scheduled", 0.05, "░"),
    Phase("started", 0.9, "░"),
    Phase("ready", 1.76, "▒"),
    Phase("settled", 1.81, "▇"),
)
WORDS = [f"{phase.word} {phase.until_s:.2f}" for phase in PHASES]


async def test_every_moment_has_room_at_80_columns() -> None:
    bar = HealBar()
    async with on_stage(bar, size=(76, 1)) as (pilot, _):
        bar.phases, bar.is_over = PHASES, True
        await pilot.pause()
        assert [part.lstrip("╱░▒▇ ") for part in shown(bar)[0].split("│")] == WORDS


def test_what_room_is_left_goes_by_duration() -> None:
    line = plain(heal_bar(PHASES, 170, "│"))
    assert len(line) == 170
    assert line.count("▒") > 40
    assert line.count("╱") == 1


def test_while_it_goes_on_no_width_claims_to_be_a_part_of_the_whole() -> None:
    assert plain(heal_bar(PHASES[:2], 0, "│")) == "╱ replaced 0.01│░ scheduled 0.05"


async def test_no_phase_is_no_bar() -> None:
    bar = HealBar()
    async with on_stage(bar, size=(76, 1)):
        assert shown(bar) == [""]
