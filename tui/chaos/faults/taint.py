"""Put a NoExecute taint on a node."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from tui.chaos.fault import Aim, Fault, Group, Need, Plan, Sweep, Target
from tui.chaos.faults.nodes import (
    BARE,
    LIST_PODS,
    PATCH_NODES,
    hits_among,
    swept,
)
from tui.chaos.sight import Sight, node_ref
from tui.chaos.spared import tolerates
from tui.chaos.steps import AddTaint
from tui.facts.nodes import Taint as NodeTaint
from tui.facts.pods import EVICTS

PUT = NodeTaint(key="gapwatch/fault", value="taint", effect=EVICTS)
TOLERANT = partial(tolerates, PUT)


class Taint(Fault):
    """A taint that no workload tolerates."""

    name = "taint"
    title = "Taint NoExecute"
    group = Group.NODES
    aim = Aim.NODE
    does = "Puts a NoExecute taint on a node: every pod that does not tolerate it is ended at once."
    teaches = (
        "A taint acts through a loop too: the taint eviction controller deletes, without asking any budget."
    )
    actors = ("taint eviction controller", "ReplicaSet controller", "scheduler", "kubelet")
    success = "all its pods run elsewhere; the undo takes the taint away, and moves nothing back"
    settings = (BARE,)
    lasts_s = 120.0
    loses_nodes = True

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (PATCH_NODES, LIST_PODS)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """Refused where pods of protected namespaces would go with it, or such as nobody replaces."""
        node = sight.node(target.name)
        sweep = Sweep((target.name,), settings["bare"], TOLERANT)
        pods = await swept(sight, sweep)
        return Plan(
            fault=self.name,
            target=target,
            title=f"taint node {target.name} NoExecute",
            done=f"tainted node {target.name} NoExecute",
            steps=(AddTaint(node_ref(node), PUT.key, PUT.value, PUT.effect),),
            victims=tuple((one.uid, one.key) for one in pods),
            hits=hits_among(sight, target.name, pods),
            needs=self.rights(target),
            undo="the taint is taken away",
            for_s=self.lasts_s,
            remarks=("does not ask PodDisruptionBudgets: drain does",),
            sweep=sweep,
        )
