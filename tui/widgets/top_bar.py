"""The line that is on every screen: which source this is, how fresh it is, whether chaos is armed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from rich.cells import cell_len, set_cell_size
from textual.geometry import Size
from textual.reactive import reactive

from tui.widgets.glyphs import UNICODE, Glyphs
from tui.widgets.painted_box import PaintedBox
from tui.widgets.runs import Line, Run, Tone, cut, fit, fit_line, line_width, one_line
from tui.widgets.tones import ALARM, BAD, BUSY, CAUTION, EXTRA, GOOD, MUTED, PLAIN, STRONG

Liveness: TypeAlias = Literal["live", "syncing", "stale", "denied", "closed"]

_LEAST_CONTEXT = 8
_LEGIBLE_CONTEXT = 12
_BETWEEN = 3


@dataclass(frozen=True, slots=True)
class Drifted:
    """`count` Deployments are not as declared; of `unknown` more it is not known, or can't be told."""

    count: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """`gaps`: Deployments with fewer available pods than desired, None while unknown. `short`: by how many pods.

    `unsettled`: Deployments without a gap that are not done all the same: rolling out, or with pods too many.
    `drifted` is None where nothing was declared.
    """

    gaps: int | None = None
    short: int = 0
    unsettled: int = 0
    drifted: Drifted | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the line says, as plain words.

    `age_s` is the age of the last frame, None if there was none. `note` is the reason where the state is
    an alarm. `armed` is what stands for arming, such as DISARMED, ARMED 4:12 or READ-ONLY, "" while unknown;
    `is_armed` makes it impossible to miss.
    """

    context: str = ""
    kind: str = ""
    scope: str = ""
    state: Liveness = "syncing"
    age_s: float | None = None
    armed: str = ""
    is_armed: bool = False
    tally: Counts = Counts()
    note: str = ""
    faults: int = 0
    """How many faults go on; told beside the arming while there is room."""
    loop: tuple[Run, ...] = ()
    """How a loop of ours does that goes on, in a line of its own; () where there is none."""


def age(age_s: float | None) -> str:
    """An age in at most six characters: 0.2 s, 14 s, 3 m, 2 h."""
    if age_s is None:
        return ""
    if age_s < 9.95:
        return f"{max(0.0, age_s):.1f} s"
    if age_s < 99.5:
        return f"{age_s:.0f} s"
    return f"{age_s / 60:.0f} m" if age_s < 5970 else f"{age_s / 3600:.0f} h"


def counts(tally: Counts, glyphs: Glyphs = UNICODE, *, as_of: str = "", detailed: int = 2) -> Line:
    """The gaps in words; with `as_of` as what was known then, which is neither good nor bad news.

    `detailed` says how much follows the numbers of gaps and drift: the pods that are short, and what is unsettled.
    """
    if tally.gaps is None:
        return [("gaps not known yet", MUTED)]
    gaps = f"{tally.gaps} {'gap' if tally.gaps == 1 else 'gaps'}" if tally.gaps else "no gap"
    line: Line = [(gaps, MUTED if as_of else BAD if tally.gaps else GOOD)]
    if tally.drifted is not None:
        words, drift_tone = _drift(tally.drifted)
        line += [(f" {glyphs.separator} ", PLAIN), (words, MUTED if as_of else drift_tone)]
    details = [
        f"{tally.short} {'pod' if tally.short == 1 else 'pods'} short"
        if tally.short and detailed > 0
        else "",
        f"{tally.unsettled} unsettled" if tally.unsettled and detailed > 1 else "",
    ]
    tone = MUTED if as_of else PLAIN
    line += [(f" {glyphs.separator} {detail}", tone) for detail in details if detail]
    return [*line, (f" as of {as_of} ago", MUTED)] if as_of else line


def _drift(drifted: Drifted) -> tuple[str, Tone]:
    """1 drift, ≥1 drift while others are not known, no drift, or "drift ?"."""
    if drifted.count:
        return f"{'≥' if drifted.unknown else ''}{drifted.count} drift", EXTRA
    return ("drift ?", MUTED) if drifted.unknown else ("no drift", GOOD)


def source_line(state: SourceState, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """The line in `width` cells: source at the left, the rest at the right.

    Where it does not fit, things go in this order: the note, the program's name, what is unsettled, the
    count of pods, how many faults go on, the scope; then the context's name loses its middle, and the counts
    of gaps and drift go. The name's ends, what kind of cluster it is, how live it is and the arming always stay.
    """
    for dropped in range(_DROPS + 1):
        right = [*_liveness(state, glyphs), (" " * _BETWEEN, PLAIN), *_arming(state, dropped, glyphs)]
        right += [*_tally(state, dropped, glyphs), (" ", PLAIN)]
        around = line_width(_left(replace(state, context=""), dropped, glyphs)) + line_width(right) + 1
        room = width - around
        if room >= cell_len(one_line(state.context)) or (dropped >= _SCOPE and room >= _LEGIBLE_CONTEXT):
            break
    context = cut(state.context, max(_LEAST_CONTEXT, room), glyphs.ellipsis, keep="ends")
    left = _left(replace(state, context=context), dropped, glyphs)
    spare = max(1, width - line_width(left) - line_width(right))
    return [*left, (" " * spare, PLAIN), *right]


def alarm_lines(state: SourceState, width: int, glyphs: Glyphs = UNICODE) -> list[Line]:
    """Why what is shown can't be believed, in one line or two: of all that is said, this is said in full."""
    if state.state not in _ALARMS or not state.note or width < 4:
        return []
    room = width - 2
    rest = one_line(state.note)
    lines: list[Line] = []
    while rest and len(lines) < _ALARM_LINES:
        is_last = len(lines) == _ALARM_LINES - 1
        piece = cut(rest, room, glyphs.ellipsis) if is_last else _first_words(rest, room)
        lines.append([(fit(f" {piece}", width), ALARM)])
        rest = "" if is_last else rest[len(piece) :].lstrip()
    return lines


