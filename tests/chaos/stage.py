"""A desk in a real engine on a real sandbox, with a gate between the two that sees what the server sees."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.gate import Gate, Passed
from tests.liveshop import QUOTAS, LiveShop
from tui.chaos import catalogue
from tui.chaos.desk import ChaosDesk
from tui.chaos.fault import Aim, Fault, Plan, Target
from tui.chaos.journal import Journal, Told
from tui.cluster.connection import Connection
from tui.sandbox.loops.client import DEPLOYMENTS, NAMESPACES, NODES, PODS, ApiError, Resource
from tui.sandbox.loops.objects import Obj
from tui.session.engine import Engine
from tui.session.source import Source

NODE, ZONE = "node-b1", "zone-b"
LASTS_S = 3600.0
"""Longer than any test: what lasts so long is never undone by its deadline."""
LASTING = [fault for fault in catalogue.FAULTS if fault.lasts_s is not None and fault.name != "thirty-a-day"]
"""Those with something to take back: the schedule only ends."""
EVERY_LASTING = pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.name)


@dataclass
class Stage:
    """One engine, its desk and journal, and all that was said in notices."""

    shop: LiveShop
    gate: Gate
    engine: Engine
    notices: list[str] = field(default_factory=list)

    @property
    def desk(self) -> ChaosDesk:
        """The engine's desk."""
        return self.engine.desk

    @property
    def journal(self) -> Journal:
        """The desk's journal."""
        return self.desk.journal

    def target(self, fault: Fault | str, name: str = "") -> Target:
        """What that fault is tried on: shop/web, a node or a zone of the sandbox."""
        known = catalogue.find(fault) if isinstance(fault, str) else fault
        if known.aim is Aim.DEPLOYMENT:
            return self.engine.target(self.engine.find("shop", name or "web").metadata.uid)
        return Target(known.aim, name or (NODE if known.aim is Aim.NODE else ZONE))

    async def plan(self, fault: str, *, for_s: float | None = None, on: str = "", **settings: str) -> Plan:
        """A plan on the usual target; what lasts outlasts the test unless told otherwise."""
        lasts = catalogue.find(fault).lasts_s is not None
        given = {name.replace("_", "-"): value for name, value in settings.items()}
        return await self.desk.plan(
            fault, self.target(fault, on), given, for_s=for_s or (LASTS_S if lasts else None)
        )

    async def fire(self, fault: str, **how: Any) -> str:
        """Plans it and fires it; its id."""
        injected = await self.desk.fire(await self.plan(fault, **how), anyway=True)
        return injected.entry.id

    async def fire_if_able(self, fault: Fault, **how: float) -> str:
        """Its id, or "" where this source can't do it."""
        return "" if await fault.unable(self.desk.sight) else await self.fire(fault.name, **how)

    @property
    def patches(self) -> list[Passed]:
        """The changes that the server has taken, without evictions and words to programs."""
        return [
            one
            for one in self.gate.writes
            if one.code < 300
            and one.method in ("PATCH", "POST")
            and "eviction" not in one.path
            and not one.reaches_into_a_pod
        ]

    def told(self, fault_id: str) -> Told:
        """What the journal on the disk tells of it."""
        return next(one for one in self.journal.told() if one.entry.id == fault_id)

    async def web(self) -> Obj:
        """shop/web without what is nobody's wish."""
        return await self.wish(DEPLOYMENTS, "web", "shop")

    async def node(self) -> Obj:
        """The node without what is nobody's wish."""
        return await self.wish(NODES, NODE)

    async def wish(self, resource: Resource, name: str, namespace: str = "") -> Obj:
        """One whole object without its status and what the server and controllers count in it."""
        return wished(await self.shop.get(resource, name, namespace))

    async def wishes(self) -> dict[str, Obj | None]:
        """All that the faults of the catalogue could leave changed, by what it is."""
        found: dict[str, Obj | None] = {"web": await self.web()}
        for node in await self.shop.every(NODES):
            found[node["metadata"]["name"]] = wished(node)
        for namespace in ("shop", "warehouse"):
            found[namespace] = await self.wish(NAMESPACES, namespace)
        found["quotas"] = {one["metadata"]["name"]: one for one in await self.shop.every(QUOTAS)}
        return found

    async def is_there(self, uid: str) -> bool:
        """Whether a pod of that uid is there and not being ended."""
        pods = await self.shop.every(PODS)
        return any(
            one["metadata"]["uid"] == uid and "deletionTimestamp" not in one["metadata"] for one in pods
        )


def wished(found: Obj) -> Obj:
    """The object without its status, and without what the server and controllers count and note in it."""
    obj = {name: value for name, value in found.items() if name != "status"}
    meta = obj["metadata"] = dict(obj["metadata"])
    for name in ("managedFields", "resourceVersion", "generation"):
        meta.pop(name, None)
    annotations = dict(meta.get("annotations") or {})
    annotations.pop("deployment.kubernetes.io/revision", None)
    meta["annotations"] = annotations
    taints = [one for one in obj.get("spec", {}).get("taints") or () if not is_a_controllers(one)]
    if taints != (obj.get("spec", {}).get("taints") or []):
        obj["spec"] = {name: value for name, value in obj["spec"].items() if name != "taints"}
        obj["spec"] |= {"taints": taints} if taints else {}
    return obj


def is_a_controllers(taint: Obj) -> bool:
    """Whether the node lifecycle controller has put it there, which takes it away in its own time."""
    return bool(taint["key"].startswith("node.kubernetes.io/"))


@contextmanager
def about(case: object) -> Iterator[None]:
    """One of several cases on the same stage: what fails in it is told with its name."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"with {case}")
        raise


@asynccontextmanager
async def a_stage(
    shop: LiveShop, folder: Path, *, gate: Gate | None = None, **engine: Any
) -> AsyncIterator[Stage]:
    """Opens a gate (or uses one), connects through it, and waits until all is known."""
    if gate is None:
        async with Gate(shop.sandbox.server) as gate, a_stage(shop, folder, gate=gate, **engine) as stage:
            yield stage
        return
    connection = await Connection.open(gate.context)
    try:
        journal = Journal(folder, time.time)
        running = Engine(Source(connection, None, ""), journal=journal, **engine)
        stage = Stage(shop, gate, running)
        running.telling.notice = lambda _severity, text: stage.notices.append(text)
        async with running.running():
            await running.synced()
            # Nodes are no part of the first picture: a fleet can be seen without them.
            await running.until(lambda: running.world.nodes.named(NODE) is not None)
            gate.forget()
            yield stage
    finally:
        await connection.close()


async def exists(shop: LiveShop, resource: Resource, name: str, namespace: str = "") -> bool:
    """Whether there is such an object."""
    try:
        await shop.get(resource, name, namespace)
    except ApiError as error:
        if error.status == 404:
            return False
        raise
    return True
