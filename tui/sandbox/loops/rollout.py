"""The arithmetic of a rollout: how far each ReplicaSet may go in one step. Pure functions.

Follows k8s/pkg/controller/deployment: util/deployment_util.go, rolling.go, recreate.go, sync.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.sandbox.loops.objects import Obj, annotations_of, name_of, status_of

DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"


@dataclass(frozen=True)
class Scale:
    """Give one ReplicaSet so many replicas (the same number may still refresh its annotations)."""

    replica_set: Obj
    to: int

    @property
    def frm(self) -> int:
        """Its replicas so far."""
        return size(self.replica_set)


def size(replica_set: Obj) -> int:
    """spec.replicas of a ReplicaSet or Deployment; 1 where nothing is said."""
    replicas = replica_set["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def available(replica_set: Obj) -> int:
    """status.availableReplicas."""
    return int(status_of(replica_set).get("availableReplicas", 0))


def total(replica_sets: Iterable[Obj]) -> int:
    """The replicas that these ReplicaSets are asked to have, together."""
    return sum(map(size, replica_sets))


def active(replica_sets: Iterable[Obj]) -> list[Obj]:
    """Those that are asked to have any replicas."""
    return [one for one in replica_sets if size(one) > 0]


def by_age(replica_sets: Iterable[Obj]) -> list[Obj]:
    """Oldest first."""
    return sorted(replica_sets, key=lambda one: (one["metadata"].get("creationTimestamp", ""), name_of(one)))


# ------------------------------------------------------------------ limits


def fenceposts(
    max_surge: int | str | None, max_unavailable: int | str | None, desired: int
) -> tuple[int, int]:
    """(surge, unavailable) as numbers of pods: a surge in per cent is rounded up, unavailable down.

    Both 0 would stand still for ever; then one may be unavailable, for a surge might not fit a quota.
    """
    surge = scaled(max_surge, desired, round_up=True)
    unavailable = scaled(max_unavailable, desired, round_up=False)
    return (surge, unavailable) if surge or unavailable else (0, 1)


def scaled(value: int | str | None, whole: int, *, round_up: bool) -> int:
    """A number, or a percentage of the whole (`"25%"`), as a number; nothing is 0."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    share = int(value.removesuffix("%")) * whole / 100
    return math.ceil(share) if round_up else math.floor(share)


def is_rolling(deployment: Obj) -> bool:
    """The strategy is RollingUpdate, as it is when nothing is said."""
    return str((deployment["spec"].get("strategy") or {}).get("type", "RollingUpdate")) == "RollingUpdate"


def limits(deployment: Obj) -> tuple[int, int]:
    """(surge, unavailable) of a Deployment in pods; (0, 0) unless it is rolling and wants replicas."""
    desired = size(deployment)
    if not is_rolling(deployment):
        return 0, 0
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    surge, unavailable = fenceposts(
        rolling.get("maxSurge", "25%"), rolling.get("maxUnavailable", "25%"), desired
    )
    return surge, min(unavailable, desired)


def min_available(deployment: Obj) -> int:
    """How many replicas have to stay available during a rollout."""
    return size(deployment) - limits(deployment)[1]


# ------------------------------------------------------------------ the new ReplicaSet


def new_size(deployment: Obj, new: int, whole: int) -> int:
    """How large the new ReplicaSet may become: never above the desired number, never above surge in all.

    new: its replicas so far; whole: those of all ReplicaSets together.
    """
    desired = size(deployment)
    if not is_rolling(deployment):
        return desired
    room = desired + limits(deployment)[0] - whole
    return new if room <= 0 else new + min(room, desired - new)


def grow_new(deployment: Obj, new: Obj, old: Sequence[Obj]) -> list[Scale]:
    """The new ReplicaSet's next size, if it is another than now."""
    desired = size(deployment)
    target = desired if size(new) >= desired else new_size(deployment, size(new), total([new, *old]))
    return [] if target == size(new) else [Scale(new, target)]


# ------------------------------------------------------------------ the old ReplicaSets


def shrink_old(deployment: Obj, new: Obj, old: Sequence[Obj]) -> list[Scale]:
    """What the old ReplicaSets may give up now: first replicas that don't work, then ones that do.

    The new ReplicaSet's unavailable pods count against the room there is, so that new pods
    that never become ready don't eat up the old ones.
    """
    room = total([new, *old]) - min_available(deployment) - (size(new) - available(new))
    if room <= 0:
        return []
    unhealthy = drop_unhealthy(old, room)
    return unhealthy or drop_healthy(deployment, new, old)


