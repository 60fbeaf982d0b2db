"""Watches over HTTP: every change once, in order, to everybody, however slowly they read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.waiting import PATIENCE_S
from tui.sandbox.server import ApiServer

from .api import CONFIG_MAPS, PODS, TABLE, Client, Obj, config_map, pod


@pytest.fixture
async def quick() -> AsyncIterator[Client]:
    """A server with a short history and frequent bookmarks."""
    async with (
        ApiServer(history=5, bookmark_interval_s=0.02, random=Random(1)) as server,
        Client(server) as client,
    ):
        yield client


async def version(client: Client, path: str = CONFIG_MAPS) -> str:
    """The version of a list."""
    return str((await client.get(path)).expect(200)["metadata"]["resourceVersion"])


@pytest.mark.parametrize("start", [{}, {"resourceVersion": "0"}])
async def test_without_a_version_it_starts_with_what_is_there(client: Client, start: dict[str, str]) -> None:
    (await client.create(CONFIG_MAPS, config_map("b"))).expect(201)
    (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    async with client.watch(CONFIG_MAPS, **start) as events:
        assert await events.take(2) == [("ADDED", "a"), ("ADDED", "b")]
        (await client.delete(f"{CONFIG_MAPS}/a")).expect(200)
        assert await events.take(1) == [("DELETED", "a")]


async def test_from_a_version_it_tells_what_came_after(client: Client) -> None:
    made = (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    then = made["metadata"]["resourceVersion"]
    changed = (await client.patch(f"{CONFIG_MAPS}/a", {"data": {"n": "1"}})).expect(200)
    (await client.create(CONFIG_MAPS, config_map("b"))).expect(201)
    (await client.delete(f"{CONFIG_MAPS}/a")).expect(200)
    async with client.watch(CONFIG_MAPS, resourceVersion=then) as events:
        assert await events.next() == {"type": "MODIFIED", "object": changed}
        assert await events.take(1) == [("ADDED", "b")]
        last = await events.next()
        assert (last["type"], last["object"]["data"]) == ("DELETED", {"n": "1"})
        assert int(last["object"]["metadata"]["resourceVersion"]) > int(
            changed["metadata"]["resourceVersion"]
        )
        (await client.create(CONFIG_MAPS, config_map("c"))).expect(201)
        assert await events.take(1) == [("ADDED", "c")]


async def test_everybody_hears_the_same(client: Client) -> None:
    start = await version(client)
    async with (
        client.watch(CONFIG_MAPS, resourceVersion=start) as one,
        client.watch("/api/v1/configmaps", resourceVersion=start) as all_namespaces,
        client.watch("/api/v1/namespaces/kube-public/configmaps", resourceVersion=start) as elsewhere,
    ):
        (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
        (await client.create("/api/v1/namespaces/kube-public/configmaps", config_map("b"))).expect(201)
        assert await one.take(1) == [("ADDED", "a")]
        assert await all_namespaces.take(2) == [("ADDED", "a"), ("ADDED", "b")]
        assert await elsewhere.take(1) == [("ADDED", "b")]


async def test_a_selector_turns_moves_into_comings_and_goings(client: Client) -> None:
    async with client.watch(CONFIG_MAPS, labelSelector="tier=front") as events:
        (await client.create(CONFIG_MAPS, config_map("a", {"tier": "back"}))).expect(201)
        (await client.create(CONFIG_MAPS, config_map("b", {"tier": "front"}))).expect(201)
        assert await events.take(1) == [("ADDED", "b")]
        (await client.patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"tier": "front"}}})).expect(200)
        assert await events.take(1) == [("ADDED", "a")]
        (await client.patch(f"{CONFIG_MAPS}/a", {"data": {"n": "1"}})).expect(200)
        assert await events.take(1) == [("MODIFIED", "a")]
        left = (await client.patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"tier": "back"}}})).expect(
            200
        )
        frame = await events.next()
        assert (frame["type"], frame["object"]["metadata"]["labels"]) == ("DELETED", {"tier": "front"})
        assert frame["object"]["metadata"]["resourceVersion"] == left["metadata"]["resourceVersion"]
        (await client.delete(f"{CONFIG_MAPS}/a")).expect(200)
        (await client.delete(f"{CONFIG_MAPS}/b")).expect(200)
        assert await events.take(1) == [("DELETED", "b")]


async def test_a_field_selector_watches_one_object(client: Client) -> None:
    (await client.create(PODS, pod("a"))).expect(201)
    async with client.watch(PODS, fieldSelector="metadata.name=b") as events:
        (await client.create(PODS, pod("b"))).expect(201)
        (await client.delete(f"{PODS}/a")).expect(200)
        (await client.delete(f"{PODS}/b")).expect(200)
        assert [kind for kind, _ in await events.take(3)] == ["ADDED", "MODIFIED", "DELETED"]


async def test_a_version_older_than_the_history_has_expired_inside_the_stream(quick: Client) -> None:
    start = await version(quick)
    for count in range(7):
        (await quick.create(CONFIG_MAPS, config_map(f"m{count}"))).expect(201)
    async with quick.watch(CONFIG_MAPS, resourceVersion=start) as events:
        assert events.code == 200
        frames = await events.rest()
    assert [frame["type"] for frame in frames] == ["ERROR"]
    status = frames[0]["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith(f"too old resource version: {start} (")


async def test_the_history_reaches_back_exactly_as_far_as_it_says(quick: Client) -> None:
    versions = []
    for count in range(8):
        made = (await quick.create(CONFIG_MAPS, config_map(f"m{count}"))).expect(201)
        versions.append(made["metadata"]["resourceVersion"])
    async with quick.watch(CONFIG_MAPS, resourceVersion=versions[2]) as events:
        assert await events.take(5) == [("ADDED", f"m{count}") for count in range(3, 8)]
    async with quick.watch(CONFIG_MAPS, resourceVersion=versions[1]) as events:
        assert (await events.next())["type"] == "ERROR"


async def test_bookmarks_bring_the_version_forward(quick: Client) -> None:
    start = await version(quick)
    async with quick.watch(CONFIG_MAPS, resourceVersion=start, allowWatchBookmarks="true") as events:
        (await quick.create(PODS, pod())).expect(201)
        newest = await version(quick)
        frame = await events.next()
        while frame["object"]["metadata"]["resourceVersion"] != newest:
            frame = await events.next()
        assert frame == {
            "type": "BOOKMARK",
            "object": {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": newest}},
        }


async def test_bookmarks_are_for_those_who_ask(quick: Client) -> None:
    start = await version(quick)
    async with (
        quick.watch(CONFIG_MAPS, resourceVersion=start, allowWatchBookmarks="true") as asked,
        quick.watch(CONFIG_MAPS, resourceVersion=start) as silent,
    ):
        assert (await asked.next())["type"] == "BOOKMARK"
        assert (await asked.next())["type"] == "BOOKMARK"
        (await quick.create(CONFIG_MAPS, config_map("a"))).expect(201)
        assert (await silent.next())["type"] == "ADDED"


async def test_a_timeout_ends_the_stream_after_a_last_bookmark(client: Client) -> None:
    start = await version(client)
    (await client.create(PODS, pod())).expect(201)
    query = {"resourceVersion": start, "allowWatchBookmarks": "true", "timeoutSeconds": "0.05"}
    async with client.watch(CONFIG_MAPS, **query) as events:
        frames = await events.rest()
    assert [frame["type"] for frame in frames] == ["BOOKMARK"]
    assert frames[0]["object"]["metadata"]["resourceVersion"] == await version(client)


async def test_a_streaming_list_says_where_the_list_ends(client: Client) -> None:
    (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }
    async with client.watch(CONFIG_MAPS, **query) as events:
        assert await events.take(1) == [("ADDED", "a")]
        end = await events.next()
        assert end["type"] == "BOOKMARK"
        assert end["object"]["metadata"] == {
            "resourceVersion": await version(client),
            "annotations": {"k8s.io/initial-events-end": "true"},
        }
        (await client.create(CONFIG_MAPS, config_map("b"))).expect(201)
        assert await events.take(1) == [("ADDED", "b")]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"sendInitialEvents": "true"}, 422),
        ({"resourceVersionMatch": "NotOlderThan"}, 422),
        ({"resourceVersion": "soon"}, 400),
        ({"timeoutSeconds": "soon"}, 400),
    ],
)
async def test_options_that_make_no_sense_fail_before_the_stream(
    client: Client, query: Obj, code: int
) -> None:
    assert (await client.get(CONFIG_MAPS, watch="true", **query)).code == code


async def test_a_streaming_list_of_the_future_is_refused_in_the_stream(client: Client) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "99999"}
    async with client.watch(CONFIG_MAPS, **query) as events:
        assert (await events.next())["object"]["reason"] == "Timeout"


async def test_a_table_watch_sends_columns_once(client: Client) -> None:
    (await client.create(PODS, pod("a"))).expect(201)
    async with client.watch(PODS, accept=TABLE) as events:
        first = await events.next()
        (await client.create(PODS, pod("b"))).expect(201)
        second = await events.next()
    assert (first["type"], first["object"]["kind"]) == ("ADDED", "Table")
    assert [column["name"] for column in first["object"]["columnDefinitions"]][:3] == [
        "Name",
        "Ready",
        "Status",
    ]
    assert second["object"]["columnDefinitions"] is None
    assert second["object"]["rows"][0]["cells"][0] == "b"


async def test_a_watch_that_does_not_read_holds_nobody_up(client: Client, server: ApiServer) -> None:
    start = await version(client)
    large = "x" * 200_000
    async with Client(server) as sleeper, sleeper.watch(CONFIG_MAPS, resourceVersion=start) as stalled:
        async with client.watch(CONFIG_MAPS, resourceVersion=start) as awake:
            for count in range(60):
                (await client.create(CONFIG_MAPS, config_map(f"m{count:02}", text=large))).expect(201)
            heard = await awake.take(60)
        assert [name for _, name in heard] == [f"m{count:02}" for count in range(60)]
        assert await stalled.take(60) == heard


async def test_closing_the_server_ends_every_watch() -> None:
    server = ApiServer(random=Random(1))
    await server.start()
    async with Client(server) as client, client.watch(CONFIG_MAPS) as events:
        await asyncio.wait_for(server.close(), PATIENCE_S)
        assert await events.rest() == []
