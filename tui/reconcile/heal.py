"""The life of one gap: which pods were lost, what replaced them, and when each step was seen.

All moments are seconds on one monotonic clock of ours; None is "not seen (yet)".
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from msgspec import structs

from tui.facts import Pod
from tui.reconcile.gap import Gap

SETTLES_AFTER_S = 5.0
"""A heal is over when its gap has been closed for so long, or for minReadySeconds if that is more."""
PAIRS_KEPT = 200


class HealKind(StrEnum):
    """What opened a heal; its phases are called accordingly."""

    FAULT = "fault"
    """A fault of ours."""
    LOSS = "loss"
    """Pods ended, or stopped being ready, and no fault of ours did it."""
    NODE_LOSS = "node lost"
    ROLLOUT = "rollout"
    SCALE_UP = "scale up"
    SCALE_DOWN = "scale down"
    CREATION = "creation"
    FOUND_OPEN = "found open"
    """The gap was there when we first looked: its beginning is not known."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a heal; it ends with what `name` says. `ended` None: it is under way. Monotonic seconds."""

    name: str
    began: float
    ended: float | None = None


class PodMoments(msgspec.Struct, frozen=True, gc=False):
    """When each step of one pod's life was first seen. `listed`: it was there before we looked."""

    uid: str
    name: str
    controller_uid: str
    listed: bool = False
    created: float | None = None
    scheduled: float | None = None
    started: float | None = None
    ready: float | None = None
    unready: float | None = None
    """When it last stopped being ready without being ended; None while it is ready."""
    deleted: float | None = None
    """When its end was first seen: a deletionTimestamp, a finished phase, or its removal."""
    gone: float | None = None
    node: str = ""
    restarts: int = 0
    ready_before: bool = False
    """Whether it was ready when it was first seen, in a list: its first time is not known then."""
    unwanted: bool = False
    """Whether its ReplicaSet ended it because there were enough: nothing takes such a pod's place."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """One lost pod and the pod that took its place, paired by their common owner's uid."""

    lost: PodMoments
    by: PodMoments | None = None


class Heal(msgspec.Struct, frozen=True):
    """One gap of one Deployment, from its opening to settled; a gap that reopens before that is part of it.

    A Struct, because every change of an open gap replaces it: that takes a tenth of what a dataclass would.
    """

    deployment_uid: str
    opened: float
    cause: str
    depth: int = 0
    victims: frozenset[str] = frozenset()
    """The pods, by uid, that faults of ours ended in it."""
    replacements: tuple[Replacement, ...] = ()
    closed: float | None = None
    """When the gap was last closed, by the pods themselves; None while it is open or something is left to do."""
    reopened: float | None = None
    """When, after it had closed, the gap opened again last."""
    settled: float | None = None
    """When it had been closed for max(minReadySeconds, SETTLES_AFTER_S) without opening again."""
    kind: HealKind = HealKind.LOSS
    confirmed: float | None = None
    """When, after it closed, nothing was left to do and the controllers' own status said the same."""
    found_open: bool = False
    """Whether it was open when we first looked."""
    opened_at: float | None = None
    """`opened` by the server's clock, in epoch seconds: to tell people the time, never to measure with."""
    overshoot: int = 0
    """The most pods there were beyond what was desired."""
    lost_pod_s: float = 0.0
    """∫ max(0, desired − available) dt from the opening until `measured`, in pod-seconds."""
    measured: float | None = None
    """When it was last looked at, and what was found then: `size`, `missing` and `surplus`, in pods."""
    size: int = 0
    missing: int = 0
    surplus: int = 0
    fell: float | None = None
    """When fewer pods were available than before for the first time: the end of the dead time."""
    deepened: float | None = None
    """When its depth was reached."""
    ready: float | None = None
    """Since when, after a gap, as many pods have been ready as were desired."""
    guessed: bool = False
    """Of a heal that is over: whether its pairs were a guess."""
    updated: float | None = None
    """When all pods were of the newest template and available."""
    replicaset_uids: frozenset[str] = frozenset()
    """Of a rollout: the ReplicaSets that were rolled out in it (more than one if it was undone or overtaken)."""
    replicaset_at: float | None = None
    """When the first of them was seen to be that."""
    phases: tuple[Phase, ...] = ()
    """Of a heal that is over: its phases, which outlive the memory of its pods."""

    @property
    def total_s(self) -> float | None:
        """Seconds from the opening until the gap was closed."""
        return None if self.closed is None else self.closed - self.opened

    @property
    def open_since(self) -> float:
        """When the gap that is open now, or was last, opened: a heal may hold several."""
        return self.opened if self.reopened is None else self.reopened

    @property
    def dead_s(self) -> float | None:
        """Seconds from the opening until available pods became fewer; None where they never did, or it was not seen."""
        return None if self.fell is None or self.found_open else max(0.0, self.fell - self.opened)

    def lost_pod_s_at(self, now: float) -> float:
        """Pod-seconds lost until `now`, not only until it was last looked at."""
        since = 0.0 if self.measured is None else max(0.0, now - self.measured)
        return self.lost_pod_s + self.size * since

    def lost(self, pod_uid: str) -> bool:
        """Whether that pod was lost in it."""
        return pod_uid in self.victims or any(pair.lost.uid == pod_uid for pair in self.replacements)


