"""Which pods go first when there are too many: the ones that will be missed least.

Follows k8s/pkg/controller/controller_utils.go (ActivePodsWithRanks.Less) and
replicaset/replica_set.go (getPodsToDelete).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cmp_to_key

from tui.sandbox.loops.clock import parse_stamp
from tui.sandbox.loops.objects import (
    Obj,
    annotations_of,
    is_active,
    is_ready,
    node_of,
    ready_since,
    status_of,
    uid_of,
)

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
PHASE_ORDER = {"Pending": 0, "Unknown": 1, "Running": 2}


def choose_victims(pods: Sequence[Obj], related: Sequence[Obj], count: int, now: datetime) -> list[Obj]:
    """The pods to delete, least missed first.

    `related` are the pods of every ReplicaSet with the same owner: of pods on one node the more
    crowded go first.
    """
    if count >= len(pods):
        return list(pods)
    crowd = Counter(node_of(pod) for pod in related if is_active(pod))
    return sorted(pods, key=cmp_to_key(_less_missed(crowd, now)))[:count]


def _less_missed(crowd: Counter[str], now: datetime) -> Callable[[Obj, Obj], int]:
    def compare(a: Obj, b: Obj) -> int:
        for rank in (_assigned, _phase, is_ready, deletion_cost, lambda pod: -crowd[node_of(pod)]):
            if rank(a) != rank(b):
                return -1 if rank(a) < rank(b) else 1
        if is_ready(a) and is_ready(b) and ready_since(a) != ready_since(b):
            return _by_age(ready_since(a), ready_since(b), now) or _by_uid(a, b)
        if restarts(a) != restarts(b):
            return -1 if restarts(a) > restarts(b) else 1
        born = a["metadata"].get("creationTimestamp"), b["metadata"].get("creationTimestamp")
        if born[0] != born[1]:
            return _by_age(*born, now) or _by_uid(a, b)
        # Upstream leaves full equals in any order; by uid the same state always gives the same victims.
        return _by_uid(a, b)

    return compare


def _assigned(pod: Obj) -> int:
    return int(bool(node_of(pod)))


def _phase(pod: Obj) -> int:
    return PHASE_ORDER.get(status_of(pod).get("phase", "Pending"), 0)


def deletion_cost(pod: Obj) -> int:
    """The pod-deletion-cost annotation; 0 where it is absent or no number."""
    try:
        return int(annotations_of(pod).get(DELETION_COST, "0"))
    except ValueError:
        return 0


def restarts(pod: Obj) -> tuple[int, int]:
    """The most restarts of a container: of the regular ones first, then of the init containers."""
    status = status_of(pod)
    regular = (c.get("restartCount", 0) for c in status.get("containerStatuses") or ())
    init = (c.get("restartCount", 0) for c in status.get("initContainerStatuses") or ())
    return max(regular, default=0), max(init, default=0)


def _by_age(a: str | None, b: str | None, now: datetime) -> int:
    """Younger first, compared on a logarithmic scale: 0 if both are of about the same age."""
    if not a or not b:
        return -1 if not a else 1
    bucket_a, bucket_b = age_bucket(parse_stamp(a), now), age_bucket(parse_stamp(b), now)
    return (bucket_a > bucket_b) - (bucket_a < bucket_b)


def age_bucket(since: datetime, now: datetime) -> int:
    """log2 of an age in nanoseconds, cut to a whole number; -1 for none (LogarithmicScaleDown)."""
    age_ns = (now - since).total_seconds() * 1e9
    return int(math.log2(age_ns)) if age_ns >= 1 else -1


def _by_uid(a: Obj, b: Obj) -> int:
    return (uid_of(a) > uid_of(b)) - (uid_of(a) < uid_of(b))
