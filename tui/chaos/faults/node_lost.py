"""Lose a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Aim, Fault, Group, Need, Plan, Sweep, Target
from tui.chaos.faults.machines import COMES_BACK, LOST_FOR_S, MISSED, silenced, why_no_machines
from tui.chaos.faults.nodes import BARE, GET_NODES, LIST_PODS, PATCH_NODES, hits_on, swept
from tui.chaos.faults.pods import counted
from tui.chaos.sight import Sight
from tui.cluster.contexts import Nature


class NodeLost(Fault):
    """The node's container is paused (kind), or its kubelet falls silent (sandbox)."""

    name = "node-lost"
    title = "Node lost"
    group = Group.NODES
    aim = Aim.NODE
    does = "Cuts a node off: its kubelet falls silent, and nothing on it answers."
    teaches = "Nobody can tell a dead node from a silent one: Kubernetes waits, and only then replaces what was there."
    actors = ("node controller", "taint eviction controller", "ReplicaSet controller", "scheduler", "kubelet")
    success = "after the wait all its pods run elsewhere; the undo brings the node back"
    settings = (BARE,)
    lasts_s = LOST_FOR_S
    loses_nodes = True

    async def unable(self, sight: Sight) -> str:
        """Machines are within reach in the sandbox and on kind only."""
        return why_no_machines(sight)

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As the sandbox needs them; a container is paused without the API."""
        return (LIST_PODS,)

    def ways(self, target: Target, nature: Nature) -> tuple[tuple[Need, ...], ...]:
        """In the sandbox nodes are told by a patch."""
        return ((LIST_PODS, PATCH_NODES if nature is Nature.SANDBOX else GET_NODES),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """Refused where pods of protected namespaces would go with it."""
        node = sight.node(target.name)
        sweep = Sweep((target.name,), settings["bare"])
        pods = await swept(sight, sweep)
        return Plan(
            fault=self.name,
            target=target,
            title=f"cut node {target.name} off",
            done=f"cut node {target.name} off",
            steps=(await silenced(sight, node),),
            victims=tuple((one.uid, one.key) for one in pods),
            hits=hits_on(sight, target.name),
            needs=(LIST_PODS, PATCH_NODES) if sight.nature is Nature.SANDBOX else (LIST_PODS, GET_NODES),
            undo=COMES_BACK,
            for_s=self.lasts_s,
            remarks=(f"{counted(pods)} there", MISSED),
            sweep=sweep,
        )
