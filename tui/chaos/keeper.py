"""What becomes of a fault once it has been accepted: it lasts, has an end, and is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tui.chaos.fault import Plan
from tui.chaos.journal import Entry, Journal, JournalError
from tui.chaos.reach import Reach
from tui.chaos.running import Running, State
from tui.chaos.steps import Contested
from tui.chaos.undo import undo
from tui.clean import PlainError, one_line

AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""How long an undo that could not be done waits for its next try; the last of them for ever."""
CLOSE_WITHIN_S = 6.0


@dataclass
class Telling:
    """Who is told what: every call comes on the desk's loop."""

    injected: Callable[[Plan, float], None] = lambda _plan, _at: None
    undone: Callable[[Plan, float], None] = lambda _plan, _at: None
    changed: Callable[[], None] = lambda: None
    """Something about the running faults is otherwise than before."""
    notice: Callable[[str, str], None] = lambda _severity, _text: None
    """(severity, text): what people have to know without having asked."""


class Keeper:
    """Keeps the faults of one run until each is over."""

    def __init__(
        self,
        journal: Journal,
        reach: Reach,
        telling: Telling,
        clock: Callable[[], float],
        pause: Callable[[float], Coroutine[Any, Any, None]],
    ) -> None:
        self.running: dict[str, Running] = {}
        """The faults that are not over, by id."""
        self._journal = journal
        self._reach = reach
        self._telling = telling
        self._clock = clock
        self._pause = pause
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, entry: Entry, plan: Plan) -> Running:
        """A fault that is about to be sent."""
        running = Running(entry, plan, self._clock(), None)
        self.running[entry.id] = running
        return running

    def last(self, running: Running, at: float) -> None:
        """It has been accepted, and goes on until its deadline."""
        with suppress(JournalError):  # what was begun and has not ended is outstanding anyway
            self._journal.injected(running.entry)
        running.at = at
        for_s = running.plan.for_s
        assert for_s is not None
        running.state, running.until = State.LASTING, at + for_s
        running.timer = asyncio.get_running_loop().call_later(for_s, self._deadline, running)

    def over(self, running: Running, how: str, note: str = "") -> None:
        """It is over, and the journal says how."""
        self._end_work(running)
        running.state, running.note = State.OVER, note
        self.running.pop(running.id, None)
        running.over.set()
        with suppress(JournalError):  # the next start finds it outstanding, and nothing left to undo
            self._journal.ended(running.entry, how, note)

    async def undo(self, running: Running, *, force: bool = False, how: str = "undone") -> str:
        """Takes it back and says what was found; the error that stood in the way is kept as its note, and raised."""
        if running.state is State.UNDOING:
            await running.over.wait()
            return running.note
        before, running.state = running.state, State.UNDOING
        self._end_work(running)
        self._telling.changed()
        try:
            said = await undo(running.entry, self._reach, force=force)
        except PlainError as error:
            running.state = State.CONTESTED if isinstance(error, Contested) else State.STUCK
            running.note = one_line(str(error))
            with suppress(JournalError):
                self._journal.held(running.entry, running.note)
            self._telling.notice("error", f"not undone: {running.plan.title}: {running.note}")
            self._telling.changed()
            raise
        except BaseException:
            running.state = before
            raise
        self.over(running, how, said)
        self._telling.undone(running.plan, self._clock())
        self._telling.changed()
        return said

    async def undo_all(self, within_s: float | None = None) -> list[str]:
        """Undoes all there is; what could not be (in time), in words."""
        every = list(self.running.values())
        tasks = [asyncio.ensure_future(self._try_undo(running)) for running in every]
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
        left = []
        for running, task in zip(every, tasks, strict=True):
            if not task.done():
                task.cancel()
                left.append(f"{running.plan.title}: not undone in time")
            elif task.result():
                left.append(task.result())
        return left

    async def close(self) -> list[str]:
        """Undoes what lasts, within a few seconds, and ends what goes on; what could not be undone, in words."""
        left = await self.undo_all(within_s=CLOSE_WITHIN_S)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return left

    def in_background(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Runs it beside everything else; it ends with the keeper."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # ---------------------------------------------------------------- inside

    async def _try_undo(self, running: Running) -> str:
        try:
            await self.undo(running)
        except PlainError as error:
            return f"{running.plan.title}: {one_line(str(error))}"
        return ""

    def _deadline(self, running: Running) -> None:
        running.timer = None
        self.in_background(self._undo_until_done(running), "undo")

    async def _undo_until_done(self, running: Running) -> None:
        """At its deadline: again and again, for nobody may be there to ask for it."""
        tries = 0
        while running.id in self.running:
            try:
                await self.undo(running)
            except Contested:
                return
            except PlainError:
                await self._pause(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
                tries += 1

    @staticmethod
    def _end_work(running: Running) -> None:
        if running.timer is not None:
            running.timer.cancel()
            running.timer = None
        if running.work is not None and running.work is not asyncio.current_task():
            running.work.cancel()
            running.work = None
