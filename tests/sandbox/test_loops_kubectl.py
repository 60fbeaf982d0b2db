"""The loops as kubectl sees them: what people type in a workshop, typed here."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.waiting import PATIENCE_S
from tui.sandbox.loops.client import NODES, PODS
from tui.sandbox.loops.node_taints import has_taint
from tui.sandbox.loops.objects import name_of, node_of
from tui.sandbox.loops.own_node import HEARTBEATS, STOPPED

from .live import Live, Objects, live, serving

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


async def kubectl(cluster: Live, *words: str, code: int = 0) -> str:
    """Run kubectl to its end; what it printed, errors after the rest."""
    process = await _start(cluster, *words)
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    text = out.decode() + err.decode()
    assert process.returncode == code, text
    return text


async def _start(cluster: Live, *words: str) -> asyncio.subprocess.Process:
    config = ("--kubeconfig", str(cluster.sandbox.kubeconfig))
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec("kubectl", *config, *words, stdout=pipe, stderr=pipe)


@asynccontextmanager
async def following(cluster: Live, *words: str) -> AsyncIterator[asyncio.StreamReader]:
    """kubectl that runs on, and its output."""
    process = await _start(cluster, *words)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process.stdout
    finally:
        process.terminate()
        await process.communicate()


async def line_with(stream: asyncio.StreamReader, *words: str) -> str:
    """The next line that has all these words."""
    async for line in stream:
        text = line.decode()
        if all(word in text for word in words):
            return text
    raise AssertionError(f"no line with {words}")


async def test_rollout_status_history_and_undo() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=3, pod={"image": "shop/web:1"})
        assert "image updated" in await kubectl(cluster, "set", "image", "deployment/web", "web=shop/web:2")
        said = await kubectl(cluster, "rollout", "status", "deployment/web")
        assert 'deployment "web" successfully rolled out' in said
        history = await kubectl(cluster, "rollout", "history", "deployment/web")
        assert [line.split()[0] for line in history.splitlines() if line[:1].isdigit()] == ["1", "2"]
        assert "shop/web:1" in await kubectl(cluster, "rollout", "history", "deployment/web", "--revision=1")
        assert "rolled back" in await kubectl(cluster, "rollout", "undo", "deployment/web")
        await kubectl(cluster, "rollout", "status", "deployment/web")
        assert {pod["spec"]["containers"][0]["image"] for pod in await cluster.pods()} == {"shop/web:1"}
        assert set(await cluster.replica_sets()) == {"2", "3"}


async def test_a_rollout_that_is_stuck_is_told_and_undone() -> None:
    async with live(speed=50) as cluster:
        await cluster.deploy(replicas=2, pod={"image": "shop/web:1"}, progressDeadlineSeconds=20)
        await kubectl(cluster, "set", "image", "deployment/web", "web=shop/web:missing")
        said = await kubectl(cluster, "rollout", "status", "deployment/web", code=1)
        assert 'deployment "web" exceeded its progress deadline' in said
        table = await kubectl(cluster, "get", "pods")
        assert "ImagePullBackOff" in table or "ErrImagePull" in table
        await kubectl(cluster, "rollout", "undo", "deployment/web")
        await kubectl(cluster, "rollout", "status", "deployment/web")


async def test_scale_and_watch() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=1)
        async with following(cluster, "get", "deployment", "web", "-w") as lines:
            await line_with(lines, "web", "1/1")
            assert "scaled" in await kubectl(cluster, "scale", "deployment/web", "--replicas=4")
            await line_with(lines, "web", "4/4")


async def test_restart_replaces_every_pod() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        before = {name_of(pod) for pod in await cluster.ready_pods(2)}
        await kubectl(cluster, "rollout", "restart", "deployment/web")
        await kubectl(cluster, "rollout", "status", "deployment/web")
        assert not before & {name_of(pod) for pod in await cluster.pods()}


async def test_pause_and_resume() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=1)
        assert "paused" in await kubectl(cluster, "rollout", "pause", "deployment/web")
        await cluster.deployment_condition("Progressing", "DeploymentPaused")
        assert "resumed" in await kubectl(cluster, "rollout", "resume", "deployment/web")
        await cluster.deployment_condition("Progressing", "NewReplicaSetAvailable")


async def test_describe_tells_the_story() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=1)
        [pod] = await cluster.ready_pods(1)
        await cluster.event("Started")
        story = await kubectl(cluster, "describe", "pod", name_of(pod))
        for component, words in [
            ("default-scheduler", f"Successfully assigned default/{name_of(pod)} to {node_of(pod)}"),
            ("kubelet", "Container created"),
            ("kubelet", "Container started"),
        ]:
            assert any(component in line and words in line for line in story.splitlines()), story
        told = await kubectl(cluster, "describe", "deployment", "web")
        assert "deployment-controller  Scaled up replica set" in told
        node = await kubectl(cluster, "describe", "node", node_of(pod))
        assert "kubelet is posting ready status" in node


async def test_drain_moves_the_pods_elsewhere() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=4)
        node = node_of((await cluster.ready_pods(4))[0])
        said = await kubectl(cluster, "drain", node, "--timeout=100s")
        assert f"node/{node} drained" in said
        after = await cluster.ready_pods(4)
        assert node not in {node_of(pod) for pod in after}
        await kubectl(cluster, "uncordon", node)
        await cluster.scale(8)
        await cluster.until(PODS, lambda all_: node in {node_of(pod) for pod in all_.values()})


async def test_delete_waits_for_the_end() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        await kubectl(cluster, "delete", "deployment", "web", "--cascade=foreground")
        assert await cluster.every(PODS) == []


async def test_nodes_are_ready_and_in_their_zones() -> None:
    async with live() as cluster:
        table = await kubectl(cluster, "get", "nodes", "-L", "topology.kubernetes.io/zone")
        rows = [line.split() for line in table.splitlines()[1:]]
        assert {(row[0], row[1], row[-1]) for row in rows} == {
            ("node-a1", "Ready", "zone-a"),
            ("node-a2", "Ready", "zone-a"),
            ("node-b1", "Ready", "zone-b"),
            ("node-c1", "Ready", "zone-c"),
        }


async def test_the_leases_of_the_nodes_are_renewed() -> None:
    async with live() as cluster:
        table = await kubectl(cluster, "get", "leases", "-n", "kube-node-lease")
        rows = [line.split() for line in table.splitlines()[1:]]
        assert [(row[0], row[1]) for row in rows] == [
            (name, name) for name in ("node-a1", "node-a2", "node-b1", "node-c1")
        ]
        described = await kubectl(cluster, "describe", "node", "node-a1")
        assert "HolderIdentity:  node-a1" in described
        assert "RenewTime:" in described


async def test_a_cordon_is_a_taint_too() -> None:
    async with live() as cluster:
        await kubectl(cluster, "cordon", "node-a1")
        key = "node.kubernetes.io/unschedulable"
        await cluster.until(NODES, lambda all_: has_taint(all_["node-a1"], key, "NoSchedule"))
        assert "SchedulingDisabled" in await kubectl(cluster, "get", "node", "node-a1")
        await kubectl(cluster, "uncordon", "node-a1")
        await cluster.until(NODES, lambda all_: not has_taint(all_["node-a1"], key, "NoSchedule"))


async def test_a_taint_evicts_who_does_not_tolerate_it() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=4)
        node = node_of((await cluster.ready_pods(4))[0])
        assert "tainted" in await kubectl(cluster, "taint", "node", node, "team=theirs:NoExecute")
        healed = await cluster.until(
            PODS, lambda all_: len(all_) == 4 == len(serving(all_)) and not on(all_, node)
        )
        assert len(healed) == 4
        told = await kubectl(cluster, "get", "events", "--field-selector=reason=TaintManagerEviction")
        assert "Marking for deletion Pod default/web-" in told
        assert "untainted" in await kubectl(cluster, "taint", "node", node, "team-")


async def test_a_lost_node_is_not_ready_until_it_is_back() -> None:
    async with live(speed=100) as cluster:
        stopped = ("annotate", "node", "node-b1", f"{HEARTBEATS}={STOPPED}")
        await kubectl(cluster, *stopped)
        await kubectl(cluster, "wait", "node/node-b1", "--for=condition=Ready=Unknown", "--timeout=100s")
        assert "NotReady" in await kubectl(cluster, "get", "node", "node-b1")
        assert "Kubelet stopped posting node status." in await kubectl(cluster, "describe", "node", "node-b1")
        await kubectl(cluster, "annotate", "node", "node-b1", f"{HEARTBEATS}-")
        await kubectl(cluster, "wait", "node/node-b1", "--for=condition=Ready", "--timeout=100s")


def on(objects: Objects, node: str) -> list[str]:
    """The pods on this node."""
    return [key for key, pod in objects.items() if node_of(pod) == node]
