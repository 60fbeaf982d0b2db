"""What comes of one fault where there is no terminal: followed to its end and until all is settled, and told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui.chaos.desk import Injected
from tui.chaos.fault import Hit, Plan
from tui.chaos.running import Running, State
from tui.chaos.settings import in_time
from tui.chaos_documents import heals_document, plan_document
from tui.chaos_engine import RunRequest
from tui.clean import PlainError, one_line
from tui.documents import moment_lines, pod_heal_document
from tui.heal_document import sentence
from tui.plain import Write
from tui.session.aftermath import Aftermath
from tui.session.engine import Engine

BLIND_FOR_S = 15.0
"""So long limits may go unwatched, as while a stream is opened anew."""
PODS_TOLD = 5
"""Of how many lost pods the moments are told to people; a document has them all."""


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


async def follow(engine: Engine, aftermath: Aftermath, injected: Injected, request: RunRequest) -> Outcome:
    """Holds what lasts until its end, or until a limit is crossed; waits until all is settled, if asked to."""
    outcome = Outcome(injected)
    limits = Limits(engine, aftermath, request)
    running = engine.desk.keeper.running.get(injected.entry.id)
    ended = injected.at

    def crossed() -> bool:
        outcome.crossed = outcome.crossed or limits.crossed()
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


@dataclass
class Limits:
    """The limits of one run, for as long as they are watched. What can't be seen can't be held within any."""

    engine: Engine
    aftermath: Aftermath
    request: RunRequest
    blind_since: float | None = None

    def crossed(self) -> str:
        """The limit that is crossed now, or why that can't be told any more, in words, or ""."""
        gap, most, most_lost = self.aftermath.gap, self.request.max_gap, self.request.max_lost
        if most is not None and gap > most:
            return f"the gap came to {gap}, the limit is {most}"
        if most_lost is not None and (lost := self.aftermath.lost_pod_s) > most_lost:
            return f"{lost:.2f} pod-seconds were lost, the limit is {most_lost:g}"
        return self._blind() if self.request.has_limits else ""

    def _blind(self) -> str:
        doubt = self.engine.doubt()
        if not doubt:
            self.blind_since = None
            return ""
        if self.blind_since is None:
            self.blind_since = self.engine.now()
        is_too_long = self.engine.now() - self.blind_since >= BLIND_FOR_S
        return f"the limits can't be watched: {doubt}" if is_too_long else ""


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


# -------------------------------------------------------------------- told


def begun_line(injected: Injected) -> str:
    """What has been done, for people."""
    made = injected.plan
    where = f" ({made.target.key})" if made.target.key not in made.done else ""
    undo = made.undo if made.for_s is None else f"for {in_time(made.for_s)}, then undone: {made.undo}"
    return one_line(f"{made.done}{where} · {undo} · fault {injected.entry.id}")


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
        heals = aftermath.heals(hit.deployment_uid)
        # Right after a fault that nobody waited for nothing is seen yet: that is no gap of depth 0.
        lines += [f"{one.key}: {sentence(one)}" for one in heals if one.depth or one.total_s is not None]
    if outcome.settled:
        lines.append(f"settled after {outcome.settled_s:.2f} s")
    elif outcome.settled is False and not outcome.crossed:
        lines.append("not settled in time" + (f": {outcome.why}" if outcome.why else ""))
    if outcome.crossed:
        lines.append(f"stopped: {outcome.crossed}")
    return lines
