"""A running sandbox for tests, and ways to wait for facts in it: by watching, never by counting seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.waiting import PATIENCE_S
from tui.sandbox.cluster import Sandbox
from tui.sandbox.loops.behaviour import KubeletDelays
from tui.sandbox.loops.client import DEPLOYMENTS, EVENTS, PODS, REPLICASETS, ApiClient, Resource
from tui.sandbox.loops.deployment_status import is_complete
from tui.sandbox.loops.objects import (
    Obj,
    is_active,
    is_deleting,
    is_ready,
    key_of,
    name_of,
    status_of,
    uid_of,
)

NAMESPACE = "default"

Objects = dict[str, Obj]


class Live:
    """A sandbox without the shop, and a client of its own beside the loops'."""

    def __init__(self, sandbox: Sandbox, api: ApiClient) -> None:
        self.sandbox = sandbox
        self.api = api

    # -------------------------------------------------------------- writing

    async def deploy(
        self,
        name: str = "web",
        replicas: int = 3,
        *,
        pod: Obj | None = None,
        annotations: Any = None,
        **spec: Any,
    ) -> Obj:
        """Create a Deployment and wait until it is complete; pod: more of the container, annotations: of the pod."""
        made = await self.api.create(
            DEPLOYMENTS, manifest(name, replicas, pod=pod, annotations=annotations, **spec)
        )
        await self.complete(name)
        return made

    async def patch(self, resource: Resource, name: str, patch: Obj, *, subresource: str = "") -> Obj:
        """Patch strategically, as kubectl does."""
        return await self.api.patch(
            resource, NAMESPACE, name, patch, subresource=subresource, kind="strategic-merge"
        )

    async def set_image(self, image: str, name: str = "web") -> Obj:
        """What `kubectl set image` sends."""
        containers = [{"name": "web", "image": image}]
        return await self.patch(
            DEPLOYMENTS, name, {"spec": {"template": {"spec": {"containers": containers}}}}
        )

    async def scale(self, replicas: int, name: str = "web") -> None:
        """What `kubectl scale` sends."""
        await self.api.patch(
            DEPLOYMENTS, NAMESPACE, name, {"spec": {"replicas": replicas}}, subresource="scale", kind="merge"
        )

    # -------------------------------------------------------------- reading

    async def every(self, resource: Resource) -> list[Obj]:
        """Everything of one kind, in all namespaces."""
        return [one async for page in self.api.pages(resource) for one in page.get("items") or ()]

    async def pods(self) -> list[Obj]:
        """The pods that count as replicas."""
        return [pod for pod in await self.every(PODS) if is_active(pod)]

    async def until(self, resource: Resource, fact: Callable[[Objects], bool]) -> Objects:
        """Wait until the objects of one kind, by key, are as said; those objects."""
        return await first(self.states(resource), fact)

    async def watched(self, resource: Resource) -> AsyncIterator[Objects]:
        """As `states`, but with the present one behind it: however late it is read, none of what comes is missed."""
        states = self.states(resource)
        await anext(states)
        return states

    async def settle(self, resources: Sequence[Resource], wrongs: Callable[..., list[str]]) -> None:
        """Wait until nothing is wrong with the objects of several kinds, each by key; else tell what stays wrong."""
        seen: dict[Resource, Objects] = {}
        left = ["nothing was seen"]

        async def follow(resource: Resource) -> None:
            async for objects in self.states(resource):
                seen[resource] = objects
                if len(seen) == len(resources):
                    left[:] = wrongs(*(seen[one] for one in resources))
                if not left:
                    return

        following = [asyncio.create_task(follow(resource)) for resource in resources]
        try:
            done, _ = await asyncio.wait(following, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in following:
                task.cancel()
            await asyncio.wait(following)
        for task in done:
            if not isinstance(task.exception(), TimeoutError):
                task.result()
        assert not left, "; ".join(left)

    async def states(self, resource: Resource) -> AsyncIterator[Objects]:
        """Every state of one kind that a watch shows, the present one first."""
        page = [page async for page in self.api.pages(resource)][-1]
        objects = {key_of(one): one for one in page.get("items") or ()}
        yield dict(objects)
        async with asyncio.timeout(PATIENCE_S):
            async with self.api.watch(resource, page["metadata"]["resourceVersion"]) as frames:
                async for kind, obj in frames:
                    if kind == "DELETED":
                        objects.pop(key_of(obj), None)
                    elif kind != "BOOKMARK":
                        objects[key_of(obj)] = obj
                    yield dict(objects)

    async def complete(self, name: str = "web") -> Obj:
        """Wait until a Deployment is complete."""
        key = f"{NAMESPACE}/{name}"
        found = await self.until(
            DEPLOYMENTS, lambda all_: key in all_ and is_complete(all_[key], status_of(all_[key]))
        )
        return found[key]

    async def ready_pods(self, count: int) -> list[Obj]:
        """Wait until so many pods are ready and nothing else is left, not even terminating."""
        pods = await self.until(PODS, lambda all_: len(all_) == count and all(map(is_ready, all_.values())))
        return list(pods.values())

    async def event(self, reason: str, words: str = "") -> Obj:
        """Wait for an Event with this reason and these words in it."""

        def told(event: Obj) -> bool:
            return event["reason"] == reason and words in event["message"]

        found = await self.until(EVENTS, lambda all_: any(map(told, all_.values())))
        return next(event for event in found.values() if told(event))

    async def deployment_condition(self, kind: str, reason: str, name: str = "web") -> Obj:
        """Wait until a Deployment's condition has this reason."""
        key = f"{NAMESPACE}/{name}"

        def find(all_: Objects) -> Obj | None:
            conditions = status_of(all_[key]).get("conditions") or () if key in all_ else ()
            return next((c for c in conditions if c["type"] == kind and c["reason"] == reason), None)

        found = find(await self.until(DEPLOYMENTS, lambda all_: find(all_) is not None))
        assert found is not None
        return found

    async def replica_sets(self) -> dict[str, Obj]:
        """The ReplicaSets by their revision."""
        revision = "deployment.kubernetes.io/revision"
        return {one["metadata"]["annotations"][revision]: one for one in await self.every(REPLICASETS)}


async def first(states: AsyncIterator[Objects], fact: Callable[[Objects], bool]) -> Objects:
    """The first of these states that is as said."""
    async for objects in states:
        if fact(objects):
            return objects
    raise AssertionError("the watch has ended")


def manifest(
    name: str = "web", replicas: int = 3, *, pod: Obj | None = None, annotations: Any = None, **spec: Any
) -> Obj:
    """A small Deployment in the test's namespace."""
    labels = {"app": name}
    container = {"name": "web", "image": "ghcr.io/stefanprodan/podinfo:6.14.1", **(pod or {})}
    meta: Obj = {"labels": labels} | ({"annotations": annotations} if annotations else {})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": meta, "spec": {"containers": [container]}},
            **spec,
        },
    }


def names(pods: Any) -> set[str]:
    """The names of these objects."""
    return {name_of(pod) for pod in pods}


def uids(pods: Any) -> set[str]:
    """The uids of these objects."""
    return {uid_of(pod) for pod in pods}


def serving(objects: Objects) -> list[Obj]:
    """The pods that are ready and stay."""
    return [pod for pod in objects.values() if is_ready(pod) and not is_deleting(pod)]


@asynccontextmanager
async def live(*, speed: float = 20.0, delays: KubeletDelays | None = None) -> AsyncIterator[Live]:
    """A sandbox without the shop at this speed."""
    async with Sandbox(speed=speed, shop=False, delays=delays, requests_kept=10_000) as sandbox:
        token = sandbox.server.issue_token("tester")
        yield Live(sandbox, sandbox.client.acting_as(token, agent="kubectl/test", manager="kubectl"))
