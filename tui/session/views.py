"""From facts and conclusions to news for people: here, and only here, cluster text is cleaned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import structs

from tui.chaos.desk import ChaosDesk
from tui.chaos.guard import Guard
from tui.clean import one_line
from tui.cluster.liveness import Liveness
from tui.cluster.reflector import SILENCE_S
from tui.cluster.stream_status import StreamStatus
from tui.facts import Event, Pod, ReplicaSet
from tui.reconcile.chain import chain
from tui.reconcile.explain import explain
from tui.reconcile.gap import Gap, newest_replicaset
from tui.reconcile.heal import Heal, PodMoments, Replacement, is_guess
from tui.reconcile.phases import phases
from tui.session.chronicle import Chronicle
from tui.session.news import (
    DeploymentDetail,
    FleetRow,
    HealNews,
    Lifeline,
    Link,
    Mark,
    PodState,
    PodView,
    ReplicaSetView,
    SourceNews,
    StreamNews,
    Told,
)
from tui.session.records import Filed, PodRecord, Record, pod_state
from tui.session.source import Source
from tui.world import World


def row(uid: str, world: World, gap: Gap, record: Record) -> FleetRow:
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
    )


def detail(
    row: FleetRow,
    world: World,
    chronicle: Chronicle,
    desk: ChaosDesk,
    chain: tuple[Link, ...] = (),
) -> DeploymentDetail:
    """Everything about one Deployment."""
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
        heal=_heal(chronicle.heal_of(row.uid), chronicle.moments_of(row.uid)),
        objection=one_line(desk.objection(deployment.metadata.namespace)),
        chain=chain,
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


def heals(world: World, chronicle: Chronicle, now: float) -> tuple[HealNews, ...]:
    """Every heal that is kept (records.HEALS_KEPT_IN_ALL that are over, and those under way), newest first.

    May be called from another thread than the one that keeps the chronicle: it only reads, each collection at once,
    and a heal that settles meanwhile is told once.
    """
    found: dict[tuple[str, float], HealNews] = {}
    for uid, record in list(chronicle.records.items()):
        deployment = world.deployments.by_uid.get(uid)
        heal = chronicle.clock.under_way(uid, record)
        if heal is not None and deployment is not None:
            news = heal_news(
                heal, deployment.metadata.namespace, deployment.metadata.name, chronicle.moments_of(uid), now
            )
            found[uid, heal.opened] = news
    for filed in tuple(chronicle.clock.filed):
        found[filed.heal.deployment_uid, filed.heal.opened] = filed_news(filed)
    return tuple(sorted(found.values(), key=lambda news: news.opened, reverse=True))


def filed_news(filed: Filed) -> HealNews:
    """A heal that is over, in numbers."""
    return heal_news(filed.heal, filed.namespace, filed.name, (), filed.heal.settled or 0.0)


def heal_news(heal: Heal, namespace: str, name: str, pods: Sequence[PodMoments], now: float) -> HealNews:
    """One heal of that Deployment in numbers, as of `now`; `pods` are the remembered ones, for what is not over yet."""
    return HealNews(
        deployment_uid=heal.deployment_uid,
        namespace=one_line(namespace),
        deployment=one_line(name),
        kind=heal.kind,
        cause=one_line(heal.cause),
        opened=heal.opened,
        opened_at=_stamp(heal.opened_at),
        phases=heal.phases or phases(heal, pods),
        dead_s=heal.dead_s,
        depth=heal.depth,
        total_s=heal.total_s,
        overshoot=heal.overshoot,
        lost_pod_s=heal.lost_pod_s_at(now),
        settled=heal.settled,
        guessed=heal.guessed or is_guess(heal.replacements),
    )


def _stamp(epoch_s: float | None) -> str:
    """RFC 3339 with milliseconds, UTC, or ""."""
    if epoch_s is None:
        return ""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def source_news(
    source: Source,
    guard: Guard,
    streams: Sequence[StreamStatus],
    world: World,
    coalesced: Mapping[str, int],
    now: float,
) -> SourceNews:
    """Which source, and whether it can be believed now: as good as the worst stream that is needed."""
    context = source.connection.context
    needed = [stream for stream in streams if stream.needed]
    armed_since = guard.armed_since  # once: the session's own thread may put the catch back on meanwhile
    worst = max(needed, key=lambda stream: _WORST_LAST.index(_liveness(stream, now)))
    state, error = _liveness(worst, now), worst.error  # once: the streams go on meanwhile
    ages = [now - stream.last_frame for stream in streams if stream.last_frame is not None]
    if state in (Liveness.STALE, Liveness.DENIED):
        age = now - worst.last_frame if worst.last_frame is not None else None
    else:
        age = min(ages, default=None)
    return SourceNews(
        context=one_line(context.name),
        nature=context.nature,
        server=one_line(context.shown_server),
        version=one_line(source.connection.server_version),
        namespace=one_line(source.namespace) if source.namespace else None,
        selector=one_line(source.selector),
        state=state,
        age_s=age,
        error=one_line(str(error)) if error else _silence(worst, state),
        note=one_line(source.note),
        armed_for_s=None if armed_since is None else max(0.0, now - armed_since),
        read_only=guard.read_only,
        must_type=guard.must_type,
        streams=tuple(
            _stream(stream, world.known(stream.kind), coalesced.get(stream.kind, 0), now)
            for stream in streams
        ),
    )


def _liveness(stream: StreamStatus, now: float) -> Liveness:
    """As the stream says, but for silence: that is seen from here even where its reader has not woken up."""
    is_silent = stream.last_frame is not None and now - stream.last_frame > SILENCE_S
    return Liveness.STALE if is_silent and stream.state is Liveness.LIVE else stream.state


def _silence(stream: StreamStatus, state: Liveness) -> str:
    return f"no word of its {stream.kind}s" if state is Liveness.STALE else ""


_WORST_LAST = (Liveness.LIVE, Liveness.SYNCING, Liveness.STALE, Liveness.DENIED)


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


def _heal(heal: Heal | None, pods: Sequence[PodMoments]) -> Heal | None:
    """It with its phases so far, also while it is under way."""
    if heal is None:
        return None
    heal = structs.replace(
        heal, phases=heal.phases or phases(heal, pods), guessed=heal.guessed or is_guess(heal.replacements)
    )
    pairs = tuple(
        Replacement(_moments(pair.lost), _moments(pair.by) if pair.by is not None else None)
        for pair in heal.replacements
    )
    return structs.replace(heal, cause=one_line(heal.cause), replacements=pairs)


def _moments(pod: PodMoments) -> PodMoments:
    return structs.replace(pod, name=one_line(pod.name), node=one_line(pod.node))


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


def _stream(stream: StreamStatus, objects: int | None, coalesced: int, now: float) -> StreamNews:
    error = stream.error
    return StreamNews(
        kind=stream.kind,
        state=stream.state,
        needed=stream.needed,
        state_for_s=now - stream.since,
        age_s=None if stream.last_frame is None else now - stream.last_frame,
        objects=objects,
        frames=stream.frames,
        events_per_s=stream.rate.per_second(now),
        coalesced=coalesced,
        reconnects=max(0, stream.watches - 1),
        relists=max(0, stream.lists - 1),
        streamed_list=stream.streamed_list,
        undecodable=stream.undecodable,
        repeated=stream.repeated,
        unseen_deaths=stream.unseen_deaths,
        error=one_line(str(error)) if error else "",
        last_error=one_line(stream.last_error),
        last_error_age_s=None if stream.last_error_at is None else now - stream.last_error_at,
    )
