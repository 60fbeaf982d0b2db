"""`gapwatch drift`: what was declared against what is desired, as lines or as a document, and applied by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tui.chaos.guard import FaultRefused, Guard
from tui.chaos.rights import Rights
from tui.clean import PlainError, one_line
from tui.cluster.errors import ClusterError
from tui.cluster.gateway import Gateway
from tui.declared.deployments import Declared, DeclaredDeployment
from tui.plain import Write, take_the_catch_off, write_line, write_remark
from tui.reconcile.drift import DriftState, FieldDrift
from tui.reconcile.field_paths import words_of
from tui.session.applying import Applied, Applier
from tui.session.assessment import ASKED_FOR, Assessment, Assessor
from tui.session.drift_views import value
from tui.session.manifests import declared_for, read_written
from tui.session.source import Options, Source, open_source

AT_ONCE = 8
_SHOWN = 40
"""Characters of a value in the table; -o json has all of it."""
VERDICT = "Controllers hold this; nothing will bring back what was declared."


@dataclass(frozen=True)
class DriftRequest:
    """What `gapwatch drift` was asked for."""

    output: str = "table"
    locally: bool = False
    apply: bool = False
    force: bool = False
    arm: str = ""


@dataclass
class _Outcome:
    """What came of each apply, by key, as far as it got."""

    applied: dict[str, Applied] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def done(self, key: str) -> bool:
        """Whether it has been applied."""
        return key in self.applied and not self.applied[key].conflicts


async def drift(options: Options, request: DriftRequest, write: Write = write_line) -> int:
    """One look: 0 without drift, 1 with drift, 2 where it can't be told, also for want of any Deployment.

    With `apply`, what has drifted is applied after it has been told: 0 when all has been, 1 when others' fields stood
    in the way of some, 2 when an error did.
    """
    written = await read_written(options)  # before anybody is asked: a wrong file needs no cluster
    assert written is not None  # the command line asks for manifests
    source = await open_source(options)
    try:
        declared = declared_for(source, written)
        assert declared is not None
        if not declared.deployments:
            raise PlainError(_nothing(declared, options))
        known = await _assess_all(declared, source, locally=request.locally)
        for remark in filter(None, (source.note, *declared.remarks, *_doubts(declared, known))):
            write_remark(remark)
        as_json = request.output == "json"
        if not as_json or request.apply:
            tell = write_remark if as_json else write
            for line in table(declared, known, source.connection.server_now()):
                tell(line)
        outcome, code = None, _exit_code(known.values())
        if request.apply and any(one.is_drift for one in known.values()):
            outcome = _Outcome()
            code = await _apply(declared, known, source, options, request, outcome, write)
        if as_json:
            write(json.dumps(document(source, declared, known, outcome), indent=2))
        return code
    finally:
        await source.close()


async def _assess_all(declared: Declared, source: Source, *, locally: bool) -> dict[str, Assessment]:
    assessor, at_once = Assessor(Gateway(source.connection), locally=locally), asyncio.Semaphore(AT_ONCE)

    async def assess(one: DeclaredDeployment) -> Assessment:
        async with at_once:
            return await assessor.assess(one)

    found = await asyncio.gather(*map(assess, declared.deployments.values()))
    return dict(zip(declared.deployments, found, strict=True))


def _nothing(declared: Declared, options: Options) -> str:
    """Why there is no answer: what renders nothing, or something else, must not pass for as declared."""
    where = ", ".join("stdin" if path == "-" else path for path in options.manifests)
    return f"{where}: no Deployment is declared there" + "".join(f"; {one}" for one in declared.remarks)


def _exit_code(known: Iterable[Assessment]) -> int:
    """What can't be told, or would be refused, is worse than drift: a check must not take it for either answer."""
    known = list(known)
    if any(one.state is DriftState.FAILED or one.error for one in known):
        return 2
    return 1 if any(one.is_drift for one in known) else 0


def _doubts(declared: Declared, known: Mapping[str, Assessment]) -> list[str]:
    """A line for each reason to compare locally, and one for each Deployment that can't be told of."""
    reasons: dict[str, int] = {}
    lines = []
    for key, one in known.items():
        if one.locally and not one.error:
            reasons[one.locally] = reasons.get(one.locally, 0) + 1
        if one.error:
            why = f"{one.locally}: {one.error}" if one.locally else one.error
            lines.append(f"{declared.deployments[key].place}: {key}: {why}")
    told = [
        f"compared locally, not by the server's dry run ({why}): {count} Deployment{'' if count == 1 else 's'}"
        for why, count in reasons.items()
        if why != ASKED_FOR
    ]
    return told + lines


# -------------------------------------------------------------------- applying


