"""The log: what went wrong quietly, in a file of ours that holds no value of theirs."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

LARGEST_BYTES = 256 << 10
FORMAT = "%(asctime)s %(levelname)s %(message)s"


def state_folder() -> Path:
    """Where gapwatch keeps what outlives a run: XDG_STATE_HOME/gapwatch, made 0700."""
    folder = state_path()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def state_path() -> Path:
    """The same, whether it is there or not."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "gapwatch"


class _PrivateFile(RotatingFileHandler):
    """A file that comes with its first line and that only its owner can read, also after it has been rotated."""

    def _open(self) -> TextIOWrapper:
        state_folder()
        opened = super()._open()
        os.fchmod(opened.fileno(), 0o600)
        return opened

    def handleError(self, record: logging.LogRecord) -> None:
        """A log that can't be written is no reason to write into the middle of the screen."""


def log_to_file() -> None:
    """Has warnings of the package `gapwatch` written to gapwatch.log; without a place for it nothing is written.

    Whoever logs says what happened in our own words: no name, no message and no byte that came from elsewhere.
    """
    logger = logging.getLogger("gapwatch")
    logger.propagate = False  # the root logger's last resort is stderr
    if logger.handlers:
        return
    path = state_path() / "gapwatch.log"
    handler = _PrivateFile(path, maxBytes=LARGEST_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)
