"""What a fault still has to do once it has begun: evictions that wait for a budget, strokes of a schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tui.chaos.guard import FaultRefused
from tui.chaos.running import Running
from tui.chaos.steps import AnyStep
from tui.clean import PlainError, one_line
from tui.cluster.errors import ClusterError, Refused

EVICT_AGAIN_S = 5.0
"""How long an eviction waits after a budget's no, as `kubectl drain` does (pkg/drain, evictPods)."""
GONE = (404, 409)
"""The pod is gone, or another one has its name: it needs no eviction any more."""

Pause = Callable[[float], Coroutine[Any, Any, None]]
Send = Callable[[AnyStep], Awaitable[None]]


async def evict_patiently(
    running: Running, steps: list[AnyStep], send: Send, changed: Callable[[], None], pause: Pause
) -> None:
    """Asks again for every eviction that was refused, by the server or by our own guard, until no pod is left."""
    left = list(steps)
    while left:
        left, why = await _evict(left, send)
        running.note = f"{len(left)} evictions wait: {why}" if left else "all pods are evicted"
        changed()
        if left:
            await pause(EVICT_AGAIN_S)


async def _evict(steps: list[AnyStep], send: Send) -> tuple[list[AnyStep], str]:
    refused, why = list[AnyStep](), ""
    for step in steps:
        try:
            await send(step)
        except (ClusterError, FaultRefused) as error:
            if not (isinstance(error, Refused) and error.code in GONE):
                refused.append(step)
                why = one_line(error.said if isinstance(error, ClusterError) else str(error))
    return refused, why


async def strike_on(
    running: Running, strike: Callable[[], Awaitable[object]], changed: Callable[[], None], pause: Pause
) -> None:
    """Injects the fault that is repeated, whenever it is due; a stroke that is refused is counted and left out."""
    repeat = running.plan.repeat
    assert repeat is not None
    while repeat.times is None or running.struck + running.skipped < repeat.times:
        try:
            await strike()
            running.struck += 1
            running.note = ""
        except PlainError as error:
            running.skipped += 1
            running.note = one_line(str(error))
        changed()
        await pause(repeat.every_s)
