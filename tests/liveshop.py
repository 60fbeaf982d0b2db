"""A sandbox on a thread of its own: a small shop for tests of what watches it, as any cluster over HTTPS."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest
import yaml

from tests.waiting import PATIENCE_S
from tui.sandbox.cluster import Sandbox
from tui.sandbox.loops.client import DEPLOYMENTS, NAMESPACES, NODES, PODS, ApiClient, Resource
from tui.sandbox.loops.objects import Obj, is_active, name_of, namespace_of
from tui.sandbox.request_log import RequestRecord
from tui.sandbox.shop import Workload, deployment

T = TypeVar("T")

SPEED = 50.0
WORKLOADS = (Workload("shop", "api", 2), Workload("shop", "web", 3), Workload("warehouse", "stock", 1))
KEYS = ["shop/api", "shop/web", "warehouse/stock"]
BUDGETS = Resource("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget")
QUOTAS = Resource("v1", "resourcequotas", "ResourceQuota")
UNSCHEDULABLE = "1000"
"""More CPUs than any node has: a gap that stays."""


class LiveShop:
    """Use as a context manager; between tests `tidy` puts it back to what it began with."""

    def __init__(self, speed: float = SPEED) -> None:
        self._speed = speed
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="liveshop", daemon=True
        )
        self._opened = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._closing: asyncio.Event
        self._stranger: ApiClient
        self.sandbox: Sandbox

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._opened.wait(PATIENCE_S), "the sandbox did not open"
        self.wait_for(self._fill())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Switches the cluster off; may be called again."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(PATIENCE_S)

    async def _serve(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        async with Sandbox(speed=self._speed, shop=False, requests_kept=10_000) as self.sandbox:
            token = self.sandbox.server.issue_token("stranger")
            self._stranger = self.sandbox.client.acting_as(token, agent="stranger/1", manager="stranger")
            self._opened.set()
            await self._closing.wait()

    async def _fill(self) -> None:
        for name in ("shop", "warehouse"):
            await self._stranger.create(NAMESPACES, {"metadata": {"name": name}})
        for workload in WORKLOADS:
            await self._stranger.create(DEPLOYMENTS, deployment(workload))
        await self.sandbox.settled()
        self._namespaces = {name_of(one) for one in await self._list(NAMESPACES)}

    # -------------------------------------------------------------- crossing threads

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs work on the sandbox' loop, from outside of any loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    # -------------------------------------------------------------- how it is reached

    @property
    def kubeconfig(self) -> str:
        """The kubeconfig file that leads here."""
        return str(self.sandbox.kubeconfig)

    def renamed(self, path: Any, name: str) -> str:
        """A kubeconfig in which this cluster's context has another name, beside the viewer's."""
        text = self.sandbox.kubeconfig.read_text()
        document = yaml.safe_load(text)
        document["current-context"] = document["contexts"][0]["name"] = name
        path.write_text(yaml.safe_dump(document))
        path.chmod(0o600)
        return str(path)

    # -------------------------------------------------------------- what came in

    @property
    def ours(self) -> list[RequestRecord]:
        """The requests under the kubeconfig's two users that the sandbox has not sent to itself."""
        own = self.sandbox.client.agent
        users = ("gapwatch-sandbox-admin", "viewer")
        return [
            one for one in list(self.sandbox.server.requests) if one.user in users and one.user_agent != own
        ]

    @property
    def writes(self) -> list[RequestRecord]:
        """Those of them that would change something: all but reads and questions about rights."""
        return [one for one in self.ours if one.method != "GET" and "accessreviews" not in one.path]

    # -------------------------------------------------------------- what others do there

    async def deploy(
        self, name: str, replicas: int = 1, *, namespace: str = "shop", cpu: str = "10m", image: str = ""
    ) -> None:
        """Another client creates a Deployment; `tidy` will take it away."""
        manifest = deployment(Workload(namespace, name, replicas, cpu=cpu))
        if image:
            manifest["spec"]["template"]["spec"]["containers"][0]["image"] = image
        await self._there(self._stranger.create(DEPLOYMENTS, manifest))

    async def scale(self, name: str, replicas: int, namespace: str = "shop") -> None:
        """Another client asks for another number of pods."""
        patch = {"spec": {"replicas": replicas}}
        await self._there(self._stranger.patch(DEPLOYMENTS, namespace, name, patch))

    async def delete(self, name: str, namespace: str = "shop") -> None:
        """Another client deletes a Deployment."""
        await self._there(self._delete(namespace, name))

    async def pods(self, name: str, namespace: str = "shop") -> dict[str, Obj]:
        """The Deployment's pods that are not being ended, by name."""
        found = await self._there(self._list(PODS))
        return {
            name_of(pod): pod
            for pod in found
            if namespace_of(pod) == namespace and pod["metadata"]["labels"]["app"] == name and is_active(pod)
        }

    async def delete_pod(self, pod: Obj) -> None:
        """Another client deletes a pod."""
        await self._there(self._stranger.delete(PODS, pod))

    async def protect(self, name: str, **spec: Any) -> None:
        """Another client gives a Deployment a PodDisruptionBudget; `tidy` will take it away."""
        budget = {
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"selector": {"matchLabels": {"app": name}}, **spec},
        }
        await self._there(self._stranger.create(BUDGETS, budget))

    async def change_budget(self, name: str, **spec: Any) -> None:
        """Another client changes a PodDisruptionBudget."""
        await self._there(self._stranger.patch(BUDGETS, "shop", name, {"spec": spec}))

    async def cordon(self, node: str, *, cordoned: bool = True) -> None:
        """Another client cordons a node, or uncordons it; `tidy` uncordons all."""
        patch = {"spec": {"unschedulable": True if cordoned else None}}
        await self._there(self._stranger.patch(NODES, "", node, patch))

    async def get(self, resource: Resource, name: str, namespace: str = "") -> Obj:
        """One object as it is now; ApiError when it is not there."""
        return await self._there(self._stranger.get(resource, namespace, name))

    async def every(self, resource: Resource) -> list[Obj]:
        """All objects of one kind."""
        return await self._there(self._list(resource))

    async def patch(self, resource: Resource, name: str, patch: Obj, namespace: str = "") -> None:
        """Another client changes one object by a merge patch."""
        await self._there(self._stranger.patch(resource, namespace, name, patch, kind="merge"))

    async def create(self, resource: Resource, obj: Obj) -> None:
        """Another client creates one object."""
        await self._there(self._stranger.create(resource, obj))

    async def remove(self, resource: Resource, obj: Obj) -> None:
        """Another client deletes one object."""
        await self._there(self._stranger.delete(resource, obj))

    async def settled(self) -> None:
        """Waits until every Deployment is complete."""
        await self._there(self.sandbox.settled())

    async def _delete(self, namespace: str, name: str) -> None:
        found = await self._stranger.get(DEPLOYMENTS, namespace, name)
        await self._stranger.delete(DEPLOYMENTS, found, propagation="Background")

    async def _list(self, resource: Any) -> list[Obj]:
        return [one async for page in self._stranger.pages(resource) for one in page.get("items") or ()]

    async def _gone(self, obj: Obj) -> None:
        """Waits until it and all its pods are gone."""
        while any(pod["metadata"]["labels"]["app"] == name_of(obj) for pod in await self._list(PODS)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def _take_namespaces_away(self) -> None:
        """Deletes those that it did not begin with, and waits until they are gone with all that is in them."""
        while strange := [
            one for one in await self._list(NAMESPACES) if name_of(one) not in self._namespaces
        ]:
            for one in strange:
                if "deletionTimestamp" not in one["metadata"]:
                    await self._stranger.delete(NAMESPACES, one)
            await asyncio.sleep(0.01)

    async def tidy(self) -> None:
        """Takes away what tests have added, mends what they have changed, and forgets the requests."""
        for budget in await self._list(BUDGETS):
            await self._stranger.delete(BUDGETS, budget)
        for quota in await self._list(QUOTAS):
            await self._stranger.delete(QUOTAS, quota)
        for node in await self._list(NODES):
            spec = node["spec"]
            if spec.get("unschedulable") or spec.get("taints"):
                clean = {"unschedulable": None, "taints": None}
                await self._stranger.patch(NODES, "", name_of(node), {"spec": clean})
        await self._take_namespaces_away()
        wanted = {(one.namespace, one.name): one for one in WORKLOADS}
        there = {(namespace_of(one), name_of(one)): one for one in await self._list(DEPLOYMENTS)}
        for key in there.keys() - wanted.keys():
            await self._delete(*key)
        for key, workload in wanted.items():
            if key in there and not _has(there[key]["spec"], deployment(workload)["spec"]):
                await self._delete(*key)
                await self._gone(there.pop(key))
            if key not in there:
                await self._stranger.create(DEPLOYMENTS, deployment(workload))
            elif there[key]["spec"]["replicas"] != workload.replicas:
                await self._stranger.patch(DEPLOYMENTS, *key, {"spec": {"replicas": workload.replicas}})
        await self.sandbox.settled()
        self.sandbox.server.requests.clear()


def _has(spec: Obj, wanted: Obj) -> bool:
    """Whether it still has the template that it began with, apart from what the server has filled in."""
    (there,), (began,) = (one["template"]["spec"]["containers"] for one in (spec, wanted))
    same = all(there.get(name) == began[name] for name in ("image", "resources"))
    return same and "command" not in there and not spec.get("paused")


@pytest.fixture(scope="session")
def open_shop() -> Iterator[LiveShop]:
    """One shop for all tests of a folder."""
    with LiveShop() as shop:
        yield shop


@pytest.fixture
def shop(open_shop: LiveShop) -> LiveShop:
    """That shop, tidied up."""
    open_shop.wait_for(open_shop.tidy())
    return open_shop
