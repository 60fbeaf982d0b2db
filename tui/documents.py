"""What is known as plain data for machines: one look, one fault and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tui.chaos.fault import Plan
from tui.clean import one_line
from tui.heal_document import heal_numbers, sentence
from tui.reconcile.heal import Heal
from tui.session.heal_news import HealNews
from tui.session.news import FleetRow, Link
from tui.session.source_news import SourceNews


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


def fault_document(
    source: SourceNews,
    plan: Plan,
    heal: Heal | None,
    settled: bool | None,
    why: str,
    news: HealNews | None = None,
) -> dict[str, Any]:
    """The fault and its heal as plain data; `news` are the heal's numbers, as every export tells them.

    `settled` says that the gap was closed in time and that the controllers' own status said so too (or, where that
    never says so, that the gap stayed closed): that is what is waited for. The heal's own `settled_s` comes up to
    max(minReadySeconds, 5 s) later, and is null until then.
    """
    pod_uid, pod = plan.victims[0]
    told: dict[str, Any] = {
        "fault": "delete-pod",
        "source": source_document(source),
        "target": {
            "namespace": one_line(plan.target.namespace),
            "deployment": one_line(plan.target.name),
            "pod": one_line(pod),
            "uid": pod_uid,
        },
        "undo": "none: a deleted pod is replaced, not restored",
    }
    if settled is None:
        return told
    told["settled"] = settled
    told["why"] = why or None
    told["heal"] = pod_heal_document(heal, pod_uid) if heal is not None else None
    if news is not None:
        told["heal"] |= heal_numbers(news)
    return told


def pod_heal_document(heal: Heal, lost_uid: str) -> dict[str, Any]:
    """One lost pod's heal: its moments in the order in which they are expected, in seconds since it was seen lost."""
    pair = next((pair for pair in heal.replacements if pair.lost.uid == lost_uid), None)
    lost, by = (pair.lost.deleted, pair.by) if pair is not None else (None, None)
    zero = heal.opened if lost is None else lost
    moments = {
        "deleted": lost,
        "replacement_created": by.created if by else None,
        "scheduled": by.scheduled if by else None,
        "started": by.started if by else None,
        "ready": by.ready if by else None,
        "settled": heal.settled if heal.confirmed is None else heal.confirmed,
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
    pod = plan.victims[0][1]
    pod, deployment = map(one_line, (pod, plan.target.key))
    return f"deleted pod {pod} ({deployment}) · not undone: replaced"


def heal_lines(told: dict[str, Any], news: HealNews | None = None) -> list[str]:
    """What came of it, for people."""
    if "settled" not in told:
        return []
    heal = told["heal"]
    lines = moment_lines(heal) if heal else ["no heal seen yet"]
    if news is not None:
        lines.append(f"  {sentence(news)}")
    if not told["settled"]:
        lines.append("not settled in time" + (f": {told['why']}" if told["why"] else ""))
    return lines


def moment_lines(heal: dict[str, Any]) -> list[str]:
    """One lost pod's heal for people: its moments, and what replaced it."""
    lines = []
    for name, seconds in heal["moments_s"].items():
        lines.append(f"  {name.replace('_', ' '):<20} " + ("–" if seconds is None else f"+{seconds:.2f} s"))
    by = heal["replacement"]
    if by:
        lines.append(f"  replaced by {by['pod']}" + (f" on {by['node']}" if by["node"] else ""))
    return lines
