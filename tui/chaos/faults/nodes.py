"""What the faults on nodes have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from tui.chaos.fault import Hit, Need
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight
from tui.cluster.kinds import NODES, PODS
from tui.facts.nodes import Taint
from tui.facts.pods import Toleration

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a pod that its node runs by itself (kubetypes.ConfigMirrorAnnotationKey)."""
CRITICAL_PRIORITY = 2_000_000_000
"""No kubelet evicts what has that much (scheduling.SystemCriticalPriority)."""
BARE = Setting("bare", "also where pods stand that nothing would replace", default=False, kind=bool)
GET_NODES = Need("get", NODES.resource)
PATCH_NODES = Need("patch", NODES.resource)
LIST_PODS = Need("list", PODS.resource)


@dataclass(frozen=True)
class Lodger:
    """One pod on a node, as the API server lists it."""

    namespace: str
    name: str
    uid: str
    is_bare: bool = False
    """Whether no controller owns it: once it has ended it does not come back."""

    @property
    def key(self) -> str:
        """namespace/name"""
        return f"{self.namespace}/{self.name}"


async def lodgers(
    sight: Sight, node: str, taint: Taint | None = None, *, squeezed: bool = False
) -> list[Lodger]:
    """The pods on that node that would move; not those of DaemonSets and of the node itself, nor what has ended.

    A `taint` ends those of DaemonSets too, which tolerate only what befalls nodes by itself; who tolerates it stays.
    So does a kubelet that is `squeezed`, but for those that are critical (kubelettypes.IsCriticalPod).
    """
    found = []
    for pod in await sight.all_pods_on(node):
        meta = pod.get("metadata") or {}
        owners = meta.get("ownerReferences") or []
        is_daemon = any(one.get("kind") == "DaemonSet" and one.get("controller") for one in owners)
        stays = (
            is_daemon and not (squeezed and not _is_critical(pod)) if taint is None else _bears(pod, taint)
        )
        if stays:
            continue
        if MIRROR in (meta.get("annotations") or {}) or meta.get("deletionTimestamp"):
            continue
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            continue
        is_bare = not any(one.get("controller") for one in owners)
        name, uid = str(meta.get("name")), str(meta.get("uid"))
        found.append(Lodger(str(meta.get("namespace")), name, uid, is_bare))
    return sorted(found, key=lambda one: one.key)


def _is_critical(pod: dict[str, Any]) -> bool:
    return int((pod.get("spec") or {}).get("priority") or 0) >= CRITICAL_PRIORITY


def _bears(pod: dict[str, Any], taint: Taint) -> bool:
    """Whether the pod tolerates the taint for ever (getMinTolerationTime of upstream's taint eviction)."""
    every = msgspec.convert((pod.get("spec") or {}).get("tolerations") or [], list[Toleration])
    covering = [one for one in every if one.covers(taint)]
    return bool(covering) and all(one.toleration_seconds is None for one in covering)


def refuse_protected(sight: Sight, node: str, pods: Iterable[Lodger]) -> None:
    """FaultRefused where the fault would end pods that are never to be ended by us."""
    protected = [one.key for one in pods if one.namespace in sight.guard.protected]
    if protected:
        raise FaultRefused(f"node {node} has {', '.join(protected[:3])}, which is protected: choose another")


def refuse_bare(node: str, pods: Iterable[Lodger]) -> None:
    """FaultRefused where pods would end that nobody replaces, as `kubectl drain` does without --force."""
    bare = [one.key for one in pods if one.is_bare]
    if bare:
        raise FaultRefused(
            f"node {node} has {', '.join(bare[:3])}, which no controller would replace (bare=true insists)"
        )


def hits_on(sight: Sight, *nodes: str) -> tuple[Hit, ...]:
    """The Deployments with pods on these nodes."""
    found: dict[str, tuple[str, set[str]]] = {}
    for pod in (pod for node in nodes for pod in sight.pods_on(node)):
        deployment = sight.owner(pod)
        if deployment is not None:
            meta = deployment.metadata
            found.setdefault(meta.uid, (meta.key, set()))[1].add(pod.metadata.uid)
    return tuple(Hit(uid, key, frozenset(pods)) for uid, (key, pods) in sorted(found.items()))


def hits_among(sight: Sight, node: str, pods: Iterable[Lodger]) -> tuple[Hit, ...]:
    """The same where only these of its pods are ended."""
    ended = {one.uid for one in pods}
    found = (replace(one, pod_uids=one.pod_uids & ended) for one in hits_on(sight, node))
    return tuple(one for one in found if one.pod_uids)


def neighbours(sight: Sight, node: str) -> tuple[Hit, ...]:
    """All of them where no pod is ended or lost by it: it stands on their charts, and that is all."""
    return tuple(replace(one, pod_uids=frozenset()) for one in hits_on(sight, node))
