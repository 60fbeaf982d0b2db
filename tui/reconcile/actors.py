"""Who did it: the actor of each step that a change of facts shows, with the grade of the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tui.facts import Deployment, Node, Pod, ReplicaSet


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
NODE_CONTROLLER, POD_GC = "node controller", "pod gc"
YOU, SOMEONE = "you", "someone"

_DISRUPTIONS = {
    "EvictionByEvictionAPI": "eviction",
    "DeletionByTaintManager": "taint eviction",
    "PreemptionByScheduler": SCHEDULER,
    "DeletionByPodGC": POD_GC,
    "TerminationByKubelet": KUBELET,
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else was known when a pod changed."""

    replicaset: ReplicaSet | None = None
    """Its owner."""
    node: Node | None = None
    ours: bool = False
    """Whether we asked for its deletion."""
    unwanted: bool = False
    """Whether its ReplicaSet has as many active pods as it asks for without this one."""
    seen: bool = True
    """False where a list merely no longer held it."""


def pod_steps(old: Pod | None, new: Pod | None, around: Circumstances) -> list[Step]:
    """The steps between two states of one pod."""
    if new is None:
        return [] if old is None else _vanished(old, around)
    name = new.metadata.name
    steps = []
    if old is None and around.replicaset is not None:
        steps.append(Step(REPLICASET, f"created pod {name}", Grade.PROOF))
    if new.spec.node_name and not (old and old.spec.node_name):
        # A pod that came with its node may have been made so.
        grade = Grade.PROOF if old is not None else Grade.HINT
        steps.append(Step(SCHEDULER, f"bound {name} to {new.spec.node_name}", grade))
    steps += _change_of_owner(old, new)
    steps += _end_asked(old, new, around)
    steps += _container_steps(old, new, around)
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


def _end_asked(old: Pod | None, new: Pod, around: Circumstances) -> list[Step]:
    if not new.metadata.terminating or (old and old.metadata.terminating):
        return []
    return [_deletion(new, around)]


def _vanished(old: Pod, around: Circumstances) -> list[Step]:
    """A pod that is gone: news only if its end had not been announced."""
    name = old.metadata.name
    if not around.seen:
        return [Step(SOMEONE, f"ended pod {name} unseen: its final state is unknown", Grade.GUESS)]
    if _disrupted_by(old) == POD_GC:
        return [Step(POD_GC, f"removed pod {name}", Grade.PROOF)]
    if old.metadata.terminating:
        return [Step(KUBELET, f"ended pod {name}", Grade.PROOF)] if old.spec.node_name else []
    return [_deletion(old, around)]


def _deletion(pod: Pod, around: Circumstances) -> Step:
    text = f"deleted pod {pod.metadata.name}"
    if around.ours:
        return Step(YOU, text, Grade.PROOF)
    disruption = _disrupted_by(pod)
    if disruption is not None:
        return Step(disruption, text, Grade.PROOF)
    # Whoever deletes one of too many looks like the ReplicaSet that does: it is likely, no more.
    return Step(REPLICASET if around.unwanted else SOMEONE, text, Grade.GUESS)


def _disrupted_by(pod: Pod) -> str | None:
    """The actor whom the pod's DisruptionTarget condition names."""
    found = pod.condition("DisruptionTarget")
    return _DISRUPTIONS.get(found.reason) if found is not None and found.status == "True" else None


def _container_steps(old: Pod | None, new: Pod, around: Circumstances) -> list[Step]:
    name, steps = new.metadata.name, []
    if new.restarts > (old.restarts if old else 0):
        steps.append(Step(KUBELET, f"restarted a container of {name}", Grade.PROOF))
    elif new.started and not (old and old.started):
        steps.append(Step(KUBELET, f"started {name}", Grade.PROOF))
    if new.ready and not (old and old.ready):
        steps.append(Step(KUBELET, f"{name} is ready", Grade.PROOF))
    elif old and old.ready and not new.ready and new.active:
        if around.node is not None and not around.node.ready:
            # A kubelet that is not heard of can't have said so (nodelifecycle's MarkPodsNotReady).
            node = around.node.metadata.name
            steps.append(Step(NODE_CONTROLLER, f"{name} is not ready any more: {node} is silent", Grade.HINT))
        else:
            steps.append(Step(KUBELET, f"{name} is not ready any more", Grade.HINT))
    return steps


def replicaset_steps(old: ReplicaSet | None, new: ReplicaSet | None) -> list[Step]:
    """The deployment controller's hand on a ReplicaSet."""
    if new is None:
        return (
            [] if old is None else [Step(DEPLOYMENT, f"removed ReplicaSet {old.metadata.name}", Grade.HINT)]
        )
    name, wanted = new.metadata.name, new.spec.replicas
    if old is None:
        return [
            Step(
                DEPLOYMENT,
                f"created ReplicaSet {name} for {wanted} pod{'' if wanted == 1 else 's'}",
                Grade.PROOF,
            )
        ]
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
