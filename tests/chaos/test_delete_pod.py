"""The plan of the first fault: who would be deleted, and when nobody."""

from __future__ import annotations

import random

import pytest

from tests.build import a_deployment, a_pod
from tui.chaos.delete_pod import Plan, plan
from tui.chaos.guard import FaultRefused
from tui.facts import Pod


def plan_of(*pods: Pod, pod_name: str | None = None, seed: int = 0) -> Plan:
    return plan(a_deployment(), pods, pod_name=pod_name, rng=random.Random(seed))


def test_the_same_seed_chooses_the_same_pod_in_whatever_order_they_come() -> None:
    pods = [a_pod(f"web-1-{letter}") for letter in "abcde"]
    for seed in range(20):
        assert plan_of(*pods, seed=seed) == plan_of(*reversed(pods), seed=seed)


def test_every_pod_can_be_the_one() -> None:
    pods = [a_pod(f"web-1-{letter}") for letter in "abcde"]
    chosen = {plan_of(*pods, seed=seed).pod for seed in range(100)}
    assert chosen == {pod.metadata.name for pod in pods}


def test_ready_pods_come_first() -> None:
    pods = [
        a_pod("web-1-a", ready=False),
        a_pod("web-1-b"),
        a_pod("web-1-c", ready=False, node=None),
    ]
    assert {plan_of(*pods, seed=seed).pod for seed in range(50)} == {"web-1-b"}


def test_with_no_pod_ready_any_that_lives_will_do() -> None:
    pods = [a_pod("web-1-a", ready=False), a_pod("web-1-b", ready=False), a_pod("web-1-c", terminating=True)]
    assert {plan_of(*pods, seed=seed).pod for seed in range(50)} == {"web-1-a", "web-1-b"}


def test_the_plan_names_its_victim_by_uid() -> None:
    found = plan_of(a_pod("web-1-a", uid="uid-of-a"))
    assert found == Plan(
        deployment_uid="uid-web", namespace="shop", deployment="web", pod="web-1-a", pod_uid="uid-of-a"
    )


def test_a_named_pod_is_taken_whether_ready_or_not() -> None:
    pods = [a_pod("web-1-a"), a_pod("web-1-b", ready=False)]
    for seed in range(20):
        assert plan_of(*pods, pod_name="web-1-b", seed=seed).pod == "web-1-b"


def test_a_named_pod_of_somebody_else_is_refused() -> None:
    with pytest.raises(FaultRefused, match=r"^shop/web has no pod api-1-a \(there is: web-1-a\)$"):
        plan_of(a_pod("web-1-a"), pod_name="api-1-a")


def test_a_named_pod_that_is_ending_is_refused() -> None:
    pods = [a_pod("web-1-a", terminating=True), a_pod("web-1-b")]
    with pytest.raises(FaultRefused, match=r"^pod web-1-a is being deleted already$"):
        plan_of(*pods, pod_name="web-1-a")


@pytest.mark.parametrize(
    "pods",
    [(), (a_pod("web-1-a", terminating=True),), (a_pod("web-1-a", phase="Failed", ready=False),)],
    ids=["none", "all ending", "all finished"],
)
def test_without_an_eligible_pod_there_is_no_plan(pods: tuple[Pod, ...]) -> None:
    with pytest.raises(FaultRefused, match=r"^shop/web has no pod that could be deleted$"):
        plan_of(*pods)
