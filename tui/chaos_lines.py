"""Faults where there is no terminal: the plan of one, and one injected, held, undone and told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from tui.chaos import catalogue
from tui.chaos.desk import Injected, StillOpen
from tui.chaos.fault import Aim, Fault, Hit, Plan, Target
from tui.chaos.guard import FaultRefused
from tui.chaos.running import Running, State
from tui.chaos.settings import in_time, read_settings
from tui.chaos.targets import read_target
from tui.chaos_documents import (
    catalogue_document,
    catalogue_lines,
    fault_lines,
    heals_document,
    needs_document,
    plan_document,
    plan_lines,
)
from tui.clean import PlainError, one_line
from tui.cluster.kinds import NODES
from tui.documents import moment_lines, pod_heal_document, source_document
from tui.heal_document import sentence
from tui.plain import Write, write_line, write_remark
from tui.session.aftermath import Aftermath
from tui.session.engine import Engine
from tui.session.options import Options
from tui.session.source import open_source

NODES_WITHIN_S = 10.0
PODS_TOLD = 5
"""Of how many lost pods the moments are told to people; a document has them all."""


@dataclass(frozen=True)
class PlanRequest:
    """What `gapwatch chaos plan` was asked for; `target` and `settings` as they were written."""

    fault: str
    target: str
    settings: Mapping[str, str] = field(default_factory=dict)
    for_s: float | None = None
    protect: tuple[str, ...] = ()
    output: str = "text"


@dataclass(frozen=True)
class RunRequest(PlanRequest):
    """What `gapwatch chaos run` was asked for. The limits are pods and pod-seconds, of all it hits together."""

    wait: bool = False
    timeout_s: float = 60.0
    steady: bool = True
    max_gap: int | None = None
    max_lost: float | None = None
    arm: str = ""

    @property
    def has_limits(self) -> bool:
        """Whether it has to be watched."""
        return self.max_gap is not None or self.max_lost is not None


# -------------------------------------------------------------------- what all of them do


def scoped(options: Options, fault: Fault, target: str) -> Options:
    """A Deployment's namespace is all that has to be looked at; what is on a node may be anywhere."""
    namespace, _ = read_target(fault, target)
    if fault.aim is not Aim.DEPLOYMENT:
        return options if options.namespace else replace(options, all_namespaces=True)
    if options.namespace and options.namespace != namespace:
        raise FaultRefused(f"-n {options.namespace} and {target} contradict each other")
    return replace(options, namespace=namespace, all_namespaces=False)


@asynccontextmanager
async def open_engine(options: Options, protect: tuple[str, ...], say: Write) -> AsyncIterator[Engine]:
    """An engine that has a complete picture; when it ends, all that lasts is undone, and that is said."""
    source = await open_source(options)
    if source.note:
        write_remark(source.note)
    try:
        engine = Engine(source, read_only=options.read_only)
        engine.guard.also_protected = frozenset(protect)
        tell = engine.telling.undone

        def undone(plan: Plan, at: float) -> None:
            tell(plan, at)
            say(f"undone: {one_line(plan.title)}")

        engine.telling.undone = undone
        said: set[str] = set()

        def notice(_severity: str, text: str) -> None:
            if text not in said:  # an undo that fails is tried again, and says the same each time
                said.add(text)
                write_remark(text)

        engine.telling.notice = notice
        async with engine.running():
            await engine.synced()
            engine.overview.rows()  # all gaps are measured once: whether one is open is known from here on
            await _know_the_nodes(engine)
            try:
                yield engine
            finally:
                await engine.desk.close()
                for running in engine.desk.keeper.running.values():
                    write_remark(f"left behind: {running.plan.title}: gapwatch chaos undo {running.id}")
    finally:
        await source.close()


async def _know_the_nodes(engine: Engine) -> None:
    """Returns when the nodes have been listed, or can't be: without them there is a picture, but no node to choose."""
    stream = next(one for one in engine.streams if one.kind == NODES.name)
    with suppress(TimeoutError):
        async with asyncio.timeout(NODES_WITHIN_S):
            await engine.until(lambda: engine.world.known(NODES.name) is not None or stream.error is not None)


def find_target(engine: Engine, fault: Fault, text: str) -> Target:
    """The Deployment as it is now, or a node or zone by its name."""
    namespace, name = read_target(fault, text)
    if fault.aim is Aim.DEPLOYMENT:
        return engine.target(engine.find(namespace, name).metadata.uid)
    return Target(fault.aim, name)


def arm(engine: Engine, context: str) -> None:
    """Takes the safety catch off, as far as that can be done without anybody at a keyboard."""
    try:
        if context or not engine.guard.armed:
            engine.guard.arm(engine.now(), context)
    except FaultRefused as refusal:
        hint = "" if engine.guard.read_only or context else " (with --arm)"
        raise named(engine, FaultRefused(f"{refusal}{hint}")) from None


