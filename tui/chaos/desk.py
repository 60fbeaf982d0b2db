"""The chaos desk: every fault passes the guard, the access review, the world and the journal, in this order."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from msgspec import structs

from tui.chaos import catalogue
from tui.chaos.clearance import Clearance
from tui.chaos.fault import Plan, Target
from tui.chaos.going_on import GONE, evict_patiently, strike_on
from tui.chaos.guard import FaultRefused, Guard
from tui.chaos.journal import Entry, Journal, JournalError, Told
from tui.chaos.keeper import Keeper, Telling, tell
from tui.chaos.reach import Machines, Reach
from tui.chaos.rights import Rights
from tui.chaos.running import Running, State
from tui.chaos.settings import read_settings
from tui.chaos.sight import Sight
from tui.chaos.steps import AnyStep, Delete, Evict
from tui.chaos.undo import undo
from tui.clean import PlainError, one_line
from tui.cluster.connection import Connection
from tui.cluster.contexts import Nature
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.gateway import Gateway
from tui.steady import steady
from tui.world import World

T = TypeVar("T")

REMEMBERED_VICTIMS = 5000
FORBIDDEN = 403
LONGEST_S = 24 * 3600.0
"""What lasts has an end: nobody remembers for longer what they have broken."""
ARRIVES_WITHIN_S = 65.0
"""So long after it was given up can a write still be carried out: an API server gives up itself after a minute
(kube-apiserver --request-timeout), and what stands before it may have answered in its place long before."""


class Unanswered(ClusterError):
    """A fault of which it is not known whether it was done; what lasts of it is taken back when it is found."""


@dataclass(frozen=True)
class Injected:
    """A fault that the API server has accepted, `at` that moment (monotonic seconds)."""

    plan: Plan
    at: float
    entry: Entry


class ChaosDesk:
    """One source's desk; `close` ends it, and with it all that lasts."""

    def __init__(
        self,
        connection: Connection,
        guard: Guard,
        world: World,
        journal: Journal,
        *,
        machines: Machines | None = None,
        ephemeral: bool = False,
        rng: random.Random | None = None,
        clock: Callable[[], float] = steady,
        doubt: Callable[[], str] = lambda: "",
        is_open: Callable[[str], bool] = lambda _uid: False,
        telling: Telling | None = None,
        pause: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    ) -> None:
        """`ephemeral`: the cluster ends with us. `doubt`: why the world must not be acted upon now, or ""."""
        gateway = Gateway(connection)
        self.guard = guard
        self.rights = Rights(connection, gateway)
        self.journal = journal
        self.telling = telling or Telling()
        self.reach = Reach(gateway, machines)
        self.sight = Sight(world, self.reach, guard, rng or random.Random(), is_open)
        self.keeper = Keeper(journal, self.reach, self.telling, clock, pause)
        self._connection = connection
        self._ephemeral = ephemeral
        self._clock = clock
        self._pause = pause
        self._victims: OrderedDict[str, None] = OrderedDict()
        self._clearance = Clearance(
            guard, self.rights, world, self.sight, self.keeper, journal, self._is_here, doubt
        )

    # ---------------------------------------------------------------- questions

    def is_ours(self, pod_uid: str) -> bool:
        """Whether we asked for the end of that pod."""
        return pod_uid in self._victims

    async def plan(
        self,
        fault: str,
        target: Target,
        given: Mapping[str, str] | None = None,
        *,
        for_s: float | None = None,
    ) -> Plan:
        """What exactly would be done; FaultRefused says why it can't be. Sends reads only."""
        known = catalogue.find(fault)
        settings = read_settings(known.settings, given or {})
        if target.aim is not known.aim:
            raise FaultRefused(f"{known.name} is done to a {known.aim.value}, not to a {target.aim.value}")
        if target.namespace in self.guard.protected:
            raise FaultRefused(f"{target.namespace} is protected")
        why = await known.unable(self.sight)
        if why:
            raise FaultRefused(why)
        plan = await known.plan(target, settings, self.sight)
        if for_s is None:
            return plan
        if plan.for_s is None:
            raise FaultRefused(f"{known.name} does not last ({plan.undo}): leave out how long")
        if not 0 < for_s <= LONGEST_S:
            raise FaultRefused(f"for {for_s:g} s: say how long, more than 0 and at most {LONGEST_S:g} s")
        return replace(plan, for_s=for_s)

    def left_behind(self) -> list[Told]:
        """The faults on this very cluster that runs which are no more have left behind, oldest first."""
        found = []
        for one in self.journal.outstanding():
            if one.entry.id in self.keeper.running or self.journal.lives(one.entry.run):
                continue
            if one.entry.ephemeral:
                with suppress(JournalError):  # the next look finds it again
                    self.journal.ended(one.entry, "gone", "its sandbox is gone, and the fault with it")
            elif self._is_here(one.entry):
                found.append(one)
        return found

    # ---------------------------------------------------------------- injecting

    async def fire(self, plan: Plan, *, anyway: bool = False) -> Injected:
        """Injects it. `anyway`: also where a gap is open already.

        FaultRefused when the guard, the rights or the world say no, Refused when the server does, JournalError when
        it could not be written down first. In none of these cases anything is left behind that could be undone.
        Unanswered when no answer came that tells: what comes of it later is undone too.
        Whoever is cancelled while it is being sent has it taken back.
        """
        await self._clearance.require(plan, anyway=anyway)
        entry = self._write_down(plan)
        running = self.keeper.take(entry, plan)
        # By itself: a request that is given up on its way may still arrive, later than the undo.
        injecting = self.keeper.in_background(self._inject(running), "fault")
        try:
            return await asyncio.shield(injecting)
        except asyncio.CancelledError:
            running.unwanted = True
            if plan.lasting and running.state is not State.OVER:
                self.keeper.in_background(self.keeper.undo(running), "undo")
            raise

    def _write_down(self, plan: Plan) -> Entry:
        context = self._connection.context
        return self.journal.begin(
            context=context.name,
            server=context.shown_server,
            fault=plan.fault,
            target=plan.target.key,
            title=plan.title,
            undo=plan.undo,
            steps=plan.steps,
            deadline=None if plan.for_s is None else self.journal.clock() + plan.for_s,
            ephemeral=self._ephemeral and context.nature is Nature.SANDBOX,
        )

    async def _inject(self, running: Running) -> Injected:
        plan = running.plan
        # Before it is sent: the watch may tell of their end sooner than the answer comes.
        self._remember(plan.ends_pods - {_ended_by(step) for step in plan.steps})
        try:
            await self._send_all(running)
        except Exception as error:
            # What was not sent is not ours to undo, even if somebody else has done the same meanwhile.
            running.entry = structs.replace(running.entry, steps=tuple(running.sent))
            running.at_rest.set()
            await self._take_back(running, error)
            if isinstance(error, ClusterError) and not _was_not_done(error):
                said = f"no answer that tells whether it was done: {error.said}"
                raise Unanswered(error.asked, said, error.hint) from error
            raise
        finally:
            running.at_rest.set()
        return self._accepted(running)

    async def _send_all(self, running: Running) -> None:
        plan = running.plan
        patient: list[AnyStep] = []
        for number, step in enumerate(plan.steps):
            if isinstance(step, Evict) and step.patient:
                patient.append(step)
                continue
            try:
                await self._send(running, step)
            except Refused as error:
                # Of several victims, one that has gone by itself meanwhile stops nothing.
                if not number or step.undoable or error.code not in GONE:
                    raise
        if running.unwanted:
            raise FaultRefused(f"stopped while it was being sent: {plan.title}")
        if patient:

            async def send(step: AnyStep) -> None:
                await self._send(running, step)

            work = evict_patiently(running, patient, send, self.telling.changed, self._pause)
            running.work = self.keeper.in_background(work, "evictions")

    async def _send(self, running: Running, step: AnyStep) -> None:
        plan, victim = running.plan, _ended_by(step)
        self._clearance.require_guard(plan)
        if running.unwanted:
            raise FaultRefused(f"stopped while it was being sent: {plan.title}")
        self._remember({victim} & plan.ends_pods)
        try:
            await step.send(self.reach, running.id)
        except Exception as error:
            if _was_not_done(error):
                self._victims.pop(victim, None)  # whoever ends it later, it is not our doing
            else:
                running.sent.append(step)
                running.unanswered = step
                running.may_arrive_until = self._clock() + ARRIVES_WITHIN_S
            if isinstance(error, Refused) and error.code == FORBIDDEN:
                self.rights.forget(plan.rights)  # the yes of the access review holds no more
            raise
        running.sent.append(step)

    async def _take_back(self, running: Running, error: Exception) -> None:
        """Nothing half done: what was sent before the refusal is undone again."""
        plan, ended = running.plan, {_ended_by(step) for step in running.sent} & running.plan.ends_pods
        if _was_not_done(error):
            for uid in plan.ends_pods - ended:
                self._victims.pop(uid, None)
        if ended:  # those have no undo: their heals are to be told as what they are
            done = f"{plan.done}: {len(ended)} of {len(plan.ends_pods)}"
            tell(self.telling.injected, replace(plan, done=done, ends_pods=frozenset(ended)), self._clock())
        if running.entry.lasting:
            with suppress(PlainError):  # it stays outstanding and is tried again, and its error has been told
                await self.keeper.undo(running, how="refused")
        else:
            sent = f"after {len(ended)} of {len(plan.ends_pods)}: " if ended else ""
            how = "refused" if _was_not_done(error) else "unanswered"
            self.keeper.over(running, how, sent + one_line(str(error)))
        tell(self.telling.changed)

    def _accepted(self, running: Running) -> Injected:
        at, plan = self._clock(), running.plan
        if plan.for_s is not None:
            self.keeper.last(running, at)
        else:
            self.keeper.over(running, "done")
        if plan.repeat is not None:
            work = strike_on(running, lambda: self._strike(plan), self.telling.changed, self._pause)
            running.work = self.keeper.in_background(work, "schedule")
        tell(self.telling.injected, plan, at)
        tell(self.telling.changed)
        return Injected(plan, at, running.entry)

    async def _strike(self, plan: Plan) -> None:
        assert plan.repeat is not None
        await self.fire(await self.plan(plan.repeat.fault, plan.target, plan.repeat.settings))

    # ---------------------------------------------------------------- the way back

    async def undo(self, fault_id: str, *, force: bool = False) -> str:
        """Undoes one fault of this run, or one that another has left behind; says what was found.

        Contested asks for `force`; FaultRefused when there is nothing of that id to undo.
        """
        running = self.keeper.running.get(fault_id)
        if running is not None:
            return await self.keeper.undo(running, force=force)
        entry = self._outstanding(fault_id)
        if self.guard.read_only:
            raise FaultRefused("started with --read-only: nothing can be undone")
        try:
            said = await undo(entry, self.reach, force=force)
        except PlainError as error:
            with suppress(JournalError):
                self.journal.held(entry, one_line(str(error)))
            raise
        try:
            self.journal.ended(entry, "undone", said)
        except JournalError as error:
            tell(self.telling.notice, "warning", f"undone, but {error}")
        tell(self.telling.changed)
        return said

    def forget(self, fault_id: str) -> None:
        """Leaves things as they are now: what the fault has changed stays, and is not undone any more."""
        running = self.keeper.running.get(fault_id)
        if running is not None:
            if running.state in (State.INJECTING, State.UNDOING):
                raise FaultRefused(f"it is {running.state.value} just now: {running.plan.title}")
            self.keeper.over(running, "forgotten", "left as it is")
        else:
            self.journal.ended(self._outstanding(fault_id), "forgotten", "left as it is")
        tell(self.telling.changed)

    def _outstanding(self, fault_id: str) -> Entry:
        for one in self.journal.outstanding():
            if one.entry.id == fault_id:
                if not self._is_here(one.entry):
                    where = f'context "{one.entry.context}" at {one.entry.server}'
                    raise FaultRefused(f"fault {fault_id} was injected into {where}: choose that context")
                return one.entry
        raise FaultRefused(f"there is no fault {fault_id} that could be undone (see: gapwatch chaos journal)")

    async def stop_everything(self) -> list[str]:
        """No new faults from now on, and all lasting ones undone, those too that earlier runs have left behind.

        What could not be, in words.
        """
        self.guard.disarm()
        left = await self.keeper.undo_all()
        try:
            behind = self.left_behind()
        except JournalError as error:
            return [*left, str(error)]
        for one in reversed(behind):
            try:
                await self.undo(one.entry.id)
            except PlainError as error:
                left.append(f"{one.entry.title}: {one_line(str(error))}")
        return left

    async def close(self) -> list[str]:
        """The end: undoes what lasts, within a few seconds; what could not be, in words. Safe to call twice.

        Whoever is cancelled meanwhile waits for it all the same: a terminal that is closed often says so twice.
        """
        self._clearance.is_closing = True
        ending = asyncio.ensure_future(self.keeper.close())
        try:
            return await _to_its_end(ending)
        finally:
            self.journal.close()

    # ---------------------------------------------------------------- inside

    def _is_here(self, entry: Entry) -> bool:
        context = self._connection.context
        return (entry.context, entry.server) == (context.name, context.shown_server)

    def _remember(self, pod_uids: Iterable[str]) -> None:
        for uid in pod_uids:
            self._victims[uid] = None
        while len(self._victims) > REMEMBERED_VICTIMS:
            self._victims.popitem(last=False)


async def _to_its_end(work: asyncio.Future[T]) -> T:
    """What `work` gives; a cancellation that comes meanwhile is raised when it is done, and does not reach it."""
    interrupted: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            interrupted = error
    if interrupted is not None:
        raise interrupted
    return work.result()


def _was_not_done(error: Exception) -> bool:
    """Whether that is certain: an answer that was lost, or one of 500 and above, does not tell."""
    return isinstance(error, FaultRefused) or (isinstance(error, Refused) and error.code < 500)


def _ended_by(step: AnyStep) -> str:
    """The uid of what that step ends, or ""."""
    return step.ref.uid if isinstance(step, Delete | Evict) else ""
