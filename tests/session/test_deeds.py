"""Whose doing a gap was where we asked for no pod's end: crashes, probes, scalings, rollouts, nodes."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from tests.build import a_deployment, a_pod
from tests.session.test_chronicle import Story
from tui.cluster.gateway import FIELD_MANAGER
from tui.facts import Pod
from tui.reconcile.evidence import INFERENCE, MANAGED_FIELDS, OWN_WRITE, SOMEONE, YOU, Grade, Step
from tui.reconcile.heal import SETTLES_AFTER_S, HealKind
from tui.session.deeds import FELT_FOR_S, WRITES_LEAD_S, WRITES_SHOW_WITHIN_S, Deed

CRASHED, SCALED = "you crashed container web of pod web-1-a", "you scaled from 2 to 4"


def crash(at: float, *, until: float | None = None, pods: tuple[str, ...] = ("web-1-a",)) -> Deed:
    return Deed(at, CRASHED, frozenset(f"uid-{pod}" for pod in pods), until=until)


def scaling(at: float) -> Deed:
    return Deed(at, SCALED, moves=True)


def unready(name: str = "web-1-a") -> Pod:
    return a_pod(name, ready=False, version="2")


def scale(story: Story, at: float, replicas: int = 4) -> None:
    """Somebody asks for so many."""
    before = story.world.deployments.by_uid["uid-web"]
    after = msgspec.structs.replace(
        before,
        metadata=msgspec.structs.replace(before.metadata, generation=before.metadata.generation + 1),
        spec=msgspec.structs.replace(before.spec, replicas=replicas),
    )
    story.chronicle.note(story.world.put("Deployment", after), at)
    story.assess(at)


def kind(story: Story) -> HealKind:
    heal = story.record.heal or story.record.heals[-1]
    return heal.kind


# ---------------------------------------------------------------- pods that were not ended by us


def test_a_pod_that_we_crashed_is_our_doing_from_then_on() -> None:
    story = Story()
    story.chronicle.deed("uid-web", crash(1.0, until=1.0 + FELT_FOR_S))
    story.put(unready(), 1.8)
    assert (story.cause, kind(story)) == (CRASHED, HealKind.FAULT)
    assert story.record.heal is not None
    assert story.record.heal.opened == 1.0
    assert story.record.heal.dead_s == pytest.approx(0.8)


def test_a_crash_that_shows_before_its_answer_is_our_doing_too() -> None:
    story = Story()
    story.put(unready(), 1.0)
    assert kind(story) is HealKind.LOSS
    story.chronicle.deed("uid-web", crash(1.2, until=31.2))
    assert (story.cause, kind(story)) == (CRASHED, HealKind.FAULT)
    assert story.record.heal is not None
    assert story.record.heal.opened == 1.0


def test_another_pod_is_not_our_doing() -> None:
    story = Story()
    story.chronicle.deed("uid-web", crash(1.0, until=31.0))
    story.put(unready("web-1-b"), 1.5)
    assert kind(story) is HealKind.LOSS
    assert story.cause != CRASHED


def test_a_gap_that_had_been_open_is_not_our_doing() -> None:
    story = Story()
    story.put(unready("web-1-b"), 1.0)
    before = story.cause
    story.chronicle.deed("uid-web", crash(1.5, until=31.5))
    story.put(unready(), 1.6)
    assert (story.cause, kind(story)) == (before, HealKind.LOSS)


def test_the_same_pod_much_later_is_not_our_doing() -> None:
    story = Story()
    story.chronicle.deed("uid-web", crash(1.0, until=1.0 + FELT_FOR_S))
    story.put(unready(), 2.0 + FELT_FOR_S)
    assert kind(story) is HealKind.LOSS


def test_what_lasts_is_our_doing_until_it_is_undone() -> None:
    story = Story()
    story.chronicle.deed("uid-web", crash(1.0))
    story.put(unready(), 500.0)
    assert (story.cause, kind(story)) == (CRASHED, HealKind.FAULT)
    assert story.record.heal is not None
    assert story.record.heal.opened == 500.0, "so late it began with what was seen, not with our deed"
    story.put(a_pod("web-1-a", version="3"), 501.0)
    story.assess(502.0 + SETTLES_AFTER_S)
    story.chronicle.undone("uid-web", CRASHED, 510.0)
    story.put(unready(), 511.0 + FELT_FOR_S)
    assert kind(story) is HealKind.LOSS


def test_a_lost_node_keeps_the_phases_of_one() -> None:
    story = Story()
    story.chronicle.deed("uid-web", replace(crash(1.0), kind=HealKind.NODE_LOSS))
    story.put(unready(), 45.0)
    assert (story.cause, kind(story)) == (CRASHED, HealKind.NODE_LOSS)


def test_pods_that_went_with_their_replicaset_are_our_doing() -> None:
    story = Story()
    story.chronicle.deed("uid-web", crash(1.0, until=31.0, pods=("web-1-a", "web-1-b")))
    (replicaset,) = story.world.replicasets_of("uid-web")
    story.chronicle.note(story.world.remove("ReplicaSet", replicaset), 1.1)
    story.assess(1.1)
    assert (story.cause, kind(story)) == (CRASHED, HealKind.FAULT)


# ---------------------------------------------------------------- what we asked for


def test_a_scaling_of_ours_is_its_cause_and_stays_a_scaling() -> None:
    story = Story()
    story.chronicle.deed("uid-web", scaling(1.0))
    scale(story, 1.3)
    assert (story.cause, kind(story)) == (SCALED, HealKind.SCALE_UP)


def test_a_scaling_that_shows_before_its_answer_is_ours_too() -> None:
    story = Story()
    scale(story, 1.0)
    assert story.cause == "asked for 4 instead of 2"
    story.chronicle.deed("uid-web", scaling(1.1))
    assert (story.cause, kind(story)) == (SCALED, HealKind.SCALE_UP)


@pytest.mark.parametrize("at", [1.0 - WRITES_LEAD_S - 0.5, 1.0 + WRITES_SHOW_WITHIN_S + 0.5])
def test_a_scaling_at_another_time_is_not_ours(at: float) -> None:
    story = Story()
    if at < 1.0:
        scale(story, at)
    story.chronicle.deed("uid-web", scaling(1.0))
    if at > 1.0:
        scale(story, at)
    assert story.cause == "asked for 4 instead of 2"


def test_a_second_deed_does_not_take_the_cause_of_the_first() -> None:
    story = Story()
    story.chronicle.deed("uid-web", scaling(1.0))
    scale(story, 1.1)
    story.chronicle.deed("uid-web", Deed(1.5, "undone: scale", moves=True))
    assert story.cause == SCALED


def test_a_deed_that_asks_for_nothing_explains_no_scaling() -> None:
    story = Story()
    story.chronicle.deed("uid-web", Deed(1.0, "you paused its rollouts"))
    scale(story, 1.1)
    assert story.cause == "asked for 4 instead of 2"


# ---------------------------------------------------------------- who did it, line by line

BY_GAPWATCH = Step(FIELD_MANAGER, "asked for 4 instead of 2", Grade.HINT, MANAGED_FIELDS)
BY_SOMEONE = Step(SOMEONE, "cordoned node-a1", Grade.GUESS, INFERENCE)


@pytest.mark.parametrize(
    ("step", "is_ours"),
    [
        (BY_GAPWATCH, True),
        (BY_SOMEONE, True),
        (replace(BY_SOMEONE, text="tainted node-a1: what does not tolerate gapwatch/fault has to go"), True),
        (replace(BY_SOMEONE, text="cordoned node-a11"), False),
        (replace(BY_SOMEONE, text="cordoned other-node-a1"), False),
        (replace(BY_SOMEONE, text="deleted the Deployment"), False),
        (replace(BY_SOMEONE, actor="kubectl"), False),
    ],
)
def test_what_bears_our_name_or_befell_what_we_wrote_to_is_ours(step: Step, is_ours: bool) -> None:
    told = Deed(1.0, "you cordoned node node-a1", objects=frozenset({"node-a1"})).tells(step)
    assert (told.actor, told.grade, told.evidence) == (
        (YOU, Grade.PROOF, OWN_WRITE) if is_ours else (step.actor, step.grade, step.evidence)
    )
    assert told.text == step.text


def test_a_deed_that_is_forgotten_with_its_deployment_is_no_error() -> None:
    story = Story()
    story.world.remove("Deployment", a_deployment(2))
    story.chronicle.deed("uid-web", crash(1.0))
    story.chronicle.undone("uid-other", CRASHED, 2.0)
    assert "uid-other" not in story.chronicle.records
