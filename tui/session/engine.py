"""One run on one event loop: streams into the world, conclusions out of it, and the chaos desk beside it."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tui.chaos.desk import ChaosDesk
from tui.chaos.fault import Aim, Target
from tui.chaos.guard import Guard
from tui.chaos.journal import Journal
from tui.chaos.keeper import Telling
from tui.chaos.machines import KindMachines
from tui.chaos.reach import Machines
from tui.cluster.contexts import Context, Nature
from tui.cluster.errors import ClusterError
from tui.cluster.gateway import Gateway
from tui.cluster.reflector import Changed, Listed, Reflector
from tui.cluster.stream_status import StreamStatus
from tui.declared.deployments import Declared
from tui.facts import Deployment
from tui.log import state_path
from tui.reconcile.evidence import MANAGED_FIELDS, Grade, Step
from tui.session import drift_views
from tui.session.applying import Applied, Applier
from tui.session.assessment import Assessor
from tui.session.chronicle import Chronicle
from tui.session.declaration import Declaration
from tui.session.gauge import Gauge
from tui.session.memory import Housekeeping
from tui.session.news import FleetRow
from tui.session.overview import Overview
from tui.session.own_writes import OwnWrites
from tui.session.permissions import Permissions
from tui.session.source import Source
from tui.session.streams import Streams
from tui.session.survey import Survey
from tui.session.tugs import Tugs
from tui.steady import steady
from tui.world import Update, World

FLUSH_S = 0.1
"""Dirty keys are turned into rows this often at most: people see a tenth of a second as at once."""


@dataclass(frozen=True)
class Batch:
    """The conclusions of one flush: changed rows, and the uids of Deployments that are gone."""

    rows: tuple[FleetRow, ...]
    removed: tuple[str, ...]


class Engine:
    """Runs while its `running()` block is open; `on_batch` is called on its loop, ten times a second at most."""

    def __init__(
        self,
        source: Source,
        *,
        read_only: bool = False,
        protect: Iterable[str] = (),
        on_batch: Callable[[Batch], None] = lambda _batch: None,
        clock: Callable[[], float] = steady,
        rng: random.Random | None = None,
        journal: Journal | None = None,
        manifests: Declared | None = None,
    ) -> None:
        self.source = source
        self.world = World()
        self._clock = clock
        rng = rng or random.Random()
        server_now = source.connection.server_now
        self._streams = Streams(source, clock, rng)
        self.guard = Guard(source.connection.context, read_only, frozenset(protect))
        self.telling = Telling()
        self.desk = self._open_desk(journal or Journal(state_path(), time.time), rng)
        self.tugs = Tugs()
        self.declaration = self._hold_against(manifests) if manifests is not None else None
        """What was declared, held against this cluster; None where no manifests were given."""
        self.chronicle = Chronicle(self.world, self.desk.is_ours, server_now, self._who_applied)
        self.gauge = Gauge(
            self.world, self.chronicle, clock=clock, server_now=server_now, measured=self._mark
        )
        self.overview = Overview(self)
        self._own_writes = OwnWrites(self.chronicle, self._mark)
        self.telling.injected, self.telling.undone = self._own_writes.injected, self._own_writes.undone
        self.permissions = Permissions(self.desk.rights, self.guard, clock, self.in_background, self._learnt)
        self.survey = Survey(self.desk, self.guard, self.permissions, clock)
        self.coalesced: Counter[str] = Counter()
        """By kind: changes that a newer one of the same Deployment replaced before the next flush."""
        self.listeners: list[Callable[[Sequence[Update], float], None]] = []
        """Called on this loop with each frame's changes at their moment, when the world knows them already."""
        self.on_learnt: Callable[[], None] = lambda: None
        """Called on this loop when something has become known of what is allowed."""
        self.not_undone: list[str] = []
        """The lasting faults that could not be undone at the end, in words; the next start offers them."""
        self._on_batch = on_batch
        self._dirty: set[str] = set()
        self._removed: set[str] = set()
        self._wake = asyncio.Event()
        self._moved = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._housekeeping = Housekeeping()

    def _open_desk(self, journal: Journal, rng: random.Random) -> ChaosDesk:
        """The desk acts on what is seen here: it asks this engine whether that can be believed."""
        connection = self.source.connection
        return ChaosDesk(
            connection,
            self.guard,
            self.world,
            journal,
            machines=_machines_of(connection.context),
            ephemeral=self.source.sandbox is not None,
            rng=rng,
            clock=self._clock,
            doubt=self.doubt,
            is_open=lambda uid: self.gauge.is_open(uid),  # the gauge tells the chronicle, which asks the desk
            telling=self.telling,
        )

    def _hold_against(self, manifests: Declared) -> Declaration:
        """What was declared, read and applied through a gateway of its own, past the same guard as the desk."""
        gateway = Gateway(self.source.connection)
        return Declaration(
            manifests,
            self.world,
            Assessor(gateway, clock=self._clock),
            Applier(gateway, self.guard, self.desk.rights),
            changed=self._drift_changed,
            applied=self._applied,
            clock=self._clock,
        )

    # ---------------------------------------------------------------- life

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Engine]:
        """Streams and flushes while the block is open; a bug in either ends the block, not silently one stream."""
        jobs = [
            asyncio.create_task(self._consume(one), name=f"stream {one.kind}")
            for one in self._streams.reflectors
        ]
        jobs.append(asyncio.create_task(self._flush_for_ever(), name="flush"))
        if self.declaration is not None:
            jobs.append(asyncio.create_task(self.declaration.run(), name="drift"))
        self._tasks.update(jobs)
        try:
            yield self
        finally:
            try:
                if self.declaration is not None:
                    await self.declaration.close()
            finally:
                try:
                    self.not_undone = await self.desk.close()
                finally:
                    ended = await self._end_tasks()
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome

    async def _end_tasks(self) -> list[BaseException | None]:
        """Ends all that runs beside; what each of it ended with."""
        everything = [*self._tasks, *self._background]
        for task in everything:
            task.cancel()
        self.gauge.close()
        ended = await asyncio.gather(*everything, return_exceptions=True)
        self._housekeeping.end()
        return ended

    async def synced(self, timeout: float = 30.0) -> None:
        """Returns when there is a complete picture; ClusterError says what stands in its way."""

        def decided() -> bool:
            return self.world.synced or self._hopeless() is not None

        try:
            async with asyncio.timeout(timeout):
                await self.until(decided)
        except TimeoutError:
            waiting = self._streams.not_live
            said = next((one.error.said for one in waiting if one.error), "no complete list in time")
            raise ClusterError(self.source.connection.asked, said) from None
        if not self.world.synced:
            hopeless = self._hopeless()
            assert hopeless is not None
            raise hopeless

    async def until(self, fact: Callable[[], bool]) -> None:
        """Returns when `fact` holds; it is asked after every change and every turn of a stream's state."""
        while not fact():
            # Not `wait_for`: until Python 3.12 it may swallow a signal's cancellation that comes with a notification.
            with suppress(TimeoutError):
                async with asyncio.timeout(0.25), self._moved:
                    await self._moved.wait()

    @property
    def streams(self) -> list[StreamStatus]:
        """How each kind's stream is doing."""
        return self._streams.statuses

    # ---------------------------------------------------------------- questions

    def find(self, namespace: str, name: str) -> Deployment:
        """That Deployment, or a ClusterError that names what there is."""
        found = self.world.deployment(namespace, name)
        if found is not None:
            return found
        there = sorted(
            one.metadata.name
            for one in self.world.deployments.by_uid.values()
            if one.metadata.namespace == namespace
        )
        hint = f"there is: {', '.join(there[:8])}" if there else f"namespace {namespace} has no Deployments"
        raise ClusterError(self.source.connection.asked, f"no Deployment {namespace}/{name}", hint)

    def now(self) -> float:
        """The clock by which every moment here is told (monotonic seconds)."""
        return self._clock()

    def server_now(self) -> float:
        """The server's clock (epoch seconds)."""
        return self.source.connection.server_now()

    def doubt(self) -> str:
        """Why what is known must not be acted upon, or ""."""
        return self._streams.doubt()

    def target(self, deployment_uid: str, pod_uid: str = "") -> Target:
        """A Deployment as what a fault is done to; FaultRefused when it is gone."""
        meta = self.desk.sight.deployment(deployment_uid).metadata
        return Target(Aim.DEPLOYMENT, meta.name, meta.namespace, meta.uid, pod_uid)

    def in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Runs `work` beside the streams; it ends with them."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def failure(self) -> None:
        """Returns when a stream or the flush has ended, which only a bug can make them do."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    # ---------------------------------------------------------------- inside

    def _drift_changed(self, key: str) -> None:
        live = self.world.deployments.named(key)
        if live is not None:
            self._mark(live.metadata.uid)
        else:
            self._wake.set()  # one that is not there, or the loop: no row, and news all the same

    def _applied(self, key: str, done: Applied, actor: str) -> None:
        live = self.world.deployments.named(key)
        if live is not None and done.fields:
            self._own_writes.applied(live.metadata.uid, len(done.fields), actor, self._clock())

    def _who_applied(self, old: Deployment, new: Deployment) -> str:
        return self.declaration.who_applied(old, new) if self.declaration is not None else ""

    def _note_writers(self, updates: Sequence[Update], at: float) -> None:
        """Who wrote what, for tugs of war, and what has to be held against what was declared anew."""
        for uid, tug in self.tugs.note(updates, at):
            text = drift_views.tug_words(tug)
            self.chronicle.tell(uid, Step(tug.managers[-1], text, Grade.HINT, MANAGED_FIELDS), at)
        if self.declaration is not None:
            self.declaration.note(updates)

    async def _consume(self, reflector: Reflector[Any]) -> None:
        name = reflector.kind.name
        async for news in reflector.reflect():
            if isinstance(news, Listed):
                was_synced = self.world.synced
                updates = self.world.replace(name, news.objects)
                reflector.status.unseen_deaths += sum(not update.seen for update in updates)
                self._learn(name, updates, first=not was_synced)
                if self.world.synced and not was_synced:
                    if self.declaration is not None:
                        self.declaration.begin()
                    self._dirty.update(self.world.deployments.by_uid)
                    self._wake.set()  # even an empty fleet is news: now it is known to be empty
                self._housekeeping.listed()
            else:
                self._learn_changes(name, news)
            await self._announce()

    def _learn_changes(self, name: str, news: Changed[Any]) -> None:
        """Notes frame by frame, for a note is about the world as it was then; measures once for the whole read."""
        at, touched = self._clock(), set[str]()
        first = not self.world.synced
        for type_, fact in news.changes:
            updates = self.world.remove(name, fact) if type_ == "DELETED" else self.world.put(name, fact)
            touched |= self._note(name, updates, at, first=first)
        self._measure(touched, at)

    def _learn(self, kind: str, updates: Sequence[Update], *, first: bool) -> None:
        at = self._clock()
        self._measure(self._note(kind, updates, at, first=first), at)

    def _note(self, kind: str, updates: Sequence[Update], at: float, *, first: bool) -> set[str]:
        """Tells the chronicle, and gives the uids of the Deployments to be measured anew."""
        if not first:
            self.chronicle.note(updates, at)
            self._note_writers(updates, at)
        for listener in self.listeners:
            listener(updates, at)
        for update in updates:
            if isinstance(update.old, Deployment) and update.new is None:
                self._forget(update.old.metadata.uid)
        if first:
            return set()
        touched = {uid for update in updates for uid in update.deployments}
        self.coalesced[kind] += len(touched & self._dirty)
        self._dirty |= touched & self.world.deployments.by_uid.keys()
        return touched

    def _measure(self, uids: set[str], at: float) -> None:
        for uid in uids & self.world.deployments.by_uid.keys():
            self.gauge.measure(uid, at)
            self._mark(uid)

    def _forget(self, uid: str) -> None:
        self.gauge.forget(uid)
        self._removed.add(uid)
        self._dirty.discard(uid)
        self._wake.set()

    def _mark(self, uid: str) -> None:
        if uid in self.world.deployments.by_uid:
            self._dirty.add(uid)
            self._wake.set()

    def _learnt(self, namespace: str) -> None:
        self._mark_all_of(namespace)
        self.on_learnt()

    def _mark_all_of(self, namespace: str) -> None:
        for uid, deployment in self.world.deployments.by_uid.items():
            if deployment.metadata.namespace == namespace:
                self._mark(uid)

    async def _flush_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self.world.synced:
                dirty, self._dirty = self._dirty, set()
                removed, self._removed = self._removed, set()
                at = self._clock()
                for uid in dirty - self.gauge.gaps.keys():
                    self.gauge.measure(uid, at)
                self._on_batch(Batch(tuple(self.overview.row(uid) for uid in dirty), tuple(removed)))
            await asyncio.sleep(FLUSH_S)

    async def _announce(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    def _hopeless(self) -> ClusterError | None:
        """What will not be otherwise in a moment: a bug, a denial, or a first list that is none."""
        return self._broken() or self._streams.hopeless()

    def _broken(self) -> ClusterError | None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                return ClusterError("gapwatch itself", f"{task.get_name()} failed: {type(error).__name__}")
        return None


def _machines_of(context: Context) -> Machines | None:
    """The machines under its nodes where they are containers of this one: in a kind cluster on loopback."""
    is_kind = context.nature is Nature.LOCAL and context.name.startswith("kind-")
    return KindMachines() if is_kind else None
