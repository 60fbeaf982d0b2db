"""The plan of the first fault: who would be deleted, and when nobody."""

from __future__ import annotations

import random
from unittest.mock import Mock

import pytest

from tests.build import a_deployment, a_pod, a_replicaset
from tui.chaos import catalogue
from tui.chaos.fault import Aim, Plan, Target
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import read_settings
from tui.chaos.sight import Sight
from tui.facts import Pod
from tui.world import World

WEB = Target(Aim.DEPLOYMENT, "web", "shop", "uid-web")


async def plan_of(*pods: Pod, pod: str = "", selected: str = "", seed: int = 0) -> Plan:
    world = World()
    world.replace("Deployment", [a_deployment()])
    world.replace("ReplicaSet", [a_replicaset(), a_replicaset("api-1", owner="uid-api")])
    world.replace("Pod", pods)
    fault = catalogue.find("delete-pod")
    settings = read_settings(fault.settings, {"pod": pod} if pod else {})
    # Neither the reach nor the guard is asked by this plan.
    sight = Sight(world, Mock(), Mock(), random.Random(seed))
    return await fault.plan(Target(WEB.aim, WEB.name, WEB.namespace, WEB.uid, selected), settings, sight)


async def chosen(*pods: Pod, pod: str = "", seeds: int = 50) -> set[str]:
    plans = [await plan_of(*pods, pod=pod, seed=seed) for seed in range(seeds)]
    return {name for plan in plans for _, name in plan.victims}


async def test_the_same_seed_chooses_the_same_pod_in_whatever_order_they_come() -> None:
    pods = [a_pod(f"web-1-{letter}") for letter in "abcde"]
    for seed in range(20):
        assert await plan_of(*pods, seed=seed) == await plan_of(*reversed(pods), seed=seed)


async def test_every_pod_can_be_the_one() -> None:
    pods = [a_pod(f"web-1-{letter}") for letter in "abcde"]
    assert await chosen(*pods, seeds=100) == {pod.metadata.name for pod in pods}


async def test_ready_pods_come_first() -> None:
    pods = [
        a_pod("web-1-a", ready=False),
        a_pod("web-1-b"),
        a_pod("web-1-c", ready=False, node=None),
    ]
    assert await chosen(*pods) == {"web-1-b"}


async def test_with_no_pod_ready_any_that_lives_will_do() -> None:
    pods = [a_pod("web-1-a", ready=False), a_pod("web-1-b", ready=False), a_pod("web-1-c", terminating=True)]
    assert await chosen(*pods) == {"web-1-a", "web-1-b"}


async def test_c05_one_pod_is_the_default_and_the_plan_names_it_by_uid() -> None:
    found = await plan_of(a_pod("web-1-a", uid="uid-of-a"), a_pod("web-1-b", ready=False))
    assert found.victims == (("uid-of-a", "web-1-a"),)
    assert found.ends_pods == {"uid-of-a"}
    assert [one.ref.uid for one in found.steps if hasattr(one, "ref")] == ["uid-of-a"]
    assert (found.title, found.done) == ("delete pod web-1-a of shop/web", "deleted pod web-1-a")


async def test_a_named_pod_is_taken_whether_ready_or_not() -> None:
    pods = [a_pod("web-1-a"), a_pod("web-1-b", ready=False)]
    assert await chosen(*pods, pod="web-1-b") == {"web-1-b"}


async def test_a_name_goes_before_the_selection() -> None:
    pods = [a_pod("web-1-a"), a_pod("web-1-b")]
    assert (await plan_of(*pods, selected="uid-web-1-a")).victims == (("uid-web-1-a", "web-1-a"),)
    both = await plan_of(*pods, pod="web-1-b", selected="uid-web-1-a")
    assert both.victims == (("uid-web-1-b", "web-1-b"),)


async def test_a_named_pod_of_somebody_else_is_refused() -> None:
    with pytest.raises(FaultRefused, match=r"^shop/web has no pod api-1-a \(there is: web-1-a\)$"):
        await plan_of(a_pod("web-1-a"), a_pod("api-1-a", owner="uid-api-1"), pod="api-1-a")


async def test_a_named_pod_that_is_ending_is_refused() -> None:
    pods = [a_pod("web-1-a", terminating=True), a_pod("web-1-b")]
    with pytest.raises(FaultRefused, match=r"^pod web-1-a is being deleted already$"):
        await plan_of(*pods, pod="web-1-a")


async def test_c04_a_selection_that_has_gone_is_refused() -> None:
    with pytest.raises(FaultRefused, match=r"^the selected pod is gone already$"):
        await plan_of(a_pod("web-1-a", uid="uid-new"), selected="uid-web-1-a")


@pytest.mark.parametrize(
    "pods",
    [(), (a_pod("web-1-a", terminating=True),), (a_pod("web-1-a", phase="Failed", ready=False),)],
    ids=["none", "all ending", "all finished"],
)
async def test_without_an_eligible_pod_there_is_no_plan(pods: tuple[Pod, ...]) -> None:
    with pytest.raises(FaultRefused, match=r"^shop/web has no pod that could be chosen$"):
        await plan_of(*pods)
