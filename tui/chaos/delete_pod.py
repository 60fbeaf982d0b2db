"""The first fault: delete one pod, and watch its ReplicaSet put another in its place. It has no undo."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tui.chaos.guard import FaultRefused
from tui.cluster.gateway import Gateway
from tui.facts import Deployment, Pod


@dataclass(frozen=True)
class Plan:
    """Exactly one victim, by uid, so that a namesake can't be hit."""

    deployment_uid: str
    namespace: str
    deployment: str
    pod: str
    pod_uid: str


def plan(deployment: Deployment, pods: Sequence[Pod], *, pod_name: str | None, rng: random.Random) -> Plan:
    """The named pod of this Deployment, or a random one; FaultRefused when there is none to delete."""
    key = deployment.metadata.key
    eligible = sorted((pod for pod in pods if pod.active), key=lambda pod: pod.metadata.name)
    if pod_name is not None:
        named = [pod for pod in pods if pod.metadata.name == pod_name]
        if not named:
            there = ", ".join(pod.metadata.name for pod in eligible[:8]) or "none that could be deleted"
            raise FaultRefused(f"{key} has no pod {pod_name} (there is: {there})")
        if named[0].metadata.terminating:
            raise FaultRefused(f"pod {pod_name} is being deleted already")
        if not named[0].active:
            raise FaultRefused(f"pod {pod_name} has finished: its ReplicaSet does not count on it any more")
        eligible = named
    if not eligible:
        raise FaultRefused(f"{key} has no pod that could be deleted")
    # Ready pods first: the loss of one that never worked would show nothing.
    victim = rng.choice([pod for pod in eligible if pod.ready] or eligible)
    return Plan(
        deployment_uid=deployment.metadata.uid,
        namespace=deployment.metadata.namespace,
        deployment=deployment.metadata.name,
        pod=victim.metadata.name,
        pod_uid=victim.metadata.uid,
    )


async def inject(gateway: Gateway, plan: Plan) -> None:
    """Sends the delete, on condition that the pod is still the planned one."""
    await gateway.delete_pod(plan.namespace, plan.pod, uid=plan.pod_uid)
