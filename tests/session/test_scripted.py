"""Histories that a person can read, and what the gap clock says of them."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest

from tests.histories.scripted import NAMES, Play, Script, read
from tui.session.heal_news import HealNews


@pytest.mark.parametrize("name", NAMES)
def test_a_scripted_history_has_the_heals_that_it_says(name: str) -> None:
    script = read(name)
    heals = Play(script).run()
    assert [heal.kind.value for heal in heals] == [kind for kind, _, _ in script.expected]
    for heal, (_, numbers, ends) in zip(heals, script.expected, strict=True):
        assert {word: told(heal, word) for word in numbers} == {
            word: _number(text) for word, text in numbers.items()
        }
        assert [(phase.name, phase.ended) for phase in heal.phases] == ends


def told(heal: HealNews, word: str) -> float | bool | None:
    """What the heal says of a word of the scripts."""
    values: dict[str, float | bool | None] = {
        "opened": heal.opened,
        "total": heal.total_s,
        "dead": heal.dead_s,
        "depth": heal.depth,
        "overshoot": heal.overshoot,
        "lost": heal.lost_pod_s,
        "settled": heal.settled,
        "guessed": heal.guessed,
    }
    value = values[word]
    return round(value, 6) if isinstance(value, float) else value


def _number(text: str) -> float | bool | None:
    return {"-": None, "yes": True, "no": False}[text] if not text[0].isdigit() else float(text)


@pytest.mark.parametrize("name", NAMES)
def test_at_every_prefix_phases_have_no_holes_and_no_pod_second_comes_back(name: str) -> None:
    play, lost = Play(read(name)), dict[float, float]()
    for _ in play.prefixes():
        for heal in play.heals():
            assert heal.phases[0].began == heal.opened
            assert all(before.ended == after.began for before, after in pairwise(heal.phases))
            assert all(phase.ended is None or phase.ended >= phase.began for phase in heal.phases)
            assert heal.lost_pod_s >= lost.get(heal.opened, 0.0)
            lost[heal.opened] = heal.lost_pod_s


def test_frames_of_different_objects_in_one_moment_can_come_in_any_order() -> None:
    script = read("two-at-once")
    opening, births, rest = script.steps[:2], script.steps[2:4], script.steps[4:]
    expected = Play(script).run()
    for first in permutations(opening):
        for second in permutations(births):
            shuffled = Script(script.replicas, 0, [*first, *second, *rest])
            assert Play(shuffled).run()[0].phases == expected[0].phases
            assert numbers(Play(shuffled).run()) == numbers(expected)


def numbers(heals: tuple[HealNews, ...]) -> list[tuple[object, ...]]:
    """What was measured, without the words."""
    return [
        (one.kind, one.opened, one.dead_s, one.depth, one.total_s, one.overshoot, one.lost_pod_s, one.settled)
        for one in heals
    ]


def test_the_opening_is_told_by_the_servers_clock() -> None:
    (heal,) = Play(read("scale-up")).run()
    assert heal.opened_at == "2027-01-15T08:00:01.000Z"
