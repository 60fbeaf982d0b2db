"""The gap clock: opens, follows and files the heals of every Deployment, as its gap is measured again and again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from msgspec import structs

from tui.facts import Node
from tui.facts.pods import EVICTS
from tui.reconcile.evidence import Act, Step
from tui.reconcile.gap import Gap
from tui.reconcile.heal import (
    SETTLES_AFTER_S,
    Heal,
    HealKind,
    PodMoments,
    as_known,
    awaited,
    follow,
    is_guess,
    settle,
    with_replacements,
)
from tui.reconcile.phases import phases
from tui.session.deeds import FRAMES_LEAD_S, SHOWS_WITHIN_S, Deed
from tui.session.movements import Movements
from tui.session.news import Mark, Point
from tui.session.records import (
    HEALS_KEPT_IN_ALL,
    PAIRS_FILED,
    POINTS_KEPT_S,
    SAME_MOMENT_S,
    VICTIMS_KEPT,
    Filed,
    Happened,
    Record,
)
from tui.world import Update, World

_UNASKED = (HealKind.LOSS, HealKind.NODE_LOSS)
_SCALED = frozenset({HealKind.SCALE_UP, HealKind.SCALE_DOWN})
_ASKED = (HealKind.ROLLOUT, HealKind.SCALE_UP, HealKind.SCALE_DOWN)

_THEN = ", then "
"""Between what opened a heal and what was asked for last."""


class GapClock:
    """Keeps a record of each Deployment.

    `is_ours` knows the pods we asked to end, `server_now` is the server's clock in epoch seconds, `moments_of` gives
    the remembered pods of a Deployment. All moments are monotonic seconds.
    """

    def __init__(
        self,
        world: World,
        is_ours: Callable[[str], bool],
        server_now: Callable[[], float] | None,
        moments_of: Callable[[str], list[PodMoments]],
    ) -> None:
        self._world = world
        self._is_ours = is_ours
        self._server_now = server_now
        self._moments_of = moments_of
        self._movements = Movements(world, self.record)
        self.records: dict[str, Record] = {}
        self.filed: deque[Filed] = deque(maxlen=HEALS_KEPT_IN_ALL)
        self.filed_count = 0
        """How many have been filed since the beginning, also those that are not kept any more."""

    def record(self, deployment_uid: str) -> Record:
        """That Deployment's memory, empty at first."""
        record = self.records.get(deployment_uid)
        if record is None:
            record = self.records[deployment_uid] = Record()
        return record

    def note(self, update: Update, at: float) -> None:
        """Sees whether somebody asked for another template or another number, or a node has turned."""
        self._movements.note(update, at)

    def forget(self, deployment_uid: str) -> None:
        """That Deployment is gone: a heal under way will never settle, and is no part of the history."""
        self.records.pop(deployment_uid, None)

    # ---------------------------------------------------------------- the clock

    def mark(self, deployment_uid: str, text: str, at: float) -> None:
        """Something of ours was done or undone `at` that moment: it stands on the chart."""
        if deployment_uid in self._world.deployments.by_uid:
            self.record(deployment_uid).marks.append(Mark(at, text))

    def deed(self, deployment_uid: str, deed: Deed) -> None:
        """We did something that ends no pod by our own order: a gap that comes of it is our doing all the same.

        Its frames may have come before the answers to what we sent: then its heal is under way already.
        """
        if deployment_uid not in self._world.deployments.by_uid:
            return
        record = self.record(deployment_uid)
        self._settle(deployment_uid, record, deed.at)
        heal, told = record.heal, {one.text for one in record.deeds}
        record.deeds.append(deed)
        if heal is None or heal.cause in told:
            return
        if heal.kind in _ASKED and deed.explains_move(heal.opened):
            record.heal = structs.replace(heal, cause=deed.text)
        elif heal.kind in _UNASKED and self._explains(deed, deployment_uid, heal.opened):
            record.heal = structs.replace(heal, cause=deed.text, kind=deed.kind)

    def undone(self, deployment_uid: str, done: str, at: float) -> None:
        """What we did by that text goes on no more."""
        record = self.records.get(deployment_uid)
        for index, deed in enumerate(record.deeds if record is not None else ()):
            if record is not None and deed.text == done and deed.until is None:
                record.deeds[index] = deed.over(at)

    def fault(self, deployment_uid: str, pod_uids: frozenset[str], text: str, at: float) -> None:
        """A fault of ours was accepted `at` that moment: its heal begins, or it falls into one that is not over."""
        if deployment_uid not in self._world.deployments.by_uid:
            return
        self.mark(deployment_uid, text, at)
        record = self.record(deployment_uid)
        self._settle(deployment_uid, record, at)
        victims = pod_uids
        if record.heal is not None:
            victims |= self._known(record.heal.victims)
            # Of several requests the first may be felt before the last is answered: then its heal has no victims yet.
            is_its_doing = (
                record.heal.kind is HealKind.FAULT
                and not record.heal.victims
                and at - record.heal.opened <= FRAMES_LEAD_S
            )
            cause = text if is_its_doing else record.heal.cause
            heal = structs.replace(record.heal, kind=HealKind.FAULT, victims=victims, cause=cause)
            lively = (self._world.pods.by_uid.get(uid) for uid in pod_uids)
            if any(
                pod is not None and pod.active for pod in lively
            ):  # its loss will be seen: this is not over yet
                reopened = heal.reopened if heal.closed is None else at
                heal = structs.replace(heal, closed=None, reopened=reopened, confirmed=None)
            record.heal = heal
            return
        lost = (pod.deleted for pod in self._moments_of(deployment_uid) if pod.uid in pod_uids)
        opened = min([at, *(moment for moment in lost if moment is not None)])
        record.heal = Heal(
            deployment_uid,
            opened,
            text,
            victims=victims,
            kind=HealKind.FAULT,
            opened_at=self._server_time(opened, at),
        )

    def assess(self, deployment_uid: str, gap: Gap, at: float) -> None:
        """One more comparison: a point on the chart, and the heal opened, followed or settled."""
        record = self.record(deployment_uid)
        self._settle(deployment_uid, record, at)
        fell = add_point(record, Point(at, gap.desired, gap.ready, gap.available))
        moves = self._movements.go_on(deployment_uid, record, gap)
        if record.heal is None and (gap.size or moves):
            record.heal = self._opened(deployment_uid, record, at)
        if record.heal is not None:
            self._follow(record, self._classified(record, record.heal), gap, at, fell=fell)
        record.node_turned = False

    def heal_of(self, deployment_uid: str, pod_uid: str | None = None) -> Heal | None:
        """The heal under way, or else the last one; of `pod_uid` the one in which that pod was lost. With its pairs."""
        record = self.records.get(deployment_uid)
        if record is None:
            return None
        under_way = self.under_way(deployment_uid, record)
        heals = [heal for heal in (under_way, *reversed(record.heals)) if heal is not None]
        return next((heal for heal in heals if pod_uid is None or heal.lost(pod_uid)), None)

    def under_way(self, deployment_uid: str, record: Record) -> Heal | None:
        """The heal that is not over yet, with its pairs."""
        heal = record.heal
        return None if heal is None else with_replacements(heal, self._moments_of(deployment_uid))

    def settles_at(self, deployment_uid: str) -> float | None:
        """When the heal under way settles by the clock alone, if nothing happens."""
        heal = self.record(deployment_uid).heal
        if heal is None or heal.closed is None:
            return None
        return heal.closed + self._settles_after_s(deployment_uid)

    def keep_pairs(self, deployment_uid: str) -> None:
        """Has the heal under way keep what it knows before one of its pods is forgotten."""
        record = self.records.get(deployment_uid)
        if record is not None:
            record.heal = self.under_way(deployment_uid, record)

    def _settles_after_s(self, deployment_uid: str) -> float:
        deployment = self._world.deployments.by_uid.get(deployment_uid)
        return max(SETTLES_AFTER_S, deployment.spec.min_ready_seconds if deployment is not None else 0)

    def _settle(self, deployment_uid: str, record: Record, at: float) -> None:
        """Files the heal under way if it was over by then, before anything else is found."""
        heal = record.heal
        if heal is None or heal.closed is None:
            return
        heal = settle(heal, at, self._settles_after_s(deployment_uid))
        if heal.settled is not None:
            self._file(record, heal)

    def _follow(self, record: Record, heal: Heal, gap: Gap, at: float, *, fell: bool) -> None:
        moves = heal.kind not in (HealKind.FAULT, *_UNASKED) and record.movement is not None
        followed = follow(heal, gap, at, waits=moves or self._is_under_way(heal), fell=fell)
        record.heal = followed
        if heal.closed is None and followed.depth and followed.closed is not None:
            _tell_closed(record, followed.closed - followed.open_since, at)
        if heal.confirmed is None and followed.confirmed is not None:
            record.healed += bool(followed.depth)

    def _is_under_way(self, heal: Heal) -> bool:
        """Whether a fault of ours is: its victim not seen ending, or what replaces it not ready."""
        if not heal.victims:
            return False
        victims = [self._world.pods.by_uid.get(uid) for uid in heal.victims]
        alive = any(pod is not None and pod.active for pod in victims)
        return alive or awaited(heal, self._moments_of(heal.deployment_uid))

    def _file(self, record: Record, heal: Heal) -> None:
        """Puts a heal that is over to those that are kept: whole for its Deployment, as numbers for the history."""
        known = (as_known(pod, heal.settled or 0.0) for pod in self._moments_of(heal.deployment_uid))
        pods = [pod for pod in known if pod is not None]
        heal = with_replacements(heal, pods)
        heal = structs.replace(heal, phases=phases(heal, pods), guessed=is_guess(heal.replacements))
        record.healed += bool(heal.depth and heal.confirmed is None)
        record.heals.append(structs.replace(heal, replacements=heal.replacements[-PAIRS_FILED:]))
        record.heal = None
        deployment = self._world.deployments.by_uid.get(heal.deployment_uid)
        if deployment is not None:
            numbers = structs.replace(heal, replacements=(), victims=frozenset())
            self.filed.append(Filed(numbers, deployment.metadata.namespace, deployment.metadata.name))
            self.filed_count += 1

    def _known(self, victims: frozenset[str]) -> frozenset[str]:
        """The victims that are still remembered, if there are too many: a heal may be hit for hours."""
        if len(victims) < VICTIMS_KEPT:
            return victims
        return frozenset(uid for uid in victims if uid in self._world.pods.by_uid)

    # ---------------------------------------------------------------- what opened it

    def _opened(self, deployment_uid: str, record: Record, at: float) -> Heal:
        movement = record.movement
        is_first = len(record.points) == 1
        opened = at
        if movement is not None:
            kind, cause = movement.kind, movement.text
            deeds = (deed.text for deed in reversed(record.deeds) if deed.explains_move(movement.began))
            cause = next(deeds, cause)
            opened = min(at, movement.began) if record.movement_is_new else at
        elif is_first:
            kind = HealKind.FOUND_OPEN if record.created is None else HealKind.CREATION
            created = "the Deployment was created"
            cause = _last_step(record, at) or (
                "already open when we looked" if record.created is None else created
            )
        else:
            kind, cause, opened = self._loss(deployment_uid, record, at)
        return Heal(
            deployment_uid,
            opened,
            cause,
            kind=kind,
            found_open=kind is HealKind.FOUND_OPEN,
            opened_at=self._server_time(opened, at),
        )

    def _loss(self, deployment_uid: str, record: Record, at: float) -> tuple[HealKind, str, float]:
        """What a loss that is seen now is, what caused it, and when it began."""
        deeds = (one for one in reversed(record.deeds) if self._explains(one, deployment_uid, at))
        deed = next(deeds, None)
        if deed is None:
            return self._kind_of_loss(deployment_uid, at), _last_step(record, at) or "cause not seen", at
        last = record.heals[-1] if record.heals else None
        is_fresh = last is None or (last.settled is not None and last.settled <= deed.at)
        opened = deed.at if is_fresh and 0.0 <= at - deed.at <= SHOWS_WITHIN_S else at
        return deed.kind, deed.text, opened

    def _explains(self, deed: Deed, deployment_uid: str, opened: float) -> bool:
        """Whether what was lost when that heal opened was lost by our deed."""
        lost = {one.uid for one in self._moments_of(deployment_uid) if _is_lost_since(one, opened)}
        if opened - deed.at <= SHOWS_WITHIN_S:
            # Pods that went with their ReplicaSet are not this Deployment's any more, and never seen ending.
            lost |= deed.pods - {pod.metadata.uid for pod in self._world.pods_of(deployment_uid)}
        return deed.explains_loss(lost, opened)

    def _classified(self, record: Record, heal: Heal) -> Heal:
        """`heal` by what has been learnt since it opened: a node that turned, a rollout that fell into it."""
        if heal.kind is HealKind.LOSS and record.node_turned and heal.closed is None:
            heal = structs.replace(heal, kind=self._kind_of_loss(heal.deployment_uid, heal.opened))
        movement, is_new = record.movement, record.movement_is_new
        record.movement_is_new = False
        if movement is None:
            return heal
        if is_new and heal.kind in _UNASKED and heal.closed is not None:
            heal = structs.replace(heal, kind=movement.kind)
        if is_new and heal.kind is not movement.kind and {heal.kind, movement.kind} <= _SCALED:
            # Its end is that of what was asked for last: pods that come up are no phases of a scale down.
            first = heal.cause.partition(_THEN)[0]
            heal = structs.replace(heal, kind=movement.kind, cause=f"{first}{_THEN}{movement.text}")
        if movement.kind is heal.kind is HealKind.ROLLOUT and (is_new or not heal.replicaset_uids):
            began = movement.replicaset_at if heal.replicaset_at is None else heal.replicaset_at
            uids = heal.replicaset_uids | {movement.replicaset_uid}
            heal = structs.replace(heal, replicaset_uids=uids, replicaset_at=began, updated=None)
        return heal

    def _kind_of_loss(self, deployment_uid: str, since: float) -> HealKind:
        """What became of the pods that were lost since then: our doing, their node's, or neither."""
        lost = [pod for pod in self._moments_of(deployment_uid) if _is_lost_since(pod, since)]
        if any(self._is_ours(pod.uid) for pod in lost):
            return HealKind.FAULT
        nodes = (self._world.node(pod.node) for pod in lost)
        return (
            HealKind.NODE_LOSS if any(node is not None and is_lost(node) for node in nodes) else HealKind.LOSS
        )

    def _server_time(self, moment: float, at: float) -> float | None:
        return None if self._server_now is None else self._server_now() - (at - moment)


