"""Lose a zone: all its nodes at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Aim, Fault, Group, Need, Plan, Sweep, Target
from tui.chaos.faults.machines import COMES_BACK, LOST_FOR_S, MISSED, silenced, why_no_machines
from tui.chaos.faults.nodes import BARE, GET_NODES, LIST_PODS, PATCH_NODES, hits_on, swept
from tui.chaos.faults.pods import counted
from tui.chaos.sight import Sight
from tui.cluster.contexts import Nature


class ZoneLost(Fault):
    """As a lost node, for every node that carries the zone's label."""

    name = "zone-lost"
    title = "Zone lost"
    group = Group.NODES
    aim = Aim.ZONE
    does = "Cuts all nodes of a zone off at once, as when a region disconnects for a moment."
    teaches = (
        "Replicas help only where they don't share one fate: what is spread over zones goes on with less."
    )
    actors = ("node controller", "taint eviction controller", "ReplicaSet controller", "scheduler", "kubelet")
    success = "what is spread over zones keeps serving; after the wait its pods run in the others"
    settings = (BARE,)
    lasts_s = LOST_FOR_S
    loses_nodes = True

    async def unable(self, sight: Sight) -> str:
        """Machines are within reach in the sandbox and on kind only, and there have to be zones."""
        if not any(node.zone for node in sight.world.nodes.by_uid.values()):
            return "no node has a zone label (topology.kubernetes.io/zone)"
        return why_no_machines(sight)

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As the sandbox needs them; containers are paused without the API."""
        return (LIST_PODS,)

    def ways(self, target: Target, nature: Nature) -> tuple[tuple[Need, ...], ...]:
        """In the sandbox nodes are told by a patch."""
        return ((LIST_PODS, PATCH_NODES if nature is Nature.SANDBOX else GET_NODES),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """Nodes of the control plane and those that have opted out stay; refused where protected pods would go."""
        nodes = sight.nodes_in(target.name)
        names = [node.metadata.name for node in nodes]
        every = sight.world.nodes.by_uid.values()
        stay = sorted(
            one.metadata.name for one in every if one.zone == target.name and one.metadata.name not in names
        )
        sweep = Sweep(tuple(names), settings["bare"])
        pods = await swept(sight, sweep)
        remarks = [f"{counted(pods)} on {', '.join(names)}", MISSED]
        if stay:
            remarks.append(f"left alone, of the control plane or opted out: {', '.join(stay[:3])}")
        return Plan(
            fault=self.name,
            target=target,
            title=f"cut zone {target.name} off: {', '.join(names)}",
            done=f"cut zone {target.name} off",
            steps=tuple([await silenced(sight, node) for node in nodes]),
            victims=tuple((one.uid, one.key) for one in pods),
            hits=hits_on(sight, *names),
            needs=(LIST_PODS, PATCH_NODES) if sight.nature is Nature.SANDBOX else (LIST_PODS, GET_NODES),
            undo=COMES_BACK.replace("the node comes", "the nodes come"),
            for_s=self.lasts_s,
            remarks=tuple(remarks),
            sweep=sweep,
        )
