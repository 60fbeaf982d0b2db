"""Why one pod is not ready yet: the links from the pod down to what blocks it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tui.facts import Condition, ContainerStatus, Event, Node, Pod, condition, parse_time
from tui.facts.pods import EVICTS, NODE_LOST_TAINTS
from tui.reconcile.backoff import crash_retry, ordinal
from tui.reconcile.explain import Cause, blocked_container, failing_probe
from tui.reconcile.links import ChainLink, counted
from tui.reconcile.refusals import verdict

_IN_VAIN = (
    "not found",
    "manifest unknown",
    "does not exist",
    "no match for platform",
)
_DENIED = ("unauthorized", "access denied", "forbidden")
"""What registries say where another try changes nothing."""
_NEVER_PULLED = "ErrImageNeverPull"
_NO_NAME = "InvalidImageName"


def pod_links(
    pod: Pod, cause: Cause, others: int, nodes: Mapping[str, Node], events: Sequence[Event]
) -> tuple[ChainLink, ...]:
    """The links below its ReplicaSet of a pod with this cause, which `others` pods share."""
    subject = f"pod {pod.metadata.name}" + (f" and {others} more" if others else "")
    if cause is Cause.SCHEDULING:
        return _unschedulable(pod, subject)
    if cause is Cause.NODE:
        return (ChainLink(subject), _lost_node(pod, nodes))
    if cause is Cause.NOT_READY:
        return (ChainLink(subject), _not_ready(pod, events))
    if cause is Cause.STARTING:
        return _starting(pod, subject)
    container = _culprit(pod)
    links = {Cause.IMAGE: _without_image, Cause.CONFIG: _unconfigured, Cause.CRASH: _crashed}
    return (ChainLink(subject), links[cause](container))


# ------------------------------------------------------------------ before it has a node


def _unschedulable(pod: Pod, subject: str) -> tuple[ChainLink, ...]:
    """The pod, and for each of the scheduler's reasons how many nodes it rules out."""
    scheduled = pod.condition("PodScheduled") or Condition()
    since = parse_time(scheduled.last_transition_time)
    if scheduled.reason == "SchedulingGated":
        return (
            ChainLink(subject, "held back by a scheduling gate", "whoever set it to lift it", since=since),
        )
    again = "the scheduler (at any change, or after 5 min)"
    found = verdict(scheduled.message)
    if found is None:
        text = f"unschedulable: {scheduled.message or scheduled.reason}"
        return (ChainLink(subject, text, again, since=since),)
    fits = f"{found.fit or 'none'} of {counted(found.nodes, 'node')} fits"
    reasons = (ChainLink(counted(count, "node"), text) for count, text in found.reasons)
    return (ChainLink(subject, f"unschedulable ({fits})", again, since=since), *reasons)


# ------------------------------------------------------------------ on a node that is lost


def _lost_node(pod: Pod, nodes: Mapping[str, Node]) -> ChainLink:
    """Its node, and when the pod is evicted from it."""
    node = nodes[pod.spec.node_name or ""]
    ready = condition(node.status.conditions, "Ready")
    silent = ready is None or ready.status == "Unknown"
    since = parse_time(ready.last_transition_time) if ready is not None else None
    text = "silent: its kubelet sends no heartbeat" if silent else "its kubelet says that it is not ready"
    subject = f"node {node.metadata.name}"
    if not any(one.ready for one in nodes.values()):
        return ChainLink(
            subject, f"{text}; no node is ready, so nothing is evicted", "a node's return", since=since
        )
    due = eviction_due(pod, node)
    if due is None:
        return ChainLink(subject, text, "the node controller's taint, which evicts its pods", since=since)
    if due == math.inf:
        text = f"{text}; the pod tolerates that for ever"
        return ChainLink(subject, text, "somebody has to mend the node, or delete the pod", None, since, True)
    return ChainLink(subject, text, "eviction (then a replacement)", due, since)


def eviction_due(pod: Pod, node: Node) -> float | None:
    """When the pod is evicted from its lost node (epoch seconds); infinity is never, None is not known yet.

    Follows upstream's taint eviction: the taint's time, and the toleration's seconds after it.
    """
    dues = []
    for taint in node.spec.taints:
        if taint.effect == EVICTS and taint.key in NODE_LOST_TAINTS:
            added = parse_time(taint.time_added)
            tolerated_s = pod.spec.tolerates_s(taint)
            if added is not None or tolerated_s == math.inf:
                dues.append((added or 0.0) + tolerated_s)
    return min(dues, default=None)


# ------------------------------------------------------------------ in a container


def _culprit(pod: Pod) -> ContainerStatus:
    """The first container that is held back."""
    containers = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    return next(one for one in containers if not one.completed and blocked_container(one))


