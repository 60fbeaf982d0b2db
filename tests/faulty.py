"""A proxy between the real client and a sandbox that breaks what passes through it, as networks and servers do."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, deque
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import web

from tests.between import Between
from tui.cluster.contexts import Context
from tui.sandbox.server import ApiServer

STATUSES = {"401": 401, "403": 403, "410": 410, "429": 429, "500": 500, "503": 503}
BEFORE = (*STATUSES, "html", "empty", "refused")
"""What can happen to a whole answer."""
IN_A_LIST = ("cut", "truncated")
IN_A_WATCH = (
    "cut",
    "eof",
    "half frame then cut",
    "half frame then eof",
    "stall",
    "replay",
    "drip",
    "noise",
    "mebibyte",
    "error 401",
    "error 403",
    "error 410",
    "error 429",
    "error 500",
)
REMEMBERED_FRAMES = 20
MOST_FRAMES = 6
"""So many pass at most between two faults of a stream."""


class FaultyProxy(Between):
    """Forwards to `server` with its token; each answer is broken with the given probability while `faults_on`."""

    def __init__(self, server: ApiServer, seed: int, probability: float = 0.7) -> None:
        super().__init__(server)
        self._rng = random.Random(seed)
        self._probability = probability
        self.faults_on = True
        self.injected: Counter[str] = Counter()
        self.gone: dict[str, str] = {}
        """By path, the version of a watch that was answered 410: nobody may ask for it again before a list."""
        self.asked_again: list[tuple[str, str]] = []
        self._stopping = asyncio.Event()

    async def __aexit__(self, *how: Any) -> None:
        self._stopping.set()
        await super().__aexit__(*how)

    @property
    def context(self) -> Context:
        """A context that leads through here."""
        return Context("faulty", {"server": self.url}, {})

    def _fault(self, *of: str) -> str:
        if not self.faults_on or self._rng.random() > self._probability:
            return ""
        return self._rng.choice(of)

    async def forward(self, request: web.Request) -> web.StreamResponse:
        is_watch = "watch" in request.query
        if not is_watch or "sendInitialEvents" in request.query:
            self.gone.pop(request.path, None)
        elif self.gone.get(request.path) == request.query.get("resourceVersion"):
            self.asked_again.append((request.path, request.query["resourceVersion"]))
        fault = "" if _is_version(request) else self._fault(*BEFORE, *["none"] * len(BEFORE))
        if fault not in ("", "none"):
            return self._broken(request, fault)
        async with self.session.get(request.path, params=request.query, headers=self.headers) as answer:
            if is_watch and answer.status == 200:
                return await self._stream(request, answer)
            return await self._whole(request, answer)

    def _broken(self, request: web.Request, fault: str) -> web.StreamResponse:
        self.injected[fault] += 1
        if fault == "html":
            return web.Response(text="<html>\n<body>log in\n</html>\n", content_type="text/html")
        if fault == "empty":
            return web.Response(content_type="application/json")
        if fault == "refused":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        code = STATUSES[fault]
        if code == 410:
            self._note_gone(request)
        headers = {"Retry-After": "0"} if code in (429, 503) else {}
        return web.json_response(_status(code), status=code, headers=headers)

    def _note_gone(self, request: web.Request) -> None:
        if "watch" in request.query and "sendInitialEvents" not in request.query:
            self.gone[request.path] = request.query.get("resourceVersion", "")

    async def _whole(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        body = await answer.read()
        if answer.status == 410:
            self._note_gone(request)
        fault = self._fault(*IN_A_LIST) if answer.status == 200 and not _is_version(request) else ""
        if not fault:
            return web.Response(body=body, status=answer.status, content_type="application/json")
        self.injected[f"list {fault}"] += 1
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if fault == "cut":
            response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if fault == "cut" and request.transport is not None:
            request.transport.abort()
        return response

    # ---------------------------------------------------------------- streams

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        passes = self._rng.randint(0, MOST_FRAMES)
        sent: deque[bytes] = deque(maxlen=REMEMBERED_FRAMES)
        try:
            async for line in _lines(answer):
                fault = "" if passes else self._fault(*IN_A_WATCH)
                if fault:
                    self.injected[fault] += 1
                    if await self._break(request, response, fault, line, sent):
                        return response
                passes = passes - 1 if passes else self._rng.randint(0, MOST_FRAMES)
                sent.append(line)
                await response.write(line)
        except (ConnectionError, aiohttp.ClientError):
            pass  # one of the two has gone
        return response

    async def _break(
        self, request: web.Request, response: web.StreamResponse, fault: str, line: bytes, sent: deque[bytes]
    ) -> bool:
        """Breaks the stream before `line`; whether that was its end."""
        if fault.startswith("half frame"):
            await response.write(line[: len(line) // 2])
        if fault.endswith("cut"):
            await asyncio.sleep(0)
            assert request.transport is not None
            request.transport.abort()
        elif fault == "stall":
            await self._stopping.wait()
        elif fault == "replay":
            for old in sent:
                await response.write(old)
            return False
        elif fault == "drip":
            for start in range(0, len(line), 97):
                await response.write(line[start : start + 97])
                await asyncio.sleep(0)
            await response.write(b"\n")  # an empty line between two frames is no frame
            return False
        elif fault == "noise":
            await response.write(b'{"type":"ADDED","object":{"metadata":7}}\n\xff\xfe\n<html>\n')
            return False
        elif fault == "mebibyte":
            await response.write(_mebibyte())
            return False
        elif fault.startswith("error"):
            code = int(fault.removeprefix("error "))
            if code == 410:
                self._note_gone(request)
            await response.write(json.dumps({"type": "ERROR", "object": _status(code)}).encode() + b"\n")
        return True


def _is_version(request: web.Request) -> bool:
    """The question that opens a connection; without its answer there is nothing to break."""
    return request.path.rstrip("/") == "/version"


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in answer.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"


def _status(code: int) -> dict[str, object]:
    reasons = {401: "Unauthorized", 403: "Forbidden", 410: "Expired", 429: "TooManyRequests"}
    reason = reasons.get(code, "InternalError")
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "as injected"}


def _mebibyte() -> bytes:
    """A bookmark of a mebibyte that promises nothing."""
    meta = {"resourceVersion": "1", "annotations": {"padding": "x" * (1 << 20)}}
    return json.dumps({"type": "BOOKMARK", "object": {"metadata": meta}}).encode() + b"\n"
