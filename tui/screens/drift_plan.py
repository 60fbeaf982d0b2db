"""What an apply would change, in the rhythm of a Terraform plan: `~ field: desired → declared`, `+`, `-`."""

from __future__ import annotations

from collections.abc import Sequence

from tui.reconcile.drift import Change, DriftState
from tui.screens.drift_rows import HOLDS, counted
from tui.screens.rows import duration
from tui.session.drift_news import AppliedNews, FieldDriftNews, PlannedNews
from tui.session.news import DeploymentDetail
from tui.widgets.glyphs import Glyphs
from tui.widgets.passages import Passage
from tui.widgets.runs import Line
from tui.widgets.tones import ACCENT, BAD, BUSY, EXTRA, GOOD, MUTED, PLAIN, STRONG

MOST_TOLD = 200
"""So many Deployments of one plan are told field by field; the sum is that of all."""
_SIGNS = {Change.CHANGED: ("~", BUSY), Change.REMOVED: ("+", GOOD), Change.ADDED: ("-", BAD)}
"""What an apply does to the field: what was taken away is added, and what was added is taken away."""


def field_passage(one: FieldDriftNews, now: float, glyphs: Glyphs, *, indent: int = 0) -> Passage:
    """One field: what it is now, what it would be, and who has made it so."""
    sign, tone = _SIGNS[one.change]
    line: Line = [(" " * indent, PLAIN), (f"{sign} ", tone), (one.path, STRONG), (": ", PLAIN)]
    if one.desired is not None:
        line.append((_value(one.desired), EXTRA))
    if one.change is Change.CHANGED:
        line.append((f" {glyphs.leads_to} ", MUTED))
    if one.declared is not None:
        line.append((_value(one.declared), GOOD))
    return Passage(line, indent + 4, _who(one, now, glyphs))


def _value(text: str) -> str:
    return text or '""'


def _who(one: FieldDriftNews, now: float, glyphs: Glyphs) -> Line:
    """Who has made it otherwise, how, and when; of what was taken away nobody says so."""
    if not one.by:
        return [("by whom is not known", MUTED)]
    how = [one.operation] if one.operation else []
    how += [f"{duration(max(0.0, now - one.since))} ago"] if one.since is not None else []
    line: Line = [("by ", MUTED), (one.by, ACCENT)]
    for word in how:
        line += [(f" {glyphs.separator} {word}", MUTED)]
    return line


def declared_passages(detail: DeploymentDetail, now: float, glyphs: Glyphs) -> tuple[Passage, ...]:
    """One Deployment against what was declared: what it means, who pulls at it, and field by field."""
    declared = detail.declared
    told = [Passage([("tug of war: ", BUSY), (tug.sentence, PLAIN)], 2) for tug in detail.tugs]
    if declared is None:
        return (*told, Passage([("not declared: no manifest that was given speaks of it", MUTED)]))
    if declared.error:
        told.append(Passage([(f"{declared.error}", BAD)], 2))
    if declared.locally:
        told.append(Passage([("compared locally: ", BUSY), (declared.locally, PLAIN)], 2))
    if declared.state is DriftState.DRIFTED:
        told.insert(0, Passage([(HOLDS, STRONG)], 2))
        told += [field_passage(one, now, glyphs) for one in detail.drift]
    elif declared.state is DriftState.NONE:
        told.append(Passage([("as declared", GOOD), (": no field is otherwise", PLAIN)], 2))
    elif declared.state is DriftState.UNKNOWN:
        told.append(Passage([("not compared yet", MUTED)]))
    elif declared.state is DriftState.MISSING:
        told.append(Passage([("it does not exist any more", BAD)]))
    return tuple(told)


def fields_sum(fields: Sequence[FieldDriftNews]) -> str:
    """What an apply would do to one Deployment: "Plan: 1 field to change, 1 to add"; or "" where that is nothing."""
    names = ((Change.CHANGED, "change"), (Change.REMOVED, "add"), (Change.ADDED, "take away"))
    counts = [(sum(one.change is change for one in fields), word) for change, word in names]
    first, *others = [one for one in counts if one[0]] or [(0, "")]
    if not first[0]:
        return ""
    words = [f"{counted(first[0], 'field')} to {first[1]}", *(f"{count} to {word}" for count, word in others)]
    return f"Plan: {', '.join(words)}"


def plan_sum(plan: Sequence[PlannedNews]) -> str:
    """What an apply of all would do, in Deployments: "Plan: 1 to create, 2 to change"."""
    create = sum(not one.is_there for one in plan)
    change = len(plan) - create
    words = [f"{create} to create"] if create else []
    words += [f"{change} to change"] if change else []
    return f"Plan: {', '.join(words)}" if words else "Plan: nothing to change"


def plan_passages(plan: Sequence[PlannedNews], now: float, glyphs: Glyphs) -> tuple[Passage, ...]:
    """Each Deployment with where it was declared, and its fields under it."""
    told = [passage for one in plan[:MOST_TOLD] for passage in _planned(one, now, glyphs)]
    if len(plan) > MOST_TOLD:
        told.append(Passage([(f"and {len(plan) - MOST_TOLD} more", MUTED)]))
    return tuple(told)


def _planned(one: PlannedNews, now: float, glyphs: Glyphs) -> list[Passage]:
    sign, tone = ("~", BUSY) if one.is_there else ("+", GOOD)
    what = "" if one.is_there else " is not there: it would be created"
    line: Line = [(f"{sign} ", tone), (one.key, STRONG), (what, PLAIN)]
    told = [Passage(line, 4, [(one.place, MUTED)])]
    if one.error:
        told.append(Passage([("    ", PLAIN), (one.error, BAD)], 4))
    if one.locally:
        told.append(Passage([("    ", PLAIN), (f"compared locally: {one.locally}", MUTED)], 4))
    return told + [field_passage(field, now, glyphs, indent=4) for field in one.fields]


def outcome_passages(answers: Sequence[AppliedNews], glyphs: Glyphs) -> tuple[Passage, ...]:
    """What came of an apply: first what stands in the way, field by field with its owner, then what is done."""
    in_the_way = [one for one in answers if one.conflicts]
    failed = [one for one in answers if one.error]
    told = []
    for one in in_the_way:
        told.append(Passage([(f"{glyphs.denied} ", BAD), (one.key, STRONG), (": nothing applied", PLAIN)], 4))
        told += [
            Passage([("    ", PLAIN), (field, PLAIN), (" is managed by ", MUTED), (manager, ACCENT)], 6)
            for field, manager in one.conflicts
        ]
    told += [
        Passage([(f"{glyphs.denied} ", BAD), (one.key, STRONG), (f": {one.error}", PLAIN)], 4)
        for one in failed
    ]
    told += [
        Passage([(f"{glyphs.ready} ", GOOD), (applied_words(one), PLAIN)], 4)
        for one in answers
        if not one.conflicts and not one.error
    ]
    return tuple(told)


def applied_words(one: AppliedNews) -> str:
    """What came of one apply, in a line."""
    if one.error:
        return one.error
    if one.conflicts:
        whose = ", ".join(f"{manager} manages {field}" for field, manager in one.conflicts)
        return f"not applied: {one.key}: {whose}"
    if one.created:
        return f"created {one.key}"
    return f"applied {one.key}: {counted(len(one.fields), 'field')}"
