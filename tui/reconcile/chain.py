"""Why not yet, in full: the chain from a Deployment down to the one thing that blocks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tui.facts import (
    Condition,
    Deployment,
    Event,
    Node,
    Pod,
    PodDisruptionBudget,
    ReplicaSet,
    parse_time,
)
from tui.reconcile.budgets import budget_links
from tui.reconcile.explain import Cause, blocked_pod, creation_failure, deadline_exceeded
from tui.reconcile.gap import Gap, newest_replicaset
from tui.reconcile.links import ChainLink, counted
from tui.reconcile.pod_chain import ending, pod_links
from tui.reconcile.refusals import quota_refusal

_NO_DEADLINE_S = 2**31 - 1
"""A progressDeadlineSeconds that means none (deployment/util HasProgressDeadline)."""
_KEEPS_TRYING = "the ReplicaSet controller's next try (it never gives up; up to 17 min apart)"
"""Its rate limiter doubles from 5 ms to 1000 s (client-go DefaultControllerRateLimiter)."""
_WORST_FIRST = {cause: rank for rank, cause in enumerate(Cause)}


def chain(
    deployment: Deployment,
    replicasets: Sequence[ReplicaSet],
    pods: Sequence[Pod],
    gap: Gap,
    *,
    nodes: Mapping[str, Node],
    events: Sequence[Event],
    budgets: Sequence[PodDisruptionBudget],
    now: float,
) -> tuple[ChainLink, ...]:
    """The links, from the Deployment down; empty where everything is as asked for. `now`: the server's clock.

    `nodes`: all that are known, by name; `budgets`: those of the namespace. Events add words, never a conclusion.
    A budget that keeps pods on a cordoned node is told after the gap's reasons, and also where there is no gap.
    """
    why = _why(deployment, replicasets, pods, gap, nodes, events, now)
    if deployment.metadata.terminating:
        return why
    held = budget_links(pods, nodes, budgets, more_to_come=bool(gap.missing))
    if not held:
        return why
    if not why:
        return (ChainLink(f"Deployment {deployment.metadata.name}", aside=True), *held)
    first, *rest = held
    return (*why, replace(first, subject=f"besides, {first.subject}"), *rest)


def _why(
    deployment: Deployment,
    replicasets: Sequence[ReplicaSet],
    pods: Sequence[Pod],
    gap: Gap,
    nodes: Mapping[str, Node],
    events: Sequence[Event],
    now: float,
) -> tuple[ChainLink, ...]:
    """The gap's reasons; none where there is no gap."""
    if gap.settled:
        return ()
    subject = f"Deployment {deployment.metadata.name}"
    if deployment.metadata.terminating:
        return (ChainLink(subject, "being deleted", "the garbage collector"), *ending(pods, nodes))
    if not gap.observed:
        seen, asked = deployment.status.observed_generation, deployment.metadata.generation
        text = f"its spec is at generation {asked}, its controller has seen {seen}"
        return (ChainLink(subject, text, "the deployment controller"),)
    if deployment.spec.paused and gap.outdated and not gap.size:
        text = f"paused with {counted(gap.outdated, 'pod')} of an older template"
        return (ChainLink(subject, text, "somebody has to resume it", hopeless=True),)
    top = _top(deployment, gap, subject)
    failure = creation_failure(deployment, replicasets)
    if failure is not None and (gap.missing or gap.outdated):
        return (top, *_refused(failure, newest_replicaset(deployment, replicasets)))
    blocked = _blocked(replicasets, pods, nodes, events)
    return (top, *(blocked or _on_the_way(deployment, replicasets, pods, gap, nodes, now)))


def _top(deployment: Deployment, gap: Gap, subject: str) -> ChainLink:
    """The Deployment itself: paused, late, or with a deadline for its rollout."""
    if deployment.spec.paused:
        return ChainLink(subject, f"paused, {gap.outdated} outdated" if gap.outdated else "paused")
    seconds = deployment.spec.progress_deadline_seconds
    if deadline_exceeded(deployment):
        return ChainLink(
            subject, f"progress deadline of {seconds} s exceeded: it goes on trying, nothing rolls it back"
        )
    progressing = deployment.condition("Progressing")
    if progressing is None or progressing.reason == "NewReplicaSetAvailable" or seconds >= _NO_DEADLINE_S:
        return ChainLink(subject)  # a rollout that is complete has no deadline any more
    since = parse_time(progressing.last_update_time)
    if since is None:
        return ChainLink(subject)
    return ChainLink(subject, f"{gap.updated} of {gap.desired} updated", "progress deadline", since + seconds)


