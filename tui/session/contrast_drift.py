"""The objects of the contrast against what was declared of them, whenever they may have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tui.chaos import contrast as plans
from tui.cluster.errors import ClusterError
from tui.reconcile.drift import FieldDrift, compare_locally
from tui.session.contrast_copies import Copies
from tui.session.contrast_state import ContrastState
from tui.session.engine import Engine
from tui.world import Update

READ_AGAIN_S = 0.2
"""How far apart two looks at the whole objects are at least."""


class ContrastDrift:
    """`hear` has to be told of every change in the contrast's namespace, and then `look` be called, once a frame."""

    def __init__(
        self, engine: Engine, state: ContrastState, copies: Copies, tell: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._state = state
        self._copies = copies
        self._tell = tell
        self._is_stale = asyncio.Event()
        self._edited: dict[str, float] = {}
        """By copy: when its object was created, deleted or asked to be otherwise, as far as its generation tells."""
        self._heard: dict[str, float] = {}
        """By copy: when anything of its object was news last."""

    def forget(self) -> None:
        """Everything from 0."""
        self._edited, self._heard = {}, {}

    def hear(self, update: Update, at: float) -> None:
        """Notes when the object of a copy has changed."""
        fact, old, new = update.new or update.old, update.old, update.new
        if fact is None or fact.metadata.name not in self._state.lanes:
            return  # of the Deployment's pods none is called as itself
        copy = fact.metadata.name
        self._heard[copy] = at
        if old is None or new is None or old.metadata.generation != new.metadata.generation:
            self._edited[copy] = at

    def look(self) -> None:
        """Has both read again soon."""
        self._is_stale.set()

    async def compare_for_ever(self, fault_id: str) -> None:
        """Looks at the whole objects whenever they may have changed: facts hold no templates."""
        state = self._state
        while state.goes_on(fault_id):
            self._is_stale.clear()
            for name in state.lanes:
                began = self._engine.now()
                drifted, missing = await self._compare(name)
                if state.goes_on(fault_id) and not self._engine.doubt():
                    at = self._when(name, began)
                    state.lanes[name].compare(at, drifted, missing=missing)
            if state.goes_on(fault_id):
                self._tell()
            await asyncio.sleep(READ_AGAIN_S)
            await self._is_stale.wait()

    async def _compare(self, copy: str) -> tuple[Sequence[FieldDrift] | None, bool]:
        """Its fields that are otherwise than declared, None where that can't be told; and whether it is missing."""
        try:
            live = await self._copies.read(copy)
        except ClusterError:
            return None, False
        if live is None:
            return (), True
        return compare_locally(live, plans.declared(copy, self._state.namespace)), False

    def _when(self, copy: str, read_at: float) -> float:
        """Since when it is as it was read: by the frame that told so where generations are counted, else about now."""
        return self._edited.pop(copy, max(read_at, self._heard.get(copy, read_at)))
