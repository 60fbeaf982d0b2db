"""The ReplicaSet controller: as many pods as asked for, no more and no fewer.

desired   spec.replicas of one ReplicaSet
actual    its pods that are neither finished nor asked to go
compare   too few: create; too many: delete those that will be missed least
act       at most 500 at once; creations start slowly: 1, 2, 4 ... and stop at the first failure
wait      for news of its pods, or until minReadySeconds have passed, or what it expects is overdue

A replacement therefore starts at the *request* to delete a pod, not when it is gone.
Follows k8s/pkg/controller/replicaset/replica_set.go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.claims import Claim, claim, settle
from tui.sandbox.loops.client import PODS, REPLICASETS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.expectations import Expectations
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import (
    Obj,
    controller_of,
    controller_ref,
    is_active,
    is_deleting,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    selects,
    status_of,
    uid_of,
)
from tui.sandbox.loops.replicaset_status import available_in, replicaset_status
from tui.sandbox.loops.victims import choose_victims

BURST = 500
SLOW_START = 1


@dataclass(frozen=True)
class Pods:
    """What there is for one ReplicaSet."""

    owned: tuple[Obj, ...]
    orphans: tuple[Obj, ...]
    related: tuple[Obj, ...]


@dataclass(frozen=True)
class Step:
    """What to do for one ReplicaSet in this cycle, before its status is written."""

    claim: Claim
    active: tuple[Obj, ...]
    owned: tuple[Obj, ...]
    create: int = 0
    delete: tuple[Obj, ...] = ()


class ReplicaSetLoop(Loop[Obj, Pods, Step]):
    """Keeps the number of a ReplicaSet's pods."""

    name = "replicaset-controller"

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock, recorder: Recorder) -> None:
        super().__init__(client, clock)
        self._sets = caches.of(REPLICASETS)
        self._pods = caches.of(PODS)
        self._recorder = recorder
        self._expected = Expectations(clock)
        self._pods.subscribe(self._fulfil)
        self.watch(self._sets, lambda replica_set: [key_of(replica_set)])
        self.watch(self._pods, self._sets_of)

    # -------------------------------------------------------------- the cycle

    def read_desired(self, key: str) -> Obj | None:
        """The ReplicaSet."""
        return self._sets.get(key)

    def read_actual(self, replica_set: Obj) -> Pods:
        """Its pods, the ownerless ones it may adopt, and its siblings' pods."""
        owned = self._pods.controlled_by(uid_of(replica_set))
        orphans = [
            pod for pod in self._pods.controlled_by("") if namespace_of(pod) == namespace_of(replica_set)
        ]
        return Pods(tuple(owned), tuple(orphans), tuple(self._siblings_pods(replica_set)))

    def compare(self, replica_set: Obj, pods: Pods) -> Step:
        """Who is ours, and how many too few or too many."""
        claimed = claim(replica_set, (pod for pod in (*pods.owned, *pods.orphans) if is_active(pod)))
        active = claimed.ours + claimed.adopt
        step = Step(claimed, active, pods.owned)
        if is_deleting(replica_set) or not self._expected.fulfilled(key_of(replica_set)):
            return step
        surplus = len(active) - wanted(replica_set)
        if surplus < 0:
            return Step(claimed, active, pods.owned, create=min(-surplus, BURST))
        if surplus > 0:
            victims = choose_victims(active, pods.related, min(surplus, BURST), self.clock.now())
            return Step(claimed, active, pods.owned, delete=tuple(victims))
        return step

    async def act(self, replica_set: Obj, step: Step) -> None:
        """Adopt and release, create or delete, and say in the status how it stands."""
        await settle(self.client, PODS, replica_set, step.claim)
        failure: ApiError | None = None
        try:
            if step.create:
                await self._create(replica_set, step.create)
            elif step.delete:
                await self._delete(replica_set, step.delete)
        except ApiError as error:
            failure = error
        await self._write_status(replica_set, step, failure)
        if failure is not None:
            raise failure

    def wait(self, replica_set: Obj, pods: Pods) -> float | None:
        """Until the next pod has been ready for minReadySeconds, or what was expected is given up."""
        min_ready = replica_set["spec"].get("minReadySeconds") or 0
        due = [available_in(pod, min_ready, self.clock) for pod in pods.owned if is_active(pod)]
        due.append(self._expected.given_up_in(key_of(replica_set)))
        return min((left for left in due if left), default=None)

    def forget(self, key: str) -> None:
        """A ReplicaSet that is gone expects nothing."""
        self._expected.forget(key)

    # -------------------------------------------------------------- acting

    async def _create(self, replica_set: Obj, count: int) -> None:
        """Create in batches of 1, 2, 4 ...: if creating fails, find out by one failure, not by five hundred."""
        key = key_of(replica_set)
        self._expected.expect_creations(key, count)
        left, batch = count, SLOW_START
        while left:
            batch = min(batch, left)
            results = await asyncio.gather(
                *(self._create_pod(replica_set) for _ in range(batch)), return_exceptions=True
            )
            failures = [result for result in results if isinstance(result, BaseException)]
            if failures:
                self._expected.creation_seen(key, left - batch + len(failures))
                raise failures[0]
            left -= batch
            batch *= 2

    async def _create_pod(self, replica_set: Obj) -> None:
        try:
            pod = await self.client.create(PODS, pod_from(replica_set))
        except ApiError as error:
            if not error.namespace_is_going:
                self._recorder.event(replica_set, "Warning", "FailedCreate", f"Error creating: {error}")
            raise
        self._recorder.event(replica_set, "Normal", "SuccessfulCreate", f"Created pod: {name_of(pod)}")

    async def _delete(self, replica_set: Obj, victims: tuple[Obj, ...]) -> None:
        self._expected.expect_deletions(key_of(replica_set), {uid_of(pod) for pod in victims})
        results = await asyncio.gather(
            *(self._delete_pod(replica_set, pod) for pod in victims), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _delete_pod(self, replica_set: Obj, pod: Obj) -> None:
        try:
            await self.client.delete(PODS, pod)
        except Exception as error:  # whatever it was: what was not done will never be seen
            self._expected.deletion_seen(key_of(replica_set), uid_of(pod))
            if isinstance(error, ApiError) and error.status == 404:
                return
            self._recorder.event(replica_set, "Warning", "FailedDelete", f"Error deleting: {error}")
            raise
        self._recorder.event(replica_set, "Normal", "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")

    async def _write_status(self, replica_set: Obj, step: Step, failure: ApiError | None) -> None:
        reason = "FailedCreate" if len(step.active) < wanted(replica_set) else "FailedDelete"
        told = (reason, str(failure)) if failure is not None else None
        status = replicaset_status(replica_set, step.active, step.owned, told, self.clock)
        if status != status_of(replica_set):
            await self.client.replace(REPLICASETS, replica_set | {"status": status}, subresource="status")

    # -------------------------------------------------------------- whose turn it is

    def _sets_of(self, pod: Obj) -> Iterable[str]:
        """The ReplicaSet that controls a pod; for an orphan, every one that might adopt it."""
        ref = controller_of(pod)
        if ref is not None:
            return [f"{namespace_of(pod)}/{ref['name']}"] if ref["kind"] == "ReplicaSet" else []
        sets = self._sets.in_namespace(namespace_of(pod))
        return [key_of(one) for one in sets if selects(one["spec"].get("selector"), labels_of(pod))]

    def _fulfil(self, old: Obj | None, new: Obj | None) -> None:
        """Tick off what was expected: an arrival, or the request to delete (or, failing that, the end)."""
        pod = new or old
        ref = controller_of(pod) if pod is not None else None
        if pod is None or ref is None:
            return
        key = f"{namespace_of(pod)}/{ref['name']}"
        if old is None and not is_deleting(pod):
            self._expected.creation_seen(key)
        elif new is None or is_deleting(pod):
            self._expected.deletion_seen(key, uid_of(pod))

    def _siblings_pods(self, replica_set: Obj) -> Iterable[Obj]:
        ref = controller_of(replica_set)
        siblings = self._sets.controlled_by(ref["uid"]) if ref else [replica_set]
        return (pod for sibling in siblings for pod in self._pods.controlled_by(uid_of(sibling)))


def wanted(replica_set: Obj) -> int:
    """spec.replicas; 1 where nothing is said."""
    replicas = replica_set["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def pod_from(replica_set: Obj) -> Obj:
    """A pod as the ReplicaSet's template wants it; the API server gives it a name."""
    template = replica_set["spec"]["template"]
    meta = template.get("metadata") or {}
    kept = {part: meta[part] for part in ("labels", "annotations", "finalizers") if meta.get(part)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{name_of(replica_set)}-",
            "namespace": namespace_of(replica_set),
            "ownerReferences": [controller_ref(replica_set)],
            **kept,
        },
        "spec": template["spec"],
    }