def _refused(failure: Condition, newest: ReplicaSet | None) -> tuple[ChainLink, ...]:
    """What can't be created, and who says so."""
    since = parse_time(failure.last_transition_time)
    said = failure.message or failure.reason
    if " is invalid: " in said:
        again, is_hopeless = "somebody has to change the template", True
    else:
        again, is_hopeless = _KEEPS_TRYING, False
    if failure.type == "Progressing":
        again = again if is_hopeless else "the deployment controller's next try"
        return (ChainLink("its ReplicaSet", f"can't be created: {said}", again, None, since, is_hopeless),)
    subject = f"ReplicaSet {newest.metadata.name}" if newest is not None else "its ReplicaSet"
    quota = quota_refusal(said)
    if quota is None:
        return (ChainLink(subject, f"can't create pods: {said}", again, None, since, is_hopeless),)
    excess = "; ".join(
        f"{one.resource}: {one.requested} requested, {one.used} used, {one.limited} allowed"
        for one in quota.excesses
    )
    return (ChainLink(subject), ChainLink(f"quota {quota.quota}", excess, again, None, since))


def _blocked(
    replicasets: Sequence[ReplicaSet],
    pods: Sequence[Pod],
    nodes: Mapping[str, Node],
    events: Sequence[Event],
) -> tuple[ChainLink, ...]:
    """The links to the pod with the worst cause, the first by name of those that share it; empty if there is none."""
    unready = sorted((pod for pod in pods if pod.active and not pod.ready), key=lambda pod: pod.metadata.name)
    causes = [(blocked_pod(pod, nodes, events)[0], pod) for pod in unready]
    worst = min((cause for cause, _ in causes), key=_WORST_FIRST.__getitem__, default=Cause.STARTING)
    if worst is Cause.STARTING:
        return ()
    sharing = [pod for cause, pod in causes if cause is worst]
    first, others = sharing[0], len(sharing) - 1
    return (*_owner(first, replicasets), *pod_links(first, worst, others, nodes, events))


def _owner(pod: Pod, replicasets: Sequence[ReplicaSet]) -> tuple[ChainLink, ...]:
    uid = pod.metadata.controller_uid
    return tuple(ChainLink(f"ReplicaSet {rs.metadata.name}") for rs in replicasets if rs.metadata.uid == uid)


def _on_the_way(
    deployment: Deployment,
    replicasets: Sequence[ReplicaSet],
    pods: Sequence[Pod],
    gap: Gap,
    nodes: Mapping[str, Node],
    now: float,
) -> tuple[ChainLink, ...]:
    """No obstacle: what comes next, the furthest behind first."""
    active = [pod for pod in pods if pod.active]
    for replicaset in replicasets:
        has = sum(pod.metadata.controller_uid == replicaset.metadata.uid for pod in active)
        lacks = replicaset.spec.replicas - has
        if lacks > 0:
            text = f"{counted(lacks, 'pod')} not created yet"
            return (ChainLink(f"ReplicaSet {replicaset.metadata.name}", text, "the ReplicaSet controller"),)
    unready = sorted((pod for pod in active if not pod.ready), key=_progress)
    if unready:
        links = pod_links(unready[0], Cause.STARTING, len(unready) - 1, nodes, ())
        return (*_owner(unready[0], replicasets), *links)
    return _waiting(deployment, replicasets, active, now) or _to_do(pods, gap, nodes)


def _progress(pod: Pod) -> tuple[bool, bool, str]:
    """The further behind, the sooner it is told."""
    return pod.spec.node_name is not None, pod.started, pod.metadata.name


def _waiting(
    deployment: Deployment, replicasets: Sequence[ReplicaSet], active: Sequence[Pod], now: float
) -> tuple[ChainLink, ...]:
    """The pod that is ready and has to stay so for minReadySeconds, the last one of several."""
    seconds = deployment.spec.min_ready_seconds
    later = [(at, pod) for pod in active if (at := pod.available_at(seconds)) > now] if seconds else []
    if not later:
        return ()
    due, last = max(later, key=lambda one: (one[0], one[1].metadata.name))
    others = f" and {len(later) - 1} more" if len(later) > 1 else ""
    text = f"ready, and has to stay so for {seconds} s"
    return (
        *_owner(last, replicasets),
        ChainLink(f"pod {last.metadata.name}{others}", text, "counts as available", due),
    )


def _to_do(pods: Sequence[Pod], gap: Gap, nodes: Mapping[str, Node]) -> tuple[ChainLink, ...]:
    """All pods are well: what their controllers have still to do."""
    leaving = ending(pods, nodes) if gap.missing else ()  # a Recreate waits for the old ones to end
    if leaving:
        return leaving
    if gap.outdated:
        text = f"{counted(gap.outdated, 'pod')} of an older template"
        return (ChainLink("rollout", text, "the deployment controller's next step"),)
    if gap.missing:
        return (ChainLink("its ReplicaSet", "not scaled up yet", "the deployment controller's next step"),)
    if gap.surplus:
        text = f"{counted(gap.surplus, 'pod')} too many"
        return (ChainLink("its ReplicaSet", text, "the ReplicaSet controller"),)
    return ()  # minReadySeconds are over since it was measured: the next look says so
