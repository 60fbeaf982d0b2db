"""Scenarios that each open a heal, played side by side on one cluster, and what an engine of ours saw of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.e2e.conftest import Cluster, Target, namespace_on
from tests.e2e.kubelets import kubelets_of
from tests.waiting import until
from tui.facts import Pod
from tui.session.engine import Engine
from tui.session.heal_news import HealNews
from tui.session.options import Options
from tui.session.source import open_source

GOOD_IMAGE = "example.com/shop/web:2"
BAD_IMAGE = "registry.invalid/bad-missing:does-not-exist"
FIRST_IMAGE = "example.com/shop/web:1"
NAME = "web"


@dataclass(frozen=True)
class Outcome:
    """What was seen: the heals, oldest first, and who acted in the story with which grade of evidence."""

    heals: list[HealNews]
    actors: set[tuple[str, int]]
    story: list[str]


@dataclass
class Shop:
    """One scenario's Deployment: acted on by the official client, watched by our engine."""

    cluster: Cluster
    engine: Engine

    @property
    def uid(self) -> str:
        return self.engine.find(self.cluster.namespace, NAME).metadata.uid

    @property
    def heals(self) -> list[HealNews]:
        """Oldest first."""
        return [heal for heal in reversed(self.engine.overview.heals()) if heal.deployment_uid == self.uid]

    @property
    def pods(self) -> list[Pod]:
        """Those that are not being ended, by name."""
        active = (pod for pod in self.engine.world.pods_of(self.uid) if pod.active)
        return sorted(active, key=lambda pod: pod.metadata.name)

    async def act(self, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Has the official client, which blocks, do it on a thread."""
        return await asyncio.to_thread(call, *args, **named)

    async def until(self, fact: Callable[[], object]) -> None:
        await until(fact, every_s=0.05)

    async def settled(self, heals: int = 1) -> None:
        """Waits until so many heals have settled, and none is under way."""
        await self.until(lambda: sum(heal.settled is not None for heal in self.heals) >= heals)

    async def delete_by_us(self) -> None:
        """A fault of ours."""
        plan = await self.engine.desk.plan("delete-pod", self.engine.target(self.uid))
        await self.engine.desk.fire(plan, anyway=True)

    async def delete_by_others(self, count: int) -> None:
        """Somebody deletes so many pods with one request."""
        core, namespace = self.cluster.core, self.cluster.namespace
        chosen = {"metadata": {"labels": {"chosen": "yes"}}}
        for pod in self.pods[:count]:
            await self.act(core.patch_namespaced_pod, pod.metadata.name, namespace, chosen)
        await self.act(core.delete_collection_namespaced_pod, namespace, label_selector="chosen=yes")

    def outcome(self) -> Outcome:
        steps = [one.step for one in self.engine.chronicle.record(self.uid).happened]
        story = [f"{'●' * step.grade:3} {step.actor}: {step.text} ({step.evidence})" for step in steps]
        return Outcome(self.heals, {(step.actor, int(step.grade)) for step in steps}, story)


Scenario = Callable[[Shop], Awaitable[None]]


async def one_pod_deleted_by_us(shop: Shop) -> None:
    await shop.delete_by_us()
    await shop.settled()


async def two_pods_deleted_at_once(shop: Shop) -> None:
    await shop.delete_by_others(2)
    await shop.settled()


async def good_image(shop: Shop) -> None:
    await shop.act(shop.cluster.set_image, NAME, GOOD_IMAGE)
    await shop.settled()


async def bad_image_undone(shop: Shop) -> None:
    await shop.act(shop.cluster.set_image, NAME, BAD_IMAGE)
    await shop.until(lambda: sum("ImagePull" in wait for wait in waits(shop)) == 2)
    await shop.act(shop.cluster.set_image, NAME, FIRST_IMAGE)
    await shop.settled()


async def quota_squeezed_and_released(shop: Shop) -> None:
    core, namespace = shop.cluster.core, shop.cluster.namespace
    quota = {"metadata": {"name": "tight"}, "spec": {"hard": {"pods": "2"}}}
    await shop.act(core.create_namespaced_resource_quota, namespace, quota)
    while not (await shop.act(core.read_namespaced_resource_quota, "tight", namespace)).status.used:
        pass
    await shop.delete_by_others(1)
    await shop.until(lambda: "quota" in shop.engine.overview.row(shop.uid).why)
    await shop.act(core.delete_namespaced_resource_quota, "tight", namespace)
    await shop.settled()


async def scaled_up_and_down(shop: Shop) -> None:
    await shop.act(shop.cluster.patch, NAME, {"replicas": 4})
    await shop.settled()
    await shop.act(shop.cluster.patch, NAME, {"replicas": 2})
    await shop.settled(2)


async def six_crashes(shop: Shop) -> None:
    kubelets = await shop.act(kubelets_of, shop.cluster)
    victim = shop.pods[0].metadata
    for time in range(1, 7):
        await shop.act(kubelets.crash, victim.name, time)
        await shop.until(partial(restarted, shop, victim.uid, time))
    await shop.settled()


async def node_lost(shop: Shop) -> None:
    kubelets = await shop.act(kubelets_of, shop.cluster)
    node = shop.pods[0].spec.node_name
    await shop.act(kubelets.silence, node)
    try:
        await shop.settled()
    finally:
        await shop.act(kubelets.wake, node)


def restarted(shop: Shop, pod_uid: str, times: int) -> bool:
    """Whether that pod is ready again after so many restarts."""
    pod = shop.engine.world.pods.by_uid[pod_uid]
    return pod.ready and pod.restarts == times


def waits(shop: Shop) -> list[str]:
    """What containers that have not started wait for."""
    statuses = (one for pod in shop.pods for one in pod.status.container_statuses)
    return [one.state.waiting.reason for one in statuses if one.state.waiting]


async def play(target: Target, scenarios: Mapping[str, tuple[int, Scenario]]) -> dict[str, Outcome]:
    """Plays them all at once, each with so many pods in a namespace of its own; by name, what was seen of each."""
    async with AsyncExitStack() as stack:
        clusters = await asyncio.gather(
            *(_deployed(stack, target, replicas) for replicas, _ in scenarios.values())
        )
        engine = await stack.enter_async_context(_watching(target))
        shops = [Shop(cluster, engine) for cluster in clusters]
        await asyncio.gather(
            *(play_one(shop) for (_, play_one), shop in zip(scenarios.values(), shops, strict=True))
        )
        return {name: shop.outcome() for name, shop in zip(scenarios, shops, strict=True)}


async def _deployed(stack: AsyncExitStack, target: Target, replicas: int) -> Cluster:
    """A namespace with a complete Deployment, which is gone with the stack."""
    ours = namespace_on(target)
    cluster = await asyncio.to_thread(ours.__enter__)
    stack.push_async_callback(asyncio.to_thread, ours.__exit__, None, None, None)
    await asyncio.to_thread(cluster.deploy, NAME, replicas)
    return cluster


@asynccontextmanager
async def _watching(target: Target) -> AsyncIterator[Engine]:
    options = Options(kubeconfig=target.kubeconfig, context=target.context, all_namespaces=True)
    source = await open_source(options)
    try:
        engine = Engine(source)
        async with engine.running():
            await engine.synced()
            engine.guard.arm(engine.now(), source.connection.context.name)
            yield engine
    finally:
        await source.close()
