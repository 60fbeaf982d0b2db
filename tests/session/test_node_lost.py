"""A node of the sandbox is lost: its Deployment heals elsewhere, and the heal says what it was."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from tests.waiting import until
from tui.facts import parse_time
from tui.reconcile.heal import HealKind
from tui.sandbox.cluster import Sandbox
from tui.sandbox.loops.client import DEPLOYMENTS, NODES, PODS, Resource
from tui.sandbox.loops.node_taints import NOT_READY, UNREACHABLE
from tui.sandbox.loops.objects import Obj, name_of, uid_of
from tui.sandbox.loops.own_node import HEARTBEATS, STOPPED
from tui.sandbox.shop import Workload, deployment
from tui.session.engine import Engine
from tui.session.source import Options, open_source

SPEED = 50.0
TOLERATED_S = 60


async def every(sandbox: Sandbox, resource: Resource) -> list[Obj]:
    return [one async for page in sandbox.client.pages(resource) for one in page["items"]]


async def test_a_lost_node_is_healed_elsewhere_as_a_node_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.session.gap_clock.SETTLES_AFTER_S", 0.25)
    wish = deployment(Workload("default", "web", 4))
    wish["spec"]["template"]["spec"]["tolerations"] = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATED_S}
        for key in (NOT_READY, UNREACHABLE)
    ]
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(speed=SPEED, shop=False))
        await sandbox.client.create(DEPLOYMENTS, wish)
        await sandbox.settled()
        source = await open_source(Options(kubeconfig=str(sandbox.kubeconfig)))
        stack.push_async_callback(source.close)
        engine = Engine(source)
        await stack.enter_async_context(engine.running())
        await engine.synced()
        lost = {
            pod.metadata.uid for pod in engine.world.pods.by_uid.values() if pod.spec.node_name == "node-b1"
        }
        assert len(lost) == 1, "one pod on each of the four nodes"

        stop = {"metadata": {"annotations": {HEARTBEATS: STOPPED}}}
        await sandbox.client.patch(NODES, "", "node-b1", stop)
        await until(lambda: any(heal.settled is not None for heal in engine.overview.heals()))

        [heal] = engine.overview.heals()
        assert heal.kind is HealKind.NODE_LOSS
        assert (heal.deployment, heal.depth) == ("web", 1)
        assert heal.total_s is not None
        (node,) = [one for one in await every(sandbox, NODES) if name_of(one) == "node-b1"]
        (pod,) = [one for one in await every(sandbox, PODS) if uid_of(one) in lost]
        (tainted,) = [one["timeAdded"] for one in node["spec"]["taints"] if one["effect"] == "NoExecute"]
        tolerated_s = (parse_time(pod["metadata"]["deletionTimestamp"]) or 0) - (parse_time(tainted) or 0)
        assert tolerated_s >= TOLERATED_S / SPEED, "nothing happens while the taint is tolerated"
        [row] = engine.overview.rows()
        assert row.gap.settled
        assert lost <= engine.world.pods.by_uid.keys(), "the lost pod stays until its node is back"
