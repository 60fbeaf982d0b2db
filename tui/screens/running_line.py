"""The faults that go on, in one line: on every main screen, so that nobody forgets them."""

from __future__ import annotations

from collections.abc import Sequence

from tui.screens.rows import duration
from tui.session.chaos_news import RunningNews
from tui.widgets.glyphs import Glyphs
from tui.widgets.runs import Line
from tui.widgets.tones import ACCENT, BAD, BUSY, MUTED, STRONG


def running_line(running: Sequence[RunningNews], now: float, glyphs: Glyphs, *, read_only: bool) -> Line:
    """The first one with what becomes of it and its key, and how many there are besides."""
    if not running:
        return []
    first, others = running[0], len(running) - 1
    state, tone = state_words(first, now)
    line: Line = [
        (f"{glyphs.stale} {first.title}", STRONG),
        (f" {glyphs.separator} ", MUTED),
        (state, tone),
    ]
    if others:
        line += [(f" {glyphs.separator} {others} more", BUSY)]
    if not read_only:
        line += [(f" {glyphs.separator} ", MUTED), ("u", ACCENT), (" undo", MUTED)]
        line += [(f" {glyphs.separator} ", MUTED), ("x", ACCENT), (" all", MUTED)] if others else []
    return line


def state_words(running: RunningNews, now: float) -> tuple[str, str]:
    """What becomes of it, in words and a tone."""
    if running.left_behind:
        return "left behind by an earlier run", BAD
    if running.state == "contested":
        return "changed by others since: force or leave it", BAD
    if running.state == "stuck":
        return "not undone yet: tried again", BAD
    if running.until is None or running.state != "lasting":
        return running.state, BUSY
    return f"undone in {duration(max(0.0, running.until - now))}", BUSY
