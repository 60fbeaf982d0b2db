"""A picture of the screen as a file, where people can find it."""

from __future__ import annotations

from pathlib import Path

from tui.log import state_folder


def save_picture(svg: str, name: str, folder: Path) -> Path:
    """Writes it into that folder, or beside our logs where that can't be; OSError when neither can. Gives its path."""
    try:
        path = folder.absolute() / name
        path.write_text(svg, encoding="utf-8")
    except OSError:
        path = state_folder() / name
        path.write_text(svg, encoding="utf-8")
    return path
