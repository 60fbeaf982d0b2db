"""The life of one gap: which pods were lost, what replaced them, and when each step was seen.

All moments are seconds on one monotonic clock of ours; None is "not seen (yet)".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from tui.facts import Pod
from tui.reconcile.gap import Gap

SETTLES_AFTER_S = 5.0
"""A gap that stays closed for so long is over, even where something else is still on its way or stands still."""
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


@dataclass(frozen=True, slots=True)
class Heal:
    """One gap of one Deployment, from its opening to settled."""

    deployment_uid: str
    opened: float
    cause: str
    depth: int = 0
    victims: frozenset[str] = frozenset()
    """The pods, by uid, that faults of ours ended in it."""
    replacements: tuple[Replacement, ...] = ()
    closed: float | None = None
    """When the gap was first 0 again, by the pods themselves."""
    settled: float | None = None
    """When nothing was left to do and the controllers' status said the same, or SETTLES_AFTER_S after it closed."""

    @property
    def total_s(self) -> float | None:
        """Seconds from the opening until the gap was closed."""
        return None if self.closed is None else self.closed - self.opened

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
        before = msgspec.structs.replace(before, ready_before=bool(listed and old and old.ready))

    def moment(known: float | None, had: bool, has: bool) -> float | None:
        return at if known is None and has and not had else known

    # A pod keeps its uid when it changes owners: the newest owner counts, except at the very end.
    owner = new.metadata.controller_uid or ("" if new.active else before.controller_uid)
    return msgspec.structs.replace(
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
    return msgspec.structs.replace(before, deleted=deleted, gone=at if before.gone is None else before.gone)


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
    return replace(heal, replacements=(remembered + pair(heal.opened, pods))[-PAIRS_KEPT:])


def awaited(heal: Heal, pods: Sequence[PodMoments]) -> bool:
    """Whether what takes the place of the victims of our faults is there but not ready yet."""
    heirs = [one.by for one in pair(heal.opened, pods) if one.lost.uid in heal.victims]
    return any(by is not None and by.ready is None and by.deleted is None for by in heirs)


def follow(heal: Heal, gap: Gap, at: float, *, waits: bool = False) -> Heal:
    """`heal` after one more look: its depth, and whether it has closed and settled.

    `waits`: a fault of ours is still under way, so that it can't have closed, although there may be no gap.
    """
    closed = None if gap.size or waits else (heal.closed if heal.closed is not None else at)
    done = closed is not None and ((gap.settled and gap.confirmed) or at - closed >= SETTLES_AFTER_S)
    return replace(
        heal,
        depth=max(heal.depth, gap.size),
        closed=closed,
        settled=at if done and heal.settled is None else heal.settled,
    )
