"""Faults where there is no terminal: all there are, the plan of one, and one injected, held, undone and told."""

from __future__ import annotations

import json

from tui.chaos import catalogue
from tui.chaos.fault import Plan
from tui.chaos.guard import FaultRefused
from tui.chaos_documents import (
    catalogue_document,
    catalogue_lines,
    fault_lines,
    needs_document,
    plan_document,
    plan_lines,
)
from tui.chaos_engine import PlanRequest, RunRequest, arm, checked, fire, make_plan, open_engine, scoped
from tui.chaos_outcome import begun_line, follow, outcome_document, outcome_lines, watched
from tui.clean import one_line
from tui.documents import source_document
from tui.plain import Write, write_line, write_remark
from tui.session.engine import Engine
from tui.session.options import Options


async def listed(fault: str, output: str, write: Write = write_line) -> int:
    """All faults there are, or all about one; asks no cluster. Returns 0."""
    chosen = (catalogue.find(fault),) if fault else catalogue.FAULTS
    if output == "json":
        write(json.dumps(catalogue_document(chosen), indent=2))
    else:
        for line in fault_lines(chosen[0]) if fault else catalogue_lines(chosen):
            write(line)
    return 0


async def plan(options: Options, request: PlanRequest, write: Write = write_line) -> int:
    """Tells exactly what would be done, and sends nothing that changes anything; works while disarmed. Returns 0."""
    fault = checked(request)
    async with open_engine(scoped(options, fault, request.target), write_remark) as engine:
        made = await make_plan(engine, request)
        answers = {need: await engine.desk.rights.ask(need) for need in made.rights}
        objections = await _objections(engine, made)
        news = engine.overview.source_news()
    if request.output == "json":
        told = {"source": source_document(news), **plan_document(made)}
        told |= {"needs": needs_document(answers), "objections": objections}
        write(json.dumps(told, indent=2))
    else:
        for line in plan_lines(made, answers, objections):
            write(line)
    return 0


async def _objections(engine: Engine, made: Plan) -> list[str]:
    """What would refuse it now, the rights aside."""
    found = [engine.guard.objection(*made.namespaces)]
    try:
        await engine.desk.rights.require_consent(made.namespaces)
    except FaultRefused as refusal:
        found.append(str(refusal))
    still = [hit.key for hit in made.hits if engine.desk.sight.is_open(hit.deployment_uid)]
    if still and catalogue.find(made.fault).steady:
        found.append(f"the gap of {', '.join(still[:3])} is open")
    return [one_line(one) for one in found if one]


async def run(options: Options, request: RunRequest, write: Write = write_line) -> int:
    """Injects one fault, holds it for as long as it lasts, undoes it, and tells what came of it.

    Returns 0 when done (or settled), 1 when it has not settled in time, a limit was crossed or it was not undone.
    """
    fault = checked(request)
    as_json = request.output == "json"
    say = write_remark if as_json else write
    async with open_engine(scoped(options, fault, request.target), say) as engine:
        arm(engine, request.arm)
        made = await make_plan(engine, request)
        for remark in made.remarks:
            write_remark(remark)
        if len(made.victims) > 1:
            write_remark(f"victims: {', '.join(one_line(name) for _, name in made.victims)}")
        aftermath = watched(engine, made, say)
        injected = await fire(engine, made, anyway=not request.steady)
        say(begun_line(injected))
        outcome = await follow(engine, aftermath, injected, request)
        told = {
            "source": source_document(engine.overview.source_news()),
            **outcome_document(engine, aftermath, outcome),
        }
        lines = outcome_lines(engine, aftermath, outcome)
    if as_json:
        write(json.dumps(told, indent=2))
    else:
        for line in lines:
            write(line)
    return 1 if outcome.crossed or outcome.settled is False or outcome.left else 0
