"""Rollouts on a running sandbox: good and bad templates, undo, pause, Recreate, and what is never broken meanwhile."""

from __future__ import annotations

import asyncio

from tui.sandbox.loops.client import DEPLOYMENTS, PODS, REPLICASETS
from tui.sandbox.loops.objects import (
    condition,
    is_active,
    is_controlled_by,
    is_finished,
    labels_of,
    name_of,
    status_of,
)
from tui.sandbox.loops.revision import HASH_LABEL, REVISION, REVISION_HISTORY
from tui.sandbox.loops.rollout import DESIRED_REPLICAS, size

from .live import NAMESPACE, Objects, live, manifest, serving, uids

GOOD, BETTER, BAD = "shop/web:1", "shop/web:2", "shop/web:does-not-exist"
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 1}}


def waits_for_image(all_: Objects) -> bool:
    reasons = [
        ((status["state"].get("waiting") or {}).get("reason"))
        for pod in all_.values()
        for status in status_of(pod).get("containerStatuses") or ()
    ]
    return "ImagePullBackOff" in reasons


async def test_a_rollout_never_goes_below_the_minimum_nor_above_the_surge() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=5, pod={"image": GOOD}, strategy=ROLLING)
        old = await cluster.ready_pods(5)
        ready: list[int] = []
        asked: list[int] = []

        pods, sets = await cluster.watched(PODS), await cluster.watched(REPLICASETS)

        async def watch_pods() -> None:
            async for all_ in pods:
                ready.append(len(serving(all_)))
                if not uids(old) & uids(all_.values()):
                    return

        async def watch_sizes() -> None:
            async for all_ in sets:
                sizes = sorted(map(size, all_.values()))
                asked.append(sum(sizes))
                if sizes == [0, 5]:
                    return

        async with asyncio.TaskGroup() as group:
            group.create_task(watch_sizes())
            group.create_task(watch_pods())
            await cluster.set_image(BETTER)
        done = await cluster.complete()
        assert min(ready) >= 4
        assert max(asked) == 7
        progress = condition(done, "Progressing")
        assert progress is not None
        assert progress["reason"] == "NewReplicaSetAvailable"
        [old_set, new_set] = [(await cluster.replica_sets())[revision] for revision in "12"]
        assert (old_set["spec"]["replicas"], new_set["spec"]["replicas"]) == (0, 5)
        assert done["metadata"]["annotations"][REVISION] == "2"


async def test_a_bad_image_stalls_the_rollout_and_an_undo_ends_it() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=5, pod={"image": GOOD}, strategy=ROLLING)
        await cluster.set_image(BAD)
        stuck = await cluster.until(PODS, waits_for_image)
        failed = await cluster.event("Failed", "Failed to pull image")
        assert "not found" in failed["message"]
        assert len(serving(stuck)) >= 4, "the old pods hold the fort"
        await cluster.set_image(GOOD)
        done = await cluster.complete()
        back = (await cluster.replica_sets())["3"]
        assert back["metadata"]["annotations"][REVISION_HISTORY] == "1"
        assert done["metadata"]["annotations"][REVISION] == "3"
        assert {labels_of(pod)[HASH_LABEL] for pod in await cluster.pods()} == {labels_of(back)[HASH_LABEL]}


async def test_no_progress_is_told_after_the_deadline() -> None:
    async with live(speed=50) as cluster:
        await cluster.deploy(replicas=1, pod={"image": GOOD}, progressDeadlineSeconds=20)
        await cluster.set_image(BAD)
        told = await cluster.deployment_condition("Progressing", "ProgressDeadlineExceeded")
        assert told["status"] == "False"
        assert told["message"].endswith("has timed out progressing.")


async def test_paused_nothing_rolls_and_a_lost_pod_comes_back_from_the_old_template() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2, pod={"image": GOOD})
        await cluster.patch(DEPLOYMENTS, "web", {"spec": {"paused": True}})
        await cluster.deployment_condition("Progressing", "DeploymentPaused")
        await cluster.set_image(BETTER)
        [victim, _] = await cluster.ready_pods(2)
        await cluster.api.delete(PODS, victim)
        await cluster.until(
            PODS, lambda all_: victim["metadata"]["name"] not in {name_of(p) for p in all_.values()}
        )
        after = await cluster.ready_pods(2)
        assert {pod["spec"]["containers"][0]["image"] for pod in after} == {GOOD}
        assert len(await cluster.every(REPLICASETS)) == 1
        await cluster.patch(DEPLOYMENTS, "web", {"spec": {"paused": None}})
        await cluster.complete()
        assert {pod["spec"]["containers"][0]["image"] for pod in await cluster.pods()} == {BETTER}


