"""A crash told in two lines, and written down without a single local variable: those may hold tokens."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tui.clean import one_line
from tui.log import state_folder


@dataclass(frozen=True)
class Crash:
    """What people are told after the terminal has been put back."""

    message: str


def write_crash(error: BaseException) -> Crash:
    """Writes where it happened (files, lines, functions; never values) to a log of mode 0600."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    headline = f"gapwatch crashed: {type(error).__name__} at {where}; this is a bug"
    lines = [f"{datetime.now().isoformat()} {type(error).__name__}"]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    try:
        path = state_folder() / "crash.log"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as log:
            os.fchmod(log.fileno(), 0o600)  # an older log keeps the mode that it was made with
            log.write("\n".join(lines) + "\n")
    except OSError as refusal:
        return Crash(f"{headline}\nno log could be written: {one_line(refusal.strerror or str(refusal))}")
    return Crash(f"{headline}\nwhere it happened: {path}")
