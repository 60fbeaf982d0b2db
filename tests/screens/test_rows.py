"""How a Deployment looks in the fleet, and what it is sorted by, as plain values."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tui.reconcile.explain import Cause
from tui.reconcile.gap import Gap
from tui.screens.rows import (
    COLUMNS,
    DECLARED_COLUMNS,
    Order,
    duration,
    fleet_cell,
    fleet_row,
    gap_cell,
    open_for,
    replica_cells,
    why_tone,
)
from tui.session.news import FleetRow
from tui.widgets.columns import lay_out
from tui.widgets.glyphs import ASCII, UNICODE
from tui.widgets.replica_bar import ReplicaCells
from tui.widgets.tones import BAD, BUSY, EXTRA, GOOD, LEAVING, MUTED, PLAIN


def a_gap(desired: int = 3, available: int = 3, starting: int = 0, **more: int) -> Gap:
    active = available + starting
    counts = {
        "desired": desired,
        "updated": active,
        "ready": available,
        "available": available,
        "starting": starting,
        "missing": max(0, desired - active),
        "surplus": max(0, active - desired),
        "outdated": 0,
        "terminating": 0,
    }
    return Gap(**(counts | more))  # type: ignore[arg-type]


def a_row(name: str = "web", namespace: str = "shop", gap: Gap | None = None, **more: object) -> FleetRow:
    row = FleetRow(
        f"uid-{name}", namespace, name, "1", gap or a_gap(), False, Cause.NONE, "", None, False, None
    )
    return replace(row, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (-1.0, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (10, "10 s"),
        (99.4, "99 s"),
        (100, "2 m"),
        (5999, "100 m"),
        (6000, "2 h"),
        (360_000, "100 h"),
    ],
)
def test_a_duration_fits_its_column(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said
    assert len(said) <= 6


def test_an_open_gap_counts_from_its_opening_and_marks_what_we_did_not_see() -> None:
    assert open_for(a_row(), 10.0) == ""
    assert open_for(a_row(opened=7.0), 10.0) == "3.0 s"
    assert open_for(a_row(opened=7.0, opened_before_us=True), 10.0) == "≥3.0 s"


@pytest.mark.parametrize(
    ("gap", "text", "tone"),
    [
        (a_gap(), "0", MUTED),
        (a_gap(available=1), "−2", BAD),
        (a_gap(available=4), "+1", EXTRA),
        (a_gap(outdated=1), "0", BUSY),
        (a_gap(desired=0, available=0), "0", MUTED),
    ],
)
def test_the_gap_in_glyph_and_tone(gap: Gap, text: str, tone: str) -> None:
    cell = gap_cell(a_row(gap=gap), UNICODE)
    assert (cell.text, cell.tone) == (text, tone)
    assert gap_cell(a_row(gap=gap), ASCII).text == text.replace("−", "-")


@pytest.mark.parametrize(
    ("gap", "cells"),
    [
        (a_gap(), ReplicaCells(ready=3, starting=0, missing=0, surplus=0, terminating=0)),
        (
            a_gap(available=1, starting=1),
            ReplicaCells(ready=1, starting=1, missing=1, surplus=0, terminating=0),
        ),
        (
            a_gap(available=3, starting=1),
            ReplicaCells(ready=3, starting=0, missing=0, surplus=1, terminating=0),
        ),
        (
            a_gap(available=5, terminating=2),
            ReplicaCells(ready=3, starting=0, missing=0, surplus=2, terminating=2),
        ),
        (
            a_gap(available=2, starting=3),
            ReplicaCells(ready=2, starting=1, missing=0, surplus=2, terminating=0),
        ),
    ],
)
def test_every_pod_is_one_cell(gap: Gap, cells: ReplicaCells) -> None:
    found = replica_cells(a_row(gap=gap))
    assert found == cells
    assert found.ready + found.starting + found.surplus == gap.available + gap.starting
    assert found.ready + found.starting + found.missing == gap.desired


@pytest.mark.parametrize(
    ("row", "tone"),
    [
        (a_row(), GOOD),
        (a_row(gap=a_gap(terminating=1)), LEAVING),
        (a_row(gap=a_gap(available=2, starting=1)), BUSY),
        (a_row(gap=a_gap(available=0)), BAD),
        (a_row(gap=a_gap(available=2), cause=Cause.SCHEDULING), BAD),
        (a_row(gap=a_gap(available=4)), EXTRA),
    ],
)
def test_the_strips_tone(row: FleetRow, tone: str) -> None:
    cell = fleet_cell(row)
    assert (cell.tone, cell.gap, cell.desired, cell.label) == (tone, row.gap.size, row.gap.desired, row.key)


def test_a_reason_is_red_only_where_nothing_moves_by_itself() -> None:
    assert why_tone(a_row(cause=Cause.STARTING, gap=a_gap(available=2))) == PLAIN
    assert why_tone(a_row(cause=Cause.IMAGE, gap=a_gap(available=2))) == BAD
    assert why_tone(a_row(cause=Cause.PAUSED)) == MUTED


def test_a_row_has_a_cell_for_each_column() -> None:
    row = fleet_row(a_row(), 0.0, Order().key, UNICODE)
    assert set(row.cells) == {column.key for column in DECLARED_COLUMNS}
    assert [column.key for column in DECLARED_COLUMNS if column.key != "drift"] == [
        one.key for one in COLUMNS
    ]


FLEET = [
    a_row("long", "z", a_gap(available=1), opened=1.0, why="quota", cause=Cause.CREATE),
    a_row("short", "a", a_gap(available=2), opened=5.0, why="starting", last_heal_s=9.0),
    a_row("rolling", "b", a_gap(outdated=1), why="rolling out", last_heal_s=2.0),
    a_row("big", "c", a_gap(desired=9, available=10)),
    a_row("calm", "a", last_heal_s=4.0),
    a_row("calm", "d"),
]


@pytest.mark.parametrize(
    ("column", "keys"),
    [
        (None, ["z/long", "a/short", "b/rolling", "c/big", "a/calm", "d/calm"]),
        ("for", ["z/long", "a/short", "a/calm", "b/rolling", "c/big", "d/calm"]),
        ("namespace", ["a/calm", "a/short", "b/rolling", "c/big", "d/calm", "z/long"]),
        ("name", ["c/big", "a/calm", "d/calm", "z/long", "b/rolling", "a/short"]),
        ("desired", ["c/big", "a/calm", "a/short", "b/rolling", "d/calm", "z/long"]),
        ("actual", ["z/long", "a/short", "a/calm", "b/rolling", "d/calm", "c/big"]),
        ("gap", ["z/long", "a/short", "c/big", "a/calm", "b/rolling", "d/calm"]),
        ("why", ["z/long", "b/rolling", "a/short", "a/calm", "c/big", "d/calm"]),
        ("heal", ["a/short", "a/calm", "b/rolling", "c/big", "d/calm", "z/long"]),
    ],
)
def test_every_column_has_its_order_whatever_came_first(column: str | None, keys: list[str]) -> None:
    order = Order() if column is None else Order().after(column)
    for seed in range(5):
        shuffled = random.Random(seed).sample(FLEET, len(FLEET))
        assert [row.key for row in sorted(shuffled, key=order.key)] == keys


def test_every_column_can_be_sorted_by() -> None:
    for column in COLUMNS:
        assert len({str(Order().after(column.key).key(row)) for row in FLEET}) > 1


@pytest.mark.parametrize(("column", "largest_first"), [("gap", True), ("heal", True), ("name", False)])
def test_a_column_asked_for_again_turns_round_and_then_gaps_come_first(
    column: str, largest_first: bool
) -> None:
    first = Order().after(column)
    assert first == Order(column, largest_first)
    assert first.after(column) == Order(column, not largest_first)
    assert first.after(column).after(column) == Order()
    assert first.after("why") == Order("why")


def test_the_other_direction_is_the_other_direction_but_for_what_has_no_value() -> None:
    def keys(order: Order) -> list[str]:
        return [row.key for row in sorted(FLEET, key=order.key)]

    assert keys(Order("heal", descending=True)) == [
        "a/short", "a/calm", "b/rolling", "c/big", "d/calm", "z/long",
    ]  # fmt: skip
    assert keys(Order("heal")) == ["b/rolling", "a/calm", "a/short", "c/big", "d/calm", "z/long"]
    assert keys(Order("namespace", descending=True))[0] == "z/long"


def test_at_80_columns_the_reason_can_be_read_and_only_the_last_heal_is_dropped() -> None:
    declared = lay_out(DECLARED_COLUMNS, 79, gutter=2, gap=1)
    assert {place.column.key for place in declared} == {column.key for column in DECLARED_COLUMNS} - {"heal"}
    assert max(place.x + place.width for place in declared) <= 79
    width = {place.column.key: place.width for place in lay_out(COLUMNS, 79, gutter=2, gap=1)}
    assert set(width) == {column.key for column in COLUMNS} - {"heal"}
    assert width["why"] >= 24
    assert all(place.x + place.width <= 79 for place in lay_out(COLUMNS, 79, gutter=2, gap=1))


def test_the_digits_of_a_gap_are_never_cut() -> None:
    gap = next(column for column in COLUMNS if column.key == "gap")
    for available in (0, 1833):
        cell = gap_cell(a_row(gap=a_gap(desired=893, available=available)), UNICODE)
        assert len(cell.text) <= gap.width
