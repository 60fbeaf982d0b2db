"""What was declared, held against the cluster for as long as the session lives: drift, found within a second.

A world update with a new generation, other labels or another writer has that Deployment assessed anew. What changes
goes before what is only looked at for the first time; there are never more than a few dry runs at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from tui.cluster.errors import ClusterError
from tui.cluster.gateway import FIELD_MANAGER
from tui.declared.deployments import Declared, DeclaredDeployment
from tui.facts import Deployment, ManagedFields
from tui.reconcile.authors import author
from tui.reconcile.drift import DriftState
from tui.reconcile.evidence import APPLY_LOOP, YOU
from tui.session.apply_loop import ApplyLoop
from tui.session.applying import Applied, Applier
from tui.session.assessment import Assessment, Assessor
from tui.steady import steady
from tui.world import Update, World

DEBOUNCE_S = 0.15
"""Several writes of one tool come in one go."""
AT_ONCE = 4
PER_SECOND = 25.0
"""Assessments, of two requests each: kubectl allows itself 50 requests a second."""
BURST = 50
FIRST_RETRY_S, LONGEST_RETRY_S = 2.0, 60.0
MOST_DOUBLINGS = 10
"""After that it is the longest anyway, and 2.0 ** 1024 is an error: what fails every minute gets there in a day."""
OURS_FOR_S = 5.0
"""Our own write comes back in the watch so soon."""


class Declaration:
    """`changed` is told the key of what is known anew. Use `begin` once the world is complete, and `close`."""

    def __init__(
        self,
        declared: Declared,
        world: World,
        assessor: Assessor,
        applier: Applier,
        *,
        changed: Callable[[str], None] = lambda _key: None,
        applied: Callable[[str, Applied, str], None] = lambda _key, _applied, _actor: None,
        clock: Callable[[], float] = steady,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.declared = declared
        self.loop = ApplyLoop(
            self.drifted, self._apply_in_loop, self._loop_objection, lambda: changed(""), clock, pause
        )
        self._world = world
        self._assessor = assessor
        self._applier = applier
        self._changed = changed
        self._applied = applied
        self._clock = clock
        self._pace = Pace(PER_SECOND, BURST, clock, pause)
        self._known: dict[str, tuple[int, Assessment]] = {}
        """By key: the number of the assessment, for a slow one must not replace a newer one."""
        self.version = 0
        """Grows with each change of what is known."""
        self._asked = 0
        self._urgent: dict[str, None] = {}
        self._patient: dict[str, None] = {}
        self._waiting = asyncio.Semaphore(0)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._retries: dict[str, int] = {}
        self._acting: dict[str, tuple[str, float]] = {}
        """By key: who of us applies or has just applied it, and until when a new version may be that."""
        self._is_closed = False

    # ---------------------------------------------------------------- questions

    def assessment(self, key: str) -> Assessment | None:
        """What is known of that Deployment; None where it is not declared."""
        if key not in self.declared.deployments:
            return None
        known = self._known.get(key)
        return Assessment() if known is None else known[1]

    def find(self, key_or_uid: str) -> DeclaredDeployment | None:
        """The declared Deployment of that namespace/name or of that uid."""
        live = self._world.deployments.by_uid.get(key_or_uid)
        return self.declared.deployments.get(live.metadata.key if live is not None else key_or_uid)

    def drifted(self) -> list[str]:
        """The keys of those that are not as declared, in the order of the manifests."""
        return [key for key in self.declared.deployments if self._is_drift(key)]

    @property
    def is_complete(self) -> bool:
        """Whether each has been assessed at least once."""
        return self._known.keys() >= self.declared.deployments.keys()

    def _is_drift(self, key: str) -> bool:
        known = self.assessment(key)
        return known is not None and known.is_drift

    # ---------------------------------------------------------------- life

    async def run(self) -> None:
        """Assesses what waits for it, until cancelled."""
        workers = [asyncio.create_task(self._work(), name=f"drift {at}") for at in range(AT_ONCE)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def begin(self) -> None:
        """Has everything assessed; what changes meanwhile goes first."""
        for key in self.declared.deployments:
            self._queue(key, self._patient)

    def replace(self, declared: Declared) -> None:
        """What was declared is otherwise: of what is so still, all that is known holds; the rest is assessed anew."""
        before, self.declared = self.declared.deployments, declared
        everything = dict.fromkeys((*before, *declared.deployments))
        others = [key for key in everything if not self._is_still(before.get(key), key)]
        for key in others:
            self._known.pop(key, None)
            self._retries.pop(key, None)
            if key in declared.deployments:
                self._queue(key, self._urgent)
        self.version += 1
        for key in others:
            self._changed(key)

    def _is_still(self, declared: DeclaredDeployment | None, key: str) -> bool:
        """Whether that very document is declared now, wherever it stands."""
        now = self.declared.deployments.get(key)
        return declared is not None and now is not None and declared.document == now.document

    async def close(self) -> None:
        """Ends the loop and all that waits."""
        self._is_closed = True
        for timer in self._timers.values():
            timer.cancel()
        await self.loop.close()

    # ---------------------------------------------------------------- changes

    def note(self, updates: Iterable[Update]) -> None:
        """Has those assessed anew of which the updates show that they may be otherwise."""
        for update in updates:
            old, new = update.old, update.new
            one = new or old
            if not isinstance(one, Deployment) or one.metadata.key not in self.declared.deployments:
                continue
            if not isinstance(old, Deployment) or not isinstance(new, Deployment) or _is_other(old, new):
                self._assess_in(DEBOUNCE_S, one.metadata.key)

    def who_applied(self, old: Deployment, new: Deployment) -> str:
        """Who of us has made this version, "you" or the apply loop, or "" where it was somebody else."""
        actor, until = self._acting.get(new.metadata.key, ("", 0.0))
        if not actor or self._clock() > until:
            return ""
        before, after = old.metadata.managed_fields, new.metadata.managed_fields
        writer = author(before, after, "spec.replicas" if old.spec.replicas != new.spec.replicas else "spec")
        ours = _our_entry(after)
        is_ours = writer is ours if writer is not None else ours is not None
        return actor if is_ours and ours is not None else ""

    def _assess_in(self, wait_s: float, key: str) -> None:
        if key in self._timers or self._is_closed:
            return
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(wait_s, self._come_due, key)

    def _come_due(self, key: str) -> None:
        self._timers.pop(key, None)
        self._patient.pop(key, None)
        self._queue(key, self._urgent)

    def _queue(self, key: str, queue: dict[str, None]) -> None:
        if key not in queue:
            queue[key] = None
            self._waiting.release()

    # ---------------------------------------------------------------- assessing

    async def _work(self) -> None:
        while True:
            await self._waiting.acquire()
            queue = self._urgent or self._patient
            if not queue:
                continue  # it has moved to the urgent ones and been done there
            key = next(iter(queue))
            del queue[key]
            await self._pace.turn()
            await self._assess(key)

    async def _assess(self, key: str) -> None:
        declared = self.declared.deployments.get(key)
        if declared is None:
            return  # it was until a moment ago
        self._asked += 1
        number = self._asked
        found = await self._assessor.assess(declared)
        if number < self._known.get(key, (0, None))[0] or not self._is_still(declared, key):
            return
        before = self.assessment(key)
        self._known[key] = number, found
        if found.state is DriftState.FAILED:
            self._retries[key] = tries = self._retries.get(key, 0) + 1
            self._assess_in(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(tries - 1, MOST_DOUBLINGS)), key)
        else:
            self._retries.pop(key, None)
        if found != before:
            self.version += 1
            self._changed(key)

    # ---------------------------------------------------------------- applying

    async def apply_one(self, key_or_uid: str, *, force: bool = False) -> Applied:
        """Applies one Deployment as it was declared. Raises FaultRefused or ClusterError for a no."""
        declared = self.find(key_or_uid)
        if declared is None:
            raise ClusterError(key_or_uid, "is not declared in the manifests that were given")
        return await self._apply(declared, force, YOU)

    async def _apply_in_loop(self, key: str, force: bool) -> Applied:
        declared = self.declared.deployments.get(key)
        if declared is None:
            raise ClusterError(key, "is not declared any more")
        return await self._apply(declared, force, APPLY_LOOP)

    async def _apply(self, declared: DeclaredDeployment, force: bool, actor: str) -> Applied:
        key = declared.key
        self._acting[key] = actor, float("inf")
        try:
            done = await self._applier.apply(declared, force=force)
        except BaseException:
            del self._acting[key]
            raise
        if done.conflicts:
            del self._acting[key]
        else:
            self._acting[key] = actor, self._clock() + OURS_FOR_S
            self._applied(key, done, actor)
            self._assess_in(0.0, key)
        return done

    def start_loop(self, every_s: float, *, force: bool = False) -> None:
        """Applies what has drifted now and every so many seconds; FaultRefused while the guard objects."""
        self._applier.require("")
        self.loop.start(every_s, force=force)

    def stop_loop(self) -> None:
        """Ends it."""
        self.loop.stop()

    def _loop_objection(self) -> str:
        return self._applier.objection("")


class Pace:
    """So many turns a second, with a burst at the beginning (a token bucket, as client-go's flowcontrol)."""

    def __init__(
        self,
        per_second: float,
        burst: int,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._every_s = 1.0 / per_second
        self._burst_s = burst * self._every_s
        self._clock = clock
        self._pause = pause
        self._next = clock() - self._burst_s

    async def turn(self) -> None:
        """Returns when it is one's turn."""
        now = self._clock()
        self._next = max(self._next, now - self._burst_s) + self._every_s
        if self._next > now:
            await self._pause(self._next - now)


def _is_other(old: Deployment, new: Deployment) -> bool:
    """Whether anything that can be declared may have changed. Annotations show only in who wrote metadata when."""
    if old.metadata.generation != new.metadata.generation or old.metadata.labels != new.metadata.labels:
        return True
    return _writers(old) != _writers(new)


def _writers(deployment: Deployment) -> list[ManagedFields]:
    return [one for one in deployment.metadata.managed_fields if one.subresource != "status"]


def _our_entry(entries: Iterable[ManagedFields]) -> ManagedFields | None:
    return next((one for one in entries if (one.manager, one.operation) == (FIELD_MANAGER, "Apply")), None)
