"""One key, a schedule's end and the end of the engine: nothing is left behind by any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web

from tests.chaos.gate import Gate, Hold, Passed, refusal
from tests.chaos.stage import EVERY_LASTING, LASTING, NODE, Stage, a_stage, wished
from tests.liveshop import LiveShop
from tests.waiting import until
from tui.chaos.desk import ChaosDesk
from tui.chaos.fault import Aim, Fault, Repeat
from tui.chaos.guard import FaultRefused
from tui.chaos.running import Running, State
from tui.facts import Pod
from tui.sandbox.loops.client import NODES

# -------------------------------------------------------------------- C12


def _are_ready(pods: list[Pod], count: int) -> bool:
    return [pod.ready for pod in pods] == [True] * count


async def test_c12_one_key_stops_everything(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        # The taint first: it spares a node where an orphan stands, and whom it ends nobody can aim at.
        await stage.fire("taint")
        sight, web = stage.desk.sight, stage.target("scale").uid
        await stage.engine.until(lambda: not sight.pods_on(NODE) and _are_ready(sight.pods(web), 3))
        by_need = ["service-broken", "not-ready"]  # of ready pods, of which others leave none
        for fault in sorted(LASTING, key=lambda one: (*by_need, one.name).index(one.name)):
            is_apart = fault.name in ("drain", "quota-squeeze", "taint")
            if fault.aim in (Aim.DEPLOYMENT, Aim.NODE) and not is_apart:
                await stage.fire_if_able(fault)
        assert len(stage.desk.keeper.running) >= 5
        late = [await stage.plan("delete-pod"), await stage.plan("drain", on="node-a2", bare="true")]
        assert await stage.desk.stop_everything() == []
        assert not stage.desk.keeper.running
        assert await stage.wishes() == before
        stage.gate.forget()
        for plan in late:
            with pytest.raises(FaultRefused, match="disarmed"):
                await stage.desk.fire(plan, anyway=True)
        assert stage.gate.writes == []


async def test_c12_it_stops_what_earlier_runs_have_left_behind_too(shop: LiveShop, tmp_path: Path) -> None:
    async with Gate(shop.sandbox.server) as gate, a_stage(shop, tmp_path, gate=gate) as dead:
        before = await dead.wishes()
        await dead.fire("cordon")
        contested = await dead.fire("scale", replicas="1")
        await shop.scale("web", 2)
        async with a_stage(shop, tmp_path, gate=gate) as stage:
            await stage.fire("pause-rollout")
            dead.journal.close()  # as a kill would
            (left,) = await stage.desk.stop_everything()
            assert "was 3, we made it 1, and now it is 2" in left
            assert [one.entry.id for one in stage.desk.left_behind()] == [contested]
            await shop.scale("web", 3)
            assert await stage.desk.stop_everything() == []
            assert stage.desk.left_behind() == []
            assert await stage.wishes() == before


async def test_c12_what_was_asked_for_before_it_is_not_done_after_it(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("delete-pod")
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def hold(passed: Passed) -> None:
            if passed.asks_for_rights:
                asked.set()
                await go_on.wait()

        stage.gate.before = hold
        firing = asyncio.ensure_future(stage.desk.fire(plan))
        await asked.wait()
        await stage.desk.stop_everything()
        stage.engine.guard.arm(stage.engine.now())
        go_on.set()
        with pytest.raises(FaultRefused, match="disarmed meanwhile"):
            await firing
        assert stage.gate.writes == []


async def test_c12_evictions_that_wait_for_a_budget_end_with_it_and_with_the_safety_catch(
    shop: LiveShop, tmp_path: Path
) -> None:
    await shop.protect("web", maxUnavailable=0)
    turns = Turns()
    async with a_stage(shop, tmp_path) as stage:
        stage.desk._pause = turns
        node = next(iter((await shop.pods("web")).values()))["spec"]["nodeName"]
        before = await stage.wish(NODES, node)
        await stage.fire("drain", on=node)
        (running,) = stage.desk.keeper.running.values()
        await until(lambda: "disruption budget" in running.note)
        stage.engine.guard.disarm()
        stage.gate.forget()
        turns.next()
        await until(lambda: "disarmed" in running.note)
        assert stage.gate.writes == []
        assert running.work is not None
        work = running.work
        await stage.desk.stop_everything()
        assert work.done()
        assert not any("eviction" in one.path for one in stage.gate.writes)
        assert await stage.wish(NODES, node) == before
        kept = [uid for uid, key in running.plan.victims if key.startswith("shop/web-")]
        assert kept
        assert not any(map(stage.desk.is_ours, kept))


# -------------------------------------------------------------------- what repeats


class Turns:
    """A pause that lasts until it is told to end."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(0)

    async def __call__(self, _s: float) -> None:
        await self._turns.acquire()

    def next(self) -> None:
        self._turns.release()


async def fire_schedule(stage: Stage, fault: str, times: int | None = None) -> tuple[Running, Turns]:
    """That fault again and again, whenever the turn has come."""
    turns = Turns()
    stage.desk._pause = turns
    plan = await stage.plan("cordon")
    schedule = replace(
        plan,
        fault="delete-pod",
        target=stage.target(fault),
        steps=(),
        victims=(),
        needs=(),
        repeat=Repeat(fault, 1.0, times),
    )
    fault_id = (await stage.desk.fire(schedule, anyway=True)).entry.id
    return stage.desk.keeper.running[fault_id], turns


