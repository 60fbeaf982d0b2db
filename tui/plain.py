"""The same news as lines and documents, where there is no terminal: watch, one look, one fault."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from tui.chaos.fault import Plan
from tui.chaos.guard import FaultRefused, Guard
from tui.clean import one_line
from tui.cluster.liveness import Liveness
from tui.documents import chain_document, deleted_line, document, fault_document, heal_lines
from tui.heal_document import csv_header, csv_line, json_line, sentence
from tui.reconcile.drift import DriftState
from tui.session.engine import Batch, Engine
from tui.session.heal_news import HealNews
from tui.session.manifests import declared_for, follow, read_written, stamps
from tui.session.news import FleetRow
from tui.session.source import Options, Source, is_missing, open_source
from tui.session.source_news import SourceNews, nature_word

Write = Callable[[str], None]


def write_line(text: str) -> None:
    """One line to stdout, at once: a pipe's reader is waiting for it."""
    print(text, flush=True)


def write_remark(text: str) -> None:
    """One line to stderr: what is worth knowing, and no part of the answer."""
    print(f"gapwatch: {one_line(text)}", file=sys.stderr, flush=True)


# -------------------------------------------------------------------- one look


async def once(options: Options, output: str, write: Write = write_line) -> int:
    """One complete look. Returns 0 when everything is as asked for, 1 when something is not, 2 if it can't be told."""
    source = await open_source(options)
    try:
        engine = Engine(source, read_only=True)
        async with engine.running():
            await engine.synced()
            rows = sorted(engine.overview.rows(), key=lambda row: (row.namespace, row.name))
            news = engine.overview.source_news()
            unsettled = [row.uid for row in rows if not row.gap.settled] if output == "json" else []
            chains = {uid: chain_document(engine.overview.chain(uid), engine.now()) for uid in unsettled}
            missing = "" if rows else await _missing_namespace(source)
    finally:
        await source.close()
    left_out = _left_out(news)
    for remark in filter(None, (news.note, missing, left_out)):
        write_remark(remark)
    if output == "json":
        write(json.dumps(document(news, rows, chains), indent=2))
    else:
        for line in table(rows, wide=output == "wide"):
            write(line)
    if not all(row.gap.settled for row in rows):
        return 1
    return 2 if left_out else 0


def _left_out(source: SourceNews) -> str:
    """What to say where something that the picture needs could not be read, or ""."""
    unread = [f"{one.undecodable} × {one.kind}" for one in source.streams if one.needed and one.undecodable]
    return f"left out, for it could not be read: {', '.join(unread)}" if unread else ""


async def _missing_namespace(source: Source) -> str:
    """What to say of a look into a namespace that does not exist, or ""."""
    if source.namespace is None or not await is_missing(source.connection, source.namespace):
        return ""
    return f"{source.connection.asked}: there is no namespace {source.namespace}"


def table(rows: Iterable[FleetRow], *, wide: bool) -> list[str]:
    """The look as aligned columns, in the manner of kubectl."""
    header = ["NAMESPACE", "DEPLOYMENT", "DESIRED", "READY", "AVAILABLE", "GAP"]
    header += ["UPDATED", "TERMINATING", "REVISION"] if wide else []
    lines = [[*header, "WHY"]]
    for row in rows:
        gap = row.gap
        cells = [row.namespace, row.name, str(gap.desired), str(gap.ready), str(gap.available), gap_word(row)]
        cells += [str(gap.updated), str(gap.terminating), row.revision or "–"] if wide else []
        lines.append([*cells, row.why])
    if len(lines) == 1:
        return ["No Deployments there."]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    padded = (
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )
    return [line.rstrip() for line in padded]


def counted(deployments: int) -> str:
    """1 Deployment, 5 Deployments."""
    return f"{deployments} Deployment{'' if deployments == 1 else 's'}"


def gap_word(row: FleetRow) -> str:
    """The gap as people say it: −2, +1, 0."""
    if row.gap.size:
        return f"−{row.gap.size}"
    return f"+{row.gap.surplus}" if row.gap.surplus else "0"


# -------------------------------------------------------------------- lines, for ever


async def watch(options: Options, write: Write = write_line) -> int:
    """A line for each gap opened, changed or closed, until cancelled; returns 1 where a bug has ended it."""
    known = await stamps(options)
    written = await read_written(options)
    source = await open_source(options)
    try:
        teller, told = Teller(write), 0
        manifests = declared_for(source, written)
        for remark in manifests.remarks if manifests is not None else ():
            write_remark(remark)

        def tell(batch: Batch) -> None:
            if not teller.has_begun:  # the first batch is the first complete picture
                news = engine.overview.source_news()
                teller.begin(news, len(engine.world.deployments))
                if left_out := _left_out(news):
                    write_remark(left_out)
            teller.tell(batch, engine.now())
            nonlocal told
            told, heals = engine.overview.settled_since(told)
            for heal in heals:
                teller.heal(heal)

        engine = Engine(source, read_only=True, on_batch=tell, manifests=manifests)
        async with engine.running():
            await engine.synced()
            if engine.declaration is not None:
                follows = follow(
                    options, source, engine.declaration, known, lambda _severity, words: write_remark(words)
                )
                engine.in_background(follows, "manifests")
            watching = asyncio.ensure_future(_tell_liveness(engine, teller))
            try:
                await engine.failure()
            finally:
                watching.cancel()
        return 1
    finally:
        await source.close()


