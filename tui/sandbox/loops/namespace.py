"""The namespace controller: a namespace that was asked to go takes everything in it along.

desired   a namespace
actual    whether it is being deleted and still held by the finalizer `kubernetes`
compare   if both: it has to be emptied
act       delete what is in it, kind by kind; when nothing is left, take the finalizer away
wait      a second, while something is still on its way out: pods have their grace

Follows k8s/pkg/controller/namespace/deletion (namespaced_resources_deleter.go).
"""

from __future__ import annotations

from typing import ClassVar

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.client import (
    BUDGETS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    NAMESPACES,
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
from tui.sandbox.loops.objects import Obj, is_deleting, key_of, name_of

FINALIZER = "kubernetes"
LOOK_AGAIN_S = 1.0
CONTENT = (
    DEPLOYMENTS,
    REPLICASETS,
    PODS,
    SERVICES,
    CONFIG_MAPS,
    LEASES,
    SECRETS,
    SERVICE_ACCOUNTS,
    QUOTAS,
    BUDGETS,
    EVENTS,
)
"""Everything that can be in a namespace; Events last, because the others' going may still make some."""


class NamespaceLoop(Loop[Obj, bool, bool]):
    """Empties namespaces that are being deleted, and lets them go."""

    name: ClassVar[str] = "namespace-controller"

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock) -> None:
        super().__init__(client, clock)
        self._namespaces = caches.of(NAMESPACES)
        self.watch(self._namespaces, lambda namespace: [key_of(namespace)])

    def read_desired(self, key: str) -> Obj | None:
        """The namespace, if it still exists."""
        return self._namespaces.get(key)

    def read_actual(self, namespace: Obj) -> bool:
        """It was asked to go, and waits for us."""
        return is_deleting(namespace) and FINALIZER in finalizers_of(namespace)

    def compare(self, namespace: Obj, waits_for_us: bool) -> bool | None:
        """Whether it has to be emptied."""
        return waits_for_us or None

    async def act(self, namespace: Obj, action: bool) -> None:
        """Delete what is in it; when nothing is left, let it go."""
        left = [resource for resource in CONTENT if not await self._is_emptied(resource, name_of(namespace))]
        if not left:
            await self._let_go(namespace)

    def wait(self, namespace: Obj, waits_for_us: bool) -> float | None:
        """A moment, as long as it is there."""
        return LOOK_AGAIN_S if waits_for_us else None

    async def _is_emptied(self, resource: Resource, namespace: str) -> bool:
        """Ask for all of a kind to go; whether nothing of it is left after that."""
        await self.client.delete_all(resource, namespace)
        return not [one async for page in self.client.pages(resource, namespace) for one in page["items"]]

    async def _let_go(self, namespace: Obj) -> None:
        others = [one for one in finalizers_of(namespace) if one != FINALIZER]
        spec = (namespace.get("spec") or {}) | {"finalizers": others}
        try:
            await self.client.replace(NAMESPACES, namespace | {"spec": spec}, subresource="finalize")
        except ApiError as error:
            if error.status != 404:
                raise


def finalizers_of(namespace: Obj) -> list[str]:
    """spec.finalizers: what a namespace waits for beside its metadata's own."""
    return (namespace.get("spec") or {}).get("finalizers") or []
