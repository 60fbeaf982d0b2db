"""The strokes of the contrast: both copies hit at the same moment, by hand or all day long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import cycle, pairwise
from typing import Any

from tui.chaos import contrast as plans
from tui.chaos.contrast import ONCE, RECONCILED, Stroke
from tui.chaos.fault import Plan
from tui.chaos.guard import FaultRefused
from tui.clean import PlainError
from tui.session.contrast_copies import Copies
from tui.session.contrast_news import DayNews
from tui.session.contrast_state import ContrastState
from tui.session.engine import Engine

SHORTEST_DAY_S = 30.0
DAYS_STROKES = (Stroke.DELETE, Stroke.CRASH, Stroke.EDIT)
"""In this order, again and again: ten of each a day."""
_FAULTS = {Stroke.DELETE: "delete-pod", Stroke.CRASH: "crash"}


class Strokes:
    """`tell` has it told how the contrast stands."""

    def __init__(
        self, engine: Engine, state: ContrastState, copies: Copies, tell: Callable[[], None]
    ) -> None:
        self.day: DayNews | None = None
        """The schedule, while there is one."""
        self._engine = engine
        self._state = state
        self._copies = copies
        self._tell = tell
        self._striking = asyncio.Lock()

    async def strike_by_hand(self, stroke: Stroke) -> None:
        """Does that to both; FaultRefused where neither was hit."""
        self._state.require_running()
        missed = await self._strike(stroke)
        if len(missed) == len(self._state.lanes):
            raise FaultRefused(self._state.note)

    def set_day(self, day_s: float) -> Coroutine[Any, Any, None]:
        """A schedule that begins now, in place of what was set before; gives the work that keeps it."""
        now = self._engine.now()
        self.day = DayNews(max(SHORTEST_DAY_S, day_s), now, now, DAYS_STROKES[0].value, 0)
        return self._strike_all_day(self.day)

    async def _strike_all_day(self, day: DayNews) -> None:
        """One stroke after the other at even distances, until another day is set."""
        for count, (stroke, following) in enumerate(pairwise(cycle(DAYS_STROKES)), start=1):
            if self._is_that_day(day):
                await self._strike(stroke)
            if not self._is_that_day(day):
                return
            due = day.began + count * day.every_s
            self.day = replace(day, due=due, next_stroke=following.value, struck=count)
            self._tell()
            await asyncio.sleep(max(0.0, due - self._engine.now()))

    def _is_that_day(self, day: DayNews) -> bool:
        return self.day is not None and self.day.began == day.began

    async def _strike(self, stroke: Stroke) -> dict[str, str]:
        """Both at once; of each that was not hit, why."""
        state = self._state
        async with self._striking:
            state.last, state.last_at = stroke.value, (at := self._engine.now())
            answers = await asyncio.gather(*(self._hit(name, stroke, at) for name in state.lanes))
        missed = {name: why for name, why in zip(state.lanes, answers, strict=True) if why}
        # Of the bare pod there is often nothing left to hit, which says less.
        state.note = missed.get(RECONCILED) or missed.get(ONCE, "")
        self._tell()
        return missed

    async def _hit(self, copy: str, stroke: Stroke, at: float) -> str:
        lane = self._state.lanes[copy]
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
        desk = self._engine.desk
        if copy == ONCE:
            return await plans.against_pod(stroke, self._copies.bare_pod, desk.sight)
        deployment = self._copies.deployment
        if deployment is None:
            raise FaultRefused("the Deployment is gone")
        target = self._engine.target(deployment.metadata.uid)
        if stroke is Stroke.EDIT:
            return await plans.edit_of_deployment(target, desk.sight)
        return await desk.plan(_FAULTS[stroke], target)