async def test_recreate_never_runs_old_and_new_together() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=3, pod={"image": GOOD}, strategy={"type": "Recreate"})
        together: list[set[str]] = []

        pods = await cluster.watched(PODS)

        async def watch_pods() -> None:
            async for all_ in pods:
                running = (pod for pod in all_.values() if not is_finished(pod))
                together.append({pod["spec"]["containers"][0]["image"] for pod in running})
                if together[-1] == {BETTER} and len(serving(all_)) == 3:
                    return

        watching = asyncio.create_task(watch_pods())
        await cluster.set_image(BETTER)
        await watching
        assert {GOOD, BETTER} not in together
        assert set() in together, "in between nothing ran at all"


async def test_scaling_half_way_shares_in_proportion() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=5, pod={"image": GOOD}, strategy=ROLLING)
        await cluster.set_image(BAD)
        await cluster.until(PODS, waits_for_image)
        await cluster.until(REPLICASETS, lambda all_: sorted(map(size, all_.values())) == [3, 4])
        await cluster.scale(10)
        await cluster.until(REPLICASETS, lambda all_: sorted(map(size, all_.values())) == [5, 7])


async def test_a_replica_set_that_was_made_for_another_size_holds_up_no_rollout() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2, pod={"image": GOOD})
        [old] = await cluster.every(REPLICASETS)
        await cluster.patch(REPLICASETS, name_of(old), {"metadata": {"annotations": {DESIRED_REPLICAS: "8"}}})
        await cluster.set_image(BETTER)
        await cluster.complete()
        [old_set, new_set] = [(await cluster.replica_sets())[revision] for revision in "12"]
        assert (size(old_set), size(new_set)) == (0, 2)


async def test_history_is_kept_to_its_limit() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=1, pod={"image": "shop/web:0"}, revisionHistoryLimit=1)
        for number in (1, 2, 3):
            await cluster.set_image(f"shop/web:{number}")
            await cluster.complete()
        await cluster.until(REPLICASETS, lambda all_: len(all_) == 2)
        assert set(await cluster.replica_sets()) == {"3", "4"}


async def test_ready_is_not_yet_available() -> None:
    async with live() as cluster:
        seen: list[tuple[int, int]] = []

        deployments = await cluster.watched(DEPLOYMENTS)

        async def watch_status() -> None:
            async for all_ in deployments:
                status = [one["status"] for one in all_.values()]
                seen.extend((one.get("readyReplicas", 0), one.get("availableReplicas", 0)) for one in status)
                if seen and seen[-1] == (2, 2):
                    return

        watching = asyncio.create_task(watch_status())
        await cluster.api.create(DEPLOYMENTS, manifest(replicas=2, minReadySeconds=20))
        await watching
        assert any(ready > available for ready, available in seen)


async def test_an_orphaned_replica_set_is_adopted_again() -> None:
    async with live() as cluster:
        await cluster.deploy(replicas=2)
        [owned] = await cluster.every(REPLICASETS)
        await cluster.api.patch(
            REPLICASETS, "default", name_of(owned), {"metadata": {"ownerReferences": None}}
        )
        await cluster.until(
            REPLICASETS, lambda all_: all(one["metadata"].get("ownerReferences") for one in all_.values())
        )
        assert len(await cluster.every(REPLICASETS)) == 1
        assert all(map(is_active, await cluster.ready_pods(2)))


async def test_a_name_that_is_taken_is_told_from_its_own() -> None:
    async with live() as cluster:
        made = await cluster.deploy(replicas=1)
        [own] = await cluster.every(REPLICASETS)
        await cluster.api.delete(DEPLOYMENTS, made, propagation="Background")
        await cluster.until(PODS, lambda all_: not all_)
        stranger = manifest("stranger", replicas=0)["spec"]
        namesake = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": name_of(own), "namespace": NAMESPACE},
            "spec": {part: stranger[part] for part in ("replicas", "selector", "template")},
        }
        await cluster.api.create(REPLICASETS, namesake)
        again = await cluster.deploy(replicas=1)
        done = await cluster.complete()
        assert done["status"]["collisionCount"] == 1
        [new] = [one for one in await cluster.every(REPLICASETS) if is_controlled_by(one, again)]
        assert name_of(new) != name_of(own)
