"""Pods: what really runs, container by container."""

from __future__ import annotations

from tui.facts.meta import Condition, Fact, ObjectMeta, condition, parse_time

FINISHED = frozenset({"Succeeded", "Failed"})


class WaitingState(Fact, frozen=True):
    """corev1.ContainerStateWaiting: not running yet, or not again, and why."""

    reason: str = ""
    message: str = ""


class RunningState(Fact, frozen=True):
    """corev1.ContainerStateRunning."""

    started_at: str | None = None


class TerminatedState(Fact, frozen=True):
    """corev1.ContainerStateTerminated."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    started_at: str | None = None
    """None for what never ran, such as the ContainerStatusUnknown of a pod that was ended before its start."""


class ContainerState(Fact, frozen=True):
    """At most one of the three is set."""

    waiting: WaitingState | None = None
    running: RunningState | None = None
    terminated: TerminatedState | None = None


class ContainerStatus(Fact, frozen=True):
    """corev1.ContainerStatus: one container as its kubelet sees it."""

    name: str = ""
    image: str = ""
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()

    def __post_init__(self) -> None:
        """Containers of one template have one name and one image."""
        self.share("name", "image")

    @property
    def completed(self) -> bool:
        """Whether it has ended well."""
        return self.state.terminated is not None and self.state.terminated.exit_code == 0

    @property
    def has_run(self) -> bool:
        """Whether it runs or has run."""
        ended = self.state.terminated or self.last_state.terminated
        return self.state.running is not None or (ended is not None and bool(ended.started_at))


class PodSpec(Fact, frozen=True):
    """The scheduler's one word about the pod: which node."""

    node_name: str | None = None

    def __post_init__(self) -> None:
        """A node carries many pods."""
        self.share("node_name")


class PodStatus(Fact, frozen=True):
    """What the kubelet, the scheduler and the API server say of the pod."""

    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    conditions: tuple[Condition, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Fact, frozen=True):
    """corev1.Pod."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def active(self) -> bool:
        """Whether its ReplicaSet still counts on it (upstream's IsPodActive): not ended, not being ended."""
        return not self.metadata.terminating and self.status.phase not in FINISHED

    @property
    def ready(self) -> bool:
        """Whether the Ready condition is True; a terminating pod may stay ready for a while."""
        found = condition(self.status.conditions, "Ready")
        return found is not None and found.status == "True"

    @property
    def started(self) -> bool:
        """Whether at least one of its containers runs or has run."""
        for one in self.status.container_statuses:  # noqa: SIM110 - a generator costs more than most pods' one look
            if one.has_run:
                return True
        return False

    @property
    def restarts(self) -> int:
        """Restarts of all its containers together."""
        count = 0
        for one in self.status.container_statuses:
            count += one.restart_count
        return count

    def condition(self, type_: str) -> Condition | None:
        """The condition of that type, or None."""
        return condition(self.status.conditions, type_)

    def available_at(self, min_ready_seconds: int) -> float:
        """Server time (epoch seconds) from which this pod, which is ready, counts as available.

        Follows upstream's podutil.IsPodAvailable: ready for at least `min_ready_seconds`.
        """
        found = condition(self.status.conditions, "Ready")
        since = parse_time(found.last_transition_time) if found is not None else None
        return (since if since is not None else 0.0) + min_ready_seconds
