"""Doing something to the machine under a node, where that is a container of this machine (kind)."""

from __future__ import annotations

from tui.chaos.guard import FaultRefused
from tui.chaos.reach import Machines, Reach
from tui.chaos.steps.base import Restored, Step
from tui.cluster.errors import Refused
from tui.cluster.kinds import NODES
from tui.machines.node_errors import NodeAbsent


class PauseMachine(Step, frozen=True, tag="pause-machine"):
    """Stops a node as a cut cable would: its kubelet falls silent, and nothing on it answers."""

    node: str

    @property
    def holds(self) -> str:
        """The machine."""
        return f"the machine of node {self.node}"

    async def send(self, reach: Reach, fault: str) -> None:
        """Pauses the container."""
        await _machines(reach, self.node).pause(self.node)

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """Lets it go on."""
        try:
            await _machines(reach, self.node).unpause(self.node)
        except NodeAbsent as absent:
            return await _gone(reach, self.node, absent)
        return Restored.UNDONE


class FillDisk(Step, frozen=True, tag="fill-disk"):
    """Fills a node's disk up to just below its eviction threshold."""

    node: str

    @property
    def holds(self) -> str:
        """The disk."""
        return f"the disk of node {self.node}"

    async def send(self, reach: Reach, fault: str) -> None:
        """Writes the ballast."""
        await _machines(reach, self.node).fill_disk(self.node)

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """Removes the ballast."""
        try:
            await _machines(reach, self.node).free_disk(self.node)
        except NodeAbsent as absent:
            return await _gone(reach, self.node, absent)
        return Restored.UNDONE


async def _gone(reach: Reach, node: str, absent: NodeAbsent) -> Restored:
    """GONE where the cluster knows of no such node either; else another engine may keep it, and `absent` is raised."""
    try:
        await reach.gateway.read(NODES.resource, node, namespace=None)
    except Refused as error:
        if error.is_not_found:
            return Restored.GONE
        raise
    raise absent


def _machines(reach: Reach, node: str) -> Machines:
    if reach.machines is None:
        raise FaultRefused(f"the machine of node {node} can't be reached from here")
    return reach.machines
