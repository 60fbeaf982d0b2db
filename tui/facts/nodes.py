"""Nodes: where pods can run."""

from __future__ import annotations

from tui.facts.meta import Condition, Fact, ObjectMeta, condition

ZONE_LABEL = "topology.kubernetes.io/zone"


class Taint(Fact, frozen=True):
    """corev1.Taint."""

    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: str | None = None
    """When it was put there: evictions count from then."""


class NodeSpec(Fact, frozen=True):
    """What was asked of the node: `unschedulable` is a cordon."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeStatus(Fact, frozen=True):
    """What its kubelet, or in its absence the node controller, says."""

    conditions: tuple[Condition, ...] = ()


class Node(Fact, frozen=True):
    """corev1.Node."""

    metadata: ObjectMeta = ObjectMeta()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def ready(self) -> bool:
        """Whether the Ready condition is True; Unknown (a silent kubelet) is not ready."""
        found = condition(self.status.conditions, "Ready")
        return found is not None and found.status == "True"

    @property
    def zone(self) -> str:
        """The zone it stands in, or ""."""
        return (self.metadata.labels or {}).get(ZONE_LABEL, "")
