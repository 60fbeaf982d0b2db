"""Once against for ever, live: two copies under the same strokes, counted side by side. On the session's loop only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from itertools import cycle, pairwise
from typing import Any

from tui.chaos import contrast as plans
from tui.chaos.contrast import ONCE, RECONCILED, Stroke
from tui.chaos.fault import Need, Plan
from tui.chaos.guard import FaultRefused
from tui.chaos.running import State
from tui.clean import PlainError, one_line
from tui.cluster.errors import ClusterError, Refused
from tui.facts import Deployment, Pod, ReplicaSet
from tui.reconcile.drift import FieldDrift, compare_locally
from tui.session.contrast_lane import Lane
from tui.session.contrast_news import ContrastNews, ContrastPhase, DayNews
from tui.session.engine import Engine
from tui.session.news import News
from tui.world import Update

SHORTEST_DAY_S, SHORTEST_INTERVAL_S = 30.0, 1.0
LOOK_EVERY_S = 0.5
"""How often it is asked whether what is seen can be believed, for a stream that goes stale sends nothing."""
READ_AGAIN_S = 0.2
"""How far apart two looks at the whole objects are at least."""
DAYS_STROKES = (Stroke.DELETE, Stroke.CRASH, Stroke.EDIT)
"""In this order, again and again: ten of each a day."""
REAPPLY = "re-apply"
_NOT_FOUND = 404
_FAULTS = {Stroke.DELETE: "delete-pod", Stroke.CRASH: "crash"}

Tell = Callable[[Callable[[News], None]], None]
_LIVE = (ContrastPhase.STARTING, ContrastPhase.RUNNING)


class _StillThere(FaultRefused):
    """What is to be applied has a namesake that is being ended."""


class Contrast:
    """The contrast of one session. Its public methods return at once; what came of them is told as news."""

    def __init__(self, engine: Engine, tell: Tell) -> None:
        self._engine = engine
        self._tell = tell
        self._phase = ContrastPhase.OFF
        self._namespace = ""
        self._fault_id = ""
        self._is_unwanted = False
        """Whether it was stopped before it had begun."""
        self._lanes = {name: Lane(name) for name in (ONCE, RECONCILED)}
        self._began: float | None = None
        self._ended: float | None = None
        self._day: DayNews | None = None
        self._every_s: float | None = None
        self._due: float | None = None
        self._last: tuple[str, float | None] = ("", None)
        self._note = ""
        self._turn = 0
        """Counts up when the schedule or the interval is set anew: what was set before ends."""
        self._is_stale = asyncio.Event()
        self._edited: dict[str, float] = {}
        """By copy: when its object was created, deleted or asked to be otherwise, as far as its generation tells."""
        self._heard: dict[str, float] = {}
        """By copy: when anything of its object was news last."""
        self._striking = asyncio.Lock()
        engine.listeners.append(self._hear)

    # ---------------------------------------------------------------- what people ask for

    def start(self) -> None:
        """Creates both copies; counting begins when both are ready."""
        if self._phase not in _LIVE:
            self._forget()
            self._phase = ContrastPhase.STARTING
            self._do(self._start(), "not started")
            self.tell()

    def stop(self) -> None:
        """Deletes both with their namespace; what was counted stays to be looked at."""
        if self._phase in _LIVE:
            self._is_unwanted = True
            if self._fault_id:
                self._do(self._undo(self._fault_id), "not ended")

    def strike(self, stroke: Stroke) -> None:
        """Does that to both at the same moment."""
        self._do(self._strike_by_hand(stroke), f"not {plans.DONE[stroke]}")

    def keep_day(self, day_s: float | None) -> None:
        """Thirty strokes in so many seconds, day after day, the first at once; None ends it."""
        self._day = None
        if day_s is not None and self._phase is ContrastPhase.RUNNING:
            now = self._engine.now()
            self._day = DayNews(max(SHORTEST_DAY_S, day_s), now, now, DAYS_STROKES[0].value, 0)
            self._do(self._strike_all_day(self._day), "the schedule has ended")
        self.tell()

    def reapply(self, copy: str) -> None:
        """Applies what was declared of that copy, by hand: a person was needed."""
        self._do(self._reapply_by_hand(copy), "not re-applied")

    def keep_applying(self, every_s: float | None) -> None:
        """Re-applies the bare pod every so many seconds from now on; None ends it."""
        self._every_s = self._due = None
        self._turn += 1
        if every_s is not None and self._phase is ContrastPhase.RUNNING:
            self._every_s = max(SHORTEST_INTERVAL_S, every_s)
            self._do(self._apply_for_ever(self._turn, self._every_s), "the interval has ended")
        self.tell()

    def tell(self) -> None:
        """Tells how it stands now."""
        told = self.news()

        def put(news: News) -> None:
            news.contrast = told

        self._tell(put)

    def changed(self) -> None:
        """Something about the faults that go on has changed: whoever has this one undone has ended it."""
        if self._phase in _LIVE and self._fault_id:
            running = self._engine.desk.keeper.running.get(self._fault_id)
            if running is None or running.state not in (State.INJECTING, State.LASTING):
                self._end()

    def news(self) -> ContrastNews:
        """All of it as it is now."""
        last, last_at = self._last
        return ContrastNews(
            phase=self._phase,
            once=self._lanes[ONCE].news(),
            reconciled=self._lanes[RECONCILED].news(),
            namespace=self._namespace,
            image=plans.IMAGE,
            fault_id=self._fault_id,
            began=self._began,
            ended=self._ended,
            day=self._day,
            apply_every_s=self._every_s,
            apply_due=self._due,
            last=last,
            last_at=last_at,
            note=one_line(self._note),
            objection=self._objection(),
        )

    # ---------------------------------------------------------------- its beginning and its end

    def _objection(self) -> str:
        """Why it can't be started at this source, or ""."""
        source = self._engine.source
        if source.namespace is not None:
            return f"it needs to see all namespaces: start with -A (now: {source.namespace} alone)"
        if source.selector:
            return f"it needs to see every Deployment: start without -l {source.selector}"
        return ""

    async def _start(self) -> None:
        objection = self._objection()
        try:
            if objection:
                raise FaultRefused(objection)
            desk = self._engine.desk
            namespace = self._namespace = await plans.free_name(desk.sight)
            injected = await desk.fire(plans.creation(namespace), anyway=True)
        except BaseException:
            self._phase = ContrastPhase.OFF
            self._namespace = ""
            self.tell()
            raise
        self._fault_id = injected.entry.id
        self._engine.in_background(self._watch(self._fault_id), "contrast")
        self._engine.in_background(self._compare_for_ever(self._fault_id), "drift of the contrast")
        self._measure(self._engine.now())
        if self._is_unwanted:
            await self._undo(self._fault_id)

    def _forget(self) -> None:
        """Everything from 0."""
        self._lanes = {name: Lane(name) for name in (ONCE, RECONCILED)}
        self._fault_id, self._is_unwanted = "", False
        self._began = self._ended = None
        self._last, self._note = ("", None), ""
        self._edited, self._heard = {}, {}

    async def _undo(self, fault_id: str) -> None:
        await self._engine.desk.undo(fault_id)

    def _end(self) -> None:
        """Nothing is counted from now on, and nothing more is done to the copies."""
        now = self._engine.now()
        self._phase, self._ended = ContrastPhase.ENDED, now
        self._day = self._every_s = self._due = None
        self._turn += 1
        for lane in self._lanes.values():
            lane.uptime = lane.uptime.until(now) if lane.uptime is not None else None
            lane.drift = lane.drift.until(now) if lane.drift is not None else None
        self.tell()

    def _goes_on(self, fault_id: str) -> bool:
        return self._phase in _LIVE and self._fault_id == fault_id

    # ---------------------------------------------------------------- what is seen

    def _hear(self, updates: Sequence[Update], at: float) -> None:
        """Called for each frame, when the world knows it already."""
        if self._phase not in _LIVE or not self._namespace:
            return
        ours = [update for update in updates if self._is_ours(update)]
        for update in ours:
            self._turn_pod(update, at)
            self._note_edit(update, at)
        if ours:
            self._is_stale.set()
            self._measure(at)

    def _is_ours(self, update: Update) -> bool:
        fact = update.new or update.old
        return isinstance(fact, Pod | ReplicaSet | Deployment) and fact.metadata.namespace == self._namespace

    def _turn_pod(self, update: Update, at: float) -> None:
        old, new = update.old, update.new
        if not isinstance(old, Pod | None) or not isinstance(new, Pod | None):
            return
        pod = new or old
        name = (pod.metadata.labels or {}).get("app", "") if pod is not None else ""
        if name in self._lanes:
            self._lanes[name].turn(at, old, new)

    def _note_edit(self, update: Update, at: float) -> None:
        fact, old, new = update.new or update.old, update.old, update.new
        if fact is None or fact.metadata.name not in self._lanes:
            return  # of the Deployment's pods none is called as itself
        copy = fact.metadata.name
        self._heard[copy] = at
        if old is None or new is None or old.metadata.generation != new.metadata.generation:
            self._edited[copy] = at

    def _when(self, copy: str, read_at: float) -> float:
        """Since when it is as it was read: by the frame that told so where generations are counted, else about now."""
        return self._edited.pop(copy, max(read_at, self._heard.get(copy, read_at)))

    def _measure(self, at: float) -> None:
        known = not self._engine.doubt()
        for name, lane in self._lanes.items():
            lane.measure(at, self._pods(name), known=known)
        if self._phase is ContrastPhase.STARTING and self._fault_id and known:
            self._begin_when_ready(at)
        self.tell()

    def _begin_when_ready(self, at: float) -> None:
        """Both are counted from one moment on: neither has a head start."""
        if all(lane.is_up for lane in self._lanes.values()):
            self._phase, self._began = ContrastPhase.RUNNING, at
            for lane in self._lanes.values():
                lane.begin(at)

    def _pods(self, copy: str) -> list[Pod]:
        world = self._engine.world
        if copy == ONCE:
            pod = self._bare_pod()
            return [pod] if pod is not None else []
        deployment = world.deployment(self._namespace, RECONCILED)
        return world.pods_of(deployment.metadata.uid) if deployment is not None else []

    def _bare_pod(self) -> Pod | None:
        return self._engine.world.pods.named(f"{self._namespace}/{ONCE}")

    async def _watch(self, fault_id: str) -> None:
        """What is seen can turn into what is not believed any more without anything being seen."""
        doubted = False
        while self._goes_on(fault_id):
            doubt = bool(self._engine.doubt())
            if doubt != doubted or self._phase is ContrastPhase.STARTING:
                doubted = doubt
                self._measure(self._engine.now())
            await asyncio.sleep(LOOK_EVERY_S)

    async def _compare_for_ever(self, fault_id: str) -> None:
        """Looks at the whole objects whenever they may have changed: facts hold no templates."""
        while self._goes_on(fault_id):
            self._is_stale.clear()
            for name in self._lanes:
                began = self._engine.now()
                drifted, missing = await self._compare(name)
                if self._goes_on(fault_id):
                    at = self._when(name, began)
                    self._lanes[name].compare(at, drifted, missing=missing)
            if self._goes_on(fault_id):
                self.tell()
            await asyncio.sleep(READ_AGAIN_S)
            await self._is_stale.wait()

    async def _compare(self, copy: str) -> tuple[Sequence[FieldDrift] | None, bool]:
        """Its fields that are otherwise than declared, None where that can't be told; and whether it is missing."""
        try:
            live = await self._read(copy)
        except ClusterError:
            return None, False
        if live is None:
            return (), True
        return compare_locally(live, plans.declared(copy, self._namespace)), False

    async def _read(self, copy: str) -> dict[str, Any] | None:
        gateway = self._engine.desk.reach.gateway
        try:
            return await gateway.read(plans.resource(copy), copy, namespace=self._namespace)
        except Refused as error:
            if error.code == _NOT_FOUND:
                return None
            raise

    # ---------------------------------------------------------------- strokes

    async def _strike_by_hand(self, stroke: Stroke) -> None:
        self._require_running()
        missed = await self._strike(stroke)
        if len(missed) == len(self._lanes):
            raise FaultRefused(missed[ONCE])

    async def _strike_all_day(self, day: DayNews) -> None:
        """One stroke after the other at even distances, until another day is set."""
        for count, (stroke, following) in enumerate(pairwise(cycle(DAYS_STROKES)), start=1):
            if self._is_that_day(day):
                await self._strike(stroke)
            if not self._is_that_day(day):
                return
            due = day.began + count * day.every_s
            self._day = replace(day, due=due, next_stroke=following.value, struck=count)
            self.tell()
            await asyncio.sleep(max(0.0, due - self._engine.now()))

    def _is_that_day(self, day: DayNews) -> bool:
        return self._day is not None and self._day.began == day.began

    async def _strike(self, stroke: Stroke) -> dict[str, str]:
        """Both at once; of each that was not hit, why."""
        async with self._striking:
            self._last = (stroke.value, self._engine.now())
            answers = await asyncio.gather(*(self._hit(name, stroke) for name in self._lanes))
        missed = {name: why for name, why in zip(self._lanes, answers, strict=True) if why}
        self._note = next(iter(missed.values()), "")
        self.tell()
        return missed

    async def _hit(self, copy: str, stroke: Stroke) -> str:
        lane, at = self._lanes[copy], self._engine.now()
        try:
            await self._engine.desk.fire(await self._plan(copy, stroke), anyway=True)
        except PlainError as error:
            lane.missed += 1
            lane.mark(at, plans.DONE[stroke], hit=False)
            return str(error)
        lane.struck += 1
        lane.mark(at, plans.DONE[stroke])
        return ""

    async def _plan(self, copy: str, stroke: Stroke) -> Plan:
        desk, sight = self._engine.desk, self._engine.desk.sight
        if copy == ONCE:
            return await plans.against_pod(stroke, self._bare_pod(), sight)
        deployment = self._engine.world.deployment(self._namespace, RECONCILED)
        if deployment is None:
            raise FaultRefused("the Deployment is gone")
        target = self._engine.target(deployment.metadata.uid)
        if stroke is Stroke.EDIT:
            return await plans.edit_of_deployment(target, sight)
        return await desk.plan(_FAULTS[stroke], target)

    # ---------------------------------------------------------------- re-applying

    async def _reapply_by_hand(self, copy: str) -> None:
        self._require_running()
        if await self._apply(copy):
            self._lanes[copy].by_hand += 1
            self._last, self._note = (REAPPLY, self._engine.now()), ""
        else:
            self._note = "nothing to re-apply: all is as declared"
        self.tell()

    async def _apply_for_ever(self, turn: int, every_s: float) -> None:
        """A loop like a controller's, but it looks when its time has come, not when something happens."""
        while turn == self._turn:
            try:
                if await self._apply(ONCE):
                    self._lanes[ONCE].by_loop += 1
            except _StillThere:
                pass  # the next round finds it gone
            except PlainError as error:
                self._note = str(error)
            self._due = self._engine.now() + every_s
            self.tell()
            await asyncio.sleep(every_s)

    async def _apply(self, copy: str) -> bool:
        """Applies what was declared, as past the guard as any fault; False where there was nothing to do."""
        namespace, rights = self._namespace, self._engine.desk.rights
        self._require_consent(namespace)
        await rights.require(Need(verb, plans.resource(copy), namespace) for verb in ("patch", "create"))
        live = await self._read(copy)
        document = plans.declared(copy, namespace, self._fault_id)
        if live is not None and (live.get("metadata") or {}).get("deletionTimestamp"):
            raise _StillThere(f"{copy} is on its way out still: again in a moment")
        if live is not None and not compare_locally(live, document):
            return False
        self._require_consent(namespace)
        at = self._engine.now()
        # Forced, for both objects are ours: whoever edits them by hand does so to see what comes of it.
        await self._engine.desk.reach.gateway.apply(document, force=True)
        self._lanes[copy].mark(at, "re-applied")
        return True

    def _require_consent(self, namespace: str) -> None:
        """FaultRefused where it has ended meanwhile, or the guard says no."""
        self._require_running()
        objection = self._engine.guard.objection(namespace)
        if objection:
            raise FaultRefused(objection)

    def _require_running(self) -> None:
        if self._phase is not ContrastPhase.RUNNING:
            raise FaultRefused(f"the contrast is {self._phase.value}")

    # ---------------------------------------------------------------- inside

    def _do(self, work: Coroutine[Any, Any, None], failed: str) -> None:
        """Does it beside everything else; what stood in the way is told."""

        async def attempt() -> None:
            try:
                await work
            except PlainError as error:
                self._complain(f"{failed}: {error}")
            except Exception as error:
                self._complain(f"{failed}: gapwatch itself failed: {type(error).__name__}")

        self._engine.in_background(attempt(), "contrast")

    def _complain(self, text: str) -> None:
        self._note = text
        self._tell(lambda news: news.notices.append(("error", one_line(text))))
        self.tell()
