"""A node's own word: that it exists, what it has, and, every ten seconds, that it lives.

A node says so in two places: a Lease that it renews every 10 s (cheap, and what its life is
judged by), and its Node status every 5 minutes, or with the next look when it says something else.
Annotations of the Node make it fall silent or fill its disk: see `own_node.py`.
Follows k8s/pkg/kubelet: kubelet_node_status.go, and component-helpers/apimachinery/lease.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network

import aiohttp

from tui.sandbox.loops.client import LEASES, NODES, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock, rfc3339_micro
from tui.sandbox.loops.containers import RUNTIME
from tui.sandbox.loops.objects import Obj, uid_of, version_of
from tui.sandbox.loops.own_node import OwnNode

log = logging.getLogger(__name__)

LEASE_NAMESPACE = "kube-node-lease"
LEASE_SECONDS = 40
RENEW_S = 10.0
STATUS_EVERY_S = 300.0
VERSION = "v1.35.0"


@dataclass(frozen=True)
class NodePlan:
    """What a simulated node is: its name and place, its size, and the images it has from the start."""

    name: str
    zone: str
    number: int
    region: str = "sandbox"
    cpu: str = "8"
    memory: str = "16Gi"
    pods: str = "110"
    disk: str = "100Gi"
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    images: tuple[str, ...] = ()

    @property
    def ip(self) -> str:
        """The node's address, one that leads nowhere (TEST-NET-1)."""
        return f"192.0.2.{self.number}"

    @property
    def pod_subnet(self) -> IPv4Network:
        """The addresses of the node's pods."""
        return IPv4Network(f"10.244.{self.number}.0/24")

    def pod_ip(self, count: int) -> str:
        """The address of the count-th pod of this node."""
        return f"10.244.{self.number}.{(count - 1) % 250 + 2}"


class NodeAgent:
    """Registers one node and keeps its lease and status fresh."""

    def __init__(self, client: ApiClient, clock: Clock, plan: NodePlan, own: OwnNode) -> None:
        self.plan = plan
        self._client = client
        self._clock = clock
        self._own = own
        self._node: Obj = {}
        self._lease: Obj = {}
        self._status_due = 0.0
        self._wake = asyncio.Event()
        own.on_fault(self._wake.set)

    async def register(self) -> None:
        """Create the Node and its Lease; a node that is known already is taken over as it is."""
        try:
            self._node = await self._client.create(NODES, self._manifest())
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            self._node = await self._client.get(NODES, "", self.plan.name)
        await self._write_status()
        await self._renew()

    async def run(self) -> None:
        """Renew the lease every 10 s, and write the status every 5 minutes or when it says something else."""
        while True:
            await self._next_beat()
            if self._own.is_silent:
                continue
            try:
                await self._renew()
                await self._post_status()
            except (ApiError, aiohttp.ClientError, TimeoutError) as error:
                log.debug("%s: heartbeat failed: %s", self.plan.name, error)
                self._lease = {}

    async def _next_beat(self) -> None:
        """Wait 10 s, or until a fault has begun or ended: a node that is back says so at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._clock.real(RENEW_S)):
                await self._wake.wait()
        self._wake.clear()

    async def _post_status(self) -> None:
        seen = self._own.node
        if seen is None:
            return  # somebody has deleted the Node; that is not for its kubelet to undo
        if uid_of(seen) != uid_of(self._node) or version_of(seen) > version_of(self._node):
            self._node = seen
        if self._clock.monotonic() >= self._status_due or self._is_misreported():
            await self._write_status()

    async def _renew(self) -> None:
        now = rfc3339_micro(self._clock.now())
        if not self._lease:
            self._lease = await self._read_or_create_lease(now)
        lease = self._lease | {"spec": self._lease["spec"] | {"renewTime": now}}
        self._lease = await self._client.replace(LEASES, lease)

    async def _read_or_create_lease(self, now: str) -> Obj:
        owner = {"apiVersion": "v1", "kind": "Node", "name": self.plan.name, "uid": uid_of(self._node)}
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self.plan.name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]},
            "spec": {
                "holderIdentity": self.plan.name,
                "leaseDurationSeconds": LEASE_SECONDS,
                "renewTime": now,
            },
        }
        try:
            return await self._client.create(LEASES, lease)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            return await self._client.get(LEASES, LEASE_NAMESPACE, self.plan.name)

    async def _write_status(self) -> None:
        patch = {"status": self._status()}
        self._node = await self._client.patch(
            NODES, "", self.plan.name, patch, subresource="status", kind="strategic-merge"
        )
        self._status_due = self._clock.monotonic() + STATUS_EVERY_S

    def _is_misreported(self) -> bool:
        """Somebody else wrote into the status: it no longer says what this node would say of itself."""
        told, standing = self._status(), self._node.get("status") or {}
        conditions = {one["type"]: one for one in standing.get("conditions") or ()}
        return any(
            standing.get(name) != value for name, value in told.items() if name != "conditions"
        ) or any(_said(one) != _said(conditions.get(one["type"], {})) for one in told["conditions"])

    def _manifest(self) -> Obj:
        labels = {
            "kubernetes.io/hostname": self.plan.name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/region": self.plan.region,
            "topology.kubernetes.io/zone": self.plan.zone,
        }
        meta = {"name": self.plan.name, "labels": labels | self.plan.labels}
        return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": {}, "status": self._status()}

    def _status(self) -> Obj:
        size = {
            "cpu": self.plan.cpu,
            "ephemeral-storage": self.plan.disk,
            "memory": self.plan.memory,
            "pods": self.plan.pods,
        }
        identity = uuid.uuid5(uuid.NAMESPACE_DNS, self.plan.name)
        return {
            "capacity": size,
            "allocatable": size,
            "conditions": [self._condition(*told) for told in self._conditions()],
            "addresses": [
                {"type": "InternalIP", "address": self.plan.ip},
                {"type": "Hostname", "address": self.plan.name},
            ],
            "nodeInfo": {
                "machineID": identity.hex,
                "systemUUID": str(identity),
                "bootID": str(identity),
                "kernelVersion": "sandbox",
                "osImage": "gapwatch sandbox",
                "containerRuntimeVersion": f"{RUNTIME}://1",
                "kubeletVersion": VERSION,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        }

    def _conditions(self) -> Iterable[tuple[str, str, str, str]]:
        return (
            DISK_PRESSURE if self._own.disk_is_full and told[0] == DISK_PRESSURE[0] else told
            for told in CONDITIONS
        )

    def _condition(self, kind: str, status: str, reason: str, message: str) -> Obj:
        standing = (self._node.get("status") or {}).get("conditions") or ()
        before = next((c for c in standing if c["type"] == kind and c["status"] == status), None)
        now = self._clock.stamp()
        return {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": now,
            "lastTransitionTime": before["lastTransitionTime"] if before else now,
        }


CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)
DISK_PRESSURE = ("DiskPressure", "True", "KubeletHasDiskPressure", "kubelet has disk pressure")


def _said(condition: Obj) -> list[str | None]:
    """What a condition says, without when."""
    return [condition.get(name) for name in ("status", "reason", "message")]
