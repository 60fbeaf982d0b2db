"""The kubelet's eviction manager: who writes too much has to go, and when the disk is full, so has one after the other.

Every 10 s the pods that have outgrown their own limits are ended first (`local_storage.py`).

Where there are none it looks whether its disk is full (the sandbox says so by an annotation of the Node, see
`own_node.py`); if it is, the least important pod is ended and marked Failed, and the next look
decides anew. The condition DiskPressure is posted with the node's status, the taint that keeps new
pods away is the node controller's. Upstream keeps DiskPressure for 5 minutes after the last sign of
it (evictionPressureTransitionPeriod); here it ends with the fault, as if that period were 0.
Follows k8s/pkg/kubelet/eviction (eviction_manager.go, helpers.go).
"""

from __future__ import annotations

from collections.abc import Iterable

from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.kubelet import KubeletLoop
from tui.sandbox.loops.local_storage import overgrown
from tui.sandbox.loops.objects import Obj, is_active, name_of
from tui.sandbox.loops.own_node import OwnNode
from tui.sandbox.loops.pod_status import Eviction

LOOK_EVERY_S = 10.0
CRITICAL_PRIORITY = 2_000_000_000
LOW_ON_DISK = "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 512Mi. "


class EvictionManager:
    """Evicts the pods of one node that have written too much, and others while its disk is full."""

    def __init__(self, clock: Clock, recorder: Recorder, own: OwnNode, kubelet: KubeletLoop) -> None:
        self._clock = clock
        self._recorder = recorder
        self._own = own
        self._kubelet = kubelet
        self._had_pressure = False

    async def run(self) -> None:
        """Look every 10 s until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            if not self._own.is_silent:
                self.look()

    def look(self) -> None:
        """Say what has changed; let those go that have written too much, or else one pod if the disk is full."""
        node, full = self._own.node, self._own.disk_is_full
        if node is None:
            return
        if full != self._had_pressure:
            self._had_pressure = full
            reason = "NodeHasDiskPressure" if full else "NodeHasNoDiskPressure"
            self._recorder.event(node, "Normal", reason, f"Node {name_of(node)} status is now: {reason}")
        guilty = list(overgrown(self._kubelet.pods))
        for pod, why in guilty:
            self._kubelet.evict(pod, Eviction(why, is_disruption=False))
        if full and not guilty:
            words = "Attempting to reclaim ephemeral-storage"
            self._recorder.event(node, "Warning", "EvictionThresholdMet", words)
            victim = next_to_go(self._kubelet.pods)
            if victim is not None:
                self._kubelet.evict(victim, Eviction(LOW_ON_DISK))


def next_to_go(pods: Iterable[Obj]) -> Obj | None:
    """The pod to evict first: of the lowest priority the youngest; critical pods never."""
    candidates = [pod for pod in pods if is_active(pod) and _priority(pod) < CRITICAL_PRIORITY]
    youngest_first = sorted(candidates, key=_age, reverse=True)
    return min(youngest_first, key=_priority, default=None)


def _priority(pod: Obj) -> int:
    return int(pod["spec"].get("priority") or 0)


def _age(pod: Obj) -> tuple[str, str]:
    return pod["metadata"].get("creationTimestamp", ""), name_of(pod)
