"""The reflectors behind a proxy that breaks thousands of answers: in the end the world is what the store holds."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.faulty import BEFORE, IN_A_WATCH, FaultyProxy
from tests.sandbox.api import DEPLOYMENTS, PODS, Client, Obj, deployment, pod
from tests.waiting import until
from tui.cluster import kinds
from tui.cluster.connection import Connection
from tui.cluster.liveness import Liveness
from tui.cluster.reflector import Listed, Reflector
from tui.sandbox.server import ApiServer
from tui.world import Shelf, World

FAULTS = 2_000
SEEDS = [20261125]
"""A run that fails names its seed; others are tried by adding them here."""
HISTORY = 40
"""So short that versions expire by themselves too."""


class Watcher:
    """Three reflectors into one world, which never really sleep, and what was wrong on the way."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self.world = World()
        self.sleeps = 0
        self.wrong: list[str] = []
        rng = random.Random(seed)
        self.reflectors: list[Reflector[Any]] = [
            Reflector(connection, kind, sleep=self._sleep, rng=rng)
            for kind in (kinds.DEPLOYMENTS, kinds.PODS, kinds.NODES)
        ]

    async def _sleep(self, _seconds: float) -> None:
        self.sleeps += 1
        await asyncio.sleep(0)

    async def consume(self, reflector: Reflector[Any]) -> None:
        """As the engine does."""
        name = reflector.kind.name
        async for news in reflector.reflect():
            if isinstance(news, Listed):
                self.world.replace(name, news.objects)
                continue
            if self.world.known(name) is None:
                self.wrong.append(f"{name}: a change before a complete list")
            for type_, fact in news.changes:
                take = self.world.remove if type_ == "DELETED" else self.world.put
                take(name, fact)

    def versions(self) -> dict[str, dict[str, str]]:
        """What is known: by kind and key, the version."""
        shelves: tuple[Shelf[Any], ...] = (self.world.deployments, self.world.pods, self.world.nodes)
        return {
            reflector.kind.resource.plural: {
                one.metadata.key: one.metadata.resource_version for one in shelf.by_uid.values()
            }
            for reflector, shelf in zip(self.reflectors, shelves, strict=True)
        }


async def change_something(client: Client, rng: random.Random) -> None:
    """One write of another client; a conflict or a name that is taken is as good as any."""
    name = f"x{rng.randrange(30)}"
    path, make = rng.choice([(PODS, pod), (DEPLOYMENTS, deployment)])
    dice = rng.random()
    if dice < 0.4:
        await client.create(path, make(name))
    elif dice < 0.75:
        label: Obj = {"metadata": {"labels": {"n": str(rng.randrange(1000))}}}
        await client.patch(f"{path}/{name}", label)
    else:
        await client.delete(f"{path}/{name}", {"gracePeriodSeconds": 0})


async def stored(client: Client) -> dict[str, dict[str, str]]:
    paths = {"deployments": "/apis/apps/v1/deployments", "pods": "/api/v1/pods", "nodes": "/api/v1/nodes"}
    found = {}
    for plural, path in paths.items():
        items = (await client.get(path)).expect(200)["items"]
        keys = [(one["metadata"].get("namespace"), one["metadata"]) for one in items]
        found[plural] = {
            f"{namespace}/{meta['name']}" if namespace else meta["name"]: meta["resourceVersion"]
            for namespace, meta in keys
        }
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_promises_a01_to_a12_hold_through_thousands_of_faults(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("tui.cluster.reflector.SILENCE_S", 0.3)
    monkeypatch.setattr("tui.cluster.reflector.SHORT_WATCH_S", 0.05)
    rng = random.Random(seed)
    async with (
        ApiServer(history=HISTORY, bookmark_interval_s=0.05) as server,
        Client(server) as client,
        FaultyProxy(server, seed) as proxy,
    ):
        connection = await Connection.open(proxy.context)
        watcher = Watcher(connection, seed)
        tasks = [asyncio.create_task(watcher.consume(one)) for one in watcher.reflectors]
        try:
            while proxy.injected.total() < FAULTS:
                await change_something(client, rng)
                rng.choice(watcher.reflectors).streams_lists = True  # a broken answer ends that for ever
                assert not any(task.done() for task in tasks), "a reflector has ended"
            proxy.faults_on = False
            expected = await stored(client)
            await until(lambda: watcher.versions() == expected)
            await until(lambda: all(one.status.state is Liveness.LIVE for one in watcher.reflectors))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await connection.close()
        assert watcher.wrong == []
        assert proxy.asked_again == [], "a version that had expired was watched again"
        assert set(proxy.injected) >= {*BEFORE, *IN_A_WATCH}, "every fault has had its turn"
        statuses = [one.status for one in watcher.reflectors]
        assert sum(one.undecodable for one in statuses) > 0
        assert sum(one.repeated for one in statuses) > 0
        assert any(one.streamed_list for one in statuses)
