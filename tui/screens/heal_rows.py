"""From heals to what the Heals screen draws of them: rows, the glyphs of phases, percentiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from tui.reconcile.heal import HealKind
from tui.screens.help import HelpLine
from tui.screens.names import Names
from tui.screens.rows import duration
from tui.session.heal_news import HealNews
from tui.widgets.columns import Column
from tui.widgets.glyphs import Glyphs
from tui.widgets.line_table import Row
from tui.widgets.phase_cells import Part, PhaseCells
from tui.widgets.quantiles import Spread
from tui.widgets.runs import BothEnds, Cell, Run
from tui.widgets.tones import ACCENT, BAD, BUSY, CALM, EXTRA, GOOD, LEAVING, MUTED, PLAIN, STRONG

COLUMNS = (
    Column("at", "OPENED", 8),
    Column("name", "DEPLOYMENT", 13, flex=3, most=36),
    Column("kind", "KIND", 10),
    Column("cause", "CAUSE", 24, flex=4, most=60, drop=4),
    Column("phases", "PHASES", 16, flex=4, most=72),
    Column("total", "TOTAL", 6, align="right"),
    Column("depth", "DEEP", 4, align="right", drop=1),
    Column("lost", "POD-S LOST", 10, align="right"),
    Column("overshoot", "OVER", 4, align="right", drop=2),
    Column("dead", "DEAD", 6, align="right", drop=5),
)
"""At 80 columns all but the cause and the dead time fit."""

_LEGEND = (
    *("noticed", "created", "scheduled", "started", "ready", "available"),
    *("evicted, gone", "new ReplicaSet", "all updated"),
)
_KIND_TONES = {
    HealKind.FAULT: ACCENT,
    HealKind.LOSS: BAD,
    HealKind.NODE_LOSS: BAD,
    HealKind.FOUND_OPEN: MUTED,
}


def heal_key(heal: HealNews) -> str:
    """What tells a heal from all others."""
    return f"{heal.deployment_uid} {heal.opened!r}"


def deployment_of(key: str) -> str:
    """The uid of the Deployment whose heal has that key."""
    return key.rpartition(" ")[0]


def heal_row(heal: HealNews, now: float, wall: datetime, glyphs: Glyphs) -> Row:
    """The heal as the table shows it at this moment, the newest on top; `wall` is the time of day at `now`."""
    opened = wall - timedelta(seconds=now - heal.opened)
    is_open = heal.total_s is None
    total_s = max(0.0, now - heal.opened) if heal.total_s is None else heal.total_s
    unproven = f" {glyphs.separator} pairing guessed" if heal.guessed else ""
    return Row(
        {
            "at": Cell(f"{opened:%H:%M:%S}", MUTED),
            "name": BothEnds(heal.key, STRONG if is_open else PLAIN),
            "kind": Cell(heal.kind.value, _KIND_TONES.get(heal.kind, EXTRA)),
            "cause": Cell(f"{Names(heal.deployment, ()).in_text(heal.cause)}{unproven}", PLAIN),
            "phases": phase_cells(heal, now, glyphs),
            "total": Cell(duration(total_s), BUSY if is_open else GOOD),
            "depth": Cell(f"{glyphs.minus}{heal.depth}" if heal.depth else "0", BAD if heal.depth else MUTED),
            "lost": Cell(f"{heal.lost_pod_s:,.1f}", PLAIN if heal.lost_pod_s else MUTED),
            "overshoot": Cell(f"+{heal.overshoot}" if heal.overshoot else "0", _tone(heal.overshoot, EXTRA)),
            "dead": Cell(duration(heal.dead_s), MUTED),
        },
        (-heal.opened, heal.key),
    )


def _tone(figure: int, tone: str) -> str:
    return tone if figure else MUTED


def matches(heal: HealNews, words: Iterable[str]) -> bool:
    """Whether each of these words, in small letters, is in what is said of the heal."""
    text = f"{heal.key} {heal.kind.value} {heal.cause}".lower()
    return all(word in text for word in words)


# ---------------------------------------------------------------- phases


def phase_cells(heal: HealNews, now: float, glyphs: Glyphs) -> PhaseCells:
    """The heal's phases as a stacked bar; what is under way lasts until now."""
    parts = []
    for phase in heal.phases:
        ended = now if phase.ended is None else phase.ended
        glyph, tone = phase_look(phase.name, glyphs)
        parts.append(Part(glyph, round(max(0.0, ended - phase.began), 3), tone))
    return PhaseCells(tuple(parts), goes_on=any(phase.ended is None for phase in heal.phases))


