"""Cluster time: how fast the sandbox lives, in one factor.

Every figure of a loop (a back-off, a pull, a grace period) is in *cluster seconds*. At speed 1
they are seconds; at speed 10 ten of them pass in one. Stamps stay on the wall clock, because
clients compare them with the server's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Tells and passes cluster time; the speed may change while it runs, time never jumps."""

    def __init__(
        self,
        speed: float = 1.0,
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._wall = wall
        self._monotonic = monotonic
        self._speed = speed
        self._real_base = monotonic()
        self._cluster_base = 0.0

    @property
    def speed(self) -> float:
        """Cluster seconds in a real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._cluster_base = self.monotonic()
        self._real_base = self._monotonic()
        self._speed = speed

    def monotonic(self) -> float:
        """Cluster seconds since this clock was made; never goes back."""
        return self._cluster_base + (self._monotonic() - self._real_base) * self._speed

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return self._wall()

    def stamp(self) -> str:
        """Now as Kubernetes writes it (metav1.Time): whole seconds.

        Above speed 1 a second holds so much of the cluster's life that whole seconds would
        hide minReadySeconds and deadlines: then with microseconds, which every client reads.
        """
        return rfc3339(self.now()) if self._speed <= 1 else rfc3339_micro(self.now())

    def since(self, stamp: str | None) -> float:
        """Cluster seconds that have passed since an RFC 3339 stamp; 0 for none."""
        return 0.0 if not stamp else (self.now() - parse_stamp(stamp)).total_seconds() * self._speed

    def real(self, seconds: float) -> float:
        """How many real seconds this many cluster seconds last."""
        return seconds / self._speed

    async def sleep(self, seconds: float) -> None:
        """Let this many cluster seconds pass."""
        await asyncio.sleep(self.real(seconds))


def rfc3339(moment: datetime) -> str:
    """A moment with whole seconds, as metav1.Time is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(moment: datetime) -> str:
    """A moment with microseconds, as metav1.MicroTime is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_stamp(stamp: str) -> datetime:
    """An RFC 3339 stamp as a moment with a zone."""
    return datetime.fromisoformat(stamp)