def _without_image(container: ContainerStatus) -> ChainLink:
    waiting = container.state.waiting
    assert waiting is not None
    subject = f"container {container.name}"
    mend = "somebody has to change the template or provide the image"
    if waiting.reason == _NO_NAME:
        text = f"{container.image} is no name of an image"
        return ChainLink(subject, text, "somebody has to change the template", hopeless=True)
    if waiting.reason == _NEVER_PULLED:
        text = f"{container.image} is not on the node, and its pull policy is Never"
        return ChainLink(subject, text, mend, hopeless=True)
    said = waiting.message.lower()
    if any(word in said for word in (*_IN_VAIN, *_DENIED)):
        what = "no right to pull" if any(word in said for word in _DENIED) else "no such image:"
        text = f"{what} {container.image}, tried in vain ({waiting.reason})"
        return ChainLink(subject, text, mend, hopeless=True)
    return ChainLink(
        subject,
        f"can't pull {container.image} ({waiting.reason})",
        "the kubelet's next pull (10 s to 5 min apart)",
    )


def _unconfigured(container: ContainerStatus) -> ChainLink:
    waiting = container.state.waiting
    assert waiting is not None
    text = f"can't start: {waiting.message or waiting.reason}"
    if waiting.reason == "CreateContainerConfigError":
        mend = "somebody has to provide what is missing, or change the template"
        return ChainLink(f"container {container.name}", text, mend, hopeless=True)
    return ChainLink(f"container {container.name}", text, "the kubelet's next try")


def _crashed(container: ContainerStatus) -> ChainLink:
    ended = container.state.terminated or container.last_state.terminated
    retry = crash_retry(container)
    assert ended is not None
    assert retry is not None
    subject = f"container {container.name}"
    reason = f" ({ended.reason})" if ended.reason not in ("", "Error", "Completed") else ""
    text = f"{'crashed' if ended.exit_code else 'ended'}, exit {ended.exit_code}{reason}"
    if not retry.wait_s:
        return ChainLink(subject, text, f"a restart at once (the {ordinal(retry.nth)})")
    return ChainLink(subject, text, f"next try ({retry.rung})", retry.due)


def _not_ready(pod: Pod, events: Sequence[Event]) -> ChainLink:
    """What runs and is not ready: since when, in the probe's own words where an Event brought them."""
    ready = pod.condition("Ready")
    container = next((one for one in pod.status.container_statuses if not one.ready), None)
    probe = failing_probe(pod, events)
    return ChainLink(
        f"container {container.name}" if container is not None else "its containers",
        probe or "running, but no longer ready",
        "its readiness probe to succeed",
        since=parse_time(ready.last_transition_time) if ready is not None else None,
    )


# ------------------------------------------------------------------ on the way


def _starting(pod: Pod, subject: str) -> tuple[ChainLink, ...]:
    """No obstacle: the step that comes next."""
    if pod.spec.node_name is None:
        return (ChainLink(subject, "has no node yet", "the scheduler"),)
    node = f"node {pod.spec.node_name}"
    inits = pod.status.init_container_statuses
    begun = next((one for one in inits if not one.completed), None)
    if begun is not None and not pod.started:
        return (
            ChainLink(subject),
            ChainLink(f"init container {begun.name}", "has to end well first", f"the kubelet of {node}"),
        )
    running = next(
        (one for one in pod.status.container_statuses if one.state.running and not one.ready), None
    )
    if running is not None and running.state.running is not None:
        since = parse_time(running.state.running.started_at)
        text = "running, but not ready"
        link = ChainLink(f"container {running.name}", text, "its readiness probe to succeed", since=since)
        return (ChainLink(subject), link)
    return (ChainLink(subject, "starting", f"the kubelet of {node}"),)


def ending(pods: Sequence[Pod], nodes: Mapping[str, Node]) -> tuple[ChainLink, ...]:
    """The pods that are being ended, the one with the longest grace by name, and when that is over."""
    leaving = sorted(
        (pod for pod in pods if pod.metadata.terminating),
        key=lambda pod: (pod.metadata.deletion_timestamp or "", pod.metadata.name),
    )
    if not leaving:
        return ()
    last = leaving[-1]
    others = f" and {len(leaving) - 1} more" if len(leaving) > 1 else ""
    subject = f"pod {last.metadata.name}{others}"
    node = nodes.get(last.spec.node_name or "")
    if node is not None and not node.ready:
        text = "not ready: nobody there can say that it has ended"
        link = ChainLink(f"node {node.metadata.name}", text, "the node's return")
        return (ChainLink(subject, "terminating"), link)
    due = parse_time(last.metadata.deletion_timestamp)
    return (ChainLink(subject, "terminating", "end of its grace", due),)
