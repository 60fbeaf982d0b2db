"""The loops' hand on the API: a small client for Kubernetes' REST, one identity for each loop."""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import aiohttp
import msgspec

from tui.sandbox.loops.objects import Obj, name_of, namespace_of, uid_of

PAGE = 500
WATCH_SECONDS = (300, 600)
PatchType = Literal["merge", "strategic-merge"]


@dataclass(frozen=True)
class Resource:
    """One kind as the API addresses it."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of a collection, an object or a subresource; no namespace means all of them."""
        root = "/api/" if "/" not in self.api_version else "/apis/"
        parts = [root + self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, *(part for part in (self.plural, name, subresource) if part)])


NAMESPACES = Resource("v1", "namespaces", "Namespace", namespaced=False)
NODES = Resource("v1", "nodes", "Node", namespaced=False)
PODS = Resource("v1", "pods", "Pod")
EVENTS = Resource("v1", "events", "Event")
LEASES = Resource("coordination.k8s.io/v1", "leases", "Lease")
DEPLOYMENTS = Resource("apps/v1", "deployments", "Deployment")
REPLICASETS = Resource("apps/v1", "replicasets", "ReplicaSet")
SERVICES = Resource("v1", "services", "Service")
CONFIG_MAPS = Resource("v1", "configmaps", "ConfigMap")
SECRETS = Resource("v1", "secrets", "Secret")
SERVICE_ACCOUNTS = Resource("v1", "serviceaccounts", "ServiceAccount")
QUOTAS = Resource("v1", "resourcequotas", "ResourceQuota")
BUDGETS = Resource("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget")


class ApiError(Exception):
    """The API server said no: its HTTP status, its Status reason and its message as it stands."""

    def __init__(self, status: int, reason: str, message: str, body: Obj | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.body = body or {}

    @property
    def namespace_is_going(self) -> bool:
        """The write was refused because its namespace is terminating: nothing to retry."""
        causes = (self.body.get("details") or {}).get("causes") or ()
        return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


@dataclass(frozen=True)
class ApiClient:
    """Kubernetes' REST under one identity; cheap to copy, the connections are shared."""

    session: aiohttp.ClientSession
    url: str
    token: str
    agent: str
    manager: str

    def called(self, agent: str) -> ApiClient:
        """The same identity under another user agent: how a request log tells loops apart."""
        return replace(self, agent=agent)

    def acting_as(self, token: str, *, agent: str, manager: str) -> ApiClient:
        """Another identity on the same connections."""
        return replace(self, token=token, agent=agent, manager=manager)

    async def get(self, resource: Resource, namespace: str, name: str, subresource: str = "") -> Obj:
        """One object, fresh from the server; ApiError 404 where it is not."""
        return await self._send("GET", resource.path(namespace, name, subresource))

    async def pages(
        self, resource: Resource, namespace: str = "", *, field_selector: str = ""
    ) -> AsyncGenerator[Obj, None]:
        """A whole list in pages of 500, each as the server sent it."""
        params = {"limit": str(PAGE)} | ({"fieldSelector": field_selector} if field_selector else {})
        while True:
            page = await self._send("GET", resource.path(namespace), params=params)
            yield page
            token = page["metadata"].get("continue")
            if not token:
                return
            params["continue"] = token

    async def create(self, resource: Resource, obj: Obj, *, subresource: str = "", name: str = "") -> Obj:
        """POST an object (or, with a name, to its subresource: `pods/binding`)."""
        path = resource.path(namespace_of(obj), name, subresource)
        return await self._send("POST", path, params=self._managed(), body=obj)

    async def replace(self, resource: Resource, obj: Obj, *, subresource: str = "") -> Obj:
        """PUT an object back; its resourceVersion makes a stale one fail with 409 Conflict."""
        path = resource.path(namespace_of(obj), name_of(obj), subresource)
        return await self._send("PUT", path, params=self._managed(), body=obj)

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        patch: Obj,
        *,
        subresource: str = "",
        kind: PatchType = "merge",
    ) -> Obj:
        """PATCH an object with a JSON merge or a strategic merge patch."""
        path = resource.path(namespace, name, subresource)
        media = f"application/{kind}-patch+json"
        return await self._send("PATCH", path, params=self._managed(), body=patch, media=media)

    async def delete(
        self, resource: Resource, obj: Obj, *, propagation: str | None = None, grace: int | None = None
    ) -> Obj:
        """Ask for this very object (by uid, never a namesake) to go."""
        options: Obj = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid_of(obj)}}
        if propagation is not None:
            options["propagationPolicy"] = propagation
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        return await self._send("DELETE", resource.path(namespace_of(obj), name_of(obj)), body=options)

    async def delete_all(self, resource: Resource, namespace: str) -> None:
        """Ask for everything of one kind in a namespace to go; dependents are collected afterwards."""
        options: Obj = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": "Background",
        }
        await self._send("DELETE", resource.path(namespace), body=options)

    @asynccontextmanager
    async def watch(
        self, resource: Resource, version: str, *, field_selector: str = ""
    ) -> AsyncIterator[AsyncIterator[tuple[str, Obj]]]:
        """Changes after a resourceVersion as (type, object), until the server ends the stream."""
        params = {
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(random.randint(*WATCH_SECONDS)),
        }
        if field_selector:
            params["fieldSelector"] = field_selector
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with self.session.get(
            self.url + resource.path(),
            params=params,
            headers=self._headers(),
            timeout=timeout,
        ) as response:
            if response.status != 200:
                raise _error(response.status, await response.read())
            yield _frames(response.content)

    def _managed(self) -> dict[str, str]:
        return {"fieldManager": self.manager}

    def _headers(self, media: str = "application/json") -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "User-Agent": self.agent,
            "Accept": "application/json",
            "Content-Type": media,
        }

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: Obj | None = None,
        media: str = "application/json",
    ) -> Obj:
        data = None if body is None else msgspec.json.encode(body)
        async with self.session.request(
            method,
            self.url + path,
            params=params,
            data=data,
            headers=self._headers(media),
        ) as response:
            content = await response.read()
            if response.status >= 400:
                raise _error(response.status, content)
        answer: Obj = msgspec.json.decode(content)
        return answer


@asynccontextmanager
async def connect(
    url: str, token: str, *, agent: str, manager: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ApiClient]:
    """A client on connections of its own, closed at the end."""
    timeout = aiohttp.ClientTimeout(total=30)
    connector = aiohttp.TCPConnector(limit=0, ssl=tls or True)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield ApiClient(session, url.rstrip("/"), token, agent, manager)


async def _frames(stream: aiohttp.StreamReader) -> AsyncIterator[tuple[str, Obj]]:
    """Watch frames off the wire; half a frame at the end is no frame."""
    decode = msgspec.json.Decoder().decode
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                frame: dict[str, Any] = decode(line)
                yield frame["type"], frame["object"]


def _error(status: int, content: bytes) -> ApiError:
    try:
        body = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError:
        body = {"message": content.decode(errors="replace")[:200]}
    return ApiError(status, str(body.get("reason", "")), str(body.get("message", "")), body)
