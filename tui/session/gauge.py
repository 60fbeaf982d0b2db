"""Measures the gap of each Deployment at the moment of a change, and again when the clock alone changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui.reconcile.gap import Gap, measure
from tui.session.chronicle import Chronicle
from tui.world import World

LOOK_AGAIN_AT_LEAST_S = 0.05
"""So far apart are two looks at least that the clock alone has asked for."""


class Gauge:
    """On the engine's loop only. `clock` tells moments (monotonic seconds), `server_now` the server's time."""

    def __init__(
        self,
        world: World,
        chronicle: Chronicle,
        *,
        clock: Callable[[], float],
        server_now: Callable[[], float],
        measured: Callable[[str], None],
    ) -> None:
        self.gaps: dict[str, Gap] = {}
        """By uid, as of the last measurement."""
        self._world = world
        self._chronicle = chronicle
        self._clock = clock
        self._server_now = server_now
        self._measured = measured
        """Told of each Deployment that the clock has had measured again."""
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def is_open(self, uid: str) -> bool:
        """Whether its gap is known to be open."""
        return uid in self.gaps and not self.gaps[uid].settled

    def measure(self, uid: str, at: float) -> None:
        """Measures at the moment of the change, so that the staircases stand at true times."""
        now, world = self._server_now(), self._world
        gap = measure(world.deployments.by_uid[uid], world.replicasets_of(uid), world.pods_of(uid), now)
        self.gaps[uid] = gap
        self._chronicle.assess(uid, gap, at)
        self._look_again(uid, gap, now, at)

    def forget(self, uid: str) -> None:
        """It is gone."""
        self.gaps.pop(uid, None)

    def close(self) -> None:
        """Nothing is measured again by itself from now on."""
        for timer in self._timers.values():
            timer.cancel()

    def _look_again(self, uid: str, gap: Gap, now: float, at: float) -> None:
        """Has it measured again when the clock alone changes something: minReadySeconds, or a heal that settles."""
        earlier = self._timers.pop(uid, None)
        if earlier is not None:
            earlier.cancel()
        settles_at = self._chronicle.settles_at(uid)
        waits_s = [] if gap.next_change_at is None else [gap.next_change_at - now]
        waits_s += [] if settles_at is None else [settles_at - at]
        if waits_s:
            loop = asyncio.get_running_loop()
            wait_s = max(LOOK_AGAIN_AT_LEAST_S, min(waits_s))
            self._timers[uid] = loop.call_later(wait_s, self._measure_again, uid)

    def _measure_again(self, uid: str) -> None:
        self._timers.pop(uid, None)
        if uid in self._world.deployments.by_uid:
            self.measure(uid, self._clock())
            self._measured(uid)