async def test_c11_a_stroke_on_an_open_gap_is_left_out_and_counted(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        stage.desk.sight.is_open = lambda _uid: True
        running, turns = await fire_schedule(stage, "delete-pod")
        await until(lambda: running.skipped == 1)
        assert running.note == "the gap of shop/web is open still"
        assert stage.gate.writes == []
        stage.desk.sight.is_open = lambda _uid: False
        turns.next()
        await until(lambda: running.struck == 1)
        assert [one.method for one in stage.gate.writes] == ["DELETE"]


@pytest.mark.parametrize("how", ["stop", "close"])
async def test_c12_a_schedule_that_is_ended_in_a_stroke_leaves_nothing_behind(
    shop: LiveShop, tmp_path: Path, how: str
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        stage.gate.before = hold = Hold()
        running, turns = await fire_schedule(stage, "bad-image")
        await hold.reached.wait()
        ending = asyncio.ensure_future(stage.desk.close() if how == "close" else stage.desk.stop_everything())
        await until(lambda: running.unwanted)
        hold.go_on.set()
        assert await ending == []
        for _ in range(3):
            turns.next()
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before
        assert not any(one.outstanding for one in stage.journal.told())


async def test_a_schedule_that_has_had_its_strokes_waits_for_its_end(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        stage.desk.sight.is_open = lambda _uid: True
        running, turns = await fire_schedule(stage, "delete-pod", times=2)
        turns.next()
        turns.next()
        assert running.work is not None
        await until(running.work.done)
        assert running.struck + running.skipped == 2
        assert running.state is State.LASTING
        assert await stage.desk.undo(running.id) == "undone"


async def test_a_bug_in_what_goes_on_is_told(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        stage.desk._strike = broken  # type: ignore[assignment, method-assign]
        await fire_schedule(stage, "delete-pod")
        await until(lambda: stage.notices)
        assert stage.notices == ["schedule: gapwatch itself failed: ZeroDivisionError"]


# -------------------------------------------------------------------- the end


@EVERY_LASTING
async def test_c09_the_end_of_the_engine_undoes_what_lasts(
    shop: LiveShop, tmp_path: Path, fault: Fault
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        await stage.fire_if_able(fault)
    assert await stage.wishes() == before
    assert stage.engine.not_undone == []
    assert not any(one.outstanding for one in stage.journal.told())


@pytest.mark.parametrize("end", [ChaosDesk.close, ChaosDesk.stop_everything])
async def test_c09_what_another_fault_has_cut_off_is_undone_after_that(
    shop: LiveShop, tmp_path: Path, end: Callable[[ChaosDesk], Awaitable[list[str]]]
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        faults = [await stage.fire("not-ready"), await stage.fire("node-lost", on=NODE, bare="true")]

        async def cut_off(passed: Passed) -> web.Response | None:
            if not passed.reaches_into_a_pod or not stage.told(faults[1]).outstanding:
                return None
            return refusal(503, "ServiceUnavailable", "dial tcp 10.0.0.1:9898: i/o timeout")

        stage.gate.before = cut_off
        assert await end(stage.desk) == []
        assert not any(stage.told(fault).outstanding for fault in faults)
        assert await stage.wishes() == before


async def test_c09_what_could_not_be_undone_at_the_end_is_said_and_offered_by_the_next(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.CLOSE_WITHIN_S", 0.05)
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.node()
        fault_id = await stage.fire("cordon")
        stage.gate.before = Hold()
    assert stage.engine.not_undone == [f"cordon node {NODE}: not undone in time"]
    stage.gate.before = Hold(lambda _passed: False)
    async with a_stage(shop, tmp_path) as another:
        # Another gate is another address: what was done elsewhere is none of this one's business.
        assert another.desk.left_behind() == []
        with pytest.raises(FaultRefused, match="choose that context"):
            await another.desk.undo(fault_id)
    await shop.cordon(NODE, cordoned=False)
    await _same(stage, before)


async def _same(stage: Stage, before: object) -> None:
    while wished(await stage.shop.get(NODES, NODE)) != before:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_c09_a_second_signal_does_not_interrupt_the_undo_at_the_end(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        fault_id = await stage.fire("cordon")
        stage.gate.before = hold = Hold()
        closing = asyncio.ensure_future(stage.desk.close())
        await hold.reached.wait()
        for _ in range(2):
            closing.cancel()
            await asyncio.wait([closing], timeout=0)
            await asyncio.sleep(0)
        assert not closing.done()
        hold.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert await stage.wishes() == before
        assert stage.told(fault_id).how == "undone"


async def test_c09_what_else_fails_at_the_end_keeps_nothing_from_being_undone(
    shop: LiveShop, tmp_path: Path
) -> None:
    async def end_badly() -> None:
        async with a_stage(shop, tmp_path) as stage:
            await stage.fire("cordon")
            stage.engine.declaration = cast(Any, Broken())

    before = await shop.get(NODES, NODE)
    with pytest.raises(RuntimeError, match="as staged"):
        await end_badly()
    assert wished(await shop.get(NODES, NODE)) == wished(before)


class Broken:
    """What can't end."""

    async def close(self) -> None:
        """As it says."""
        raise RuntimeError("as staged")
