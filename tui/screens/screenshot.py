"""A picture of what is shown, saved where people can find it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from textual.app import App

from tui.screens.files import save


def save_screenshot(app: App[None], filename: str | None, folder: str | None) -> None:
    """Saves it where we were started, or else beside our logs, and says where."""
    name = filename or f"gapwatch-{datetime.now():%Y%m%d-%H%M%S}.svg"
    try:
        svg = app.export_screenshot()
        saved = save(name, Path(folder or ""), lambda there: there.write_text(svg, encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        app.notify(f"not saved: {reason}", title="screenshot", severity="error", markup=False)
    else:
        app.notify(f"saved {saved}", title="screenshot", markup=False)
