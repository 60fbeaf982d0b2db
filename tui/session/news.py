"""What a session tells the screens: frozen values whose text has been cleaned.

This is the one place where text from a cluster becomes text for people: whoever builds one of these values from
facts passes it through `clean`, and nobody below or above has to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tui.cluster.contexts import Nature
from tui.cluster.liveness import Liveness
from tui.reconcile.drift import Change, DriftState
from tui.reconcile.explain import Cause
from tui.reconcile.gap import Gap
from tui.reconcile.heal import Heal, HealKind, Phase
from tui.session.chaos_news import Answer, FaultNews, PlanNews, RunningNews, Stopped, SurveyNews
from tui.session.contrast_news import ContrastNews


@dataclass(frozen=True, slots=True)
class DriftNews:
    """How far one Deployment is from what was declared."""

    state: DriftState
    fields: int
    """How many fields are otherwise; it counts only when the state is DRIFTED."""
    locally: bool
    """Whether it was compared locally, and not by the server's dry run."""


@dataclass(frozen=True, slots=True)
class TugNews:
    """Managers that write one field in turn. Moments are monotonic seconds."""

    field: str
    managers: tuple[str, ...]
    period_s: float
    """The median time after which one of them comes back."""
    writes: int
    since: float
    last: float

    @property
    def sentence(self) -> str:
        """As people say it: "kubectl-edit and gitops pull at spec.replicas in turn, each back after 15 s"."""
        *others, last = self.managers
        return f"{', '.join(others)} and {last} pull at {self.field} in turn, each back after {self.period_s:.0f} s"


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
class HealNews:
    """One heal in numbers. Moments are monotonic seconds, durations seconds; None is not known (yet)."""

    deployment_uid: str
    namespace: str
    deployment: str
    kind: HealKind
    cause: str
    opened: float
    opened_at: str
    """The same by the server's clock, RFC 3339 with milliseconds."""
    phases: tuple[Phase, ...]
    """In order, without holes, from the opening on."""
    dead_s: float | None
    """From the opening to the first visible drop of available pods."""
    depth: int
    """The largest gap, in pods."""
    total_s: float | None
    """From the opening until the gap was closed for good."""
    overshoot: int
    """The most pods there were beyond what was desired (a rollout's surge)."""
    lost_pod_s: float
    """Pod-seconds lost: the integral of max(0, desired − available) from the opening on."""
    settled: float | None
    """When the gap had been closed for long enough; None while it has not."""
    guessed: bool = False
    """Whether which pod replaced which is a guess: several were lost at once."""

    @property
    def key(self) -> str:
        """namespace/name"""
        return f"{self.namespace}/{self.deployment}"


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
class FieldDriftNews:
    """One field that is not as declared. Values are text on one line; None is "not there"."""

    path: str
    """As in `spec.template.spec.containers[web].image`."""
    declared: str | None
    desired: str | None
    change: Change
    by: str
    """Whose field it is, by the manager's own name; "" where nobody knows, as with what was taken away."""
    at: float | None
    """When that manager wrote last: epoch seconds of the server, whole ones."""
    since: float | None
    """The same moment in monotonic seconds."""
    operation: str
    """"Apply" or "Update", with the subresource if there was one: "Update scale"."""


@dataclass(frozen=True, slots=True)
class DeclaredNews:
    """What stands behind one Deployment's drift."""

    place: str
    """The file and line where it was declared."""
    state: DriftState
    locally: str
    """Why it was compared locally, or "" where the server's dry run has told."""
    error: str
    """Why it can't be told, or why the server would refuse what is declared; or ""."""
    objection: str
    """Why it can't be applied now, or ""."""


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


