"""Between gapwatch and a sandbox: every request is kept as the server got it, and can be held, refused or lost."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from tests.between import Between
from tui.cluster.contexts import Context
from tui.sandbox.server import ApiServer

NAME = "staged"


@dataclass
class Passed:
    """One request and what came of it: `code` is 0 and `answer` None until it was answered."""

    method: str
    path: str
    body: Any = None
    code: int = 0
    answer: Any = None

    @property
    def asks_for_rights(self) -> bool:
        """Whether it is an access review: a POST that creates nothing."""
        return self.path.endswith("/selfsubjectaccessreviews")

    @property
    def mutates(self) -> bool:
        """Whether it would change something; who speaks to a program through the proxy may end it by a GET."""
        return (self.method != "GET" or self.reaches_into_a_pod) and not self.asks_for_rights

    @property
    def reaches_into_a_pod(self) -> bool:
        """Whether it is for a program in a pod, which alone knows what it makes of it."""
        return "/proxy/" in self.path or self.path.endswith("/exec")


Hook = Callable[[Passed], Awaitable[web.Response | None]]


async def let_pass(_passed: Passed) -> None:
    """The hook that does nothing."""


class Gate(Between):
    """Use as a context manager. The hooks may wait, and what they give back is answered instead of the truth.

    `before`: the server has not seen it, and will not if there is an answer; `after`: it has, and has answered.
    """

    def __init__(self, server: ApiServer) -> None:
        super().__init__(server)
        self.before: Hook = let_pass
        self.after: Hook = let_pass
        self.passed: list[Passed] = []

    @property
    def context(self) -> Context:
        """A context that leads through here."""
        return Context(NAME, self._cluster, {})

    @property
    def _cluster(self) -> dict[str, str]:
        """Of a kubeconfig. An authority is not needed for http, but to read all of the system's takes its time."""
        authority = base64.b64encode(self.server.ca_pem.encode()).decode()
        return {"server": self.url, "certificate-authority-data": authority}

    def write_kubeconfig(self, path: Path) -> str:
        """A kubeconfig that leads through here, for another process."""
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": NAME,
            "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
            "clusters": [{"name": NAME, "cluster": self._cluster}],
            "users": [{"name": NAME, "user": {}}],
        }
        path.write_text(yaml.safe_dump(document))
        path.chmod(0o600)
        return str(path)

    @property
    def writes(self) -> list[Passed]:
        """What would have changed something, in the order in which it came."""
        return [one for one in self.passed if one.mutates]

    def forget(self) -> None:
        """From now on only what comes from now on."""
        self.passed.clear()

    async def forward(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        passed = Passed(request.method, request.path, json.loads(raw) if raw else None)
        if "watch" not in request.query:
            self.passed.append(passed)
        instead = await self.before(passed)
        if instead is not None:
            passed.code = instead.status
            return instead
        headers = self.headers | {
            name: request.headers[name] for name in ("User-Agent",) if name in request.headers
        }
        if raw:
            headers["Content-Type"] = request.headers["Content-Type"]
        sending = self.session.request(
            request.method,
            request.rel_url,
            data=raw or None,
            headers=headers,
            skip_auto_headers=["User-Agent"],
        )
        async with sending as answer:
            if "watch" in request.query and answer.status == 200:
                return await self._stream(request, answer)
            body = await answer.read()
        passed.code = answer.status
        if answer.content_type == "application/json":
            passed.answer = json.loads(body)
        instead = await self.after(passed)
        if instead is not None:
            return instead
        return web.Response(body=body, status=answer.status, content_type=answer.content_type)

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
        except (ConnectionError, aiohttp.ClientError):
            pass  # one of the two has gone
        return response


def refusal(code: int, reason: str, message: str = "as staged") -> web.Response:
    """A Status that says no."""
    status = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(status, status=code)


class Hold:
    """A hook that holds the first write it meets that `matches`, until it is told what to do with it."""

    def __init__(self, matches: Callable[[Passed], bool] = lambda _passed: True) -> None:
        self._matches = matches
        self.reached = asyncio.Event()
        """Set when it holds one."""
        self.go_on = asyncio.Event()
        """To be set: it passes."""

    async def __call__(self, passed: Passed) -> None:
        """The hook."""
        if passed.mutates and not self.reached.is_set() and self._matches(passed):
            self.reached.set()
            await self.go_on.wait()
