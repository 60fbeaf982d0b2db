"""The resource quota controller: what of a quota is used, counted anew whenever something may have changed it.

desired   spec.hard of one ResourceQuota
actual    how many objects of each kind that it limits are in its namespace, and what their sums are
compare   whether status says so
act       write status.hard and status.used
wait      5 minutes at most: counts that nobody announced are found by then

Whether one more may be created is decided by the API server, at its creation.
Follows k8s/pkg/controller/resourcequota/resource_quota_controller.go.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import ClassVar

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import (
    BUDGETS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    LEASES,
    PODS,
    QUOTAS,
    REPLICASETS,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    ApiClient,
    ApiError,
    Resource,
)
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import Obj, is_finished, key_of, namespace_of, status_of
from tui.sandbox.pod_sums import LIMITED, limited_sum
from tui.sandbox.quantity import amount_text

RESYNC_S = 300.0
SHORT_NAMES = {one.plural: one for one in (PODS, SERVICES, SECRETS, CONFIG_MAPS, QUOTAS)}
"""Limits that are named by the kind alone; every other count is called `count/RESOURCE.GROUP`."""
COUNTED = (*SHORT_NAMES.values(), SERVICE_ACCOUNTS, DEPLOYMENTS, REPLICASETS, BUDGETS, LEASES)


class QuotaLoop(Loop[Obj, dict[str, Fraction], Obj]):
    """Keeps the figures of the resource quotas."""

    name: ClassVar[str] = "resourcequota-controller"

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock) -> None:
        super().__init__(client, clock)
        self._quotas = caches.of(QUOTAS)
        self._caches = {resource: self.look_at(caches.of(resource)) for resource in COUNTED}
        self.watch(self._quotas, lambda quota: [key_of(quota)])
        for resource, cache in self._caches.items():
            cache.subscribe(self._replenish(resource))

    def read_desired(self, key: str) -> Obj | None:
        """The quota, if it still exists."""
        return self._quotas.get(key)

    def read_actual(self, quota: Obj) -> dict[str, Fraction]:
        """What is used, by the name of each limit."""
        space = namespace_of(quota)
        return {name: self._use(name, space) for name in _hard(quota)}

    def compare(self, quota: Obj, used: dict[str, Fraction]) -> Obj | None:
        """The status to write, if it says anything new."""
        status = {
            "hard": {name: str(limit) for name, limit in _hard(quota).items()},
            "used": {name: amount_text(amount) for name, amount in used.items()},
        }
        return None if status == status_of(quota) else status

    async def act(self, quota: Obj, status: Obj) -> None:
        """Write the figures."""
        try:
            await self.client.replace(QUOTAS, quota | {"status": status}, subresource="status")
        except ApiError as error:
            if error.status != 404:
                raise

    def wait(self, quota: Obj, used: dict[str, Fraction]) -> float | None:
        """Until the next full count."""
        return RESYNC_S

    def _use(self, name: str, namespace: str) -> Fraction:
        resource = limited_by(name)
        if resource is None:
            return Fraction(0)
        found = self._caches[resource].in_namespace(namespace)
        if name in LIMITED:
            return limited_sum(name, found)
        return Fraction(sum(name != "pods" or not is_finished(one) for one in found))

    def _replenish(self, resource: Resource) -> Callable[[Obj | None, Obj | None], None]:
        """Give a turn to the quotas that count this kind when one of it comes or goes, or a pod finishes."""

        def on_change(old: Obj | None, new: Obj | None) -> None:
            if old is not None and new is not None and is_finished(old) == is_finished(new):
                return
            for quota in self._quotas.in_namespace(namespace_of(new or old or {})):
                if any(limited_by(name) is resource for name in _hard(quota)):
                    self.queue.add(key_of(quota))

        return on_change


def limited_by(name: str) -> Resource | None:
    """The kind that a limit counts or sums up (`pods`, `count/deployments.apps`, `cpu`); None for what is not here."""
    if name in LIMITED:
        return PODS
    return SHORT_NAMES.get(name) or next((one for one in COUNTED if name == f"count/{_qualified(one)}"), None)


def _qualified(resource: Resource) -> str:
    group = resource.api_version.rpartition("/")[0]
    return f"{resource.plural}.{group}" if group else resource.plural


def _hard(quota: Obj) -> Obj:
    return (quota.get("spec") or {}).get("hard") or {}
