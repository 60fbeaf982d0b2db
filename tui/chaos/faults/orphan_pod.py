"""Take a pod out of its ReplicaSet's sight by a label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import POD, hit, named, need
from tui.chaos.guard import FaultRefused
from tui.chaos.sight import Sight, pod_ref, replicaset_ref
from tui.chaos.steps import Orphan

LABEL = "pod-template-hash"
"""The label by which a ReplicaSet of a Deployment knows its pods (deployment_util.go)."""
ORPHANED = "orphaned-by-gapwatch"


class OrphanPod(Fault):
    """A label patch; the undo puts the label back, and the ReplicaSet adopts the pod again."""

    name = "orphan-pod"
    title = "Orphan a pod"
    group = Group.PODS
    does = "Changes the label by which a ReplicaSet knows one of its pods; the pod itself runs on."
    teaches = (
        "Ownership is a label match: what does not match is released and replaced, what matches is adopted."
    )
    actors = ("ReplicaSet controller", "scheduler", "kubelet")
    success = "a new pod is ready; after the undo one of the two is ended as surplus"
    settings = (POD,)
    lasts_s = 60.0

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need("patch", target.namespace),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The selected pod, else the named, else a random one."""
        deployment = sight.deployment(target.uid)
        pod = sight.pod(target.uid, "" if settings["pod"] else target.pod_uid, settings["pod"] or "")
        name, before = pod.metadata.name, (pod.metadata.labels or {}).get(LABEL)
        if before is None:
            raise FaultRefused(f"pod {name} has no label {LABEL} that could be changed")
        owner = sight.world.replicasets.by_uid.get(pod.metadata.controller_uid or "")
        if owner is None:
            raise FaultRefused(f"pod {name} has no ReplicaSet that could lose it")
        pointer = ("metadata", "labels", LABEL)
        step = Orphan(pod_ref(pod), pointer, (before,), (ORPHANED,), owner=replicaset_ref(owner))
        return Plan(
            fault=self.name,
            target=target,
            title=f"orphan pod {name} of {target.key}",
            done=f"orphaned pod {name}",
            steps=(step,),
            victims=named([pod]),
            hits=(hit(deployment, [pod]),),
            needs=self.rights(target),
            undo=f"the label {LABEL} as it was: its ReplicaSet adopts the pod again, and ends one too many",
            for_s=self.lasts_s,
        )