@dataclass
class Teller:
    """Remembers what was said last of each Deployment, so that only news become lines."""

    write: Write

    def __post_init__(self) -> None:
        self._last: dict[str, FleetRow] = {}
        self._heals_told: dict[str, int] = {}
        """Of each Deployment, how many heals need no line of their own: those of gaps that were seen open."""
        self._narrowed = False
        self._state: Liveness | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it has been said what is being watched."""
        return self._state is not None

    def begin(self, source: SourceNews, deployments: int) -> None:
        """The first lines: what is being watched."""
        scope = f"namespace {source.namespace}" if source.namespace else "all namespaces"
        where = f"{source.context} · {nature_word(source.nature)} · {scope}"
        self._say(f"watching {where}: {counted(deployments)}" + (f" ({source.note})" if source.note else ""))
        self._state = Liveness.LIVE  # what else it is by now is news
        self._narrowed = bool(source.selector)

    def liveness(self, source: SourceNews) -> None:
        """A line when the source stops or starts being believable."""
        if self.has_begun and source.state is not self._state:
            self._state = source.state
            self._say(_turn(source))

    def tell(self, batch: Batch, now: float) -> None:
        """Lines for what this batch changed."""
        for uid in batch.removed:
            gone = self._last.pop(uid, None)
            self._heals_told.pop(uid, None)
            if gone is not None:
                self._say(f"{gone.key}: gone" + (", or not selected any more" if self._narrowed else ""))
        for row in sorted(batch.rows, key=lambda row: row.key):
            before = self._last.get(row.uid)
            self._last[row.uid] = row
            for line in filter(None, (self._line(before, row, now), _drift_line(before, row))):
                self._say(line)

    def heal(self, news: HealNews) -> None:
        """A line for one heal that has settled, with its numbers."""
        self._say(f"{news.key}: settled, {sentence(news)}")

    def _line(self, before: FleetRow | None, row: FleetRow, now: float) -> str:
        unseen = self._count_heals(row)
        was_open = before is not None and not before.gap.settled
        if row.gap.settled:
            if before is None or not was_open:
                took = f" after {row.last_heal_s:.1f} s" if row.last_heal_s is not None else ""
                closed = f"{row.key}: gap opened and closed{took}, {row.gap.available} of {row.gap.desired} available"
                return closed if unseen else ""
            took = f" after {now - before.opened:.1f} s" if before.opened is not None else ""
            return f"{row.key}: gap closed{took}, {row.gap.available} of {row.gap.desired} available"
        said = _said(row)
        if not was_open:
            return f"{row.key}: gap opened, {said}"
        assert before is not None
        return "" if _said(before) == said else f"{row.key}: gap changed, {said}"

    def _count_heals(self, row: FleetRow) -> bool:
        """Whether one has been counted that was never seen open: a heal settles a while after its gap has closed."""
        told = self._heals_told.get(row.uid, 0)
        if row.gap.settled:
            self._heals_told[row.uid] = max(told, row.healed)
        elif row.opened is not None:
            self._heals_told[row.uid] = max(told, row.healed + 1)
        return row.healed > told

    def _say(self, text: str) -> None:
        self.write(f"{datetime.now():%H:%M:%S} {text}")


def _drift_line(before: FleetRow | None, row: FleetRow) -> str:
    """A line when it has come to be otherwise than declared, or as declared again."""
    was = before.drift.state if before is not None and before.drift is not None else DriftState.UNKNOWN
    if row.drift is None or (before is not None and row.drift == before.drift):
        return ""
    how = " (compared locally)" if row.drift.locally else ""
    match row.drift.state:
        case DriftState.DRIFTED:
            fields = f"{row.drift.fields} field{'' if row.drift.fields == 1 else 's'}"
            return f"{row.key}: drifted, {fields} not as declared{how}"
        case DriftState.NONE if was in (DriftState.DRIFTED, DriftState.MISSING):
            return f"{row.key}: as declared again{how}"
    return ""


def _said(row: FleetRow) -> str:
    """What is wanting: pods that are missing, or else what is on the way."""
    available = f"{row.gap.available} of {row.gap.desired} available"
    if row.gap.size:
        return f"{available} · {row.why}" if row.why else available
    return row.why or available


def _turn(source: SourceNews) -> str:
    """What to say when the source stops or starts being believable."""
    return f"{source.context} is {source.state.value}" + (f": {source.error}" if source.error else "")


async def _tell_liveness(engine: Engine, teller: Teller) -> None:
    while True:
        teller.liveness(engine.overview.source_news())
        await asyncio.sleep(0.5)


# -------------------------------------------------------------------- heals


async def heals(options: Options, output: str, for_s: float | None, write: Write = write_line) -> int:
    """A line of JSON or CSV for each heal that settles, until cancelled or for `for_s` seconds.

    Returns 0 when the time is over, 1 where a bug has ended it.
    """
    source = await open_source(options)
    if source.note:
        write_remark(source.note)
    told, line = 0, csv_line if output == "csv" else json_line
    if output == "csv":
        write(csv_header())

    def tell(_batch: Batch) -> None:
        nonlocal told
        told, settled = engine.overview.settled_since(told)
        for news in settled:
            write(line(news))

    try:
        engine = Engine(source, read_only=True, on_batch=tell)
        async with engine.running():
            await engine.synced()
            write_remark(f"watching {source.connection.asked}: {counted(len(engine.world.deployments))}")
            missing = "" if engine.world.deployments.by_uid else await _missing_namespace(source)
            if missing:
                write_remark(missing)
            watching = asyncio.ensure_future(_remark_liveness(engine))
            try:
                async with asyncio.timeout(for_s):
                    await engine.failure()
            except TimeoutError:
                return 0
            finally:
                watching.cancel()
        return 1
    finally:
        await source.close()


async def _remark_liveness(engine: Engine) -> None:
    """Says when heals can't be seen, and when they can again: without a line nobody could tell that from calm."""
    told = Liveness.LIVE
    while True:
        news = engine.overview.source_news()
        if news.state is not told:
            told = news.state
            write_remark(_turn(news))
        await asyncio.sleep(0.5)


