"""What has happened, Deployment by Deployment, as it was observed: measured steps, lifelines, heals and words.

The world holds only what is so now; this is its memory. Everything in it is bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from msgspec import structs

from tui.facts import Deployment, Event, Node, Pod, ReplicaSet, parse_time
from tui.reconcile import actors
from tui.reconcile.evidence import Claim, heard
from tui.reconcile.gap import Gap
from tui.reconcile.heal import (
    SETTLES_AFTER_S,
    Heal,
    PodMoments,
    advance,
    awaited,
    follow,
    vanish,
    with_replacements,
)
from tui.session.news import Mark, PodState, Point
from tui.session.witnesses import LATE_S, Witnesses
from tui.world import Update, World

POINTS_KEPT = 600
POINTS_KEPT_S = 120.0
"""Twice what a chart looks back."""
STEPS_KEPT = 100
HEALS_KEPT = 20
MARKS_KEPT = 20
SPANS_KEPT = 40
GONE_KEPT_S = 300.0
GONE_KEPT = 10_000
"""Pods that went, of all Deployments together: a storm must not fill the memory for five minutes."""
STRAYS_KEPT = 1000
OWNER_COMES_WITHIN_S = 30.0
"""Streams race: a pod can be seen this long before the ReplicaSet that owns it. Other owners never come."""
SAME_MOMENT_S = 0.05
"""What was seen this shortly before a gap opened may be what opened it: streams race."""
JUST_CREATED_S = 10.0
"""A Deployment that is older than this when it comes into sight was not created then: it came to be selected."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One step at one moment; its text is still as the cluster wrote it."""

    at: float
    step: actors.Step


@dataclass
class Record:
    """The memory of one Deployment."""

    points: deque[Point] = field(default_factory=lambda: deque(maxlen=POINTS_KEPT))
    happened: deque[Happened] = field(default_factory=lambda: deque(maxlen=STEPS_KEPT))
    marks: deque[Mark] = field(default_factory=lambda: deque(maxlen=MARKS_KEPT))
    heals: deque[Heal] = field(default_factory=lambda: deque(maxlen=HEALS_KEPT))
    heal: Heal | None = None
    opened_before_us: bool = False
    healed: int = 0
    created: float | None = None
    """When it was seen being created; None where it was there before we looked."""

    @property
    def last_heal_s(self) -> float | None:
        """How long the last closed gap took."""
        return next((heal.total_s for heal in reversed(self.heals) if heal.total_s is not None), None)


@dataclass
class PodRecord:
    """The memory of one pod: its moments, and its states as spans."""

    moments: PodMoments
    spans: deque[tuple[float | None, PodState]] = field(default_factory=lambda: deque(maxlen=SPANS_KEPT))


