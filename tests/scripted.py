"""A server that answers from a script: the real client meets exactly the stream a test wrote down."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy

from tui.cluster.connection import Connection
from tui.cluster.contexts import Context
from tui.sandbox.tls import make_identity, server_context


@dataclass
class Reply:
    """One answer: a status and a body, or a stream of chunks that then ends, is cut, or is held open; or none.

    It is given once `after` is set, if there is such a moment to wait for.
    """

    body: Any = None
    code: int = 200
    chunks: Sequence[bytes] = ()
    then: str = "end"
    headers: dict[str, str] = field(default_factory=dict)
    after: asyncio.Event | None = None


def a_list(*objects: dict[str, Any], version: str = "10", more: str = "") -> Reply:
    """A (page of a) list at a resourceVersion."""
    return Reply(
        {"kind": "List", "metadata": {"resourceVersion": version, "continue": more}, "items": list(objects)}
    )


def frame(type_: str, version: str, name: str = "a", **spec: Any) -> bytes:
    """One watch frame of a pod."""
    return json.dumps({"type": type_, "object": pod(name, version, **spec)}).encode() + b"\n"


def pod(name: str, version: str = "1", **spec: Any) -> dict[str, Any]:
    """A pod as JSON."""
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": version},
        "spec": spec,
    }


def status(code: int, reason: str, message: str = "as scripted", **headers: str) -> Reply:
    """A refusal."""
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return Reply(body, code, headers={name.replace("_", "-"): value for name, value in headers.items()})


def error_frame(code: int, reason: str) -> bytes:
    """A refusal in the middle of a watch."""
    return (
        json.dumps(
            {
                "type": "ERROR",
                "object": {"kind": "Status", "status": "Failure", "code": code, "reason": reason},
            }
        ).encode()
        + b"\n"
    )


NO_STREAMED_LISTS = status(422, "Invalid", "sendInitialEvents is forbidden for watch")
HELD = Reply(then="hold")
EMPTY = a_list()


def review(allowed: bool, reason: str = "") -> Reply:
    """The answer of an access review."""
    return Reply({"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed, "reason": reason}})


@dataclass(frozen=True)
class Received:
    """One request as the server got it; `route` is what `ScriptedApi.routes` are named by."""

    route: str
    path: str
    agent: str
    body: Any


class ScriptedApi:
    """Answers lists and watches from two scripts, in order; the last reply of each is repeated for ever.

    Without a script for `streamed` lists it refuses them, as servers do that have none; such requests don't count.
    `routes` have their own scripts and go first: "GET pods", "WATCH pods", "POST selfsubjectaccessreviews",
    "DELETE pods". Credentials come over `tls` only.
    """

    def __init__(
        self,
        lists: Sequence[Reply] = (EMPTY,),
        watches: Sequence[Reply] = (HELD,),
        routes: Mapping[str, Sequence[Reply]] | None = None,
        streamed: Sequence[Reply] = (),
        *,
        tls: bool = False,
    ) -> None:
        self._identity = make_identity(datetime.now(UTC)) if tls else None
        self.lists, self.watches, self.streamed = deque(lists), deque(watches), deque(streamed)
        self.routes = {route: deque(replies) for route, replies in (routes or {}).items()}
        self.requests: list[dict[str, str]] = []
        self.headers: list[CIMultiDictProxy[str]] = []
        self.received: list[Received] = []
        self.skew_s = 0.0
        """How far its clock is ahead of ours, as its Date header tells."""
        self.version_reply = Reply({"gitVersion": "v1.36.0"})
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> ScriptedApi:
        app = web.Application()
        app.router.add_route("*", "/version{slash:/?}", self._version)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._ssl_context())
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.connection = await Connection.open(self.context)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        await self.connection.close()
        await self._runner.cleanup()

    @property
    def context(self) -> Context:
        """A context that leads here."""
        return Context("scripted", self.cluster, {"token": "canary-token"})

    @property
    def cluster(self) -> dict[str, str]:
        """The cluster of a context that leads here."""
        if self._identity is None:
            return {"server": f"http://127.0.0.1:{self.port}"}
        authority = base64.b64encode(self._identity.authority).decode()
        return {"server": f"https://127.0.0.1:{self.port}", "certificate-authority-data": authority}

    def _ssl_context(self) -> ssl.SSLContext | None:
        if self._identity is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            return server_context(self._identity, Path(folder))

    @property
    def asked_lists(self) -> list[dict[str, str]]:
        """The parameters of all lists so far."""
        return [one for one in self.requests if "watch" not in one]

    @property
    def asked_watches(self) -> list[dict[str, str]]:
        """The parameters of all watches so far."""
        return [one for one in self.requests if "watch" in one]

    def to(self, route: str) -> list[Received]:
        """Everything that came on one route so far."""
        return [one for one in self.received if one.route == route]

    async def _version(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, self.version_reply)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        streamed = "sendInitialEvents" in request.query
        if streamed and not self.streamed:
            return await self._send(request, NO_STREAMED_LISTS)
        self.requests.append(dict(request.query))
        self.headers.append(request.headers)
        is_watch = "watch" in request.query
        route = f"{'WATCH' if is_watch else request.method} {_plural(request.path)}"
        body = await request.json() if request.can_read_body else None
        self.received.append(Received(route, request.path, request.headers.get("User-Agent", ""), body))
        usual = self.streamed if streamed else self.watches if is_watch else self.lists
        script = self.routes.get(route) or usual
        return await self._send(request, script.popleft() if len(script) > 1 else script[0])

    async def _send(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if reply.after is not None:
            await reply.after.wait()
        headers = reply.headers | (
            {"Date": formatdate(time.time() + self.skew_s, usegmt=True)} if self.skew_s else {}
        )
        if reply.body is not None:
            body = reply.body if isinstance(reply.body, str | bytes) else json.dumps(reply.body)
            body = body.encode() if isinstance(body, str) else body
            return web.Response(body=body, status=reply.code, headers=headers)
        response = web.StreamResponse(status=reply.code, headers=headers)
        if reply.then == "refuse" and request.transport is not None:
            request.transport.abort()
            return response
        await response.prepare(request)
        for chunk in reply.chunks:
            await response.write(chunk)
            await asyncio.sleep(0)
        if reply.then == "hold":
            await self._stopping.wait()
        elif reply.then == "cut" and request.transport is not None:
            request.transport.abort()
        return response


def _plural(path: str) -> str:
    """The resource that a path is about: /apis/GROUP/VERSION[/namespaces/NAMESPACE]/PLURAL[/NAME]."""
    parts = path.strip("/").split("/")
    parts = parts[3 if parts[0] == "apis" else 2 :]
    if parts[0] == "namespaces" and len(parts) > 2:
        parts = parts[2:]
    return parts[0]
