"""Drift as news for people. Cluster text is cleaned in the `…views` of this room, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

from tui.clean import one_line
from tui.reconcile.drift import DriftState, FieldDrift
from tui.reconcile.field_paths import words_of
from tui.reconcile.tug import Tug
from tui.session.apply_loop import ApplyLoop
from tui.session.applying import Applied
from tui.session.assessment import Assessment
from tui.session.declaration import Declaration
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

VALUE_KEPT = 300
"""Characters of one value: a whole container fits, a whole manifest in an annotation does not."""


def drift(assessment: Assessment | None) -> DriftNews | None:
    """One Deployment's drift in the fleet, or None where it is not declared."""
    if assessment is None:
        return None
    return DriftNews(assessment.state, len(assessment.fields), bool(assessment.locally))


def fields(found: tuple[FieldDrift, ...], *, server_now: float, at: float) -> tuple[FieldDriftNews, ...]:
    """The fields, cleaned. `server_now` (epoch seconds) and `at` (monotonic) are one moment on two clocks."""
    return tuple(
        FieldDriftNews(
            path=one_line(one.path),
            declared=value(one.declared),
            desired=value(one.desired),
            change=one.change,
            by=one_line(one.by),
            at=one.at,
            since=None if one.at is None else one.at - server_now + at,
            operation=one_line(one.operation),
        )
        for one in found
    )


def value(raw: Any) -> str | None:
    """A value on one line: text as it is, all else as JSON; None where there is none."""
    if raw is None:
        return None
    text = one_line(raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False))
    return text if len(text) <= VALUE_KEPT else f"{text[: VALUE_KEPT - 1]}…"


def declared(declaration: Declaration, key: str, objection: str) -> DeclaredNews | None:
    """What stands behind one Deployment's drift; `objection` is why it can't be applied now, or ""."""
    known, one = declaration.assessment(key), declaration.find(key)
    if known is None or one is None:
        return None
    return DeclaredNews(
        place=one_line(one.place),
        state=known.state,
        locally=one_line(known.locally),
        error=one_line(known.error),
        objection=one_line(objection),
    )


def declaration_news(declaration: Declaration) -> DeclarationNews:
    """All that is declared, in numbers, and what does not exist of it."""
    declared = declaration.declared.deployments
    known = {key: declaration.assessment(key) or Assessment() for key in declared}
    states = [one.state for one in known.values()]
    missing = [key for key, one in known.items() if one.state is DriftState.MISSING]
    return DeclarationNews(
        deployments=len(known),
        assessed=len(known) - states.count(DriftState.UNKNOWN),
        drifted=sum(one.is_drift for one in known.values()),
        fields=sum(len(one.fields) for one in known.values()),
        failed=states.count(DriftState.FAILED),
        missing=tuple(
            NotThere(one_line(one.namespace), one_line(one.name), one_line(one.place))
            for one in map(declared.__getitem__, missing)
        ),
        locally=one_line(next((one.locally for one in known.values() if one.locally), "")),
        error=one_line(next((one.error for one in known.values() if one.error), "")),
        remarks=tuple(map(one_line, declaration.declared.remarks)),
        loop=loop(declaration.loop),
    )


def planned(declaration: Declaration, *, server_now: float, at: float) -> tuple[PlannedNews, ...]:
    """Everything that is not as declared, in the order of the manifests."""
    return tuple(
        PlannedNews(
            key=one_line(key),
            place=one_line(one.place),
            is_there=known.state is not DriftState.MISSING,
            fields=fields(known.fields, server_now=server_now, at=at),
            locally=one_line(known.locally),
            error=one_line(known.error),
        )
        for key, one in declaration.declared.deployments.items()
        if (known := declaration.assessment(key)) is not None and known.is_drift
    )


def loop(one: ApplyLoop) -> LoopNews:
    """The apply loop, and whom it leaves alone for a while."""
    return LoopNews(
        running=one.is_running,
        every_s=one.every_s,
        force=one.force,
        rounds=one.counts.rounds,
        applied=one.counts.applied,
        refused=one.counts.refused,
        due=one.due if one.is_running else None,
        holding_off=tuple(
            HoldingOff(one_line(key), of.due, of.times, one_line(of.why))
            for key, of in list(one.troubles.items())
        ),
        note=one_line(one.note),
    )


def tug(found: Tug) -> TugNews:
    """Who pulls at which field."""
    return TugNews(
        field=one_line(found.path),
        managers=tuple(map(one_line, found.managers)),
        period_s=found.period_s,
        writes=found.writes,
        since=found.since,
        last=found.last,
    )


def tug_words(found: Tug) -> str:
    """What its last manager does, for the narrative: "pulls at spec.replicas in turn with kubectl, every 15 s"."""
    others = " and ".join(found.managers[:-1])
    return f"pulls at {found.path} in turn with {others}, every {found.period_s:.0f} s"


def applied(done: Applied) -> AppliedNews:
    """What came of an apply."""
    return AppliedNews(
        key=one_line(done.key),
        fields=tuple(one_line(one.path) for one in done.fields),
        created=done.created,
        conflicts=tuple((one_line(words_of(of.field)), one_line(of.manager)) for of in done.conflicts),
    )


def not_applied(key: str, why: str) -> AppliedNews:
    """One that could not be applied at all, and why."""
    return AppliedNews(one_line(key), (), created=False, conflicts=(), error=one_line(why))
