"""A fleet that exists only as numbers: which objects there are, and their bytes when somebody asks for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.bench.shapes import DEPLOYMENT, NODE, POD, REPLICASET

BEACON = "zz-beacon"
"""The one Deployment whose desired count says when it was sent."""
BEACON_FROM = 100_000


@dataclass
class Fleet:
    """`deployments` with `replicas` pods each in `namespaces`, on `nodes`; Deployment 0 is the beacon."""

    deployments: int
    replicas: int
    namespaces: int = 20
    nodes: int = 100
    version: int = 1_000
    asked: dict[int, int] = field(default_factory=dict)
    """Deployments whose desired count is not `replicas`."""
    not_ready: set[int] = field(default_factory=set)
    """Pods by number."""
    lives: dict[int, int] = field(default_factory=dict)
    """How often a pod has been replaced by another of its number."""

    @property
    def pods(self) -> int:
        """How many pods there are."""
        return self.deployments * self.replicas

    def count(self, plural: str) -> int:
        """How many objects of a kind there are."""
        return {
            "deployments": self.deployments,
            "replicasets": self.deployments,
            "pods": self.pods,
            "nodes": self.nodes,
        }.get(plural, 0)

    def item(self, plural: str, number: int) -> bytes:
        """One object's JSON as it is now."""
        make = {
            "deployments": self.deployment,
            "replicasets": self.replicaset,
            "pods": self.pod,
            "nodes": self.node,
        }[plural]
        return make(number)

    def app(self, number: int) -> bytes:
        """The Deployment's name."""
        return BEACON.encode() if number == 0 else b"app-%05d" % number

    def namespace(self, number: int) -> bytes:
        """The namespace that a Deployment and everything of it stands in."""
        return b"zz" if number == 0 else b"team-%02d" % (number % self.namespaces)

    def _common(self, number: int) -> dict[str, bytes]:
        return {
            "app": self.app(number),
            "namespace": self.namespace(number),
            "version": b"%d" % self.version,
            "replicas": b"%d" % self.asked.get(number, self.replicas),
            "pods": b"%d" % self.replicas,
        }

    def deployment(self, number: int) -> bytes:
        """A Deployment."""
        app = self.app(number)
        return DEPLOYMENT.fill(self._common(number) | {"name": app, "uid": b"deployment-%08d" % number})

    def replicaset(self, number: int) -> bytes:
        """A Deployment's only ReplicaSet."""
        values = self._common(number) | {
            "name": self.app(number) + b"-5d89bdfbf9",
            "uid": b"replicaset-%08d" % number,
            "owner_uid": b"deployment-%08d" % number,
        }
        return REPLICASET.fill(values)

    def pod(self, number: int) -> bytes:
        """A pod; the pods of Deployment d are d * replicas and following."""
        owner = number // self.replicas
        owner_name = self.app(owner) + b"-5d89bdfbf9"
        ready, life = number not in self.not_ready, self.lives.get(number, 0)
        values = {
            "app": self.app(owner),
            "namespace": self.namespace(owner),
            "version": b"%d" % self.version,
            "name": b"%b-%05x" % (owner_name, number + (life << 24)),
            "uid": b"pod-%08d-4aa1-b6f6-%012d" % (number, life),
            "owner_name": owner_name,
            "owner_uid": b"replicaset-%08d" % owner,
            "node": b"worker-%03d" % (number % self.nodes),
            "ready_word": b"True" if ready else b"False",
            "ready": b"true" if ready else b"false",
        }
        return POD.fill(values)

    def node(self, number: int) -> bytes:
        """A node."""
        values = {"name": b"worker-%03d" % number, "uid": b"node-%08d" % number}
        return NODE.fill(values | {"version": b"%d" % self.version})

    def page(self, plural: str, start: int, limit: int) -> bytes:
        """A page of a list, with a continue token if there is more."""
        end = min(start + limit, self.count(plural))
        kind, version = KINDS[plural]
        token = b"%d" % end if end < self.count(plural) else b""
        head = b'{"kind":"%bList","apiVersion":"%b","metadata":{"resourceVersion":"%d","continue":"%b"},"items":['
        items = b",".join(self.item(plural, number) for number in range(start, end))
        return head % (kind, version, self.version, token) + items + b"]}\n"

    def frame(self, plural: str, number: int, type_: bytes = b"MODIFIED") -> bytes:
        """One watch frame with its newline."""
        return b'{"type":"%b","object":%b}\n' % (type_, self.item(plural, number))

    def bookmark(self, plural: str) -> bytes:
        """A BOOKMARK frame."""
        kind, version = KINDS[plural]
        meta = b'{"resourceVersion":"%d"}' % self.version
        inside = b'{"kind":"%b","apiVersion":"%b","metadata":%b}' % (kind, version, meta)
        return b'{"type":"BOOKMARK","object":%b}\n' % inside


KINDS = {
    "deployments": (b"Deployment", b"apps/v1"),
    "replicasets": (b"ReplicaSet", b"apps/v1"),
    "pods": (b"Pod", b"v1"),
    "nodes": (b"Node", b"v1"),
    "events": (b"Event", b"v1"),
}
