"""Delete several pods at once, by number or by percentage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import COUNT, FORCE, PERCENT, REPLACED, hit, in_words, named, need, several
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import Delete


class DeletePods(Fault):
    """A DELETE for each, each on condition of its uid."""

    name = "delete-pods"
    title = "Delete several"
    group = Group.PODS
    does = "Deletes several pods of a Deployment at once, or a percentage of them."
    teaches = (
        "The loop does not care how large a gap is: the same controller closes one of one and one of twenty."
    )
    actors = ("ReplicaSet controller", "scheduler", "kubelet")
    success = "as many new pods are ready, and the gap is closed"
    settings = (COUNT, PERCENT, FORCE)

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need("delete", target.namespace),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """Random ones; one by default."""
        deployment = sight.deployment(target.uid)
        pods, how = several(sight, deployment, settings["count"], settings["percent"])
        grace_s = 0 if settings["force"] else None
        return Plan(
            fault=self.name,
            target=target,
            title=f"delete {in_words(pods)} of {target.key}",
            done=f"deleted {in_words(pods)}",
            steps=tuple(Delete(pod_ref(pod), grace_s) for pod in pods),
            victims=named(pods),
            hits=(hit(deployment, pods),),
            needs=self.rights(target),
            undo=REPLACED,
            ends_pods=frozenset(pod.metadata.uid for pod in pods),
            remarks=tuple(filter(None, (how, "does not ask PodDisruptionBudgets: evict does"))),
        )
