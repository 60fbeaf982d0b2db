"""The Deployment controller: from one pod template to the next without letting go of the old too early.

desired   a template, a number of replicas, how many may be extra (surge) or missing (unavailable)
actual    the ReplicaSets made for it: the new one (same template) and the old ones
compare   the new one missing: make it; else grow it; else shrink the old; else drop old history
act       one direction a cycle, by changing a ReplicaSet's size; never a pod
wait      for news of the ReplicaSets, or until progress is due

It never touches a pod: that is the ReplicaSet controller's loop, which wants nothing but its own
number. Follows k8s/pkg/controller/deployment (deployment_controller.go, sync.go, rolling.go,
recreate.go, progress.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.claims import Claim, claim, settle
from tui.sandbox.loops.client import DEPLOYMENTS, PODS, REPLICASETS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.deployment_status import (
    counted,
    created_note,
    failed_note,
    found_note,
    is_complete,
    judged,
    judged_again_in,
    noted,
    pause_note,
)
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.objects import (
    Obj,
    annotations_of,
    controller_of,
    is_deleting,
    is_finished,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    selects,
    status_of,
    uid_of,
)
from tui.sandbox.loops.revision import (
    REVISION,
    find_new,
    find_old,
    is_same_revision,
    max_revision,
    new_replica_set,
    outlived,
    refreshed,
    revision_of,
    size_annotations,
)
from tui.sandbox.loops.rollout import (
    Scale,
    active,
    grow_new,
    is_rolling,
    is_scaling_event,
    rescale,
    shrink_old,
    size,
)


@dataclass(frozen=True)
class Made:
    """What there is for one Deployment."""

    claim: Claim
    old_pods_run: bool

    @property
    def replica_sets(self) -> list[Obj]:
        """Its ReplicaSets."""
        return list(self.claim.ours)


@dataclass(frozen=True)
class Step:
    """What to do for one Deployment in this cycle; at most one of these, then the status."""

    claim: Claim | None = None
    note: Obj | None = None
    refresh: Obj | None = None
    revision: str | None = None
    create: Obj | None = None
    scale: tuple[Scale, ...] = ()
    drop: tuple[Obj, ...] = ()
    status: Obj | None = None


class DeploymentLoop(Loop[Obj, Made, Step]):
    """Rolls a Deployment's ReplicaSets from the old template to the new."""

    name = "deployment-controller"

    def __init__(self, client: ApiClient, caches: Caches, clock: Clock, recorder: Recorder) -> None:
        super().__init__(client, clock)
        self._deployments = caches.of(DEPLOYMENTS)
        self._sets = caches.of(REPLICASETS)
        self._pods = caches.of(PODS)
        self._recorder = recorder
        self.watch(self._deployments, lambda deployment: [key_of(deployment)])
        self.watch(self._sets, self._deployments_of)
        self.watch(self._pods, self._recreated_by)

    # -------------------------------------------------------------- the cycle

    def read_desired(self, key: str) -> Obj | None:
        """The Deployment."""
        return self._deployments.get(key)

    def read_actual(self, deployment: Obj) -> Made:
        """Its ReplicaSets, those it may adopt, and whether pods of an old one still run."""
        found = claim(deployment, self._sets.in_namespace(namespace_of(deployment)))
        new = find_new(deployment, found.ours)
        return Made(found, any(self._runs_pods(one) for one in find_old(new, found.ours)))

    def compare(self, deployment: Obj, made: Made) -> Step:
        """The first thing that is not as it should be, and the status as of now."""
        new = find_new(deployment, made.replica_sets)
        old = find_old(new, made.replica_sets)
        if is_deleting(deployment):
            return Step(status=counted(deployment, new, old, self.clock))
        if not made.claim.settled:
            return Step(claim=made.claim)
        note = pause_note(deployment)
        if note is not None:
            return Step(note=note)
        if new is not None:
            step = self._bookkeeping(deployment, new, old)
            if step is not None:
                return step
        if deployment["spec"].get("paused") or is_scaling_event(deployment, made.replica_sets):
            return self._sized(deployment, new, old)
        return self._rolled(deployment, new, old, made)

    def wait(self, deployment: Obj, made: Made) -> float | None:
        """Until progress has to be judged, news or no news."""
        return judged_again_in(deployment, self.clock)

    def _bookkeeping(self, deployment: Obj, new: Obj, old: Sequence[Obj]) -> Step | None:
        """Annotations and revisions of the new ReplicaSet and of the Deployment, where they lag."""
        refresh = refreshed(deployment, new, old)
        if refresh is not None:
            return Step(refresh=refresh)
        note = found_note(deployment, new)
        if revision_of(deployment) != revision_of(new) or note is not None:
            return Step(revision=str(revision_of(new)), note=note)
        return None

    def _sized(self, deployment: Obj, new: Obj | None, old: Sequence[Obj]) -> Step:
        """Follow a change of spec.replicas; while paused that is all, and tidying up."""
        status = counted(deployment, new, old, self.clock)
        scale = tuple(step for step in rescale(deployment, new, old) if _changes(deployment, step))
        drop = tuple(outlived(deployment, old)) if deployment["spec"].get("paused") and not scale else ()
        return Step(scale=scale, drop=drop, status=status)

    def _rolled(self, deployment: Obj, new: Obj | None, old: Sequence[Obj], made: Made) -> Step:
        """One step of the rollout, in one direction."""
        if new is None and (is_rolling(deployment) or not (active(old) or made.old_pods_run)):
            return Step(create=new_replica_set(deployment, old))
        status = judged(deployment, counted(deployment, new, old, self.clock), new, self.clock)
        move = rolling_move if is_rolling(deployment) else recreate_move
        scale = tuple(move(deployment, new, old, made.old_pods_run))
        done = not scale and is_complete(deployment, status_of(deployment))
        return Step(scale=scale, drop=tuple(outlived(deployment, old)) if done else (), status=status)

    # -------------------------------------------------------------- acting

    async def act(self, deployment: Obj, step: Step) -> None:
        """Take the one step, then say in the status how it stands."""
        if step.claim is not None:
            await settle(self.client, REPLICASETS, deployment, step.claim)
        if step.refresh is not None:
            await self.client.replace(REPLICASETS, step.refresh)
        if step.create is not None:
            await self._create(deployment, step.create)
        for scale in step.scale:
            await self._scale(deployment, scale)
        for replica_set in step.drop:
            await self.client.delete(REPLICASETS, replica_set)
        if step.note is not None or step.revision is not None:
            await self._write(deployment, noted(deployment, step.note, self.clock), step.revision)
        if step.status is not None:
            await self._write(deployment, step.status)

    async def _create(self, deployment: Obj, new: Obj) -> None:
        """Make the new ReplicaSet; a namesake that is not ours means two templates share a hash."""
        try:
            made = await self.client.create(REPLICASETS, new)
        except ApiError as error:
            if error.status == 409 and error.reason == "AlreadyExists":
                await self._resolve_collision(deployment, name_of(new))
            elif not error.namespace_is_going:
                await self._tell_failure(deployment, name_of(new), error)
            raise
        if size(made):
            self._say_scaled(deployment, made, 0, size(made))
        note = created_note(deployment, made)
        await self._write(deployment, noted(deployment, note, self.clock), str(max_revision([made])))

    async def _resolve_collision(self, deployment: Obj, name: str) -> None:
        standing = await self.client.get(REPLICASETS, namespace_of(deployment), name)
        if not is_same_revision(deployment, standing):
            status = dict(status_of(deployment))
            await self._write(deployment, status | {"collisionCount": status.get("collisionCount", 0) + 1})

    async def _tell_failure(self, deployment: Obj, name: str, error: ApiError) -> None:
        message = f'Failed to create new replica set "{name}": {error}'
        self._recorder.event(deployment, "Warning", "ReplicaSetCreateError", message)
        note = failed_note(deployment, name, error)
        await self._write(deployment, noted(deployment, note, self.clock))

    async def _scale(self, deployment: Obj, scale: Scale) -> None:
        await self.client.replace(REPLICASETS, resized(deployment, scale))
        if scale.to != scale.frm:
            self._say_scaled(deployment, scale.replica_set, scale.frm, scale.to)

    def _say_scaled(self, deployment: Obj, replica_set: Obj, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        message = f"Scaled {way} replica set {name_of(replica_set)} from {before} to {after}"
        self._recorder.event(deployment, "Normal", "ScalingReplicaSet", message)

    async def _write(self, deployment: Obj, status: Obj, revision: str | None = None) -> None:
        annotations = annotations_of(deployment) | ({REVISION: revision} if revision is not None else {})
        if status == status_of(deployment) and annotations == annotations_of(deployment):
            return
        meta = deployment["metadata"] | ({"annotations": annotations} if annotations else {})
        await self.client.replace(
            DEPLOYMENTS, deployment | {"metadata": meta, "status": status}, subresource="status"
        )

    # -------------------------------------------------------------- whose turn it is

    def _deployments_of(self, replica_set: Obj) -> Iterable[str]:
        """The Deployment that controls a ReplicaSet; for an orphan, every one that might adopt it."""
        ref = controller_of(replica_set)
        if ref is not None:
            return [f"{namespace_of(replica_set)}/{ref['name']}"] if ref["kind"] == "Deployment" else []
        near = self._deployments.in_namespace(namespace_of(replica_set))
        return [key_of(one) for one in near if selects(one["spec"].get("selector"), labels_of(replica_set))]

    def _recreated_by(self, pod: Obj) -> Iterable[str]:
        """A Recreate Deployment waits for its old pods to be gone; no other looks at pods."""
        ref = controller_of(pod)
        replica_set = self._sets.get(f"{namespace_of(pod)}/{ref['name']}") if ref else None
        keys = self._deployments_of(replica_set) if replica_set is not None else ()
        return [
            key for key in keys if (one := self._deployments.get(key)) is not None and not is_rolling(one)
        ]

    def _runs_pods(self, replica_set: Obj) -> bool:
        counted_pods = bool(status_of(replica_set).get("replicas"))
        return counted_pods or any(
            not is_finished(pod) for pod in self._pods.controlled_by(uid_of(replica_set))
        )


def rolling_move(deployment: Obj, new: Obj | None, old: Sequence[Obj], old_pods_run: bool) -> list[Scale]:
    """RollingUpdate: grow the new if it may grow, else shrink the old."""
    return [] if new is None else grow_new(deployment, new, old) or shrink_old(deployment, new, old)


def recreate_move(deployment: Obj, new: Obj | None, old: Sequence[Obj], old_pods_run: bool) -> list[Scale]:
    """Recreate: all the old down, and only when the last old pod is gone the new up."""
    running = active(old)
    if running:
        return [Scale(one, 0) for one in running]
    if old_pods_run or new is None or size(new) == size(deployment):
        return []
    return [Scale(new, size(deployment))]


def resized(deployment: Obj, scale: Scale) -> Obj:
    """The ReplicaSet at its next size, and what it was made for written on it."""
    replica_set = scale.replica_set
    annotations = annotations_of(replica_set) | size_annotations(deployment)
    return replica_set | {
        "metadata": replica_set["metadata"] | {"annotations": annotations},
        "spec": replica_set["spec"] | {"replicas": scale.to},
    }


def _changes(deployment: Obj, scale: Scale) -> bool:
    """The size differs, or what the ReplicaSet says it was made for."""
    wanted = size_annotations(deployment)
    return scale.to != scale.frm or any(
        annotations_of(scale.replica_set).get(key) != wanted[key] for key in wanted
    )
