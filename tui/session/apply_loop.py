"""A GitOps loop in miniature: every few seconds it applies what has drifted. Off by default, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from tui.clean import PlainError
from tui.reconcile.field_paths import words_of
from tui.session.applying import Applied
from tui.steady import steady

SHORTEST_S = 1.0
LONGEST_BACK_OFF_S = 300.0


@dataclass
class Counts:
    """Since the loop was started."""

    rounds: int = 0
    applied: int = 0
    """Deployments that it has put back."""
    refused: int = 0
    """Times that it was refused: by a conflict, by the server, or by us."""


@dataclass
class Trouble:
    """One Deployment that could not be applied: how often in a row, and when it is tried again (monotonic)."""

    times: int = 0
    due: float = 0.0
    why: str = ""


@dataclass
class ApplyLoop:
    """`drifted` gives what to apply; `objection` is why it must stop, or ""; `changed` is told of every turn."""

    drifted: Callable[[], Iterable[str]]
    apply: Callable[[str, bool], Awaitable[Applied]]
    objection: Callable[[], str]
    changed: Callable[[], None] = lambda: None
    clock: Callable[[], float] = steady
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    counts: Counts = field(default_factory=Counts)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    every_s: float = 0.0
    force: bool = False
    due: float | None = None
    """When the next round begins (monotonic seconds); None while it is off or in a round."""
    note: str = ""
    """Why it has ended by itself, or ""."""

    def __post_init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self._task is not None and not self._task.done()

    def start(self, every_s: float, *, force: bool = False) -> None:
        """Begins with a round at once; one that is running goes on at the new pace, its counts from 0."""
        self._cancel()
        self.every_s, self.force = max(SHORTEST_S, every_s), force
        self.counts, self.note = Counts(), ""
        self.troubles.clear()
        self._task = asyncio.get_running_loop().create_task(self._go_on(), name="apply loop")
        self.changed()

    def stop(self) -> None:
        """Ends it; its counts stay to be looked at."""
        self._cancel()
        self.due = None
        self.changed()

    async def close(self) -> None:
        """Ends it and waits for that; raises what only a bug can have made it end with."""
        task = self._task
        self._cancel()
        if task is not None:
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            if isinstance(outcome, Exception):
                raise outcome

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _go_on(self) -> None:
        while True:
            self.due = None
            why = self.objection()
            if why:
                self.note = f"stopped: {why}"
                self.changed()
                return
            await self.round()
            self.due = self.clock() + self.every_s
            self.changed()
            await self.pause(self.every_s)

    async def round(self) -> None:
        """One after the other, so that one that hangs or is refused keeps nothing from being told of the others."""
        self.counts.rounds += 1
        drifted = list(self.drifted())
        for key in self.troubles.keys() - set(drifted):
            del self.troubles[key]
        for key in drifted:
            if self.clock() >= self.troubles.get(key, Trouble()).due:
                await self._try(key)

    async def _try(self, key: str) -> None:
        try:
            applied = await self.apply(key, self.force)
        except PlainError as error:
            self._hold_off(key, str(error))
            return
        if applied.conflicts:
            first = applied.conflicts[0]
            more = f" and {len(applied.conflicts) - 1} more" if len(applied.conflicts) > 1 else ""
            self._hold_off(key, f"{first.manager} manages {words_of(first.field)}{more}")
            return
        self.troubles.pop(key, None)
        self.counts.applied += 1

    def _hold_off(self, key: str, why: str) -> None:
        """Twice as long each time it is refused again."""
        self.counts.refused += 1
        trouble = self.troubles.setdefault(key, Trouble())
        wait_s = min(LONGEST_BACK_OFF_S, self.every_s * 2.0 ** min(trouble.times, 20))
        trouble.times += 1
        trouble.due, trouble.why = self.clock() + wait_s, why
        self.changed()
