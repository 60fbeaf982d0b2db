"""The same news as lines and documents, where there is no terminal: watch, one look, one fault."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui.chaos.delete_pod import Plan
from tui.chaos.guard import FaultRefused
from tui.clean import one_line
from tui.cluster.liveness import Liveness
from tui.reconcile.heal import Heal
from tui.session.engine import Batch, Engine
from tui.session.news import FleetRow, Link, SourceNews, nature_word
from tui.session.source import Options, Source, is_missing, open_source

Write = Callable[[str], None]


def write_line(text: str) -> None:
    """One line to stdout, at once: a pipe's reader is waiting for it."""
    print(text, flush=True)


def write_remark(text: str) -> None:
    """One line to stderr: what is worth knowing, and no part of the answer."""
    print(f"gapwatch: {one_line(text)}", file=sys.stderr, flush=True)


# -------------------------------------------------------------------- one look


async def once(options: Options, output: str, write: Write = write_line) -> int:
    """One complete look. Returns 0 when everything is as asked for, 1 when something is not."""
    source = await open_source(options)
    try:
        engine = Engine(source, read_only=True)
        async with engine.running():
            await engine.synced()
            rows = sorted(engine.rows(), key=lambda row: (row.namespace, row.name))
            news = engine.source_news()
            chains = {row.uid: chain_document(engine.chain(row.uid), engine.now()) for row in rows}
            missing = "" if rows else await _missing_namespace(source)
    finally:
        await source.close()
    for remark in filter(None, (news.note, missing)):
        write_remark(remark)
    if output == "json":
        write(json.dumps(document(news, rows, chains), indent=2))
    else:
        for line in table(rows, wide=output == "wide"):
            write(line)
    return 0 if all(row.gap.settled for row in rows) else 1


async def _missing_namespace(source: Source) -> str:
    """What to say of a look into a namespace that does not exist, or ""."""
    if source.namespace is None or not await is_missing(source.connection, source.namespace):
        return ""
    return f"{source.connection.asked}: there is no namespace {source.namespace}"


def document(
    source: SourceNews, rows: Iterable[FleetRow], chains: Mapping[str, list[dict[str, Any]]] | None = None
) -> dict[str, Any]:
    """The look as plain data: counts are pods, `gap` is max(0, desired − available), `chains` go by uid."""
    rows = list(rows)
    return {
        "source": source_document(source),
        "deployments": [row_document(row) | {"chain": (chains or {}).get(row.uid, [])} for row in rows],
        "totals": {
            "deployments": len(rows),
            "desired": sum(row.gap.desired for row in rows),
            "ready": sum(row.gap.ready for row in rows),
            "gap": sum(row.gap.size for row in rows),
            "unsettled": sum(not row.gap.settled for row in rows),
        },
    }


def source_document(source: SourceNews) -> dict[str, Any]:
    """Which source, as plain data."""
    return {
        "context": source.context,
        "kind": source.nature.value,
        "server": source.server,
        "version": source.version,
        "namespace": source.namespace,
        "selector": source.selector or None,
        "state": source.state.value,
        "note": source.note or None,
    }


def row_document(row: FleetRow) -> dict[str, Any]:
    """One Deployment as plain data."""
    gap = row.gap
    return {
        "namespace": row.namespace,
        "name": row.name,
        "uid": row.uid,
        "revision": row.revision or None,
        "desired": gap.desired,
        "updated": gap.updated,
        "ready": gap.ready,
        "available": gap.available,
        "starting": gap.starting,
        "missing": gap.missing,
        "surplus": gap.surplus,
        "outdated": gap.outdated,
        "terminating": gap.terminating,
        "gap": gap.size,
        "settled": gap.settled,
        "observed": gap.observed,
        "paused": row.paused,
        "cause": row.cause.value or None,
        "why": row.why or None,
    }


def chain_document(links: Iterable[Link], now: float) -> list[dict[str, Any]]:
    """Why not yet, link by link, as plain data; `due_in_s` is null where no clock decides, and 0 when it is over."""
    return [
        {
            "subject": link.subject,
            "text": link.text or None,
            "waits_for": link.waits_for or None,
            "due_in_s": None if link.due is None else round(max(0.0, link.due - now), 1),
            "hopeless": link.hopeless,
        }
        for link in links
    ]


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


def gap_word(row: FleetRow) -> str:
    """The gap as people say it: −2, +1, 0."""
    if row.gap.size:
        return f"−{row.gap.size}"
    return f"+{row.gap.surplus}" if row.gap.surplus else "0"


# -------------------------------------------------------------------- lines, for ever


async def watch(options: Options, write: Write = write_line) -> int:
    """A line for each gap opened, changed or closed, until cancelled; returns 1 where a bug has ended it."""
    source = await open_source(options)
    try:
        teller = Teller(write)

        def tell(batch: Batch) -> None:
            if not teller.has_begun:  # the first batch is the first complete picture
                teller.begin(engine.source_news(), len(engine.world.deployments))
            teller.tell(batch, engine.now())

        engine = Engine(source, read_only=True, on_batch=tell)
        async with engine.running():
            await engine.synced()
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
        self._say(
            f"watching {where}: {deployments} Deployments" + (f" ({source.note})" if source.note else "")
        )
        self._state = source.state
        self._narrowed = bool(source.selector)

    def liveness(self, source: SourceNews) -> None:
        """A line when the source stops or starts being believable."""
        if self.has_begun and source.state is not self._state:
            self._state = source.state
            self._say(
                f"{source.context} is {source.state.value}" + (f": {source.error}" if source.error else "")
            )

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
            line = self._line(before, row, now)
            if line:
                self._say(line)

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


