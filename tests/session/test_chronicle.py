"""The chronicle's memory: whose doing a gap was, and that nothing is remembered for ever."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.build import a_deployment, a_node, a_pod, a_replicaset, meta
from tui.facts import Event, ObjectReference, Pod, ReplicaSet
from tui.reconcile.gap import measure
from tui.reconcile.heal import HealKind, is_guess
from tui.session import chronicle as module
from tui.session import records, witnesses
from tui.session.chronicle import Chronicle
from tui.session.news import PodState
from tui.session.records import Record
from tui.session.witnesses import EARLY_S, LATE_S
from tui.world import World

FAULT = "you deleted pod web-1-a"


class Story:
    """shop/web with two pods, told frame by frame: each call is one frame at one moment."""

    def __init__(self, *, replicas: int = 2, pods: int = 2) -> None:
        self.world = World()
        self.world.replace("Deployment", [a_deployment(replicas)])
        self.world.replace("ReplicaSet", [a_replicaset(replicas=replicas)])
        self.world.replace("Pod", [a_pod(f"web-1-{'abcdefgh'[number]}") for number in range(pods)])
        self.ours: set[str] = set()
        self.chronicle = Chronicle(self.world, self.ours.__contains__)
        self.assess(0.0)

    @property
    def record(self) -> Record:
        return self.chronicle.record("uid-web")

    @property
    def told(self) -> list[str]:
        return [f"{one.step.actor}: {one.step.text}" for one in self.record.happened]

    @property
    def cause(self) -> str:
        heal = self.record.heal or self.record.heals[-1]
        return heal.cause

    def assess(self, at: float) -> None:
        deployment, pods = self.world.deployments.by_uid["uid-web"], self.world.pods_of("uid-web")
        gap = measure(deployment, self.world.replicasets_of("uid-web"), pods, at)
        # The Deployment's controller is quick: its status always says what the pods say.
        status = msgspec.structs.replace(deployment.status, available_replicas=gap.available)
        self.world.put("Deployment", msgspec.structs.replace(deployment, status=status))
        told = measure(
            self.world.deployments.by_uid["uid-web"], self.world.replicasets_of("uid-web"), pods, at
        )
        self.chronicle.assess("uid-web", told, at)

    def put(self, pod: Pod, at: float) -> None:
        self.chronicle.note(self.world.put("Pod", pod), at)
        self.assess(at)

    def remove(self, pod: Pod, at: float) -> None:
        self.chronicle.note(self.world.remove("Pod", pod), at)
        self.assess(at)

    def fault(self, at: float, pod: str = "web-1-a") -> None:
        self.chronicle.fault("uid-web", frozenset({f"uid-{pod}"}), f"you deleted pod {pod}", at)

    def lose(self, at: float, name: str = "web-1-a") -> None:
        self.put(a_pod(name, terminating=True, version="2"), at)

    def replace(self, at: float, lost: str = "web-1-a", by: str = "web-1-x") -> None:
        self.put(a_pod(by, ready=False, node=None), at)
        self.put(a_pod(by, version="2"), at + 1)
        self.remove(a_pod(lost, terminating=True, version="3"), at + 2)


# ---------------------------------------------------------------- whose doing it was


def test_a_gap_after_our_fault_is_our_doing() -> None:
    story = Story()
    story.ours.add("uid-web-1-a")
    story.fault(1.0)
    story.lose(1.2)
    assert story.cause == FAULT
    assert story.record.heal is not None
    assert story.record.heal.opened == 1.0, "it began with the answer, not with the frame"
    assert story.told == ["you: deleted pod web-1-a"]


def test_a_gap_whose_frame_came_before_the_answer_is_our_doing_too() -> None:
    story = Story()
    story.ours.add("uid-web-1-a")
    story.lose(1.0)
    assert story.cause == "you deleted pod web-1-a"
    story.fault(1.3)
    assert story.cause == FAULT
    assert story.record.heal is not None
    assert story.record.heal.opened == 1.0
    assert story.told == ["you: deleted pod web-1-a"]


def test_a_gap_that_had_long_been_open_is_not_our_doing() -> None:
    story = Story()
    story.lose(1.0)
    story.fault(5.0)
    assert story.cause == "someone deleted pod web-1-a"


def test_a_gap_after_our_faults_heal_is_not_our_doing() -> None:
    story = Story()
    story.fault(1.0)
    story.lose(1.1)
    story.replace(2.0)
    story.assess(8.0)
    assert [heal.cause for heal in story.record.heals] == [FAULT]
    story.lose(8.1, "web-1-b")
    assert story.cause == "someone deleted pod web-1-b"


def test_a_fault_whose_loss_opens_no_gap_has_a_heal_all_the_same() -> None:
    story = Story(pods=3)  # one more than asked for
    story.ours.add("uid-web-1-a")
    story.fault(1.0)
    story.assess(1.1)
    assert story.record.heal is not None
    assert story.record.heal.closed is None, "its victim has not been seen ending"
    story.lose(1.2)
    assert story.record.heal.confirmed == 1.2
    story.assess(6.2)
    (heal,) = story.record.heals
    assert (heal.cause, heal.kind, heal.depth, heal.settled) == (FAULT, HealKind.FAULT, 0, 6.2)
    assert story.chronicle.heal_of("uid-web", "uid-web-1-a") == heal
    assert story.record.healed == 0, "nobody has to be told of a gap that never was"


def test_an_answer_that_comes_after_the_loss_begins_with_the_loss() -> None:
    story = Story(pods=3)
    story.ours.add("uid-web-1-a")
    story.lose(1.0)
    story.fault(1.3)
    assert story.record.heal is not None
    assert story.record.heal.opened == 1.0


def test_anothers_gap_is_not_renamed_when_the_answer_to_our_fault_comes() -> None:
    story = Story(pods=3)
    story.lose(1.0, "web-1-a")
    story.lose(1.1, "web-1-b")
    assert story.cause == "someone deleted pod web-1-b"
    story.fault(1.2, "web-1-c")
    assert story.cause == "someone deleted pod web-1-b"
    assert story.chronicle.heal_of("uid-web", "uid-web-1-c") is not None


def stand_still(story: Story) -> None:
    """Its second pod is of an old template, and stays so: the Deployment is never settled."""
    story.world.put("ReplicaSet", a_replicaset("web-0", revision="0"))
    story.put(a_pod("web-1-b", owner="uid-web-0", version="5"), 0.5)


def test_a_second_gap_is_no_part_of_the_first_where_something_else_stands_still() -> None:
    story = Story()
    stand_still(story)
    story.lose(1.0)
    story.replace(2.0)
    assert story.record.heal is not None
    assert story.record.heal.closed == 3.0
    story.ours.add("uid-web-1-x")
    story.fault(100.0, "web-1-x")
    story.lose(100.1, "web-1-x")
    assert [heal.cause for heal in story.record.heals] == ["someone deleted pod web-1-a"]
    assert story.record.heal.opened == 100.0
    assert story.cause == "you deleted pod web-1-x"


def test_a_gap_that_stays_closed_is_over_though_something_else_stands_still() -> None:
    story = Story()
    stand_still(story)
    story.lose(1.0)
    story.replace(2.0)
    assert story.chronicle.settles_at("uid-web") == 8.0
    story.assess(8.0)
    (heal,) = story.record.heals
    assert (heal.closed, heal.settled) == (3.0, 8.0)


def pause_halfway(story: Story, paused_for_s: float) -> None:
    """A rollout from web-1 to web-2 is paused at 2.0, with its first new pod on the way, and resumed so much later."""
    story.chronicle.note(story.world.put("ReplicaSet", a_replicaset("web-2", revision="2")), 1.0)
    started = a_deployment(2, revision="2", generation=2, observed=2)
    story.chronicle.note(story.world.put("Deployment", started), 1.0)
    story.put(a_pod("web-2-a", owner="uid-web-2", ready=False), 1.5)
    turn(story, 2.0, 3, revision="2", paused=True)
    story.put(a_pod("web-2-a", owner="uid-web-2", version="2"), 2.5)
    turn(story, 2.0 + paused_for_s, 4, revision="2")


def turn(story: Story, at: float, generation: int, **spec: Any) -> None:
    turned = a_deployment(2, generation=generation, observed=generation, **spec)
    story.chronicle.note(story.world.put("Deployment", turned), at)
    story.assess(at)


def finish_rollout(story: Story, at: float) -> None:
    story.put(a_pod("web-2-b", owner="uid-web-2"), at)
    for name in ("web-1-a", "web-1-b"):
        story.lose(at, name)
        story.remove(a_pod(name, terminating=True, version="3"), at)


def test_a_rollout_that_is_resumed_before_its_heal_settles_is_the_same_heal() -> None:
    story = Story()
    pause_halfway(story, 3.0)
    finish_rollout(story, 9.0)
    story.assess(14.0)
    (heal,) = story.record.heals
    assert (heal.kind, heal.opened, heal.closed) == (HealKind.ROLLOUT, 1.0, 9.0)
    assert [phase.name for phase in heal.phases][-2:] == ["all updated", "old gone"]


def test_a_rollout_that_is_resumed_later_has_a_heal_of_its_own() -> None:
    story = Story()
    pause_halfway(story, 30.0)
    finish_rollout(story, 36.0)
    story.assess(41.0)
    first, rest = story.record.heals
    assert first.closed == 2.0
    assert [phase.name for phase in first.phases] == ["new ReplicaSet", "first new pod", "stands still"]
    assert (rest.kind, rest.opened, rest.closed) == (HealKind.ROLLOUT, 32.0, 36.0)
    assert rest.cause == "the rollout goes on: ReplicaSet web-2"


def test_the_end_of_a_pause_in_which_nothing_was_asked_for_is_no_rollout() -> None:
    story = Story()
    turn(story, 2.0, 2, paused=True)
    turn(story, 3.0, 3)
    assert story.record.heal is None


def test_a_fault_on_a_deployment_that_has_gone_is_not_remembered() -> None:
    story = Story()
    story.chronicle.note(story.world.remove("Deployment", a_deployment(2)), 2.0)
    story.fault(2.1)
    assert story.chronicle.records == {}


def test_the_cause_is_what_was_seen_last_before_the_gap() -> None:
    story = Story()
    story.chronicle.note(story.world.put("Pod", a_pod("web-1-b", restarts=1, version="2")), 1.0)
    story.lose(1.0)
    assert story.cause == "someone deleted pod web-1-a"


def test_a_heal_that_reopens_within_five_seconds_is_the_same_and_counts_every_gap() -> None:
    story = Story()
    story.lose(1.0)
    story.replace(2.0)
    assert (story.record.healed, story.record.last_heal_s) == (1, 2.0)
    story.lose(7.9, "web-1-b")
    story.replace(8.0, "web-1-b", "web-1-y")
    assert (story.record.healed, story.record.last_heal_s) == (2, 8.0)
    assert len(story.record.heals) == 0
    story.assess(14.0)
    (heal,) = story.record.heals
    assert (heal.opened, heal.closed, heal.settled) == (1.0, 9.0, 14.0)
    assert heal.lost_pod_s == pytest.approx(2.0 + 1.1)


def test_a_gap_that_reopens_is_open_since_then_however_long_its_heal_has_been() -> None:
    story = Story()
    story.lose(1.0)
    story.replace(2.0)
    story.lose(7.9, "web-1-b")
    heal = story.record.heal
    assert heal is not None
    assert (heal.opened, heal.open_since) == (1.0, 7.9)
    story.replace(8.0, "web-1-b", "web-1-y")
    assert [line.rpartition(" · ")[2] for line in story.told if "gap closed" in line] == [
        "gap closed after 2.0 s",
        "gap closed after 1.1 s",
    ]


def test_a_heal_is_over_though_nobody_looked_before_the_next_gap() -> None:
    story = Story()
    story.lose(1.0)
    story.replace(2.0)
    story.lose(100.0, "web-1-b")
    (heal,) = story.record.heals
    assert heal.settled == 8.0
    assert [pair.lost.name for pair in heal.replacements] == ["web-1-a"], "the next loss is no part of it"
    assert story.record.heal is not None
    assert story.record.heal.opened == 100.0


def test_min_ready_seconds_are_the_time_that_a_gap_has_to_stay_closed() -> None:
    story = Story()
    story.lose(1.0)
    story.replace(2.0)
    story.world.put("Deployment", a_deployment(2, min_ready_seconds=30))
    assert story.chronicle.settles_at("uid-web") == 33.0


def test_a_fault_of_ours_that_falls_into_a_loss_makes_it_ours() -> None:
    story = Story(replicas=3, pods=3)
    kinds = []
    story.lose(1.0)
    kinds += [heal.kind for heal in [story.record.heal] if heal]
    story.fault(1.5, "web-1-b")
    kinds += [heal.kind for heal in [story.record.heal] if heal]
    assert kinds == [HealKind.LOSS, HealKind.FAULT]


def test_pods_of_a_node_that_turns_are_a_lost_node_whichever_is_seen_first() -> None:
    for node_first in (True, False):
        story = Story()
        story.world.replace("Node", [a_node()])
        silent = a_node(ready="Unknown")
        if node_first:
            story.chronicle.note(story.world.put("Node", silent), 1.0)
        story.put(a_pod("web-1-a", ready=False, version="2"), 1.1)
        if not node_first:
            assert story.record.heal is not None
            assert story.record.heal.kind is HealKind.LOSS
            story.chronicle.note(story.world.put("Node", silent), 1.2)
            story.assess(1.2)
        assert story.record.heal is not None
        assert story.record.heal.kind is HealKind.NODE_LOSS


def test_a_deployment_that_only_comes_to_be_selected_was_not_created_then() -> None:
    story = Story()
    story.chronicle = Chronicle(story.world, server_now=lambda: 1.8e9)
    story.world.remove("Deployment", a_deployment(2))
    story.chronicle.note(story.world.put("Deployment", a_deployment(2)), 1.0)
    assert story.record.created is None


def test_a_pod_that_its_replicaset_ended_is_replaced_by_none() -> None:
    story = Story(pods=3)
    story.fault(0.5, "web-1-b")
    story.lose(1.0, "web-1-a")  # one too many: its ReplicaSet's doing
    story.lose(1.1, "web-1-b")
    story.put(a_pod("web-1-x", ready=False, node=None), 1.2)
    heal = story.chronicle.heal_of("uid-web")
    assert heal is not None
    pairs = {pair.lost.name: pair.by.name if pair.by else None for pair in heal.replacements}
    assert pairs == {"web-1-a": None, "web-1-b": "web-1-x"}


def test_every_fault_leaves_its_mark_on_the_time_axis() -> None:
    story = Story()
    story.fault(1.0)
    story.fault(2.0)
    assert [(mark.at, mark.text) for mark in story.record.marks] == [(1.0, FAULT), (2.0, FAULT)]


def test_asking_for_more_is_the_cause_where_that_was_seen() -> None:
    story = Story()
    updates = story.world.put("Deployment", a_deployment(4, available=2))
    story.chronicle.note(updates, 1.0)
    story.assess(1.0)
    assert story.cause == "asked for 4 instead of 2"


def test_a_gap_that_was_there_before_us_says_so() -> None:
    story = Story(replicas=3, pods=2)
    assert story.cause == "already open when we looked"
    marked = [story.record.opened_before_us]
    story.put(a_pod("web-1-c"), 1.0)
    marked.append(story.record.opened_before_us)
    assert marked == [True, False]
    assert story.record.last_heal_s == 1.0


def test_the_step_that_closed_the_gap_says_so() -> None:
    story = Story()
    story.lose(1.0)
    story.replace(2.0)
    assert [line for line in story.told if "gap closed" in line] == [
        "kubelet: web-1-x is ready · gap closed after 2.0 s"
    ]


def test_a_pod_seen_before_its_replicaset_is_told_when_that_comes() -> None:
    story = Story()
    story.chronicle.note(story.world.put("Pod", a_pod("web-2-a", owner="uid-web-2", ready=False)), 1.0)
    assert story.told == []
    story.chronicle.note(story.world.put("ReplicaSet", a_replicaset("web-2", revision="2")), 1.1)
    assert story.told[0] == "scheduler: bound web-2-a to worker"
    assert story.told[-1] == "deployment: created ReplicaSet web-2 for 3 pods"


# ---------------------------------------------------------------- what is kept, and for how long


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("POINTS_KEPT", "STEPS_KEPT", "MARKS_KEPT"):
        monkeypatch.setattr(records, bound, getattr(records, bound) // 10)
    story = Story()
    rounds = 4 * max(records.POINTS_KEPT, records.STEPS_KEPT, records.MARKS_KEPT)
    names = ["web-1-a", *(f"web-1-r{number}" for number in range(rounds))]
    for number in range(rounds):
        at = 0.25 * number
        story.fault(at, names[number])
        story.lose(at + 0.01, names[number])
        story.replace(at + 0.02, names[number], names[number + 1])
    record = story.record
    kept = [len(record.points), len(record.happened), len(record.marks)]
    assert kept == [records.POINTS_KEPT, records.STEPS_KEPT, records.MARKS_KEPT]
    assert names[-1] in story.told[-2]
    gone = [pod for pod in story.chronicle.pods_of("uid-web").values() if pod.moments.gone is not None]
    assert 0 < len(gone) <= 4 * records.GONE_KEPT_S + 1
    assert record.heal is not None
    assert len(record.heal.victims) <= records.VICTIMS_KEPT + 1


def test_of_heals_the_newest_are_kept_and_of_their_pairs_the_last() -> None:
    story = Story()
    rounds = 2 * records.HEALS_KEPT
    for number in range(rounds):
        at = 10.0 * number
        story.lose(at + 1, "web-1-a" if not number else f"web-1-r{number}")
        story.replace(at + 2, "web-1-a" if not number else f"web-1-r{number}", f"web-1-r{number + 1}")
    assert len(story.record.heals) == records.HEALS_KEPT
    assert len(story.chronicle.clock.filed) == story.chronicle.clock.filed_count == rounds - 1
    assert all(len(heal.replacements) == 1 for heal in story.record.heals)
    assert all(not filed.heal.replacements for filed in story.chronicle.clock.filed)


def test_one_pods_states_are_bounded() -> None:
    story = Story()
    for number in range(2 * records.SPANS_KEPT):
        story.put(a_pod("web-1-a", ready=bool(number % 2), version=str(number + 2)), float(number))
    spans = story.chronicle.pods_of("uid-web")["uid-web-1-a"].spans
    assert len(spans) == records.SPANS_KEPT
    assert spans[-1][1] is PodState.READY


def test_a_pod_that_went_is_kept_for_a_while_and_then_forgotten() -> None:
    story = Story()
    story.lose(1.0)
    story.replace(2.0)
    assert story.chronicle.pods_of("uid-web")["uid-web-1-a"].spans[-1] == (4.0, PodState.GONE)
    story.put(a_pod("web-1-b", version="7"), 4.0 + records.GONE_KEPT_S)
    assert "uid-web-1-a" in story.chronicle.pods_of("uid-web")
    story.put(a_pod("web-1-b", version="8"), 4.1 + records.GONE_KEPT_S)
    assert "uid-web-1-a" not in story.chronicle.pods_of("uid-web")


def test_of_a_storm_no_more_is_kept_than_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GONE_KEPT", 10)
    story = Story(replicas=1, pods=1)
    for number in range(50):
        story.put(a_pod(f"x{number}"), 1.0)
        story.remove(a_pod(f"x{number}"), 1.0)
    gone = [pod for pod in story.chronicle.pods_of("uid-web").values() if pod.moments.gone is not None]
    assert len(gone) == 10


def test_a_deleted_deployment_is_forgotten() -> None:
    story = Story()
    story.lose(1.0)
    story.chronicle.note(story.world.remove("Deployment", a_deployment(2)), 2.0)
    assert story.chronicle.records == {}


def test_a_released_pod_is_forgotten_though_it_lives_on() -> None:
    story = Story()
    story.put(a_pod("web-1-a", owner="", version="2"), 1.0)
    assert "uid-web-1-a" in story.chronicle.pods_of("uid-web")
    story.put(a_pod("web-1-b", version="2"), 1.1 + records.GONE_KEPT_S)
    assert "uid-web-1-a" not in story.chronicle.pods_of("uid-web")


def test_a_pod_adopted_again_is_not_forgotten() -> None:
    story = Story()
    story.put(a_pod("web-1-a", owner="", version="2"), 1.0)
    story.put(a_pod("web-1-a", version="3"), 2.0)
    story.put(a_pod("web-1-b", version="2"), 1.1 + records.GONE_KEPT_S)
    assert "uid-web-1-a" in story.chronicle.pods_of("uid-web")


def test_pods_of_other_controllers_are_forgotten() -> None:
    """DaemonSets, StatefulSets and Jobs are not watched: their pods wait for an owner that never comes."""
    story = Story()
    for number in range(100):
        pod = a_pod(f"job-{number}", owner=f"uid-job-{number}", ready=False)
        story.put(pod, float(number))
        story.remove(pod, number + 0.5)
    assert len(story.chronicle._strays) < 100
    story.put(a_pod("web-1-b", version="9"), 101.0 + records.GONE_KEPT_S)
    assert len(story.chronicle._strays) == 0
    assert set(story.chronicle._pods) == {"uid-web-1"}


# ---------------------------------------------------------------- a ReplicaSet whose own frame is late


def scale(story: Story, replicas: int, at: float) -> None:
    scaled = a_replicaset(replicas=replicas)
    story.chronicle.note(story.world.put("ReplicaSet", newer(scaled, "9")), at)
    story.assess(at)


def deletions(story: Story) -> list[str]:
    return [line for line in story.told if "deleted pod" in line]


def newer(replicaset: ReplicaSet, version: str) -> ReplicaSet:
    metadata = msgspec.structs.replace(replicaset.metadata, resource_version=version)
    return msgspec.structs.replace(replicaset, metadata=metadata)


def test_pods_that_ended_just_before_their_replicaset_was_seen_to_want_fewer_are_replaced_by_nothing() -> (
    None
):
    story = Story()
    story.lose(1.0, "web-1-a")
    story.lose(1.0, "web-1-b")
    assert deletions(story) == ["someone: deleted pod web-1-a", "someone: deleted pod web-1-b"]
    scale(story, 0, 1.1)
    assert deletions(story) == ["replicaset: deleted pod web-1-a", "replicaset: deleted pod web-1-b"]
    assert graded(story)[:2] == 2 * [("replicaset", 1, "a guess")]
    heal = story.chronicle.heal_of("uid-web")
    assert heal is not None
    assert not is_guess(heal.replacements)


def test_a_pod_that_somebody_ended_before_is_still_somebodys_when_fewer_are_wanted() -> None:
    story = Story(replicas=3, pods=3)
    story.lose(1.0, "web-1-a")
    story.lose(1.2, "web-1-b")
    scale(story, 2, 1.3)
    assert deletions(story) == ["someone: deleted pod web-1-a", "someone: deleted pod web-1-b"], (
        "one is wanting"
    )
    story.put(a_pod("web-1-x", ready=False, node=None), 1.4)
    scale(story, 1, 3.0)
    assert deletions(story) == ["someone: deleted pod web-1-a", "someone: deleted pod web-1-b"], "long ago"


def test_our_own_victim_stays_ours_when_fewer_are_wanted() -> None:
    story = Story()
    story.ours.add("uid-web-1-a")
    story.lose(1.0, "web-1-a")
    scale(story, 1, 1.1)
    assert deletions(story) == ["you: deleted pod web-1-a"]
    assert not story.chronicle.pods_of("uid-web")["uid-web-1-a"].moments.unwanted


# ---------------------------------------------------------------- what Events add


def deleted_by_its_replicaset(pod: str = "web-1-a") -> Event:
    return Event(
        metadata=meta(f"web-1.deleted.{pod}"),
        involved_object=ObjectReference("ReplicaSet", "shop", "web-1", "uid-web-1"),
        reason="SuccessfulDelete",
        message=f"Deleted pod: {pod}",
        reporting_component="replicaset-controller",
    )


def hear(story: Story, event: Event, at: float) -> None:
    story.chronicle.note(story.world.put("Event", event), at)


def graded(story: Story) -> list[tuple[str, int, str]]:
    return [(one.step.actor, one.step.grade, one.step.evidence) for one in story.record.happened]


def test_an_event_that_comes_late_betters_the_line_and_the_cause_that_are_there() -> None:
    story = Story()
    story.lose(1.0)
    assert (graded(story), story.cause) == ([("someone", 1, "a guess")], "someone deleted pod web-1-a")
    hear(story, deleted_by_its_replicaset(), 1.4)
    assert graded(story) == [("replicaset", 3, "an Event")]
    assert (story.told, story.cause) == (
        ["replicaset: deleted pod web-1-a"],
        "replicaset deleted pod web-1-a",
    )
    assert story.record.happened[0].at == 1.0


def test_an_event_that_comes_early_is_remembered_until_its_step() -> None:
    story = Story()
    hear(story, deleted_by_its_replicaset(), 1.0)
    assert story.told == []
    story.lose(1.2)
    assert graded(story) == [("replicaset", 3, "an Event")]


def test_an_event_of_long_ago_or_of_another_pod_says_nothing_of_this_one() -> None:
    story = Story()
    hear(story, deleted_by_its_replicaset(), 1.0)
    hear(story, deleted_by_its_replicaset("web-1-b"), 1.1 + EARLY_S)
    story.lose(1.1 + EARLY_S)
    assert graded(story) == [("someone", 1, "a guess")]
    hear(story, deleted_by_its_replicaset(), 1.2 + EARLY_S + LATE_S)
    assert graded(story) == [("someone", 1, "a guess")]


def test_an_event_of_another_namespace_says_nothing() -> None:
    story = Story()
    event = deleted_by_its_replicaset()
    elsewhere = msgspec.structs.replace(event.metadata, namespace="other")
    hear(story, msgspec.structs.replace(event, metadata=elsewhere), 1.0)
    story.lose(1.1)
    assert graded(story) == [("someone", 1, "a guess")]


def test_a_line_that_says_that_the_gap_is_closed_still_says_so_when_it_is_bettered() -> None:
    story = Story(replicas=1, pods=1)
    story.put(a_pod("web-1-a", ready=False, version="2"), 1.0)
    story.put(a_pod("web-1-b"), 2.0)
    before = story.told
    assert "gap closed" in before[-1]
    bound = Event(
        metadata=meta("web-1-b.bound"),
        involved_object=ObjectReference("Pod", "shop", "web-1-b", "uid-web-1-b"),
        reason="Scheduled",
        reporting_component="default-scheduler",
    )
    hear(story, bound, 2.1)
    assert story.told == before
    assert ("scheduler", 3, "an Event") in graded(story)


def test_no_more_of_what_events_said_is_kept_than_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnesses, "CLAIMS_KEPT", 10)
    story = Story()
    for number in range(50):
        hear(story, deleted_by_its_replicaset(f"web-1-{number}"), 1.0)
    assert len(story.chronicle._witnesses._claims) == 10
    hear(story, deleted_by_its_replicaset(), 1.1 + EARLY_S)
    assert len(story.chronicle._witnesses._claims) == 1
