"""Drain a node: cordon it, and evict what runs there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Aim, Fault, Group, Need, Plan, Target
from tui.chaos.faults.cordon import UNSCHEDULABLE
from tui.chaos.faults.nodes import BARE, LIST_PODS, PATCH_NODES, hits_on, lodgers, refuse_bare
from tui.chaos.faults.pods import counted, need
from tui.chaos.pointers import fetch
from tui.chaos.sight import Sight, node_ref
from tui.chaos.steps import Evict, Ref, SetField
from tui.cluster.kinds import PODS


class Drain(Fault):
    """As `kubectl drain --ignore-daemonsets`: evictions that a budget refuses are asked for again."""

    name = "drain"
    title = "Drain"
    group = Group.NODES
    aim = Aim.NODE
    does = "Cordons a node and evicts all its pods, as one does before maintenance."
    teaches = "A drain is evictions, one by one: budgets slow it down, so that a service keeps enough pods all the way."
    actors = ("API server", "ReplicaSet controller", "scheduler", "kubelet")
    success = "all its pods run elsewhere; the undo takes the cordon away, and moves nothing back"
    settings = (BARE,)
    lasts_s = 180.0

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them; the namespaces of the evictions are known with the plan."""
        return (PATCH_NODES, LIST_PODS)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The pods that would move; those of protected namespaces stay where they are."""
        node = sight.node(target.name)
        every = await lodgers(sight, target.name)
        pods = [one for one in every if one.namespace not in sight.guard.protected]
        if not settings["bare"]:
            refuse_bare(target.name, pods)
        ref, where = node_ref(node), PODS.resource
        before = fetch(await sight.whole(ref), UNSCHEDULABLE)
        stay = [one.key for one in every if one not in pods]
        needs = [*self.rights(target)]
        needs += [need("create", space, "eviction") for space in sorted({one.namespace for one in pods})]
        evictions = (
            Evict(Ref(where.version, where.plural, one.namespace, one.name, one.uid), patient=True)
            for one in pods
        )
        remarks = [
            f"evicts {counted(pods)}; DaemonSet pods stay",
            "asks PodDisruptionBudgets, and waits for them",
        ]
        remarks += [f"left alone, for they are protected: {', '.join(stay[:3])}"] if stay else []
        return Plan(
            fault=self.name,
            target=target,
            title=f"drain node {target.name}",
            done=f"drained node {target.name}",
            steps=(SetField(ref, UNSCHEDULABLE, before, (True,)), *evictions),
            victims=tuple((one.uid, one.key) for one in pods),
            hits=hits_on(sight, target.name),
            needs=tuple(needs),
            undo="the cordon is taken away" if before != (True,) else "it was cordoned before, and stays so",
            for_s=self.lasts_s,
            ends_pods=frozenset(one.uid for one in pods),
            remarks=tuple(remarks),
        )
