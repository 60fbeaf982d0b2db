"""The pod collector: a pod whose node is gone for good is gone too, only nobody is left to say so.

desired   a pod that is bound to a node
actual    whether that node exists, and since when it does not
compare   missing for 40 s: it will not come back; a node that registers anew within that time is forgiven
act       mark the pod Failed, for its kubelet can't, and delete it without grace
wait      for the rest of the 40 s

Follows k8s/pkg/controller/podgc (gcOrphaned).
"""

from __future__ import annotations

from typing import ClassVar

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import NODES, PODS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import Obj, is_finished, key_of, name_of, namespace_of, node_of, uid_of

QUARANTINE_S = 40.0


class PodCollectorLoop(Loop[Obj, float, bool]):
    """Deletes the pods of nodes that no longer exist."""

    name: ClassVar[str] = "pod-garbage-collector"
    workers = 1

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock) -> None:
        super().__init__(client, clock)
        self._pods = caches.of(PODS)
        self._nodes = self.look_at(caches.of(NODES))
        self._missed_since: dict[str, float] = {}
        self.watch(self._pods, lambda pod: [key_of(pod)] if node_of(pod) else [])
        self._nodes.subscribe(self._on_node)

    def read_desired(self, key: str) -> Obj | None:
        """A pod that is bound to a node."""
        pod = self._pods.get(key)
        return pod if pod is not None and node_of(pod) else None

    def read_actual(self, pod: Obj) -> float:
        """For how many cluster seconds its node has been missing; 0 if it is there."""
        if self._nodes.get(node_of(pod)) is not None:
            return 0.0
        now = self.clock.monotonic()
        return now - self._missed_since.setdefault(node_of(pod), now)

    def compare(self, pod: Obj, missing_s: float) -> bool | None:
        """Whether the pod has to go."""
        return missing_s >= QUARANTINE_S or None

    async def act(self, pod: Obj, action: bool) -> None:
        """Ask the server itself whether the node is gone: a cache may be late, and deleting has no undo."""
        try:
            await self.client.get(NODES, "", node_of(pod))
        except ApiError as error:
            if error.status != 404:
                raise
            await self._delete(pod)

    def wait(self, pod: Obj, missing_s: float) -> float | None:
        """Until the quarantine is over."""
        is_missing = self._nodes.get(node_of(pod)) is None
        return max(0.001, QUARANTINE_S - missing_s) if is_missing and missing_s < QUARANTINE_S else None

    async def _delete(self, pod: Obj) -> None:
        try:
            if not is_finished(pod):
                await self._mark(pod)
            await self.client.delete(PODS, pod, grace=0)
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    async def _mark(self, pod: Obj) -> None:
        told = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists",
            "lastTransitionTime": self.clock.stamp(),
        }
        patch = {"metadata": {"uid": uid_of(pod)}, "status": {"phase": "Failed", "conditions": [told]}}
        await self.client.patch(
            PODS, namespace_of(pod), name_of(pod), patch, subresource="status", kind="strategic-merge"
        )

    def _on_node(self, old: Obj | None, new: Obj | None) -> None:
        """A node that is there is not missed; one that goes gives every pod of it a turn."""
        if new is not None:
            self._missed_since.pop(name_of(new), None)
        elif old is not None:
            for pod in self._pods:
                if node_of(pod) == name_of(old):
                    self.queue.add(key_of(pod))
