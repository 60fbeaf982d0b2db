"""Delete one pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import FORCE, POD, REPLACED, hit, named, need
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import Delete


class DeletePod(Fault):
    """A graceful DELETE with the pod's uid as its condition."""

    name = "delete-pod"
    title = "Delete pod"
    key = "d"
    group = Group.PODS
    does = "Deletes one pod of a Deployment."
    teaches = "A pod is not repaired, it is replaced: its ReplicaSet counts one too few and creates another."
    actors = ("ReplicaSet controller", "scheduler", "kubelet")
    success = "a new pod is ready, and the gap is closed"
    settings = (POD, FORCE)

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need("delete", target.namespace),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The selected pod, else the named, else a random one."""
        deployment = sight.deployment(target.uid)
        pod = sight.pod(target.uid, "" if settings["pod"] else target.pod_uid, settings["pod"] or "")
        name = pod.metadata.name
        remark = "does not ask PodDisruptionBudgets: evict does"
        return Plan(
            fault=self.name,
            target=target,
            title=f"delete pod {name} of {target.key}",
            done=f"deleted pod {name}",
            steps=(Delete(pod_ref(pod), 0 if settings["force"] else None),),
            victims=named([pod]),
            hits=(hit(deployment, [pod]),),
            needs=self.rights(target),
            undo=REPLACED,
            ends_pods=frozenset({pod.metadata.uid}),
            remarks=(remark,),
        )
