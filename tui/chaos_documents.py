"""Faults as plain data and as lines: the catalogue, a plan, what came of a fault, and the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.journal import Told
from tui.chaos.settings import Setting, in_time
from tui.chaos.words import need_in_words, step_in_words
from tui.clean import one_line
from tui.cluster.access import Permission
from tui.heal_document import heal_numbers
from tui.session.heal_news import HealNews

# -------------------------------------------------------------------- the catalogue


def catalogue_document(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Every fault with all that is told of it, in the order of the menu."""
    return [
        {
            "fault": fault.name,
            "title": fault.title,
            "group": fault.group.value,
            "target": fault.aim.value,
            "does": fault.does,
            "teaches": fault.teaches,
            "actors": list(fault.actors),
            "success": fault.success,
            "lasts_s": fault.lasts_s,
            "steady": fault.steady,
            "settings": [
                {
                    "name": one.name,
                    "help": one.help,
                    "type": {bool: "boolean", int: "integer", float: "number"}.get(one.kind, "string"),
                    "unit": one.unit or None,
                    "default": one.default,
                    "least": one.least,
                    "most": one.most,
                }
                for one in fault.settings
            ],
        }
        for fault in faults
    ]


def catalogue_lines(faults: Iterable[Fault]) -> list[str]:
    """One line a fault, under the name of its group."""
    faults = list(faults)
    width = max(len(fault.name) for fault in faults)
    lines: list[str] = []
    group = ""
    for fault in sorted(faults, key=lambda fault: list(Group).index(fault.group)):
        if fault.group.value != group:
            group = fault.group.value
            lines += [*([""] if lines else []), group.upper()]
        chosen = " ".join(map(_setting_in_short, fault.settings))
        lines.append(
            f"  {fault.name:<{width}}  {fault.does}"
            + (f" [{chosen}]" if chosen else "")
            + f" · {ends(fault)}"
        )
    return lines


def fault_lines(fault: Fault) -> list[str]:
    """All about one fault."""
    target = "NAMESPACE/DEPLOYMENT" if fault.aim.value == "Deployment" else f"a {fault.aim.value}'s name"
    lines = [
        f"{fault.name}: {fault.title}",
        f"  does      {fault.does}",
        f"  teaches   {fault.teaches}",
        f"  target    {target}" + ("" if fault.steady else ", also where a gap is open"),
        f"  answers   {', '.join(fault.actors)}",
        f"  success   {fault.success}",
        f"  ends      {ends(fault)}",
    ]
    for one in fault.settings:
        default = f" (default {one.show(one.default)})" if one.default is not None else ""
        setting = f"{one.name}={_example(one)}"
        lines.append(f"  {setting:<8}  {one.help}{default}")
    return lines


def ends(fault: Fault) -> str:
    """Whether it is undone, and when."""
    return "not undone" if fault.lasts_s is None else f"undone after {in_time(fault.lasts_s)}"


def _setting_in_short(setting: Setting) -> str:
    return f"{setting.name}={setting.show(setting.default)}" if setting.default is not None else setting.name


def _example(setting: Setting) -> str:
    if setting.kind is bool:
        return "true|false"
    if setting.kind is str:
        return setting.name.upper()
    span = (
        f"{setting.least:g}..{setting.most:g}"
        if setting.least is not None and setting.most is not None
        else "N"
    )
    return f"{span}{setting.unit}"


# -------------------------------------------------------------------- a plan


def target_document(target: Target) -> dict[str, Any]:
    """What it is done to."""
    return {
        "kind": target.aim.value,
        "namespace": one_line(target.namespace) or None,
        "name": one_line(target.name),
        "uid": target.uid or None,
    }


def plan_document(plan: Plan) -> dict[str, Any]:
    """Exactly what would be done, as plain data."""
    return {
        "fault": plan.fault,
        "target": target_document(plan.target),
        "title": one_line(plan.title),
        "victims": [{"name": one_line(name), "uid": uid} for uid, name in plan.victims],
        "hits": [
            {"deployment": one_line(hit.key), "uid": hit.deployment_uid, "pods": len(hit.pod_uids)}
            for hit in plan.hits
        ],
        "steps": [step_in_words(step) for step in plan.steps],
        "repeat": repeat_in_words(plan) or None,
        "undo": one_line(plan.undo),
        "for_s": plan.for_s,
        "remarks": [one_line(remark) for remark in plan.remarks],
    }


