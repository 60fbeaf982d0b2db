"""Whether a fault's requests are allowed, asked of the API server in the background, need by need."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from tui.chaos.fault import Need
from tui.chaos.guard import Guard
from tui.chaos.rights import Rights

ASK_AGAIN_S = 5.0
"""An access review that failed is asked again, but not sooner."""
DENIED_ASK_AGAIN_S = 60.0
"""So is one whose answer was no: rights are given meanwhile."""


ASKING = "asking the API server for permission"


class Permissions:
    """Learns them when somebody looks. `run` has a coroutine run beside everything else; `learnt` is told the
    namespace where there is an answer.
    """

    def __init__(
        self,
        rights: Rights,
        guard: Guard,
        clock: Callable[[], float],
        run: Callable[[Coroutine[Any, Any, None], str], None],
        learnt: Callable[[str], None],
    ) -> None:
        self._rights = rights
        self._guard = guard
        self._clock = clock
        self._run = run
        self._learnt = learnt
        self._asking: set[Need] = set()
        self._asked: dict[Need, float] = {}

    def objection(self, needs: Sequence[Need]) -> str:
        """Why what needs these rights can't be done now, or ""; rights that are not known are an objection too."""
        guarded = self._guard.objection(*{need.namespace for need in needs if need.namespace})
        if guarded:
            return guarded
        for need in needs:
            known = self._rights.known(need)
            if known is None:
                return ASKING
            if not known.allowed:
                return known.why
        return ""

    def learn(self, needs: Sequence[Need]) -> None:
        """Has the access reviews asked, unless their answers are known or they were asked just now."""
        for need in needs:
            if self._may_ask(need):
                self._asking.add(need)
                self._asked[need] = self._clock()
                self._run(self._ask(need), "access review")

    def _may_ask(self, need: Need) -> bool:
        if self._guard.objection(need.namespace) or need in self._asking:
            return False
        known = self._rights.known(need)
        if known is None:
            return True
        again_s = DENIED_ASK_AGAIN_S if known.certain else ASK_AGAIN_S
        return not known.allowed and self._clock() - self._asked.get(need, float("-inf")) >= again_s

    async def _ask(self, need: Need) -> None:
        try:
            await self._rights.ask(need)
        finally:
            self._asking.discard(need)
        self._learnt(need.namespace)
