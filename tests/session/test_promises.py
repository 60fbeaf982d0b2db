"""What the whole engine promises of its streams: A13, A15, A17, A18, A20, A21, on a scripted server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.build import a_deployment, a_pod, a_replicaset
from tests.scripted import HELD, Reply, ScriptedApi, status
from tests.waiting import until
from tui.cluster.errors import ClusterError
from tui.cluster.liveness import Liveness
from tui.facts import Fact
from tui.session.engine import Batch, Engine
from tui.session.source import Source

LATER_S = 3_600


def raw(fact: Fact, version: str = "5") -> dict[str, Any]:
    """A fact as the API sends it."""
    found: dict[str, Any] = msgspec.to_builtins(fact)
    found["metadata"]["resourceVersion"] = version
    return found


def listed(*facts: Fact, version: str = "10") -> Reply:
    return Reply({"metadata": {"resourceVersion": version}, "items": [raw(fact) for fact in facts]})


def frames(*changes: tuple[str, Fact, str], then: str = "hold") -> Reply:
    lines = [json.dumps({"type": type_, "object": raw(fact, version)}) for type_, fact, version in changes]
    return Reply(chunks=["\n".join([*lines, ""]).encode()], then=then)


SHOP = (a_deployment(2), a_replicaset(replicas=2), a_pod("web-1-a"), a_pod("web-1-b"))


def a_shop(**more: Sequence[Reply]) -> dict[str, Sequence[Reply]]:
    """Routes that list shop/web with two pods, and hold every watch; `more` go before them."""
    deployment, replicaset, *pods = SHOP
    return {
        "GET deployments": [listed(deployment)],
        "GET replicasets": [listed(replicaset)],
        "GET pods": [listed(*pods)],
    } | {name.replace("_", " "): replies for name, replies in more.items()}


@asynccontextmanager
async def an_engine(
    api: ScriptedApi, selector: str = "", namespace: str | None = None
) -> AsyncIterator[tuple[Engine, list[Batch]]]:
    batches: list[Batch] = []
    engine = Engine(Source(api.connection, namespace, selector), on_batch=batches.append)
    async with engine.running():
        yield engine, batches


async def test_a13_what_went_while_nobody_looked_is_gone_once_with_its_final_state_unknown() -> None:
    gone = [listed(*SHOP[2:]), listed(SHOP[2], version="90")]
    routes = a_shop(GET_pods=gone, WATCH_pods=[status(410, "Expired"), HELD])
    async with ScriptedApi(routes=routes) as api, an_engine(api) as (engine, _):
        await until(lambda: engine.chronicle.record("uid-web").happened)
        told = [one.step.text for one in engine.chronicle.record("uid-web").happened]
        assert told == ["ended pod web-1-b unseen: its final state is unknown"]
        assert "uid-web-1-b" not in engine.world.pods.by_uid
        pods = next(stream for stream in engine.overview.source_news().streams if stream.kind == "Pod")
        assert pods.unseen_deaths == 1


async def test_a15_a_deployment_that_is_no_longer_selected_is_not_said_to_have_died() -> None:
    left = frames(("DELETED", SHOP[0], "11"))
    async with (
        ScriptedApi(routes=a_shop(WATCH_deployments=[left])) as api,
        an_engine(api, selector="app=web") as (engine, batches),
    ):
        await until(lambda: any(batch.removed for batch in batches))
        assert engine.world.pods.by_uid.keys() == {"uid-web-1-a", "uid-web-1-b"}
        assert all(not row.gap.size for batch in batches for row in batch.rows)


@pytest.mark.parametrize("code", [401, 403])
async def test_a17_a_lasting_refusal_is_shown_by_kind_and_does_not_spin(code: int) -> None:
    denied = status(code, "Forbidden", 'pods is forbidden in "shop"')
    async with (
        ScriptedApi(routes=a_shop(GET_pods=[denied])) as api,
        an_engine(api, namespace="shop") as (engine, _),
    ):
        with pytest.raises(ClusterError, match="pods is forbidden"):
            await engine.synced()
        await until(
            lambda: (
                [one.state for one in engine.overview.source_news().streams[:3:2]]
                == [Liveness.LIVE, Liveness.DENIED]
            )
        )
        assert len(api.to("GET pods")) <= 2, "once, and once more with credentials read anew"


async def test_a17_rights_to_what_is_not_needed_may_be_missing() -> None:
    denied = [status(403, "Forbidden")]
    absent = [status(404, "NotFound", "the server could not find the requested resource")]
    routes = a_shop(GET_nodes=denied, GET_events=denied, GET_poddisruptionbudgets=absent)
    async with ScriptedApi(routes=routes) as api, an_engine(api) as (engine, _):
        await engine.synced()
        news = engine.overview.source_news()
        await until(
            lambda: all(one.state is Liveness.DENIED for one in engine.overview.source_news().streams[3:])
        )
        assert engine.overview.rows()
        assert engine.doubt() == "", "nor does it stand in the way of a fault"
        assert (news.state, news.error) == (Liveness.LIVE, "")


async def test_a18_a_burst_is_one_row_and_how_many_were_coalesced_can_be_seen() -> None:
    pod = SHOP[2]
    burst = frames(*(("MODIFIED", pod, f"{20 + number}") for number in range(100)))
    async with (
        ScriptedApi(routes=a_shop(WATCH_pods=[burst])) as api,
        an_engine(api) as (engine, batches),
    ):
        await until(lambda: engine.overview.source_news().streams[2].frames == 100)
        await until(lambda: batches)
        pods = engine.overview.source_news().streams[2]
        assert sum(len(batch.rows) for batch in batches) + pods.coalesced >= 100
        assert pods.coalesced > 90


@pytest.mark.parametrize("skew_s", [-LATER_S, LATER_S])
async def test_a20_min_ready_seconds_are_counted_by_the_servers_clock(skew_s: int) -> None:
    theirs = datetime.now(UTC) + timedelta(seconds=skew_s)
    since = (theirs - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    pods = [a_pod("web-1-a"), a_pod("web-1-b", since=since)]
    deployment = a_deployment(2, available=1, min_ready_seconds=600)
    routes = a_shop(GET_pods=[listed(*pods)], GET_deployments=[listed(deployment)])
    async with ScriptedApi(routes=routes) as api:
        api.skew_s = skew_s
        async with an_engine(api) as (engine, _):
            await engine.synced()
            (row,) = engine.overview.rows()
            assert (row.gap.ready, row.gap.available) == (2, 1)
            assert row.gap.next_change_at is not None
            gone = datetime.now(UTC) + timedelta(seconds=skew_s) - theirs
            left_s = row.gap.next_change_at - engine.source.connection.server_now()
            assert left_s == pytest.approx(598 - gone.total_seconds(), abs=4)


async def test_a21_unknown_is_not_zero_before_the_list_and_stale_has_its_age_after() -> None:
    asked = asyncio.Event()
    pods = Reply(listed(*SHOP[2:]).body, after=asked)
    routes = a_shop(
        GET_pods=[pods], WATCH_pods=[frames(("MODIFIED", SHOP[2], "11"), then="cut"), status(500, "X")]
    )
    async with ScriptedApi(routes=routes) as api, an_engine(api) as (engine, batches):
        await until(lambda: engine.overview.source_news().streams[0].state is Liveness.LIVE)
        news = engine.overview.source_news()
        assert (news.state, news.streams[0].objects, news.streams[2].objects) == (Liveness.SYNCING, 1, None)
        assert batches == []
        asked.set()
        await until(lambda: engine.overview.source_news().state is Liveness.STALE)
        news = engine.overview.source_news()
        assert news.age_s is not None
        assert news.error
        assert news.streams[2].objects == 2
