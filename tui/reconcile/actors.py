"""Who did it: the actor of each step that a change of facts shows, with the evidence and its grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.facts import Deployment, ManagedFields, Node, Pod, ReplicaSet
from tui.facts.meta import condition
from tui.facts.pods import EVICTS, NODE_LOST_TAINTS
from tui.reconcile.authors import PAUSED, REPLICAS, SPEC, TEMPLATE, author, former_owner
from tui.reconcile.evidence import (
    APPLY_LOOP,
    BINDING,
    CONDITION,
    CONTAINERS,
    DEPLOYMENT,
    DISRUPTION,
    EVICTION,
    INFERENCE,
    KUBELET,
    LOOPS,
    MANAGED_FIELDS,
    NODE_CONTROLLER,
    OWN_WRITE,
    OWNER,
    POD_GC,
    REPLICASET,
    SCHEDULER,
    SILENCE,
    SOMEONE,
    TAINT,
    TAINT_EVICTION,
    UNSEEN,
    YOU,
    Act,
    Grade,
    Step,
)

__all__ = [
    "Circumstances",
    "Grade",
    "Step",
    "deployment_steps",
    "node_steps",
    "pod_steps",
    "replicaset_steps",
]

_DISRUPTIONS = {
    "EvictionByEvictionAPI": EVICTION,
    "DeletionByTaintManager": TAINT_EVICTION,
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
        steps.append(Step(REPLICASET, f"created pod {name}", Grade.PROOF, OWNER, Act.CREATE, name))
    if new.spec.node_name and not (old and old.spec.node_name):
        # A pod that came with its node may have been made so.
        grade = Grade.PROOF if old is not None else Grade.HINT
        text = f"bound {name} to {new.spec.node_name}"
        steps.append(Step(SCHEDULER, text, grade, BINDING, Act.BIND, name))
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
        return [Step(REPLICASET, f"adopted pod {name}", Grade.PROOF, OWNER)]
    return [Step(REPLICASET, f"released pod {name}: its labels match no more", Grade.HINT, OWNER)]


def _end_asked(old: Pod | None, new: Pod, around: Circumstances) -> list[Step]:
    if not new.metadata.terminating or (old and old.metadata.terminating):
        return []
    return [_deletion(new, around)]


def _vanished(old: Pod, around: Circumstances) -> list[Step]:
    """A pod that is gone: news only if its end had not been announced."""
    name = old.metadata.name
    if not around.seen:
        text = f"ended pod {name} unseen: its final state is unknown"
        return [Step(SOMEONE, text, Grade.GUESS, UNSEEN, Act.DELETE, name)]
    if _disrupted_by(old) == POD_GC:
        return [Step(POD_GC, f"removed pod {name}", Grade.PROOF, DISRUPTION)]
    if old.metadata.terminating:
        return [_ended(old)] if old.spec.node_name else []
    return [_deletion(old, around)]


def _ended(pod: Pod) -> Step:
    """A kubelet lets a pod go when it has stopped its containers; whoever forces its end does not wait for that.

    Only a container that it calls terminated is its word; none at all, or one that waits, says nothing.
    """
    text = f"ended pod {pod.metadata.name}"
    containers = pod.status.container_statuses
    if containers and all(one.state.terminated is not None for one in containers):
        return Step(KUBELET, text, Grade.PROOF, CONTAINERS)
    return Step(KUBELET, text, Grade.GUESS, INFERENCE)


def _deletion(pod: Pod, around: Circumstances) -> Step:
    name = pod.metadata.name
    text = f"deleted pod {name}"
    if around.ours:
        return Step(YOU, text, Grade.PROOF, OWN_WRITE, Act.DELETE, name)
    disruption = _disrupted_by(pod)
    if disruption is not None:
        return Step(disruption, text, Grade.PROOF, DISRUPTION, Act.DELETE, name)
    # Whoever deletes one of too many looks like the ReplicaSet that does: it is likely, no more.
    actor = REPLICASET if around.unwanted else SOMEONE
    return Step(actor, text, Grade.GUESS, INFERENCE, Act.DELETE, name)


def _disrupted_by(pod: Pod) -> str | None:
    """The actor whom the pod's DisruptionTarget condition names."""
    found = pod.condition("DisruptionTarget")
    return _DISRUPTIONS.get(found.reason) if found is not None and found.status == "True" else None


