"""The loops behind quotas and disruption budgets: whose figures they are, and what follows from them."""

from __future__ import annotations

import pytest

from tui.sandbox.loops.client import BUDGETS, NODES, PODS, QUOTAS, ApiError
from tui.sandbox.loops.disruption import expected_and_desired
from tui.sandbox.loops.objects import Obj, name_of, status_of

from .live import NAMESPACE, Live, live


def quota(**hard: str) -> Obj:
    """The ResourceQuota `tight`, of counts."""
    return {"metadata": {"name": "tight", "namespace": NAMESPACE}, "spec": {"hard": hard}}


def budget(**spec: object) -> Obj:
    """A PodDisruptionBudget of the app `web`."""
    selector = {"matchLabels": {"app": "web"}}
    return {"metadata": {"name": "web", "namespace": NAMESPACE}, "spec": {"selector": selector, **spec}}


async def used(cluster: Live, **counts: str) -> None:
    """Wait until the quota says that so much is used."""
    await cluster.until(
        QUOTAS, lambda all_: any(status_of(one).get("used") == counts for one in all_.values())
    )


async def allowed(cluster: Live, disruptions: int, healthy: int) -> Obj:
    """Wait until the budget allows so many disruptions of so many healthy pods; its status."""

    def told(one: Obj) -> bool:
        status = status_of(one)
        return (status.get("disruptionsAllowed"), status.get("currentHealthy")) == (disruptions, healthy)

    found = await cluster.until(BUDGETS, lambda all_: any(map(told, all_.values())))
    return status_of(next(iter(found.values())))


async def evict(cluster: Live, pod: Obj) -> None:
    """What drain posts for one pod."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": pod["metadata"]}
    await cluster.api.create(PODS, body, subresource="eviction", name=name_of(pod))


async def cordon_all(cluster: Live, cordoned: bool) -> None:
    """Let no new pod onto any node, or let them come again."""
    for node in await cluster.every(NODES):
        await cluster.api.patch(NODES, "", name_of(node), {"spec": {"unschedulable": cordoned}})


async def test_a_quota_counts_what_comes_and_goes() -> None:
    async with live() as cluster:
        await cluster.api.create(QUOTAS, quota(**{"pods": "9", "count/deployments.apps": "4"}))
        await used(cluster, **{"pods": "0", "count/deployments.apps": "0"})
        await cluster.deploy(replicas=3)
        await used(cluster, **{"pods": "3", "count/deployments.apps": "1"})
        await cluster.scale(1)
        await used(cluster, **{"pods": "1", "count/deployments.apps": "1"})
        await cluster.patch(
            QUOTAS, "tight", {"spec": {"hard": {"count/deployments.apps": None, "secrets": 2}}}
        )
        await used(cluster, pods="1", secrets="0")


async def test_a_quota_sums_up_what_pods_ask_for() -> None:
    async with live() as cluster:
        hard = {
            "cpu": "2",
            "limits.memory": "2Gi",
            "requests.ephemeral-storage": "1Gi",
            "requests.storage": "1Gi",
        }
        await cluster.api.create(QUOTAS, quota(**hard))
        resources = {"requests": {"cpu": "250m", "ephemeral-storage": 0}, "limits": {"memory": "300Mi"}}
        await cluster.deploy(replicas=3, pod={"resources": resources})
        nothing = {"requests.ephemeral-storage": "0", "requests.storage": "0"}
        await used(cluster, **nothing | {"cpu": "750m", "limits.memory": "900Mi"})
        await cluster.scale(0)
        await used(cluster, **nothing | {"cpu": "0", "limits.memory": "0"})


async def test_a_squeezed_quota_starves_a_deployment_until_it_is_lifted() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        await cluster.api.create(QUOTAS, quota(pods="2"))
        await used(cluster, pods="2")
        await cluster.scale(3)
        told = await cluster.event("FailedCreate", "exceeded quota: tight, requested: pods=1, used: pods=2")
        assert "limited: pods=2" in told["message"]
        [tight] = await cluster.every(QUOTAS)
        await cluster.api.delete(QUOTAS, tight)
        await cluster.ready_pods(3)


async def test_a_budget_lets_one_go_and_no_other_until_it_is_replaced() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=3)
        await cluster.api.create(BUDGETS, budget(maxUnavailable=1))
        status = await allowed(cluster, 1, healthy=3)
        assert (status["desiredHealthy"], status["expectedPods"]) == (2, 3)
        first, second, _ = await cluster.ready_pods(3)
        await cordon_all(cluster, True)
        await evict(cluster, first)
        with pytest.raises(ApiError) as refused:
            await evict(cluster, second)
        assert refused.value.status == 429
        await cordon_all(cluster, False)
        status = await allowed(cluster, 1, healthy=3)
        assert not status.get("disruptedPods"), "the eviction has come true, and is forgotten"
        assert status["conditions"][0]["reason"] == "SufficientPods"
        await evict(cluster, second)


async def test_a_pod_that_is_not_ready_leaves_nothing_to_spare() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2, pod={"readinessProbe": {"httpGet": {"port": 9898}}})
        await cluster.api.create(BUDGETS, budget(minAvailable="50%"))
        await allowed(cluster, 1, healthy=2)
        sick = (await cluster.ready_pods(2))[0]
        mark = {"metadata": {"annotations": {"sandbox.gapwatch.dev/ready": "false"}}}
        await cluster.patch(PODS, name_of(sick), mark)
        status = await allowed(cluster, 0, healthy=1)
        assert status["conditions"][0]["reason"] == "InsufficientPods"
        await evict(cluster, sick)  # it is not among the healthy ones, and the rest suffices


@pytest.mark.parametrize(
    ("spec", "expected", "desired"),
    [
        ({"minAvailable": 2}, 4, 2),
        ({"minAvailable": "50%"}, 5, 3),
        ({"maxUnavailable": 1}, 5, 4),
        ({"maxUnavailable": "30%"}, 5, 3),
        ({"maxUnavailable": 9}, 5, 0),
        ({}, 4, 1),
    ],
)
def test_a_budget_counts_shares_against_what_the_controllers_want(
    spec: Obj, expected: int, desired: int
) -> None:
    assert expected_and_desired(spec, pods=4, wanted=5) == (expected, desired)
