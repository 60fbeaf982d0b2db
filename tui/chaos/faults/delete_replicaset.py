"""Delete the ReplicaSet under a Deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import counted, hit
from tui.chaos.guard import FaultRefused
from tui.chaos.sight import Sight
from tui.chaos.steps import Delete, Ref
from tui.cluster.kinds import REPLICASETS
from tui.facts import Deployment


class DeleteReplicaSet(Fault):
    """A DELETE of the newest ReplicaSet, in the background: its pods follow it."""

    name = "delete-replicaset"
    title = "Delete ReplicaSet"
    group = Group.WORKLOAD
    does = "Deletes the newest ReplicaSet of a Deployment, and with it all of its pods."
    teaches = "Every loop is watched by another: one recreates the ReplicaSet, the next one the pods."
    actors = ("deployment controller", "garbage collector", "ReplicaSet controller", "scheduler", "kubelet")
    success = "a new ReplicaSet of the same template has as many ready pods"

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (Need("delete", REPLICASETS.resource, target.namespace),)

    def objection(self, deployment: Deployment) -> str:
        """A Deployment that is paused creates no ReplicaSet (deployment_controller.go, syncDeployment)."""
        if not deployment.spec.paused:
            return ""
        return (
            f"{deployment.metadata.key} is paused: nobody would recreate its ReplicaSet until it is resumed"
        )

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The one of the newest revision."""
        deployment = sight.deployment(target.uid)
        objection = self.objection(deployment)
        if objection:
            raise FaultRefused(objection)
        replicaset = sight.newest_replicaset(target.uid)
        meta, where = replicaset.metadata, REPLICASETS.resource
        owned = [pod for pod in sight.pods(target.uid) if pod.metadata.controller_uid == meta.uid]
        return Plan(
            fault=self.name,
            target=target,
            title=f"delete ReplicaSet {meta.name} of {target.key}",
            done=f"deleted ReplicaSet {meta.name}",
            steps=(Delete(Ref(where.version, where.plural, meta.namespace, meta.name, meta.uid)),),
            victims=((meta.uid, meta.name), *((pod.metadata.uid, pod.metadata.name) for pod in owned)),
            hits=(hit(deployment, owned),),
            needs=self.rights(target),
            undo="not undone: recreated",
            remarks=(f"all that it owns goes with it, {counted(owned)}: a gap of everything",),
        )
