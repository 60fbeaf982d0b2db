"""Pods that have written more than they may: a limit of `ephemeral-storage` is kept by evicting who outgrows it.

What a pod has written to its node's disk by now is said by an annotation of it, as a quantity:
`sandbox.gapwatch.dev/ephemeral-storage: "2Gi"`. A container without a limit adds nothing to what its pod may write,
and a pod without any limit writes what it likes.
Follows k8s/pkg/kubelet/eviction/eviction_manager.go (podEphemeralStorageLimitEviction). Who outgrows its own limit is
no victim of a disruption: unlike an eviction for want of room, this one sets no DisruptionTarget, as upstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from tui.sandbox.loops.behaviour import PREFIX
from tui.sandbox.loops.objects import Obj, annotations_of, is_active, status_of
from tui.sandbox.quantity import parse_quantity, quantity_text

RESOURCE = "ephemeral-storage"
WRITTEN = PREFIX + RESOURCE


def overgrown(pods: Iterable[Obj]) -> Iterator[tuple[Obj, str]]:
    """The running pods that have written more than they may, each with what is said of it when it is evicted."""
    for pod in pods:
        limit = storage_limit(pod)
        if limit is not None and is_active(pod) and status_of(pod).get("phase") == "Running":
            amount, text = limit
            if written(pod) > amount:
                yield pod, f"Pod ephemeral local storage usage exceeds the total limit of containers {text}. "


def written(pod: Obj) -> Fraction:
    """How many bytes the pod has written by now; 0 where its annotation is no quantity, or missing."""
    try:
        return parse_quantity(annotations_of(pod).get(WRITTEN, "0"))
    except ValueError:
        return Fraction(0)


def storage_limit(pod: Obj) -> tuple[Fraction, str] | None:
    """How many bytes all containers together may write, also in words; None without a limit (PodLimits)."""
    texts = [str(limit) for limit in _limits(pod["spec"]["containers"])]
    first = [str(limit) for limit in _limits(pod["spec"].get("initContainers") or ())]
    if not texts and not first:
        return None
    amount = max(sum(map(parse_quantity, texts), Fraction(0)), *map(parse_quantity, first), Fraction(0))
    return amount, quantity_text(amount, like=(texts or first)[0])


def _limits(containers: Iterable[Obj]) -> list[str]:
    limits = ((container.get("resources") or {}).get("limits") or {} for container in containers)
    return [limit[RESOURCE] for limit in limits if RESOURCE in limit]
