"""The machines under the nodes of a kind cluster: the room of the node containers, as faults want it."""

from __future__ import annotations

from tui.clean import one_line
from tui.machines.engine import find_engine
from tui.machines.inspected import Life
from tui.machines.machine import Machine
from tui.machines.node_containers import NodeContainers
from tui.machines.node_errors import EngineFailed, NodeContainerError, NoDiskPressure

BALLAST_AT_MOST = 20 * 10**9
"""Bytes. The disk is this machine's own: a fault that needs more than that to fill it is none for a laptop."""
LEAVES_FREE = 0.02
"""Such a part of the disk stays free whatever the threshold is."""


class KindMachines:
    """Keeps to `reach.Machines`. The engine is looked for once, when it is first needed."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine or Machine()
        self._containers: NodeContainers | None = None

    async def why_not(self, node: str) -> str:
        """Why that node's container can't be paused now, or ""."""
        try:
            state = (await (await self._engine(node)).find([node]))[node]
        except NodeContainerError as error:
            return one_line(str(error))
        if state.life is Life.RUNNING and state.cluster:
            return ""
        why = state.life.value if state.life is not Life.RUNNING else "no node of a kind cluster"
        return f"the container of node {node} is {why}"

    async def why_no_pressure(self, node: str) -> str:
        """Why that node's disk can't be filled up to a threshold, or ""."""
        try:
            await (await self._engine(node)).disk(node)
        except NodeContainerError as error:
            return one_line(error.said if isinstance(error, NoDiskPressure) else str(error))
        return ""

    async def pause(self, node: str) -> None:
        """Freezes all that runs on the node."""
        await (await self._engine(node)).pause(node)

    async def unpause(self, node: str) -> None:
        """Lets it run on."""
        await (await self._engine(node)).unpause(node)

    async def fill_disk(self, node: str) -> None:
        """Up to just below the kubelet's threshold, within bounds."""
        containers = await self._engine(node)
        await containers.fill_disk(node, limit_bytes=BALLAST_AT_MOST, until_free_fraction=LEAVES_FREE)

    async def free_disk(self, node: str) -> None:
        """Removes what was filled in."""
        await (await self._engine(node)).free_disk(node)

    async def _engine(self, node: str) -> NodeContainers:
        if self._containers is None:
            found = await find_engine(self._machine)
            if found is None or found.problem:
                said = (
                    found.problem if found is not None else "no docker, podman, nerdctl or finch is installed"
                )
                raise EngineFailed(f"reach the machine of node {node}", said, "gapwatch workshop doctor")
            self._containers = NodeContainers(found.name, self._machine.run)
        return self._containers