@dataclass(frozen=True, slots=True)
class NotThere:
    """A Deployment that is declared and does not exist: it has no row, for it has no uid."""

    namespace: str
    name: str
    place: str

    @property
    def key(self) -> str:
        """namespace/name, as `Session.apply` takes it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class HoldingOff:
    """A Deployment that the apply loop leaves alone for a while, because it was refused."""

    key: str
    due: float
    """When it is tried again (monotonic seconds)."""
    times: int
    """How often in a row it was refused."""
    why: str


@dataclass(frozen=True, slots=True)
class LoopNews:
    """The apply loop. Counts begin with its start and stay after its end."""

    running: bool
    every_s: float
    force: bool
    rounds: int
    applied: int
    refused: int
    due: float | None
    """When the next round begins (monotonic seconds); None while it is off or in a round."""
    holding_off: tuple[HoldingOff, ...]
    note: str
    """Why it has stopped by itself, or ""."""


@dataclass(frozen=True, slots=True)
class DeclarationNews:
    """All that is declared, in numbers of Deployments."""

    deployments: int
    assessed: int
    """So many are known already."""
    drifted: int
    """Otherwise than declared, or not there."""
    fields: int
    failed: int
    """Those of which it can't be told; `error` says why."""
    missing: tuple[NotThere, ...]
    locally: str
    """Why at least one was compared locally, or "" where the server's dry run has told of all."""
    error: str
    remarks: tuple[str, ...]
    """What was left out of the manifests, a line each."""
    loop: LoopNews


@dataclass(frozen=True, slots=True)
class PlannedNews:
    """One Deployment that is not as declared, and what an apply would change of it."""

    key: str
    """namespace/name, as `Session.apply` takes it."""
    place: str
    """The file and line where it was declared."""
    is_there: bool
    """Where it is not, an apply creates it."""
    fields: tuple[FieldDriftNews, ...]
    locally: str
    """Why it was compared locally, or "" where the server's dry run has told."""
    error: str
    """Why the server would refuse what is declared, or ""."""


@dataclass(frozen=True, slots=True)
class AppliedNews:
    """What came of applying one Deployment by hand."""

    key: str
    fields: tuple[str, ...]
    """The paths that it has changed; none where all was as declared."""
    created: bool
    conflicts: tuple[tuple[str, str], ...]
    """(field, manager): nothing was applied because these are others'."""
    error: str = ""
    """Why nothing was applied for another reason, or ""."""


def nature_word(nature: Nature) -> str:
    """How a source is called where it can't be missed."""
    return "SANDBOX" if nature is Nature.SANDBOX else nature.value


@dataclass(frozen=True, slots=True)
class StreamNews:
    """How one kind's stream is doing. Counters begin with the session."""

    kind: str
    state: Liveness
    needed: bool
    """Whether there is no honest picture without it."""
    state_for_s: float
    age_s: float | None
    """Since the last bytes; None while none have come."""
    objects: int | None
    """How many are known; None, never 0, before there is a complete list."""
    frames: int
    events_per_s: float
    coalesced: int
    """Changes that were replaced by a newer one of the same Deployment before anybody was told."""
    reconnects: int
    relists: int
    streamed_list: bool
    """Whether its list came as a stream."""
    undecodable: int
    """Objects and frames that could not be read."""
    repeated: int
    """Frames that a server sent again."""
    unseen_deaths: int
    """Objects that were gone after a relist: their final state is unknown."""
    error: str
    """What is wrong now, or ""."""
    last_error: str
    """What was wrong last, also when it has been mended, or ""."""
    last_error_age_s: float | None


@dataclass(frozen=True, slots=True)
class SourceNews:
    """Which source this is, and whether it can be believed now."""

    context: str
    nature: Nature
    server: str
    version: str
    namespace: str | None
    """None is all namespaces."""
    selector: str
    state: Liveness
    age_s: float | None
    """Seconds since the last frame: of any stream while live, of the one that stopped while stale."""
    error: str
    note: str
    armed_for_s: float | None
    read_only: bool
    must_type: bool
    streams: tuple[StreamNews, ...] = ()
    declaration: DeclarationNews | None = None
    """None where nothing was declared to us."""


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