async def _apply(
    declared: Declared,
    known: Mapping[str, Assessment],
    source: Source,
    options: Options,
    request: DriftRequest,
    outcome: _Outcome,
    write: Write,
) -> int:
    """One after the other, each told at once; in the end, also of an interrupted run, how far it got."""
    guard = Guard(source.connection.context, options.read_only, frozenset(options.protect))
    gateway = Gateway(source.connection)
    tell = write_remark if request.output == "json" else write
    try:
        take_the_catch_off(guard, 0.0, request.arm)
    except FaultRefused as refusal:
        raise FaultRefused(f"{source.connection.asked}: nothing applied: {refusal}") from None
    applier = Applier(gateway, guard, Rights(source.connection, gateway))
    drifted = [key for key, one in known.items() if one.is_drift]
    try:
        for key in drifted:
            try:
                done = await applier.apply(declared.deployments[key], force=request.force)
            except (ClusterError, FaultRefused) as error:
                outcome.errors[key] = str(error)
                write_remark(f"{declared.deployments[key].place}: {key}: {error}")
                continue
            outcome.applied[key] = done
            tell(applied_line(done))
    finally:
        count = sum(map(outcome.done, drifted))
        tell(f"applied {count} of {len(drifted)} that were not as declared")
    if outcome.errors:
        return 2
    return 0 if count == len(drifted) else 1


def applied_line(done: Applied) -> str:
    """What came of one apply, for people."""
    if done.conflicts:
        whose = ", ".join(f"{one.manager} manages {words_of(one.field)}" for one in done.conflicts)
        return one_line(f"not applied: {done.key}: {whose} (--force takes what others manage)")
    if done.created:
        return one_line(f"created {done.key}")
    return one_line(f"applied {done.key}: {_count(len(done.fields), 'field')}")


# -------------------------------------------------------------------- the look


def table(declared: Declared, known: Mapping[str, Assessment], server_now: float) -> list[str]:
    """The drift as aligned columns, and what it means."""
    rows = [["DEPLOYMENT", "FIELD", "DECLARED", "DESIRED", "CHANGED BY", "SINCE"]]
    for key, one in known.items():
        if one.state is DriftState.MISSING:
            rows.append([one_line(key), "–", declared.deployments[key].place, "not there", "–", "–"])
        rows += [[one_line(key), *_cells(of, server_now)] for of in one.fields]
    drifted = sum(one.is_drift for one in known.values())
    failed = sum(one.state is DriftState.FAILED for one in known.values())
    unknown = f"; of {failed} it can't be told" if failed else ""
    how = " (compared locally)" if any(one.locally for one in known.values()) else ""
    if not drifted:
        as_declared = len(known) - failed
        return [f"{_count(as_declared, 'Deployment')} as declared{how}{unknown}"]
    count = sum(len(one.fields) for one in known.values())
    fields = f", {_count(count, 'field')}" if count else ""  # none where all of them are not there
    told = f"{drifted} of {_count(len(known), 'Deployment')} not as declared{fields}{how}{unknown}"
    summary = f"{told}. {VERDICT}"
    return [*_aligned(rows), summary]


def _cells(one: FieldDrift, server_now: float) -> list[str]:
    by = " ".join(filter(None, (one.by, f"({one.operation})" if one.operation else ""))) or "unknown"
    since = "–" if one.at is None else f"{max(0.0, server_now - one.at):.0f} s"
    return [one_line(one.path), _short(one.declared), _short(one.desired), one_line(by), since]


def _short(raw: Any) -> str:
    text = value(raw)
    if text is None:
        return "not there"
    return (text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…") or '""'


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def document(
    source: Source, declared: Declared, known: Mapping[str, Assessment], outcome: _Outcome | None = None
) -> dict[str, Any]:
    """The same as plain data. Values are as the server has them; null is "not there"."""
    told: dict[str, Any] = {
        "source": {
            "context": one_line(source.connection.context.name),
            "kind": source.connection.context.nature.value,
            "server": one_line(source.connection.context.shown_server),
            "namespace": source.namespace,
        },
        "deployments": [_deployment_document(declared.deployments[key], one) for key, one in known.items()],
        "left_out": list(declared.remarks),
        "totals": {
            "deployments": len(known),
            "drifted": sum(one.is_drift for one in known.values()),
            "fields": sum(len(one.fields) for one in known.values()),
            "failed": sum(one.state is DriftState.FAILED for one in known.values()),
        },
    }
    if outcome is not None:
        told["applied"] = [_applied_document(key, one, outcome) for key, one in known.items() if one.is_drift]
    return told


def _deployment_document(declared: DeclaredDeployment, one: Assessment) -> dict[str, Any]:
    return {
        "namespace": declared.namespace,
        "name": declared.name,
        "uid": one.uid or None,
        "place": declared.place,
        "state": one.state.value,
        "locally": one.locally or None,
        "error": one.error or None,
        "fields": [
            {
                "path": of.path,
                "declared": of.declared,
                "desired": of.desired,
                "change": of.change.value,
                "by": of.by or None,
                "operation": of.operation or None,
                "at": None if of.at is None else _stamp(of.at),
            }
            for of in one.fields
        ],
    }


def _applied_document(key: str, one: Assessment, outcome: _Outcome) -> dict[str, Any]:
    done = outcome.applied.get(key)
    return {
        "deployment": key,
        "applied": outcome.done(key),
        "created": done is not None and done.created,
        "fields": [of.path for of in done.fields] if done else [],
        "conflicts": [
            {"field": words_of(of.field), "manager": of.manager} for of in (done.conflicts if done else ())
        ],
        "error": outcome.errors.get(key),
    }


def _stamp(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
