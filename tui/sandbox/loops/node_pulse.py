"""Who is still heard of: for how long each node has given no sign of life.

A sign is a renewed Lease or a posted status. Every 5 s all leases are read in one list; what counts
is when the reader *noticed* a new one, so no clock but its own matters. A look counts for 5 s at
most: a reader that was held up itself does not hold its own silence against the nodes.
Follows k8s/pkg/controller/nodelifecycle/node_lifecycle_controller.go (monitorNodeHealth).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import aiohttp

from tui.sandbox.loops.cache import Cache
from tui.sandbox.loops.client import LEASES, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.node import LEASE_NAMESPACE
from tui.sandbox.loops.objects import Obj, condition, name_of, uid_of

log = logging.getLogger(__name__)

MONITOR_EVERY_S = 5.0

Beat = tuple[str, str, str]
"""What changes with each sign of life: the node's uid, its lease's renewTime, its Ready's lastHeartbeatTime."""


@dataclass(frozen=True)
class _Pulse:
    beat: Beat
    silent_s: float = 0.0


class Pulses:
    """How long each node has been silent, in cluster seconds."""

    def __init__(self) -> None:
        self._pulses: dict[str, _Pulse] = {}

    def silent_s(self, name: str) -> float:
        """For how long this node has not been heard of; 0 for one that has not been listened to yet."""
        pulse = self._pulses.get(name)
        return pulse.silent_s if pulse is not None else 0.0

    def hear(self, beats: Mapping[str, Beat], passed_s: float) -> None:
        """A look at every node: who has changed since the last one, so many seconds ago, is alive."""
        counted = min(passed_s, MONITOR_EVERY_S)
        heard: dict[str, _Pulse] = {}
        for name, beat in beats.items():
            before = self._pulses.get(name)
            same = before is not None and before.beat == beat
            heard[name] = (
                replace(before, silent_s=before.silent_s + counted) if same and before else _Pulse(beat)
            )
        self._pulses = heard


class Monitor:
    """Listens to all nodes every 5 s, and tells after each look."""

    def __init__(self, client: ApiClient, nodes: Cache, clock: Clock) -> None:
        self.pulses = Pulses()
        self._client = client
        self._nodes = nodes
        self._clock = clock

    async def run(self, after_look: Callable[[], None]) -> None:
        """Look, tell, wait, until cancelled."""
        await self._nodes.synced.wait()
        last = self._clock.monotonic()
        while True:
            try:
                leases = await self._leases()
            except (ApiError, aiohttp.ClientError, TimeoutError) as error:
                log.debug("no leases: %s", error)  # nothing heard of anybody is nothing known
            else:
                now = self._clock.monotonic()
                self.pulses.hear(beats_of(self._nodes, leases), now - last)
                last = now
                after_look()
            await self._clock.sleep(MONITOR_EVERY_S)

    async def _leases(self) -> list[Obj]:
        pages = self._client.pages(LEASES, LEASE_NAMESPACE)
        return [lease async for page in pages for lease in page.get("items") or ()]


def beats_of(nodes: Iterable[Obj], leases: Iterable[Obj]) -> dict[str, Beat]:
    """The last sign of life of every node, by name."""
    renewed = {name_of(lease): str(lease["spec"].get("renewTime", "")) for lease in leases}
    return {
        name_of(node): (
            uid_of(node),
            renewed.get(name_of(node), ""),
            (condition(node, "Ready") or {}).get("lastHeartbeatTime") or "",
        )
        for node in nodes
    }
