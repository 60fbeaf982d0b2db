"""What has happened, Deployment by Deployment, as it was observed: measured steps, lifelines, heals and words.

The world holds only what is so now; this is its memory. Everything in it is bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tui.facts import Deployment, Pod, ReplicaSet
from tui.reconcile import actors
from tui.reconcile.gap import Gap
from tui.reconcile.heal import Heal, PodMoments, advance, follow, vanish
from tui.session.news import Mark, PodState, Point
from tui.world import Update, World

POINTS_KEPT = 600
POINTS_KEPT_S = 120.0
"""Twice what a chart looks back."""
STEPS_KEPT = 100
HEALS_KEPT = 20
MARKS_KEPT = 20
SPANS_KEPT = 40
GONE_KEPT_S = 300.0
STRAYS_KEPT = 1000
OWNER_COMES_WITHIN_S = 30.0
"""Streams race: a pod can be seen this long before the ReplicaSet that owns it. Other owners never come."""
SAME_MOMENT_S = 0.05
"""What was seen this shortly before a gap opened is what opened it."""
FAULT_OPENS_WITHIN_S = 10.0
"""A gap that opens this soon after a fault of ours on the same Deployment is that fault's."""


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
    """Takes the world's updates with the moment they arrived; `is_ours` knows the pods we asked to end."""

    def __init__(self, world: World, is_ours: object = None) -> None:
        self._world = world
        self._is_ours = is_ours if callable(is_ours) else (lambda _uid: False)
        self.records: dict[str, Record] = {}
        self._pods: dict[str, dict[str, PodRecord]] = {}
        self._gone: deque[tuple[float, str, str]] = deque()
        """Which pods went when, as (at, owner, uid): the oldest are the next to be forgotten."""
        self._strays: deque[tuple[str, Happened]] = deque(maxlen=STRAYS_KEPT)
        """What pods did whose owner is not known (yet): (owner, what happened)."""

    def record(self, deployment_uid: str) -> Record:
        """That Deployment's memory, empty at first."""
        return self.records.setdefault(deployment_uid, Record())

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
            steps = self._steps(update, at)
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

    def _steps(self, update: Update, at: float) -> list[actors.Step]:
        old, new = update.old, update.new
        if isinstance(old, Pod) or isinstance(new, Pod):
            return self._pod_steps(old, new, at)  # type: ignore[arg-type]
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
            if new is not None and old is None:
                self.record(new.metadata.uid).created = at
            return actors.deployment_steps(old, new)  # type: ignore[arg-type]
        return []

    def _pod_steps(self, old: Pod | None, new: Pod | None, at: float) -> list[actors.Step]:
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
        record = known or PodRecord(moments)
        record.moments = moments
        self._add_span(record, old, new, at)
        siblings[uid] = record
        if new is None:
            self._gone.append((at, owner or former, uid))
        if former and former != owner:
            # Released or adopted: the former owner has lost it, whatever the pod itself does from now on.
            lost = replace(moments, controller_uid=former, deleted=at, gone=at)
            self._pods.setdefault(former, {})[uid] = PodRecord(lost, record.spans)
            self._gone.append((at, former, uid))
        replicaset = self._world.replicasets.by_uid.get(owner)
        return actors.pod_steps(
            old, new, replicaset, ours=self._is_ours(uid), unwanted=self._unwanted(replicaset)
        )

    def _unwanted(self, replicaset: ReplicaSet | None) -> bool:
        """Whether, even without the pod that just ended, there are as many as asked for."""
        if replicaset is None:
            return True
        active = sum(pod.active for pod in self._world.pods.owned_by(replicaset.metadata.uid))
        return active >= replicaset.spec.replicas

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
        while self._gone and at - self._gone[0][0] > GONE_KEPT_S:
            gone, owner, uid = self._gone.popleft()
            pods = self._pods.get(owner, {})
            if uid in pods and pods[uid].moments.gone == gone:  # else it was adopted again
                del pods[uid]
                if not pods:
                    del self._pods[owner]

    # ---------------------------------------------------------------- gaps and heals

    def fault(self, deployment_uid: str, text: str, at: float) -> None:
        """A fault of ours was accepted: what opens now, or opened between sending and answer, is its doing."""
        record = self.record(deployment_uid)
        record.marks.append(Mark(at, text))
        heal = record.heal
        if heal is not None and heal.closed is None and at - heal.opened < 1.0:
            record.heal = replace(heal, cause=text)

    def assess(self, deployment_uid: str, gap: Gap, at: float) -> None:
        """One more comparison: a point on the chart, and the heal opened, followed or settled."""
        record = self.record(deployment_uid)
        first = not record.points
        point = Point(at, gap.desired, gap.ready, gap.available)
        last = record.points[-1] if record.points else None
        if last is None or replace(last, at=at) != point:
            record.points.append(point)
            # The value that holds where the window begins has to stay.
            while len(record.points) > 2 and at - record.points[1].at > POINTS_KEPT_S:
                record.points.popleft()
        if record.heal is None and gap.size:
            record.heal = self._opened(deployment_uid, record, gap, at)
            record.opened_before_us = first and record.created is None
        if record.heal is not None:
            moments = [pod.moments for pod in self.pods_of(deployment_uid).values()]
            was_closed = record.heal.closed
            record.heal = follow(record.heal, gap, moments, at)
            if was_closed is None and record.heal.total_s is not None:
                self._tell_closed(record, record.heal.total_s, at)
            if record.heal.settled is not None:
                record.heals.append(record.heal)
                record.healed += 1
                record.heal = None
                record.opened_before_us = False

    @staticmethod
    def _tell_closed(record: Record, total_s: float, at: float) -> None:
        """Says so on the line of the step that closed the gap, if it was seen."""
        if record.happened and record.happened[-1].at == at:
            step = record.happened[-1].step
            told = replace(step, text=f"{step.text} · gap closed after {total_s:.1f} s")
            record.happened[-1] = Happened(at, told)

    def _opened(self, deployment_uid: str, record: Record, gap: Gap, at: float) -> Heal:
        mark = record.marks[-1] if record.marks else None
        settled_at = record.heals[-1].settled if record.heals else None
        if (
            mark is not None
            and at - mark.at < FAULT_OPENS_WITHIN_S
            and (settled_at is None or mark.at > settled_at)
        ):
            return Heal(deployment_uid, min(mark.at, at), mark.text, gap.size)
        recent = [one for one in record.happened if at - one.at < SAME_MOMENT_S]
        if record.points and len(record.points) > 1 and record.points[-2].desired != gap.desired:
            before = record.points[-2].desired
            return Heal(deployment_uid, at, f"asked for {gap.desired} instead of {before}", gap.size)
        if recent:
            step = recent[0].step
            return Heal(deployment_uid, at, f"{step.actor} {step.text}", gap.size)
        if len(record.points) > 1:
            return Heal(deployment_uid, at, "cause not seen", gap.size)
        if record.created is not None:
            return Heal(deployment_uid, at, "the Deployment was created", gap.size)
        return Heal(deployment_uid, at, "already open when we looked", gap.size)


def pod_state(pod: Pod, *, was_ready: bool) -> PodState:
    """A pod's state as people see it: `was_ready` tells one that lost readiness from one that never had it."""
    if not pod.active:
        return PodState.TERMINATING
    if pod.ready:
        return PodState.READY
    if was_ready:
        return PodState.UNREADY
    return PodState.STARTING if pod.started else PodState.PENDING
