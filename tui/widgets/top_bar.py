"""The line that is on every screen: which source this is, how fresh it is, whether chaos is armed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from textual.reactive import reactive

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Tone, cut, line_width, one_line
from tui.widgets.tones import ALARM, BAD, BUSY, CAUTION, GOOD, MUTED, PLAIN, STRONG

Liveness: TypeAlias = Literal["live", "syncing", "stale", "denied", "closed"]

_LEAST_CONTEXT = 12
_BETWEEN = 3


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the line says, as plain words.

    `age_s` is the age of the last frame, None if there was none. `gaps` and `missing` are None while
    they are not known. `armed` is what stands for arming, such as DISARMED, ARMED 4:12 or READ-ONLY;
    `is_armed` makes it impossible to miss.
    """

    context: str = ""
    kind: str = ""
    scope: str = ""
    state: Liveness = "syncing"
    age_s: float | None = None
    armed: str = "DISARMED"
    is_armed: bool = False
    gaps: int | None = None
    missing: int | None = None
    note: str = ""


def age(age_s: float | None) -> str:
    """An age in at most six characters: 0.2 s, 14 s, 3 m, 2 h."""
    if age_s is None:
        return ""
    if age_s < 9.95:
        return f"{max(0.0, age_s):.1f} s"
    if age_s < 99.5:
        return f"{age_s:.0f} s"
    return f"{age_s / 60:.0f} m" if age_s < 5970 else f"{age_s / 3600:.0f} h"


def counts(gaps: int | None, missing: int | None, glyphs: Glyphs = UNICODE) -> Line:
    """The gaps in words, in full."""
    if gaps is None:
        return [("gaps not known yet", MUTED)]
    if gaps == 0:
        return [("no gap", GOOD)]
    line: Line = [(f"{gaps} {'gap' if gaps == 1 else 'gaps'}", BAD)]
    if missing:
        line.append((f" {glyphs.separator} {missing} {'pod' if missing == 1 else 'pods'} missing", PLAIN))
    return line


def source_line(state: SourceState, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """The line in `width` cells: source at the left, the rest at the right.

    Where it does not fit, things go in this order: the note, the program's name, the count of pods,
    the kind, the scope, the count of gaps; then the context's name is cut. The source, how live it
    is and the arming always stay.
    """
    right_side = [*_liveness(state, glyphs), (" " * _BETWEEN, PLAIN), *_arming(state, glyphs)]
    dropped = 0
    while True:
        left = _left(state, dropped, glyphs)
        tally = _tally(state, dropped, glyphs)
        right = [*right_side, *tally, (" ", PLAIN)]
        spare = width - line_width(left) - line_width(right)
        if spare >= 1 or dropped >= _DROPS:
            break
        dropped += 1
    if spare < 1:
        room = max(_LEAST_CONTEXT, width - line_width(right) - 2)
        left = [(" " + cut(state.context, room, glyphs.ellipsis), STRONG)]
        spare = max(1, width - line_width(left) - line_width(right))
    return [*left, (" " * spare, PLAIN), *right]


_DROPS = 6
_NOTE, _BRAND, _PODS, _KIND, _SCOPE, _GAPS = range(1, _DROPS + 1)


def _left(state: SourceState, dropped: int, glyphs: Glyphs) -> Line:
    line: Line = [(" ", PLAIN)]
    if dropped < _BRAND:
        line.append(("gapwatch  ", MUTED))
    line.append((one_line(state.context), STRONG))
    details = [(_KIND, state.kind), (_SCOPE, state.scope)]
    for drop, detail in details:
        if detail and dropped < drop:
            line += [(f" {glyphs.separator} ", MUTED), (one_line(detail), PLAIN)]
    if state.note and dropped < _NOTE:
        line += [("  ", PLAIN), (one_line(state.note), MUTED)]
    return line


def _tally(state: SourceState, dropped: int, glyphs: Glyphs) -> Line:
    if dropped >= _GAPS:
        return []
    missing = state.missing if dropped < _PODS else None
    return [(" " * _BETWEEN, PLAIN), *counts(state.gaps, missing, glyphs)]


def _liveness(state: SourceState, glyphs: Glyphs) -> Line:
    """Glyph, word and age; of a constant width, so that the line stands still while the age counts."""
    looks: dict[Liveness, tuple[str, str, Tone]] = {
        "live": (glyphs.live, "live", GOOD),
        "syncing": (glyphs.syncing, "syncing", BUSY),
        "stale": (glyphs.stale, "STALE", ALARM),
        "denied": (glyphs.denied, "DENIED", ALARM),
        "closed": (glyphs.denied, "CLOSED", ALARM),
    }
    glyph, word, tone = looks[state.state]
    padded_age = age(state.age_s).rjust(6 if state.state == "live" else 0)
    if tone is ALARM:
        return [(f" {glyph} {word} {padded_age}".rstrip() + " ", tone)]
    return [(f"{glyph} {word}", tone), (f" {padded_age}", MUTED)]


def _arming(state: SourceState, glyphs: Glyphs) -> Line:
    if state.is_armed:
        return [(f" {glyphs.armed} {one_line(state.armed)} ", CAUTION)]
    return [(one_line(state.armed), MUTED)]


class SourceLine(PaintedBox):
    """One line, told anew by assigning to `state`."""

    DEFAULT_CSS = "SourceLine { height: 1; background: $panel; }"

    state: reactive[SourceState] = reactive(SourceState, repaint=False)
    """What the line says."""

    def watch_state(self) -> None:
        """Say it."""
        self.redraw()

    def lines(self, width: int, height: int) -> list[Line]:
        """The one line at a width."""
        return [source_line(self.state, width, self.glyphs)]
