"""Who acted in the recorded streams, with Events and without: against the truth files and their marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.histories import HERE, replay, truth
from tui.facts import Event
from tui.reconcile.evidence import LOOPS, Act, Grade, Step
from tui.session import records
from tui.session.chronicle import Chronicle
from tui.session.records import Happened
from tui.world import Update, World

ALL = sorted(path.name.removesuffix(".truth.json") for path in HERE.glob("*.truth.json"))
DISRUPTED = {"EvictionByEvictionAPI": "eviction", "DeletionByTaintManager": "taint eviction"}
MANAGERS = {
    "scale deployment": "kubectl",
    "edit deployment": "kubectl-edit",
    "gitops: ": "gitops",
    " set ": "kubectl-set",
    "rollout undo": "kubectl",
    "rollout pause": "kubectl-rollout",
    "rollout resume": "kubectl-rollout",
}
"""How the tool of a mark calls itself as a field manager."""
WISHES = re.compile("asked for|changed the spec|paused|resumed")


@cache
def play(name: str, *, events: bool, keep: int = 1_000_000) -> dict[str, list[Happened]]:
    """What was told of every Deployment after the last frame."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(records, "STEPS_KEPT", keep)
        world = World()
        chronicle = Chronicle(world)
        for moment in replay(name, world):
            heard = [update for update in moment.updates if events or not _is_event(update)]
            chronicle.note(heard, moment.at)
        return {uid: list(record.happened) for uid, record in chronicle.records.items()}


def _is_event(update: Update) -> bool:
    return isinstance(update.new or update.old, Event)


def steps(name: str, *, events: bool = True) -> list[Step]:
    return [one.step for told in play(name, events=events).values() for one in told]


def of(act: Act, told: list[Step]) -> dict[str, Step]:
    return {step.about: step for step in told if step.act is act}


def deleters(name: str) -> dict[str, str]:
    """Who deleted which pod, by name: marks and pods say so; what is left, their ReplicaSet did."""
    recorded = truth(name)
    by_hand = {
        mark["target"]["uid"] for mark in recorded["marks"] if mark["what"].startswith("kubectl delete pod")
    }
    return {pod["name"]: _deleter(pod, by_hand) for pod in recorded["pods"] if pod["t_deletion"]}


def _deleter(pod: dict[str, Any], by_hand: set[str]) -> str:
    if pod["uid"] in by_hand:
        return "someone"
    return DISRUPTED[pod["disruption"][0]] if pod["disruption"] else "replicaset"


@pytest.mark.parametrize("name", ALL)
def test_every_deletion_was_by_whom_the_record_says(name: str) -> None:
    told = {about: step.actor for about, step in of(Act.DELETE, steps(name)).items()}
    assert told == deleters(name)


@pytest.mark.parametrize("name", ALL)
def test_without_events_a_deletion_is_told_alike_or_as_someones(name: str) -> None:
    expected = deleters(name)
    told = of(Act.DELETE, steps(name, events=False))
    assert told.keys() == expected.keys()
    for about, step in told.items():
        assert step.actor in (expected[about], "someone"), about


@pytest.mark.parametrize("name", ALL)
def test_events_add_no_line_contradict_nothing_and_lower_no_grade(name: str) -> None:
    with_events, without = play(name, events=True), play(name, events=False)
    assert with_events.keys() == without.keys()
    for uid, told in with_events.items():
        for better, worse in zip(told, without[uid], strict=True):
            assert (better.at, better.step.text) == (worse.at, worse.step.text)
            assert better.step.grade >= worse.step.grade, better
            assert worse.step.actor in (better.step.actor, "someone"), (better, worse)


@pytest.mark.parametrize(
    "name", ["02-delete-one", "07-rollout", "08-bad-image", "09-scale", "12-orphan-adopt"]
)
def test_events_prove_what_was_guessed(name: str) -> None:
    deleted = of(Act.DELETE, steps(name)).values()
    graded = {step.grade for step in deleted if step.actor == "replicaset"}
    assert graded <= {Grade.PROOF}
    assert {step.evidence for step in deleted} <= {"an Event", "no delete Event"}
    assert {step.grade for step in of(Act.DELETE, steps(name, events=False)).values()} == {Grade.GUESS}


@pytest.mark.parametrize("name", ALL)
def test_every_pod_was_made_bound_and_started_by_its_actors(name: str) -> None:
    made = {pod["name"] for pod in truth(name)["pods"] if not pod["listed"]}
    told = steps(name, events=False)
    created, bound = of(Act.CREATE, told), of(Act.BIND, told)
    assert created.keys() == made
    assert {step.actor for step in created.values()} <= {"replicaset"}
    assert bound.keys() == {pod["name"] for pod in truth(name)["pods"] if pod["t_node"]}
    assert {(step.actor, step.grade) for step in bound.values()} <= {("scheduler", Grade.PROOF)}
    started = [step for step in told if step.text.startswith("started ")]
    assert {(step.actor, step.grade) for step in started} <= {("kubelet", Grade.PROOF)}


