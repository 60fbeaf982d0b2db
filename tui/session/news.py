"""What a session tells the screens: frozen values whose text has been cleaned.

This is the one place where text from a cluster becomes text for people: whoever builds one of these values from
facts passes it through `clean`, and nobody below or above has to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tui.reconcile.explain import Cause
from tui.reconcile.gap import Gap
from tui.reconcile.heal import Heal
from tui.session.chaos_news import Answer, FaultNews, PlanNews, RunningNews, Stopped, SurveyNews
from tui.session.contrast_news import ContrastNews
from tui.session.drift_news import AppliedNews, DeclaredNews, DriftNews, FieldDriftNews, TugNews


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One Deployment in the fleet. Times are monotonic seconds."""

    uid: str
    namespace: str
    name: str
    revision: str
    gap: Gap
    paused: bool
    cause: Cause
    why: str
    opened: float | None
    """When its gap opened; None while there is none."""
    opened_before_us: bool
    last_heal_s: float | None
    healed: int = 0
    """How many of its gaps have closed and settled since we look, also those too short to be seen open."""
    drift: DriftNews | None = None
    """Against what was declared; None where it is not declared."""
    tug: TugNews | None = None
    """The tug of war over one of its fields, if there is one."""

    @property
    def key(self) -> str:
        """namespace/name"""
        return f"{self.namespace}/{self.name}"


class PodState(StrEnum):
    """A pod's state as a bar is drawn."""

    PENDING = "pending"
    STARTING = "starting"
    READY = "ready"
    UNREADY = "not ready"
    TERMINATING = "terminating"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class PodView:
    """One pod in the tree. `since`: when this state began, where that was seen."""

    uid: str
    name: str
    state: PodState
    note: str
    node: str
    restarts: int
    since: float | None


@dataclass(frozen=True, slots=True)
class ReplicaSetView:
    """One ReplicaSet in the tree with its pods, oldest first."""

    uid: str
    name: str
    revision: str
    desired: int
    ready: int
    newest: bool
    pods: tuple[PodView, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """The measured values from `at` on."""

    at: float
    desired: int
    ready: int
    available: int


@dataclass(frozen=True, slots=True)
class Lifeline:
    """One pod's states in order: each (since, state) holds until the next; `since` None is before we looked."""

    uid: str
    name: str
    spans: tuple[tuple[float | None, PodState], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the narrative. `grade` 1-3 is the quality of the evidence for who acted."""

    at: float
    actor: str
    text: str
    grade: int
    evidence: str = ""
    """What says so, in a few words: "our own write", "its binding", "an Event", "managedFields", "a guess"."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault of ours on the time axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain that says why not yet, from the Deployment down to what blocks it."""

    subject: str
    """What it is about, as people name it: "Deployment web", "pod x2k4c", "node worker2"."""
    text: str
    waits_for: str = ""
    """What has to happen next and by whom, or ""."""
    due: float | None = None
    """When that is due by the clock alone (monotonic seconds), for a countdown; None where nobody knows."""
    hopeless: bool = False
    """Whether no controller will close it: somebody has to act."""
    since: float | None = None
    """Since when it is so (monotonic seconds), where that is known."""
    aside: bool = False
    """Whether it is no reason for the gap, but stands in the way of something else, such as a drain."""


@dataclass(frozen=True, slots=True)
class DeploymentDetail:
    """Everything that the Deployment screen shows of one Deployment."""

    row: FleetRow
    replicasets: tuple[ReplicaSetView, ...]
    points: tuple[Point, ...]
    lifelines: tuple[Lifeline, ...]
    told: tuple[Told, ...]
    marks: tuple[Mark, ...]
    heal: Heal | None
    """The heal under way, or else the last one."""
    objection: str
    """Why a pod of this Deployment can't be deleted now, or ""."""
    chain: tuple[Link, ...] = ()
    """Why not yet, link by link; empty where everything is as asked for."""
    faults: tuple[FaultNews, ...] = ()
    """The faults that have a key, and whether they can be injected here now."""
    declared: DeclaredNews | None = None
    """Where it was declared, and how it was compared; None where it is not declared."""
    drift: tuple[FieldDriftNews, ...] = ()
    """What is not as declared, field by field. Controllers hold this; nothing will bring back what was declared."""
    tugs: tuple[TugNews, ...] = ()
    """The tugs of war over its fields, the one with the most writes first."""


@dataclass
class News:
    """What changed since the last time somebody took the news."""

    rows: dict[str, FleetRow] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    detail: DeploymentDetail | None = None
    notices: list[tuple[str, str]] = field(default_factory=list)
    """(severity, text): answers to what a person asked for."""
    applied: list[AppliedNews] = field(default_factory=list)
    """What came of each apply that a person asked for."""
    answers: list[Answer] = field(default_factory=list)
    """To what was asked under a number."""
    plans: list[PlanNews] = field(default_factory=list)
    survey: SurveyNews | None = None
    running: tuple[RunningNews, ...] | None = None
    """The faults that go on, the newest first, and then what earlier runs have left behind; None is as before."""
    stopped: Stopped | None = None
    contrast: ContrastNews | None = None
    """None is as before."""
    synced: bool = False
    failed: str = ""
    """Why there is no source at all, in one line."""
