"""Facts for tests, in few words."""

from __future__ import annotations

from tui.facts import (
    Condition,
    ContainerStatus,
    Deployment,
    Event,
    ManagedFields,
    Node,
    ObjectMeta,
    ObjectReference,
    OwnerReference,
    Pod,
    PodDisruptionBudget,
    ReplicaSet,
    WorkloadMeta,
)
from tui.facts.budgets import BudgetSpec, BudgetStatus, LabelSelector
from tui.facts.meta import Annotations
from tui.facts.nodes import NodeSpec, NodeStatus
from tui.facts.pods import ContainerState, PodSpec, PodStatus, RunningState, TerminatedState, WaitingState
from tui.facts.workloads import DeploymentSpec, DeploymentStatus, ReplicaSetSpec, ReplicaSetStatus

LONG_AGO = "2026-01-01T00:00:00Z"


def meta(
    name: str,
    *,
    uid: str = "",
    owner: str = "",
    revision: str = "",
    generation: int = 1,
    managed: tuple[ManagedFields, ...] = (),
) -> WorkloadMeta:
    """Metadata in namespace shop; the uid is the name's unless given."""
    return WorkloadMeta(
        name=name,
        namespace="shop",
        uid=uid or f"uid-{name}",
        generation=generation,
        resource_version="1",
        creation_timestamp=LONG_AGO,
        annotations=Annotations(revision=revision) if revision else None,
        owner_references=(OwnerReference(uid=owner, controller=True),) if owner else (),
        managed_fields=managed,
    )


def a_deployment(
    replicas: int = 3,
    *,
    available: int | None = None,
    observed: int = 1,
    revision: str = "1",
    paused: bool = False,
    min_ready_seconds: int = 0,
    conditions: tuple[Condition, ...] = (),
    name: str = "web",
    generation: int = 1,
    managed: tuple[ManagedFields, ...] = (),
) -> Deployment:
    """shop/web, whose status says that all is well unless told otherwise."""
    said = replicas if available is None else available
    return Deployment(
        metadata=meta(name, revision=revision, generation=generation, managed=managed),
        spec=DeploymentSpec(replicas=replicas, paused=paused, min_ready_seconds=min_ready_seconds),
        status=DeploymentStatus(
            observed_generation=observed,
            replicas=said,
            updated_replicas=said,
            available_replicas=said,
            conditions=conditions,
        ),
    )


def a_replicaset(
    name: str = "web-1",
    *,
    replicas: int = 3,
    revision: str = "1",
    owner: str = "uid-web",
    conditions: tuple[Condition, ...] = (),
    managed: tuple[ManagedFields, ...] = (),
) -> ReplicaSet:
    """A ReplicaSet of shop/web."""
    return ReplicaSet(
        metadata=meta(name, owner=owner, revision=revision, managed=managed),
        spec=ReplicaSetSpec(replicas=replicas),
        status=ReplicaSetStatus(conditions=conditions),
    )


def a_pod(
    name: str = "web-1-a",
    *,
    owner: str = "uid-web-1",
    uid: str = "",
    ready: bool = True,
    since: str = LONG_AGO,
    terminating: bool = False,
    phase: str = "Running",
    node: str | None = "worker",
    state: ContainerState | None = None,
    last: ContainerState | None = None,
    restarts: int = 0,
    conditions: tuple[Condition, ...] = (),
    version: str = "1",
    labels: dict[str, str] | None = None,
) -> Pod:
    """A pod of web-1, running and ready unless told otherwise."""
    if state is None:
        state = ContainerState(running=RunningState(started_at=LONG_AGO)) if node else ContainerState()
    container = ContainerStatus(
        name="web",
        image="shop/web:1",
        ready=ready,
        restart_count=restarts,
        state=state,
        last_state=last or ContainerState(),
    )
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace="shop",
            uid=uid or f"uid-{name}",
            resource_version=version,
            creation_timestamp=LONG_AGO,
            deletion_timestamp=LONG_AGO if terminating else None,
            labels=labels,
            owner_references=(OwnerReference(uid=owner, controller=True),) if owner else (),
        ),
        spec=PodSpec(node_name=node),
        status=PodStatus(
            phase=phase,
            conditions=(
                Condition(type="Ready", status="True" if ready else "False", last_transition_time=since),
                *conditions,
            ),
            container_statuses=(container,),
        ),
    )


def waiting(reason: str, message: str = "") -> ContainerState:
    """A container that waits."""
    return ContainerState(waiting=WaitingState(reason=reason, message=message))


def ended(exit_code: int, reason: str = "Error") -> ContainerState:
    """A container that has ended."""
    return ContainerState(terminated=TerminatedState(exit_code=exit_code, reason=reason, started_at=LONG_AGO))


def a_node(name: str = "worker", *, ready: str = "True", cordoned: bool = False) -> Node:
    """A node with its Ready condition."""
    return Node(
        metadata=ObjectMeta(name=name, uid=f"uid-{name}"),
        spec=NodeSpec(unschedulable=cordoned),
        status=NodeStatus(conditions=(Condition(type="Ready", status=ready),)),
    )


def a_budget(
    name: str = "web",
    *,
    healthy: int,
    needed: int,
    expected: int,
    allowed: int = 0,
    observed: int = 1,
    selector: LabelSelector | None = LabelSelector(match_labels={"app": "web"}),  # noqa: B008 - it is frozen
    policy: str | None = None,
) -> PodDisruptionBudget:
    """A PodDisruptionBudget of the pods with app=web, as its controller has worked it out."""
    return PodDisruptionBudget(
        metadata=meta(name),
        spec=BudgetSpec(selector=selector, unhealthy_pod_eviction_policy=policy),
        status=BudgetStatus(
            observed_generation=observed,
            disruptions_allowed=allowed,
            current_healthy=healthy,
            desired_healthy=needed,
            expected_pods=expected,
        ),
    )


def an_event(about: Pod, reason: str, message: str) -> Event:
    """An Event about a pod."""
    return Event(
        metadata=meta(f"{about.metadata.name}.{reason}"),
        involved_object=ObjectReference(kind="Pod", name=about.metadata.name, uid=about.metadata.uid),
        reason=reason,
        message=message,
    )
