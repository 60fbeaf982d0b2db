"""One container as the simulated runtime has it, and what its next step depends on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from tui.sandbox.loops.behaviour import Behaviour, Timing
from tui.sandbox.loops.events import EventType
from tui.sandbox.loops.objects import Obj
from tui.sandbox.loops.probes import NEVER_ASKED, Probing

CREATING: Final[Obj] = {"waiting": {"reason": "ContainerCreating"}}


class State(Enum):
    """Where a container is in its life."""

    WAITING = "waiting for its pod's network"
    PULLING = "pulling its image"
    NO_IMAGE = "its image could not be pulled"
    PULL_BACKOFF = "waiting before the next pull"
    STARTING = "being created and started"
    RUNNING = "running"
    EXITED = "ended"
    CRASH_BACKOFF = "waiting before the next start"


@dataclass(frozen=True)
class Said:
    """What the kubelet has to say about a container: an Event to be."""

    type: EventType
    reason: str
    message: str


@dataclass(frozen=True)
class Run:
    """One container as the simulated runtime has it; times in cluster seconds."""

    state: State = State.WAITING
    due: float = math.inf
    shown: Obj = field(default_factory=lambda: dict(CREATING))
    last: Obj = field(default_factory=dict)
    restarts: int = 0
    runs: int = 0
    started: float = 0.0
    id: str = ""
    image: str = ""
    """What it was started from."""
    ready: bool = False
    readiness: Probing = NEVER_ASKED
    liveness: Probing = NEVER_ASKED
    killed_at: float = math.inf
    backoff: float = 0.0
    backoff_at: float = -math.inf
    pull_backoff: float = 0.0

    @property
    def has_ended(self) -> bool:
        """Terminated, for now or for good."""
        return "terminated" in self.shown


@dataclass(frozen=True)
class Surroundings:
    """What a container's next step depends on beside itself."""

    pod_id: str
    ip: str
    container: Obj
    behaviour: Behaviour
    timing: Timing
    images: frozenset[str]
    restart_policy: str
    now: float
    stamp: str


Stepped = tuple[Run, list[Said]]
