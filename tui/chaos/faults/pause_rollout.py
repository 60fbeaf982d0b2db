"""Pause a Deployment's rollouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import hit
from tui.chaos.faults.templates import need_patch
from tui.chaos.guard import FaultRefused
from tui.chaos.pointers import fetch
from tui.chaos.sight import Sight, deployment_ref
from tui.chaos.steps import SetField


class PauseRollout(Fault):
    """A patch of spec.paused."""

    name = "pause-rollout"
    title = "Pause rollouts"
    group = Group.WORKLOAD
    does = "Pauses a Deployment: new templates are not rolled out any more."
    teaches = "A paused loop still keeps the number of pods, but carries out no change of template."
    actors = ("deployment controller",)
    success = "a change of template waits until the pause is over; lost pods are replaced all the same"
    lasts_s = 60.0
    steady = False

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need_patch(target.namespace),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """Refused where it is paused already."""
        deployment = sight.deployment(target.uid)
        if deployment.spec.paused:
            raise FaultRefused(f"{target.key} is paused already")
        ref = deployment_ref(deployment)
        before = fetch(await sight.whole(ref), ("spec", "paused"))
        return Plan(
            fault=self.name,
            target=target,
            title=f"pause the rollouts of {target.key}",
            done="paused its rollouts",
            steps=(SetField(ref, ("spec", "paused"), before, (True,)),),
            victims=((target.uid, target.key),),
            hits=(hit(deployment),),
            needs=self.rights(target),
            undo="the pause is lifted",
            for_s=self.lasts_s,
        )
