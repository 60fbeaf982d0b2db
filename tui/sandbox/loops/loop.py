"""The loop itself: read desired, read actual, compare, act, wait, and round again.

A controller never learns *what happened*. A change anywhere only says *whose turn it is*: a key
in a queue. Then the loop reads what is wanted and what is there, as they stand now, and takes
the smallest step from the one towards the other. Lost, doubled or reordered news, a restart in
the middle, somebody else's hand: all of it ends in the same place, because nothing but the
present state is ever looked at. This is what "level-triggered" means.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar, Generic, TypeVar

import aiohttp

from tui.sandbox.loops.cache import Cache
from tui.sandbox.loops.client import ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.objects import Obj
from tui.sandbox.loops.queue import WorkQueue

log = logging.getLogger(__name__)

Desired = TypeVar("Desired")
Actual = TypeVar("Actual")
Action = TypeVar("Action")


class Loop(ABC, Generic[Desired, Actual, Action]):
    """One controller: a queue of keys, and one cycle for each key whose turn it is."""

    name: ClassVar[str]
    workers: ClassVar[int] = 5

    def __init__(self, client: ApiClient, clock: Clock) -> None:
        self.client = client
        self.clock = clock
        self.queue = WorkQueue(clock)
        self._eyes: list[Cache] = []

    # -------------------------------------------------------------- what each controller says for itself

    @abstractmethod
    def read_desired(self, key: str) -> Desired | None:
        """What is wanted for this key; None if nobody wants anything (any more)."""

    @abstractmethod
    def read_actual(self, desired: Desired) -> Actual:
        """What there is of it."""

    @abstractmethod
    def compare(self, desired: Desired, actual: Actual) -> Action | None:
        """The smallest step from actual towards desired; None if there is nothing to do.

        A pure function of its arguments and the clock: the same state, however it came about,
        gives the same step.
        """

    @abstractmethod
    async def act(self, desired: Desired, action: Action) -> None:
        """Take the step, through the API. An ApiError means: look again, later."""

    def wait(self, desired: Desired, actual: Actual) -> float | None:
        """Cluster seconds after which to look again although nothing may change; None: wait for news."""
        return None

    def forget(self, key: str) -> None:
        """Nobody wants this key any more: drop what was remembered about it."""

    # -------------------------------------------------------------- the cycle

    async def cycle(self, key: str) -> None:
        """One turn for one key."""
        desired = self.read_desired(key)
        if desired is None:
            self.forget(key)
            return
        actual = self.read_actual(desired)
        action = self.compare(desired, actual)
        if action is not None:
            await self.act(desired, action)
        again = self.wait(desired, actual)
        if again is not None:
            self.queue.add_after(key, again)

    # -------------------------------------------------------------- what keeps it turning

    def look_at(self, cache: Cache) -> Cache:
        """Read from this cache: the loop starts only when it is filled."""
        self._eyes.append(cache)
        return cache

    def watch(self, cache: Cache, keys: Callable[[Obj], Iterable[str]]) -> None:
        """Give a turn to these keys whenever an object of this cache comes, changes or goes."""
        self.look_at(cache)

        def on_change(old: Obj | None, new: Obj | None) -> None:
            for obj in (old, new):
                for key in keys(obj) if obj is not None else ():
                    self.queue.add(key)

        cache.subscribe(on_change)

    async def run(self) -> None:
        """Turn until cancelled, once everything to be read has been read."""
        for cache in self._eyes:
            await cache.synced.wait()
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self.workers):
                    group.create_task(self._work(), name=f"{self.name}/{number}")
        finally:
            self.queue.close()

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                await self.cycle(key)
            except (ApiError, aiohttp.ClientError, TimeoutError) as error:
                pause = self.queue.add_rate_limited(key)
                log.debug("%s: %s: %s; again in %.3f s", self.name, key, error, pause)
            except Exception:
                pause = self.queue.add_rate_limited(key)
                log.exception("%s: %s failed; again in %.3f s", self.name, key, pause)
            else:
                self.queue.forget(key)
            finally:
                self.queue.done(key)
            await asyncio.sleep(0)  # neither a full queue nor a turn without a step ever waits: let others in
