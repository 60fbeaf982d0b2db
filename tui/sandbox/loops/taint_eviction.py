"""The taint eviction controller: off a node with a NoExecute taint goes whoever does not tolerate it.

desired   a pod on a node
actual    the NoExecute taints of the node, and since when the pod's eviction is being waited for
compare   one that is not tolerated: go now; tolerated for a time: go when it is over; else stay
act       name the reason in the pod's conditions, delete it; or say that it may stay after all
wait      until the tolerated time is over

Follows k8s/pkg/controller/tainteviction/taint_eviction.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import NODES, PODS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.fitting import covers
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.node_taints import taints_of
from tui.sandbox.loops.objects import Obj, is_deleting, key_of, name_of, namespace_of, node_of, uid_of


class Verdict(Enum):
    """What becomes of a pod now."""

    EVICT = "it has to go"
    SPARE = "it was to go, and may stay"


@dataclass(frozen=True)
class Notice:
    """How a pod stands: how long it may stay with these taints, and for how long it has; cluster seconds.

    tolerated_s: infinite where nothing asks it to go; waited_s: None where nothing has asked so far.
    """

    tolerated_s: float
    waited_s: float | None


class TaintEvictionLoop(Loop[Obj, Notice, Verdict]):
    """Deletes pods that do not tolerate their node's NoExecute taints."""

    name: ClassVar[str] = "taint-eviction-controller"

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock, recorder: Recorder) -> None:
        super().__init__(client, clock)
        self._recorder = recorder
        self._pods = caches.of(PODS)
        self._nodes = self.look_at(caches.of(NODES))
        self._noticed: dict[str, tuple[str, float]] = {}
        self.watch(self._pods, self._concerned)
        self._nodes.subscribe(self._on_node)

    # -------------------------------------------------------------- the cycle

    def read_desired(self, key: str) -> Obj | None:
        """A pod on a node that nobody has asked to go yet."""
        pod = self._pods.get(key)
        return pod if pod is not None and node_of(pod) and not is_deleting(pod) else None

    def read_actual(self, pod: Obj) -> Notice:
        """How long it may stay, and since when that counts: the first taint that asked it to go."""
        tolerated_s = tolerated_seconds(pod, self._evicting(node_of(pod)))
        key, now = key_of(pod), self.clock.monotonic()
        uid, since = self._noticed.get(key, ("", now))
        if uid != uid_of(pod):
            if tolerated_s == math.inf:
                return Notice(tolerated_s, None)
            since = now
            self._noticed[key] = (uid_of(pod), since)
        return Notice(tolerated_s, now - since)

    def compare(self, pod: Obj, notice: Notice) -> Verdict | None:
        """Whether its time is over, or whether it need not count it any more."""
        if notice.waited_s is None:
            return None
        if notice.tolerated_s == math.inf:
            return Verdict.SPARE
        return Verdict.EVICT if notice.waited_s >= notice.tolerated_s else None

    async def act(self, pod: Obj, verdict: Verdict) -> None:
        """Delete it, or drop the notice; either is said."""
        key = key_of(pod)
        if verdict is Verdict.SPARE:
            self._noticed.pop(key, None)
            self._recorder.event(pod, "Normal", "TaintManagerEviction", f"Cancelling deletion of Pod {key}")
            return
        self._recorder.event(pod, "Normal", "TaintManagerEviction", f"Marking for deletion Pod {key}")
        try:
            await self._mark(pod)
            await self.client.delete(PODS, pod)
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    def wait(self, pod: Obj, notice: Notice) -> float | None:
        """Until what the pod tolerates is over."""
        if notice.waited_s is None or not notice.waited_s < notice.tolerated_s < math.inf:
            return None
        return max(0.001, notice.tolerated_s - notice.waited_s)

    def forget(self, key: str) -> None:
        """The pod is going, or gone."""
        self._noticed.pop(key, None)

    # -------------------------------------------------------------- reading

    def _evicting(self, node: str) -> list[Obj]:
        found = self._nodes.get(node)
        return evicting(found) if found is not None else []

    def _concerned(self, pod: Obj) -> Iterable[str]:
        key = key_of(pod)
        return [key] if key in self._noticed or self._evicting(node_of(pod)) else []

    def _on_node(self, old: Obj | None, new: Obj | None) -> None:
        """The taints that evict have changed: every pod of the node gets a turn."""
        before, after = evicting(old) if old else [], evicting(new) if new else []
        name = name_of(new or old or {"metadata": {"name": ""}})
        if before != after:
            for pod in self._pods:
                if node_of(pod) == name:
                    self.queue.add(key_of(pod))

    # -------------------------------------------------------------- acting

    async def _mark(self, pod: Obj) -> None:
        told = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastTransitionTime": self.clock.stamp(),
        }
        patch = {"metadata": {"uid": uid_of(pod)}, "status": {"conditions": [told]}}
        await self.client.patch(
            PODS, namespace_of(pod), name_of(pod), patch, subresource="status", kind="strategic-merge"
        )


# ------------------------------------------------------------------ comparing


def evicting(node: Obj) -> list[Obj]:
    """The taints of a node that ask pods to go."""
    return [taint for taint in taints_of(node) if taint["effect"] == "NoExecute"]


def tolerated_seconds(pod: Obj, taints: Sequence[Obj]) -> float:
    """How long a pod may stay with these taints: 0 where one is not tolerated, infinite where nothing asks it to go.

    Of several tolerations that apply the shortest time counts, as upstream.
    """
    tolerations = pod["spec"].get("tolerations") or ()
    used = [[one for one in tolerations if covers(one, taint)] for taint in taints]
    if not all(used):
        return 0.0
    limits = [
        float(one["tolerationSeconds"])
        for applying in used
        for one in applying[:1]
        if one.get("tolerationSeconds") is not None
    ]
    return max(0.0, min(limits, default=math.inf))
