"""What comes between a yes and its end, and what lasts until its deadline: it is all taken back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from tests.chaos.gate import Hold, Passed, refusal
from tests.chaos.stage import EVERY_LASTING, NODE, Stage, a_stage
from tests.liveshop import QUOTAS, LiveShop
from tests.waiting import until
from tui.chaos.desk import Unanswered
from tui.chaos.fault import Fault
from tui.chaos.guard import FaultRefused
from tui.chaos.keeper import Keeper
from tui.chaos.running import State
from tui.cluster.errors import ClusterError, Refused
from tui.sandbox.loops.client import DEPLOYMENTS, NODES

# -------------------------------------------------------------------- between a yes and its end


async def test_a_right_that_is_taken_away_in_the_middle_has_what_was_sent_undone(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        pods = await shop.pods("web")

        async def deny(passed: Passed) -> web.Response | None:
            return (
                refusal(403, "Forbidden")
                if (passed.method, "/pods/" in passed.path) == ("DELETE", True)
                else None
            )

        stage.gate.before = deny
        plan = await stage.plan("quota-squeeze")
        with pytest.raises(Refused) as refused:
            await stage.desk.fire(plan, anyway=True)
        assert refused.value.code == 403
        assert [one.method for one in stage.gate.writes] == ["POST", "DELETE", "DELETE"]
        assert await stage.wishes() == before
        assert (await shop.pods("web")).keys() == pods.keys()
        (told,) = stage.journal.told()
        assert (told.outstanding, told.how) == (False, "refused")
        assert not any(map(stage.desk.is_ours, plan.ends_pods))
        stage.gate.forget()
        with pytest.raises(Refused):
            await stage.desk.fire(plan, anyway=True)
        assert any(one.asks_for_rights for one in stage.gate.passed), "the yes is asked for anew"


async def test_an_answer_that_is_lost_is_no_fault_that_lasts(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.node()
        lost = asyncio.Event()

        async def lose(passed: Passed) -> web.Response | None:
            if not passed.mutates or lost.is_set():
                return None
            lost.set()
            return web.Response(status=504)

        stage.gate.after = lose
        with pytest.raises(ClusterError):
            await stage.fire("cordon")
        assert [one.code for one in stage.patches] == [200, 200], "it was done, and undone"
        assert await stage.node() == before
        assert not stage.desk.keeper.running


class Late:
    """A hook: the first write is answered in the server's place, and kept for later."""

    def __init__(self) -> None:
        self.kept: Passed | None = None

    async def __call__(self, passed: Passed) -> web.Response | None:
        """The hook."""
        if self.kept is not None or not passed.mutates:
            return None
        self.kept = passed
        return web.Response(status=504)