class Chronicle:
    """Takes the world's updates with the moment they arrived.

    `is_ours` knows the pods we asked to end; `server_now` is the server's clock, in epoch seconds.
    """

    def __init__(
        self,
        world: World,
        is_ours: Callable[[str], bool] = lambda _uid: False,
        server_now: Callable[[], float] | None = None,
    ) -> None:
        self._world = world
        self._is_ours = is_ours
        self._server_now = server_now
        self.records: dict[str, Record] = {}
        self._pods: dict[str, dict[str, PodRecord]] = {}
        self._gone: deque[tuple[float, str, str]] = deque()
        """Which pods went when, as (at, owner, uid): the oldest are the next to be forgotten."""
        self._strays: deque[tuple[str, Happened]] = deque(maxlen=STRAYS_KEPT)
        """What pods did whose owner is not known (yet): (owner, what happened)."""
        self._witnesses = Witnesses()

    def record(self, deployment_uid: str) -> Record:
        """That Deployment's memory, empty at first."""
        record = self.records.get(deployment_uid)
        if record is None:
            record = self.records[deployment_uid] = Record()
        return record

    def pods_of(self, deployment_uid: str) -> dict[str, PodRecord]:
        """The pods of which something was seen happening, the gone ones of the last minutes included."""
        found: dict[str, PodRecord] = {}
        for replicaset in self._world.replicasets_of(deployment_uid):
            found.update(self._pods.get(replicaset.metadata.uid, {}))
        return found

    # ---------------------------------------------------------------- taking notes

    def note(self, updates: Iterable[Update], at: float) -> None:
        """Remembers what the updates of one read show."""
        for update in updates:
            if isinstance(update.new, Event):
                self._hear(update.new, update.deployments, at)
                continue
            steps = self._witnesses.back(self._steps(update, at), _namespace(update), at)
            if not steps:
                continue
            happened = [Happened(at, step) for step in steps]
            if update.deployments:
                for uid in update.deployments:
                    self.record(uid).happened.extend(happened)
            elif isinstance(update.new, Pod):
                owner = update.new.metadata.controller_uid
                if owner and owner not in self._world.replicasets.by_uid:
                    self._strays.extend((owner, one) for one in happened)
        self._forget_long_gone(at)

    def _hear(self, event: Event, deployments: Iterable[str], at: float) -> None:
        """Betters what has been told with what an Event says of it; it adds no line."""
        claim = self._witnesses.hear(event, at)
        if claim is None:
            return
        for uid in deployments:
            record = self.records.get(uid)
            if record is not None:
                _better(record, claim, at)

    def _steps(self, update: Update, at: float) -> list[actors.Step]:
        old, new = update.old, update.new
        if isinstance(old, Pod) or isinstance(new, Pod):
            return self._pod_steps(old, new, at, seen=update.seen)  # type: ignore[arg-type]
        if isinstance(old, ReplicaSet) or isinstance(new, ReplicaSet):
            if isinstance(new, ReplicaSet) and old is None:
                strays = self._strays_of(new.metadata.uid)
                for uid in update.deployments:
                    self.record(uid).happened.extend(strays)
            return actors.replicaset_steps(old, new)  # type: ignore[arg-type]
        if isinstance(old, Deployment) or isinstance(new, Deployment):
            if new is None and old is not None:
                self.records.pop(old.metadata.uid, None)
                return []
            if new is not None and old is None and self._is_new(new):  # type: ignore[arg-type]
                self.record(new.metadata.uid).created = at
            return actors.deployment_steps(old, new)  # type: ignore[arg-type]
        if isinstance(old, Node) or isinstance(new, Node):
            return actors.node_steps(old, new)  # type: ignore[arg-type]
        return []

    def _is_new(self, deployment: Deployment) -> bool:
        """Whether it has just been created, and not only come to be selected."""
        created = parse_time(deployment.metadata.creation_timestamp)
        return self._server_now is None or created is None or self._server_now() - created < JUST_CREATED_S

    def _pod_steps(self, old: Pod | None, new: Pod | None, at: float, *, seen: bool) -> list[actors.Step]:
        pod = new or old
        assert pod is not None
        uid, owner = pod.metadata.uid, pod.metadata.controller_uid or ""
        former = (old.metadata.controller_uid or "") if old else owner
        siblings = self._pods.setdefault(owner or former, {})
        known = self._pods.get(former, {}).get(uid)
        if new is None:
            before = known.moments if known else advance(None, old, pod, at, listed=True)
            moments = vanish(before, at)
        else:
            moments = advance(known.moments if known else None, old, new, at, listed=old is not None)
        replicaset = self._world.replicasets.by_uid.get(owner)
        unwanted = self._unwanted(replicaset)
        if moments.deleted == at and not moments.unwanted:
            moments = structs.replace(moments, unwanted=unwanted and not self._is_ours(uid))
        record = known or PodRecord(moments)
        record.moments = moments
        self._add_span(record, old, new, at)
        siblings[uid] = record
        if new is None:
            self._gone.append((at, owner or former, uid))
        if former and former != owner:
            # Released or adopted: the former owner has lost it, whatever the pod itself does from now on.
            lost = structs.replace(moments, controller_uid=former, deleted=at, gone=at)
            self._pods.setdefault(former, {})[uid] = PodRecord(lost, record.spans)
            self._gone.append((at, former, uid))
        circumstances = actors.Circumstances(
            replicaset=replicaset,
            node=self._world.node(pod.spec.node_name),
            ours=self._is_ours(uid),
            unwanted=unwanted,
            seen=seen,
        )
        return actors.pod_steps(old, new, circumstances)

    def _unwanted(self, replicaset: ReplicaSet | None) -> bool:
        """Whether, even without the pod that just ended, there are as many as asked for."""
        if replicaset is None:
            return True
        active = sum(pod.active for pod in self._world.pods.owned_by(replicaset.metadata.uid))
        wanted = replicaset.spec.replicas
        deployment = self._world.deployments.by_uid.get(replicaset.metadata.controller_uid or "")
        if deployment is not None:
            wanted = min(wanted, deployment.desired)  # the ReplicaSet's own frame may come after its pods'
        return active >= wanted

    @staticmethod
    def _add_span(record: PodRecord, old: Pod | None, new: Pod | None, at: float) -> None:
        if not record.spans and old is not None:
            record.spans.append((None, pod_state(old, was_ready=old.ready)))
        was_ready = any(state is PodState.READY for _, state in record.spans)
        state = PodState.GONE if new is None else pod_state(new, was_ready=was_ready)
        if not record.spans or record.spans[-1][1] is not state:
            record.spans.append((at, state))

    def _strays_of(self, owner: str) -> list[Happened]:
        """What that owner's pods did before it was known; it is a stray no more."""
        found = [one for of, one in self._strays if of == owner]
        if found:
            others = [(of, one) for of, one in self._strays if of != owner]
            self._strays = deque(others, maxlen=STRAYS_KEPT)
        return found

    def _forget_long_gone(self, at: float) -> None:
        while self._strays and at - self._strays[0][1].at > OWNER_COMES_WITHIN_S:
            self._strays.popleft()
        while self._gone and (at - self._gone[0][0] > GONE_KEPT_S or len(self._gone) > GONE_KEPT):
            gone, owner, uid = self._gone.popleft()
            pods = self._pods.get(owner, {})
            if uid in pods and pods[uid].moments.gone == gone:  # else it was adopted again
                self._keep_pairs_of(owner)
                del pods[uid]
                if not pods:
                    del self._pods[owner]

    # ---------------------------------------------------------------- gaps and heals

    def fault(self, deployment_uid: str, pod_uid: str, text: str, at: float) -> None:
        """A fault of ours was accepted `at` that moment: its heal begins, if its loss has not opened a gap already."""
        if deployment_uid not in self._world.deployments.by_uid:
            return
        record = self.record(deployment_uid)
        record.marks.append(Mark(at, text))
        heal = record.heal
        if heal is not None and heal.closed is None:
            record.heal = replace(heal, victims=heal.victims | {pod_uid})
            return
        self._file(record)
        victim = self.pods_of(deployment_uid).get(pod_uid)
        lost = victim.moments.deleted if victim is not None else None
        opened = at if lost is None else min(at, lost)
        record.heal = Heal(deployment_uid, opened, text, victims=frozenset({pod_uid}))

    def assess(self, deployment_uid: str, gap: Gap, at: float) -> None:
        """One more comparison: a point on the chart, and the heal opened, followed or settled."""
        record = self.record(deployment_uid)
        first = not record.points
        self._add_point(record, Point(at, gap.desired, gap.ready, gap.available))
        heal = record.heal
        if heal is not None and heal.closed is not None and gap.size and at - heal.closed >= SETTLES_AFTER_S:
            self._file(record)  # it was over, though something else was not: this is another gap
        if record.heal is None and gap.size:
            record.heal = self._opened(deployment_uid, record, gap, at)
            record.opened_before_us = first and record.created is None
        if record.heal is not None:
            self._follow(record, record.heal, gap, at)

    def heal_of(self, deployment_uid: str, pod_uid: str | None = None) -> Heal | None:
        """The heal under way, or else the last one; of `pod_uid` the one in which that pod was lost. With its pairs."""
        record = self.records.get(deployment_uid)
        if record is None:
            return None
        under_way = with_replacements(record.heal, self._moments_of(deployment_uid)) if record.heal else None
        heals = [heal for heal in (under_way, *reversed(record.heals)) if heal is not None]
        return next((heal for heal in heals if pod_uid is None or heal.lost(pod_uid)), None)

    def settles_at(self, deployment_uid: str) -> float | None:
        """When the heal under way settles by the clock alone, if nothing happens."""
        heal = self.record(deployment_uid).heal
        return heal.closed + SETTLES_AFTER_S if heal is not None and heal.closed is not None else None

    @staticmethod
    def _add_point(record: Record, point: Point) -> None:
        last = record.points[-1] if record.points else None
        if last is not None and (last.desired, last.ready, last.available) == (
            point.desired,
            point.ready,
            point.available,
        ):
            return
        record.points.append(point)
        # The value that holds where the window begins has to stay.
        while len(record.points) > 2 and point.at - record.points[1].at > POINTS_KEPT_S:
            record.points.popleft()

    def _follow(self, record: Record, heal: Heal, gap: Gap, at: float) -> None:
        followed = record.heal = follow(heal, gap, at, waits=self._is_under_way(heal))
        if heal.closed is None and followed.depth and followed.total_s is not None:
            self._tell_closed(record, followed.total_s, at)
        if followed.settled is not None:
            self._file(record)

    def _is_under_way(self, heal: Heal) -> bool:
        """Whether a fault of ours is: its victim not seen ending, or what replaces it not ready."""
        if not heal.victims:
            return False
        victims = [self._world.pods.by_uid.get(uid) for uid in heal.victims]
        alive = any(pod is not None and pod.active for pod in victims)
        return alive or awaited(heal, self._moments_of(heal.deployment_uid))

    def _file(self, record: Record) -> None:
        """Puts the heal under way, which is over, to those that are kept."""
        if record.heal is None:
            return
        heal = with_replacements(record.heal, self._moments_of(record.heal.deployment_uid))
        record.heals.append(heal)
        record.healed += bool(heal.depth)
        record.heal = None
        record.opened_before_us = False

    def _moments_of(self, deployment_uid: str) -> list[PodMoments]:
        return [pod.moments for pod in self.pods_of(deployment_uid).values()]

    def _keep_pairs_of(self, replicaset_uid: str) -> None:
        """Has the heal under way keep what it knows before one of its pods is forgotten."""
        replicaset = self._world.replicasets.by_uid.get(replicaset_uid)
        record = self.records.get(replicaset.metadata.controller_uid or "") if replicaset else None
        if record is not None and record.heal is not None:
            record.heal = with_replacements(record.heal, self._moments_of(record.heal.deployment_uid))

    @staticmethod
    def _tell_closed(record: Record, total_s: float, at: float) -> None:
        """Says so on the line of the step that closed the gap, if it was seen."""
        if record.happened and record.happened[-1].at == at:
            step = record.happened[-1].step
            told = replace(step, text=f"{step.text} · gap closed after {total_s:.1f} s")
            record.happened[-1] = Happened(at, told)

    @staticmethod
    def _opened(deployment_uid: str, record: Record, gap: Gap, at: float) -> Heal:
        if len(record.points) > 1 and record.points[-2].desired != gap.desired:
            before = record.points[-2].desired
            return Heal(deployment_uid, at, f"asked for {gap.desired} instead of {before}", gap.size)
        step = next((one.step for one in reversed(record.happened) if at - one.at < SAME_MOMENT_S), None)
        if step is not None:
            return Heal(deployment_uid, at, f"{step.actor} {step.text}", gap.size)
        if len(record.points) > 1:
            return Heal(deployment_uid, at, "cause not seen", gap.size)
        if record.created is not None:
            return Heal(deployment_uid, at, "the Deployment was created", gap.size)
        return Heal(deployment_uid, at, "already open when we looked", gap.size)


def _namespace(update: Update) -> str:
    fact = update.new or update.old
    return fact.metadata.namespace if fact is not None else ""


def _better(record: Record, claim: Claim, at: float) -> None:
    """Puts better evidence in the place of worse, line by line; a cause that named the wrong actor follows."""
    first = next((index for index, one in enumerate(record.happened) if at - one.at < LATE_S), None)
    if first is None:
        return
    told = list(record.happened)[first:]
    steps = heard([one.step for one in told], claim)
    for index, (before, step) in enumerate(zip(told, steps, strict=True), first):
        if step is before.step:
            continue
        record.happened[index] = Happened(before.at, step)
        said = f"{before.step.actor} {before.step.text}"
        if record.heal is not None and said.startswith(record.heal.cause):
            cause = step.actor + record.heal.cause.removeprefix(before.step.actor)
            record.heal = replace(record.heal, cause=cause)


def pod_state(pod: Pod, *, was_ready: bool) -> PodState:
    """A pod's state as people see it: `was_ready` tells one that lost readiness from one that never had it."""
    if not pod.active:
        return PodState.TERMINATING
    if pod.ready:
        return PodState.READY
    if was_ready:
        return PodState.UNREADY
    return PodState.STARTING if pod.started else PodState.PENDING
