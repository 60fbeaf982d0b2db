"""An engine for one command of chaos: opened on what it is about, armed, aimed; what lasts is undone at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from tui.chaos import catalogue
from tui.chaos.clearance import StillOpen
from tui.chaos.desk import Injected
from tui.chaos.fault import Aim, Fault, Plan, Target
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import read_settings
from tui.chaos.targets import read_target
from tui.clean import PlainError, one_line
from tui.cluster.kinds import NODES
from tui.plain import Write, take_the_catch_off, write_remark
from tui.session.engine import Engine
from tui.session.options import Options
from tui.session.source import open_source

NODES_WITHIN_S = 10.0


@dataclass(frozen=True)
class PlanRequest:
    """What `gapwatch chaos plan` was asked for; `target` and `settings` as they were written."""

    fault: str
    target: str
    settings: Mapping[str, str] = field(default_factory=dict)
    for_s: float | None = None
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


def checked(request: PlanRequest) -> Fault:
    """The fault, once all that can be known without a cluster is known to be right; FaultRefused otherwise."""
    fault = catalogue.find(request.fault)
    read_target(fault, request.target)
    read_settings(fault.settings, request.settings)
    if request.for_s is not None and fault.lasts_s is None:
        raise FaultRefused(f"{fault.name} does not last: leave out --for")
    return fault


def scoped(options: Options, fault: Fault, target: str) -> Options:
    """A Deployment's namespace is all that has to be looked at; what is on a node may be anywhere."""
    namespace, _ = read_target(fault, target)
    if fault.aim is not Aim.DEPLOYMENT:
        return options if options.namespace else replace(options, all_namespaces=True)
    if options.namespace and options.namespace != namespace:
        raise FaultRefused(f"-n {options.namespace} and {target} contradict each other")
    return replace(options, namespace=namespace, all_namespaces=False)


@asynccontextmanager
async def open_engine(options: Options, say: Write) -> AsyncIterator[Engine]:
    """An engine that has a complete picture; when it ends, all that lasts is undone, and that is said."""
    source = await open_source(options)
    if source.note:
        write_remark(source.note)
    try:
        engine = Engine(source, read_only=options.read_only, protect=options.protect)
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
        _tell_left_behind(engine)
        async with engine.running():
            await engine.synced()
            engine.overview.rows()  # all gaps are measured once: whether one is open is known from here on
            await _know_the_nodes(engine)
            try:
                yield engine
            finally:
                try:
                    await engine.desk.close()
                finally:
                    for running in engine.desk.keeper.running.values():
                        write_remark(f"left behind: {running.plan.title}: gapwatch chaos undo {running.id}")
    finally:
        await source.close()


def _tell_left_behind(engine: Engine) -> None:
    """What earlier runs have left behind here, for whoever starts the next one."""
    with suppress(PlainError):  # a journal that can't be read is told when it is needed
        for one in engine.desk.left_behind():
            write_remark(
                f"left behind by an earlier run: {one.entry.title}: gapwatch chaos undo {one.entry.id}"
            )


async def _know_the_nodes(engine: Engine) -> None:
    """Returns when the nodes have been listed, or can't be: without them there is a picture, but no node to choose."""
    stream = next(one for one in engine.streams if one.kind == NODES.name)
    with suppress(TimeoutError):
        async with asyncio.timeout(NODES_WITHIN_S):
            await engine.until(lambda: engine.world.known(NODES.name) is not None or stream.error is not None)


def arm(engine: Engine, context: str) -> None:
    """Takes the safety catch off, as far as that can be done without anybody at a keyboard."""
    try:
        take_the_catch_off(engine.guard, engine.now(), context)
    except FaultRefused as refusal:
        raise named(engine, refusal) from None


def find_target(engine: Engine, fault: Fault, text: str) -> Target:
    """The Deployment as it is now, or a node or zone by its name."""
    namespace, name = read_target(fault, text)
    if fault.aim is Aim.DEPLOYMENT:
        return engine.target(engine.find(namespace, name).metadata.uid)
    return Target(fault.aim, name)


async def make_plan(engine: Engine, request: PlanRequest) -> Plan:
    """What exactly would be done; a refusal says who was asked."""
    fault = catalogue.find(request.fault)
    try:
        target = find_target(engine, fault, request.target)
        return await engine.desk.plan(fault.name, target, request.settings, for_s=request.for_s)
    except FaultRefused as refusal:
        raise named(engine, refusal) from None


async def fire(engine: Engine, plan: Plan, *, anyway: bool) -> Injected:
    """Injects it; a refusal says who was asked."""
    try:
        return await engine.desk.fire(plan, anyway=anyway)
    except FaultRefused as refusal:
        raise named(engine, refusal) from None


def named(engine: Engine, refusal: FaultRefused) -> FaultRefused:
    """The same refusal, with who was asked."""
    insist = " (--no-steady insists)" if isinstance(refusal, StillOpen) else ""
    return FaultRefused(f"{engine.source.connection.asked}: {refusal}{insist}")
