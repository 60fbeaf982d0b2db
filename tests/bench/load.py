"""A load for any API server: so many Deployments in namespaces of their own, made by hand, changed, and taken away.

It speaks the plain API through gapwatch's own connection; whether the pods come to run is the cluster's business.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from tui.cluster.connection import Connection
from tui.cluster.contexts import kubeconfig_files, read_contexts
from tui.cluster.errors import ClusterError
from tui.cluster.kinds import DEPLOYMENTS, Resource

PREFIX = "gapwatch-bench"
NAMESPACES = Resource("v1", "namespaces", namespaced=False)
AT_ONCE = 16
PATIENCE_S = 900.0
MERGE_PATCH = "application/merge-patch+json"


def deployment(name: str, replicas: int) -> dict[str, Any]:
    """One of them; its pods tolerate anything and ask for next to nothing."""
    labels = {"app": name, "bench": "gapwatch"}
    container = {
        "name": "web",
        "image": "example.com/bench/web:1",
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
        "env": [{"name": f"SETTING_{number}", "value": "x" * 60} for number in range(20)],
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "tolerations": [{"operator": "Exists"}]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


class Load:
    """What was put on one cluster."""

    def __init__(self, connection: Connection, deployments: int, replicas: int, namespaces: int = 10) -> None:
        self._connection = connection
        self._names = [
            (f"{PREFIX}-{number % namespaces}", f"app-{number:05d}") for number in range(deployments)
        ]
        self._namespaces = sorted({namespace for namespace, _ in self._names})
        self._replicas = replicas

    async def put(self) -> None:
        """Makes everything and waits until every pod is ready."""
        for namespace in self._namespaces:
            body = {"metadata": {"name": namespace, "labels": {"bench": "gapwatch"}}}
            await self._connection.call("POST", NAMESPACES, body=body)
        await _at_once(
            self._connection.call(
                "POST", DEPLOYMENTS.resource, namespace=namespace, body=deployment(name, self._replicas)
            )
            for namespace, name in self._names
        )
        await self._until_ready(len(self._names) * self._replicas)

    async def churn(self, rate: float, seconds: float, seed: int = 0) -> int:
        """Scales random ones up and down, `rate` a second; returns how many."""
        rng, done = random.Random(seed), 0
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while loop.time() - begun < seconds:
            namespace, name = rng.choice(self._names)
            body = {"spec": {"replicas": self._replicas + done % 2}}
            await self._connection.call(
                "PATCH", DEPLOYMENTS.resource, name, namespace=namespace, body=body, content_type=MERGE_PATCH
            )
            done += 1
            await asyncio.sleep(max(0.0, begun + done / rate - loop.time()))
        return done

    async def take_away(self) -> None:
        """Deletes the namespaces; the rest is the cluster's business."""
        for namespace in self._namespaces:
            try:
                await self._connection.call("DELETE", NAMESPACES, namespace)
            except ClusterError:
                continue  # it was never made

    async def _until_ready(self, wanted: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (ready := await self._count_ready()) < wanted:  # noqa: ASYNC110 - the cluster's business
                await asyncio.sleep(2.0 if wanted - ready > 100 else 0.5)

    async def _count_ready(self) -> int:
        ready = 0
        for namespace in self._namespaces:
            answer = await self._connection.call("GET", DEPLOYMENTS.resource, namespace=namespace)
            ready += sum(one.get("status", {}).get("readyReplicas", 0) for one in answer.json()["items"])
        return ready


async def _at_once(work: Iterable[Coroutine[Any, Any, Any]]) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(job: Coroutine[Any, Any, Any]) -> None:
        async with places:
            await job

    await asyncio.gather(*map(one, work))


@asynccontextmanager
async def loaded(
    kubeconfig: str | None, context: str | None, deployments: int, replicas: int
) -> AsyncIterator[Load]:
    """That load on that cluster while the block is open."""
    connection = await Connection.open(read_contexts(kubeconfig_files(kubeconfig)).choose(context))
    load = Load(connection, deployments, replicas)
    try:
        await load.put()
        yield load
    finally:
        await load.take_away()
        await connection.close()
