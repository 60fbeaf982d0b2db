"""python -m tui, and what the installed commands start."""

from __future__ import annotations

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Hands over to the command line. Until that is there, ctrl+c ends us without a traceback: nothing has begun."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tui import cli

    signal.signal(signal.SIGINT, before)
    cli.main()


if __name__ == "__main__":
    main()
