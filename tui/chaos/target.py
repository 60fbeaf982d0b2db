"""What a fault is done to, and where it stands in the menu; loads nothing that speaks to a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """Where it stands in the menu."""

    PODS = "pods"
    WORKLOAD = "workload"
    SERVICE = "service"
    NODES = "nodes"


class Aim(StrEnum):
    """What kind of thing it is done to."""

    DEPLOYMENT = "Deployment"
    NODE = "node"
    ZONE = "zone"


@dataclass(frozen=True)
class Target:
    """One Deployment, node or zone. `pod_uid` chooses a pod of the Deployment where the fault is about pods."""

    aim: Aim
    name: str
    namespace: str = ""
    uid: str = ""
    pod_uid: str = ""

    @property
    def key(self) -> str:
        """namespace/name, or the bare name."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