def named(engine: Engine, refusal: FaultRefused) -> FaultRefused:
    """The same refusal, with who was asked."""
    insist = " (--no-steady insists)" if isinstance(refusal, StillOpen) else ""
    return FaultRefused(f"{engine.source.connection.asked}: {refusal}{insist}")


async def fire(engine: Engine, plan: Plan, *, anyway: bool) -> Injected:
    """Injects it; a refusal says who was asked."""
    try:
        return await engine.desk.fire(plan, anyway=anyway)
    except FaultRefused as refusal:
        raise named(engine, refusal) from None


async def make_plan(engine: Engine, request: PlanRequest) -> Plan:
    """What exactly would be done; a refusal says who was asked."""
    fault = catalogue.find(request.fault)
    try:
        target = find_target(engine, fault, request.target)
        return await engine.desk.plan(fault.name, target, request.settings, for_s=request.for_s)
    except FaultRefused as refusal:
        raise named(engine, refusal) from None


def checked(request: PlanRequest) -> Fault:
    """The fault, once all that can be known without a cluster is known to be right; FaultRefused otherwise."""
    fault = catalogue.find(request.fault)
    read_target(fault, request.target)
    read_settings(fault.settings, request.settings)
    if request.for_s is not None and fault.lasts_s is None:
        raise FaultRefused(f"{fault.name} does not last: leave out --for")
    return fault


# -------------------------------------------------------------------- the catalogue


async def listed(fault: str, output: str, write: Write = write_line) -> int:
    """All faults there are, or all about one; asks no cluster. Returns 0."""
    chosen = (catalogue.find(fault),) if fault else catalogue.FAULTS
    if output == "json":
        write(json.dumps(catalogue_document(chosen), indent=2))
    else:
        for line in fault_lines(chosen[0]) if fault else catalogue_lines(chosen):
            write(line)
    return 0


# -------------------------------------------------------------------- a plan


async def plan(options: Options, request: PlanRequest, write: Write = write_line) -> int:
    """Tells exactly what would be done, and sends nothing that changes anything; works while disarmed. Returns 0."""
    fault = checked(request)
    async with open_engine(scoped(options, fault, request.target), request.protect, write_remark) as engine:
        made = await make_plan(engine, request)
        answers = {need: await engine.desk.rights.ask(need) for need in made.needs}
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


# -------------------------------------------------------------------- one fault


@dataclass
class Outcome:
    """What came of one fault so far. `settled` is None where that was not waited for."""

    injected: Injected
    end: str = ""
    """ "undone", or why it was not; "" for what has no undo."""
    crossed: str = ""
    """Which limit was crossed, or ""."""
    settled: bool | None = None
    settled_s: float | None = None
    """How long that took, from its undo on, or from the injection where there is none."""
    why: str = ""
    """Why it has not settled, or ""."""

    @property
    def left(self) -> bool:
        """Whether it should have been undone, and was not."""
        return self.end not in ("", "undone")


async def run(options: Options, request: RunRequest, write: Write = write_line) -> int:
    """Injects one fault, holds it for as long as it lasts, undoes it, and tells what came of it.

    Returns 0 when done (or settled), 1 when it has not settled in time, a limit was crossed or it was not undone.
    """
    fault = checked(request)
    as_json = request.output == "json"
    say = write_remark if as_json else write
    async with open_engine(scoped(options, fault, request.target), request.protect, say) as engine:
        arm(engine, request.arm)
        made = await make_plan(engine, request)
        for remark in made.remarks:
            write_remark(remark)
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


def watched(engine: Engine, made: Plan, say: Write) -> Aftermath:
    """What comes of a fault that is about to be injected, and of those that it repeats."""
    aftermath = Aftermath(engine)
    aftermath.expect(made)
    if made.repeat is not None:
        tell = engine.telling.injected

        def struck(plan: Plan, at: float) -> None:
            tell(plan, at)
            if plan is not made:
                aftermath.expect(plan)
                say(f"  {one_line(plan.done)}")

        engine.telling.injected = struck
    return aftermath


def begun_line(injected: Injected) -> str:
    """What has been done, for people."""
    made = injected.plan
    where = f" ({made.target.key})" if made.target.key not in made.done else ""
    undo = made.undo if made.for_s is None else f"for {in_time(made.for_s)}, then undone: {made.undo}"
    return one_line(f"{made.done}{where} · {undo} · fault {injected.entry.id}")


async def follow(engine: Engine, aftermath: Aftermath, injected: Injected, request: RunRequest) -> Outcome:
    """Holds what lasts until its end, or until a limit is crossed; waits until all is settled, if asked to."""
    outcome = Outcome(injected)
    running = engine.desk.keeper.running.get(injected.entry.id)
    ended = injected.at

    def crossed() -> bool:
        outcome.crossed = outcome.crossed or _crossed(aftermath, request)
        return bool(outcome.crossed) and (running is None or running.state is State.LASTING)

    if running is not None:
        outcome.end = await hold(engine, aftermath, running, request.timeout_s, stop=crossed)
        ended = engine.now()
    is_watched = request.wait or (request.has_limits and running is None)
    if is_watched and not outcome.left:
        outcome.settled = await settle(engine, aftermath, request.timeout_s, stop=crossed)
        outcome.settled_s = engine.now() - ended if outcome.settled else None
        outcome.why = "" if outcome.settled else aftermath.why_unsettled()
    return outcome


