"""What somebody asked for: rollouts and scalings, from their first sign until nothing is left to do for them."""

from __future__ import annotations

from collections.abc import Callable

from tui.facts import Deployment, Node, ReplicaSet
from tui.reconcile.gap import Gap, newest_replicaset
from tui.reconcile.heal import HealKind
from tui.session.records import Movement, Record
from tui.world import Update, World

SPEC_LEADS_S = 5.0
"""A new ReplicaSet this soon after a change of the spec is its consequence: the rollout began with that change."""


class Movements:
    """Sees them begin and end in the `record_of` each Deployment; all moments are monotonic seconds."""

    def __init__(self, world: World, record_of: Callable[[str], Record]) -> None:
        self._world = world
        self._record_of = record_of

    def note(self, update: Update, at: float) -> None:
        """Sees whether somebody asked for another template or another number, or a node has turned."""
        old, new = update.old, update.new
        if isinstance(old, Deployment) and isinstance(new, Deployment):
            self._deployment_changed(old, new, at)
        elif isinstance(new, ReplicaSet) and old is None:
            self._replicaset_came(new, at)
        elif isinstance(new, Node):
            for uid in update.deployments:
                self._record_of(uid).node_turned = True

    def _deployment_changed(self, old: Deployment, new: Deployment, at: float) -> None:
        if new.metadata.terminating:
            return
        record = self._record_of(new.metadata.uid)
        if old.desired != new.desired:
            kind = HealKind.SCALE_UP if new.desired > old.desired else HealKind.SCALE_DOWN
            _begin(record, Movement(kind, at, f"asked for {new.desired} instead of {old.desired}"))
        elif old.metadata.generation != new.metadata.generation:
            record.spec_changed = at
        is_new = bool(old.revision and new.revision and old.revision != new.revision)
        if is_new or (old.spec.paused and not new.spec.paused):
            newest = newest_replicaset(new, self._world.replicasets_of(new.metadata.uid))
            if newest is not None and is_new:
                _begin_rollout(record, newest, at)
            elif newest is not None and self._is_halfway(newest):
                _begin_rollout(record, newest, at, "the rollout goes on")

    def _is_halfway(self, newest: ReplicaSet) -> bool:
        """Whether there are pods of other templates yet; one that was changed in a pause has no ReplicaSet so far."""
        pods = self._world.pods_of(newest.metadata.controller_uid or "")
        return any(pod.active and pod.metadata.controller_uid != newest.metadata.uid for pod in pods)

    def _replicaset_came(self, new: ReplicaSet, at: float) -> None:
        """One more beside another that has pods is a rollout; the first one is the Deployment's creation."""
        uid = new.metadata.controller_uid or ""
        others = (one for one in self._world.replicasets_of(uid) if one.metadata.uid != new.metadata.uid)
        if uid in self._world.deployments.by_uid and any(one.spec.replicas for one in others):
            _begin_rollout(self._record_of(uid), new, at)

    def go_on(self, deployment_uid: str, record: Record, gap: Gap) -> bool:
        """Whether a rollout or scaling is under way; one that is over is forgotten."""
        movement = record.movement
        if movement is not None and (
            self._has_arrived(deployment_uid, movement, gap)
            or self._stands_still(deployment_uid, movement, gap)
        ):
            record.movement = None
        return record.movement is not None

    def _has_arrived(self, deployment_uid: str, movement: Movement, gap: Gap) -> bool:
        if gap.size or not gap.observed:
            return False
        if movement.kind is HealKind.SCALE_UP:
            return True
        if gap.surplus or (movement.kind is HealKind.ROLLOUT and gap.outdated):
            return False
        return not (gap.terminating and self._some_leave(deployment_uid))

    def _some_leave(self, deployment_uid: str) -> bool:
        """Whether pods are on their way out; on a silent node they can stay for ever."""
        for pod in self._world.pods_of(deployment_uid):
            node = self._world.node(pod.spec.node_name)
            if pod.metadata.terminating and (node is None or node.ready):
                return True
        return False

    def _stands_still(self, deployment_uid: str, movement: Movement, gap: Gap) -> bool:
        """Whether the controller goes no further though something is left: it is paused, or has given up in time."""
        deployment = self._world.deployments.by_uid.get(deployment_uid)
        if deployment is None or gap.size:
            return False
        progressing = deployment.condition("Progressing")
        has_given_up = gap.observed and progressing is not None and progressing.status == "False"
        return has_given_up or (deployment.spec.paused and movement.kind is HealKind.ROLLOUT)


def _begin(record: Record, movement: Movement) -> None:
    """A rollout goes on through scalings; what begins anew takes the place of what was under way."""
    under_way = record.movement
    if under_way is not None and under_way.kind is HealKind.ROLLOUT is not movement.kind:
        return
    record.movement, record.movement_is_new = movement, True


def _begin_rollout(record: Record, newest: ReplicaSet, at: float, what: str = "a new template") -> None:
    uid, name = newest.metadata.uid, newest.metadata.name
    if record.movement is not None and record.movement.replicaset_uid == uid:
        return
    asked = record.spec_changed
    began = asked if asked is not None and at - asked <= SPEC_LEADS_S else at
    _begin(record, Movement(HealKind.ROLLOUT, began, f"{what}: ReplicaSet {name}", uid, at))