def _container_steps(old: Pod | None, new: Pod, around: Circumstances) -> list[Step]:
    name, steps = new.metadata.name, []
    if new.restarts > (old.restarts if old else 0):
        steps.append(Step(KUBELET, f"restarted a container of {name}", Grade.PROOF, CONTAINERS))
    elif new.started and not (old and old.started):
        steps.append(Step(KUBELET, f"started {name}", Grade.PROOF, CONTAINERS))
    if new.ready and not (old and old.ready):
        steps.append(Step(KUBELET, f"{name} is ready", Grade.PROOF, CONTAINERS))
    elif old and old.ready and not new.ready and new.active:
        steps.append(_unready(new, around.node))
    return steps


def _unready(pod: Pod, node: Node | None) -> Step:
    """A kubelet names a container or gives a reason; the node controller only turns the condition.

    Follows kubelet's status.GeneratePodReadyCondition and nodelifecycle's MarkPodsNotReady.
    """
    name = pod.metadata.name
    text = f"{name} is not ready any more"
    ready = pod.condition("Ready")
    is_kubelets = (ready is not None and ready.reason) or any(
        not one.ready for one in pod.status.container_statuses
    )
    if is_kubelets:
        return Step(KUBELET, text, Grade.PROOF, CONTAINERS, Act.UNREADY, name)
    if node is None or node.ready:  # it may be about to be told that it isn't: streams race
        return Step(NODE_CONTROLLER, text, Grade.HINT, INFERENCE, Act.UNREADY, name)
    text = f"{text}: {node.metadata.name} is silent"
    return Step(NODE_CONTROLLER, text, Grade.PROOF, SILENCE, Act.UNREADY, name)


def replicaset_steps(old: ReplicaSet | None, new: ReplicaSet | None) -> list[Step]:
    """The deployment controller's hand on a ReplicaSet, or somebody else's."""
    if new is None:
        return [] if old is None else [_removal(old)]
    name, wanted = new.metadata.name, new.spec.replicas
    if old is None:
        text = f"created ReplicaSet {name} for {wanted} pod{'' if wanted == 1 else 's'}"
        return [Step(DEPLOYMENT, text, Grade.PROOF, OWNER)]
    if old.spec.replicas == wanted:
        return []
    text = f"scaled {name} from {old.spec.replicas} to {wanted}"
    about = f"{name}:{wanted}"
    entry = author(old.metadata.managed_fields, new.metadata.managed_fields, REPLICAS)
    if entry is None:
        return [Step(DEPLOYMENT, text, Grade.GUESS, INFERENCE, Act.SCALE, about)]
    # All loops of one process share a name; the one that rules ReplicaSets wrote their template too.
    actor = DEPLOYMENT if entry.owns(TEMPLATE) else _name(entry)
    return [Step(actor, text, Grade.HINT, MANAGED_FIELDS, Act.SCALE, about)]


def _removal(replicaset: ReplicaSet) -> Step:
    """The deployment controller clears away old ones that are empty, and no others."""
    actor = SOMEONE if replicaset.spec.replicas else DEPLOYMENT
    return Step(actor, f"removed ReplicaSet {replicaset.metadata.name}", Grade.GUESS, INFERENCE)


def deployment_steps(old: Deployment | None, new: Deployment | None, applied_by: str = "") -> list[Step]:
    """Somebody wants something else; `applied_by` is who of us it was that has applied it, if it was."""
    if old is None or new is None:
        return []
    steps = _wants(old, new)
    if applied_by:
        return [Step(applied_by, one.text, Grade.PROOF, OWN_WRITE) for one in steps]
    return steps


