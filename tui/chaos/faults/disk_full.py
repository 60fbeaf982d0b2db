"""Fill a node's disk, or where that can't be, have one of its pods outgrow its limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Aim, Fault, Group, Need, Plan, Sweep, Target
from tui.chaos.faults.nodes import BARE, GET_NODES, LIST_PODS, PATCH_NODES, Lodger, hits_on, swept
from tui.chaos.faults.outgrown import outgrow
from tui.chaos.faults.played import DISK, FULL
from tui.chaos.faults.pods import counted
from tui.chaos.guard import FaultRefused
from tui.chaos.pointers import fetch
from tui.chaos.sight import Sight, node_ref
from tui.chaos.spared import is_critical_daemon
from tui.chaos.steps import AnyStep, FillDisk, SetField
from tui.cluster.contexts import Nature
from tui.facts import Node


class DiskFull(Fault):
    """DiskPressure where the machine is within reach; elsewhere a file in a pod that has a limit."""

    name = "disk-full"
    title = "Disk full"
    group = Group.NODES
    aim = Aim.NODE
    does = "Fills a node's disk up to its eviction threshold, or one pod's share of it beyond its limit."
    teaches = (
        "A kubelet defends its node: it evicts pods, the greediest first, before everything on it fails."
    )
    actors = ("kubelet", "node controller", "ReplicaSet controller", "scheduler")
    success = "what was evicted runs elsewhere, and nothing new comes to the node while it is under pressure"
    settings = (BARE,)
    lasts_s = 120.0

    def rights(self, target: Target) -> tuple[Need, ...]:
        """What more is needed depends on how it can be done, and is known with the plan."""
        return (LIST_PODS,)

    def ways(self, target: Target, nature: Nature) -> tuple[tuple[Need, ...], ...]:
        """In the sandbox nodes are told by a patch."""
        return ((LIST_PODS, PATCH_NODES if nature is Nature.SANDBOX else GET_NODES),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The whole disk if it can be; refused where pods of protected namespaces could be evicted."""
        node = sight.node(target.name)
        why = await self._why_no_pressure(sight, node)
        if why:
            return await outgrow(self.name, target, sight, why)
        sweep = Sweep((target.name,), settings["bare"], is_critical_daemon)
        return await self._filled(target, node, await swept(sight, sweep), sight, sweep)

    @staticmethod
    async def _why_no_pressure(sight: Sight, node: Node) -> str:
        """Why the disk itself can't be filled, or ""."""
        if sight.nature is Nature.SANDBOX:
            return ""
        if sight.reach.machines is None:
            return "the machine under it can't be reached from here"
        return await sight.reach.machines.why_no_pressure(node.metadata.name)

    async def _filled(
        self, target: Target, node: Node, pods: list[Lodger], sight: Sight, sweep: Sweep
    ) -> Plan:
        step, needs = await self._step(node, sight)
        return Plan(
            fault=self.name,
            target=target,
            title=f"fill the disk of node {target.name}",
            done=f"filled the disk of node {target.name}",
            steps=(step,),
            victims=tuple((one.uid, one.key) for one in pods),
            hits=hits_on(sight, target.name),
            needs=needs,
            undo="the disk is freed; the node stays under pressure for up to 5 minutes more",
            for_s=self.lasts_s,
            remarks=(f"{counted(pods)} there, evicted one by one",),
            sweep=sweep,
        )

    @staticmethod
    async def _step(node: Node, sight: Sight) -> tuple[AnyStep, tuple[Need, ...]]:
        if sight.nature is not Nature.SANDBOX:
            return FillDisk(node.metadata.name), (LIST_PODS, GET_NODES)
        ref = node_ref(node)
        before = fetch(await sight.whole(ref), DISK)
        if before == (FULL,):
            raise FaultRefused(f"the disk of node {node.metadata.name} is full already")
        return SetField(ref, DISK, before, (FULL,)), (LIST_PODS, PATCH_NODES)
