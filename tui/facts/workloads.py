"""Deployments and ReplicaSets: what was asked for, and what their controllers say of it."""

from __future__ import annotations

from tui.facts.managed import WorkloadMeta
from tui.facts.meta import Condition, Fact, condition


class DeploymentSpec(Fact, frozen=True):
    """What was asked for. `replicas` is 1 where nobody said otherwise, as upstream defaults it."""

    replicas: int = 1
    paused: bool = False
    min_ready_seconds: int = 0
    progress_deadline_seconds: int = 600


class DeploymentStatus(Fact, frozen=True):
    """What the deployment controller last said; a claim about `observed_generation`, not about now."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    conditions: tuple[Condition, ...] = ()


class Deployment(Fact, frozen=True):
    """appsv1.Deployment."""

    metadata: WorkloadMeta = WorkloadMeta()
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()

    @property
    def observed(self) -> bool:
        """Whether the status speaks about the spec that is there now."""
        return self.status.observed_generation >= self.metadata.generation

    @property
    def desired(self) -> int:
        """How many pods are asked for: none any more once the Deployment itself is being deleted."""
        return 0 if self.metadata.terminating else self.spec.replicas

    @property
    def revision(self) -> str:
        """The rollout's number, or "" until the controller has written it."""
        return self.metadata.annotations.revision if self.metadata.annotations else ""

    def condition(self, type_: str) -> Condition | None:
        """The condition of that type, or None."""
        return condition(self.status.conditions, type_)


class ReplicaSetSpec(Fact, frozen=True):
    """How many pods of one template the deployment controller asks this ReplicaSet for."""

    replicas: int = 1


class ReplicaSetStatus(Fact, frozen=True):
    """What the ReplicaSet controller last said."""

    conditions: tuple[Condition, ...] = ()


class ReplicaSet(Fact, frozen=True):
    """appsv1.ReplicaSet: one revision of a Deployment."""

    metadata: WorkloadMeta = WorkloadMeta()
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()

    @property
    def revision(self) -> str:
        """The number of the rollout that this ReplicaSet belongs to."""
        return self.metadata.annotations.revision if self.metadata.annotations else ""

    def condition(self, type_: str) -> Condition | None:
        """The condition of that type, or None."""
        return condition(self.status.conditions, type_)
