"""What a session tells of drift: frozen values whose text has been cleaned. Moments are monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass

from tui.reconcile.drift import Change, DriftState


@dataclass(frozen=True, slots=True)
class DriftNews:
    """How far one Deployment is from what was declared."""

    state: DriftState
    fields: int
    """How many fields are otherwise; it counts only when the state is DRIFTED."""
    locally: bool
    """Whether it was compared locally, and not by the server's dry run."""


_AS_ONE = ("spec.template", "spec.strategy")
"""Of managedFields only so much is kept: who writes in turn there may write different fields."""


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
        told = f"{', '.join(others)} and {last} pull at {self.field} in turn, each back after {self.period_s:.0f} s"
        return f"{told}; its fields are not told apart" if self.field in _AS_ONE else told


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
