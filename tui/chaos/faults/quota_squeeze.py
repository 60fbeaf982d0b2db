"""A ResourceQuota that leaves no room for another pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import hit, named, need, several
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import AnyStep, Create, Delete, Ref
from tui.cluster.kinds import Resource

QUOTAS = Resource("v1", "resourcequotas")
NAME = "gapwatch-squeeze"


class QuotaSqueeze(Fault):
    """Creates a ResourceQuota of 0 pods, then deletes some pods, so that what is missing shows."""

    name = "quota-squeeze"
    title = "Quota squeeze"
    group = Group.WORKLOAD
    does = "Allows no more pods in the namespace, and deletes one, which then can't be replaced."
    teaches = (
        "A controller that is refused tries again, ever more slowly: the gap stays until somebody makes room."
    )
    actors = ("ReplicaSet controller", "API server")
    success = "the ReplicaSet reports ReplicaFailure; after the undo its next try succeeds"
    settings = (Setting("delete", "how many pods are deleted", default=1, kind=int, least=0, most=100),)
    lasts_s = 60.0

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        quotas = (Need(verb, QUOTAS, target.namespace) for verb in ("create", "delete"))
        return (*quotas, need("delete", target.namespace))

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The quota for the whole namespace, the pods of this Deployment."""
        deployment = sight.deployment(target.uid)
        count, namespace = settings["delete"], target.namespace
        pods, _ = several(sight, deployment, count, None) if count else ([], "")
        document = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"pods": "0"}}}
        quota = Create(Ref(QUOTAS.version, QUOTAS.plural, namespace, NAME, ""), document)
        steps: tuple[AnyStep, ...] = (quota, *(Delete(pod_ref(pod)) for pod in pods))
        deleting = f", delete {len(pods)} of {target.key}" if pods else ""
        return Plan(
            fault=self.name,
            target=target,
            title=f"allow no more pods in {namespace}{deleting}",
            done=f"squeezed the quota of {namespace}" + (f" and deleted {len(pods)}" if pods else ""),
            steps=steps,
            victims=named(pods) or ((target.uid, target.key),),
            hits=(hit(deployment, pods),),
            needs=self.rights(target),
            undo=f"the quota {NAME} is deleted; pods that were deleted are replaced",
            for_s=self.lasts_s,
            ends_pods=frozenset(pod.metadata.uid for pod in pods),
            remarks=(f"it holds for everything in {namespace}: no pod of it is replaced meanwhile",),
        )
