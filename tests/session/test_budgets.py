"""PDB in the way, end to end on a sandbox: the remark comes with the cordon and goes with what was in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.liveshop import LiveShop
from tests.waiting import until
from tui.session.engine import Batch, Engine
from tui.session.news import Link
from tui.session.source import Options, open_source

Asides = Callable[[], tuple[Link, ...]]


@asynccontextmanager
async def watching_web(shop: LiveShop) -> AsyncIterator[tuple[Engine, Asides, list[Batch]]]:
    """An engine on the shop, what it says beside the reasons for a gap of shop/web, and its batches."""
    source, batches = await open_source(Options(kubeconfig=shop.kubeconfig)), list[Batch]()
    try:
        engine = Engine(source, on_batch=batches.append)
        async with engine.running():
            await engine.synced()
            await until(lambda: engine.world.budgets.complete and engine.world.nodes.complete and batches)
            uid = engine.find("shop", "web").metadata.uid
            yield engine, lambda: tuple(link for link in engine.overview.chain(uid) if link.aside), batches
    finally:
        await source.close()


async def node_of_a_pod(shop: LiveShop) -> str:
    node: str = next(iter((await shop.pods("web")).values()))["spec"]["nodeName"]
    return node


async def test_a_budget_is_in_the_way_from_the_cordon_to_the_end_of_it(shop: LiveShop) -> None:
    node = await node_of_a_pod(shop)
    async with watching_web(shop) as (engine, asides, batches):
        await shop.protect("web", minAvailable=3)
        await until(lambda: any(one.status.desired_healthy for one in engine.world.budgets_in("shop")))
        assert asides() == ()
        told = len(batches)
        await shop.cordon(node)
        await until(lambda: len(asides()) == 3)
        top, held, budget = asides()
        assert top.subject == "Deployment web"
        assert held.subject.endswith(f"on cordoned node {node}")
        assert (budget.subject, budget.text) == (
            "PodDisruptionBudget web",
            "allows 0 disruptions: 3 of 3 needed are healthy",
        )
        assert budget.hopeless
        await until(lambda: any(row.key == "shop/web" for batch in batches[told:] for row in batch.rows))
        await shop.cordon(node, cordoned=False)
        await until(lambda: not asides())


async def test_a_looser_budget_is_no_longer_in_the_way_and_is_told_to_the_screens(shop: LiveShop) -> None:
    node = await node_of_a_pod(shop)
    await shop.cordon(node)
    await shop.protect("web", maxUnavailable=0)
    async with watching_web(shop) as (_, asides, batches):
        assert len(asides()) == 3
        told = len(batches)
        await shop.change_budget("web", maxUnavailable=1)
        await until(lambda: not asides())
        await until(lambda: any(row.key == "shop/web" for batch in batches[told:] for row in batch.rows))


async def test_a_budget_spends_what_it_allows_with_a_lost_pod_and_has_it_back_with_the_next(
    shop: LiveShop,
) -> None:
    """What the sandbox keeps current is what an eviction would be told; with all nodes cordoned nothing comes back."""
    await shop.protect("web", maxUnavailable=1)
    async with watching_web(shop) as (engine, asides, _):

        def allowed() -> list[int]:
            return [one.status.disruptions_allowed for one in engine.world.budgets_in("shop")]

        await until(lambda: allowed() == [1])
        nodes = [node.metadata.name for node in engine.world.nodes.by_uid.values()]
        for node in nodes:
            await shop.cordon(node)
        await until(lambda: all(one.spec.unschedulable for one in engine.world.nodes.by_uid.values()))
        assert asides() == ()
        await shop.delete_pod(next(iter((await shop.pods("web")).values())))
        await until(lambda: allowed() == [0] and len(asides()) == 2)
        held, budget = asides()
        assert held.subject.startswith("besides, 2 pods on ")
        assert budget.text == "allows 0 disruptions: 2 of 2 needed are healthy"
        assert budget.waits_for.startswith("another ready pod")
        assert not budget.hopeless
        for node in nodes:
            await shop.cordon(node, cordoned=False)
        await until(lambda: allowed() == [1] and not asides())