def _said(row: FleetRow) -> str:
    """What is wanting: pods that are missing, or else what is on the way."""
    available = f"{row.gap.available} of {row.gap.desired} available"
    if row.gap.size:
        return f"{available} · {row.why}" if row.why else available
    return row.why or available


async def _tell_liveness(engine: Engine, teller: Teller) -> None:
    while True:
        teller.liveness(engine.source_news())
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
        engine = Engine(source, read_only=options.read_only)
        async with engine.running():
            await engine.synced()
            plan = await _delete(engine, request)
            (write_remark if as_json else write)(deleted_line(plan))
            settled = await _settled(engine, plan, request.timeout_s) if request.wait else None
            news = engine.source_news()
            heal = engine.chronicle.heal_of(plan.deployment_uid, plan.pod_uid) if request.wait else None
            why = _why_unsettled(engine, plan) if settled is False else ""
    finally:
        await source.close()
    told = fault_document(news, plan, heal, settled, why)
    if as_json:
        write(json.dumps(told, indent=2))
    else:
        for line in heal_lines(told):
            write(line)
    return 1 if settled is False else 0


async def _delete(engine: Engine, request: DeletePodRequest) -> Plan:
    """Arms, plans and injects; a refusal says who was asked."""
    uid = engine.find(request.namespace, request.deployment).metadata.uid
    try:
        if request.arm or not engine.guard.armed:
            engine.guard.arm(engine.now(), request.arm)
        plan = engine.desk.plan_delete(uid, pod_name=request.pod)
        await engine.delete_pod(plan)
    except FaultRefused as refusal:
        raise FaultRefused(f"{engine.source.connection.asked}: {refusal}") from None
    return plan


async def _settled(engine: Engine, plan: Plan, timeout_s: float) -> bool:
    """Whether the heal came to its end in time; a Deployment that is deleted meanwhile has none."""

    def is_settled() -> bool:
        heal = engine.chronicle.heal_of(plan.deployment_uid, plan.pod_uid)
        return heal is not None and heal.settled is not None

    def is_gone() -> bool:
        return plan.deployment_uid not in engine.world.deployments.by_uid

    try:
        await asyncio.wait_for(engine.until(lambda: is_gone() or is_settled()), timeout_s)
    except TimeoutError:
        return False
    return is_settled() and not is_gone()


def _why_unsettled(engine: Engine, plan: Plan) -> str:
    if plan.deployment_uid not in engine.world.deployments.by_uid:
        return f"{plan.namespace}/{plan.deployment} itself is gone"
    return engine.row(plan.deployment_uid).why


def fault_document(
    source: SourceNews, plan: Plan, heal: Heal | None, settled: bool | None, why: str
) -> dict[str, Any]:
    """The fault and its heal as plain data; moments are seconds since the delete was first seen."""
    told: dict[str, Any] = {
        "fault": "delete-pod",
        "source": source_document(source),
        "target": {
            "namespace": one_line(plan.namespace),
            "deployment": one_line(plan.deployment),
            "pod": one_line(plan.pod),
            "uid": plan.pod_uid,
        },
        "undo": "none: a deleted pod is replaced, not restored",
    }
    if settled is None:
        return told
    told["settled"] = settled
    told["why"] = why or None
    told["heal"] = heal_document(heal, plan.pod_uid) if heal is not None else None
    return told


def heal_document(heal: Heal, lost_uid: str) -> dict[str, Any]:
    """One lost pod's heal: its moments in the order in which they are expected."""
    pair = next((pair for pair in heal.replacements if pair.lost.uid == lost_uid), None)
    lost, by = (pair.lost.deleted, pair.by) if pair is not None else (None, None)
    zero = heal.opened if lost is None else lost
    moments = {
        "deleted": lost,
        "replacement_created": by.created if by else None,
        "scheduled": by.scheduled if by else None,
        "started": by.started if by else None,
        "ready": by.ready if by else None,
        "settled": heal.settled,
    }
    return {
        "cause": one_line(heal.cause),
        "depth": heal.depth,
        "replacement": {"pod": one_line(by.name), "uid": by.uid, "node": one_line(by.node)} if by else None,
        "moments_s": {
            name: None if at is None else round(max(0.0, at - zero), 3) for name, at in moments.items()
        },
        "closed_s": None if heal.closed is None else round(max(0.0, heal.closed - zero), 3),
    }


def deleted_line(plan: Plan) -> str:
    """What has been done, for people."""
    namespace, pod, deployment = map(one_line, (plan.namespace, plan.pod, plan.deployment))
    return f"deleted pod {namespace}/{pod} of {deployment} (not undone: replaced)"


def heal_lines(told: dict[str, Any]) -> list[str]:
    """What came of it, for people."""
    if "settled" not in told:
        return []
    heal = told["heal"]
    lines = [] if heal else ["no heal seen yet"]
    for name, seconds in heal["moments_s"].items() if heal else ():
        lines.append(f"  {name.replace('_', ' '):<20} " + ("–" if seconds is None else f"+{seconds:.2f} s"))
    by = heal["replacement"] if heal else None
    if by:
        lines.append(f"  replaced by {by['pod']}" + (f" on {by['node']}" if by["node"] else ""))
    if not told["settled"]:
        lines.append("not settled in time" + (f": {told['why']}" if told["why"] else ""))
    return lines
