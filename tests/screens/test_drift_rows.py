"""How drift is told: a cell, a headline, a plan in Terraform's rhythm, and the line of the apply loop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.screens.details import a_detail, a_row
from tui.reconcile.drift import Change, DriftState
from tui.screens.apply_loop import state_words
from tui.screens.drift_plan import (
    applied_words,
    declared_passages,
    field_passage,
    fields_sum,
    outcome_passages,
    plan_passages,
    plan_sum,
)
from tui.screens.drift_rows import (
    HOLDS,
    declared_line,
    drift_cell,
    drift_count,
    drift_words,
    is_drift,
    loop_line,
    pace,
    why_words,
)
from tui.screens.lanes import acts_of, lanes
from tui.screens.rows import Order, fleet_row, gaps_first, why_tone
from tui.session.drift_news import (
    AppliedNews,
    DeclarationNews,
    DeclaredNews,
    DriftNews,
    FieldDriftNews,
    HoldingOff,
    LoopNews,
    NotThere,
    PlannedNews,
    TugNews,
)
from tui.session.news import Told
from tui.widgets.glyphs import ASCII, UNICODE
from tui.widgets.passages import passage_rows
from tui.widgets.runs import plain
from tui.widgets.tones import BUSY
from tui.widgets.top_bar import Counts, Drifted, counts

NOW = 100.0
TUG = TugNews("spec.replicas", ("kubectl", "gitops"), 15.0, 6, 10.0, 90.0)
OFF = LoopNews(False, 0.0, False, 0, 0, 0, None, (), "")
LOOP = LoopNews(True, 15.0, False, 12, 3, 1, NOW + 8.0, (), "")


def drift(state: DriftState = DriftState.DRIFTED, fields: int = 3, *, locally: bool = False) -> DriftNews:
    return DriftNews(state, fields, locally)


def a_field(change: Change = Change.CHANGED, **other: Any) -> FieldDriftNews:
    told = FieldDriftNews(
        "spec.replicas",
        None if change is Change.ADDED else "3",
        None if change is Change.REMOVED else "2",
        change,
        "kubectl-patch",
        1000.0,
        NOW - 12.0,
        "Update",
    )
    return replace(told, **other)


def a_declaration(**other: Any) -> DeclarationNews:
    told = DeclarationNews(
        deployments=4,
        assessed=4,
        drifted=0,
        fields=0,
        failed=0,
        missing=(),
        locally="",
        error="",
        remarks=(),
        loop=OFF,
    )
    return replace(told, **other)


@pytest.mark.parametrize(
    ("news", "wide", "narrow"),
    [
        (None, "", ""),
        (drift(DriftState.NONE, 0), "0", "0"),
        (drift(), "3 fields", "3"),
        (drift(fields=1), "1 field", "1"),
        (drift(fields=12, locally=True), "12 local", "12 l…"),
        (drift(DriftState.NONE, 0, locally=True), "0 local", "0 loc"),
        (drift(DriftState.MISSING, 0), "not there", "none"),
        (drift(DriftState.UNKNOWN, 0), "?", "?"),
        (drift(DriftState.FAILED, 0), "? error", "? err"),
    ],
)
def test_each_state_has_its_own_word_in_the_column(news: DriftNews | None, wide: str, narrow: str) -> None:
    cell = drift_cell(news)
    assert (cell.in_width(9, UNICODE).plain, cell.in_width(5, UNICODE).plain) == (wide, narrow)


def test_the_headline_says_it_in_words() -> None:
    assert plain(drift_words(drift(locally=True))) == "  drift 3 fields compared locally"
    assert plain(drift_words(drift(DriftState.FAILED))) == "  drift can't be told"
    assert drift_words(None) == []


def test_what_has_drifted_comes_after_the_gaps_and_is_sorted_by_its_fields() -> None:
    calm, short = a_row(name="calm"), a_row(available=1, name="short")
    drifted = replace(a_row(name="zz"), drift=drift())
    declared = replace(a_row(name="aa"), drift=drift(DriftState.NONE, 0))
    unknown = replace(a_row(name="mm"), drift=drift(DriftState.UNKNOWN, 0))
    found = sorted([calm, declared, short, drifted, unknown], key=gaps_first)
    assert [row.name for row in found] == ["short", "zz", "aa", "calm", "mm"]
    by_drift = Order().after("drift")
    assert by_drift.descending
    assert [row.name for row in sorted(found, key=by_drift.key)] == ["zz", "aa", "calm", "mm", "short"]
    assert [row.name for row in found if is_drift(row)] == ["zz"]


def test_a_tug_of_war_is_named_in_why_before_the_reason() -> None:
    row = replace(a_row(), tug=TUG)
    words = "tug of war: kubectl and gitops pull at spec.replicas in turn, each back after 15 s"
    assert why_words(row) == words
    assert why_words(replace(row, why="1 starting")) == f"{words} · 1 starting"
    assert why_tone(row) == BUSY
    assert fleet_row(row, NOW, Order().key, UNICODE).cells["why"].text == words  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change.CHANGED, "~ spec.replicas: 2 → 3"),
        (Change.REMOVED, "+ spec.replicas: 3"),
        (Change.ADDED, "- spec.replicas: 2"),
    ],
)
def test_a_field_is_told_as_in_a_plan_with_who_has_changed_it(change: Change, expected: str) -> None:
    (row,) = passage_rows(field_passage(a_field(change), NOW, UNICODE), 80)
    left, _, right = plain(row).partition("   ")
    assert (left, right.strip()) == (expected, "by kubectl-patch · Update · 12 s ago")


def test_of_what_nobody_owns_it_says_so_and_an_empty_text_is_seen() -> None:
    passage = field_passage(a_field(by="", operation="", since=None, desired=""), NOW, ASCII)
    assert plain(passage.line) == '~ spec.replicas: "" > 3'
    assert plain(passage.aside or []) == "by whom is not known"


def a_declared(**other: Any) -> DeclaredNews:
    return replace(DeclaredNews("shop.yaml:1", DriftState.DRIFTED, "", "", ""), **other)


def told(**other: Any) -> list[str]:
    detail = replace(a_detail(), **{"declared": a_declared(), **other})
    return [plain(one.line) for one in declared_passages(detail, NOW, UNICODE)]


def test_the_panel_begins_with_what_matters_and_names_who_pulls() -> None:
    found = told(drift=(a_field(),), tugs=(TUG,))
    assert found == [HOLDS, f"tug of war: {TUG.sentence}", "~ spec.replicas: 2 → 3"]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (None, "not declared"),
        (a_declared(state=DriftState.NONE), "as declared: no field is otherwise"),
        (a_declared(state=DriftState.UNKNOWN), "not compared yet"),
        (a_declared(state=DriftState.FAILED, error="no answer"), "no answer"),
        (a_declared(state=DriftState.MISSING), "does not exist"),
        (a_declared(locally="no right to a dry run"), "compared locally: no right to a dry run"),
    ],
)
def test_the_panel_says_what_is_known_and_how(declared: DeclaredNews | None, expected: str) -> None:
    assert expected in "\n".join(told(declared=declared))


def planned(key: str = "shop/web", **other: Any) -> PlannedNews:
    return replace(PlannedNews(key, "shop.yaml:1", True, (a_field(),), "", ""), **other)


def test_a_plan_counts_and_lists_what_would_be_done() -> None:
    plan = [
        planned(),
        planned("shop/new", is_there=False, fields=()),
        planned("shop/api", error="it is wrong"),
    ]
    assert plan_sum(plan) == "Plan: 1 to create, 2 to change"
    assert plan_sum([]) == "Plan: nothing to change"
    lines = [plain(one.line) for one in plan_passages(plan, NOW, UNICODE)]
    assert lines == [
        "~ shop/web",
        "    ~ spec.replicas: 2 → 3",
        "+ shop/new is not there: it would be created",
        "~ shop/api",
        "    it is wrong",
        "    ~ spec.replicas: 2 → 3",
    ]
    many = plan_passages([planned(fields=())] * 250, NOW, UNICODE)
    assert (len(many), plain(many[-1].line)) == (201, "and 50 more")


def test_the_sum_of_one_is_told_in_fields() -> None:
    fields = [a_field(), a_field(), a_field(Change.ADDED)]
    assert fields_sum(fields) == "Plan: 2 fields to change, 1 to take away"
    assert fields_sum([a_field(Change.REMOVED)]) == "Plan: 1 field to add"
    assert fields_sum([]) == ""


def test_what_came_of_it_begins_with_what_stands_in_the_way() -> None:
    done = AppliedNews("shop/api", ("spec.replicas",), False, ())
    made = AppliedNews("shop/new", (), True, ())
    conflict = AppliedNews("shop/web", (), False, (("spec.replicas", "gitops"),))
    failed = AppliedNews("shop/bad", (), False, (), "no answer")
    lines = [plain(one.line) for one in outcome_passages([done, made, conflict, failed], UNICODE)]
    assert lines == [
        "✗ shop/web: nothing applied",
        "    spec.replicas is managed by gitops",
        "✗ shop/bad: no answer",
        "■ applied shop/api: 1 field",
        "■ created shop/new",
    ]
    assert applied_words(conflict) == "not applied: shop/web: gitops manages spec.replicas"
    assert applied_words(failed) == "no answer"


def line(declaration: DeclarationNews | None, *, read_only: bool = False) -> str:
    return plain(declared_line(declaration, UNICODE, read_only=read_only))


def test_what_has_no_row_is_told_in_a_line() -> None:
    missing = tuple(NotThere("shop", name, f"here/shop.yaml:{at}") for at, name in enumerate("abc"))
    assert line(None) == line(a_declaration()) == ""
    assert line(a_declaration(missing=missing[:1])) == (
        "declared, not there: shop/a (shop.yaml:0) · p plans to create it"
    )
    assert line(a_declaration(missing=missing, failed=1, error="no answer", locally="asked for")) == (
        "declared, not there: shop/a (shop.yaml:0), shop/b (shop.yaml:1) and 1 more · drift of 1 Deployment "
        "can't be told: no answer · compared locally: asked for · p plans to create them"
    )
    assert " p " not in line(a_declaration(missing=missing), read_only=True)


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        (None, "2 gaps"),
        (a_declaration(drifted=1), "2 gaps · 1 drift"),
        (a_declaration(drifted=1, assessed=3), "2 gaps · ≥1 drift"),
        (a_declaration(), "2 gaps · no drift"),
        (a_declaration(failed=1), "2 gaps · drift ?"),
    ],
)
def test_the_bar_counts_drift_beside_gaps(declaration: DeclarationNews | None, words: str) -> None:
    tally = Counts(2, drifted=drift_count(declaration))
    assert plain(counts(tally)) == words
    assert plain(counts(replace(tally, short=1, drifted=Drifted(2)))) == "2 gaps · 2 drift · 1 pod short"


def test_the_loops_line_is_there_while_it_runs() -> None:
    assert plain(loop_line(LOOP, NOW, UNICODE, key="P")) == (
        "◐ apply every 15 s · round 12 · 3 applied · 1 refused · next in 8 s · P stops"
    )
    forced = replace(LOOP, force=True, due=None, every_s=120.0)
    assert plain(loop_line(forced, NOW, UNICODE)) == (
        "◐ apply every 2 m by force · round 12 · 3 applied · 1 refused · applying now"
    )
    assert loop_line(OFF, NOW, UNICODE) == loop_line(None, NOW, UNICODE) == []
    assert [pace(seconds) for seconds in (5.0, 60.0, 600.0)] == ["5 s", "1 m", "10 m"]


def test_the_loop_is_one_more_actor_in_the_lanes_while_it_runs() -> None:
    loop = "gapwatch apply loop"
    detail = a_detail(told=(Told(90.0, loop, "asked for 3 instead of 2", 3),))
    running = lanes(acts_of(detail), (), NOW, LOOP)[-1]
    assert (running.actor, running.did, running.waits) == (
        "apply loop",
        "asked for 3 instead of 2",
        "next in 8 s",
    )
    never = lanes(acts_of(a_detail()), (), NOW, LOOP)[-1]
    assert (never.actor, never.did, never.waits) == ("apply loop", "", "next in 8 s")
    assert "apply loop" not in [one.actor for one in lanes(acts_of(a_detail()), (), NOW, OFF)]


def test_whom_the_loop_leaves_alone_is_told() -> None:
    held = HoldingOff("shop/web", NOW + 30.0, 3, "gitops manages spec.replicas")
    assert state_words(replace(LOOP, holding_off=(held,)), NOW).splitlines() == [
        "Runs every 15 s: 3 applied, 1 refused in 12 rounds, next in 8 s",
        "shop/web: gitops manages spec.replicas; tried again in 30 s (refused 3 times)",
    ]
    assert state_words(OFF, NOW) == "Off"
    assert state_words(replace(OFF, note="stopped: disarmed"), NOW) == "Off (stopped: disarmed)"
