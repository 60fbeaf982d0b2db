"""Deployments as news for people. Cluster text is cleaned in the `…views` of this room, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from tui.clean import one_line
from tui.facts import Event, Pod, ReplicaSet
from tui.reconcile.chain import chain
from tui.reconcile.explain import explain
from tui.reconcile.gap import Gap, newest_replicaset
from tui.session import heal_views
from tui.session.chaos_news import FaultNews
from tui.session.chronicle import Chronicle
from tui.session.drift_news import DriftNews, TugNews
from tui.session.news import (
    DeploymentDetail,
    FleetRow,
    Lifeline,
    Link,
    Mark,
    PodState,
    PodView,
    ReplicaSetView,
    Told,
)
from tui.session.records import PodRecord, Record, pod_state
from tui.world import World


def row(
    uid: str,
    world: World,
    gap: Gap,
    record: Record,
    *,
    drift: DriftNews | None = None,
    tug: TugNews | None = None,
) -> FleetRow:
    """One Deployment's line in the fleet."""
    deployment = world.deployments.by_uid[uid]
    pods = world.pods_of(uid)
    why = explain(
        deployment,
        world.replicasets_of(uid),
        pods,
        gap,
        nodes={node.metadata.name: node for pod in pods if (node := world.node(pod.spec.node_name))},
        events=[] if gap.settled else _events_of(pods, world),
    )
    open_heal = record.heal if record.heal is not None and record.heal.closed is None else None
    return FleetRow(
        uid=uid,
        namespace=one_line(deployment.metadata.namespace),
        name=one_line(deployment.metadata.name),
        revision=one_line(deployment.revision),
        gap=gap,
        paused=deployment.spec.paused,
        cause=why.cause,
        why=one_line(why.text),
        opened=open_heal.open_since if open_heal and (gap.size or open_heal.victims) else None,
        opened_before_us=record.opened_before_us and open_heal is not None and open_heal.reopened is None,
        last_heal_s=record.last_heal_s,
        healed=record.healed,
        drift=drift,
        tug=tug,
    )


def detail(
    row: FleetRow,
    world: World,
    chronicle: Chronicle,
    objection: str,
    chain: tuple[Link, ...] = (),
    faults: tuple[FaultNews, ...] = (),
) -> DeploymentDetail:
    """Everything about one Deployment; `objection` is why its pods can't be deleted now, or ""."""
    record = chronicle.record(row.uid)
    remembered = chronicle.pods_of(row.uid)
    deployment = world.deployments.by_uid[row.uid]
    replicasets = world.replicasets_of(row.uid)
    newest = newest_replicaset(deployment, replicasets)
    shown = [
        rs for rs in replicasets if rs is newest or rs.spec.replicas or world.pods.owned_by(rs.metadata.uid)
    ]
    return DeploymentDetail(
        row=row,
        replicasets=tuple(
            _replicaset(rs, world, remembered, newest=rs is newest)
            for rs in sorted(shown, key=lambda rs: (rs is not newest, _revision_rank(rs)))
        ),
        points=tuple(record.points),
        lifelines=_lifelines(world, row.uid, remembered),
        told=tuple(
            Told(
                one.at,
                one_line(one.step.actor),
                one_line(one.step.text),
                int(one.step.grade),
                one_line(one.step.evidence),
            )
            for one in record.happened
        ),
        marks=tuple(Mark(mark.at, one_line(mark.text)) for mark in record.marks),
        heal=heal_views.shown(chronicle.heal_of(row.uid), chronicle.moments_of(row.uid)),
        objection=one_line(objection),
        chain=chain,
        faults=faults,
    )


def links(uid: str, world: World, gap: Gap, *, server_now: float, at: float) -> tuple[Link, ...]:
    """Why not yet, link by link. `server_now` (epoch seconds) and `at` (monotonic) are one moment on two clocks."""
    deployment, pods = world.deployments.by_uid[uid], world.pods_of(uid)
    found = chain(
        deployment,
        world.replicasets_of(uid),
        pods,
        gap,
        nodes={node.metadata.name: node for node in world.nodes.by_uid.values()},
        events=_events_of(pods, world),
        budgets=world.budgets_in(deployment.metadata.namespace),
        now=server_now,
    )
    return tuple(
        Link(
            subject=one_line(link.subject),
            text=one_line(link.text),
            waits_for=one_line(link.waits_for),
            due=None if link.due is None else link.due - server_now + at,
            hopeless=link.hopeless,
            since=None if link.since is None else link.since - server_now + at,
            aside=link.aside,
        )
        for link in found
    )


def pod_note(pod: Pod) -> str:
    """What a container waits for or ended with, in Kubernetes' own word, or ""."""
    if pod.metadata.terminating:
        return ""
    for container in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if container.state.waiting and container.state.waiting.reason not in (
            "ContainerCreating",
            "PodInitializing",
        ):
            return container.state.waiting.reason
        if container.state.terminated and not container.ready:
            return container.state.terminated.reason
    scheduled = pod.condition("PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        return scheduled.reason
    return pod.status.reason


def _replicaset(
    replicaset: ReplicaSet, world: World, remembered: dict[str, PodRecord], *, newest: bool
) -> ReplicaSetView:
    pods = world.pods.owned_by(replicaset.metadata.uid)
    pods.sort(key=lambda pod: (pod.metadata.creation_timestamp, pod.metadata.name))
    return ReplicaSetView(
        uid=replicaset.metadata.uid,
        name=one_line(replicaset.metadata.name),
        revision=one_line(replicaset.revision),
        desired=replicaset.spec.replicas,
        ready=sum(pod.ready and pod.active for pod in pods),
        newest=newest,
        pods=tuple(_pod(pod, remembered.get(pod.metadata.uid)) for pod in pods),
    )


def _pod(pod: Pod, remembered: PodRecord | None) -> PodView:
    since = remembered.spans[-1][0] if remembered and remembered.spans else None
    state = remembered.spans[-1][1] if remembered and remembered.spans else pod_state(pod, was_ready=False)
    return PodView(
        uid=pod.metadata.uid,
        name=one_line(pod.metadata.name),
        state=state,
        note=one_line(pod_note(pod)),
        node=one_line(pod.spec.node_name or ""),
        restarts=pod.restarts,
        since=since,
    )


def _lifelines(world: World, uid: str, remembered: dict[str, PodRecord]) -> tuple[Lifeline, ...]:
    """The pods that are there and those that went lately, oldest first."""
    lines: list[tuple[tuple[float, str], Lifeline]] = []
    for pod in world.pods_of(uid):
        if pod.metadata.uid not in remembered:
            spans: tuple[tuple[float | None, PodState], ...] = ((None, pod_state(pod, was_ready=False)),)
            lines.append(
                ((0.0, pod.metadata.name), Lifeline(pod.metadata.uid, one_line(pod.metadata.name), spans))
            )
    for pod_uid, record in remembered.items():
        name = record.moments.name
        born = record.moments.created or 0.0
        lines.append(((born, name), Lifeline(pod_uid, one_line(name), tuple(record.spans))))
    return tuple(line for _, line in sorted(lines, key=lambda item: item[0]))


def _events_of(pods: Sequence[Pod], world: World) -> list[Event]:
    return [event for pod in pods if not pod.ready for event in world.events.owned_by(pod.metadata.uid)]


def _revision_rank(replicaset: ReplicaSet) -> int:
    revision = replicaset.revision
    return -int(revision) if revision.isdecimal() and len(revision) < 19 else 0
