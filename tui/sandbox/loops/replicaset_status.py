"""A ReplicaSet's status, worked out from its pods (k8s/pkg/controller/replicaset/replica_set_utils.go)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.objects import (
    Obj,
    condition,
    is_ready,
    is_terminating,
    labels_of,
    ready_since,
    selects,
    status_of,
)

ROUNDING_S: Final = 0.001
"""A timer may ring this much early; a pod that is available in so short a time is."""


def available_in(pod: Obj, min_ready_s: float, clock: Clock) -> float | None:
    """Cluster seconds until a pod has been ready for minReadySeconds: 0 if it has, None if it isn't ready."""
    since = ready_since(pod)
    if since is None:
        return None
    return max(0.0, min_ready_s - clock.since(since)) if min_ready_s > 0 else 0.0


def is_available(pod: Obj, min_ready_s: float, clock: Clock) -> bool:
    """Ready for at least minReadySeconds."""
    left = available_in(pod, min_ready_s, clock)
    return left is not None and left <= ROUNDING_S


def replicaset_status(
    replica_set: Obj,
    active: Sequence[Obj],
    owned: Sequence[Obj],
    failure: tuple[str, str] | None,
    clock: Clock,
) -> Obj:
    """The status to stand after a cycle.

    active: claimed pods that count as replicas; owned: all the ReplicaSet's pods; failure: the
    (reason, message) with which creating or deleting failed, or None.
    """
    spec = replica_set["spec"]
    min_ready = spec.get("minReadySeconds") or 0
    template_labels = {"matchLabels": labels_of(spec["template"])}
    counts = {
        "replicas": len(active),
        "fullyLabeledReplicas": sum(selects(template_labels, labels_of(pod)) for pod in active),
        "readyReplicas": sum(is_ready(pod) for pod in active),
        "availableReplicas": sum(is_available(pod, min_ready, clock) for pod in active),
    }
    status: Obj = {"replicas": counts.pop("replicas")} | {name: n for name, n in counts.items() if n}
    status["terminatingReplicas"] = sum(is_terminating(pod) for pod in owned)
    status["observedGeneration"] = replica_set["metadata"].get("generation", 0)
    conditions = _conditions(replica_set, failure, clock)
    return status | ({"conditions": conditions} if conditions else {})


def _conditions(replica_set: Obj, failure: tuple[str, str] | None, clock: Clock) -> list[Obj]:
    others = [c for c in status_of(replica_set).get("conditions") or () if c["type"] != "ReplicaFailure"]
    if failure is None:
        return others
    standing = condition(replica_set, "ReplicaFailure")
    if standing is None:
        reason, message = failure
        standing = {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": clock.stamp(),
            "reason": reason,
            "message": message,
        }
    return [*others, standing]
