"""Pods: what really runs, container by container."""

from __future__ import annotations

import math

from msgspec.structs import force_setattr

from tui.facts.meta import Condition, Fact, ObjectMeta, condition, parse_time
from tui.facts.nodes import Taint

EVICTS = "NoExecute"
"""The effect of taints that end pods which don't tolerate them."""
NODE_LOST_TAINTS = ("node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready")
"""What the node controller puts on a node whose kubelet is silent, or says that it is not ready."""
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
    finished_at: str | None = None
    """When it ended; a crash's back-off counts from then."""


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


class Toleration(Fact, frozen=True):
    """corev1.Toleration: which taints the pod bears, and for how many seconds; None is for ever."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None

    def covers(self, taint: Taint) -> bool:
        """Whether it speaks of this taint (core/v1 Toleration.ToleratesTaint)."""
        if self.effect not in ("", taint.effect) or self.key not in ("", taint.key):
            return False
        return self.operator == "Exists" or (bool(self.key) and self.value == taint.value)


class PodSpec(Fact, frozen=True):
    """The scheduler's one word about the pod, which node, and how long it bears that node's loss."""

    node_name: str | None = None
    tolerations: tuple[Toleration, ...] = ()
    """Only those that can cover the taints of a lost node."""

    def __post_init__(self) -> None:
        """A node carries many pods, and nearly all pods of a cluster bear a lost node for the same 300 s."""
        self.share("node_name")
        if self.tolerations:
            force_setattr(self, "tolerations", _shared(self.tolerations))

    def tolerates_s(self, taint: Taint) -> float:
        """For how many seconds the pod bears this taint: 0 is not at all, infinity for ever.

        Follows upstream's taint eviction (getMinTolerationTime): the shortest of what covers it counts.
        """
        covering = [one.toleration_seconds for one in self.tolerations if one.covers(taint)]
        limits = [max(0.0, float(seconds)) for seconds in covering if seconds is not None]
        return min(limits, default=math.inf) if covering else 0.0


_LOST = tuple(Taint(key=key, effect=EVICTS) for key in NODE_LOST_TAINTS)
_KNOWN_TOLERATIONS: dict[tuple[Toleration, ...], tuple[Toleration, ...]] = {}
_MOST_KNOWN = 256
"""A cluster has few ways to write them; one that had many would not be helped by remembering them."""


def _shared(tolerations: tuple[Toleration, ...]) -> tuple[Toleration, ...]:
    """Those that matter once a node is lost, as one object for all pods that have the same."""
    known = _KNOWN_TOLERATIONS.get(tolerations)
    if known is None:
        known = tuple(one for one in tolerations if any(one.covers(taint) for taint in _LOST))
        if len(_KNOWN_TOLERATIONS) < _MOST_KNOWN:
            _KNOWN_TOLERATIONS[tolerations] = known
    return known


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
