"""Who did it: the actor of each step that a change of facts shows, with the grade of the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tui.facts import Deployment, Pod, ReplicaSet


class Grade(IntEnum):
    """How good the evidence is, drawn as ●●● to ○○○."""

    GUESS = 1
    HINT = 2
    PROOF = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an actor did."""

    actor: str
    text: str
    grade: Grade


DEPLOYMENT, REPLICASET, SCHEDULER, KUBELET = "deployment", "replicaset", "scheduler", "kubelet"
YOU, SOMEONE = "you", "someone"

_DISRUPTIONS = {
    "EvictionByEvictionAPI": "eviction",
    "DeletionByTaintManager": "taint eviction",
    "PreemptionByScheduler": SCHEDULER,
    "DeletionByPodGC": "pod gc",
    "TerminationByKubelet": KUBELET,
}


def pod_steps(
    old: Pod | None, new: Pod | None, replicaset: ReplicaSet | None, *, ours: bool, unwanted: bool
) -> list[Step]:
    """The steps between two states of one pod.

    `ours`: we asked for its deletion. `unwanted`: its ReplicaSet has more active pods than it asks for.
    """
    if new is None:
        return [] if old is None else _vanished(old, ours=ours, unwanted=unwanted)
    name = new.metadata.name
    steps = []
    if old is None and replicaset is not None:
        steps.append(Step(REPLICASET, f"created pod {name}", Grade.PROOF))
    if new.spec.node_name and not (old and old.spec.node_name):
        steps.append(Step(SCHEDULER, f"bound {name} to {new.spec.node_name}", Grade.PROOF))
    steps += _change_of_owner(old, new)
    steps += _end_asked(old, new, ours=ours, unwanted=unwanted)
    steps += _container_steps(old, new)
    return steps


def _change_of_owner(old: Pod | None, new: Pod) -> list[Step]:
    """A ReplicaSet lets go of a pod whose labels don't match any more, and takes in orphans whose labels do."""
    before, after = old.metadata.controller_uid if old else None, new.metadata.controller_uid
    if old is None or before == after or not new.active:
        return []
    name = new.metadata.name
    if before is None:
        return [Step(REPLICASET, f"adopted pod {name}", Grade.PROOF)]
    return [Step(REPLICASET, f"released pod {name}: its labels match no more", Grade.HINT)]


def _end_asked(old: Pod | None, new: Pod, *, ours: bool, unwanted: bool) -> list[Step]:
    if not new.metadata.terminating or (old and old.metadata.terminating):
        return []
    return [_deletion(new, ours=ours, unwanted=unwanted)]


def _vanished(old: Pod, *, ours: bool, unwanted: bool) -> list[Step]:
    """A pod that is gone: news only if its end had not been announced."""
    if old.metadata.terminating:
        return [Step(KUBELET, f"ended pod {old.metadata.name}", Grade.PROOF)] if old.spec.node_name else []
    return [_deletion(old, ours=ours, unwanted=unwanted)]


def _deletion(pod: Pod, *, ours: bool, unwanted: bool) -> Step:
    text = f"deleted pod {pod.metadata.name}"
    if ours:
        return Step(YOU, text, Grade.PROOF)
    disruption = pod.condition("DisruptionTarget")
    if disruption is not None and disruption.reason in _DISRUPTIONS:
        return Step(_DISRUPTIONS[disruption.reason], text, Grade.PROOF)
    if unwanted:
        return Step(REPLICASET, text, Grade.HINT)
    return Step(SOMEONE, text, Grade.GUESS)


def _container_steps(old: Pod | None, new: Pod) -> list[Step]:
    name, steps = new.metadata.name, []
    if new.restarts > (old.restarts if old else 0):
        steps.append(Step(KUBELET, f"restarted a container of {name}", Grade.PROOF))
    elif new.started and not (old and old.started):
        steps.append(Step(KUBELET, f"started {name}", Grade.PROOF))
    if new.ready and not (old and old.ready):
        steps.append(Step(KUBELET, f"{name} is ready", Grade.PROOF))
    elif old and old.ready and not new.ready and new.active:
        steps.append(Step(KUBELET, f"{name} is not ready any more", Grade.HINT))
    return steps


def replicaset_steps(old: ReplicaSet | None, new: ReplicaSet | None) -> list[Step]:
    """The deployment controller's hand on a ReplicaSet."""
    if new is None:
        return [] if old is None else [Step(DEPLOYMENT, f"removed {old.metadata.name}", Grade.HINT)]
    name, wanted = new.metadata.name, new.spec.replicas
    if old is None:
        return [Step(DEPLOYMENT, f"created {name} for {wanted}", Grade.PROOF)]
    if old.spec.replicas != wanted:
        return [Step(DEPLOYMENT, f"scaled {name} from {old.spec.replicas} to {wanted}", Grade.HINT)]
    return []


def deployment_steps(old: Deployment | None, new: Deployment | None) -> list[Step]:
    """Somebody wants something else. Who it was, managedFields would tell; facts don't hold them."""
    if old is None or new is None:
        return []
    if old.spec.replicas != new.spec.replicas:
        return [Step(SOMEONE, f"asked for {new.spec.replicas} instead of {old.spec.replicas}", Grade.GUESS)]
    if old.spec.paused != new.spec.paused:
        return [
            Step(SOMEONE, "paused the rollout" if new.spec.paused else "resumed the rollout", Grade.GUESS)
        ]
    if old.metadata.generation != new.metadata.generation:
        return [Step(SOMEONE, "changed the spec", Grade.GUESS)]
    return []
