"""The scheduler: a node for every pod that has none.

desired   a pod without spec.nodeName
actual    the nodes, and what already sits on them
compare   drop the nodes that can't take it, rank the rest
act       bind it to the best; or say why there is none
wait      for a node or pod to change, or for the back-off (1 s to 10 s)

It moves nothing: a pod that is bound stays where it is, however the cluster changes.
Follows k8s/pkg/scheduler (schedule_one.go, backend/queue).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import NODES, PODS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.fitting import Seat, no_fit_message, obstacles, score, siblings_of
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import (
    Obj,
    condition,
    is_deleting,
    is_finished,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    node_of,
    status_of,
    uid_of,
)
from tui.sandbox.loops.queue import WorkQueue
from tui.sandbox.loops.seating import Seating

SCHEDULER = "default-scheduler"
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 10.0


@dataclass(frozen=True)
class Placement:
    """Where a pod goes, or why nowhere."""

    node: str = ""
    message: str = ""


@dataclass
class _Tried:
    """An attempt that failed: how often, and in which state of the cluster."""

    attempts: int = 0
    not_before: float = 0.0
    moved: int = -1


@dataclass
class _Memory:
    """What the scheduler knows that its cache may not show yet."""

    promised: set[str] = field(default_factory=set)
    tried: dict[str, _Tried] = field(default_factory=dict)
    moved: int = 0


class SchedulerLoop(Loop[Obj, list[Seat], Placement]):
    """Binds pods to nodes, one at a time."""

    name = SCHEDULER
    workers = 1

    def __init__(
        self, client: ApiClient, caches: Caches, clock: Clock, recorder: Recorder, seed: int
    ) -> None:
        super().__init__(client, clock)
        self.queue = WorkQueue(clock, longest_backoff=LONGEST_BACKOFF_S)
        self._pods = caches.of(PODS)
        self._nodes = self.look_at(caches.of(NODES))
        self._recorder = recorder
        self._seed = seed
        self._memory = _Memory()
        self._seating = Seating()
        self._pods.subscribe(self._on_pod)
        self.watch(self._pods, lambda pod: [key_of(pod)] if self._is_mine(pod) else [])
        self._nodes.subscribe(self._on_node)

    # -------------------------------------------------------------- the cycle

    def read_desired(self, key: str) -> Obj | None:
        """A pod that waits for a node."""
        pod = self._pods.get(key)
        return pod if pod is not None and self._is_mine(pod) and key not in self._memory.promised else None

    def read_actual(self, pod: Obj) -> list[Seat]:
        """Every node with the pods bound or promised to it."""
        return [self._seating.seat(node) for node in self._nodes if not is_deleting(node)]

    def compare(self, pod: Obj, seats: list[Seat]) -> Placement | None:
        """The best node, or nowhere and why; None while its back-off lasts."""
        tried = self._memory.tried.get(key_of(pod))
        if tried is not None and self.clock.monotonic() < tried.not_before:
            return None
        reasons = {seat.name: obstacles(pod, seat) for seat in seats}
        fitting = [seat for seat in seats if not reasons[seat.name]]
        if not fitting:
            return Placement(message=no_fit_message(reasons))
        siblings = siblings_of(pod, seats)
        scores = {seat.name: score(pod, seat, siblings) for seat in fitting}
        best = max(scores.values())
        draw = random.Random(f"{self._seed}/{key_of(pod)}")  # the pod's own: no other pod's turn changes it
        return Placement(draw.choice(sorted(name for name, points in scores.items() if points == best)))

    async def act(self, pod: Obj, placement: Placement) -> None:
        """Bind the pod, or say that it can't be and why."""
        if not placement.node:
            await self._refuse(pod, placement.message)
            return
        key = key_of(pod)
        self._memory.promised.add(key)
        self._seating.put(pod, placement.node)
        try:
            await self.client.create(
                PODS, binding(pod, placement.node), subresource="binding", name=name_of(pod)
            )
        except Exception as error:  # also one on the way there: a promise that stands is never tried again
            self._take_back(key)
            if isinstance(error, ApiError) and error.status in (404, 409):
                return  # gone, or bound by somebody else: the next frame will show it
            raise
        self._memory.tried.pop(key, None)
        message = f"Successfully assigned {key} to {placement.node}"
        self._recorder.event(pod, "Normal", "Scheduled", message, action="Binding")

    def wait(self, pod: Obj, seats: list[Seat]) -> float | None:
        """Until the back-off is over; after that only news can help."""
        tried = self._memory.tried.get(key_of(pod))
        if tried is None or tried.moved == self._memory.moved:
            return None
        return max(0.001, tried.not_before - self.clock.monotonic())

    def forget(self, key: str) -> None:
        """A pod that is bound or gone was not tried in vain."""
        self._memory.tried.pop(key, None)

    # -------------------------------------------------------------- acting

    def _take_back(self, key: str) -> None:
        """The promise was not kept; a pod that was seen bound meanwhile is no promise any more."""
        if key in self._memory.promised:
            self._memory.promised.discard(key)
            self._seating.take(key)

    async def _refuse(self, pod: Obj, message: str) -> None:
        tried = self._memory.tried.setdefault(key_of(pod), _Tried())
        pause = min(FIRST_BACKOFF_S * 2**tried.attempts, LONGEST_BACKOFF_S)
        tried.attempts = min(tried.attempts + 1, 10)
        tried.not_before = self.clock.monotonic() + pause
        tried.moved = self._memory.moved
        self._recorder.event(pod, "Warning", "FailedScheduling", message, action="Scheduling")
        standing = condition(pod, "PodScheduled")
        told: Obj = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        if standing is not None and all(standing.get(name) == value for name, value in told.items()):
            return
        since = (
            standing["lastTransitionTime"]
            if standing and standing["status"] == "False"
            else self.clock.stamp()
        )
        told |= {"lastProbeTime": None, "lastTransitionTime": since}
        others = [c for c in status_of(pod).get("conditions") or () if c["type"] != "PodScheduled"]
        patch = {"metadata": {"uid": uid_of(pod)}, "status": {"conditions": [*others, told]}}
        await self.client.patch(PODS, namespace_of(pod), name_of(pod), patch, subresource="status")

    # -------------------------------------------------------------- whose turn it is

    @staticmethod
    def _is_mine(pod: Obj) -> bool:
        free = not node_of(pod) and not is_deleting(pod) and not is_finished(pod)
        return free and pod["spec"].get("schedulerName", SCHEDULER) == SCHEDULER

    def _on_pod(self, old: Obj | None, new: Obj | None) -> None:
        """A pod was seen bound, or went: promises are kept, and room may have come free."""
        pod = new or old
        if pod is None:
            return
        if new is None or node_of(new):
            self._memory.promised.discard(key_of(pod))
        if new is None or is_finished(new):
            self._seating.take(key_of(pod))
            self._try_again()
        elif node_of(new):
            self._seating.put(new, node_of(new))

    def _on_node(self, old: Obj | None, new: Obj | None) -> None:
        """A node came, went, or changed in what decides who may sit there; heartbeats don't."""
        if old is None or new is None or _what_decides(old) != _what_decides(new):
            self._try_again()

    def _try_again(self) -> None:
        """The cluster has moved: pods that were tried in vain may be tried again, each after its back-off."""
        self._memory.moved += 1
        now = self.clock.monotonic()
        for key, tried in self._memory.tried.items():
            self.queue.add_after(key, tried.not_before - now)


def _what_decides(node: Obj) -> tuple[Obj, dict[str, str], Obj]:
    return node["spec"], labels_of(node), status_of(node).get("allocatable") or {}


def binding(pod: Obj, node: str) -> Obj:
    """The Binding that gives a pod its node."""
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": name_of(pod), "namespace": namespace_of(pod), "uid": uid_of(pod)},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node},
    }
