"""The node controller: whoever is silent for too long is declared lost, and everybody is told.

desired   a node
actual    for how long it has been silent, and how the others fare
compare   silent for 50 s: its conditions become Unknown; not ready: its pods are not ready either;
          then taints: NoSchedule as its conditions say, NoExecute while it is not ready
act       write that; one thing a turn
wait      for the next look at the heartbeats, every 5 s

It deletes nothing: evicting is the work of the loop in `taint_eviction.py`, which reads the taints.
Follows k8s/pkg/controller/nodelifecycle/node_lifecycle_controller.go.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar, Final

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import NODES, PODS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.node_pulse import Monitor
from tui.sandbox.loops.node_taints import (
    NOT_READY,
    UNREACHABLE,
    all_are_lost,
    eviction_pause,
    has_taint,
    readiness,
    taints_of,
    with_no_execute,
    with_no_schedule,
    zone_of,
)
from tui.sandbox.loops.objects import (
    Obj,
    condition,
    is_deleting,
    is_ready,
    key_of,
    name_of,
    namespace_of,
    node_of,
    uid_of,
)

GRACE_S: Final = 50.0
STARTUP_GRACE_S: Final = 60.0
EVICTING: Final = {"False": NOT_READY, "Unknown": UNREACHABLE}
_CONDITIONS: Final = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")


@dataclass(frozen=True)
class Sight:
    """What is known of a node beside its object.

    silent_s: cluster seconds without a sign of life; all_lost: no node of the cluster is ready;
    may_evict: its zone may lose another node to eviction now; announced: that it is not ready was
    told; looked: this turn follows a look at the heartbeats, and not just a change of the object.
    """

    silent_s: float
    all_lost: bool
    may_evict: bool
    announced: bool
    looked: bool


@dataclass(frozen=True)
class Step:
    """What to do about one node: exactly one of these."""

    conditions: tuple[Obj, ...] = ()
    announce: bool = False
    taints: tuple[Obj, ...] | None = None


class NodeLifecycleLoop(Loop[Obj, Sight, Step]):
    """Keeps every node's conditions and taints true to its heartbeats."""

    name: ClassVar[str] = "node-controller"
    workers = 1

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock, recorder: Recorder) -> None:
        super().__init__(client, clock)
        self._recorder = recorder
        self._nodes = caches.of(NODES)
        self._pods = self.look_at(caches.of(PODS))
        self._monitor = Monitor(client, self._nodes, clock)
        self._announced: set[str] = set()
        self._looked: set[str] = set()
        self._next_eviction: dict[str, float] = {}
        self.watch(self._nodes, lambda node: [name_of(node)])

    async def run(self) -> None:
        """Listen to the heartbeats, and turn, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._monitor.run(self._after_look), name=f"{self.name}/monitor")
            group.create_task(super().run(), name=self.name)

    # -------------------------------------------------------------- the cycle

    def read_desired(self, key: str) -> Obj | None:
        """The node."""
        node = self._nodes.get(key)
        return node if node is not None and not is_deleting(node) else None

    def read_actual(self, node: Obj) -> Sight:
        """How long it has been silent, and whether evicting from it is allowed by how the others fare."""
        name = name_of(node)
        looked = name in self._looked
        self._looked.discard(name)
        if readiness(node) == "True":
            self._announced.discard(name)
        return Sight(
            silent_s=self._monitor.pulses.silent_s(name),
            all_lost=all_are_lost(self._nodes),
            may_evict=self._may_evict(zone_of(node)),
            announced=name in self._announced,
            looked=looked,
        )

    def compare(self, node: Obj, sight: Sight) -> Step | None:
        """The first thing that is not as it has to be."""
        stamp = self.clock.stamp()
        unknown = overdue_conditions(node, sight.silent_s, stamp)
        if unknown and sight.looked:  # between two looks a node may have come back
            return Step(conditions=unknown)
        if readiness(node) in EVICTING and not sight.announced:
            return Step(announce=True)
        for taints in (with_no_schedule(node, stamp), evicting_taints(node, sight, stamp)):
            if taints != taints_of(node):
                return Step(taints=tuple(taints))
        return None

    async def act(self, node: Obj, step: Step) -> None:
        """Write it, onto exactly the node that was looked at: a newer one is looked at again first."""
        version = {"resourceVersion": node["metadata"]["resourceVersion"]}
        if step.conditions:
            patch = {"metadata": version, "status": {"conditions": list(step.conditions)}}
            await self.client.patch(
                NODES, "", name_of(node), patch, subresource="status", kind="strategic-merge"
            )
        elif step.announce:
            await self._announce(node)
        elif step.taints is not None:
            patch = {"metadata": version, "spec": {"taints": list(step.taints) or None}}
            await self.client.patch(NODES, "", name_of(node), patch)
            if len(step.taints) > len(taints_of(node)) and step.taints[-1]["effect"] == "NoExecute":
                self._count_eviction(node)

    def forget(self, key: str) -> None:
        """The node is gone."""
        self._announced.discard(key)

    # -------------------------------------------------------------- reading

    def _after_look(self) -> None:
        for node in self._nodes:
            self._looked.add(name_of(node))
            self.queue.add(name_of(node))

    def _may_evict(self, zone: str) -> bool:
        fares = eviction_pause(node for node in self._nodes if zone_of(node) == zone)
        return fares is not None and self.clock.monotonic() >= self._next_eviction.get(zone, 0.0)

    # -------------------------------------------------------------- acting

    def _count_eviction(self, node: Obj) -> None:
        zone = zone_of(node)
        pause = eviction_pause(one for one in self._nodes if zone_of(one) == zone) or 0.0
        self._next_eviction[zone] = self.clock.monotonic() + pause

    async def _announce(self, node: Obj) -> None:
        """Say that the node is not ready, and that its pods are not, which it can't say itself."""
        name = name_of(node)
        words = f"Node {name} status is now: NodeNotReady"
        self._recorder.event(node, "Normal", "NodeNotReady", words)
        for pod in self._pods:
            if node_of(pod) == name and is_ready(pod):
                await self._mark_not_ready(pod)
        self._announced.add(name)
        self.queue.add(key_of(node))

    async def _mark_not_ready(self, pod: Obj) -> None:
        """controller/util/node/controller_utils.go, MarkPodsNotReady."""
        told = {"type": "Ready", "status": "False", "lastTransitionTime": self.clock.stamp()}
        patch = {"metadata": {"uid": uid_of(pod)}, "status": {"conditions": [told]}}
        try:
            await self.client.patch(
                PODS, namespace_of(pod), name_of(pod), patch, subresource="status", kind="strategic-merge"
            )
        except ApiError as error:
            if error.status not in (404, 409):
                raise
        else:
            self._recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready")


