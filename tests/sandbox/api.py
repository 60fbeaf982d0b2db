"""A bare HTTP client for the sandbox's API, and the manifests that its tests send."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

from tests.waiting import PATIENCE_S
from tui.sandbox.server import ApiServer

Obj = dict[str, Any]
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
REPLICA_SETS = "/apis/apps/v1/namespaces/default/replicasets"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
NODES = "/api/v1/nodes"
NAMESPACES = "/api/v1/namespaces"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    code: int
    body: Any
    headers: Mapping[str, str]

    @property
    def message(self) -> str:
        """The message of a Status."""
        return str(self.body["message"])

    @property
    def reason(self) -> str:
        """The reason of a Status."""
        return str(self.body["reason"])

    def expect(self, code: int) -> Any:
        """The body, of an answer that must have this code."""
        assert self.code == code, self.body
        return self.body


class Stream:
    """A watch that is being read, frame by frame."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    @property
    def code(self) -> int:
        """The HTTP code."""
        return self._response.status

    async def next(self) -> Obj:
        """The next frame; fails where the stream ends instead."""
        line = await asyncio.wait_for(self._response.content.readline(), PATIENCE_S)
        assert line.endswith(b"\n"), f"the watch ended with {line!r}"
        frame: Obj = json.loads(line)
        return frame

    async def take(self, count: int) -> list[tuple[str, str]]:
        """The type and name of the next frames."""
        frames = [await self.next() for _ in range(count)]
        return [(frame["type"], frame["object"]["metadata"].get("name", "")) for frame in frames]

    async def rest(self) -> list[Obj]:
        """Every frame until the end of the stream."""
        content = await asyncio.wait_for(self._response.content.read(), PATIENCE_S)
        return [json.loads(line) for line in content.splitlines()]


class Client:
    """Speaks to one server, as one user, with nothing between the test and the wire."""

    def __init__(
        self, server: ApiServer, token: str | None = None, agent: str = "tester/1.0 (linux)"
    ) -> None:
        self._server = server
        self._token = server.token if token is None else token
        self._agent = agent
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {"User-Agent": self._agent}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        tls = ssl.create_default_context(cadata=self._server.ca_pem)
        self._session = aiohttp.ClientSession(
            self._server.url, headers=headers, connector=aiohttp.TCPConnector(ssl=tls)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        accept: str = "application/json",
        content_type: str = "application/json",
        **query: str,
    ) -> Reply:
        """One request; a body that is no bytes is sent as JSON."""
        assert self._session is not None
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Accept": accept}
        if data is not None:
            headers["Content-Type"] = content_type
        async with self._session.request(method, path, data=data, params=query, headers=headers) as response:
            content = await response.read()
            is_json = response.content_type == "application/json"
            return Reply(response.status, json.loads(content) if is_json else content, response.headers)

    async def get(self, path: str, *, accept: str = "application/json", **query: str) -> Reply:
        """GET."""
        return await self.call("GET", path, accept=accept, **query)

    async def create(self, path: str, obj: Obj, **query: str) -> Reply:
        """POST."""
        return await self.call("POST", path, obj, **query)

    async def replace(self, path: str, obj: Obj, **query: str) -> Reply:
        """PUT."""
        return await self.call("PUT", path, obj, **query)

    async def patch(self, path: str, patch: Any, content_type: str = MERGE, **query: str) -> Reply:
        """PATCH, as a merge patch unless it says other."""
        return await self.call("PATCH", path, patch, content_type=content_type, **query)

    async def delete(self, path: str, options: Obj | None = None, **query: str) -> Reply:
        """DELETE."""
        return await self.call("DELETE", path, options, **query)

    @asynccontextmanager
    async def watch(
        self, path: str, *, accept: str = "application/json", **query: str
    ) -> AsyncIterator[Stream]:
        """A watch."""
        assert self._session is not None
        params = {"watch": "true", **query}
        async with self._session.get(path, params=params, headers={"Accept": accept}) as response:
            yield Stream(response)

    async def names(self, path: str, **query: str) -> list[str]:
        """The names in a list."""
        listed = (await self.get(path, **query)).expect(200)
        return [item["metadata"]["name"] for item in listed["items"]]


def pod(name: str = "web", *, node: str = "", labels: Mapping[str, str] | None = None, **spec: Any) -> Obj:
    """A pod with one container."""
    placed = {"nodeName": node} if node else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": dict(labels or {"app": "web"})},
        "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}], **placed, **spec},
    }


def deployment(name: str = "web", replicas: int | None = 2, **spec: Any) -> Obj:
    """A Deployment of one container."""
    wanted = {} if replicas is None else {"replicas": replicas}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            **wanted,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
            },
            **spec,
        },
    }


def config_map(name: str, labels: Mapping[str, str] | None = None, **data: str) -> Obj:
    """A ConfigMap: the plainest object there is."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": dict(labels or {})},
        "data": data,
    }


def ready(pod_object: Obj) -> Obj:
    """The pod as a kubelet reports it once it runs."""
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {"name": "web", "ready": True, "restartCount": 0, "state": {"running": {}}, "image": "nginx:1.27"}
        ],
    }
    return {**pod_object, "status": {**pod_object.get("status", {}), **status}}