def drop_unhealthy(old: Sequence[Obj], room: int) -> list[Scale]:
    """Oldest first, give up replicas that are not available: that costs nothing."""
    steps: list[Scale] = []
    for one in by_age(active(old)):
        share = min(room, size(one) - available(one))
        if share > 0:
            steps.append(Scale(one, size(one) - share))
            room -= share
    return steps


def drop_healthy(deployment: Obj, new: Obj, old: Sequence[Obj]) -> list[Scale]:
    """Oldest first, give up what is available beyond the minimum.

    A ReplicaSet's status lags behind its size: what it was already asked to give up may still
    be counted as available, and must not be given up twice. (Upstream counts it, and can so
    fall below the minimum for a moment.)
    """
    room = sum(min(available(one), size(one)) for one in [new, *old]) - min_available(deployment)
    steps: list[Scale] = []
    for one in by_age(active(old)):
        share = min(room, size(one))
        if share > 0:
            steps.append(Scale(one, size(one) - share))
            room -= share
    return steps


# ------------------------------------------------------------------ scaling while several are active


def is_scaling_event(deployment: Obj, replica_sets: Iterable[Obj]) -> bool:
    """Somebody changed spec.replicas since an active ReplicaSet was last sized for it."""
    noted = (annotation_number(one, DESIRED_REPLICAS) for one in active(replica_sets))
    return any(number is not None and number != size(deployment) for number in noted)


def rescale(deployment: Obj, new: Obj | None, old: Sequence[Obj]) -> list[Scale]:
    """Sizes for another spec.replicas, or for a paused rollout.

    One active ReplicaSet takes it all. Several share it in proportion, so that a half-done
    rollout stays half done and a broken new template doesn't get all the new replicas.

    Every active one is among the steps, even with the size it has: its annotations have to follow
    spec.replicas too, or what looks like a scaling would put off the rollout for ever. (Upstream
    leaves them on a single one that has the size already, and on several under Recreate, and so
    gets stuck: kubernetes/kubernetes#102551.)
    """
    present = [*old, new] if new is not None else list(old)
    running = active(present)
    if not running:
        latest = new or (by_age(old)[-1] if old else None)
        return [] if latest is None or not size(deployment) else [Scale(latest, size(deployment))]
    if len(running) == 1:
        return [Scale(running[0], size(deployment))]
    if new is not None and is_saturated(deployment, new):
        return [Scale(one, 0) for one in active(old)]
    if is_rolling(deployment):
        return proportionally(deployment, running)
    return [Scale(one, size(one)) for one in running]


def is_saturated(deployment: Obj, new: Obj) -> bool:
    """The new ReplicaSet has all the replicas, knows it, and they are available."""
    desired = size(deployment)
    return size(new) == desired == available(new) and annotation_number(new, DESIRED_REPLICAS) == desired


def proportionally(deployment: Obj, running: Sequence[Obj]) -> list[Scale]:
    """Share the room among active ReplicaSets by their size; what rounding leaves goes to the largest."""
    desired = size(deployment)
    room = (desired + limits(deployment)[0] if desired > 0 else 0) - total(running)
    ordered = _largest_first(running, growing=room > 0) if room else list(running)
    sizes = [size(one) for one in ordered]
    given = 0
    for place, one in enumerate(ordered):
        share = proportion(deployment, one, room, given)
        sizes[place] += share
        given += share
    if ordered:
        sizes[0] = max(0, sizes[0] + room - given)
    return [Scale(one, to) for one, to in zip(ordered, sizes, strict=True)]


def _largest_first(replica_sets: Sequence[Obj], *, growing: bool) -> list[Obj]:
    """Largest first; of equals the newer when growing, the older when shrinking."""
    aged = by_age(replica_sets)
    return sorted(reversed(aged) if growing else aged, key=size, reverse=True)


def proportion(deployment: Obj, replica_set: Obj, room: int, given: int) -> int:
    """One ReplicaSet's share of the room, never more than what is left of it."""
    if size(replica_set) == 0 or room in (0, given):
        return 0
    share, left = fraction(deployment, replica_set), room - given
    return min(share, left) if room > 0 else max(share, left)


def fraction(deployment: Obj, replica_set: Obj) -> int:
    """How a ReplicaSet's size changes if it keeps its part of the whole."""
    desired = size(deployment)
    if desired == 0:
        return -size(replica_set)
    before = annotation_number(replica_set, MAX_REPLICAS) or int(status_of(deployment).get("replicas", 0))
    if before == 0:
        return 0
    grown = size(replica_set) * (desired + limits(deployment)[0]) / before
    return math.floor(grown + 0.5) - size(replica_set)


def annotation_number(obj: Obj, name: str) -> int | None:
    """An annotation as a number from 0 up; None where it is absent or something else."""
    text = annotations_of(obj).get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None
