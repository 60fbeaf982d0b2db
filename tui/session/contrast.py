"""Once against for ever, live: two copies under the same strokes, counted side by side. On the session's loop only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from tui.chaos import contrast as plans
from tui.chaos.contrast import ONCE, RECONCILED, Stroke
from tui.chaos.guard import FaultRefused
from tui.chaos.running import State
from tui.clean import PlainError, one_line
from tui.facts import Deployment, Pod, ReplicaSet
from tui.session.contrast_applying import Reapplying
from tui.session.contrast_copies import Copies
from tui.session.contrast_drift import ContrastDrift
from tui.session.contrast_news import ContrastNews, ContrastPhase
from tui.session.contrast_state import ContrastState
from tui.session.contrast_strokes import Strokes
from tui.session.engine import Engine
from tui.session.news import News
from tui.world import Update

LOOK_EVERY_S = 0.5
"""How often it is asked whether what is seen can be believed, for a stream that goes stale sends nothing."""

Tell = Callable[[Callable[[News], None]], None]


class Contrast:
    """The contrast of one session. Its public methods return at once; what came of them is told as news."""

    def __init__(self, engine: Engine, tell: Tell) -> None:
        self._engine = engine
        self._tell = tell
        self._state = ContrastState()
        self._copies = Copies(engine, self._state)
        self._drift = ContrastDrift(engine, self._state, self._copies, self.tell)
        self._strokes = Strokes(engine, self._state, self._copies, self.tell)
        self._reapplying = Reapplying(engine, self._state, self._copies, self.tell)
        self._is_unwanted = False
        """Whether it was stopped before it had begun."""
        engine.listeners.append(self._hear)

    # ---------------------------------------------------------------- what people ask for

    def start(self) -> None:
        """Creates both copies; counting begins when both are ready."""
        if not self._state.is_live:
            self._state.forget()
            self._drift.forget()
            self._is_unwanted = False
            self._state.phase = ContrastPhase.STARTING
            self._do(self._start(), "not started")
            self.tell()

    def stop(self) -> None:
        """Deletes both with their namespace; what was counted stays to be looked at."""
        if self._state.is_live:
            self._is_unwanted = True
            if self._state.fault_id:
                self._do(self._undo(self._state.fault_id), "not ended")

    def strike(self, stroke: Stroke) -> None:
        """Does that to both at the same moment."""
        self._do(self._strokes.strike_by_hand(stroke), f"not {plans.DONE[stroke]}")

    def keep_day(self, day_s: float | None) -> None:
        """Thirty strokes in so many seconds, day after day, the first at once; None ends it."""
        self._strokes.day = None
        if day_s is not None and self._state.is_running:
            self._do(self._strokes.set_day(day_s), "the schedule has ended")
        self.tell()

    def reapply(self, copy: str) -> None:
        """Applies what was declared of that copy, by hand: a person was needed."""
        self._do(self._reapplying.apply_by_hand(copy), "not re-applied")

    def keep_applying(self, every_s: float | None) -> None:
        """Re-applies the bare pod every so many seconds from now on; None ends it."""
        self._reapplying.end_interval()
        if every_s is not None and self._state.is_running:
            self._do(self._reapplying.set_interval(every_s), "the interval has ended")
        self.tell()

    def tell(self) -> None:
        """Tells how it stands now."""
        told = self.news()

        def put(news: News) -> None:
            news.contrast = told

        self._tell(put)

    def changed(self) -> None:
        """Something about the faults that go on has changed: whoever has this one undone has ended it."""
        if self._state.is_live and self._state.fault_id:
            running = self._engine.desk.keeper.running.get(self._state.fault_id)
            if running is None or running.state not in (State.INJECTING, State.LASTING):
                self._end()

    def news(self) -> ContrastNews:
        """All of it as it is now."""
        state = self._state
        return ContrastNews(
            phase=state.phase,
            once=state.lanes[ONCE].news(),
            reconciled=state.lanes[RECONCILED].news(),
            namespace=state.namespace,
            image=plans.IMAGE,
            fault_id=state.fault_id,
            began=state.began,
            ended=state.ended,
            day=self._strokes.day,
            apply_every_s=self._reapplying.every_s,
            apply_due=self._reapplying.due,
            last=state.last,
            last_at=state.last_at,
            note=one_line(state.note),
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
            namespace = self._state.namespace = await plans.free_name(desk.sight)
            injected = await desk.fire(plans.creation(namespace), anyway=True)
        except BaseException:
            self._state.phase = ContrastPhase.OFF
            self._state.namespace = ""
            self.tell()
            raise
        fault_id = self._state.fault_id = injected.entry.id
        self._engine.in_background(self._watch(fault_id), "contrast")
        self._engine.in_background(self._drift.compare_for_ever(fault_id), "drift of the contrast")
        self._measure(self._engine.now())
        if self._is_unwanted:
            await self._undo(fault_id)

    async def _undo(self, fault_id: str) -> None:
        await self._engine.desk.undo(fault_id)

    def _end(self) -> None:
        """Nothing is counted from now on, and nothing more is done to the copies."""
        now = self._engine.now()
        self._state.phase, self._state.ended = ContrastPhase.ENDED, now
        self._strokes.day = None
        self._reapplying.end_interval()
        for lane in self._state.lanes.values():
            lane.uptime = lane.uptime.until(now) if lane.uptime is not None else None
            lane.drift = lane.drift.until(now) if lane.drift is not None else None
        self.tell()

    # ---------------------------------------------------------------- what is seen

    def _hear(self, updates: Sequence[Update], at: float) -> None:
        """Called for each frame, when the world knows it already."""
        if not self._state.is_live or not self._state.namespace:
            return
        ours = [update for update in updates if self._is_ours(update)]
        for update in ours:
            self._turn_pod(update, at)
            self._drift.hear(update, at)
        if ours:
            self._drift.look()
            self._measure(at)

    def _is_ours(self, update: Update) -> bool:
        fact = update.new or update.old
        return (
            isinstance(fact, Pod | ReplicaSet | Deployment)
            and fact.metadata.namespace == self._state.namespace
        )

    def _turn_pod(self, update: Update, at: float) -> None:
        old, new = update.old, update.new
        if not isinstance(old, Pod | None) or not isinstance(new, Pod | None):
            return
        pod = new or old
        name = (pod.metadata.labels or {}).get("app", "") if pod is not None else ""
        if name in self._state.lanes:
            self._state.lanes[name].turn(at, old, new)

    def _measure(self, at: float) -> None:
        known = not self._engine.doubt()
        for name, lane in self._state.lanes.items():
            lane.measure(at, self._copies.pods(name), known=known)
        if self._state.phase is ContrastPhase.STARTING and self._state.fault_id and known:
            self._begin_when_ready(at)
        self.tell()

    def _begin_when_ready(self, at: float) -> None:
        """Both are counted from one moment on: neither has a head start."""
        if all(lane.is_up for lane in self._state.lanes.values()):
            self._state.phase, self._state.began = ContrastPhase.RUNNING, at
            for lane in self._state.lanes.values():
                lane.begin(at)

    async def _watch(self, fault_id: str) -> None:
        """What is seen can turn into what is not believed any more without anything being seen.

        And what could not be read, or was not looked at meanwhile, may be as it was: no frame tells of that.
        """
        doubted = False
        while self._state.goes_on(fault_id):
            doubt, at = bool(self._engine.doubt()), self._engine.now()
            if doubt and not doubted:
                for lane in self._state.lanes.values():
                    lane.compare(at, None, missing=False)
            if not doubt and not all(lane.is_compared for lane in self._state.lanes.values()):
                self._drift.look()
            if doubt != doubted or self._state.phase is ContrastPhase.STARTING:
                doubted = doubt
                self._measure(at)
            await asyncio.sleep(LOOK_EVERY_S)

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
        self._state.note = text
        self._tell(lambda news: news.notices.append(("error", one_line(text))))
        self.tell()
