"""Somebody resizes things by hand in the middle of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import hit
from tui.chaos.faults.templates import (
    CONTAINER,
    FORMER,
    all_at_once,
    container_of,
    need_patch,
    set_in_container,
)
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight


class HandEdit(Fault):
    """A patch of one container's requests; the undo is the recorded value."""

    name = "hand-edit"
    title = "Hand edit"
    group = Group.WORKLOAD
    does = "Changes what a container requests, as somebody does by hand in the middle of an incident."
    teaches = (
        "An edit of spec is the new desired state: controllers carry it out, nothing brings back the old one."
    )
    actors = ("deployment controller", "ReplicaSet controller", "scheduler", "kubelet")
    success = "the edit is rolled out and the gap is 0, although this is not what was declared"
    settings = (
        Setting("cpu", "the CPU that the container requests from now on", default="20m"),
        CONTAINER,
    )
    lasts_s = 120.0
    steady = False

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need_patch(target.namespace),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The named container, or the first."""
        whole, container = await container_of(sight, target.uid, settings["container"])
        name, cpu = str(container["name"]), settings["cpu"]
        step = set_in_container(sight, target.uid, whole, name, ("resources", "requests", "cpu"), cpu)
        return Plan(
            fault=self.name,
            target=target,
            title=f"edit container {name} of {target.key} by hand: requests {cpu} CPU",
            done=f"edited by hand: container {name} requests {cpu} CPU",
            steps=(step,),
            victims=((target.uid, target.key),),
            hits=(hit(sight.deployment(target.uid)),),
            needs=self.rights(target),
            undo=FORMER,
            for_s=self.lasts_s,
            remarks=(f"it requests {step.before[0] if step.before else 'nothing'} now", *all_at_once(whole)),
        )
