"""Everything at once: whatever is done to it, in whatever order, the cluster ends as it was asked to be."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from tui.sandbox.loops.behaviour import CRASH
from tui.sandbox.loops.client import DEPLOYMENTS, PODS, REPLICASETS, ApiError
from tui.sandbox.loops.deployment_status import is_complete
from tui.sandbox.loops.objects import (
    Obj,
    controller_of,
    is_controlled_by,
    is_deleting,
    is_ready,
    name_of,
    status_of,
    uid_of,
)
from tui.sandbox.loops.rollout import size

from .live import Live, Objects, live

Disturbance = Callable[[Live, random.Random], Awaitable[object]]


async def delete_a_pod(cluster: Live, rng: random.Random) -> None:
    await cluster.api.delete(PODS, rng.choice(await cluster.pods()), grace=rng.choice((None, 0)))


async def crash_a_container(cluster: Live, rng: random.Random) -> None:
    victim = name_of(rng.choice(await cluster.pods()))
    await cluster.patch(PODS, victim, {"metadata": {"annotations": {CRASH: str(rng.random())}}})


async def take_a_pod_aside(cluster: Live, rng: random.Random) -> None:
    pod = name_of(rng.choice(await cluster.pods()))
    await cluster.patch(PODS, pod, {"metadata": {"labels": {"app": rng.choice(("aside", "web"))}}})


async def scale(cluster: Live, rng: random.Random) -> None:
    await cluster.scale(rng.randint(1, 8))


async def roll_out(cluster: Live, rng: random.Random) -> None:
    await cluster.set_image(rng.choice(("shop/web:1", "shop/web:2", "shop/web:missing")))


async def pause_or_resume(cluster: Live, rng: random.Random) -> None:
    await cluster.patch(DEPLOYMENTS, "web", {"spec": {"paused": rng.choice((True, None))}})


async def delete_a_replica_set(cluster: Live, rng: random.Random) -> None:
    policy = rng.choice(("Background", "Foreground", "Orphan"))
    await cluster.api.delete(REPLICASETS, rng.choice(await cluster.every(REPLICASETS)), propagation=policy)


DISTURBANCES: list[Disturbance] = [
    delete_a_pod,
    crash_a_container,
    take_a_pod_aside,
    scale,
    roll_out,
    pause_or_resume,
    delete_a_replica_set,
]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_after_the_storm_all_is_as_asked(seed: int) -> None:
    rng = random.Random(seed)
    async with live(speed=100) as cluster:
        await cluster.deploy(replicas=4, pod={"image": "shop/web:1"})
        for _ in range(40):
            try:
                await rng.choice(DISTURBANCES)(cluster, rng)
            except (ApiError, IndexError):
                continue  # what it was aimed at is not there any more
        await cluster.patch(DEPLOYMENTS, "web", {"spec": {"paused": None}})
        await cluster.set_image("shop/web:1")
        await cluster.scale(5)
        await cluster.settle([DEPLOYMENTS, REPLICASETS, PODS], not_as_asked)


def not_as_asked(deployments: Objects, replica_sets: Objects, pods: Objects) -> list[str]:
    """What is still another way than five pods of one ReplicaSet of the Deployment, and nothing else."""
    [deployment] = deployments.values()
    owned = [pod for pod in pods.values() if controller_of(pod) is not None]
    homes = Counter((controller_of(pod) or {})["uid"] for pod in owned)
    ours = {uid_of(one): size(one) for one in replica_sets.values() if is_controlled_by(one, deployment)}
    facts = {
        "the Deployment is complete": is_complete(deployment, status_of(deployment)),
        "every ReplicaSet is the Deployment's": len(ours) == len(replica_sets),
        "every pod is where it is asked for": dict(homes) == {uid: n for uid, n in ours.items() if n},
        "one ReplicaSet has all five": list(homes.values()) == [5],
        "nothing is going": not any(map(is_deleting, [*owned, *replica_sets.values()])),
        "every pod is ready": all(map(is_ready, owned)),
        "every pod has the last image": {image_of(pod) for pod in owned} == {"shop/web:1"},
    }
    return [f"not so: {fact}" for fact, holds in facts.items() if not holds]


def image_of(pod: Obj) -> str:
    return str(pod["spec"]["containers"][0]["image"])