def needs_document(answers: Mapping[Need, Permission]) -> list[dict[str, Any]]:
    """The rights it needs, with the API server's answers."""
    return [
        {
            "verb": need.verb,
            "resource": need.resource.plural,
            "subresource": need.subresource or None,
            "namespace": need.namespace or None,
            "allowed": answer.allowed,
            "why": one_line(answer.why) or None,
        }
        for need, answer in answers.items()
    ]


def plan_lines(plan: Plan, answers: Mapping[Need, Permission], objections: Iterable[str]) -> list[str]:
    """The same for people."""
    lines = [one_line(plan.title)]
    lines += [f"  victim    {one_line(name)} (uid {uid})" for uid, name in plan.victims]
    for hit in plan.hits:
        count = f": {len(hit.pod_uids)} of its pods" if hit.pod_uids else ""
        lines.append(f"  felt by   {one_line(hit.key)}{count}")
    lines += [f"  step {number:<4} {step_in_words(step)}" for number, step in enumerate(plan.steps, 1)]
    lines += [f"  repeats   {repeat_in_words(plan)}"] if plan.repeat else []
    for need, answer in answers.items():
        said = "allowed" if answer.allowed else f"NO: {one_line(answer.why)}"
        lines.append(f"  needs     {need_in_words(need)}: {said}")
    lasts = f" (after {in_time(plan.for_s)})" if plan.for_s is not None else ""
    lines.append(f"  undo      {one_line(plan.undo)}{lasts}")
    lines += [f"  mind      {one_line(remark)}" for remark in plan.remarks]
    lines += [f"  not now   {one_line(objection)}" for objection in objections]
    return lines


def repeat_in_words(plan: Plan) -> str:
    """What is done again and again, or ""."""
    if plan.repeat is None:
        return ""
    times = "until it ends" if plan.repeat.times is None else f"{plan.repeat.times} times"
    return f"{plan.repeat.fault} every {in_time(plan.repeat.every_s)}, {times}"


# -------------------------------------------------------------------- what came of it


def heals_document(heals: Iterable[HealNews]) -> list[dict[str, Any]]:
    """The heals of one Deployment since the fault, with the numbers that every export tells."""
    return [{"cause": one_line(news.cause), **heal_numbers(news)} for news in heals]


# -------------------------------------------------------------------- the journal


def journal_document(told: Told, *, lives: bool) -> dict[str, Any]:
    """One fault of the journal; `lives`: the gapwatch that began it is still there."""
    entry = told.entry
    return {
        "id": entry.id,
        "state": state_of(told, lives=lives),
        "fault": entry.fault,
        "target": one_line(entry.target),
        "title": one_line(entry.title),
        "context": one_line(entry.context),
        "server": one_line(entry.server),
        "who": one_line(entry.who),
        "run": entry.run,
        "at": _time(entry.at),
        "deadline": _time(entry.deadline),
        "injected_at": _time(told.injected_at),
        "ended_at": _time(told.ended_at),
        "undo": one_line(entry.undo),
        "note": one_line(told.note) or None,
        "held": one_line(told.held) or None,
        "steps": [step_in_words(step) for step in entry.steps],
        "outstanding": told.outstanding,
    }


def journal_line(told: Told, *, lives: bool) -> str:
    """The same as one line for people."""
    entry = told.entry
    why, state = one_line(told.held or told.note), state_of(told, lives=lives)
    what = one_line(f"{entry.context}: {entry.title}") + (f" ({why})" if why not in ("", state) else "")
    return f"{_local_time(entry.at)}  {one_line(entry.id)}  {state:<11}  {what}"


def state_of(told: Told, *, lives: bool) -> str:
    """Where it stands, in one word."""
    if told.ended_at is not None:
        return one_line(told.how)
    if lives:
        return "running"
    return "outstanding" if told.outstanding else "cut short"


def _local_time(epoch_s: float) -> str:
    try:
        return datetime.fromtimestamp(epoch_s).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{'–':19}"


def _time(epoch_s: float | None) -> str | None:
    """RFC 3339, UTC; None for what has not been, and for what no calendar has."""
    if epoch_s is None:
        return None
    try:
        moment = datetime.fromtimestamp(epoch_s, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