def _is_lost_since(pod: PodMoments, since: float) -> bool:
    return max(pod.deleted or 0.0, pod.unready or 0.0) >= since and not pod.unwanted


def is_lost(node: Node) -> bool:
    """Whether its pods can't stay: it is not ready, or tainted NoExecute. A cordon (NoSchedule) ends no pod."""
    return not node.ready or any(taint.effect == EVICTS for taint in node.spec.taints)


def add_point(record: Record, point: Point) -> bool:
    """Puts a change on the chart; whether fewer pods are available than before."""
    last = record.points[-1] if record.points else None
    if last is not None and (last.desired, last.ready, last.available) == (
        point.desired,
        point.ready,
        point.available,
    ):
        return False
    record.points.append(point)
    # The value that holds where the window begins has to stay.
    while len(record.points) > 2 and point.at - record.points[1].at > POINTS_KEPT_S:
        record.points.popleft()
    return last is not None and point.available < last.available


def _last_step(record: Record, at: float) -> str:
    """What was seen last before `at`, if that was in the same moment, or ""."""
    recent: Iterable[Happened] = (one for one in reversed(record.happened) if at - one.at < SAME_MOMENT_S)
    return next((as_cause(one.step) for one in recent), "")


def as_cause(step: Step) -> str:
    """A step as what opened a heal: who did it, and what; what is said of a pod is no deed of the one who says it."""
    return f"{step.actor}{':' if step.act is Act.UNREADY else ''} {step.text}"


def _tell_closed(record: Record, open_s: float, at: float) -> None:
    """Says so on the line of the step that closed the gap, if it was seen."""
    if record.happened and record.happened[-1].at == at:
        step = record.happened[-1].step
        told = replace(step, text=f"{step.text} · gap closed after {open_s:.1f} s")
        record.happened[-1] = Happened(at, told)
