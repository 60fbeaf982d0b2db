"""A chain of reasons: from a whole down to the one thing that holds it back, with countdowns that run."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.cells import cell_len
from textual.geometry import Size

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, Tone, cut, fit_line, grouped, one_line, plain
from tui.widgets.tones import BAD, BUSY, MUTED, PLAIN, STRONG

_INDENT = "  "
_LONGEST = 800
"""Cells of one step's text: more than the widest of terminals shows in all rows, and cheap to wrap anew."""


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One step: what it is about, what is the matter, what has to happen next. Moments are those of `tick`."""

    subject: str
    text: str = ""
    """"" for what only leads to the next step."""
    waits_for: str = ""
    """What has to happen next; what is in brackets at its end comes after the countdown."""
    tone: str = PLAIN
    due: float | None = None
    """When that is due."""
    since: float | None = None
    """Since when it is so."""
    is_final: bool = False
    """Whether it stays so until somebody acts."""


class Chain(PaintedBox):
    """The steps, those that only lead further on one line with what they lead to, in at most `most_rows` lines."""

    DEFAULT_CSS = "Chain { height: auto; }"

    most_rows = 4

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(glyphs=glyphs, id=id)
        self.steps: tuple[ChainStep, ...] = ()
        self._now = 0.0

    def show(self, steps: tuple[ChainStep, ...], now: float) -> None:
        """Tells these steps as of `now`."""
        self.steps = steps
        self.tick(now)

    def tick(self, now: float) -> None:
        """Lets the countdowns run."""
        self._now = now
        self.redraw()
        if self.display and self._rows(self.size.width) != self.size.height:
            self.refresh(layout=True)

    def lines(self, width: int, height: int) -> list[Line]:
        """The steps at a width; what doesn't fit is cut with an ellipsis."""
        rows = self._wrapped(width)
        if len(rows) <= self.most_rows:
            return rows
        kept, rest = rows[: self.most_rows - 1], rows[self.most_rows - 1 :]
        words = " ".join(plain(row).strip() for row in rest)
        last = [(_INDENT, PLAIN), (words, rest[-1][-1][1])]
        return [*kept, fit_line(last, width, ellipsis=self.glyphs.ellipsis)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the steps take."""
        return self._rows(width)

    def _rows(self, width: int) -> int:
        return max(1, min(self.most_rows, len(self._wrapped(width))))

    def _wrapped(self, width: int) -> list[Line]:
        return [row for line in chain_lines(self.steps, self._now, self.glyphs) for row in wrap(line, width)]


def chain_lines(steps: tuple[ChainStep, ...], now: float, glyphs: Glyphs) -> list[Line]:
    """A line for each step that says something, with those before it that only lead to it."""
    lines: list[Line] = []
    path: Line = []
    for index, step in enumerate(steps):
        arrow = f"{glyphs.leads_to} " if index else ""
        path += [(arrow, MUTED), (f"{step.subject}:" if step.text else step.subject, STRONG)]
        if not step.text and not step.waits_for and index < len(steps) - 1:
            path.append((" ", PLAIN))
            continue
        lines.append([*path, *_said(step, now, glyphs)])
        path = []
    return lines


def _said(step: ChainStep, now: float, glyphs: Glyphs) -> Line:
    """What is the matter, for how long, and what it waits for."""
    said: Line = []
    if step.text:
        said += [(" ", PLAIN), (cut(step.text, _LONGEST, glyphs.ellipsis), step.tone)]
    if step.since is not None and step.text:
        said.append((f" for {span(now - step.since)}", MUTED))
    if not step.waits_for:
        return said
    said.append((f" {glyphs.separator} ", MUTED))
    if step.is_final:
        return [*said, (f"{glyphs.denied} no controller will: ", BAD), (step.waits_for, BAD)]
    return [*said, *_awaited(step, now)]


def _awaited(step: ChainStep, now: float) -> Line:
    """What comes next, with its countdown before what is in brackets."""
    what, bracket, more = step.waits_for.partition(" (")
    if step.due is None:
        return [("waits for ", MUTED), (what, PLAIN), (bracket + more, MUTED)]
    left_s = step.due - now
    when = f" in {span(left_s)}" if left_s > 0 else " due"
    return [(what, PLAIN), (when, BUSY), (bracket + more, MUTED)]


def span(seconds: float) -> str:
    """A duration that runs: whole seconds, rounded up so that a countdown ends at 0; minutes and hours beside them."""
    whole = max(0, math.ceil(min(seconds, 1e9)))
    if whole < 100:
        return f"{whole} s"
    if whole < 6000:
        return f"{whole // 60} m {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} m"


def wrap(line: Line, width: int) -> list[Line]:
    """The line in rows of at most `width` cells, broken between words; rows after the first are indented."""
    rows: list[Line] = []
    row: list[Run] = []
    used = 0
    for text, tone in _words(line):
        word = cut(text.strip(), max(1, width - len(_INDENT)))
        lead = " " if text.startswith(" ") and row and plain(row).strip() else ""
        if row and used + len(lead) + cell_len(word) > width:
            rows.append(grouped(row))
            row, used, lead = [(_INDENT, PLAIN)], len(_INDENT), ""
        row.append((lead + word, tone))
        used += len(lead) + cell_len(word)
    return [*rows, grouped(row)] if row else rows


def _words(line: Line) -> list[tuple[str, Tone]]:
    """The words of a line with their tones; one that begins a new word has a blank before it."""
    words: list[tuple[str, Tone]] = []
    blank = ""
    for text, tone in line:
        flat = one_line(text)
        parts = flat.split(" ")
        for index, part in enumerate(parts):
            if index:
                blank = " "
            if part:
                words.append((blank + part, tone))
                blank = ""
    return words