@pytest.mark.parametrize("fault", ["cordon", "quota-squeeze", "bad-image"])
async def test_c09_a_write_that_arrives_after_it_was_given_up_is_undone_too(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.AGAIN_S", (0.01,))
    monkeypatch.setattr("tui.chaos.keeper.LOOK_EVERY_S", 0.01)
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        stage.gate.before = late = Late()
        with pytest.raises(Unanswered, match="no answer that tells whether it was done"):
            await stage.fire(fault)
        (running,) = stage.desk.keeper.running.values()
        assert stage.told(running.id).outstanding
        assert late.kept is not None
        if fault == "quota-squeeze":
            meta = {**late.kept.body["metadata"], "namespace": "shop"}
            await shop.create(QUOTAS, {**late.kept.body, "metadata": meta})
        elif fault == "cordon":
            await shop.patch(NODES, NODE, late.kept.body)
        else:
            await shop.patch(DEPLOYMENTS, "web", late.kept.body, "shop")
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before
        assert stage.told(running.id).how != ""


async def test_a_write_that_can_not_arrive_any_more_is_waited_for_no_longer(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.AGAIN_S", (0.01,))
    monkeypatch.setattr("tui.chaos.keeper.LOOK_EVERY_S", 0.01)
    async with a_stage(shop, tmp_path) as stage:
        stage.gate.before = Late()
        with pytest.raises(Unanswered):
            await stage.fire("cordon")
        (running,) = stage.desk.keeper.running.values()
        running.may_arrive_until = 0.0
        await until(running.over.is_set)
        assert not stage.told(running.id).outstanding


async def test_a_delete_without_an_answer_is_not_told_as_refused(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:

        async def lose(passed: Passed) -> web.Response | None:
            return web.Response(status=504) if passed.method == "DELETE" else None

        stage.gate.after = lose
        plan = await stage.plan("delete-pod")
        with pytest.raises(Unanswered):
            await stage.desk.fire(plan)
        (told,) = stage.journal.told()
        assert (told.outstanding, told.how) == (False, "unanswered")
        (uid,) = plan.ends_pods
        assert not await stage.is_there(uid)


@pytest.mark.parametrize("fault", ["cordon", "quota-squeeze", "bad-image"])
async def test_c09_who_is_cancelled_while_it_is_sent_leaves_nothing_behind(
    shop: LiveShop, tmp_path: Path, fault: str
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        stage.gate.before = hold = Hold()
        firing = asyncio.ensure_future(stage.fire(fault))
        await hold.reached.wait()
        firing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await firing
        hold.go_on.set()
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before
        (told,) = stage.journal.told()
        assert not told.outstanding


@pytest.mark.parametrize("how", ["stop", "close", "undo"])
async def test_c12_what_is_on_its_way_is_waited_for_and_undone(
    shop: LiveShop, tmp_path: Path, how: str
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        stage.gate.before = hold = Hold()
        firing = asyncio.ensure_future(stage.fire("quota-squeeze"))
        await hold.reached.wait()
        (running,) = stage.desk.keeper.running.values()
        ending = {"stop": stage.desk.stop_everything, "close": stage.desk.close}.get(how)
        ended = asyncio.ensure_future(ending() if ending else stage.desk.undo(running.id))
        await until(lambda: running.unwanted)
        hold.go_on.set()
        await ended
        with pytest.raises(FaultRefused):
            await firing
        assert [one.method for one in stage.gate.writes] == ["POST", "DELETE"], "and no pod was deleted"
        assert await stage.wishes() == before


# -------------------------------------------------------------------- C10


@EVERY_LASTING
async def test_c10_what_lasts_is_undone_at_its_deadline(shop: LiveShop, tmp_path: Path, fault: Fault) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        if not (fault_id := await stage.fire_if_able(fault, for_s=0.05)):
            return
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before
        assert stage.told(fault_id).how == "undone"
        assert stage.told(fault_id).entry.deadline is not None


def jump(stage: Stage, seconds: float) -> None:
    """The clock on the wall is set by so much: forward by more than a fault lasts, its deadline has come."""
    clock = stage.journal.clock
    stage.journal.clock = lambda: clock() + seconds


@pytest.mark.parametrize("jump_s", [3601.0, -3601.0], ids=["while it slept", "set back"])
async def test_c10_a_deadline_comes_though_the_clock_has_jumped(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.LOOK_EVERY_S", 0.01)
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        await stage.fire("cordon", for_s=3600.0 if jump_s > 0 else 0.3)
        jump(stage, jump_s)
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before


async def test_c10_an_undo_that_fails_at_the_deadline_is_tried_until_it_is_done(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.AGAIN_S", (0.01,))
    monkeypatch.setattr("tui.chaos.keeper.LOOK_EVERY_S", 0.01)
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.node()
        fails = 4

        async def fail(passed: Passed) -> web.Response | None:
            nonlocal fails
            if passed.body == {"spec": {"unschedulable": None}} or not passed.mutates or fails <= 0:
                return None
            fails -= 1
            return refusal(503, "ServiceUnavailable")

        fault_id = await stage.fire("cordon", for_s=3600.0)
        stage.gate.before = fail
        jump(stage, 3601.0)
        await until(lambda: not stage.desk.keeper.running)
        assert fails == 0
        assert await stage.node() == before
        assert stage.told(fault_id).how == "undone"


async def test_c10_an_undo_that_meets_a_bug_is_tried_until_it_is_done(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.AGAIN_S", (0.01,))
    monkeypatch.setattr("tui.chaos.keeper.LOOK_EVERY_S", 0.01)
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        garbled = 0

        async def garble(passed: Passed) -> web.Response | None:
            nonlocal garbled
            if passed.method != "GET" or not passed.path.endswith(f"/nodes/{NODE}") or garbled >= 2:
                return None
            garbled += 1
            return web.json_response({**passed.answer, "spec": "none"})

        fault_id = await stage.fire("taint", for_s=3600.0)
        await stage.fire("scale", for_s=36000.0, replicas="1")
        stage.gate.after = garble
        jump(stage, 3601.0)
        await until(lambda: stage.told(fault_id).how == "undone")
        assert garbled == 2
        assert any("gapwatch itself failed" in notice for notice in stage.notices)
        assert await stage.desk.stop_everything() == []
        assert await stage.wishes() == before


async def test_c10_a_bug_in_who_is_told_keeps_nothing_from_being_undone(
    shop: LiveShop, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("as staged")

    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        told = stage.engine.telling
        told.changed = told.undone = told.injected = told.notice = fail
        fault_id = await stage.fire("cordon", for_s=0.2)
        await until(lambda: stage.told(fault_id).how == "undone")
        assert await stage.wishes() == before


@pytest.mark.parametrize("asked_by_hand", [True, False], ids=["by hand", "taken back"])
async def test_c10_an_undo_that_failed_is_tried_again_whoever_asked_for_it(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_by_hand: bool
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.AGAIN_S", (0.01,))
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        broken = not asked_by_hand

        async def fail(passed: Passed) -> web.Response | None:
            done = len(stage.gate.writes) > 1
            return refusal(500, "InternalError") if broken and passed.mutates and done else None

        stage.gate.before = fail
        if asked_by_hand:
            fault_id = await stage.fire("cordon")
            broken = True
            with pytest.raises(Refused):
                await stage.desk.undo(fault_id)
        else:
            with pytest.raises(Unanswered):
                await stage.fire("quota-squeeze")
        (running,) = stage.desk.keeper.running.values()
        assert running.state in (State.STUCK, State.UNDOING)
        assert stage.told(running.id).held
        broken = False
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before


async def test_c10_a_deadline_in_the_middle_of_an_undo_adds_nothing(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("cordon")
        stage.gate.forget()
        stage.gate.before = hold = Hold()
        (running,) = stage.desk.keeper.running.values()
        asking = asyncio.ensure_future(stage.desk.undo(fault_id))
        await hold.reached.wait()
        Keeper._deadline(stage.desk.keeper, running)
        hold.go_on.set()
        assert await asking == "undone"
        assert len(stage.patches) == 1
        assert [one.how for one in stage.journal.told()] == ["undone"]
