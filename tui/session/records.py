"""What is remembered of one Deployment and of one pod, and how much of it.

All bounds together, in bytes as measured with CPython 3.11 by tests/session/test_memory_bound.py, so that 8 hours
of a workshop with 50 Deployments fit into 50 MB whatever is done in them:

- a Deployment's record, full to the brim (600 points, 100 steps, 20 marks, 20 heals of 20 pairs): 0.35 MB; 50: 17 MB
- the heals of all Deployments, as numbers and phases: 2,000 of 2.1 kB: 4 MB
- pods that went in the last 5 minutes: of 1.6 kB, 1,500 at five a second: 2.5 MB; never more than 10,000: 16 MB

Of what is older than that, only how often a Deployment has healed is known.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tui.facts import Pod
from tui.reconcile import actors
from tui.reconcile.heal import Heal, HealKind, PodMoments
from tui.session.deeds import Deed
from tui.session.news import Mark, PodState, Point

POINTS_KEPT = 600
POINTS_KEPT_S = 120.0
"""Twice what a chart looks back."""
STEPS_KEPT = 100
HEALS_KEPT = 20
"""Of one Deployment, with the pairs of their pods: only the newest PAIRS_FILED of each."""
PAIRS_FILED = 20
VICTIMS_KEPT = 200
HEALS_KEPT_IN_ALL = 2000
"""Of all Deployments together, as numbers and phases only: one every 15 s for 8 hours."""
MARKS_KEPT = 20
DEEDS_KEPT = 20
SPANS_KEPT = 40
GONE_KEPT_S = 300.0
GONE_KEPT = 10_000
"""Pods that went, of all Deployments together: a storm must not fill the memory for five minutes."""
STRAYS_KEPT = 1000
OWNER_COMES_WITHIN_S = 30.0
"""Streams race: a pod can be seen this long before the ReplicaSet that owns it. Other owners never come."""
SAME_MOMENT_S = 0.05
"""What was seen this shortly before a gap opened may be what opened it: streams race."""
REPLICASET_LAGS_S = 1.0
"""A ReplicaSet's own frame can come this long after those of the pods that it ended because it wanted fewer."""
JUST_CREATED_S = 10.0
"""A Deployment that is older than this when it comes into sight was not created then: it came to be selected."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One step at one moment; its text is still as the cluster wrote it."""

    at: float
    step: actors.Step


@dataclass(frozen=True, slots=True)
class Movement:
    """A rollout or a scaling that somebody asked for, from its first sign until nothing is left to do for it."""

    kind: HealKind
    began: float
    text: str
    replicaset_uid: str = ""
    """Of a rollout: what is rolled out, and when that was first seen."""
    replicaset_at: float | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """A heal that is over, without its pods; it outlives its Deployment, and so has the name with it."""

    heal: Heal
    namespace: str
    name: str


@dataclass
class Record:
    """The memory of one Deployment."""

    points: deque[Point] = field(default_factory=lambda: deque(maxlen=POINTS_KEPT))
    happened: deque[Happened] = field(default_factory=lambda: deque(maxlen=STEPS_KEPT))
    marks: deque[Mark] = field(default_factory=lambda: deque(maxlen=MARKS_KEPT))
    deeds: deque[Deed] = field(default_factory=lambda: deque(maxlen=DEEDS_KEPT))
    """What we did to it, of which gaps may come."""
    heals: deque[Heal] = field(default_factory=lambda: deque(maxlen=HEALS_KEPT))
    """Those that are over; the one under way is `heal`."""
    heal: Heal | None = None
    healed: int = 0
    """How many gaps have closed, as the controllers' status said too; one that opens again is counted again."""
    created: float | None = None
    """When it was seen being created; None where it was there before we looked."""
    movement: Movement | None = None
    """The rollout or scaling under way."""
    movement_is_new: bool = False
    """Whether no heal has taken note of it yet."""
    spec_changed: float | None = None
    """When something else than the number of pods was last asked for: a rollout may follow."""
    node_turned: bool = False
    """Whether one of its nodes has changed since the last look."""

    @property
    def opened_before_us(self) -> bool:
        """Whether its gap was open when we first looked, and has been since."""
        return self.heal is not None and self.heal.found_open and self.heal.closed is None

    @property
    def last_heal_s(self) -> float | None:
        """How long the last closed gap took; it need not have settled yet."""
        if self.heal is not None and self.heal.confirmed is not None:
            return self.heal.total_s
        return next((heal.total_s for heal in reversed(self.heals) if heal.total_s is not None), None)


@dataclass
class PodRecord:
    """The memory of one pod: its moments, and its states as spans."""

    moments: PodMoments
    spans: deque[tuple[float | None, PodState]] = field(default_factory=lambda: deque(maxlen=SPANS_KEPT))


def pod_state(pod: Pod, *, was_ready: bool) -> PodState:
    """A pod's state as people see it: `was_ready` tells one that lost readiness from one that never had it."""
    if not pod.active:
        return PodState.TERMINATING
    if pod.ready:
        return PodState.READY
    if was_ready:
        return PodState.UNREADY
    return PodState.STARTING if pod.started else PodState.PENDING
