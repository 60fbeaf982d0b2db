"""What a plan may look at: the world as it is known, and reads of the few objects that have to be known exactly."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui.chaos.guard import FaultRefused, Guard
from tui.chaos.reach import Reach
from tui.chaos.steps.objects import Ref
from tui.cluster.contexts import Nature
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.kinds import DEPLOYMENTS, NODES, PODS, REPLICASETS, Resource
from tui.facts import Deployment, Node, Pod, ReplicaSet
from tui.world import World


@dataclass
class Sight:
    """The eyes of one source; sends nothing but GETs."""

    world: World
    reach: Reach
    guard: Guard
    rng: random.Random
    is_open: Callable[[str], bool] = lambda _uid: False
    """Whether the gap of the Deployment with that uid is open."""

    @property
    def nature(self) -> Nature:
        """What the source is: sandbox, local cluster or real cluster."""
        return self.guard.context.nature

    def deployment(self, uid: str) -> Deployment:
        """That Deployment; FaultRefused when it is gone."""
        found = self.world.deployments.by_uid.get(uid)
        if found is None:
            raise FaultRefused("that Deployment is gone")
        return found

    def pods(self, deployment_uid: str) -> list[Pod]:
        """Its active pods by name."""
        pods = (pod for pod in self.world.pods_of(deployment_uid) if pod.active)
        return sorted(pods, key=lambda pod: pod.metadata.name)

    def pod(self, deployment_uid: str, pod_uid: str = "", pod_name: str = "") -> Pod:
        """The chosen pod, else a random one, a ready one before others; FaultRefused when there is none to be had."""
        deployment = self.deployment(deployment_uid)
        pods = self.world.pods_of(deployment_uid)
        active = self.pods(deployment_uid)
        if pod_uid or pod_name:
            return self._chosen(deployment, pods, active, pod_uid, pod_name)
        if not active:
            raise FaultRefused(f"{deployment.metadata.key} has no pod that could be chosen")
        # Ready pods first: the loss of one that never worked would show nothing.
        return self.rng.choice([pod for pod in active if pod.ready] or active)

    def _chosen(
        self, deployment: Deployment, pods: list[Pod], active: list[Pod], pod_uid: str, pod_name: str
    ) -> Pod:
        for pod in pods:
            if pod.metadata.uid == pod_uid or (not pod_uid and pod.metadata.name == pod_name):
                if pod.metadata.terminating:
                    raise FaultRefused(f"pod {pod.metadata.name} is being deleted already")
                if not pod.active:
                    name = pod.metadata.name
                    raise FaultRefused(
                        f"pod {name} has finished: its ReplicaSet does not count on it any more"
                    )
                return pod
        if pod_uid:
            raise FaultRefused("the selected pod is gone already")
        there = ", ".join(pod.metadata.name for pod in active[:8]) or "none that could be chosen"
        raise FaultRefused(f"{deployment.metadata.key} has no pod {pod_name} (there is: {there})")

    def newest_replicaset(self, deployment_uid: str) -> ReplicaSet:
        """The ReplicaSet of the newest revision; FaultRefused when there is none yet."""
        owned = self.world.replicasets_of(deployment_uid)
        if not owned:
            raise FaultRefused(f"{self.deployment(deployment_uid).metadata.key} has no ReplicaSet yet")
        return max(owned, key=lambda one: int(one.revision) if one.revision.isdecimal() else 0)

    def node(self, name: str) -> Node:
        """That node, if faults may touch it at all; FaultRefused otherwise."""
        found = self.world.nodes.named(name)
        if found is None:
            there = ", ".join(sorted(one.metadata.name for one in self.world.nodes.by_uid.values())[:8])
            raise FaultRefused(f"there is no node {name} (there is: {there or 'none that we may see'})")
        objection = self.guard.node_objection(found)
        if objection:
            raise FaultRefused(objection)
        return found

    def nodes_in(self, zone: str) -> list[Node]:
        """The nodes of that zone that faults may touch, by name; FaultRefused when there is no such zone."""
        every = self.world.nodes.by_uid.values()
        found = [one for one in every if one.zone == zone and not self.guard.node_objection(one)]
        if not found or not zone:
            zones = ", ".join(sorted({one.zone for one in every if one.zone}))
            raise FaultRefused(
                f'there is no zone "{zone}" (there is: {zones or "none: no node has a zone label"})'
            )
        return sorted(found, key=lambda one: one.metadata.name)

    def pods_on(self, node: str) -> list[Pod]:
        """The active pods on that node that we watch, by key."""
        pods = (pod for pod in self.world.pods_on(node) if pod.active)
        return sorted(pods, key=lambda pod: pod.metadata.key)

    def owner(self, pod: Pod) -> Deployment | None:
        """The Deployment behind a pod, if there is one."""
        replicaset = self.world.replicasets.by_uid.get(pod.metadata.controller_uid or "")
        if replicaset is None:
            return None
        return self.world.deployments.by_uid.get(replicaset.metadata.controller_uid or "")

    async def whole(self, ref: Ref) -> dict[str, Any]:
        """One object as it is now; FaultRefused when it is gone or another one by now."""
        try:
            found = await self.reach.gateway.read(ref.resource, ref.name, namespace=ref.namespace or None)
        except Refused as error:
            if error.is_not_found:
                raise FaultRefused(f"{ref} is gone") from None
            raise
        if (found.get("metadata") or {}).get("uid") != ref.uid:
            raise FaultRefused(f"{ref} is another one by now")
        return found

    async def all_pods_on(self, node: str) -> list[dict[str, Any]]:
        """All pods on that node whatever their namespace, whole; FaultRefused when they can't be read."""
        try:
            return await self.reach.gateway.listed(
                PODS.resource, namespace=None, field_selector=f"spec.nodeName={node}"
            )
        except ClusterError as error:
            raise FaultRefused(f"which pods are on {node} can't be read: {error.said}") from None


def deployment_ref(deployment: Deployment) -> Ref:
    """That Deployment."""
    meta = deployment.metadata
    return _ref(DEPLOYMENTS.resource, meta.namespace, meta.name, meta.uid)


def pod_ref(pod: Pod) -> Ref:
    """That pod."""
    meta = pod.metadata
    return _ref(PODS.resource, meta.namespace, meta.name, meta.uid)


def replicaset_ref(replicaset: ReplicaSet) -> Ref:
    """That ReplicaSet."""
    meta = replicaset.metadata
    return _ref(REPLICASETS.resource, meta.namespace, meta.name, meta.uid)


def node_ref(node: Node) -> Ref:
    """That node."""
    return _ref(NODES.resource, "", node.metadata.name, node.metadata.uid)


def _ref(resource: Resource, namespace: str, name: str, uid: str) -> Ref:
    return Ref(resource.version, resource.plural, namespace, name, uid)
