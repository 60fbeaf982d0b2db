"""What faults can reach: the API through the gateway, and on a kind cluster the containers that are its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tui.cluster.gateway import Gateway


class Machines(Protocol):
    """The machines under the nodes. All methods raise a PlainError that says what was tried."""

    async def why_not(self, node: str) -> str:
        """Why that node's machine can't be reached, or ""."""

    async def pause(self, node: str) -> None:
        """Stops everything on it at once; nothing happens when it is paused already."""

    async def unpause(self, node: str) -> None:
        """Lets it go on; nothing happens when it runs already. NodeAbsent when there is none."""

    async def why_no_pressure(self, node: str) -> str:
        """Why that node's disk can't be filled up to a threshold, or ""; sends nothing but looks."""

    async def fill_disk(self, node: str) -> None:
        """Fills its disk up to just below the kubelet's eviction threshold, within bounds."""

    async def free_disk(self, node: str) -> None:
        """Takes away what was filled in; nothing happens when there is nothing. NodeAbsent when there is no machine."""


@dataclass(frozen=True)
class Reach:
    """Handed to every step; `machines` is None where the nodes are no containers of this machine."""

    gateway: Gateway
    machines: Machines | None = None
