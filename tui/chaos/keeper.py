"""What becomes of a fault once it has been accepted: it lasts, has an end, and is taken back."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from tui.chaos.fault import Plan
from tui.chaos.journal import Entry, Journal, JournalError
from tui.chaos.reach import Reach
from tui.chaos.running import Running, State
from tui.chaos.steps import Contested
from tui.chaos.undo import undo
from tui.clean import PlainError, one_line

T = TypeVar("T")

_log = logging.getLogger("gapwatch.chaos")

AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""How long an undo that could not be done waits for its next try; the last of them for ever."""
CLOSE_WITHIN_S = 6.0
LOOK_EVERY_S = 5.0
"""How soon after a machine has woken up it is noticed that a deadline has passed meanwhile."""


@dataclass
class Telling:
    """Who is told what: every call comes on the desk's loop."""

    injected: Callable[[Plan, float], None] = lambda _plan, _at: None
    undone: Callable[[Plan, float], None] = lambda _plan, _at: None
    changed: Callable[[], None] = lambda: None
    """Something about the running faults is otherwise than before."""
    notice: Callable[[str, str], None] = lambda _severity, _text: None
    """(severity, text): what people have to know without having asked."""


def tell(listener: Callable[..., None], *news: Any) -> None:
    """Tells it; a bug in who listens is logged, and keeps nothing from being undone."""
    try:
        listener(*news)
    except Exception as error:
        _log.warning("who is told of faults has failed: %s", type(error).__name__)


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
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unwritten: list[tuple[Entry, str, str]] = []
        """How faults have ended that the journal does not know of yet, for it could not be written."""

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
        self._wait(running, asyncio.get_running_loop().time() + for_s, self._journal.clock() + for_s)

    def over(self, running: Running, how: str, note: str = "") -> None:
        """It is over, and the journal says how."""
        self._end_work(running)
        running.state, running.note = State.OVER, note
        self.running.pop(running.id, None)
        running.over.set()
        self._unwritten.append((running.entry, how, note))
        self._write_ends()

    async def undo(self, running: Running, *, force: bool = False, how: str = "undone") -> str:
        """Takes it back and says what was found; the error that stood in the way is kept as its note, and raised.

        Whoever asks while it is being undone gets the same answer; it is undone also when nobody waits any more.
        """
        running.unwanted = True
        if force and running.undoing is not None:
            await asyncio.wait([running.undoing])
        if running.undoing is None:
            running.undoing = self.in_background(self._undo(running, force, how), "undo")
        return await asyncio.shield(running.undoing)

    async def undo_all(self, within_s: float | None = None) -> list[str]:
        """Undoes all there is; what could not be (in time), in words.

        What could not be is tried again after others were: a pod answers once its node is no longer cut off.
        """
        loop = asyncio.get_running_loop()
        due = math.inf if within_s is None else loop.time() + within_s
        left: dict[Running, str] = {}
        asked = list(self.running.values())
        while asked:
            left |= await self._undo_each(asked, None if within_s is None else due - loop.time())
            again = [one for one in asked if left[one] and one.state is State.STUCK]
            asked = again if len(again) < len(asked) and loop.time() < due else []
        return [why for why in left.values() if why]

    async def close(self) -> list[str]:
        """Undoes what lasts, within a few seconds, and ends what goes on; what could not be undone, in words."""
        left = await self.undo_all(within_s=CLOSE_WITHIN_S)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._write_ends()
        return left

    def in_background(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Runs it beside everything else; it ends with the keeper."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    # ---------------------------------------------------------------- inside

    async def _undo_each(self, every: list[Running], within_s: float | None) -> dict[Running, str]:
        """Why each could not be undone, or ""."""
        tasks = [asyncio.ensure_future(self._try_undo(running)) for running in every]
        await asyncio.wait(tasks, timeout=within_s)
        why = {}
        for running, task in zip(every, tasks, strict=True):
            if task.done():
                why[running] = task.result()
                continue
            task.cancel()
            if running.undoing is not None:
                running.undoing.cancel()
            why[running] = f"{running.plan.title}: not undone in time"
        return why

    async def _try_undo(self, running: Running) -> str:
        try:
            await self.undo(running)
        except PlainError as error:
            return f"{running.plan.title}: {one_line(str(error))}"
        return ""

    async def _undo(self, running: Running, force: bool, how: str) -> str:
        await self._rest(running)
        if running.state is State.OVER:
            return running.note
        running.state = State.UNDOING
        tell(self._telling.changed)
        try:
            late = running.unanswered if self._clock() < running.may_arrive_until else None
            said = await undo(running.entry, self._reach, force=force, unanswered=late)
        except PlainError as error:
            contested = isinstance(error, Contested)
            self._not_undone(running, State.CONTESTED if contested else State.STUCK, one_line(str(error)))
            raise
        except asyncio.CancelledError:
            self._not_undone(running, State.STUCK, "not undone in time")
            raise
        self.over(running, how, said)
        tell(self._telling.undone, running.plan, self._clock())
        tell(self._telling.changed)
        return said

    async def _rest(self, running: Running) -> None:
        """Until nothing of it is on its way to the server any more."""
        work = running.work
        self._end_work(running)
        if work is not None:
            await asyncio.wait([work])
        await running.at_rest.wait()

    def _not_undone(self, running: Running, state: State, why: str) -> None:
        running.undoing, running.state, running.note = None, state, why
        with suppress(JournalError):
            self._journal.held(running.entry, why)
        tell(self._telling.notice, "error", f"not undone: {running.plan.title}: {why}")
        tell(self._telling.changed)
        if state is State.STUCK:
            self._see_to_it(running, at_once=False)

    def _wait(self, running: Running, due: float, due_on_the_wall: float) -> None:
        """Until the first of its two deadlines: the loop's clock stands still while a machine sleeps."""
        loop = asyncio.get_running_loop()
        left_s = due - loop.time()
        if left_s > 0 and self._journal.clock() < due_on_the_wall:
            wait_s = min(left_s, LOOK_EVERY_S)
            running.timer = loop.call_later(wait_s, self._wait, running, due, due_on_the_wall)
        else:
            self._deadline(running)

    def _deadline(self, running: Running) -> None:
        running.timer = None
        self._see_to_it(running, at_once=True)

    def _see_to_it(self, running: Running, *, at_once: bool) -> None:
        """Has it undone again and again, for nobody may be there to ask for it."""
        if running.seeing_to_it is None or running.seeing_to_it.done():
            running.seeing_to_it = self.in_background(self._undo_until_done(running, at_once), "undo again")

    async def _undo_until_done(self, running: Running, at_once: bool) -> None:
        tries = 0
        while running.id in self.running and running.state is not State.CONTESTED:
            if not at_once or tries:
                await self._pause(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
            with suppress(PlainError):
                await self.undo(running)
            tries += 1

    def _write_ends(self) -> None:
        """What could not be written earlier too; without it the next start would offer what is over already."""
        while self._unwritten:
            try:
                self._journal.ended(*self._unwritten[0])
            except JournalError as error:
                tell(self._telling.notice, "warning", f"over, but {error}")
                return
            self._unwritten.pop(0)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, PlainError):
            said = f"{task.get_name()}: gapwatch itself failed: {type(error).__name__}"
            tell(self._telling.notice, "error", said)

    @staticmethod
    def _end_work(running: Running) -> None:
        if running.timer is not None:
            running.timer.cancel()
            running.timer = None
        if running.work is not None:
            running.work.cancel()
            running.work = None
