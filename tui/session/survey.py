"""Which faults can be injected into what is selected, and in words why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from tui.chaos import catalogue
from tui.chaos.desk import ChaosDesk
from tui.chaos.fault import Aim, Fault, Need, Target
from tui.chaos.guard import Guard
from tui.clean import PlainError
from tui.session.chaos_news import FaultNews
from tui.session.chaos_views import fault_news
from tui.session.permissions import ASKING, Permissions

ASK_SOURCE_AGAIN_S = 10.0
"""What a source can do changes seldom, and may be dear to ask: node containers want a program to be run."""
NOT_KNOWN = "not known yet"


class Survey:
    """The catalogue as one source, its guard and its rights allow it."""

    def __init__(
        self, desk: ChaosDesk, guard: Guard, permissions: Permissions, clock: Callable[[], float]
    ) -> None:
        self._desk = desk
        self._guard = guard
        self._permissions = permissions
        self._clock = clock
        self._unable: dict[str, str] = {}
        self._asked = float("-inf")

    @property
    def is_due(self) -> bool:
        """Whether the source should be asked (again) what it can do."""
        return self._clock() - self._asked >= ASK_SOURCE_AGAIN_S

    async def ask_source(self) -> bool:
        """Asks it; whether anything is otherwise than before."""
        self._asked = self._clock()
        said = await asyncio.gather(*(self._why_unable(fault) for fault in catalogue.FAULTS))
        found = {fault.name: why for fault, why in zip(catalogue.FAULTS, said, strict=True)}
        before, self._unable = self._unable, found
        return found != before

    async def _why_unable(self, fault: Fault) -> str:
        try:
            return await fault.unable(self._desk.sight)
        except PlainError as error:
            return str(error)

    def faults(self, target: Target | None) -> tuple[FaultNews, ...]:
        """Every fault, for that Deployment where it is done to one."""
        return tuple(fault_news(fault, self.objection(fault, target)) for fault in catalogue.FAULTS)

    def keyed(self, target: Target) -> tuple[FaultNews, ...]:
        """Those that have a key on the main screens."""
        return tuple(fault_news(one, self.objection(one, target)) for one in _keyed())

    def objection(self, fault: Fault, target: Target | None) -> str:
        """Why it can't be injected, or "". Being disarmed is no reason: whoever injects is asked to arm."""
        why = self._unable.get(fault.name, NOT_KNOWN)
        if why or self._guard.read_only:
            return why or "started with --read-only"
        if fault.aim is not Aim.DEPLOYMENT:
            target = None
        elif target is None:
            return "no Deployment is selected"
        elif target.namespace in self._guard.protected:
            return f"{target.namespace} is protected"
        return self._not_permitted(fault, target or _NOWHERE) if self._guard.armed else ""

    def _not_permitted(self, fault: Fault, target: Target) -> str:
        """Why none of its ways is allowed, or ""; while one of them may be yet, that it is being asked."""
        whys = [self._permissions.objection(needs) for needs in self._ways(fault, target)]
        if "" in whys:
            return ""
        return ASKING if ASKING in whys else whys[0]

    def _ways(self, fault: Fault, target: Target) -> tuple[tuple[Need, ...], ...]:
        return fault.ways(target, self._desk.sight.nature)

    def learn(self, target: Target | None, faults: Iterable[Fault] | None = None) -> None:
        """Has the rights asked that these faults, or all, would need."""
        for fault in catalogue.FAULTS if faults is None else faults:
            if target is not None or fault.aim is not Aim.DEPLOYMENT:
                for needs in self._ways(fault, target or _NOWHERE):
                    self._permissions.learn(needs)

    def learn_keyed(self, target: Target) -> None:
        """Has the rights asked that the keys of the main screens need."""
        self.learn(target, _keyed())


_NOWHERE = Target(Aim.NODE, "")
"""What a fault on nodes needs does not depend on which node it is."""


def _keyed() -> list[Fault]:
    return [fault for fault in catalogue.FAULTS if fault.key]