def _crossed(aftermath: Aftermath, request: RunRequest) -> str:
    """The limit that is crossed now, in words, or ""."""
    gap = aftermath.gap
    if request.max_gap is not None and gap > request.max_gap:
        return f"the gap came to {gap}, the limit is {request.max_gap}"
    if request.max_lost is not None and (lost := aftermath.lost_pod_s) > request.max_lost:
        return f"{lost:.2f} pod-seconds were lost, the limit is {request.max_lost:g}"
    return ""


async def hold(
    engine: Engine,
    aftermath: Aftermath,
    running: Running,
    patience_s: float,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> str:
    """Returns when it is over, "undone", or with the words why it can't be; `stop` has it undone before its time.

    An undo that fails is tried again for `patience_s` seconds.
    """

    def is_over() -> bool:
        aftermath.look()
        too_late = running.until is not None and engine.now() > running.until + patience_s
        given_up = running.state is State.CONTESTED or (running.state is State.STUCK and too_late)
        return running.over.is_set() or given_up

    await engine.until(lambda: is_over() or (running.state is State.LASTING and stop()))
    if not is_over():
        try:
            await engine.desk.undo(running.id)
        except PlainError as error:
            return one_line(str(error))
    aftermath.over(running.plan)
    return "undone" if running.over.is_set() else running.note


async def settle(
    engine: Engine,
    aftermath: Aftermath,
    timeout_s: float,
    *,
    hits: tuple[Hit, ...] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Whether in that time the gap was closed, by the pods and by the controllers' status."""

    def is_decided() -> bool:
        aftermath.look()
        return aftermath.settled(hits) or bool(aftermath.gone()) or stop()

    try:
        async with asyncio.timeout(timeout_s):
            await aftermath.seen()
            await engine.until(is_decided)
    except TimeoutError:
        return False
    return aftermath.settled(hits)


# -------------------------------------------------------------------- what came of it, told


def outcome_document(engine: Engine, aftermath: Aftermath, outcome: Outcome) -> dict[str, Any]:
    """The fault and what came of it, Deployment by Deployment."""
    injected = outcome.injected
    return {
        "id": injected.entry.id,
        **plan_document(injected.plan),
        "end": outcome.end or None,
        "limit_crossed": outcome.crossed or None,
        "settled": outcome.settled,
        "settled_s": None if outcome.settled_s is None else round(outcome.settled_s, 3),
        "why": outcome.why or None,
        "depth": aftermath.depth,
        "lost_pod_s": round(aftermath.lost_pod_s, 3),
        "acted": sorted(map(one_line, aftermath.actors)),
        "deployments": [
            {
                "deployment": one_line(hit.key),
                "uid": hit.deployment_uid,
                "pods": lost_pods(engine, hit, injected.plan),
                "heals": heals_document(aftermath.heals(hit.deployment_uid)),
            }
            for hit in aftermath.hits
        ],
    }


def lost_pods(engine: Engine, hit: Hit, made: Plan) -> list[dict[str, Any]]:
    """What became of each pod that the fault ended there, and what replaced it."""
    names = {uid: name.rpartition("/")[2] for uid, name in made.victims}
    found = []
    for uid in sorted(made.ends_pods & hit.pod_uids, key=lambda uid: names.get(uid, "")):
        heal = engine.chronicle.heal_of(hit.deployment_uid, uid)
        told = pod_heal_document(heal, uid) if heal is not None else None
        found.append({"pod": one_line(names.get(uid, "")), "uid": uid, "heal": told})
    return found


def outcome_lines(engine: Engine, aftermath: Aftermath, outcome: Outcome) -> list[str]:
    """The same for people."""
    lines: list[str] = []
    for hit in aftermath.hits:
        pods = [one for one in lost_pods(engine, hit, outcome.injected.plan) if one["heal"]]
        for one in pods[:PODS_TOLD] if outcome.settled is not None else ():
            lines += [f"{one['pod']} of {one_line(hit.key)}", *moment_lines(one["heal"])]
        lines += [f"{news.key}: {sentence(news)}" for news in aftermath.heals(hit.deployment_uid)]
    if outcome.settled:
        lines.append(f"settled after {outcome.settled_s:.2f} s")
    elif outcome.settled is False and not outcome.crossed:
        lines.append("not settled in time" + (f": {outcome.why}" if outcome.why else ""))
    if outcome.crossed:
        lines.append(f"stopped: {outcome.crossed}")
    return lines
