"""What each disturbance leaves behind, by one table for every cluster: the sandbox or, with `--context`, a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.e2e import heals
from tests.e2e.conftest import Target, namespace_on, sandbox
from tests.e2e.heals import Outcome
from tests.e2e.kubelets import kubelets_of, short_back_offs
from tui.reconcile.heal import SETTLES_AFTER_S, HealKind

GUESS, HINT, PROOF = 1, 2, 3
OFFICIAL_CLIENT = "OpenAPI-Generator"
"""Under what name the client of these tests writes."""

REPLACED = ("noticed", "replacement created", "scheduled", "started", "ready", "available")
RECOVERED = ("noticed", "ready", "available")
EVICTED = ("not ready seen", "evicted", *REPLACED[1:])
ROLLED_OUT = ("new ReplicaSet", "first new pod", "first ready", "all updated", "old gone")
GROWN = ("created", "scheduled", "started", "ready", "available")
SHRUNK = ("chosen", "gone")

REPLACING = {("replicaset", PROOF), ("scheduler", PROOF), ("kubelet", PROOF)}
ROLLING = REPLACING | {("deployment", PROOF), (OFFICIAL_CLIENT, HINT)}


@dataclass(frozen=True)
class Expected:
    """One heal. `surges`: whether there were ever more pods than desired.

    `guessed` None: pairs are a guess where both pods were lost before either was replaced, and that is for the
    controller to be quick or slow with; the story tells.
    """

    kind: HealKind
    phases: tuple[str, ...]
    depth: int
    surges: bool = False
    guessed: bool | None = False


@dataclass(frozen=True)
class Scenario:
    """How many pods there are, what happens to them, which heals that gives, and through whose hands they go."""

    replicas: int
    play: heals.Scenario
    heals: tuple[Expected, ...]
    actors: set[tuple[str, int]]


SIDE_BY_SIDE = {
    "one of five pods deleted by us": Scenario(
        5,
        heals.one_pod_deleted_by_us,
        (Expected(HealKind.FAULT, REPLACED, depth=1),),
        REPLACING | {("you", PROOF)},
    ),
    "two pods deleted at once by somebody": Scenario(
        5,
        heals.two_pods_deleted_at_once,
        (Expected(HealKind.LOSS, REPLACED, depth=2, guessed=None),),
        REPLACING | {("someone", HINT)},
    ),
    "a good image": Scenario(
        4,
        heals.good_image,
        (Expected(HealKind.ROLLOUT, ROLLED_OUT, depth=1, surges=True),),
        ROLLING,
    ),
    "an image that does not exist, undone": Scenario(
        4,
        heals.bad_image_undone,
        (Expected(HealKind.ROLLOUT, ROLLED_OUT, depth=1, surges=True),),
        ROLLING,
    ),
    "a quota squeezed and released": Scenario(
        3,
        heals.quota_squeezed_and_released,
        (Expected(HealKind.LOSS, REPLACED, depth=1),),
        REPLACING | {("someone", HINT)},
    ),
    "scaled up and down": Scenario(
        2,
        heals.scaled_up_and_down,
        (
            Expected(HealKind.SCALE_UP, GROWN, depth=2),
            Expected(HealKind.SCALE_DOWN, SHRUNK, depth=0, surges=True),
        ),
        ROLLING,
    ),
}
SIX_CRASHES = Scenario(
    2,
    heals.six_crashes,
    (Expected(HealKind.LOSS, RECOVERED, depth=1),),
    {("kubelet", PROOF)},
)
NODE_LOST = Scenario(
    3,
    heals.node_lost,
    (Expected(HealKind.NODE_LOSS, EVICTED, depth=1),),
    REPLACING | {("node controller", PROOF), ("node controller", HINT), ("taint eviction", PROOF)},
)


@pytest.fixture(scope="module")
def outcomes(target: Target) -> dict[str, Outcome]:
    """All that can happen side by side, played once."""
    return asyncio.run(
        heals.play(target, {name: (one.replicas, one.play) for name, one in SIDE_BY_SIDE.items()})
    )


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_a_disturbance_has_the_same_phases_and_actors_everywhere(
    name: str, outcomes: dict[str, Outcome]
) -> None:
    assert_as_expected(outcomes[name], SIDE_BY_SIDE[name])


def test_who_replaced_whom_is_a_guess_where_both_were_gone_before_either_was_replaced(
    outcomes: dict[str, Outcome],
) -> None:
    outcome = outcomes["two pods deleted at once by somebody"]
    told = [line for line in outcome.story if "deleted pod" in line or "created pod" in line]
    assert ["deleted" in line for line in told].count(True) == 2
    assert len(told) == 4
    (heal,) = outcome.heals
    assert heal.guessed or "created" in told[1]


@pytest.fixture
def fast(request: pytest.FixtureRequest, target: Target) -> Iterator[Target]:
    """A cluster with short back-offs and quick eyes: a sandbox that lives fast, or the lab's with other settings."""
    if not request.config.getoption("--context") and not request.config.getoption("--kubeconfig"):
        with sandbox("--no-shop", "--speed", "25") as quick:
            yield quick
        return
    with namespace_on(target) as cluster:
        if kubelets_of(cluster) is None:
            pytest.skip("real kubelets crash no container, and fall silent, on nobody's request")
        with short_back_offs(cluster, first_s=0.5):
            yield target


def test_a_container_that_crashes_six_times_is_one_heal_without_replacement(fast: Target) -> None:
    outcome = play_one(fast, SIX_CRASHES)
    assert_as_expected(outcome, SIX_CRASHES)
    assert sum("restarted a container" in line for line in outcome.story) == 6


def test_a_lost_node_has_its_pod_evicted_and_replaced(fast: Target) -> None:
    assert_as_expected(play_one(fast, NODE_LOST), NODE_LOST)


def play_one(target: Target, scenario: Scenario) -> Outcome:
    """What was seen of it alone."""
    (outcome,) = asyncio.run(heals.play(target, {"": (scenario.replicas, scenario.play)})).values()
    return outcome


def assert_as_expected(outcome: Outcome, scenario: Scenario) -> None:
    """The story's actors, and heal by heal its kind, phases and numbers."""
    assert outcome.actors == scenario.actors, "\n".join(outcome.story)
    assert len(outcome.heals) == len(scenario.heals)
    for heal, expected in zip(outcome.heals, scenario.heals, strict=True):
        phases = tuple(phase.name for phase in heal.phases)
        guessed = None if expected.guessed is None else heal.guessed
        assert Expected(heal.kind, phases, heal.depth, heal.overshoot > 0, guessed) == expected
        assert heal.settled is not None
        assert heal.total_s is not None
        assert heal.settled == pytest.approx(heal.opened + heal.total_s + SETTLES_AFTER_S)
        assert (heal.lost_pod_s > 0) == (heal.depth > 0)
        assert heal.lost_pod_s <= heal.depth * heal.total_s + 1e-6
        ends = [phase.ended for phase in heal.phases]
        assert None not in ends
        assert all(before <= after for before, after in pairwise(end or 0.0 for end in ends))
