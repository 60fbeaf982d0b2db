"""The faults that go on: each with its deadline, what it still has to do, and the way back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from tui.chaos.fault import Plan
from tui.chaos.journal import Entry
from tui.chaos.steps import AnyStep


class State(StrEnum):
    """Where a fault stands."""

    INJECTING = "injecting"
    LASTING = "lasting"
    UNDOING = "undoing"
    CONTESTED = "contested"
    """Others have changed what we changed: a person has to say what holds."""
    STUCK = "stuck"
    """Its undo could not be done, and is tried again."""
    OVER = "over"


@dataclass(eq=False)
class Running:
    """One fault of this run. `at` and `until` are monotonic seconds."""

    entry: Entry
    plan: Plan
    at: float
    until: float | None
    state: State = State.INJECTING
    note: str = ""
    """What is to be known of it now: what a drain waits for, why its undo was not done, how often it struck."""
    struck: int = 0
    """How often a repeated fault has been injected."""
    skipped: int = 0
    """How often it was not, because the gap was open still or there was no victim."""
    work: asyncio.Task[None] | None = None
    """What goes on in the background: evictions that wait for a budget, or the next stroke of a schedule."""
    timer: asyncio.TimerHandle | None = None
    sent: list[AnyStep] = field(default_factory=list)
    """The steps that the server has accepted, or may have."""
    unanswered: AnyStep | None = None
    """The step to which no answer came, or one that does not tell: it may have been done, or arrive yet."""
    may_arrive_until: float = 0.0
    """Until when it may."""
    at_rest: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once none of its steps is on its way any more: what comes later than its undo would stay."""
    unwanted: bool = False
    """Whether no further step may be sent."""
    undoing: asyncio.Task[str] | None = None
    """The undo that is on its way, for all who ask for it."""
    seeing_to_it: asyncio.Task[None] | None = None
    """What tries its undo again and again."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> str:
        """As the journal knows it."""
        return self.entry.id
