"""Every fault end to end: injected by our engine on a running cluster, judged by the official client.

On a sandbox of their own; with `--context NAME` those that need no real program and no machine run on that cluster.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cluster, Target, is_complete, namespace_on
from tests.e2e.faults import MISSING, NAME, REPLICAS, SCENARIOS, Play, Scene, podinfo, service
from tests.waiting import until
from tui.chaos import catalogue
from tui.chaos.fault import Fault
from tui.chaos.journal import Journal
from tui.cluster.gateway import FIELD_MANAGER
from tui.reconcile.evidence import SOMEONE
from tui.session.engine import Engine
from tui.session.options import Options
from tui.session.source import open_source


@pytest.fixture
def shop(fast: Target) -> Iterator[Cluster]:
    """A namespace with a Deployment of podinfo, complete, and its Service."""
    with namespace_on(fast) as cluster:
        cluster.core.create_namespaced_service(cluster.namespace, service())
        cluster.apps.create_namespaced_deployment(cluster.namespace, podinfo())
        cluster.until(NAME, is_complete)
        yield cluster


@asynccontextmanager
async def engine_on(cluster: Cluster, folder: Path) -> AsyncIterator[Engine]:
    """Our engine on that namespace, armed, with a journal in that folder; it sees the pods and the nodes."""
    options = Options(
        kubeconfig=cluster.target.kubeconfig, context=cluster.target.context, namespace=cluster.namespace
    )
    source = await open_source(options)
    try:
        engine = Engine(source, journal=Journal(folder, time.time))
        async with engine.running():
            await engine.synced()
            nodes = len(cluster.core.list_node().items)
            await engine.until(lambda: len(engine.world.nodes.by_uid) == nodes)
            uid = engine.find(cluster.namespace, NAME).metadata.uid
            await engine.until(lambda: sum(pod.ready for pod in engine.world.pods_of(uid)) == REPLICAS)
            engine.overview.rows()  # the gap is known before anything is done to it
            engine.guard.arm(engine.now(), source.connection.context.name)
            yield engine
    finally:
        await source.close()


def as_asked(cluster: Cluster) -> dict[str, Any]:
    """All that people ask for, whole: what the controllers and kubelets make of it is not in it."""
    api, namespace = cluster.core.api_client, cluster.namespace
    deployment = cluster.apps.read_namespaced_deployment(NAME, namespace)
    front = cluster.core.read_namespaced_service(NAME, namespace)
    found: dict[str, Any] = {}
    for one in (deployment, front, *cluster.core.list_node().items):
        whole = api.sanitize_for_serialization(one)
        found[f"{type(one).__name__} {one.metadata.name}"] = _without_what_goes_on(whole)
    quotas = cluster.core.list_namespaced_resource_quota(namespace).items
    found["quotas"] = [one.metadata.name for one in quotas]
    pods = cluster.core.list_namespaced_pod(namespace).items
    there = [pod.metadata.labels for pod in pods if not pod.metadata.deletion_timestamp]
    found["pods"] = sorted({str(sorted(filter(_is_asked, labels.items()))) for labels in there})
    return found


GOES_ON = {
    "": {"status"},
    "metadata": {"generation", "managedFields", "resourceVersion"},
    "metadata.annotations": {"deployment.kubernetes.io/revision"},
}
"""What an undo does not turn back, by where it stands."""


def _without_what_goes_on(value: Any, path: str = "") -> Any:
    """All else of an object; of a node's taints those that the node controller does not set by itself."""
    if path == "spec.taints":
        return [one for one in value if not one["key"].startswith("node.kubernetes.io/")] or None
    if not isinstance(value, dict):
        return value
    kept = {name: one for name, one in value.items() if name not in GOES_ON.get(path, ())}
    parts = {name: _without_what_goes_on(one, f"{path}.{name}".lstrip(".")) for name, one in kept.items()}
    return {name: one for name, one in parts.items() if one is not None}


def _is_asked(label: tuple[str, str]) -> bool:
    """Not where the pod has come to stand, which newer API servers note on it at its binding."""
    return not label[0].startswith("topology.kubernetes.io/")


def test_every_fault_has_its_scenario() -> None:
    assert not MISSING, "a fault without a scenario, or a scenario without a fault"


@pytest.mark.parametrize("fault", catalogue.FAULTS, ids=lambda fault: fault.name)
async def test_a_fault_from_its_injection_to_its_undo(fault: Fault, shop: Cluster, tmp_path: Path) -> None:
    scenario = SCENARIOS[fault.name]
    before = as_asked(shop)
    async with engine_on(shop, tmp_path) as engine:
        play: Play | None = scenario.play
        if scenario.simulated and engine.desk.sight.nature != "sandbox":
            play = scenario.instead
        if play is None:
            pytest.skip("needs a program that runs, or a machine within reach")
        assert not await fault.unable(engine.desk.sight)
        scene = Scene(shop, engine, fault.name)
        plan = await play(scene)
        await is_told(engine, shop, f"you {plan.done}", opens_gap=scenario.opens_gap)
        if scene.running is not None and scene.running.id in engine.desk.keeper.running:
            assert await engine.desk.undo(scene.running.id) == "undone"
        # A stroke that was on its way when its schedule ended comes to its own end.
        await until(lambda: not engine.desk.keeper.running)
        assert all(one.ended_at for one in engine.desk.journal.told())
        shop.until(NAME, is_complete)
        await scene.until(lambda: is_settled(scene))
    assert as_asked(shop) == before


async def is_settled(scene: Scene) -> bool:
    """Whether there are as many pods as asked for, the orphans included."""
    return len(await scene.pods()) == REPLICAS


async def is_told(engine: Engine, shop: Cluster, done: str, *, opens_gap: bool) -> None:
    """Our own write stands on the chart, is told as ours, and is the cause of the heal that it opened."""
    uid = engine.find(shop.namespace, NAME).metadata.uid

    def causes() -> list[str]:
        return [heal.cause for heal in engine.overview.heals() if heal.deployment_uid == uid]

    def strangers() -> set[str]:
        detail = engine.overview.detail(uid)
        return {one.actor for one in detail.told} & {FIELD_MANAGER, SOMEONE} if detail is not None else set()

    # The client may have seen it before our streams have.
    await until(lambda: bool(causes()) or not opens_gap)
    await until(lambda: not strangers())
    detail = engine.overview.detail(uid)
    assert detail is not None
    assert done in [mark.text for mark in detail.marks]
    if opens_gap:
        assert causes() == [done]
    else:
        assert done not in causes()
