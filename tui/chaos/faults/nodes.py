"""What the faults on nodes have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tui.chaos.fault import Hit, Need, Spares, Sweep
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight
from tui.chaos.spared import is_daemon
from tui.cluster.kinds import NODES, PODS

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a pod that its node runs by itself (kubetypes.ConfigMirrorAnnotationKey)."""
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


async def lodgers(sight: Sight, node: str, spares: Spares = is_daemon) -> list[Lodger]:
    """The pods on that node that would move; not those that are spared or are the node's own, nor what has ended."""
    found = []
    for pod in await sight.all_pods_on(node):
        meta = pod.get("metadata") or {}
        if spares(pod) or MIRROR in (meta.get("annotations") or {}) or meta.get("deletionTimestamp"):
            continue
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            continue
        is_bare = not any(one.get("controller") for one in meta.get("ownerReferences") or ())
        name, uid = str(meta.get("name")), str(meta.get("uid"))
        found.append(Lodger(str(meta.get("namespace")), name, uid, is_bare))
    return sorted(found, key=lambda one: one.key)


async def swept(sight: Sight, sweep: Sweep) -> list[Lodger]:
    """The pods that would go with these nodes; FaultRefused where one of them is protected, or bare unless told so."""
    found = []
    for node in sweep.nodes:
        pods = await lodgers(sight, node, sweep.spares)
        protected = [one.key for one in pods if one.namespace in sight.guard.protected]
        if protected:
            raise FaultRefused(
                f"node {node} has {', '.join(protected[:3])}, which is protected: choose another"
            )
        if not sweep.bare:
            refuse_bare(node, pods)
        found += pods
    return found


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
