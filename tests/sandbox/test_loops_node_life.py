"""Nodes that are lost, come back, and fill up, on a running cluster: in the order a real one was recorded in."""

from __future__ import annotations

import asyncio

from tui.sandbox.loops.behaviour import CRASH
from tui.sandbox.loops.client import DEPLOYMENTS, EVENTS, LEASES, NODES, PODS
from tui.sandbox.loops.node_taints import UNREACHABLE, has_taint, readiness
from tui.sandbox.loops.objects import (
    Obj,
    condition,
    is_deleting,
    is_ready,
    key_of,
    name_of,
    node_of,
    status_of,
)
from tui.sandbox.loops.own_node import DISK, HEARTBEATS

from .live import Live, Objects, live, manifest, serving

ALL_NODES = ("node-a1", "node-a2", "node-b1", "node-c1")


def tolerant(seconds: int) -> list[Obj]:
    """A toleration of the taint of lost nodes for so long."""
    more = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}
    return [{"key": UNREACHABLE} | more]


async def deploy(cluster: Live, replicas: int, seconds: int) -> list[Obj]:
    """A Deployment whose pods tolerate a lost node for so long; its pods."""
    wish = manifest(replicas=replicas)
    wish["spec"]["template"]["spec"]["tolerations"] = tolerant(seconds)
    await cluster.api.create(DEPLOYMENTS, wish)
    return await cluster.ready_pods(replicas)


async def annotate(cluster: Live, node: str, key: str, value: str | None) -> None:
    """What `kubectl annotate node` sends."""
    await cluster.api.patch(NODES, "", node, {"metadata": {"annotations": {key: value}}})


def taints(node: Obj) -> list[str]:
    return [f"{one['key'].rpartition('/')[2]}:{one['effect']}" for one in node["spec"].get("taints") or ()]


async def changes(cluster: Live, watching: asyncio.Event, name: str, until: str) -> list[str]:
    """What becomes of a node, from `watching` on until it is as said: its Ready and its taints, each change once."""
    seen: list[str] = []
    async for nodes in cluster.states(NODES):
        watching.set()
        state = " ".join([readiness(nodes[name]), *taints(nodes[name])])
        if not seen or seen[-1] != state:
            seen.append(state)
        if state == until and len(seen) > 1:
            return seen
    raise AssertionError("the watch has ended")


async def test_a_node_that_falls_silent_is_lost_and_comes_back_as_recorded() -> None:
    async with live(speed=100) as cluster:
        pods = await deploy(cluster, 4, seconds=10_000)
        [stranded] = [pod for pod in pods if node_of(pod) == "node-b1"]
        lost = "Unknown unreachable:NoSchedule unreachable:NoExecute"
        watching = asyncio.Event()
        losing = asyncio.create_task(changes(cluster, watching, "node-b1", lost))
        await watching.wait()
        await annotate(cluster, "node-b1", HEARTBEATS, "stopped")
        assert await losing == ["True", "Unknown", "Unknown unreachable:NoSchedule", lost]
        node = await cluster.api.get(NODES, "", "node-b1")
        assert all("timeAdded" in taint for taint in node["spec"]["taints"])
        ready = condition(node, "Ready")
        assert ready is not None
        assert (ready["reason"], ready["message"]) == (
            "NodeStatusUnknown",
            "Kubelet stopped posting node status.",
        )
        pod = await cluster.api.get(PODS, "default", name_of(stranded))
        assert not is_ready(pod)
        assert condition(pod, "ContainersReady") == condition(stranded, "ContainersReady")
        told = await cluster.event("NodeNotReady", "node-b1 status is now")
        assert (told["source"], told["type"]) == ({"component": "node-controller"}, "Normal")
        await cluster.event("NodeNotReady", "Node is not ready")

        watching.clear()
        returning = asyncio.create_task(changes(cluster, watching, "node-b1", "True"))
        await watching.wait()
        await annotate(cluster, "node-b1", HEARTBEATS, None)
        assert await returning == [
            lost,
            f"True{lost.removeprefix('Unknown')}",
            "True unreachable:NoExecute",
            "True",
        ]
        await cluster.until(PODS, lambda all_: is_ready(all_[key_of(stranded)]))


