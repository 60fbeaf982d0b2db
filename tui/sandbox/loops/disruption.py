"""The disruption controller: how many pods of a budget may be evicted just now.

desired   one PodDisruptionBudget
actual    the pods that it selects, and how many their controllers want
compare   the healthy ones above those that have to stay: so many disruptions are allowed
act       write it into the budget's status, where the eviction subresource looks
wait      until an eviction that has not come true is no longer believed: 2 minutes after it was granted

Follows k8s/pkg/controller/disruption/disruption.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import ClassVar

from tui.sandbox.loops.cache import Cache, Caches
from tui.sandbox.loops.client import BUDGETS, DEPLOYMENTS, PODS, REPLICASETS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import (
    Obj,
    condition,
    controller_of,
    is_deleting,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    selects,
    status_of,
    uid_of,
)

BELIEVED_FOR_S = 120.0


class DisruptionLoop(Loop[Obj, list[Obj], Obj]):
    """Keeps the figures of the disruption budgets."""

    name: ClassVar[str] = "disruption-controller"
    workers = 1

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock) -> None:
        super().__init__(client, clock)
        self._budgets = caches.of(BUDGETS)
        self._pods = caches.of(PODS)
        self._sets = self.look_at(caches.of(REPLICASETS))
        self._deployments = self.look_at(caches.of(DEPLOYMENTS))
        self.watch(self._budgets, lambda budget: [key_of(budget)])
        self.watch(self._pods, self._budgets_of)

    def read_desired(self, key: str) -> Obj | None:
        """The budget, if it still exists."""
        return self._budgets.get(key)

    def read_actual(self, budget: Obj) -> list[Obj]:
        """The pods that it selects; an empty selector selects all of its namespace."""
        selector = budget["spec"].get("selector")
        return [
            pod for pod in self._pods.in_namespace(namespace_of(budget)) if selects(selector, labels_of(pod))
        ]

    def compare(self, budget: Obj, pods: list[Obj]) -> Obj | None:
        """The status to write, if it says anything new."""
        granted = self._granted(budget, pods)
        healthy = sum(is_ready(pod) and not is_deleting(pod) and name_of(pod) not in granted for pod in pods)
        expected, desired = expected_and_desired(budget["spec"], len(pods), self._wanted_for(budget, pods))
        allowed = max(0, healthy - desired) if expected > 0 else 0
        status: Obj = {
            "observedGeneration": budget["metadata"].get("generation", 1),
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": [self._condition(budget, allowed)],
        } | ({"disruptedPods": granted} if granted else {})
        return None if status == status_of(budget) else status

    async def act(self, budget: Obj, status: Obj) -> None:
        """Write the figures; an eviction meanwhile makes the write fail, and they are worked out anew."""
        try:
            await self.client.replace(BUDGETS, budget | {"status": status}, subresource="status")
        except ApiError as error:
            if error.status != 404:
                raise

    def wait(self, budget: Obj, pods: list[Obj]) -> float | None:
        """Until the oldest eviction that has not come true is no longer believed."""
        ages = [self.clock.since(granted_at) for granted_at in self._granted(budget, pods).values()]
        return max(0.001, BELIEVED_FOR_S - max(ages)) if ages else None

    # -------------------------------------------------------------- comparing

    def _granted(self, budget: Obj, pods: Iterable[Obj]) -> dict[str, str]:
        """status.disruptedPods: evictions that were granted and can't be seen yet (buildDisruptedPodMap)."""
        granted: dict[str, str] = status_of(budget).get("disruptedPods") or {}
        staying = {name_of(pod) for pod in pods if not is_deleting(pod)}
        return {
            name: at
            for name, at in granted.items()
            if name in staying and self.clock.since(at) < BELIEVED_FOR_S
        }

    def _wanted_for(self, budget: Obj, pods: Iterable[Obj]) -> int:
        """How many pods the controllers of these pods want, each counted once (getExpectedScale)."""
        wanted: dict[str, int] = {}
        for pod in pods:
            owner = self._owner_in(self._sets, pod)
            if owner is not None:
                top = self._owner_in(self._deployments, owner) or owner
                wanted[uid_of(top)] = top["spec"].get("replicas", 1)
        return sum(wanted.values())

    def _owner_in(self, cache: Cache, obj: Obj) -> Obj | None:
        ref = controller_of(obj)
        found: Obj | None = cache.get(f"{namespace_of(obj)}/{ref['name']}") if ref else None
        return found if found is not None and ref is not None and found["kind"] == ref["kind"] else None

    def _condition(self, budget: Obj, allowed: int) -> Obj:
        status = "True" if allowed else "False"
        standing = condition(budget, "DisruptionAllowed")
        kept = standing is not None and standing["status"] == status
        return {
            "type": "DisruptionAllowed",
            "status": status,
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
            "observedGeneration": budget["metadata"].get("generation", 1),
            "lastTransitionTime": standing["lastTransitionTime"] if standing and kept else self.clock.stamp(),
        }

    def _budgets_of(self, pod: Obj) -> list[str]:
        """The budgets that select this pod."""
        return [
            key_of(budget)
            for budget in self._budgets.in_namespace(namespace_of(pod))
            if selects(budget["spec"].get("selector"), labels_of(pod))
        ]


def expected_and_desired(spec: Obj, pods: int, wanted: int) -> tuple[int, int]:
    """How many pods there should be and how many have to stay healthy (getExpectedPodCount).

    pods: how many there are; wanted: how many their controllers want, which shares and maxUnavailable count against.
    """
    minimum, maximum = spec.get("minAvailable"), spec.get("maxUnavailable")
    if maximum is not None:
        return wanted, max(0, wanted - _share(maximum, wanted))
    if isinstance(minimum, str):
        return wanted, _share(minimum, wanted)
    return pods, 1 if minimum is None else int(minimum)


def _share(value: int | str, total: int) -> int:
    """A count, or a percentage of the total, rounded up."""
    return math.ceil(int(value.rstrip("%") or 0) * total / 100) if isinstance(value, str) else value
