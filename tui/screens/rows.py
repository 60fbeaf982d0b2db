"""How one Deployment looks in the fleet: its row, its cell in the strip, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tui.reconcile.explain import Cause
from tui.screens.drift_rows import drift_cell, drift_size, is_drift, why_words
from tui.session.news import FleetRow
from tui.widgets.columns import Column
from tui.widgets.fleet_strip import FleetCell
from tui.widgets.glyphs import Glyphs
from tui.widgets.line_table import Row
from tui.widgets.replica_bar import ReplicaCells
from tui.widgets.runs import BothEnds, Cell
from tui.widgets.tones import BAD, BUSY, EXTRA, GOOD, LEAVING, MUTED, PLAIN, STRONG

COLUMNS = (
    Column("namespace", "NAMESPACE", 9, flex=2, most=20, drop=2),
    Column("name", "DEPLOYMENT", 12, flex=3, most=40),
    Column("desired", "DESIRED", 7, align="right"),
    Column("actual", "ACTUAL", 8, flex=1, most=24),
    Column("gap", "GAP", 5, align="right"),
    Column("for", "FOR", 6, align="right", drop=1),
    Column("why", "WHY", 24, flex=8),
    Column("heal", "LAST HEAL", 9, align="right", drop=3),
)
"""At 80 columns all but the last heal fit, and the reason can be read."""
_LEAST_WHY = 18
"""Beside the drift."""
DECLARED_COLUMNS = tuple(
    one
    for column in COLUMNS
    for one in (
        (column, Column("drift", "DRIFT", 5, flex=4, most=9, align="right"))
        if column.key == "gap"
        else (replace(column, width=_LEAST_WHY) if column.key == "why" else column,)
    )
)
"""The same where something was declared."""

_STUCK = frozenset(
    {Cause.CREATE, Cause.SCHEDULING, Cause.IMAGE, Cause.CRASH, Cause.CONFIG, Cause.NODE, Cause.DEADLINE}
)


def fleet_row(row: FleetRow, now: float, sort: SortOrder, glyphs: Glyphs) -> Row:
    """The row as the table shows it at this moment."""
    return Row(
        {
            "namespace": BothEnds(row.namespace, MUTED if row.gap.settled else PLAIN),
            "name": BothEnds(row.name, PLAIN if row.gap.settled else STRONG),
            "desired": str(row.gap.desired),
            "actual": replica_cells(row),
            "gap": gap_cell(row, glyphs),
            "drift": drift_cell(row.drift),
            "for": Cell(open_for(row, now), BUSY if row.opened is not None else MUTED),
            "why": Cell(why_words(row), why_tone(row)),
            "heal": Cell(duration(row.last_heal_s), MUTED),
        },
        sort(row),
    )


def replica_cells(row: FleetRow) -> ReplicaCells:
    """The pods by state, each counted once: surplus pods are taken from those that are not needed."""
    gap = row.gap
    ready = min(gap.available, gap.desired)
    starting = min(gap.starting, gap.desired - ready)
    return ReplicaCells(
        ready=ready,
        starting=starting,
        missing=gap.missing,
        surplus=gap.available + gap.starting - ready - starting,
        terminating=gap.terminating,
    )


def gap_cell(row: FleetRow, glyphs: Glyphs) -> Cell:
    """−2, +1 or 0."""
    gap = row.gap
    if gap.size:
        return Cell(f"{glyphs.minus}{gap.size}", BAD)
    if gap.surplus:
        return Cell(f"+{gap.surplus}", EXTRA)
    return Cell("0", MUTED if gap.settled else BUSY)


def why_tone(row: FleetRow) -> str:
    """Red only where nothing will move by itself."""
    if row.cause in _STUCK:
        return BAD
    if row.tug is not None:
        return BUSY
    return MUTED if row.gap.settled else PLAIN


def fleet_cell(row: FleetRow) -> FleetCell:
    """The Deployment's cell in the strip."""
    if row.gap.size:
        tone = BAD if row.cause in _STUCK or row.gap.available == 0 else BUSY
    elif row.gap.settled:
        tone = LEAVING if row.gap.terminating else GOOD
    else:
        tone = EXTRA
    return FleetCell(row.key, row.gap.size, row.gap.desired, tone)


def open_for(row: FleetRow, now: float) -> str:
    """How long its gap has been open; ≥ where it was open before we looked."""
    if row.opened is None:
        return ""
    return ("≥" if row.opened_before_us else "") + duration(now - row.opened)


def duration(seconds: float | None) -> str:
    """A duration in at most six cells."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} m" if seconds < 6000 else f"{seconds / 3600:.0f} h"


# ------------------------------------------------------------------ order

SortOrder = Callable[[FleetRow], Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What the fleet is sorted by; without a column gaps come first."""

    column: str | None = None
    descending: bool = False

    def after(self, column: str) -> Order:
        """The order once that column is asked for: its own direction, then the other one, then gaps first again."""
        first = Order(column, column in _LARGEST_FIRST)
        if self == first:
            return replace(first, descending=not first.descending)
        return Order() if self.column == column else first

    @property
    def key(self) -> SortOrder:
        """A sort key, ascending, for rows in this order."""
        if self.column is None:
            return gaps_first
        value_of, directed = _BY_COLUMN[self.column], _Descending if self.descending else _as_it_is

        def key(row: FleetRow) -> Any:
            value = value_of(row)
            # What has no such value comes last in either direction.
            return (value is None, 0 if value is None else directed(value), row.namespace, row.name)

        return key


@dataclass(frozen=True, slots=True)
class _Descending:
    """A value that sorts the other way round."""

    value: Any

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)


def _as_it_is(value: Any) -> Any:
    return value


def gaps_first(row: FleetRow) -> Any:
    """Open gaps on top, the longest open first; then what is not settled; then what has drifted; then by name."""
    rank = 0 if row.gap.size else 1 if not row.gap.settled else 2 if is_drift(row) else 3
    return (rank, row.opened if row.opened is not None else float("inf"), row.namespace, row.name)


_BY_COLUMN: dict[str, SortOrder] = {
    "namespace": lambda row: row.namespace,
    "name": lambda row: row.name,
    "desired": lambda row: row.gap.desired,
    "actual": lambda row: row.gap.available / max(1, row.gap.desired),
    "gap": lambda row: (row.gap.size, row.gap.surplus),
    "drift": lambda row: drift_size(row.drift),
    "for": lambda row: None if row.opened is None else -row.opened,
    "why": lambda row: why_words(row) or None,
    "heal": lambda row: row.last_heal_s,
}
_LARGEST_FIRST = frozenset({"desired", "gap", "drift", "for", "heal"})