def _wants(old: Deployment, new: Deployment) -> list[Step]:
    before, after = old.metadata.managed_fields, new.metadata.managed_fields
    if new.metadata.terminating and not old.metadata.terminating:
        return [Step(SOMEONE, "deleted the Deployment", Grade.GUESS, INFERENCE)]
    if old.spec.replicas != new.spec.replicas:
        text = f"asked for {new.spec.replicas} instead of {old.spec.replicas}"
        return [_written(author(before, after, REPLICAS), text)]
    if old.spec.paused != new.spec.paused:
        return [_pause(before, after, paused=new.spec.paused)]
    if old.metadata.generation != new.metadata.generation:
        return [_written(author(before, after, SPEC), "changed the spec")]
    return []


def _pause(before: Sequence[ManagedFields], after: Sequence[ManagedFields], *, paused: bool) -> Step:
    if paused:
        return _written(author(before, after, PAUSED), "paused the rollout")
    text = "resumed the rollout"
    writer = author(before, after, PAUSED)
    former = former_owner(before, PAUSED)
    if writer is None and former is not None:
        return Step(_name(former), text, Grade.GUESS, MANAGED_FIELDS)
    return _written(writer, text)


def _written(entry: ManagedFields | None, text: str) -> Step:
    """What the manager of that entry did. Managers name themselves: that is a hint, and no proof."""
    if entry is None or not entry.manager:
        return Step(SOMEONE, text, Grade.GUESS, INFERENCE)
    return Step(_name(entry), text, Grade.HINT, MANAGED_FIELDS)


def _name(entry: ManagedFields) -> str:
    """The manager's own name, in quotes where it takes one of ours."""
    name = entry.manager or SOMEONE
    return f'"{name}"' if name in LOOPS | {YOU, SOMEONE, APPLY_LOOP} else name


def node_steps(old: Node | None, new: Node | None) -> list[Step]:
    """What happened to a node: its kubelet, the node controller in its absence, or somebody's cordon."""
    if old is None:
        return []
    if new is None:
        return [Step(SOMEONE, f"removed node {old.metadata.name}", Grade.GUESS, INFERENCE)]
    name, steps = new.metadata.name, []
    if old.spec.unschedulable != new.spec.unschedulable:
        text = f"{'cordoned' if new.spec.unschedulable else 'uncordoned'} {name}"
        steps.append(Step(SOMEONE, text, Grade.GUESS, INFERENCE))
    if old.ready != new.ready:
        steps.append(_turned(new))
    had = {taint.key for taint in old.spec.taints if taint.effect == EVICTS}
    added = {taint.key for taint in new.spec.taints if taint.effect == EVICTS} - had
    return steps + [_tainted(name, key) for key in sorted(added)]


def _turned(node: Node) -> Step:
    """True and False are a kubelet's words; Unknown is the node controller's, who misses them."""
    name = node.metadata.name
    if node.ready:
        return Step(KUBELET, f"node {name} is ready again", Grade.PROOF, CONDITION)
    found = condition(node.status.conditions, "Ready")
    if found is None or found.status == "Unknown":
        return Step(
            NODE_CONTROLLER,
            f"has not heard of {name}: whether it is ready is unknown",
            Grade.PROOF,
            CONDITION,
        )
    return Step(KUBELET, f"node {name} is not ready any more", Grade.PROOF, CONDITION)


def _tainted(node: str, key: str) -> Step:
    """Taints of Kubernetes' own names come from the node controller, although anybody can set them."""
    text = f"tainted {node}: what does not tolerate {key} has to go"
    if key in NODE_LOST_TAINTS:
        return Step(NODE_CONTROLLER, text, Grade.HINT, TAINT)
    return Step(SOMEONE, text, Grade.GUESS, INFERENCE)
