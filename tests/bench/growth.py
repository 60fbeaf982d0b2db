"""What one change costs, from its frame to its row on the screen, as the fleet grows."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from tests.bench.fleet import Fleet
from tests.bench.processes import in_fresh_python
from tests.bench.report import Result
from tui.app import GapwatchApp
from tui.cluster.connection import Connection
from tui.cluster.contexts import Context
from tui.cluster.kinds import DEPLOYMENTS, NODES, PODS, REPLICASETS
from tui.session.engine import Batch, Engine
from tui.session.memory import keep_for_long
from tui.session.session import Session
from tui.session.source import Options, Source
from tui.session.source_news import SourceNews

BUDGET = 1.2
SIZES = (100, 1_000, 5_000)
CHANGES_A_FLUSH = 20
"""200 changes a second, flushed ten times a second."""


def rows(changes: int, sizes: tuple[int, ...] = SIZES) -> list[Result]:
    """One line a size; the smallest is what the others are compared with."""
    results = []
    first: dict[str, float] = {}
    for deployments in sizes:
        cost = in_fresh_python("tests.bench.growth", deployments=deployments, changes=changes)
        first = first or cost
        for what in ("engine_us", "screen_us"):
            ratio = cost[what] / first[what]
            words = "frame to row" if what == "engine_us" else "row to painted screen"
            compared = cost is not first
            results.append(
                Result(
                    f"one change at {deployments:,} Deployments, {words}",
                    f"{cost[what]:.0f} µs CPU",
                    f"{first[what]:.0f} µs at {sizes[0]:,}" if compared else "",
                    f"{ratio:.2f}" if compared else "",
                    f"≤ {BUDGET}" if compared else "",
                    ratio <= BUDGET if compared else None,
                )
            )
    return results


class DirectSession(Session):
    """A session whose engine is fed by hand, on the loop of whoever calls."""

    def __init__(self, options: Options, notify: Callable[[], None]) -> None:
        super().__init__(options, notify)
        context = Context("bench", {"server": "http://127.0.0.1:9"}, {})
        self.engine = Engine(Source(Connection(context), None, ""))
        self.removed: tuple[str, ...] = ()

    def start(self) -> None:
        """Nothing runs by itself."""

    def close(self) -> None:
        """Nothing runs."""

    def focus(self, deployment_uid: str | None) -> None:
        """The selected Deployment's own panels are not what grows."""

    def source(self) -> SourceNews | None:
        """The honest line."""
        return self.engine.overview.source_news()

    def deliver(self, uids: set[str]) -> None:
        """Concludes the rows of these Deployments, as a flush does."""
        self._put(Batch(tuple(self.engine.overview.row(uid) for uid in uids), ()))


def measure(deployments: int, changes: int) -> dict[str, float]:
    """Microseconds of CPU a change: in the engine, and on the screen with its painting."""
    return asyncio.run(_measure(Fleet(deployments, 5), changes))


def _fill(engine: Engine, fleet: Fleet) -> None:
    for kind in (DEPLOYMENTS, REPLICASETS, PODS, NODES):
        plural = kind.resource.plural
        engine.world.replace(kind.name, kind.page(fleet.page(plural, 0, fleet.count(plural)))[1])


async def _measure(fleet: Fleet, changes: int) -> dict[str, float]:
    made: list[DirectSession] = []

    def make(options: Options, notify: Callable[[], None]) -> Session:
        made.append(DirectSession(options, notify))
        return made[0]

    app = GapwatchApp(Options(), open_session=make)
    async with app.run_test(size=(160, 48)) as pilot:
        session = made[0]
        engine = session.engine
        _fill(engine, fleet)
        engine.overview.rows()
        session.deliver(set(engine.world.deployments.by_uid))
        await pilot.pause()
        keep_for_long()  # as the engine does once its lists are complete
        rng = random.Random(1)
        engine_s = screen_s = 0.0
        for _ in range(0, changes, CHANGES_A_FLUSH):
            frames = [_change(fleet, rng) for _ in range(CHANGES_A_FLUSH)]
            begun = time.process_time()
            touched = _take(engine, frames)
            concluded = tuple(engine.overview.row(uid) for uid in touched)
            engine_s += time.process_time() - begun
            session._put(Batch(concluded, ()))
            begun = time.process_time()
            await pilot.pause()
            screen_s += time.process_time() - begun
        return {"engine_us": engine_s / changes * 1e6, "screen_us": screen_s / changes * 1e6}


def _change(fleet: Fleet, rng: random.Random) -> bytes:
    """A pod of a random Deployment that loses or regains its readiness."""
    number = rng.randrange(fleet.pods)
    fleet.not_ready ^= {number}
    fleet.version += 1
    return fleet.frame("pods", number)


def _take(engine: Engine, frames: list[bytes]) -> set[str]:
    touched: set[str] = set()
    for line in frames:
        updates = engine.world.put("Pod", PODS.frame(line).object)
        engine._learn("Pod", updates, first=False)
        touched.update(*(update.deployments for update in updates))
    return touched
