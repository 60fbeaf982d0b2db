"""Three clocks that other tools have, each written out here: ours passes where each of them fails.

The judge is the truth file of a recording in which one of five pods is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.histories import replay, truth
from tests.session.test_histories import play
from tui.facts import parse_time
from tui.reconcile.heal import PodMoments
from tui.world import World

NAME = "02-delete-one"
(GAP,) = truth(NAME)["deployments"][0]["by_pods"]["gaps"]
TRUE_S = GAP["to"] - GAP["from"]
CLOSE_S = 0.005
"""A clock that is this near to the truth is right."""


@dataclass
class Looks:
    """What the wrong clocks look at."""

    lost: PodMoments
    by: PodMoments
    counts: list[int]
    """How many pods there were, frame by frame."""
    stamp_s: float
    """The replacement's creationTimestamp, in seconds of the recording."""


@pytest.fixture(scope="module")
def looks() -> Looks:
    (pair,) = play(NAME).record.heals[0].replacements
    assert pair.by is not None
    world, counts, stamp, began = World(), [], None, 0.0
    for moment in replay(NAME, world):
        began = moment.now - moment.at
        counts += [len(world.pods_of(uid)) for uid in world.deployments.by_uid]
        heir = world.pods.by_uid.get(pair.by.uid)
        stamp = parse_time(heir.metadata.creation_timestamp) if heir is not None else stamp
    assert stamp is not None
    return Looks(pair.lost, pair.by, counts, stamp - began)


def total_by_the_sum_of_parts(looks: Looks) -> float:
    """Adds the time to reschedule to a time to recover that holds it already."""
    assert looks.lost.deleted is not None
    assert looks.by.scheduled is not None
    assert looks.by.ready is not None
    return (looks.by.scheduled - looks.lost.deleted) + (looks.by.ready - looks.lost.deleted)


def total_by_the_creation_stamp(looks: Looks) -> float:
    """Begins when the replacement says it was created: in whole seconds, and not when its forerunner was lost."""
    assert looks.by.ready is not None
    return looks.by.ready - looks.stamp_s


def depth_by_counting(looks: Looks, desired: int) -> int:
    """Compares how many pods there are with how many there should be: the dying one is one of them."""
    return max(0, *(desired - count for count in looks.counts))


def test_ours_is_right() -> None:
    (heal,) = play(NAME).heals
    assert heal.total_s == pytest.approx(TRUE_S, abs=1e-6)
    assert heal.depth == GAP["depth"] == 1
    assert heal.lost_pod_s == pytest.approx(TRUE_S, abs=1e-6)


def test_the_clock_that_adds_the_rescheduling_twice_is_wrong(looks: Looks) -> None:
    assert total_by_the_sum_of_parts(looks) > TRUE_S + CLOSE_S
    (heal,) = play(NAME).heals
    assert sum((phase.ended or 0) - phase.began for phase in heal.phases) == pytest.approx(TRUE_S, abs=1e-6)


def test_the_clock_that_starts_at_the_creation_stamp_is_wrong(looks: Looks) -> None:
    assert abs(total_by_the_creation_stamp(looks) - TRUE_S) > CLOSE_S


def test_the_clock_that_compares_counts_sees_no_pod_die(looks: Looks) -> None:
    assert depth_by_counting(looks, 5) == 0
    assert play(NAME).heals[0].depth == 1
