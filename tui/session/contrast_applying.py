"""The copies of the contrast applied again as they were declared: by hand, or the bare pod every so many seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tui.chaos import contrast as plans
from tui.chaos.contrast import ONCE
from tui.chaos.fault import Need
from tui.chaos.guard import FaultRefused
from tui.clean import PlainError
from tui.reconcile.drift import compare_locally
from tui.session.contrast_copies import Copies
from tui.session.contrast_state import ContrastState
from tui.session.engine import Engine

SHORTEST_INTERVAL_S = 1.0
REAPPLY = "re-apply"


class _StillThere(FaultRefused):
    """What is to be applied has a namesake that is being ended."""


class Reapplying:
    """`tell` has it told how the contrast stands."""

    def __init__(
        self, engine: Engine, state: ContrastState, copies: Copies, tell: Callable[[], None]
    ) -> None:
        self.every_s: float | None = None
        """How often it is done by itself; None is never."""
        self.due: float | None = None
        self._engine = engine
        self._state = state
        self._copies = copies
        self._tell = tell
        self._turn = 0
        """Counts up when the interval is set anew: what was set before ends."""

    async def apply_by_hand(self, copy: str) -> None:
        """Applies that copy: a person was needed."""
        state = self._state
        state.require_running()
        if await self._apply(copy):
            state.lanes[copy].by_hand += 1
            state.last, state.last_at, state.note = REAPPLY, self._engine.now(), ""
        else:
            state.note = "nothing to re-apply: all is as declared"
        self._tell()

    def end_interval(self) -> None:
        """Nothing is applied by itself from now on."""
        self.every_s = self.due = None
        self._turn += 1

    def set_interval(self, every_s: float) -> Coroutine[Any, Any, None]:
        """The bare pod is applied every so many seconds from now on; gives the work that does it."""
        self.end_interval()
        self.every_s = max(SHORTEST_INTERVAL_S, every_s)
        return self._apply_for_ever(self._turn, self.every_s)

    async def _apply_for_ever(self, turn: int, every_s: float) -> None:
        """A loop like a controller's, but it looks when its time has come, not when something happens."""
        while turn == self._turn:
            try:
                if await self._apply(ONCE):
                    self._state.lanes[ONCE].by_loop += 1
            except _StillThere:
                pass  # the next round finds it gone
            except PlainError as error:
                self._state.note = str(error)
            self.due = self._engine.now() + every_s
            self._tell()
            await asyncio.sleep(every_s)

    async def _apply(self, copy: str) -> bool:
        """Applies what was declared, as past the guard as any fault; False where there was nothing to do."""
        desk, namespace = self._engine.desk, self._state.namespace
        self._require_consent(namespace)
        await desk.rights.require(Need(verb, plans.resource(copy), namespace) for verb in ("patch", "create"))
        live = await self._copies.read(copy)
        document = plans.declared(copy, namespace, self._state.fault_id)
        if live is not None and (live.get("metadata") or {}).get("deletionTimestamp"):
            raise _StillThere(f"{copy} is on its way out still: again in a moment")
        if live is not None and not compare_locally(live, document):
            return False
        self._require_consent(namespace)
        at = self._engine.now()
        # Forced, for both objects are ours: whoever edits them by hand does so to see what comes of it.
        await desk.reach.gateway.apply(document, force=True)
        self._state.lanes[copy].mark(at, "re-applied")
        return True

    def _require_consent(self, namespace: str) -> None:
        """FaultRefused where it has ended meanwhile, or the guard says no."""
        self._state.require_running()
        objection = self._engine.guard.objection(namespace)
        if objection:
            raise FaultRefused(objection)