# -------------------------------------------------------------------- one fault


@dataclass(frozen=True)
class DeletePodRequest:
    """What `gapwatch chaos delete-pod` was asked for."""

    namespace: str
    deployment: str
    pod: str | None
    wait: bool
    timeout_s: float
    arm: str
    output: str


async def delete_pod(options: Options, request: DeletePodRequest, write: Write = write_line) -> int:
    """Deletes one pod; with `wait`, tells its heal. Returns 0 when done (or settled), 1 when not in time or not at all.

    That the pod has been deleted is told at once: whatever comes next, a signal among it, it has been.
    """
    source = await open_source(options)
    if source.note:
        write_remark(source.note)
    as_json = request.output == "json"
    try:
        engine = Engine(source, read_only=options.read_only, protect=options.protect)
        async with engine.running():
            await engine.synced()
            plan = await _delete(engine, request)
            (write_remark if as_json else write)(deleted_line(plan))
            settled = await _settled(engine, plan, request.timeout_s) if request.wait else None
            news = engine.overview.source_news()
            heal = engine.chronicle.heal_of(plan.target.uid, plan.victims[0][0]) if request.wait else None
            numbers = engine.overview.heal_news(heal) if heal is not None else None
            why = _why_unsettled(engine, plan) if settled is False else ""
    finally:
        await source.close()
    told = fault_document(news, plan, heal, settled, why, numbers)
    if as_json:
        write(json.dumps(told, indent=2))
    else:
        for line in heal_lines(told, numbers):
            write(line)
    return 1 if settled is False else 0


def take_the_catch_off(guard: Guard, now: float, named: str) -> None:
    """Arms, where it has to be, with nobody at a keyboard: by the name with --arm, "" where there is none."""
    if guard.armed and not named:
        return
    try:
        guard.arm(now, named)
    except FaultRefused as refusal:
        hint = "" if guard.read_only or named else " (with --arm)"
        raise FaultRefused(f"{refusal}{hint}") from None


async def _delete(engine: Engine, request: DeletePodRequest) -> Plan:
    """Arms, plans and injects; a refusal says who was asked."""
    target = engine.target(engine.find(request.namespace, request.deployment).metadata.uid)
    try:
        take_the_catch_off(engine.guard, engine.now(), request.arm)
        named = {} if request.pod is None else {"pod": request.pod}
        plan = await engine.desk.plan("delete-pod", target, named)
        await engine.desk.fire(plan, anyway=True)
    except FaultRefused as refusal:
        raise FaultRefused(f"{engine.source.connection.asked}: {refusal}") from None
    return plan


async def _settled(engine: Engine, plan: Plan, timeout_s: float) -> bool:
    """Whether the gap was closed in time, by the pods and by the controllers' status; without a Deployment it is not.

    Nobody is made to wait on until the heal counts as settled: that it stays closed can be watched with `heals`.
    """

    def is_settled() -> bool:
        heal = engine.chronicle.heal_of(plan.target.uid, plan.victims[0][0])
        return heal is not None and (heal.confirmed is not None or heal.settled is not None)

    def is_gone() -> bool:
        return plan.target.uid not in engine.world.deployments.by_uid

    try:
        async with asyncio.timeout(timeout_s):
            await engine.until(lambda: is_gone() or is_settled())
    except TimeoutError:
        return False
    return is_settled() and not is_gone()


def _why_unsettled(engine: Engine, plan: Plan) -> str:
    if plan.target.uid not in engine.world.deployments.by_uid:
        return f"{plan.target.key} itself is gone"
    return engine.overview.row(plan.target.uid).why