@pytest.mark.parametrize("name", ALL)
def test_as_many_restarts_are_told_as_there_were(name: str) -> None:
    told = Counter(
        step.text.rpartition(" ")[2]
        for step in steps(name)
        if step.text.startswith("restarted") and step.actor == "kubelet"
    )
    counted = {
        pod["name"]: pod["restarts_over_t"][-1][1] - pod["restarts_over_t"][0][1]
        for pod in truth(name)["pods"]
    }
    assert told == {pod: count for pod, count in counted.items() if count}


def wishes(name: str) -> list[str]:
    """By which manager the Deployment was written to, mark by mark."""
    return [
        manager
        for mark in truth(name)["marks"]
        for words, manager in MANAGERS.items()
        if mark.get("target", {}).get("kind") == "Deployment" and words in mark["what"]
    ]


@pytest.mark.parametrize("name", ALL)
def test_every_wish_is_told_under_its_managers_name(name: str) -> None:
    told = [step for step in steps(name) if WISHES.match(step.text)]
    assert [step.actor for step in told] == wishes(name)
    known = {one["manager"] for one in truth(name)["managers"].get("Deployment", ())}
    assert {step.actor for step in told} <= known
    unsure = [step.text for step in told if step.grade is not Grade.HINT]
    assert unsure == (["resumed the rollout"] if name == "14-pause" else [])


def test_a_tug_of_war_names_everybody_who_pulls() -> None:
    told = [f"{step.actor} {step.text}" for step in steps("17-tug-of-war") if WISHES.match(step.text)]
    assert told[:4] == [
        "kubectl asked for 3 instead of 5",
        "kubectl-edit asked for 7 instead of 3",
        "gitops asked for 5 instead of 7",
        "kubectl asked for 3 instead of 5",
    ]
    assert len(told) == 9


@pytest.mark.parametrize("name", ALL)
def test_replicasets_are_the_deployments_hand(name: str) -> None:
    for events in (True, False):
        for step in of(Act.SCALE, steps(name, events=events)).values():
            assert step.actor == "deployment"
            assert step.grade >= Grade.HINT


@pytest.mark.parametrize("name", ALL)
def test_only_a_silent_nodes_pods_are_unready_by_the_node_controllers_word(name: str) -> None:
    for events in (True, False):
        told = of(Act.UNREADY, steps(name, events=events))
        expected = "node controller" if name == "20-node-lost" else "kubelet"
        assert {step.actor for step in told.values()} <= {expected}
        assert {step.grade for step in told.values()} <= {Grade.PROOF}
    assert told or name not in ("05-crashloop", "20-node-lost")


@pytest.mark.parametrize("name", ALL)
def test_nobody_acts_but_the_loops_the_managers_and_someone(name: str) -> None:
    for step in steps(name):
        assert step.actor in LOOPS | {"someone"} | set(wishes(name))
        assert step.evidence
        assert (step.grade is Grade.GUESS) == (step.evidence == "a guess") or "resumed" in step.text


def test_a_lost_node_is_told_by_the_node_controller_while_pods_are_on_it() -> None:
    told = [(step.actor, step.text) for step in steps("20-node-lost") if "sim-node" in step.text]
    assert [one for one in told if not one[1].startswith(("bound", "web-"))] == [
        ("node controller", "has not heard of sim-node: whether it is ready is unknown"),
        (
            "node controller",
            "tainted sim-node: what does not tolerate node.kubernetes.io/unreachable has to go",
        ),
    ]


def test_a_drain_begins_with_a_cordon() -> None:
    told = [f"{step.actor} {step.text}" for step in steps("22-drain")]
    assert told[0] == "someone cordoned sim-node"
    assert told[1].startswith("eviction deleted pod")


def prefixes(name: str) -> Iterator[tuple[float, list[Happened]]]:
    """What was told of all Deployments after every frame."""
    world = World()
    chronicle = Chronicle(world)
    for moment in replay(name, world):
        chronicle.note(moment.updates, moment.at)
        yield moment.at, [one for record in chronicle.records.values() for one in record.happened]


@pytest.mark.parametrize("name", ["02-delete-one", "14-pause", "20-node-lost", "22-drain"])
def test_what_has_been_told_stays_and_only_gets_better(name: str) -> None:
    before: list[Happened] = []
    for _, told in prefixes(name):
        for earlier, now in zip(before, told, strict=False):
            assert (earlier.at, earlier.step.text) == (now.at, now.step.text)
            assert now.step.grade >= earlier.step.grade
        assert len(told) >= len(before)
        before = told


@pytest.mark.parametrize("name", ALL)
def test_an_account_of_managers_is_kept_of_workloads_only(name: str) -> None:
    world = World()
    for _ in replay(name, world):
        continue
    kept = [one.metadata for one in world.deployments.by_uid.values()]
    kept += [one.metadata for one in world.replicasets.by_uid.values()]
    assert all(meta.managed_fields for meta in kept)
    assert all(isinstance(entry.paths, tuple) for meta in kept for entry in meta.managed_fields)
    others = [one.metadata for one in world.pods.by_uid.values()]
    others += [one.metadata for one in world.nodes.by_uid.values()]
    assert not any(hasattr(meta, "managed_fields") for meta in others)
