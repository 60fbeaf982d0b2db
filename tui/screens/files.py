"""Files that people ask for, such as a picture of the screen, where they can find them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tui.log import state_folder


def save(name: str, folder: Path, write: Callable[[Path], object]) -> Path:
    """Has it written into that folder, or beside our logs where that can't be; OSError when neither can.

    Gives the path that `write` was given last.
    """
    try:
        path = folder.absolute() / name
        write(path)
    except OSError:
        path = state_folder() / name
        write(path)
    return path


def is_first_time(name: str) -> bool:
    """Whether this is asked for the first time on this account; what can't be remembered never is."""
    try:
        (state_folder() / name).touch(mode=0o600, exist_ok=False)
    except OSError:
        return False
    return True
