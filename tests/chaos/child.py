"""A gapwatch in a process of its own, for tests of how it ends: `python -m tests.chaos.child KUBECONFIG HOW FAULT…`.

Prints the ids of its faults, one a line, once all are injected; then it returns, raises, undoes them, or waits.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence

from tui.chaos import catalogue, contrast
from tui.chaos.fault import Aim, Target
from tui.leaving import run_to_the_end
from tui.session.engine import Engine
from tui.session.source import Options, open_source

NODE = "node-b1"


async def work(kubeconfig: str, how: str, faults: Sequence[str]) -> int:
    """The whole life of it."""
    source = await open_source(Options(kubeconfig=kubeconfig))
    try:
        engine = Engine(source)
        async with engine.running():
            await engine.synced()
            await engine.until(lambda: engine.world.nodes.named(NODE) is not None)
            ids = [await _fire(engine, fault) for fault in faults]
            print(*ids, sep="\n", flush=True)
            if how == "raise":
                raise RuntimeError("as told")
            if how == "undo":
                for fault_id in ids:
                    await engine.desk.undo(fault_id)
            if how == "wait":
                await asyncio.Event().wait()
    finally:
        await source.close()
    return 0


async def _fire(engine: Engine, fault: str) -> str:
    if fault == contrast.NAME:
        creation = contrast.creation(await contrast.free_name(engine.desk.sight))
        return (await engine.desk.fire(creation, anyway=True)).entry.id
    target = Target(Aim.NODE, NODE)
    if catalogue.find(fault).aim is Aim.DEPLOYMENT:
        target = engine.target(engine.find("shop", "web").metadata.uid)
    plan = await engine.desk.plan(fault, target, for_s=3600.0)
    return (await engine.desk.fire(plan, anyway=True)).entry.id


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have it ignored
    sys.exit(run_to_the_end(work(sys.argv[1], sys.argv[2], sys.argv[3:])))
