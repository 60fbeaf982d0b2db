"""The world: identity, indexes, and which Deployments each fact concerns."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest

from tests.build import a_budget, a_deployment, a_node, a_pod, a_replicaset, an_event
from tui.facts import Event, Pod
from tui.facts.pods import PodSpec
from tui.world import Known, World

UID = frozenset({"uid-web"})


def full() -> World:
    world = World()
    world.replace("Deployment", [a_deployment()])
    world.replace("ReplicaSet", [a_replicaset()])
    world.replace("Pod", [a_pod("web-1-a"), a_pod("web-1-b")])
    world.replace("Node", [a_node()])
    world.replace("Event", [])
    return world


def newer(pod: Pod) -> Pod:
    return msgspec.structs.replace(pod, metadata=msgspec.structs.replace(pod.metadata, resource_version="2"))


def test_is_synced_only_when_all_needed_kinds_were_listed() -> None:
    world = World()
    for kind in ("Deployment", "ReplicaSet"):
        world.replace(kind, [])
        assert not world.synced
    world.replace("Pod", [])
    assert world.synced


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("Deployment", a_deployment()),
        ("ReplicaSet", a_replicaset()),
        ("Pod", newer(a_pod("web-1-a"))),
        ("Event", an_event(a_pod("web-1-a"), "Unhealthy", "Readiness probe failed")),
        ("Node", a_node(ready="Unknown")),
    ],
)
def test_a_fact_concerns_its_deployment(kind: str, fact: Known) -> None:
    (update,) = full().put(kind, fact)
    assert update.deployments == UID


def cordoned_world(*, cordoned: bool) -> World:
    world = full()
    world.put("Node", a_node(cordoned=cordoned))
    world.put("Pod", a_pod("web-1-a", labels={"app": "web"}))
    return world


def test_a_budget_concerns_those_whose_pods_it_may_keep_on_a_cordoned_node() -> None:
    spent = a_budget(healthy=2, needed=2, expected=2)
    (update,) = cordoned_world(cordoned=True).put("PodDisruptionBudget", spent)
    assert update.deployments == UID
    (update,) = cordoned_world(cordoned=False).put("PodDisruptionBudget", spent)
    assert update.deployments == frozenset()
    (update,) = full().put("PodDisruptionBudget", spent)
    assert update.deployments == frozenset()


def test_a_budget_that_changes_its_selector_or_goes_concerns_those_whom_it_kept() -> None:
    world = cordoned_world(cordoned=True)
    world.put("PodDisruptionBudget", a_budget(healthy=2, needed=2, expected=2))
    (update,) = world.put("PodDisruptionBudget", a_budget(healthy=2, needed=2, expected=2, selector=None))
    assert update.deployments == UID
    (update,) = world.put("PodDisruptionBudget", a_budget(healthy=2, needed=2, expected=2))
    assert update.deployments == UID
    (update,) = world.remove("PodDisruptionBudget", a_budget(healthy=2, needed=2, expected=2))
    assert update.deployments == UID
    assert world.budgets_in("shop") == []


def test_budgets_are_known_by_their_namespace() -> None:
    world = full()
    assert world.known("PodDisruptionBudget") is None
    world.replace("PodDisruptionBudget", [a_budget(name, healthy=0, needed=0, expected=0) for name in "ab"])
    assert world.known("PodDisruptionBudget") == 2
    assert [one.metadata.name for one in world.budgets_in("shop")] == ["a", "b"]
    assert world.budgets_in("warehouse") == []


def test_a_cordon_concerns_those_with_pods_on_the_node() -> None:
    (update,) = full().put("Node", a_node(cordoned=True))
    assert update.deployments == UID


def test_a_heartbeat_of_a_node_concerns_nobody() -> None:
    assert full().put("Node", a_node()) == []


def test_a14_a_namesake_with_a_new_uid_is_a_removal_and_an_addition() -> None:
    world = full()
    gone, come = world.put("Pod", a_pod("web-1-a", uid="other"))
    assert gone.new is None
    assert gone.old is not None
    assert gone.old.metadata.uid == "uid-web-1-a"
    assert come.old is None
    assert {pod.metadata.uid for pod in world.pods_of("uid-web")} == {"other", "uid-web-1-b"}


def test_a_complete_list_replaces_everything_and_tells_only_what_differs() -> None:
    world = full()
    updates = world.replace("Pod", [newer(a_pod("web-1-a"))])
    assert [(u.old and u.old.metadata.name, u.new and u.new.metadata.name) for u in updates] == [
        ("web-1-b", None),
        ("web-1-a", "web-1-a"),
    ]
    assert [pod.metadata.name for pod in world.pods_of("uid-web")] == ["web-1-a"]


def test_removing_what_is_not_there_is_no_news() -> None:
    assert full().remove("Pod", a_pod("stranger")) == []


def test_a_pod_changes_hands() -> None:
    world = full()
    orphan = newer(a_pod("web-1-a", owner=""))
    (update,) = world.put("Pod", orphan)
    assert update.deployments == UID  # the former owner has to know
    assert [pod.metadata.name for pod in world.pods_of("uid-web")] == ["web-1-b"]
    (back,) = world.put("Pod", a_pod("web-1-a"))
    assert back.deployments == UID
    assert len(world.pods_of("uid-web")) == 2


def test_any_order_of_arrival_gives_the_same_world() -> None:
    facts: list[tuple[str, Known]] = [
        ("Deployment", a_deployment()),
        ("ReplicaSet", a_replicaset()),
        ("Pod", a_pod("web-1-a")),
        ("Node", a_node()),
    ]
    for order in permutations(facts):
        world = World()
        for kind, fact in order:
            world.put(kind, fact)
        assert [pod.metadata.name for pod in world.pods_of("uid-web")] == ["web-1-a"]
        node = world.node("worker")
        assert node is not None
        assert node.ready


def test_a_pod_without_a_node_stands_nowhere() -> None:
    world = full()
    floating = msgspec.structs.replace(newer(a_pod("web-1-a")), spec=PodSpec())
    world.put("Pod", floating)
    assert world.node(floating.spec.node_name) is None


def test_a_pod_of_which_the_last_frame_tells_no_more_than_the_name_leaves_its_node() -> None:
    world = full()
    world.remove("Pod", Pod(metadata=a_pod("web-1-a").metadata))
    assert [pod.metadata.name for pod in world.pods_on("worker")] == ["web-1-b"]


def test_of_two_with_one_uid_the_later_does_not_answer_to_the_name_of_the_other() -> None:
    world = full()
    world.put("Pod", a_pod("web-1-c", uid="uid-web-1-a"))
    assert world.pods.named("shop/web-1-a") is None
    named = world.pods.named("shop/web-1-c")
    assert named is not None
    assert named.metadata.name == "web-1-c"


def test_only_the_newest_events_are_kept_and_one_that_is_told_again_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.world.EVENTS_KEPT", 3)
    pod = a_pod("web-1-a")

    def event(number: int, version: int) -> Event:
        made = an_event(pod, "Unhealthy", f"told {version}")
        meta = msgspec.structs.replace(
            made.metadata, uid=f"event-{number}", name=f"event-{number}", resource_version=f"{version}"
        )
        return msgspec.structs.replace(made, metadata=meta)

    world = full()
    world.replace("Event", [event(1, 14), event(2, 12), event(3, 11), event(4, 13)])
    assert list(world.events.by_uid) == ["event-2", "event-4", "event-1"]
    world.put("Event", event(2, 15))
    world.put("Event", event(5, 16))
    assert [one.message for one in world.events.owned_by(pod.metadata.uid)] == [
        "told 14",
        "told 15",
        "told 16",
    ]
