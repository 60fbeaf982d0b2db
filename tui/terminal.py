"""What the terminal and its environment are to Textual: its bytes, its end, an encoding that was asked for."""

from __future__ import annotations

import os
import signal
import sys
from codecs import getincrementaldecoder
from functools import partial
from typing import Any

from textual.app import App
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread


def take_any_bytes() -> None:
    """Has Textual's driver read what is no UTF-8 as U+FFFD; as it comes, one such byte ends its reader and the app."""
    linux_driver.getincrementaldecoder = lambda encoding: partial(  # type: ignore[attr-defined]
        getincrementaldecoder(encoding), "replace"
    )


class HangUp(WriterThread):
    """Takes a terminal that can't be written to any more for what it is, and nobody is held up by it.

    A kernel sends SIGHUP only to whom a terminal controls: not into a container that somebody was attached to. As it
    comes, Textual's writer ends then, and whoever paints waits for it for ever.
    """

    def run(self) -> None:
        """Writes until it is stopped; what comes after the terminal's end goes nowhere."""
        try:
            super().run()
        except OSError:
            signal.raise_signal(signal.SIGHUP)
            while self._queue.get() is not None:
                pass


def leave_with_the_terminal() -> None:
    """Has the app leave as by SIGHUP once its terminal is gone."""
    linux_driver.WriterThread = HangUp  # type: ignore[attr-defined]


class OnStandardOutput(linux_driver.LinuxDriver):
    """Paints on standard output; as it comes, Textual paints on standard error, be that a file."""

    def __init__(self, *of_textual: Any, **named: Any) -> None:
        super().__init__(*of_textual, **named)
        assert sys.__stdout__ is not None
        self._file = sys.__stdout__


def paint_where_the_terminal_is(app: App[Any]) -> None:
    """Has the app paint on the terminal also where standard error leads elsewhere, as with `2> errors`."""
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        app.driver_class = OnStandardOutput


def environment() -> dict[str, str]:
    """The environment as we were started with: in a C locale Python itself sets LC_CTYPE to UTF-8 (PEP 538)."""
    env = dict(os.environ)
    if sys.flags.utf8_mode:
        env.pop("LC_CTYPE", None)
    return env
