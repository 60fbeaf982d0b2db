"""The informer against a server that breaks, forgets and repeats itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.waiting import PATIENCE_S
from tui.sandbox.loops import cache as cache_module
from tui.sandbox.loops.cache import Cache
from tui.sandbox.loops.client import PODS, connect
from tui.sandbox.loops.objects import Obj, name_of, uid_of

from .objects import pod

Frames = list[tuple[str, Obj]]
Answer = Frames | int | bytes
"""What a watch brings: frames and then the end, a refusal, or bytes as they are."""
Change = tuple[str | None, str | None]


def at(version: int, name: str, **meta: Any) -> Obj:
    return pod(name, resourceVersion=str(version), **meta)


def gone() -> Obj:
    return {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}


def frame(kind: str, obj: Obj) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def label(obj: Obj) -> str:
    return f"{name_of(obj)}@{obj['metadata']['resourceVersion']}"


class Script:
    """A server that answers each list and each watch with the next of what was written down for it."""

    def __init__(self, lists: list[list[Obj]], watches: Sequence[Answer]) -> None:
        self.lists = lists
        self.watches = list(watches)
        self.asked: list[str] = []
        self.changes: list[Change] = []
        self.version = 10
        self._news = asyncio.Event()

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait until this is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not fact():
                self._news.clear()
                await self._news.wait()

    def note(self, old: Obj | None, new: Obj | None) -> None:
        """A change that the cache has handed on."""
        self.changes.append((label(old) if old else None, label(new) if new else None))
        self._news.set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self._news.set()
        if request.query.get("watch") != "true":
            self.asked.append("list")
            meta = {"resourceVersion": str(self.version)}
            self.version += 10
            return web.json_response({"kind": "PodList", "metadata": meta, "items": self.lists.pop(0)})
        self.asked.append(f"watch {request.query['resourceVersion']}")
        return await self._watch(request, self.watches.pop(0) if self.watches else None)

    async def _watch(self, request: web.Request, answer: Answer | None) -> web.StreamResponse:
        if isinstance(answer, int):
            return web.json_response({"kind": "Status", "code": answer, "message": "no"}, status=answer)
        response = web.StreamResponse()
        await response.prepare(request)
        if isinstance(answer, bytes):
            await response.write(answer)
            return response
        for kind, obj in answer or ():
            await response.write(frame(kind, obj))
        if answer is None:  # the script is at its end: the stream stays open
            await asyncio.Event().wait()
        return response


@asynccontextmanager
async def following(script: Script) -> AsyncIterator[Cache]:
    """A cache that follows the script."""
    app = web.Application()
    app.router.add_get("/api/v1/pods", script.answer)
    async with (
        TestServer(app, handler_cancellation=True) as server,
        connect(str(server.make_url("")), "", agent="test", manager="test") as client,
    ):
        cache = Cache(client, PODS)
        cache.subscribe(script.note)
        running = asyncio.create_task(cache.run())
        try:
            yield cache
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "FIRST_PAUSE_S", 0.001)


async def test_it_lists_and_then_follows() -> None:
    frames: Frames = [("ADDED", at(11, "b")), ("MODIFIED", at(12, "a")), ("DELETED", at(13, "b"))]
    script = Script([[at(5, "a")]], [frames])
    async with following(script) as cache:
        await script.until(lambda: len(script.changes) == 4)
        assert script.changes == [(None, "a@5"), (None, "b@11"), ("a@5", "a@12"), ("b@13", None)]
        assert [label(one) for one in cache] == ["a@12"]
        assert cache.get("shop/a") is not None
        assert cache.in_namespace("shop") == cache.controlled_by("web-1-uid") == list(cache)
        assert cache.in_namespace("warehouse") == []


async def test_after_the_end_of_a_stream_it_goes_on_where_it_was() -> None:
    script = Script([[]], [[("ADDED", at(11, "a"))], [("BOOKMARK", at(17, "x"))], []])
    async with following(script):
        await script.until(lambda: len(script.asked) == 5)
        assert script.asked == ["list", "watch 10", "watch 11", "watch 17", "watch 17"]


@pytest.mark.parametrize("forgetting", [410, [("ERROR", gone())]], ids=["as a status", "in the stream"])
async def test_a_forgotten_version_leads_to_one_list_and_only_differences_are_told(forgetting: Any) -> None:
    script = Script([[at(5, "a"), at(6, "b")], [at(6, "b"), at(15, "c")]], [forgetting])
    async with following(script) as cache:
        await script.until(lambda: len(script.asked) == 4)
        assert script.asked == ["list", "watch 10", "list", "watch 20"]
        assert script.changes == [(None, "a@5"), (None, "b@6"), ("a@5", None), (None, "c@15")]
        assert {name_of(one) for one in cache} == {"b", "c"}


async def test_refusals_are_waited_out_without_a_list() -> None:
    script = Script([[]], [429, 500, 503])
    async with following(script):
        await script.until(lambda: len(script.asked) == 5)
        assert script.asked == ["list"] + ["watch 10"] * 4


async def test_the_same_name_with_another_uid_is_a_death_and_a_birth() -> None:
    script = Script([[at(5, "a")]], [[("MODIFIED", at(12, "a", uid="another"))]])
    async with following(script) as cache:
        await script.until(lambda: len(script.changes) == 3)
        assert script.changes == [(None, "a@5"), ("a@5", None), (None, "a@12")]
        assert [uid_of(one) for one in cache] == ["another"]


async def test_an_object_moves_from_owner_to_owner_in_the_index() -> None:
    script = Script([[at(5, "a")]], [[("MODIFIED", at(11, "a", ownerReferences=[]))]])
    async with following(script) as cache:
        await script.until(lambda: len(script.changes) == 2)
        assert cache.controlled_by("web-1-uid") == []
        assert [name_of(one) for one in cache.controlled_by("")] == ["a"]


async def test_half_a_frame_at_the_end_is_no_frame() -> None:
    half = frame("DELETED", at(12, "a"))[:-20]
    script = Script([[]], [frame("ADDED", at(11, "a")) + half])
    async with following(script) as cache:
        await script.until(lambda: len(script.asked) == 3)
        assert script.changes == [(None, "a@11")]
        assert script.asked[-1] == "watch 11"
        assert len(cache) == 1
