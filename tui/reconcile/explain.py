"""Why not yet: the one line that says what stands between desired and actual."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui.facts import Condition, ContainerStatus, Deployment, Event, Node, Pod, ReplicaSet
from tui.reconcile.gap import Gap, newest_replicaset


class Cause(StrEnum):
    """What holds a Deployment back, worst first: the order in which they are told."""

    DELETED = "being deleted"
    CREATE = "create"
    SCHEDULING = "scheduling"
    IMAGE = "image"
    CRASH = "crash loop"
    CONFIG = "config"
    NODE = "node"
    NOT_READY = "not ready"
    DEADLINE = "deadline"
    PAUSED = "paused"
    ROLLOUT = "rollout"
    STARTING = "starting"
    SURPLUS = "surplus"
    UNOBSERVED = "unobserved"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Why:
    """The cause and the sentence. The text may quote a cluster: it is cleaned where it is shown."""

    cause: Cause = Cause.NONE
    text: str = ""


_IMAGE_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"}
)
_CONFIG_REASONS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PostStartHookError"}
)
_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: ([^,=]+)")


def explain(
    deployment: Deployment,
    replicasets: Sequence[ReplicaSet],
    pods: Sequence[Pod],
    gap: Gap,
    *,
    nodes: Mapping[str, Node] | None = None,
    events: Sequence[Event] = (),
) -> Why:
    """The worst cause that the facts show, as one line; Events only add words, never a conclusion."""
    if gap.settled:
        return Why(Cause.PAUSED, "paused") if deployment.spec.paused else Why()
    if deployment.metadata.terminating:
        return Why(
            Cause.DELETED, f"being deleted · {gap.surplus} pods left" if gap.surplus else "being deleted"
        )
    if not gap.observed:
        return Why(Cause.UNOBSERVED, "the controller has not seen this spec yet")
    late = deadline_exceeded(deployment)
    refused = _creation_refused(deployment, replicasets)
    if refused and (gap.missing or gap.outdated):
        return _told(Cause.CREATE, refused, late)
    blocked = _blocked_pods([pod for pod in pods if pod.active], nodes or {}, events)
    if blocked:
        return _told(*blocked, late)
    if late:
        return Why(
            Cause.DEADLINE, f"progress deadline of {deployment.spec.progress_deadline_seconds} s exceeded"
        )
    return _on_the_way(deployment, gap)


def _told(cause: Cause, text: str, late: bool) -> Why:
    return Why(cause, f"{text} · deadline exceeded" if late else text)


def deadline_exceeded(deployment: Deployment) -> bool:
    """Whether the deployment controller has said so."""
    progressing = deployment.condition("Progressing")
    return progressing is not None and progressing.reason == "ProgressDeadlineExceeded"


def _creation_refused(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> str:
    """What the API server said when the ReplicaSet controller tried to create pods, or ""."""
    failure = creation_failure(deployment, replicasets)
    if failure is None:
        return ""
    if failure.type == "Progressing":
        return f"its ReplicaSet can't be created: {failure.message}"
    quota = _QUOTA.search(failure.message)
    if quota:
        return f'quota "{quota[1]}": {quota[2]} exceeded'
    return f"pods can't be created: {failure.message or failure.reason}"


def creation_failure(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> Condition | None:
    """The condition that says what can't be created: ReplicaFailure pods, Progressing a ReplicaSet."""
    newest = newest_replicaset(deployment, replicasets)
    for owner in (newest, deployment):
        failure = owner.condition("ReplicaFailure") if owner else None
        if failure and failure.status == "True":
            return failure
    progressing = deployment.condition("Progressing")
    if progressing is not None and progressing.reason == "ReplicaSetCreateError":
        return progressing
    return None


