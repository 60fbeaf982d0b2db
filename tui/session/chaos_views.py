"""Faults as news for people: plans, what goes on, nodes as targets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tui.chaos import catalogue
from tui.chaos.fault import Fault, Hit, Plan, Target
from tui.chaos.guard import Guard
from tui.chaos.journal import Told
from tui.chaos.running import Running, State
from tui.clean import one_line
from tui.session.chaos_news import FaultNews, NodeNews, PlanNews, RunningNews, SettingNews
from tui.world import World


def fault_news(fault: Fault, objection: str) -> FaultNews:
    """That fault with why it can't be injected here now."""
    return FaultNews(
        name=fault.name,
        key=fault.key,
        group=fault.group,
        aim=fault.aim,
        title=fault.title,
        does=fault.does,
        teaches=fault.teaches,
        actors=fault.actors,
        success=fault.success,
        settings=tuple(SettingNews(one.name, one.help, one.show(one.default)) for one in fault.settings),
        lasts_s=fault.lasts_s,
        objection=one_line(objection),
    )


def node_news(world: World, guard: Guard) -> tuple[NodeNews, ...]:
    """The nodes by zone and name."""
    found = (
        NodeNews(
            uid=node.metadata.uid,
            name=one_line(node.metadata.name),
            zone=one_line(node.zone),
            ready=node.ready,
            cordoned=node.spec.unschedulable,
            pods=sum(pod.active for pod in world.pods_on(node.metadata.name)),
            objection=one_line(guard.node_objection(node)),
        )
        for node in world.nodes.by_uid.values()
    )
    return tuple(sorted(found, key=lambda node: (node.zone, node.name)))


def plan_news(plan_id: int, plan: Plan) -> PlanNews:
    """That plan, word for word."""
    return PlanNews(
        id=plan_id,
        fault=plan.fault,
        target=plan.target,
        title=one_line(plan.title),
        victims=tuple(one_line(name) for _, name in plan.victims),
        hits=tuple(map(_hit, plan.hits)),
        hit_uids=frozenset(hit.deployment_uid for hit in plan.hits),
        remarks=tuple(map(one_line, plan.remarks)),
        undo=one_line(plan.undo),
        for_s=plan.for_s,
        steady=catalogue.find(plan.fault).steady,
    )


def refused_news(plan_id: int, fault: str, target: Target, why: str) -> PlanNews:
    """There is no plan, and why."""
    return PlanNews(id=plan_id, fault=fault, target=target, refused=one_line(why))


def running_news(running: Iterable[Running]) -> tuple[RunningNews, ...]:
    """Those that last, the newest first."""
    lasting = sorted((one for one in running if one.plan.lasting), key=lambda one: one.at, reverse=True)
    return tuple(
        RunningNews(
            id=one.id,
            fault=one.plan.fault,
            title=one_line(one.plan.title),
            target=one_line(one.plan.target.key),
            state=one.state.value,
            until=one.until,
            note=one_line(_note(one)),
            undo=one_line(one.plan.undo),
            insists=one.state in (State.CONTESTED, State.STUCK),
        )
        for one in lasting
    )


def left_behind_news(left: Iterable[Told]) -> tuple[RunningNews, ...]:
    """Those of earlier runs, the oldest first."""
    return tuple(
        RunningNews(
            id=one.entry.id,
            fault=one.entry.fault,
            title=one_line(one.entry.title),
            target=one_line(one.entry.target),
            state="left behind",
            note=one_line(one.held),
            undo=one_line(one.entry.undo),
            left_behind=True,
            began=f"{one_line(one.entry.who)}, {_moment(one.entry.at)}",
            insists=bool(one.held),
        )
        for one in left
    )


def _hit(hit: Hit) -> str:
    count = len(hit.pod_uids)
    pods = f" ({count} {'pod' if count == 1 else 'pods'})" if count else ""
    return one_line(hit.key) + pods


def _note(running: Running) -> str:
    counted = f"struck {running.struck} times" if running.struck else ""
    counted += f", left out {running.skipped}" if running.skipped else ""
    return ", ".join(filter(None, (counted, running.note)))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