def phase_look(name: str, glyphs: Glyphs) -> Run:
    """How the phase that ends with `name` is drawn: as a pod's bar where it is one of a pod's, else by its sense."""
    for words, glyph, tone in _looks(glyphs):
        if any(word in name.lower() for word in words):
            return glyph, tone
    return glyphs.unknown, MUTED


def _looks(glyphs: Glyphs) -> Sequence[tuple[tuple[str, ...], str, str]]:
    """The first line whose words are in a phase's name is its look; no two lines share a glyph."""
    return (
        (("noticed", "seen", "chosen"), glyphs.axis, MUTED),
        (("new replicaset",), glyphs.surplus, EXTRA),
        (("evicted", "gone"), glyphs.terminating, LEAVING),
        (("created", "new pod"), glyphs.gap, BAD),
        (("scheduled",), glyphs.pending, MUTED),
        (("started",), glyphs.starting, BUSY),
        (("ready",), glyphs.not_ready, GOOD),
        (("updated",), glyphs.unproven, EXTRA),
        (("available",), glyphs.running, CALM),
    )


def heals_legend(glyphs: Glyphs) -> tuple[HelpLine, ...]:
    """The glyphs of the phases, and the words of the columns."""
    return (
        *(HelpLine(phase_look(name, glyphs)[0] * 2, name, "ends a phase of a heal") for name in _LEGEND),
        HelpLine(glyphs.pointer, "goes on", "the last phase is not over"),
        HelpLine("TOTAL", "open for", "from the opening until the gap was closed for good"),
        HelpLine("DEEP", "depth", "the largest gap, in pods"),
        HelpLine("POD-S", "lost", "pod-seconds that were desired and not available"),
        HelpLine("OVER", "overshoot", "the most pods beyond what was desired"),
        HelpLine("DEAD", "dead time", "from the opening to the first visible drop"),
        HelpLine("P50 P95", "nearest rank", "so long or less: half of them, 19 of 20"),
    )


def phase_legend(heals: Iterable[HealNews], glyphs: Glyphs) -> tuple[tuple[Run, str], ...]:
    """Every glyph in the bars, and what the phase that it stands for ends with."""
    names = sorted({phase.name for heal in heals for phase in heal.phases})
    by_look: dict[Run, list[str]] = {(glyph, tone): [] for _, glyph, tone in _looks(glyphs)}
    for name in names:
        by_look.setdefault(phase_look(name, glyphs), []).append(name)
    return tuple((look, ", ".join(named)) for look, named in by_look.items() if named)


# ---------------------------------------------------------------- percentiles


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the least value that at least `percent` of all values don't exceed.

    `percent` is above 0 and at most 100, `values` are not empty and may come in any order.
    """
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(1, rank) - 1]


def spreads(heals: Iterable[HealNews], group: Callable[[HealNews], str]) -> tuple[Spread, ...]:
    """How long the heals of each group took until the gap was closed, the slowest group first.

    Those that were open when we first looked began nobody knows when: they have no part in it.
    """
    totals: dict[str, list[float]] = {}
    for heal in heals:
        if heal.total_s is not None and heal.kind is not HealKind.FOUND_OPEN:
            totals.setdefault(group(heal), []).append(heal.total_s)
    found = []
    for label, seconds in totals.items():
        p50_s, p95_s = percentile(seconds, 50), percentile(seconds, 95)
        found.append(Spread(label, len(seconds), p50_s, p95_s, duration(p50_s), duration(p95_s)))
    return tuple(sorted(found, key=lambda one: (-one.p95_s, -one.p50_s, one.label)))
