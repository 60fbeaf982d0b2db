"""Lists: the newest state, or none at all."""

from __future__ import annotations

from tests.faulty import FaultyProxy
from tests.sandbox.api import PODS, Client, pod
from tui.cluster import kinds
from tui.cluster.connection import Connection
from tui.cluster.listing import list_all
from tui.cluster.stream_status import StreamStatus
from tui.sandbox.server import ApiServer


async def test_a03_a_relist_from_the_last_seen_version_holds_what_came_after_it() -> None:
    status = StreamStatus("Pod", needed=True)
    async with ApiServer() as server, Client(server) as client, FaultyProxy(server, 1, 0.0) as proxy:
        connection = await Connection.open(proxy.context)
        try:
            await client.create(PODS, pod("a"))
            seen, _ = await list_all(connection, kinds.PODS, None, "", None, status)
            await client.create(PODS, pod("b"))
            newer, pods = await list_all(connection, kinds.PODS, None, "", seen, status)
        finally:
            await connection.close()
    assert int(newer) > int(seen)
    assert [one.metadata.name for one in pods] == ["a", "b"]