def _blocked_pods(
    pods: Sequence[Pod], nodes: Mapping[str, Node], events: Sequence[Event]
) -> tuple[Cause, str] | None:
    """The worst cause among the pods that are not ready, with how many share it."""
    found: dict[Cause, list[str]] = {}
    for pod in sorted((pod for pod in pods if not pod.ready), key=lambda pod: pod.metadata.name):
        cause, text = blocked_pod(pod, nodes, events)
        if cause is not Cause.STARTING:
            found.setdefault(cause, []).append(text)
    if not found:
        return None
    cause = min(found, key=list(Cause).index)
    return cause, f"{len(found[cause])} {found[cause][0]}"


def blocked_pod(pod: Pod, nodes: Mapping[str, Node], events: Sequence[Event]) -> tuple[Cause, str]:
    """What holds back a pod that is not ready; STARTING where nothing does."""
    scheduled = pod.condition("PodScheduled")
    if scheduled and scheduled.status == "False":
        return Cause.SCHEDULING, f"unschedulable: {scheduled.message or scheduled.reason}"
    node = nodes.get(pod.spec.node_name or "")
    if node is not None and not node.ready:
        return Cause.NODE, f"on {node.metadata.name}, which is not ready"
    for container in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if container.completed:
            continue  # an init container that did its work, however often it had to begin
        blocked = blocked_container(container)
        if blocked:
            return blocked
    if pod.started and any(c.state.running for c in pod.status.container_statuses):
        failing = failing_probe(pod, events)
        if failing:
            return Cause.NOT_READY, f"running but not ready: {failing}"
        if _was_ready(pod):
            return Cause.NOT_READY, "running but not ready any more"
    return Cause.STARTING, "starting"


def blocked_container(container: ContainerStatus) -> tuple[Cause, str] | None:
    """What holds back one container, or None."""
    waiting, last = container.state.waiting, container.last_state.terminated
    if waiting and waiting.reason in _IMAGE_REASONS:
        return Cause.IMAGE, f"without an image: {container.image} ({waiting.reason})"
    if waiting and waiting.reason in _CONFIG_REASONS:
        return Cause.CONFIG, f"can't start: {waiting.message or waiting.reason}"
    ended = container.state.terminated or (last if waiting and waiting.reason == "CrashLoopBackOff" else None)
    if ended and container.restart_count:
        restarts = f"{container.restart_count} restart" + ("s" if container.restart_count > 1 else "")
        return Cause.CRASH, f"crash-looping: exit {ended.exit_code}, {restarts}"
    if container.state.terminated and container.state.terminated.exit_code:
        return Cause.CRASH, f"crashed: exit {container.state.terminated.exit_code}"
    return None


def failing_probe(pod: Pod, events: Sequence[Event]) -> str:
    """The newest words of a failing readiness probe, if an Event brought them."""
    said = [
        event
        for event in events
        if event.reason == "Unhealthy"
        and event.involved_object.uid == pod.metadata.uid
        and event.message.startswith("Readiness")
    ]
    return said[-1].message if said else ""


def _was_ready(pod: Pod) -> bool:
    """Ready=False well after the container started means that it was ready before."""
    ready = pod.condition("Ready")
    started = [c.state.running.started_at for c in pod.status.container_statuses if c.state.running]
    if ready is None or not started or not all(started):
        return False
    return (ready.last_transition_time or "") > max(str(moment) for moment in started)


def _on_the_way(deployment: Deployment, gap: Gap) -> Why:
    """No obstacle: how far it has come."""
    waiting = _counted((gap.starting if gap.size else 0, "starting"), (gap.missing, "not yet created"))
    if deployment.spec.paused:
        return Why(Cause.PAUSED, f"paused · {waiting}" if waiting else f"paused · {gap.outdated} outdated")
    if gap.outdated:
        progress = f"rolling out: {gap.updated} of {gap.desired} updated"
        return Why(Cause.ROLLOUT, f"{progress} · {waiting}" if waiting else progress)
    if waiting:
        return Why(Cause.STARTING, waiting)
    return Why(Cause.SURPLUS, f"{gap.surplus} too many")


def _counted(*parts: tuple[int, str]) -> str:
    return " · ".join(f"{count} {word}" for count, word in parts if count)