def advance(
    before: PodMoments | None, old: Pod | None, new: Pod, at: float, *, listed: bool = False
) -> PodMoments:
    """`before` with the steps that the pod took between `old` and `new`, which was seen at `at`.

    What a list shows for the first time has happened at some time before: its steps get no moments.
    """
    if before is None:
        before = PodMoments(new.metadata.uid, new.metadata.name, "", listed, None if listed else at)
        old = old or (new if listed else None)
        before = structs.replace(before, ready_before=bool(listed and old and old.ready))

    def moment(known: float | None, had: bool, has: bool) -> float | None:
        return at if known is None and has and not had else known

    # A pod keeps its uid when it changes owners: the newest owner counts, except at the very end.
    owner = new.metadata.controller_uid or ("" if new.active else before.controller_uid)
    return structs.replace(
        before,
        controller_uid=owner,
        node=new.spec.node_name or "",
        restarts=new.restarts,
        scheduled=moment(before.scheduled, bool(old and old.spec.node_name), bool(new.spec.node_name)),
        started=moment(before.started, bool(old and old.started), new.started),
        ready=moment(before.ready, before.ready_before or bool(old and old.ready), new.ready and new.active),
        unready=_unready(before, old, new, at),
        deleted=moment(before.deleted, bool(old and not old.active), not new.active),
    )


def vanish(before: PodMoments, at: float) -> PodMoments:
    """`before` with its object gone from the API."""
    deleted = at if before.deleted is None else before.deleted
    return structs.replace(before, deleted=deleted, gone=at if before.gone is None else before.gone)


def as_known(pod: PodMoments, at: float) -> PodMoments | None:
    """The pod as it was known before `at`, if it was: what came then is no part of a heal that was over."""
    if pod.created is not None and pod.created >= at:
        return None
    if pod.deleted is not None and pod.deleted >= at:
        return structs.replace(pod, deleted=None, gone=None)
    return pod


def _unready(before: PodMoments, old: Pod | None, new: Pod, at: float) -> float | None:
    if new.ready or not new.active:
        return None
    return at if old is not None and old.ready else before.unready


