"""Streams race: what one moment brings can come in any order, and the numbers have to be the same."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.histories import Change, changes
from tests.session.test_histories import ALL
from tui.reconcile.gap import measure
from tui.session import heal_views
from tui.session.chronicle import Chronicle
from tui.world import World

WINDOW_S = 0.02
"""What comes within this time is taken for one moment here: streams of different kinds race by as much."""
QUIET_S = 6.0


@cache
def moments(name: str) -> list[list[Change]]:
    """The recording's frames, cut into windows; all in one window get its time."""
    windows: dict[int, list[Change]] = defaultdict(list)
    for change in changes(name):
        windows[int(change.at / WINDOW_S)].append(change)
    return [frames for _, frames in sorted(windows.items())]


def shuffled(frames: list[Change], rng: random.Random) -> list[Change]:
    """The frames in another order in which those of one object are still one after the other."""
    queues: dict[str, list[Change]] = defaultdict(list)
    for frame in frames:
        queues[frame.fact.metadata.uid].append(frame)
    found = []
    while queues:
        uid = rng.choice(sorted(queues))
        found.append(queues[uid].pop(0))
        if not queues[uid]:
            del queues[uid]
    return found


def numbers(name: str, rng: random.Random | None) -> list[tuple[object, ...]]:
    """What the clock makes of the recording, its windows shuffled if there is an `rng`."""
    world = World()
    chronicle, at, now = Chronicle(world), 0.0, 0.0
    for frames in moments(name):
        at, now = frames[-1].at, frames[-1].now
        first = at == 0.0
        for frame in frames if rng is None or first else shuffled(frames, rng):
            updates = frame.into(world)
            if not first:
                chronicle.note(updates, at)
        assess(world, chronicle, at, now)
    assess(world, chronicle, at + QUIET_S, now + QUIET_S)
    return sorted(
        (
            one.key,
            one.opened,
            one.kind,
            one.depth,
            one.total_s,
            one.overshoot,
            one.lost_pod_s,
            one.dead_s,
            one.settled,
        )
        for one in heal_views.heals(world, chronicle, at + QUIET_S)
    )


def assess(world: World, chronicle: Chronicle, at: float, now: float) -> None:
    for uid, deployment in world.deployments.by_uid.items():
        gap = measure(deployment, world.replicasets_of(uid), world.pods_of(uid), now)
        chronicle.assess(uid, gap, at)


@cache
def in_order(name: str) -> list[tuple[object, ...]]:
    return numbers(name, None)


@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith(("17", "24"))])
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_order_of_what_comes_at_once_changes_no_number(name: str, seed: int) -> None:
    assert in_order(name)
    assert numbers(name, random.Random(seed)) == in_order(name)


@pytest.mark.parametrize("name", ["17-tug-of-war", "24-overlapping-kills"])
def test_the_order_changes_no_number_of_a_long_history(name: str) -> None:
    for seed in range(3):
        assert numbers(name, random.Random(seed)) == in_order(name)
