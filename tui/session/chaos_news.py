"""What a session tells the screens of faults: frozen values whose text has been cleaned."""

from __future__ import annotations

from dataclasses import dataclass

from tui.chaos.target import Aim, Group, Target


@dataclass(frozen=True, slots=True)
class SettingNews:
    """One thing that can be chosen of a fault; `default` as it would be typed, "" where there is none."""

    name: str
    help: str
    default: str


@dataclass(frozen=True, slots=True)
class FaultNews:
    """One fault of the catalogue, and whether it can be injected into what is selected."""

    name: str
    key: str
    group: Group
    aim: Aim
    title: str
    does: str
    teaches: str
    actors: tuple[str, ...]
    success: str
    settings: tuple[SettingNews, ...]
    lasts_s: float | None
    """How long it lasts unless told otherwise; None for what has no undo."""
    objection: str
    """Why it can't be injected here now, or ""."""


@dataclass(frozen=True, slots=True)
class NodeNews:
    """One node as a target. `pods` are those of what we watch."""

    uid: str
    name: str
    zone: str
    ready: bool
    cordoned: bool
    pods: int
    objection: str
    """Why nothing is ever done to it, or ""."""


@dataclass(frozen=True, slots=True)
class SurveyNews:
    """The whole catalogue for one Deployment ("" is none), and the nodes there are."""

    deployment_uid: str
    faults: tuple[FaultNews, ...]
    nodes: tuple[NodeNews, ...]


@dataclass(frozen=True, slots=True)
class PlanNews:
    """What exactly would be done, or why it can't be. `id` is what it is fired by."""

    id: int
    fault: str
    target: Target
    refused: str = ""
    title: str = ""
    victims: tuple[str, ...] = ()
    """The pods, or the one object, that it is aimed at."""
    hits: tuple[str, ...] = ()
    """The Deployments that will feel it, with how many of their pods."""
    hit_uids: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    undo: str = ""
    for_s: float | None = None
    """After how many seconds it is undone by itself; None for what has no undo."""
    steady: bool = False
    """Whether it is refused on an open gap, unless one insists."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What has become of something that was asked, by the number that it was asked under."""

    to: int
    done: bool
    text: str = ""
    still_open: bool = False
    """Refused for an open gap alone: one may insist."""


@dataclass(frozen=True, slots=True)
class RunningNews:
    """A fault that goes on, or that an earlier run has left behind. Moments are monotonic seconds."""

    id: str
    fault: str
    title: str
    target: str
    state: str
    """As `tui.chaos.running.State` has it, or "left behind"."""
    until: float | None = None
    """When it is undone by itself."""
    note: str = ""
    undo: str = ""
    left_behind: bool = False
    began: str = ""
    """By whom and when (RFC 3339), of one that was left behind."""
    insists: bool = False
    """Whether its undo was tried and not done: a person has to say whether to force or to leave it."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Everything was stopped: what has been undone, and what could not be."""

    undone: tuple[str, ...]
    left: tuple[str, ...]
