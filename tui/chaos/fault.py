"""What a fault is: a description for people, and a plan that says exactly what will be done, before anything is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tui.chaos.need import Need as Need
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight
from tui.chaos.spared import is_daemon
from tui.chaos.steps import AnyStep, Create
from tui.chaos.target import Aim as Aim
from tui.chaos.target import Group as Group
from tui.chaos.target import Target as Target
from tui.cluster.contexts import Nature
from tui.facts import Deployment


@dataclass(frozen=True)
class Hit:
    """A Deployment that will feel it, and those of its pods that will end or be lost."""

    deployment_uid: str
    key: str
    """namespace/name"""
    pod_uids: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Without its namespace."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True)
class Repeat:
    """The fault is another one, again and again: `every_s` apart, `times` at most (None is until it is ended)."""

    fault: str
    every_s: float
    times: int | None
    settings: Mapping[str, str] = field(default_factory=dict)


Spares = Callable[[dict[str, Any]], bool]
"""Whether something leaves this whole pod alone."""


@dataclass(frozen=True)
class Sweep:
    """Nodes all of whose pods are at stake, those too that move in after the plan was made."""

    nodes: tuple[str, ...]
    bare: bool = False
    """Whether pods that nobody would replace may be among them."""
    spares: Spares = is_daemon
    """Whom it leaves alone."""


@dataclass(frozen=True)
class Plan:
    """Exactly what will be done. Making one has sent nothing but reads."""

    fault: str
    target: Target
    title: str
    """What it does, as an order: "delete pod web-7d-x2k4c of shop/web"."""
    done: str
    """The same as what "you" did, for marks and heals: "deleted pod web-7d-x2k4c"."""
    steps: tuple[AnyStep, ...]
    victims: tuple[tuple[str, str], ...]
    """The pods (or the one object) that it is aimed at, as (uid, name); pods have to be active still when it fires."""
    hits: tuple[Hit, ...]
    needs: tuple[Need, ...]
    """What the fault says that it needs; `rights` is the whole."""
    undo: str
    """How it is undone, or why it is not: "not undone: replaced"."""
    for_s: float | None = None
    """After how many seconds it is undone by itself; None for what has no undo."""
    ends_pods: frozenset[str] = frozenset()
    """The uids of the pods whose end, when it comes, will be our doing."""
    remarks: tuple[str, ...] = ()
    """What one has to know before saying yes: what was rounded, what is not respected, what is left out."""
    repeat: Repeat | None = None
    sweep: Sweep | None = None

    @property
    def lasting(self) -> bool:
        """Whether it goes on until it is undone."""
        return self.for_s is not None

    @property
    def rights(self) -> tuple[Need, ...]:
        """Everything that doing it and undoing it asks of the API server."""
        return tuple(dict.fromkeys((*self.needs, *(need for step in self.steps for need in step.needs))))

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces in which something is written, or in which a victim stands (namespace/name)."""
        written = {step.ref.namespace for step in self.steps if hasattr(step, "ref")}
        victims = {name.partition("/")[0] for _, name in self.victims if "/" in name}
        return tuple(sorted((written | victims | {self.target.namespace}) - {""}))

    @property
    def asks_consent_of(self) -> tuple[str, ...]:
        """The same but for those that it creates itself: what is not there yet can't have opted out."""
        created = {one.ref.name for one in self.steps if isinstance(one, Create) and not one.ref.namespace}
        return tuple(one for one in self.namespaces if one not in created)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes to which something is done."""
        named = {step.node for step in self.steps if step.node}
        return tuple(sorted(named | ({self.target.name} if self.target.aim is Aim.NODE else set())))


class Fault(ABC):
    """One fault of the catalogue. All words are for people: short, true on every source."""

    name: ClassVar[str]
    """As on the command line and in files: "bad-image"."""
    title: ClassVar[str]
    """As on a button: "Bad image"."""
    key: ClassVar[str] = ""
    """The letter that is pressed for it on the main screens; "" where it is only in the menu."""
    group: ClassVar[Group]
    aim: ClassVar[Aim] = Aim.DEPLOYMENT
    does: ClassVar[str]
    """One sentence: what it does to the cluster."""
    teaches: ClassVar[str]
    """One sentence: what can be learnt by watching."""
    actors: ClassVar[tuple[str, ...]]
    """Who should answer, as the narrative names them."""
    success: ClassVar[str]
    """How one sees that the cluster has answered well."""
    settings: ClassVar[tuple[Setting, ...]] = ()
    lasts_s: ClassVar[float | None] = None
    """How long it lasts unless told otherwise; None for what has no undo."""
    steady: ClassVar[bool] = True
    """Whether it may start on a closed gap only, unless told otherwise."""

    loses_nodes: ClassVar[bool] = False
    """Whether the gaps that follow are those of lost nodes."""

    async def unable(self, sight: Sight) -> str:
        """Why this source can't do it, or ""; asked before it is offered."""
        return ""

    def objection(self, deployment: Deployment) -> str:
        """Why it must not be done to that Deployment as it is now, or ""; asked once more when it is fired."""
        return ""

    @abstractmethod
    def rights(self, target: Target) -> tuple[Need, ...]:
        """Without what it can't be done, as far as that is known before there is a plan."""

    def ways(self, target: Target, nature: Nature) -> tuple[tuple[Need, ...], ...]:
        """The rights of each way in which it may be done there; without all of one of them it can't be offered."""
        return (self.rights(target),)

    @abstractmethod
    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """Who and what exactly; FaultRefused when it can't be. Sends reads only."""
