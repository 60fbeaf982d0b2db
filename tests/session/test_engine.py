"""The engine on a running cluster: from frames on the wire to rows, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.liveshop import KEYS, UNSCHEDULABLE, LiveShop
from tests.scripted import Reply, ScriptedApi, a_list, status
from tests.waiting import PATIENCE_S, until
from tui.cluster.contexts import Nature
from tui.cluster.errors import ClusterError
from tui.cluster.liveness import Liveness
from tui.sandbox.loops.client import DEPLOYMENTS
from tui.session.engine import Batch, Engine
from tui.session.news import FleetRow
from tui.session.source import Options, Source, open_source
from tui.steady import steady


@dataclass
class Seen:
    """What an engine's batches have told so far."""

    rows: dict[str, FleetRow] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)

    def __call__(self, batch: Batch) -> None:
        self.batches.append(batch)
        for row in batch.rows:
            self.rows[row.key] = row
        for uid in batch.removed:
            self.gone += [key for key, row in self.rows.items() if row.uid == uid]
        self.rows = {key: row for key, row in self.rows.items() if row.uid not in batch.removed}


@asynccontextmanager
async def an_engine(shop: LiveShop, **options: Any) -> AsyncIterator[tuple[Engine, Seen]]:
    source = await open_source(Options(kubeconfig=shop.kubeconfig, **options))
    seen = Seen()
    try:
        engine = Engine(source, on_batch=seen)
        async with engine.running():
            await engine.synced()
            yield engine, seen
    finally:
        await source.close()


async def test_synced_is_a_complete_picture(shop: LiveShop) -> None:
    async with an_engine(shop) as (engine, seen):
        assert sorted(row.key for row in engine.overview.rows()) == KEYS
        await until(lambda: seen.batches)
        assert sorted(seen.rows) == KEYS, "and it comes as one batch"
        assert all(row.gap.settled for row in seen.rows.values())
        news = engine.overview.source_news()
        assert (news.state, news.nature, news.error) == (Liveness.LIVE, Nature.SANDBOX, "")
        assert news.armed_for_s is not None
        assert {stream.kind for stream in news.streams} == {
            "Deployment",
            "ReplicaSet",
            "Pod",
            "Node",
            "Event",
            "PodDisruptionBudget",
        }


async def test_every_request_carries_our_user_agent(shop: LiveShop) -> None:
    async with an_engine(shop) as (engine, _):
        target = engine.target(engine.find("shop", "web").metadata.uid)
        await engine.desk.fire(await engine.desk.plan("delete-pod", target))
        asked = {(one.method, one.path.rstrip("/").rpartition("/")[2]) for one in shop.ours}
        assert {("GET", "version"), ("GET", "pods"), ("POST", "selfsubjectaccessreviews")} <= asked
        assert len(shop.writes) == 1
        assert all(one.user_agent.startswith("gapwatch/") for one in shop.ours)


async def test_a_namespace_is_all_that_is_asked_for(shop: LiveShop) -> None:
    async with an_engine(shop, namespace="warehouse") as (engine, _):
        assert [row.key for row in engine.overview.rows()] == ["warehouse/stock"]
        lists = [one.path for one in shop.ours if one.path.endswith(("pods", "deployments", "replicasets"))]
        assert lists
        assert all("/namespaces/warehouse/" in path for path in lists)


async def test_another_clients_change_becomes_a_row(shop: LiveShop) -> None:
    async with an_engine(shop) as (_, seen):
        await shop.scale("web", 5)
        await until(lambda: seen.rows["shop/web"].gap.available == 5)
        await shop.deploy("new", 2)
        await until(lambda: "shop/new" in seen.rows and seen.rows["shop/new"].gap.settled)
        assert seen.rows["shop/new"].gap.desired == 2


async def test_a_gap_and_its_reason_become_a_row(shop: LiveShop) -> None:
    async with an_engine(shop) as (engine, seen):
        await shop.deploy("greedy", 2, cpu=UNSCHEDULABLE)
        await until(lambda: "shop/greedy" in seen.rows and "cpu" in seen.rows["shop/greedy"].why)
        row = seen.rows["shop/greedy"]
        assert (row.gap.size, row.gap.starting, row.gap.missing) == (2, 2, 0)
        assert row.opened is not None
        assert row.opened <= engine.now()


async def test_a_deployment_made_while_we_watch_was_not_open_before_us(shop: LiveShop) -> None:
    async with an_engine(shop) as (engine, seen):
        await shop.deploy("greedy", 1, cpu=UNSCHEDULABLE)
        await until(lambda: "shop/greedy" in seen.rows and seen.rows["shop/greedy"].opened is not None)
        row = seen.rows["shop/greedy"]
        assert not row.opened_before_us
        heal = engine.chronicle.record(row.uid).heal
        assert heal is not None
        assert heal.cause == "the Deployment was created"


