"""An experiment, run: its steps in order, a line for each, and whether what was expected held."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from tui.chaos import catalogue
from tui.chaos.experiment import Expect, Experiment, FaultStep, WaitStep, read_experiment
from tui.chaos.fault import Aim, Plan
from tui.chaos.guard import FaultRefused
from tui.chaos.running import Running
from tui.chaos.settings import in_time
from tui.chaos.targets import read_target
from tui.chaos_engine import PlanRequest, arm, find_target, fire, make_plan, open_engine
from tui.chaos_outcome import Outcome, begun_line, hold, outcome_document, settle, watched
from tui.clean import PlainError, one_line
from tui.documents import source_document
from tui.plain import Write, write_line, write_remark
from tui.session.aftermath import Aftermath
from tui.session.engine import Engine
from tui.session.options import Options

T = TypeVar("T")


@dataclass(frozen=True)
class ExperimentRequest:
    """What `gapwatch chaos experiment` was asked for."""

    file: Path
    arm: str = ""
    output: str = "text"


@dataclass(frozen=True)
class Expectation:
    """One thing that was expected, what was found, and whether that was it."""

    expected: str
    found: str
    held: bool


async def experiment(options: Options, request: ExperimentRequest, write: Write = write_line) -> int:
    """Runs the file's steps. Returns 0 when all that was expected held, 1 when something did not.

    PlainError when it could not be run, or not to its end: everything that lasts has been undone then.
    """
    read = read_experiment(request.file)
    as_json = request.output == "json"
    say = write_remark if as_json else write
    async with open_engine(scoped(options, read), say) as engine:
        lab = Laboratory(engine, read, say)
        await lab.check()
        arm(engine, request.arm)
        say(f"{one_line(read.name)}: {len(read.steps)} steps on {engine.source.connection.asked}")
        try:
            await lab.run()
        except PlainError as error:
            lab.error = one_line(str(error))
            raise
        finally:
            await lab.undo_all()
            if as_json and (lab.error or lab.is_over):
                write(json.dumps(lab.document(), indent=2))
    failed = sum(not one.held for one in lab.expectations)
    all_ = len(lab.expectations)
    say(f"all {all_} expectations held" if not failed else f"{failed} of {all_} expectations did not hold")
    return 1 if failed else 0


def scoped(options: Options, read: Experiment) -> Options:
    """One namespace is all that has to be looked at, if all targets are Deployments there."""
    steps = [step for step in read.steps if isinstance(step, FaultStep)]
    faults = [catalogue.find(step.fault) for step in steps]
    namespaces = {read_target(fault, step.target)[0] for fault, step in zip(faults, steps, strict=True)}
    if options.namespace:
        other = namespaces - {options.namespace, ""}
        if other:
            raise FaultRefused(f"-n {options.namespace} and the target's {min(other)} contradict each other")
        return options
    if len(namespaces) == 1 and "" not in namespaces:
        return replace(options, namespace=namespaces.pop(), all_namespaces=False)
    return replace(options, all_namespaces=True)


@dataclass
class Injection:
    """One fault of the experiment and what comes of it. `running` is None for what has no undo."""

    step: FaultStep
    outcome: Outcome
    aftermath: Aftermath
    running: Running | None


@dataclass
class Laboratory:
    """One run of an experiment."""

    engine: Engine
    read: Experiment
    say: Callable[[str], None]
    expectations: list[Expectation] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    """The steps that have begun, as plain data; what came of their faults is added in the end."""
    error: str = ""
    """Why it could not be run to its end, or ""."""
    is_over: bool = False
    injections: dict[int, Injection] = field(default_factory=dict)
    """By the numbers of their steps."""

    async def check(self) -> None:
        """PlainError where a target is not there, or may not be touched: before anything is injected."""
        for step in self.read.steps:
            if isinstance(step, FaultStep):
                await self._at(step, self._check(step))

    async def _check(self, step: FaultStep) -> None:
        fault, desk = catalogue.find(step.fault), self.engine.desk
        target = find_target(self.engine, fault, step.target)
        if target.namespace in self.engine.guard.protected:
            raise FaultRefused(f"{target.namespace} is protected")
        if target.aim is Aim.NODE:
            desk.sight.node(target.name)
        elif target.aim is Aim.ZONE:
            desk.sight.nodes_in(target.name)
        why = await fault.unable(desk.sight)
        if why:
            raise FaultRefused(why)
        await desk.rights.require(fault.rights(target))
        await desk.rights.require_consent([target.namespace] if target.namespace else [])

    async def run(self) -> None:
        """All steps, or as many as come before the first expectation that did not hold."""
        for number, step in enumerate(self.read.steps, 1):
            before = len(self.expectations)
            told: dict[str, Any] = {"step": number, "expectations": []}
            self.told.append(told)
            if isinstance(step, FaultStep):
                await self._fault(number, step, told)
            else:
                await self._wait(number, step, told)
            fresh = self.expectations[before:]
            for one in fresh:
                self.say(f"   {'ok    ' if one.held else 'FAILED'} {one.expected}: {one.found}")
            told["expectations"] = [
                {"expected": one.expected, "found": one.found, "held": one.held} for one in fresh
            ]
            if not self.read.keep_going and not all(one.held for one in fresh):
                break
        self.is_over = True

    async def undo_all(self) -> None:
        """The end: what lasts still is undone, the last one first: it may have cut off what others were done to."""
        for one in reversed(self.injections.values()):
            if one.running is not None and not one.running.over.is_set():
                one.outcome.end = await hold(self.engine, one.aftermath, one.running, 0.0, stop=lambda: True)
                if one.outcome.left:
                    title = one_line(one.outcome.injected.plan.title)
                    self.expectations.append(Expectation(f"undone: {title}", one.outcome.end, held=False))
            elif one.running is not None:
                one.outcome.end = "undone"

    def document(self) -> dict[str, Any]:
        """The whole run as plain data."""
        steps = []
        for told in self.told:
            one = self.injections.get(told["step"])
            came = outcome_document(self.engine, one.aftermath, one.outcome) if one is not None else {}
            steps.append({"step": told["step"], **came, **told})
        return {
            "experiment": one_line(self.read.name),
            "source": source_document(self.engine.overview.source_news()),
            "held": not self.error and all(one.held for one in self.expectations),
            "error": self.error or None,
            "steps": steps,
        }

    # ---------------------------------------------------------------- steps

    async def _wait(self, number: int, step: WaitStep, told: dict[str, Any]) -> None:
        if step.for_s is not None:
            self.say(f"{number}  wait {in_time(step.for_s)}")
            told["wait_s"] = step.for_s
            await asyncio.sleep(step.for_s)
            return
        told["wait"] = "settled"
        self.say(f"{number}  wait until settled")
        began = self.engine.now()
        left = await self._unsettled(step.timeout_s)
        found = f"not settled: {left}" if left else f"{self.engine.now() - began:.2f} s"
        self.expectations.append(
            Expectation(f"settled within {in_time(step.timeout_s)}", found, held=not left)
        )

    async def _unsettled(self, timeout_s: float) -> str:
        """Why not all that was hit so far has settled in that time, or ""."""
        until = self.engine.now() + timeout_s
        for one in self.injections.values():
            if not await settle(self.engine, one.aftermath, max(0.0, until - self.engine.now())):
                return one.aftermath.why_unsettled() or "the gap was closed too late"
        return ""

    async def _fault(self, number: int, step: FaultStep, told: dict[str, Any]) -> None:
        told["fault"] = step.fault
        await self._seen(step.timeout_s)
        request = PlanRequest(step.fault, step.target, step.settings, step.for_s)
        made = await self._at(step, make_plan(self.engine, request))
        if step.steady and not await self._steady(step, made):
            self.say(f"{number}  {one_line(made.title)}: not injected")
            still = "the gap was open still"
            self.expectations.append(
                Expectation(f"a closed gap within {in_time(step.timeout_s)}", still, held=False)
            )
            return
        made = await self._at(step, make_plan(self.engine, request))
        aftermath = watched(self.engine, made, lambda text: self.say(f"   {text.strip()}"))
        injected = await self._at(step, fire(self.engine, made, anyway=not step.steady))
        self.say(f"{number}  {begun_line(injected)}")
        running = self.engine.desk.keeper.running.get(injected.entry.id)
        injection = Injection(step, Outcome(injected), aftermath, running)
        self.injections[number] = injection
        if step.expect is not None:
            await self._follow(injection, step.expect)

    @staticmethod
    async def _at(step: FaultStep, work: Awaitable[T]) -> T:
        """What `work` gives; what can't be done says at which step."""
        try:
            return await work
        except PlainError as error:
            raise PlainError(f"{step.place}: {error}") from None

    async def _seen(self, timeout_s: float) -> None:
        """Returns when the watch has shown what was done so far: a plan must not choose what is gone already."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                for one in self.injections.values():
                    await one.aftermath.seen()

    async def _steady(self, step: FaultStep, made: Plan) -> bool:
        """Whether what this fault hits has, in time, no gap any more that earlier ones may have opened."""
        until = self.engine.now() + step.timeout_s
        fresh = Aftermath(self.engine)
        fresh.expect(replace(made, ends_pods=frozenset(), steps=()))
        for aftermath in (*(one.aftermath for one in self.injections.values()), fresh):
            patience_s = max(0.0, until - self.engine.now())
            if not await settle(self.engine, aftermath, patience_s, hits=made.hits):
                return False
        return True

    # ---------------------------------------------------------------- expectations

    async def _follow(self, injection: Injection, expect: Expect) -> None:
        """Holds the fault until its end and what comes of it until it has settled, and judges."""
        engine, aftermath, outcome = self.engine, injection.aftermath, injection.outcome
        ended = outcome.injected.at
        if expect.absorbed_within_s is not None and injection.running is not None:
            over = injection.running.over
            absorbed = await settle(engine, aftermath, expect.absorbed_within_s, stop=over.is_set)
            absorbed = absorbed and not over.is_set()
            self._judge_time("absorbed", expect.absorbed_within_s, absorbed, ended, aftermath)
        if injection.running is not None:
            outcome.end = await hold(engine, aftermath, injection.running, injection.step.timeout_s)
            ended = engine.now()
            if outcome.left:
                self.expectations.append(Expectation("undone", outcome.end, held=False))
                return
        outcome.settled = await settle(engine, aftermath, expect.settled_within_s)
        outcome.settled_s = engine.now() - ended if outcome.settled else None
        outcome.why = "" if outcome.settled else aftermath.why_unsettled()
        self._judge_time("settled", expect.settled_within_s, outcome.settled, ended, aftermath)
        self._judge(expect, aftermath)

    def _judge_time(self, word: str, within_s: float, held: bool, since: float, aftermath: Aftermath) -> None:
        why = aftermath.why_unsettled()
        found = f"{self.engine.now() - since:.2f} s" if held else f"not {word}" + (f": {why}" if why else "")
        self.expectations.append(Expectation(f"{word} within {in_time(within_s)}", found, held))

    def _judge(self, expect: Expect, aftermath: Aftermath) -> None:
        lost, depth, acted = aftermath.lost_pod_s, aftermath.depth, aftermath.actors
        add = self.expectations.append
        if expect.lost_below is not None:
            wanted = f"pod-seconds lost below {expect.lost_below:g}"
            add(Expectation(wanted, f"{lost:.2f}", held=lost < expect.lost_below))
        if expect.depth_at_most is not None:
            add(
                Expectation(
                    f"depth at most {expect.depth_at_most}", f"{depth}", depth <= expect.depth_at_most
                )
            )
        if expect.depth_at_least is not None:
            add(
                Expectation(
                    f"depth at least {expect.depth_at_least}", f"{depth}", depth >= expect.depth_at_least
                )
            )
        if expect.acted:
            said = ", ".join(sorted(map(one_line, acted))) or "nobody was seen"
            add(Expectation(f"acted: {', '.join(expect.acted)}", said, held=acted.issuperset(expect.acted)))