async def test_the_pods_of_a_lost_node_start_elsewhere_and_stay_terminating_until_it_is_back() -> None:
    async with live(speed=100) as cluster:
        pods = await deploy(cluster, 4, seconds=30)
        [stranded] = [pod for pod in pods if node_of(pod) == "node-b1"]
        await annotate(cluster, "node-b1", HEARTBEATS, "stopped")
        healed = await cluster.until(PODS, lambda all_: len(all_) == 5 and len(serving(all_)) == 4)
        assert "node-b1" not in {node_of(pod) for pod in serving(healed)}
        frozen = healed[key_of(stranded)]
        assert is_deleting(frozen)
        assert status_of(frozen)["containerStatuses"] == status_of(stranded)["containerStatuses"]
        target = condition(frozen, "DisruptionTarget")
        assert target is not None
        assert target["reason"] == "DeletionByTaintManager"
        eviction = await cluster.event("TaintManagerEviction", name_of(stranded))
        assert eviction["message"] == f"Marking for deletion Pod default/{name_of(stranded)}"
        assert eviction["source"] == {"component": "taint-eviction-controller"}
        await annotate(cluster, "node-b1", HEARTBEATS, None)
        await cluster.ready_pods(4)


async def test_a_silent_kubelet_does_nothing_and_then_everything() -> None:
    async with live(speed=100) as cluster:
        pods = await deploy(cluster, 4, seconds=10_000)
        [quiet] = [pod for pod in pods if node_of(pod) == "node-b1"]
        [other] = [pod for pod in pods if node_of(pod) == "node-c1"]
        await annotate(cluster, "node-b1", HEARTBEATS, "stopped")
        await cluster.until(NODES, lambda all_: readiness(all_["node-b1"]) == "Unknown")

        def restarts(all_: Objects, pod: Obj) -> int:
            return int(status_of(all_[key_of(pod)])["containerStatuses"][0]["restartCount"])

        for pod in (quiet, other):
            await cluster.patch(PODS, name_of(pod), {"metadata": {"annotations": {CRASH: "now"}}})
        found = await cluster.until(PODS, lambda all_: restarts(all_, other) == 1)
        assert restarts(found, quiet) == 0
        await annotate(cluster, "node-b1", HEARTBEATS, None)
        await cluster.until(PODS, lambda all_: restarts(all_, quiet) == 1)


async def test_when_every_node_is_lost_nobody_is_evicted() -> None:
    async with live(
        speed=50
    ) as cluster:  # a busy machine must not make the one that lives miss its heartbeats
        pods = await deploy(cluster, 4, seconds=40)
        for node in ALL_NODES:
            await annotate(cluster, node, HEARTBEATS, "stopped")

        def is_over(all_: Objects) -> bool:
            lost = all(readiness(node) == "Unknown" for node in all_.values())
            return lost and not any(has_taint(node, UNREACHABLE, "NoExecute") for node in all_.values())

        await cluster.until(NODES, is_over)
        await annotate(cluster, "node-a1", HEARTBEATS, None)  # and the others are lost by themselves again
        [kept] = [pod for pod in pods if node_of(pod) == "node-a1"]
        gone = {key_of(pod) for pod in pods if pod is not kept}
        await cluster.until(PODS, lambda all_: all(is_deleting(all_[key]) for key in gone))
        last = await cluster.until(PODS, lambda all_: len(serving(all_)) == 4)
        assert {node_of(pod) for pod in serving(last)} == {"node-a1"}
        assert not is_deleting(last[key_of(kept)])


async def test_a_lost_node_that_is_deleted_takes_its_pods_along() -> None:
    async with live(speed=100) as cluster:
        pods = await deploy(cluster, 4, seconds=5)
        [stranded] = [pod for pod in pods if node_of(pod) == "node-b1"]
        await annotate(cluster, "node-b1", HEARTBEATS, "stopped")
        await cluster.until(PODS, lambda all_: is_deleting(all_[key_of(stranded)]))
        await cluster.api.delete(NODES, {"metadata": {"name": "node-b1", "uid": ""}})
        await cluster.until(PODS, lambda all_: key_of(stranded) not in all_ and len(serving(all_)) == 4)


