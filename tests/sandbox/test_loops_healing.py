"""Gaps opened and closed by the loops on a running sandbox, over real HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.waiting import PATIENCE_S
from tui.sandbox.loops.behaviour import CRASH, READY, KubeletDelays
from tui.sandbox.loops.client import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    ApiError,
    Resource,
)
from tui.sandbox.loops.namespace import CONTENT
from tui.sandbox.loops.objects import (
    Obj,
    condition,
    controller_of,
    is_active,
    is_deleting,
    is_ready,
    key_of,
    name_of,
    namespace_of,
    node_of,
    owners_of,
    status_of,
    uid_of,
)

from .live import NAMESPACE, Live, Objects, first, live, manifest, names, serving, uids

QUOTAS = Resource("v1", "resourcequotas", "ResourceQuota")


def waiting_reason(pod: Obj) -> str:
    state = (status_of(pod).get("containerStatuses") or [{}])[0].get("state") or {}
    return str((state.get("waiting") or {}).get("reason", ""))


async def test_a_deleted_pod_is_replaced_before_it_is_gone() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=3)
        before = await cluster.ready_pods(3)
        victim = before[0]
        pods = await cluster.watched(PODS)
        await cluster.api.delete(PODS, victim)
        await first(pods, lambda all_: len(all_) == 4 and is_deleting(all_.get(key_of(victim), victim)))
        after = await cluster.ready_pods(3)
        [replacement] = [pod for pod in after if uid_of(pod) not in uids(before)]
        assert controller_of(replacement) == controller_of(victim)
        created = await cluster.event("SuccessfulCreate", name_of(replacement))
        assert created["message"] == f"Created pod: {name_of(replacement)}"
        assert created["source"] == {"component": "replicaset-controller"}
        scheduled = await cluster.event("Scheduled", name_of(replacement))
        assert scheduled["message"] == (
            f"Successfully assigned default/{name_of(replacement)} to {node_of(replacement)}"
        )
        killing = await cluster.event("Killing")
        assert killing["message"] == "Stopping container web"
        assert killing["involvedObject"]["uid"] == uid_of(victim)
        assert killing["source"] == {"component": "kubelet", "host": node_of(victim)}


async def test_a_pod_deleted_by_force_is_replaced_too() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        [first, _] = await cluster.ready_pods(2)
        await cluster.api.delete(PODS, first, grace=0)
        after = await cluster.ready_pods(2)
        assert uid_of(first) not in uids(after)


async def test_scaling_up_and_down() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        await cluster.scale(6)
        up = await cluster.ready_pods(6)
        assert len({node_of(pod) for pod in up}) == 4, "six pods, spread over all four nodes"
        await cluster.scale(1)
        down = await cluster.ready_pods(1)
        assert uids(down) < uids(up)
        assert (await cluster.event("ScalingReplicaSet", "from 2 to 6"))["message"].startswith(
            "Scaled up replica set web-"
        )
        assert (await cluster.event("ScalingReplicaSet", "from 6 to 1"))["message"].startswith(
            "Scaled down replica set"
        )
        await cluster.event("SuccessfulDelete", "Deleted pod: web-")


async def test_nothing_is_created_twice() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=20)
        created = [
            r
            for r in cluster.sandbox.server.requests
            if r.method == "POST" and r.path.endswith("/default/pods")
        ]
        assert len(created) == 20


async def test_a_pod_taken_out_by_its_label_is_replaced_and_later_adopted() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        [aside, _] = await cluster.ready_pods(2)
        await cluster.patch(PODS, name_of(aside), {"metadata": {"labels": {"app": "aside"}}})
        pods = {uid_of(pod): pod for pod in await cluster.ready_pods(3)}
        assert controller_of(pods[uid_of(aside)]) is None
        await cluster.patch(PODS, name_of(aside), {"metadata": {"labels": {"app": "web"}}})
        left = await cluster.ready_pods(2)
        assert all(controller_of(pod) for pod in left)


async def test_a_quota_stops_the_healing_and_says_so() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "tight", "namespace": NAMESPACE},
        }
        made = await cluster.api.create(QUOTAS, quota | {"spec": {"hard": {"pods": "1"}}})
        [victim, _] = await cluster.ready_pods(2)
        await cluster.api.delete(PODS, victim)
        failure = await cluster.deployment_condition("ReplicaFailure", "FailedCreate")
        assert "exceeded quota: tight" in failure["message"]
        event = await cluster.event("FailedCreate")
        assert event["message"].startswith('Error creating: pods "web-')
        await cluster.api.delete(QUOTAS, made)
        await cluster.ready_pods(2)
        healed = await cluster.complete()
        assert condition(healed, "ReplicaFailure") is None


async def test_a_crash_loop() -> None:
    async with live(speed=50) as cluster:
        await cluster.api.create(
            DEPLOYMENTS, manifest(replicas=1, pod={"command": ["sh", "-c", "sleep 1; exit 3"]})
        )

        def looping(all_: Objects) -> bool:
            return any(
                waiting_reason(pod) == "CrashLoopBackOff"
                and pod["status"]["containerStatuses"][0]["restartCount"] >= 2
                for pod in all_.values()
            )

        [pod] = (await cluster.until(PODS, looping)).values()
        status = pod["status"]["containerStatuses"][0]
        assert status["lastState"]["terminated"]["exitCode"] == 3
        assert status["state"]["waiting"]["message"].startswith(
            "back-off 20s restarting failed container=web pod=web-"
        )
        assert status_of(pod)["phase"] == "Running"
        assert (await cluster.event("BackOff"))["message"].startswith(
            "Back-off restarting failed container web in pod"
        )


async def test_a_container_crashed_on_demand_restarts_in_place() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=1)
        [pod] = await cluster.ready_pods(1)
        await cluster.patch(PODS, name_of(pod), {"metadata": {"annotations": {CRASH: "once"}}})

        def restarted(all_: Objects) -> bool:
            return [one["status"]["containerStatuses"][0]["restartCount"] for one in all_.values()] == [1]

        await cluster.until(PODS, restarted)
        [same] = await cluster.ready_pods(1)
        assert uid_of(same) == uid_of(pod)
        assert same["status"]["containerStatuses"][0]["restartCount"] == 1


async def test_a_failing_readiness_probe_opens_a_gap_that_no_controller_closes() -> None:
    probe = {"readinessProbe": {"httpGet": {"path": "/readyz", "port": 9898}, "periodSeconds": 1}}
    async with live() as cluster:
        await cluster.deploy(replicas=2, pod=probe)
        [pod, other] = await cluster.ready_pods(2)
        await cluster.patch(PODS, name_of(pod), {"metadata": {"annotations": {READY: "false"}}})
        await cluster.until(PODS, lambda all_: not is_ready(all_[key_of(pod)]))
        await cluster.event("Unhealthy", "statuscode: 503")
        await cluster.until(
            DEPLOYMENTS, lambda all_: next(iter(all_.values()))["status"].get("readyReplicas") == 1
        )
        assert names(await cluster.pods()) == names([pod, other]), "nobody replaces a pod for not being ready"
        await cluster.patch(PODS, name_of(pod), {"metadata": {"annotations": {READY: None}}})
        await cluster.complete()


async def test_a_pod_that_ends_for_good_ends() -> None:
    job: Obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "once", "namespace": NAMESPACE},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "web", "image": "busybox:1", "command": ["sleep", "1"]}],
        },
    }
    async with live() as cluster:
        await cluster.api.create(PODS, job)
        await cluster.until(PODS, lambda all_: all_["default/once"]["status"].get("phase") == "Succeeded")


async def test_what_has_not_started_when_its_pod_is_deleted_never_starts() -> None:
    slow = KubeletDelays(pull=(90.0, 90.0), stop=(6.0, 6.0))
    spec = {"containers": [{"name": "web", "image": "shop/slow:1"}]}
    meta = {"name": "late", "namespace": NAMESPACE}
    async with live(delays=slow) as cluster:
        pod = await cluster.api.create(
            PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
        )
        await cluster.event("Pulling")
        await cluster.api.delete(PODS, pod)
        last: Objects = {}
        async for all_ in cluster.states(PODS):
            if not all_:
                break
            last = all_
        [ended] = [
            status["state"]["terminated"] for status in last["default/late"]["status"]["containerStatuses"]
        ]
        assert (ended["exitCode"], ended["reason"]) == (137, "ContainerStatusUnknown")


# ------------------------------------------------------------------ scheduling


async def test_without_a_node_a_pod_waits_and_says_why() -> None:
    async with live() as cluster:
        nodes = names(await cluster.every(NODES))
        for node in nodes:
            await cluster.api.patch(NODES, "", node, {"spec": {"unschedulable": True}})
        await cluster.api.create(DEPLOYMENTS, manifest(replicas=1))
        refused = await cluster.event("FailedScheduling")
        assert refused["message"] == "0/4 nodes are available: 4 node(s) were unschedulable."
        assert refused["reportingComponent"] == "default-scheduler"

        def unschedulable(all_: Objects) -> bool:
            return any(
                (condition(pod, "PodScheduled") or {}).get("reason") == "Unschedulable"
                for pod in all_.values()
            )

        await cluster.until(PODS, unschedulable)
        await cluster.api.patch(NODES, "", min(nodes), {"spec": {"unschedulable": None}})
        [pod] = await cluster.ready_pods(1)
        assert node_of(pod) == min(nodes)


async def test_resources_are_counted_before_they_are_used() -> None:
    asks = {"resources": {"requests": {"cpu": "5"}}}
    async with live() as cluster:
        await cluster.api.create(DEPLOYMENTS, manifest(replicas=5, pod=asks))
        message = (await cluster.event("FailedScheduling"))["message"]
        assert message == "0/4 nodes are available: 4 Insufficient cpu."
        placed = await cluster.until(PODS, lambda all_: sum(map(is_ready, all_.values())) == 4)
        assert len({node_of(pod) for pod in placed.values() if node_of(pod)}) == 4


# ------------------------------------------------------------------ owners and dependents


async def test_background_deletion_takes_everything_below() -> None:
    async with live() as cluster:
        made = await cluster.deploy(replicas=2)
        await cluster.api.delete(DEPLOYMENTS, made, propagation="Background")
        await cluster.until(PODS, lambda all_: not all_)
        assert await cluster.every(REPLICASETS) == []


async def test_foreground_deletion_goes_from_the_bottom_up() -> None:
    async with live() as cluster:
        made = await cluster.deploy(replicas=2)
        floors = ((PODS, 2), (REPLICASETS, 1), (DEPLOYMENTS, 1))
        before = [page async for page in cluster.api.pages(PODS)][-1]["metadata"]["resourceVersion"]
        await cluster.api.delete(DEPLOYMENTS, made, propagation="Foreground")
        gone = [await deletions(cluster, resource, before, count) for resource, count in floors]
        assert max(gone[0]) < min(gone[1]), "the ReplicaSet waited while there were pods"
        assert max(gone[1]) < min(gone[2]), "the Deployment waited while there was a ReplicaSet"


async def deletions(cluster: Live, resource: Resource, since: str, count: int) -> list[int]:
    """Waits for so many deletions of one kind; the versions at which they were."""
    found: list[int] = []
    async with asyncio.timeout(PATIENCE_S), cluster.api.watch(resource, since) as frames:
        async for kind, obj in frames:
            found += [int(obj["metadata"]["resourceVersion"])] if kind == "DELETED" else []
            if len(found) == count:
                return found
    raise AssertionError("the watch has ended")


async def test_orphaned_dependents_stay_and_can_be_adopted() -> None:
    async with live() as cluster:
        made = await cluster.deploy(replicas=2)
        pods = uids(await cluster.ready_pods(2))
        await cluster.api.delete(DEPLOYMENTS, made, propagation="Orphan")
        await cluster.until(DEPLOYMENTS, lambda all_: not all_)
        await cluster.until(
            REPLICASETS, lambda all_: all(controller_of(one) is None for one in all_.values())
        )
        assert uids(await cluster.ready_pods(2)) == pods
        await cluster.deploy(replicas=2)
        assert uids(await cluster.ready_pods(2)) == pods, "the same template finds its old ReplicaSet"


async def test_one_owner_that_is_left_is_enough() -> None:
    async with live() as cluster:
        owners = [await cluster.api.create(CONFIG_MAPS, config_map(name)) for name in ("first", "second")]
        refs = [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": name_of(owner), "uid": uid_of(owner)}
            for owner in owners
        ]
        kept = await cluster.api.create(CONFIG_MAPS, config_map("kept", ownerReferences=refs))
        await cluster.api.create(CONFIG_MAPS, config_map("lost", ownerReferences=refs[:1]))
        await cluster.api.delete(CONFIG_MAPS, owners[0], propagation="Background")
        left = await cluster.until(
            CONFIG_MAPS, lambda all_: "default/lost" not in all_ and "default/first" not in all_
        )
        assert key_of(kept) in left
        await cluster.until(CONFIG_MAPS, lambda all_: owners_of(all_[key_of(kept)]) == refs[1:])


async def test_deleting_the_replica_set_brings_a_new_one() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        [old] = await cluster.every(REPLICASETS)
        pods = await cluster.ready_pods(2)
        await cluster.api.delete(REPLICASETS, old, propagation="Background")
        after = await cluster.until(
            PODS, lambda all_: len(serving(all_)) == 2 and not uids(all_.values()) & uids(pods)
        )
        assert all(is_active(pod) for pod in after.values())
        [new] = await cluster.every(REPLICASETS)
        assert (name_of(new), uid_of(new) == uid_of(old)) == (name_of(old), False)


async def test_a_uid_precondition_protects_a_namesake() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=1)
        [pod] = await cluster.ready_pods(1)
        namesake = pod | {"metadata": pod["metadata"] | {"uid": "another"}}
        with pytest.raises(ApiError) as refused:
            await cluster.api.delete(PODS, namesake)
        assert refused.value.status == 409


def config_map(name: str, **meta: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": NAMESPACE, **meta},
    }


async def test_a_node_says_again_what_somebody_else_denied() -> None:
    async with live(speed=100) as cluster:
        denial = {"type": "Ready", "status": "Unknown", "reason": "Somebody", "message": "says so"}
        patch = {"status": {"conditions": [denial]}}
        written = await cluster.api.patch(
            NODES, "", "node-a1", patch, subresource="status", kind="strategic-merge"
        )
        assert not is_ready(written)
        healed = (await cluster.until(NODES, lambda all_: is_ready(all_["node-a1"])))["node-a1"]
        ready = condition(healed, "Ready")
        assert ready is not None
        assert ready["reason"] == "KubeletReady"


async def test_pods_of_a_node_that_is_gone_are_collected_and_replaced() -> None:
    async with live(speed=100) as cluster:
        await cluster.deploy(replicas=4)
        pods = await cluster.ready_pods(4)
        node = node_of(pods[0])
        stranded = {key_of(pod) for pod in pods if node_of(pod) == node}
        states = await cluster.watched(PODS)
        await cluster.api.delete(NODES, {"metadata": {"name": node, "uid": ""}})
        told = await first(
            states, lambda all_: any(condition(pod, "DisruptionTarget") for pod in all_.values())
        )
        marked = [pod for pod in told.values() if condition(pod, "DisruptionTarget")]
        assert {key_of(pod) for pod in marked} <= stranded
        reason = condition(marked[0], "DisruptionTarget")
        assert reason is not None
        assert (reason["reason"], reason["message"]) == ("DeletionByPodGC", "PodGC: node no longer exists")
        await cluster.until(
            PODS,
            lambda all_: len(serving(all_)) == 4 and not stranded & all_.keys() and len(all_) == 4,
        )


async def test_containers_have_the_ids_of_their_nodes_runtime() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=1)
        [pod] = await cluster.ready_pods(1)
        [node] = [one for one in await cluster.every(NODES) if name_of(one) == node_of(pod)]
        runtime = node["status"]["nodeInfo"]["containerRuntimeVersion"].partition("://")[0]
        assert pod["status"]["containerStatuses"][0]["containerID"].startswith(f"{runtime}://")


async def test_a_namespace_goes_when_the_last_of_it_is_gone() -> None:
    async with live(speed=50) as cluster:
        shop = await cluster.api.create(NAMESPACES, {"metadata": {"name": "shop"}})
        wish = manifest("web", 2)
        wish["metadata"]["namespace"] = "shop"
        await cluster.api.create(DEPLOYMENTS, wish)
        await cluster.api.create(CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "shop"}})
        await cluster.ready_pods(2)
        await cluster.api.delete(NAMESPACES, shop)
        await cluster.until(NAMESPACES, lambda all_: "shop" not in all_)
        for resource in CONTENT:
            assert [one for one in await cluster.every(resource) if namespace_of(one) == "shop"] == []


async def test_an_empty_namespace_is_gone_soon() -> None:
    async with live() as cluster:
        shop = await cluster.api.create(NAMESPACES, {"metadata": {"name": "shop"}})
        await cluster.api.delete(NAMESPACES, shop)
        await cluster.until(NAMESPACES, lambda all_: "shop" not in all_)


async def test_a_namespace_waits_for_the_finalizers_of_others() -> None:
    async with live() as cluster:
        hold = {"finalizers": ["kubernetes", "example.com/hold"]}
        shop = await cluster.api.create(NAMESPACES, {"metadata": {"name": "shop"}, "spec": hold})
        await cluster.api.delete(NAMESPACES, shop)
        left = await cluster.until(
            NAMESPACES, lambda all_: all_["shop"]["spec"]["finalizers"] == ["example.com/hold"]
        )
        assert is_deleting(left["shop"])
