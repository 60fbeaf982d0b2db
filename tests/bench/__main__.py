"""`python -m tests.bench [--quick] [ROW …]`: what is promised of speed and memory, measured, in one table.

With `--context NAME` the first picture is measured on that cluster, under a load that is put on it and taken away.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable

from tests.bench import decode, growth, live, picture, real, startup, wire
from tests.bench.report import Result, render

Rows = Callable[[], list[Result]]

FULL: dict[str, Rows] = {
    "decode": lambda: decode.rows(50_000),
    "wire": lambda: wire.rows(40_000),
    "picture": lambda: picture.rows(2_000),
    "paint": lambda: live.paint_rows(5_000, 200, 60),
    "storm": lambda: live.storm_rows(5_000, 2_000, 30),
    "idle": lambda: live.idle_rows(5_000, 30),
    "memory-10k": lambda: live.memory_rows(10_000),
    "memory-50k": lambda: live.memory_rows(50_000),
    "soak": lambda: live.soak_rows(1_000, 144_000, 240),
    "growth": lambda: growth.rows(3_000),
    "startup": lambda: startup.rows(5),
}
QUICK: dict[str, Rows] = {
    "decode": lambda: decode.rows(5_000),
    "wire": lambda: wire.rows(4_000),
    "picture": lambda: picture.rows(200),
    "paint": lambda: live.paint_rows(500, 200, 5),
    "storm": lambda: live.storm_rows(500, 2_000, 6),
    "idle": lambda: live.idle_rows(500, 5),
    "memory-10k": lambda: live.memory_rows(10_000),
    "memory-50k": lambda: live.memory_rows(50_000),
    "soak": lambda: live.soak_rows(200, 10_000, 20),
    "growth": lambda: growth.rows(400),
    "startup": lambda: startup.rows(2),
}


def main() -> int:
    """Measures the rows that were asked for, or all; exit code 1 when one misses its budget."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(FULL)}; default: all")
    parser.add_argument(
        "--quick", action="store_true", help="small numbers: shows that it runs, not how fast"
    )
    parser.add_argument("--context", help="measure the first picture on this cluster instead")
    parser.add_argument("--kubeconfig", help="the file that names it")
    parser.add_argument(
        "--deployments", type=int, default=2_000, help="how many to put on it, of 5 pods each"
    )
    given = parser.parse_args()
    if given.context:
        print(f"putting {given.deployments} Deployments on {given.context} …", file=sys.stderr)
        return _told(real.rows(given.kubeconfig, given.context, given.deployments))
    offered = QUICK if given.quick else FULL
    if unknown := set(given.rows) - offered.keys():
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    # Whoever ends it early sees what has been measured, and nothing that was started stays.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    results: list[Result] = []
    try:
        for name in given.rows or offered:
            print(f"measuring {name} …", file=sys.stderr)
            results += offered[name]()
    except BaseException:
        _told(results)
        raise
    return _told(results)


def _told(results: list[Result]) -> int:
    print(render(results))
    return 1 if any(result.met is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
