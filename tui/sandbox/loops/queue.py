"""The work queue: which keys need a look, each once, the failing ones ever later."""

from __future__ import annotations

import asyncio
from collections import deque

from tui.sandbox.loops.clock import Clock

FIRST_BACKOFF_S = 0.005
LONGEST_BACKOFF_S = 1000.0


class WorkQueue:
    """Keys to look at, as client-go's workqueue hands them out.

    It carries only a key, never what happened: a hundred changes of one object are one look.
    A key that is being worked on is not handed out a second time; if it changes meanwhile it
    comes round again afterwards. Failures back off by 5 ms times 2^n a key, up to 1000 s
    (client-go util/workqueue, ItemExponentialFailureRateLimiter).
    """

    def __init__(
        self,
        clock: Clock,
        *,
        first_backoff: float = FIRST_BACKOFF_S,
        longest_backoff: float = LONGEST_BACKOFF_S,
    ) -> None:
        self._clock = clock
        self._first = first_backoff
        self._longest = longest_backoff
        self._line: deque[str] = deque()
        self._waiting: set[str] = set()
        self._working: set[str] = set()
        self._failures: dict[str, int] = {}
        self._alarms: dict[str, asyncio.TimerHandle] = {}
        self._news = asyncio.Event()

    def __len__(self) -> int:
        """Keys that wait to be looked at now, not counting those whose time has not come."""
        return len(self._waiting)

    def add(self, key: str) -> None:
        """This key needs a look; asking twice before the look makes no difference."""
        if key in self._waiting:
            return
        self._waiting.add(key)
        if key not in self._working:
            self._line.append(key)
            self._news.set()

    def add_after(self, key: str, seconds: float) -> None:
        """This key needs a look in so many cluster seconds; of several such wishes the earliest counts."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + self._clock.real(seconds)
        alarm = self._alarms.get(key)
        if alarm is not None and alarm.when() <= due:
            return
        if alarm is not None:
            alarm.cancel()
        self._alarms[key] = loop.call_at(due, self._ring, key)

    def add_rate_limited(self, key: str) -> float:
        """The look at this key failed: look again after its back-off, whose length is returned."""
        pause = self.backoff(key)
        self._failures[key] = self._failures.get(key, 0) + 1
        self.add_after(key, pause)
        return pause

    def backoff(self, key: str) -> float:
        """Cluster seconds the next failure of this key would cost."""
        exponent = min(self._failures.get(key, 0), 60)
        return min(self._first * float(2**exponent), self._longest)

    def forget(self, key: str) -> None:
        """The look at this key went well: its next failure starts at the first back-off again."""
        self._failures.pop(key, None)

    async def get(self) -> str:
        """The next key to look at, when there is one; `done` must follow."""
        while not self._line:
            self._news.clear()
            await self._news.wait()
        key = self._line.popleft()
        self._waiting.discard(key)
        self._working.add(key)
        return key

    def done(self, key: str) -> None:
        """The look is over; if the key was added meanwhile it comes round again."""
        self._working.discard(key)
        if key in self._waiting:
            self._line.append(key)
            self._news.set()

    def close(self) -> None:
        """Cancel every alarm; nothing rings after that."""
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    def _ring(self, key: str) -> None:
        self._alarms.pop(key, None)
        self.add(key)
