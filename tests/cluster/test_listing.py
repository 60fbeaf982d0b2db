"""Lists: the newest state, or none at all."""

from __future__ import annotations

import pytest

from tests.cluster.test_reflector import watching
from tests.faulty import FaultyProxy
from tests.sandbox.api import PODS, Client, pod
from tests.scripted import Reply, ScriptedApi, a_list, status
from tests.scripted import pod as as_json
from tests.waiting import until
from tui.cluster import kinds
from tui.cluster.connection import Connection
from tui.cluster.listing import list_all
from tui.cluster.liveness import Liveness
from tui.cluster.stream_status import StreamStatus
from tui.sandbox.server import ApiServer


async def test_a03_a_relist_from_the_last_seen_version_holds_what_came_after_it() -> None:
    stream = StreamStatus("Pod", needed=True)
    async with ApiServer() as server, Client(server) as client, FaultyProxy(server, 1, 0.0) as proxy:
        connection = await Connection.open(proxy.context)
        try:
            await client.create(PODS, pod("a"))
            seen, _ = await list_all(connection, kinds.PODS, None, "", None, stream)
            await client.create(PODS, pod("b"))
            newer, pods = await list_all(connection, kinds.PODS, None, "", seen, stream)
        finally:
            await connection.close()
    assert int(newer) > int(seen)
    assert [one.metadata.name for one in pods] == ["a", "b"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"error": "down for maintenance"},
        {"kind": "Status", "metadata": {}, "status": "Failure", "message": "no"},
        {"kind": "PodList", "metadata": {}, "items": []},
        {"kind": "PodList", "metadata": {"resourceVersion": ""}, "items": []},
        {"kind": "PodList", "metadata": {"resourceVersion": "12"}},
    ],
    ids=["{}", "error", "Status", "no version", "empty version", "no items"],
)
async def test_a21_what_else_comes_in_json_is_no_empty_list(said: dict[str, object]) -> None:
    lists = [a_list(as_json("a")), Reply(said)]
    async with (
        ScriptedApi(lists, [status(500, "InternalError")]) as api,
        watching(api) as seen,
    ):
        await until(lambda: len(api.asked_lists) >= 3)
        assert seen.lists == [["a"]]
        assert seen.reflector.status.state is Liveness.STALE
        assert "is no list" in seen.reflector.status.last_error


@pytest.mark.parametrize(
    "pages",
    [
        [a_list(as_json("a"), more="one"), a_list(as_json("b"), more="two")],
        [a_list(as_json("a"), more=f"token {number}") for number in range(40)],
    ],
    ids=["tokens in a circle", "the same page for ever"],
)
async def test_a_list_that_does_not_end_costs_two_or_three_requests_a_try(pages: list[Reply]) -> None:
    async with ScriptedApi(pages * 20) as api, watching(api) as seen:
        await until(lambda: len(seen.waits) >= 4)
        assert seen.lists == []
        assert "does not end" in seen.reflector.status.last_error
        assert len(api.asked_lists) <= 3 * (len(seen.waits) + 1)


async def test_a_page_that_can_not_be_read_is_no_end() -> None:
    odd: dict[str, object] = {"metadata": 7}
    pages = [a_list(odd, more="one"), a_list(odd, more="two"), a_list(as_json("a"))]
    async with ScriptedApi(pages) as api, watching(api) as seen:
        await until(lambda: bool(seen.lists))
        assert seen.lists == [["a"]]
        assert seen.reflector.status.undecodable == 2


async def test_a_page_that_is_empty_is_no_end() -> None:
    pages = [a_list(more="one"), a_list(as_json("a"), more="two"), a_list(more="three"), a_list(as_json("b"))]
    async with ScriptedApi(pages) as api, watching(api) as seen:
        await until(lambda: bool(seen.lists))
        assert seen.lists == [["a", "b"]]
        assert seen.waits == [], "at the first try"


@pytest.mark.parametrize("code", [200, 500])
async def test_a_body_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr("tui.cluster.connection.MAX_BODY_BYTES", 1 << 20)
    endless = Reply(code=code, chunks=[b"[" * 70_000] * 20, then="hold")
    async with ScriptedApi([endless]) as api, watching(api) as seen:
        await until(lambda: bool(seen.waits))
        assert seen.lists == []
        assert "an answer of more than 1,048,576 bytes" in seen.reflector.status.last_error


async def test_a_refusal_of_a_watch_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cluster.connection.MAX_BODY_BYTES", 1 << 20)
    endless = Reply(code=500, chunks=[b"[" * 70_000] * 20, then="hold")
    async with ScriptedApi([a_list()], [endless]) as api, watching(api) as seen:
        await until(lambda: bool(seen.waits))
        assert "an answer of more than 1,048,576 bytes" in seen.reflector.status.last_error


async def test_a_list_of_nothing_may_say_null() -> None:
    nothing = Reply({"kind": "PodList", "metadata": {"resourceVersion": "12"}, "items": None})
    async with ScriptedApi([nothing]) as api, watching(api) as seen:
        await until(lambda: bool(seen.lists))
        assert seen.lists == [[]]