def loop_lines(state: SourceState, width: int, glyphs: Glyphs = UNICODE) -> list[Line]:
    """The loop that goes on, in a line of its own where there is one."""
    if not state.loop or width < 4:
        return []
    return [[(" ", PLAIN), *fit_line(list(state.loop), width - 1, ellipsis=glyphs.ellipsis)]]


def _first_words(text: str, room: int) -> str:
    """As many whole words as there is room for; one that is longer than that is broken."""
    if cell_len(text) <= room:
        return text
    head = set_cell_size(text, room).rstrip()
    at_word = head.rpartition(" ")[0]
    return at_word if len(at_word) > room // 2 else head


_ALARMS = ("stale", "denied", "closed")
_ALARM_LINES = 2
_DROPS = 7
_NOTE, _BRAND, _UNSETTLED, _PODS, _FAULTS, _SCOPE, _GAPS = range(1, _DROPS + 1)


def _left(state: SourceState, dropped: int, glyphs: Glyphs) -> Line:
    line: Line = [(" ", PLAIN)]
    if dropped < _BRAND:
        line.append(("gapwatch  ", MUTED))
    line.append((one_line(state.context), STRONG))
    details = [state.kind, state.scope if dropped < _SCOPE else ""]
    for detail in filter(None, details):
        line += [(f" {glyphs.separator} ", MUTED), (one_line(detail), PLAIN)]
    if state.note and dropped < _NOTE and state.state not in _ALARMS:
        line += [("  ", PLAIN), (one_line(state.note), MUTED)]
    return line


def _tally(state: SourceState, dropped: int, glyphs: Glyphs) -> Line:
    if dropped >= _GAPS:
        return []
    detailed = 0 if dropped >= _PODS else 1 if dropped >= _UNSETTLED else 2
    as_of = age(state.age_s) if state.state in _ALARMS else ""
    return [(" " * _BETWEEN, PLAIN), *counts(state.tally, glyphs, as_of=as_of, detailed=detailed)]


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


def _arming(state: SourceState, dropped: int, glyphs: Glyphs) -> Line:
    armed = one_line(state.armed)
    if state.faults and dropped < _FAULTS:
        armed += f" {glyphs.separator} {state.faults} {'fault' if state.faults == 1 else 'faults'} on"
    if state.is_armed:
        return [(f" {glyphs.armed} {armed} ", CAUTION)]
    return [(armed, CAUTION if state.faults and dropped < _FAULTS else MUTED)]


class SourceLine(PaintedBox):
    """The line, told anew by assigning to `state`; an alarm takes more lines for its reason."""

    DEFAULT_CSS = "SourceLine { dock: top; height: auto; background: $panel; }"

    state: reactive[SourceState] = reactive(SourceState, repaint=False)
    """What the line says."""

    def watch_state(self) -> None:
        """Say it, and take the lines that needs."""
        if self.size.width and self.get_content_height(Size(), Size(), self.size.width) != self.size.height:
            self.refresh(layout=True)
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line, the reason for an alarm, and what goes on."""
        return len(self.lines(width, 0))

    def lines(self, width: int, height: int) -> list[Line]:
        """The lines at a width."""
        return [
            source_line(self.state, width, self.glyphs),
            *alarm_lines(self.state, width, self.glyphs),
            *loop_lines(self.state, width, self.glyphs),
        ]
