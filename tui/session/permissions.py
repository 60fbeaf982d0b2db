"""Whether pods may be deleted, asked of the API server in the background, namespace by namespace."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from tui.chaos.desk import ChaosDesk
from tui.chaos.guard import Guard

ASK_AGAIN_S = 5.0
"""An access review that failed is asked again, but not sooner."""
DENIED_ASK_AGAIN_S = 60.0
"""So is one whose answer was no: rights are given meanwhile."""


class Permissions:
    """Learns them when somebody looks. `run` has a coroutine run beside everything else; `learnt` is told where
    there is an answer.
    """

    def __init__(
        self,
        desk: ChaosDesk,
        guard: Guard,
        clock: Callable[[], float],
        run: Callable[[Coroutine[Any, Any, None], str], None],
        learnt: Callable[[str], None],
    ) -> None:
        self._desk = desk
        self._guard = guard
        self._clock = clock
        self._run = run
        self._learnt = learnt
        self._asking: set[str] = set()
        self._asked: dict[str, float] = {}

    def learn(self, namespace: str) -> None:
        """Has the access review for that namespace asked, unless its answer is known or it was asked just now."""
        if self._guard.objection(namespace) or namespace in self._asking:
            return
        known = self._desk.known_permission(namespace)
        if known is not None:
            again_s = DENIED_ASK_AGAIN_S if known.certain else ASK_AGAIN_S
            if known.allowed or self._clock() - self._asked.get(namespace, float("-inf")) < again_s:
                return
        self._asking.add(namespace)
        self._asked[namespace] = self._clock()
        self._run(self._ask(namespace), "access review")

    async def _ask(self, namespace: str) -> None:
        try:
            await self._desk.permission(namespace)
        finally:
            self._asking.discard(namespace)
        self._learnt(namespace)
