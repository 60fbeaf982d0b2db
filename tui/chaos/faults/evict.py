"""Evict pods through the eviction API, which asks PodDisruptionBudgets first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import COUNT, POD, REPLACED, hit, in_words, named, need, several
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import Evict


class EvictPods(Fault):
    """POST to pods/eviction for each."""

    name = "evict"
    title = "Evict"
    key = "e"
    group = Group.PODS
    does = "Asks the API server to evict a pod, as a drain does."
    teaches = "An eviction is a polite delete: a PodDisruptionBudget can refuse it, and then nothing happens."
    actors = ("API server", "ReplicaSet controller", "scheduler", "kubelet")
    success = "a new pod is ready; or the budget refused, and nothing was lost"
    settings = (POD, COUNT)

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need("create", target.namespace, "eviction"),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The selected or named pod, or so many random ones."""
        deployment = sight.deployment(target.uid)
        if settings["count"] is not None:
            pods, _ = several(sight, deployment, settings["count"], None)
        else:
            pods = [sight.pod(target.uid, "" if settings["pod"] else target.pod_uid, settings["pod"] or "")]
        return Plan(
            fault=self.name,
            target=target,
            title=f"evict {in_words(pods)} of {target.key}",
            done=f"evicted {in_words(pods)}",
            steps=tuple(Evict(pod_ref(pod)) for pod in pods),
            victims=named(pods),
            hits=(hit(deployment, pods),),
            needs=self.rights(target),
            undo=REPLACED,
            ends_pods=frozenset(pod.metadata.uid for pod in pods),
            remarks=("asks PodDisruptionBudgets: one that allows no disruption refuses it",),
        )