async def test_a_gap_that_was_open_when_we_came_is_marked(shop: LiveShop) -> None:
    await shop.deploy("greedy", 1, cpu=UNSCHEDULABLE)
    async with an_engine(shop) as (engine, seen):
        await until(lambda: "shop/greedy" in seen.rows)
        assert seen.rows["shop/greedy"].opened_before_us
        detail = engine.overview.detail(seen.rows["shop/greedy"].uid)
        assert detail is not None
        assert detail.heal is not None
        assert detail.heal.cause == "already open when we looked"


async def test_a_deleted_deployment_is_told_once(shop: LiveShop) -> None:
    async with an_engine(shop) as (engine, seen):
        await until(lambda: "shop/api" in seen.rows)
        uid = seen.rows["shop/api"].uid
        await shop.delete("api")
        await until(lambda: seen.gone == ["shop/api"])
        await until(
            lambda: (
                not engine.world.pods_of(uid)
                and not any(pod.metadata.name.startswith("api-") for pod in engine.world.pods.by_uid.values())
            )
        )
        assert sum(uid in batch.removed for batch in seen.batches) == 1
        assert engine.overview.detail(uid) is None
        assert uid not in engine.chronicle.records


async def test_many_changes_are_one_row_a_batch(shop: LiveShop) -> None:
    async with an_engine(shop) as (engine, seen):
        # Nothing is read meanwhile: it all comes at once, however busy the machine is.
        for replicas in (4, 5, 6, 7, 8):
            patch = {"spec": {"replicas": replicas}}
            shop.wait_for(shop._stranger.patch(DEPLOYMENTS, "shop", "web", patch))
        shop.wait_for(shop.sandbox.settled())
        await until(lambda: seen.rows.get("shop/web") and seen.rows["shop/web"].gap.available == 8)
        frames = {stream.kind: stream.frames for stream in engine.overview.source_news().streams}
        rows = [row for batch in seen.batches for row in batch.rows if row.key == "shop/web"]
        assert frames["Pod"] > len(rows), "frames are coalesced"
        for batch in seen.batches:
            assert len({row.uid for row in batch.rows}) == len(batch.rows)


async def test_a_deployment_that_is_not_there_is_answered_with_what_is(shop: LiveShop) -> None:
    async with an_engine(shop) as (engine, _):
        with pytest.raises(ClusterError, match=r"no Deployment shop/nope \(there is: api, web\)"):
            engine.find("shop", "nope")
        with pytest.raises(ClusterError, match="namespace nope has no Deployments"):
            engine.find("nope", "web")


async def test_without_the_right_to_list_the_reason_is_one_line(shop: LiveShop) -> None:
    source = await open_source(Options(kubeconfig=shop.kubeconfig, selector="app in ("))
    try:
        async with Engine(source).running() as engine:
            with pytest.raises(ClusterError, match="400") as refusal:
                await engine.synced()
            assert "\n" not in str(refusal.value)
            assert engine.overview.source_news().state is Liveness.DENIED
    finally:
        await source.close()


@pytest.mark.parametrize("nonsense", ["<html>hello</html>", "[]"])
async def test_a_first_list_that_is_none_is_not_waited_for(nonsense: str) -> None:
    async with ScriptedApi([Reply(nonsense)]) as api:
        engine = Engine(Source(api.connection, None, ""), read_only=True)
        async with engine.running():
            with pytest.raises(ClusterError, match=r"its \w+ list is no list"):
                await engine.synced(timeout=PATIENCE_S)


async def test_a_server_that_is_out_of_breath_is_waited_for() -> None:
    async with ScriptedApi([status(500, "InternalError"), a_list()]) as api:
        engine = Engine(Source(api.connection, None, ""), read_only=True)
        async with engine.running():
            await engine.synced(timeout=PATIENCE_S)


async def test_a12_what_was_seen_before_a_laptop_slept_is_stale_and_not_acted_upon() -> None:
    slept_s = 0.0
    async with ScriptedApi([a_list()]) as api:
        engine = Engine(Source(api.connection, None, ""), clock=lambda: steady() + slept_s)
        async with engine.running():
            await engine.synced(timeout=PATIENCE_S)
            assert (engine.overview.source_news().state, engine.doubt()) == (Liveness.LIVE, "")
            slept_s = 8 * 3600.0  # and nothing has come, nor timed out
            news = engine.overview.source_news()
            assert news.state is Liveness.STALE
            assert news.age_s == pytest.approx(slept_s, abs=PATIENCE_S)
            assert engine.doubt() == "what is shown of Deployments is stale"