def pair(opened: float, pods: Sequence[PodMoments]) -> tuple[Replacement, ...]:
    """Pairs each pod lost since `opened` with the next one that the same owner created after the loss.

    Both sides go in order of time, so that the pairs don't depend on the order of `pods`; where several are
    lost at once the controller itself makes no difference between their replacements.
    """
    lost = sorted(
        ((pod.deleted, pod.name, pod) for pod in pods if pod.deleted is not None and pod.deleted >= opened),
        key=lambda entry: entry[:2],
    )
    born: dict[str, deque[PodMoments]] = {}
    for pod in sorted(pods, key=lambda pod: (pod.created or 0.0, pod.name)):
        if pod.created is not None and pod.created >= opened:
            born.setdefault(pod.controller_uid, deque()).append(pod)
    pairs = []
    for deleted, _, one in lost:
        heirs = born.get(one.controller_uid, deque())
        # What was made before this loss replaces no later one either: each queue is walked once.
        while heirs and (heirs[0].created or 0.0) < deleted:
            heirs.popleft()
        pairs.append(Replacement(one, heirs.popleft() if heirs and not one.unwanted else None))
    return tuple(pairs)


def with_replacements(heal: Heal, pods: Sequence[PodMoments]) -> Heal:
    """`heal` with the pairs that `pods` show; those of lost pods that have been forgotten since stay as they are."""
    known = {pod.uid for pod in pods}
    remembered = tuple(pair for pair in heal.replacements if pair.lost.uid not in known)
    return structs.replace(heal, replacements=(remembered + pair(heal.opened, pods))[-PAIRS_KEPT:])


def awaited(heal: Heal, pods: Sequence[PodMoments]) -> bool:
    """Whether what takes the place of the victims of our faults is there but not ready yet."""
    heirs = [one.by for one in pair(heal.opened, pods) if one.lost.uid in heal.victims]
    return any(by is not None and by.ready is None and by.deleted is None for by in heirs)


def is_guess(pairs: Sequence[Replacement]) -> bool:
    """Whether two pods of one owner were missing at the same time: nobody can tell which of them was replaced first.

    What came in one moment counts as the same time.
    """
    last: dict[str, Replacement] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.lost.deleted or 0.0, pair.lost.name)):
        if pair.lost.unwanted:
            continue
        before = last.get(pair.lost.controller_uid)
        if before is not None and _missed_until(before) >= (pair.lost.deleted or 0.0):
            return True
        last[pair.lost.controller_uid] = pair
    return False


def _missed_until(pair: Replacement) -> float:
    created = pair.by.created if pair.by is not None else None
    return math.inf if created is None else created


def follow(heal: Heal, gap: Gap, at: float, *, waits: bool = False, fell: bool = False) -> Heal:
    """`heal` after one more look: what was lost since the last, how deep it is, whether it has closed.

    `waits`: something of it is still under way, so that it can't have closed, although there may be no gap.
    `fell`: fewer pods are available than at the look before.
    """
    closed = None if gap.size or waits else (heal.closed if heal.closed is not None else at)
    confirmed = None if closed is None else heal.confirmed
    if closed is not None and confirmed is None and gap.settled and gap.confirmed:
        confirmed = at
    depth = max(heal.depth, gap.size)
    return structs.replace(
        heal,
        depth=depth,
        closed=closed,
        reopened=at if heal.closed is not None and closed is None else heal.reopened,
        confirmed=confirmed,
        overshoot=max(heal.overshoot, gap.surplus),
        lost_pod_s=heal.lost_pod_s_at(at),
        measured=at,
        size=gap.size,
        missing=gap.missing,
        surplus=gap.surplus,
        fell=at if fell and heal.fell is None else heal.fell,
        deepened=at if depth > heal.depth or (depth and heal.deepened is None) else heal.deepened,
        ready=None if gap.ready < gap.desired or not depth else (at if heal.ready is None else heal.ready),
        updated=at if heal.updated is None and gap.settled else heal.updated,
    )


def settle(heal: Heal, at: float, settles_after_s: float = SETTLES_AFTER_S) -> Heal:
    """`heal`, which is settled if it has been closed for so long by `at`: the clock alone decides that."""
    if heal.closed is None or at < heal.closed + settles_after_s:
        return heal
    return structs.replace(heal, settled=heal.closed + settles_after_s)
