"""A fast API server for large fleets, in a process of its own: it answers as a real one, from prepared bytes.

`python -m tests.bench.synthetic --deployments 5000 --replicas 10` listens on loopback and prints its URL. Lists
come in pages, watches stay open with bookmarks, and kubectl gets its discovery and its tables. What happens is
asked for over HTTP: POST /bench/churn, /bench/replace, /bench/cut, /bench/beacon, GET /bench/beacons.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
from collections import deque
from typing import Any

from aiohttp import web

from tests.bench.fleet import BEACON_FROM, KINDS, Fleet
from tests.bench.tables import as_table

BOOKMARK_EVERY_S = 45.0
REMEMBERED = 20_000
"""Frames of each kind, for watches that resume."""
Versioned = tuple[int, bytes]
TICK_S = 0.01
RECOVERS_AFTER_S = 1.0
_NAMESPACED = {"deployments": True, "replicasets": True, "pods": True, "nodes": False, "events": True}


class Synthetic:
    """One server: its fleet, the watches that are open on it, and what is happening to it."""

    def __init__(self, fleet: Fleet, seed: int = 0) -> None:
        self.fleet = fleet
        self.watches: dict[str, set[web.StreamResponse]] = {plural: set() for plural in KINDS}
        self.sent_at: dict[int, float] = {}
        """When each beacon left, in monotonic seconds, which all processes of a machine share."""
        self.frames_sent = dict.fromkeys(KINDS, 0)
        self._random = random.Random(seed)
        self._beacon = BEACON_FROM
        self._history: dict[str, deque[Versioned]] = {plural: deque(maxlen=REMEMBERED) for plural in KINDS}
        self._all_end = asyncio.Event()
        self._jobs: set[asyncio.Task[Any]] = set()

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        get, post = app.router.add_get, app.router.add_post
        get("/version{slash:/?}", self._version)
        for root in ("/api", "/apis", "/api/v1", "/apis/apps/v1"):
            get(root + "{slash:/?}", self._discovery)
        get("/api/v1/{plural}", self._objects)
        get("/apis/apps/v1/{plural}", self._objects)
        post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", self._review)
        post("/bench/churn", self._churn)
        post("/bench/replace", self._start_replacing)
        post("/bench/cut", self._cut)
        post("/bench/beacon", self._start_beacon)
        get("/bench/beacons", self._beacons)
        get("/bench/watches", self._watch_counts)
        return app

    # ---------------------------------------------------------------- what any client asks

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"major": "1", "minor": "33", "gitVersion": "v1.33.0"})

    async def _discovery(self, request: web.Request) -> web.Response:
        path = request.path.rstrip("/")
        if path == "/api":
            return web.json_response({"kind": "APIVersions", "versions": ["v1"]})
        if path == "/apis":
            version = {"groupVersion": "apps/v1", "version": "v1"}
            group = {"name": "apps", "versions": [version], "preferredVersion": version}
            return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]})
        version_path = "apps/v1" if path.startswith("/apis") else "v1"
        short = {"deployments": ["deploy"], "replicasets": ["rs"], "pods": ["po"]}
        resources = [
            {
                "name": plural,
                "singularName": kind.decode().lower(),
                "namespaced": _NAMESPACED[plural],
                "kind": kind.decode(),
                "verbs": ["get", "list", "watch"],
                "shortNames": short.get(plural, []),
            }
            for plural, (kind, version) in KINDS.items()
            if version.decode() == version_path
        ]
        return web.json_response(
            {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": version_path,
                "resources": resources,
            }
        )

    async def _review(self, request: web.Request) -> web.Response:
        return web.json_response({"kind": "SelfSubjectAccessReview", "status": {"allowed": True}})

    async def _objects(self, request: web.Request) -> web.StreamResponse:
        plural = request.match_info["plural"]
        if plural not in KINDS:
            raise web.HTTPNotFound
        if "sendInitialEvents" in request.query:  # as servers before 1.34 do
            return web.json_response({"kind": "Status", "code": 422, "reason": "Invalid"}, status=422)
        if request.query.get("watch") in ("true", "1"):
            return await self._watch(request, plural)
        start = int(request.query.get("continue") or 0)
        limit = int(request.query.get("limit") or 0) or self.fleet.count(plural) or 1
        body = self.fleet.page(plural, start, limit)
        if "as=Table" in request.headers.get("Accept", ""):
            body = as_table(body)
        return web.Response(body=body, content_type="application/json")

    async def _watch(self, request: web.Request, plural: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        since = int(request.query.get("resourceVersion") or 0)
        missed = b"".join(frame for version, frame in self._history[plural] if version > since)
        self.watches[plural].add(response)
        if missed:
            await response.write(missed)
        ends = time.monotonic() + float(request.query.get("timeoutSeconds") or 3600)
        cut = self._all_end
        try:
            while (left_s := ends - time.monotonic()) > 0 and not cut.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(cut.wait(), min(left_s, BOOKMARK_EVERY_S))
                if not cut.is_set():
                    await response.write(self.fleet.bookmark(plural))
        except ConnectionError:
            pass  # the client has gone, as clients do
        finally:
            self.watches[plural].discard(response)
        return response

    # ---------------------------------------------------------------- what the benchmark asks

    async def _churn(self, request: web.Request) -> web.Response:
        """Pods lose and regain readiness: `rate` a second for `seconds`; rate 0 is `count` as fast as they go."""
        rate, seconds = float(request.query.get("rate") or 0), float(request.query.get("seconds") or 0)
        if rate:
            self._start(self._flip_pods(rate, seconds))
        else:
            self._start(self._burst(int(request.query["count"])))
        return web.Response()

    async def _start_replacing(self, request: web.Request) -> web.Response:
        """Has pods go and others come in their place: `rate` a second for `seconds`."""
        self._start(self._replace(float(request.query["rate"]), float(request.query["seconds"])))
        return web.Response()

    async def _cut(self, request: web.Request) -> web.Response:
        """Ends every watch, as servers do every five to ten minutes."""
        cut, self._all_end = self._all_end, asyncio.Event()
        for watches in self.watches.values():
            watches.clear()
        cut.set()
        return web.Response()

    async def _start_beacon(self, request: web.Request) -> web.Response:
        """Has the beacon's desired count go up `rate` times a second for `seconds`, at uneven moments."""
        self._start(self._shine(float(request.query["rate"]), float(request.query["seconds"])))
        return web.Response()

    async def _beacons(self, request: web.Request) -> web.Response:
        return web.json_response({"sent_at": self.sent_at, "frames": self.frames_sent})

    async def _watch_counts(self, request: web.Request) -> web.Response:
        return web.json_response({plural: len(there) for plural, there in self.watches.items()})

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _send(self, plural: str, frames: list[Versioned]) -> None:
        self.frames_sent[plural] += len(frames)
        self._history[plural].extend(frames)
        chunk = b"".join(frame for _, frame in frames)
        for response in list(self.watches[plural]):
            with contextlib.suppress(ConnectionError):
                await response.write(chunk)

    async def _flip_pods(self, rate: float, seconds: float) -> None:
        """Each pod that loses its readiness has it back a second later: both are changes."""
        begun, done = time.monotonic(), 0
        recovering: list[tuple[float, int]] = []
        while (passed := time.monotonic() - begun) < seconds:
            frames = []
            while done < passed * rate:
                if recovering and recovering[0][0] <= passed:
                    number = recovering.pop(0)[1]
                    self.fleet.not_ready.discard(number)
                else:
                    number = self._random.randrange(self.fleet.replicas, self.fleet.pods)
                    self.fleet.not_ready.add(number)
                    recovering.append((passed + RECOVERS_AFTER_S, number))
                frames.append(self._frame("pods", number))
                done += 1
            if frames:
                await self._send("pods", frames)
            await asyncio.sleep(TICK_S)
        await self._send("pods", [self._recovered(number) for _, number in recovering])

    async def _replace(self, rate: float, seconds: float) -> None:
        begun, done = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < seconds:
            frames = []
            while done < passed * rate:
                number = self._random.randrange(self.fleet.replicas, self.fleet.pods)
                frames.append(self._frame("pods", number, b"DELETED"))
                self.fleet.lives[number] = self.fleet.lives.get(number, 0) + 1
                frames.append(self._frame("pods", number, b"ADDED"))
                done += 1
            if frames:
                await self._send("pods", frames)
            await asyncio.sleep(TICK_S)

    def _frame(self, plural: str, number: int, type_: bytes = b"MODIFIED") -> Versioned:
        self.fleet.version += 1
        return self.fleet.version, self.fleet.frame(plural, number, type_)

    def _recovered(self, number: int) -> Versioned:
        self.fleet.not_ready.discard(number)
        return self._frame("pods", number)

    async def _burst(self, count: int) -> None:
        while not self.watches["pods"]:  # noqa: ASYNC110 - it is the client who comes
            await asyncio.sleep(TICK_S)
        for start in range(0, count, 50):
            numbers = (self._random.randrange(self.fleet.pods) for _ in range(min(50, count - start)))
            await self._send("pods", [self._frame("pods", number) for number in numbers])

    async def _shine(self, rate: float, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._beacon += 1
            self.fleet.asked[0] = self._beacon
            self.sent_at[self._beacon] = time.monotonic()
            await self._send("deployments", [self._frame("deployments", 0)])
            await asyncio.sleep(self._random.uniform(0.5, 1.5) / rate)


async def serve(fleet: Fleet) -> None:
    """Listens on a free port of loopback until standard input ends; says where in one line of JSON."""
    # A client that went must be missed at once, or a burst would be sent to nobody.
    runner = web.AppRunner(Synthetic(fleet).app(), shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    """Reads how large the fleet is to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=2000)
    parser.add_argument("--replicas", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(serve(Fleet(given.deployments, given.replicas)))


if __name__ == "__main__":
    main()
