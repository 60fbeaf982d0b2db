"""What is known, frozen: decoded straight from the wire and never edited on the way."""

from __future__ import annotations

from tui.facts.budgets import PodDisruptionBudget
from tui.facts.events import Event, ObjectReference
from tui.facts.managed import ManagedFields, WorkloadMeta
from tui.facts.meta import Condition, Fact, ObjectMeta, OwnerReference, condition, parse_time
from tui.facts.nodes import Node
from tui.facts.pods import ContainerStatus, Pod
from tui.facts.workloads import Deployment, ReplicaSet

__all__ = [
    "Condition",
    "ContainerStatus",
    "Deployment",
    "Event",
    "Fact",
    "ManagedFields",
    "Node",
    "ObjectMeta",
    "ObjectReference",
    "OwnerReference",
    "Pod",
    "PodDisruptionBudget",
    "ReplicaSet",
    "WorkloadMeta",
    "condition",
    "parse_time",
]
