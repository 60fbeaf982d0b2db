"""Our engine on a sandbox that it takes for something else: a kind cluster, or a real one."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from tests.sandbox.live import NAMESPACE, Live
from tui.chaos.fault import Aim, Plan, Target
from tui.chaos.journal import Journal
from tui.cluster.connection import Connection
from tui.cluster.contexts import read_contexts
from tui.session.engine import Engine
from tui.session.source import Source

SANDBOX, KIND, REAL = "gapwatch-sandbox", "kind-gapwatch", "prod"
"""Contexts by their names: what they are taken for."""


@asynccontextmanager
async def engine_on(live: Live, folder: Path, name: str = SANDBOX) -> AsyncIterator[Engine]:
    """Armed, and seeing the nodes and pods that there are; the journal goes into that folder."""
    kubeconfig = live.sandbox.kubeconfig
    assert kubeconfig is not None
    connection = await Connection.open(read_contexts((kubeconfig,)).choose(None))
    connection.context = replace(connection.context, name=name, sandbox=name == SANDBOX)
    engine = Engine(Source(connection, None, ""), journal=Journal(folder, time.time))
    try:
        async with engine.running():
            await engine.synced()
            await engine.until(lambda: bool(engine.world.nodes.by_uid) and all_ready(engine))
            engine.overview.rows()
            engine.guard.arm(engine.now(), name)
            yield engine
    finally:
        await connection.close()


def all_ready(engine: Engine) -> bool:
    """Whether it sees all pods of all Deployments, ready."""
    return all(
        sum(pod.ready for pod in engine.world.pods_of(uid)) == one.desired
        for uid, one in engine.world.deployments.by_uid.items()
    )


async def plan(engine: Engine, fault: str, target: Target | None = None, **settings: str) -> Plan:
    """Of the Deployment web unless told otherwise."""
    target = target or engine.target(engine.find(NAMESPACE, "web").metadata.uid)
    given = {name.replace("_", "-"): value for name, value in settings.items()}
    return await engine.desk.plan(fault, target, given)


def node(name: str) -> Target:
    """That node."""
    return Target(Aim.NODE, name)


def zone(name: str) -> Target:
    """That zone."""
    return Target(Aim.ZONE, name)