# ------------------------------------------------------------------ comparing


def overdue_conditions(node: Obj, silent_s: float, stamp: str) -> tuple[Obj, ...]:
    """What has to be written into the status of a node that was silent for too long; nothing for any other.

    The time of the last heartbeat stays as it is. A node that never said anything has a little longer.
    """
    never = condition(node, "Ready") is None
    if silent_s < (STARTUP_GRACE_S if never else GRACE_S):
        return ()
    return tuple(
        told for kind in _CONDITIONS if (told := _unknown(condition(node, kind), kind, stamp)) is not None
    )


def _unknown(standing: Obj | None, kind: str, stamp: str) -> Obj | None:
    if standing is not None and standing["status"] == "Unknown":
        return None
    told = {"type": kind, "status": "Unknown", "lastTransitionTime": stamp}
    if standing is None:
        return told | {
            "reason": "NodeStatusNeverUpdated",
            "message": "Kubelet never posted node status.",
        }
    return told | {"reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}


def evicting_taints(node: Obj, sight: Sight, stamp: str) -> list[Obj]:
    """The node's taints with the one that evicts, if it is not ready and evicting is allowed.

    One that is there is taken away with a look at the heartbeats only, as upstream.
    """
    key = "" if sight.all_lost else EVICTING.get(readiness(node), "")
    standing = any(has_taint(node, one, "NoExecute") for one in EVICTING.values())
    if standing:
        return with_no_execute(node, key, stamp) if key or sight.looked else taints_of(node)
    return with_no_execute(node, key, stamp) if key and sight.may_evict else taints_of(node)
