"""`python -m tui.sandbox`: the embedded cluster as a process of its own.

Prints one JSON line when it is ready (`kubeconfig`, `url`, `context`) and serves until SIGTERM, SIGHUP,
SIGINT, or, with --until-eof, until its standard input ends: then its parent is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tui.sandbox.cluster import Sandbox

CONTEXT = "gapwatch-sandbox"


class _Parser(argparse.ArgumentParser):
    """One line for what was wrong, not a page."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one sandbox; gives 0 after the end of its input, 128 + a signal's number, 2 if it could not start."""
    options = _options(arguments)
    from tui.sandbox.cluster import (  # after the options: a bad one is told at once
        could_not_listen,
        run_forever,
    )

    shop = not options.no_shop
    try:
        number = run_forever(
            options.port, options.seed, options.speed, shop, _announce, until_eof=options.until_eof
        )
    except OSError as error:
        print(f"gapwatch sandbox: {could_not_listen(options.port, error)}", file=sys.stderr)
        return 2
    return 128 + number if number else 0


def _announce(sandbox: Sandbox) -> None:
    line = {"kubeconfig": str(sandbox.kubeconfig), "url": sandbox.url, "context": CONTEXT}
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more; the end of stdin will tell
        print(json.dumps(line), flush=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m tui.sandbox", description="An embedded Kubernetes cluster, in memory only."
    )
    parser.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same delays")
    parser.add_argument("--speed", type=_speed, default=1.0, help="cluster seconds in a real second")
    parser.add_argument("--no-shop", action="store_true", help="start without any workload")
    parser.add_argument(
        "--until-eof", action="store_true", help="stop when standard input ends; SIGINT is ignored"
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed: give a number above 0, up to 1000")
    return speed


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before there was anything to end
        sys.exit(128 + signal.SIGINT)
