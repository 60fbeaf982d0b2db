"""Cordon a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Aim, Fault, Group, Need, Plan, Target
from tui.chaos.faults.nodes import PATCH_NODES, neighbours
from tui.chaos.guard import FaultRefused
from tui.chaos.sight import Sight, node_ref
from tui.chaos.steps import SetField

UNSCHEDULABLE = ("spec", "unschedulable")


class Cordon(Fault):
    """A patch of spec.unschedulable."""

    name = "cordon"
    title = "Cordon"
    group = Group.NODES
    aim = Aim.NODE
    does = "Marks a node unschedulable: what runs there goes on, nothing new comes."
    teaches = "A cordon opens no gap: the scheduler only passes the node by when the next pod needs a place."
    actors = ("scheduler",)
    success = "new pods go elsewhere, or wait when there is no other place"
    lasts_s = 120.0
    steady = False

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (PATCH_NODES,)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """Refused where somebody else has cordoned it already."""
        node = sight.node(target.name)
        if node.spec.unschedulable:
            raise FaultRefused(f"node {target.name} is cordoned already")
        step = SetField(node_ref(node), UNSCHEDULABLE, (), (True,))
        return Plan(
            fault=self.name,
            target=target,
            title=f"cordon node {target.name}",
            done=f"cordoned node {target.name}",
            steps=(step,),
            victims=((node.metadata.uid, target.name),),
            hits=neighbours(sight, target.name),
            needs=self.rights(target),
            undo="the cordon is taken away",
            for_s=self.lasts_s,
        )
