"""Columns of a table and how they share the width of a terminal: a pure function of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.widgets.runs import Side, apportion


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    `width` is its width in cells, or the least width where `flex` (its weight when spare width is
    shared out) is not zero; `most` bounds a flexible column. When there is too little room, columns
    are dropped by their `drop` number, highest first; 0 is never dropped.
    """

    key: str
    title: str
    width: int
    flex: int = 0
    most: int | None = None
    drop: int = 0
    align: Side = "left"


@dataclass(frozen=True, slots=True)
class Placed:
    """A column at its place: `x` is its first cell, `width` what it got."""

    column: Column
    x: int
    width: int


def lay_out(columns: Sequence[Column], width: int, *, gutter: int = 0, gap: int = 2) -> list[Placed]:
    """The columns that fit in `width` cells after a `gutter`, with `gap` cells between them."""
    kept = _that_fit(columns, width - gutter, gap)
    spare = width - gutter - _least(kept, gap)
    widths = _widths(kept, max(0, spare))
    placed = []
    x = gutter
    for column, got in zip(kept, widths, strict=True):
        fits = max(0, min(got, width - x))
        placed.append(Placed(column, x, fits))
        x += got + gap
    return placed


def column_at(placed: Sequence[Placed], x: int) -> Column | None:
    """The column under cell `x`; the gap after a column belongs to it."""
    found = None
    for place in placed:
        if x < place.x:
            break
        found = place.column
    return found


def _least(columns: Sequence[Column], gap: int) -> int:
    return sum(column.width for column in columns) + gap * max(0, len(columns) - 1)


def _that_fit(columns: Sequence[Column], width: int, gap: int) -> list[Column]:
    kept = list(columns)
    while _least(kept, gap) > width:
        expendable = max(kept, key=lambda column: column.drop, default=None)
        if expendable is None or expendable.drop == 0:
            break
        kept.remove(expendable)
    return kept


def _widths(columns: Sequence[Column], spare: int) -> list[int]:
    """Spare width shared by weight among the flexible columns; what one may not take goes to the others."""
    widths = [column.width for column in columns]
    while spare > 0:
        weights = [
            column.flex if column.flex and (column.most is None or got < column.most) else 0
            for column, got in zip(columns, widths, strict=True)
        ]
        if not any(weights):
            break
        for index, share in enumerate(apportion(spare, weights)):
            most = columns[index].most
            taken = share if most is None else min(share, most - widths[index])
            widths[index] += taken
            spare -= taken
    return widths
