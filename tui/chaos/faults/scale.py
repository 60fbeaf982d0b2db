"""Scale by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import hit
from tui.chaos.faults.templates import need_patch
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight, deployment_ref
from tui.chaos.steps import SetField


class Scale(Fault):
    """A patch of the scale subresource; the undo is the recorded number."""

    name = "scale"
    title = "Scale by hand"
    key = "s"
    group = Group.WORKLOAD
    does = "Sets the number of replicas by hand."
    teaches = (
        "The number you type is the new desired state: the loop carries it out, and brings no old one back."
    )
    actors = ("deployment controller", "ReplicaSet controller", "scheduler", "kubelet")
    success = "as many pods are ready as were typed; the undo brings the recorded number back"
    settings = (Setting("replicas", "how many; otherwise half as many", kind=int, least=0, most=500),)
    lasts_s = 60.0
    steady = False

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need_patch(target.namespace, "scale"),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """From what is desired now to what was chosen."""
        deployment = sight.deployment(target.uid)
        before = deployment.spec.replicas
        after = before // 2 if settings["replicas"] is None else settings["replicas"]
        if after == before:
            raise FaultRefused(f"{target.key} has {before} replicas already")
        step = SetField(deployment_ref(deployment), ("spec", "replicas"), (before,), (after,), "scale")
        return Plan(
            fault=self.name,
            target=target,
            title=f"scale {target.key} from {before} to {after}",
            done=f"scaled from {before} to {after}",
            steps=(step,),
            victims=((target.uid, target.key),),
            hits=(hit(deployment),),
            needs=self.rights(target),
            undo=f"back to {before} replicas",
            for_s=self.lasts_s,
        )