async def test_heartbeats_are_no_news_of_a_node() -> None:
    async with live(speed=20) as cluster:
        page = [page async for page in cluster.api.pages(NODES)][-1]
        before = {name_of(one): one["metadata"]["resourceVersion"] for one in page["items"]}
        first = {name_of(one): one["spec"]["renewTime"] for one in await cluster.every(LEASES)}
        assert set(first) == set(ALL_NODES)
        await cluster.until(
            LEASES,
            lambda all_: all(one["spec"]["renewTime"] > first[name_of(one)] for one in all_.values()),
        )
        after = {name_of(one): one["metadata"]["resourceVersion"] for one in await cluster.every(NODES)}
        assert after == before


def evicted(pods: Objects) -> list[Obj]:
    """The pods that had to make room."""
    return [pod for pod in pods.values() if status_of(pod).get("reason") == "Evicted"]


async def evictions(
    cluster: Live, watching: asyncio.Event, all_of_them: int, serving_pods: int
) -> tuple[list[int], Objects]:
    """From `watching` on: how many were evicted in each state, until all are and enough serve; the pods then."""
    counts: list[int] = []
    async for pods in cluster.states(PODS):
        watching.set()
        count = len(evicted(pods))
        if not counts or counts[-1] != count:
            counts.append(count)
        if count == all_of_them and len(serving(pods)) == serving_pods:
            return counts, pods
    raise AssertionError("the watch has ended")


async def test_a_full_disk_drives_pods_away_one_by_one_and_new_ones_off() -> None:
    async with live(speed=50) as cluster:
        await cluster.deploy(replicas=8)
        at_home = [pod for pod in await cluster.ready_pods(8) if node_of(pod) == "node-b1"]
        assert len(at_home) >= 2
        watching = asyncio.Event()
        counting = asyncio.create_task(evictions(cluster, watching, len(at_home), serving_pods=8))
        await watching.wait()
        await annotate(cluster, "node-b1", DISK, "full")
        node = (
            await cluster.until(NODES, lambda all_: taints(all_["node-b1"]) == ["disk-pressure:NoSchedule"])
        )["node-b1"]
        pressure = condition(node, "DiskPressure")
        assert pressure is not None
        assert (pressure["status"], pressure["reason"]) == ("True", "KubeletHasDiskPressure")
        assert readiness(node) == "True"

        counts, pods = await counting
        failed = evicted(pods)
        assert counts == list(range(len(at_home) + 1)), "one at a time"
        assert {key_of(pod) for pod in failed} == {key_of(pod) for pod in at_home}
        for pod in failed:
            target = condition(pod, "DisruptionTarget")
            assert target is not None
            assert (status_of(pod)["phase"], target["reason"]) == ("Failed", "TerminationByKubelet")
        assert "node-b1" not in {node_of(pod) for pod in serving(pods)}
        await cluster.event("Evicted", "The node was low on resource: ephemeral-storage.")
        await cluster.event("NodeHasDiskPressure")

        await annotate(cluster, "node-b1", DISK, None)
        await cluster.until(NODES, lambda all_: taints(all_["node-b1"]) == [])
        await cluster.event("NodeHasNoDiskPressure")
        await cluster.api.delete(PODS, failed[0])
        await cluster.until(PODS, lambda all_: key_of(failed[0]) not in all_)


async def test_a_taint_that_is_taken_back_in_time_spares_the_pods() -> None:
    async with live(speed=20) as cluster:
        pods = await deploy(cluster, 4, seconds=10_000)
        taint = {"key": UNREACHABLE, "effect": "NoExecute"}
        await cluster.api.patch(NODES, "", "node-b1", {"spec": {"taints": [taint]}})
        await cluster.event("TaintManagerEviction", "Cancelling deletion of Pod")
        assert {key_of(pod) for pod in await cluster.ready_pods(4)} == {key_of(pod) for pod in pods}
        assert [e for e in await cluster.every(EVENTS) if "Marking" in e["message"]] == []
