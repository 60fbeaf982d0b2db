"""What lasts has a way back: exactly to what was, any number of times, whoever ends it and whatever comes between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from tests.chaos.gate import Hold, Hook, Passed, let_pass, refusal
from tests.chaos.stage import LASTING, NODE, Stage, a_stage, wished
from tests.liveshop import QUOTAS, LiveShop
from tests.waiting import until
from tui.chaos.fault import Aim, Fault, Repeat
from tui.chaos.guard import FaultRefused
from tui.chaos.keeper import Keeper
from tui.chaos.running import Running, State
from tui.chaos.steps import Contested
from tui.cluster.errors import ClusterError, Refused
from tui.sandbox.loops.client import DEPLOYMENTS, NODES

EVERY = pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.name)


async def fire_if_able(stage: Stage, fault: Fault, **how: float) -> str:
    """Its id, or "" where this source can't do it."""
    return "" if await fault.unable(stage.desk.sight) else await stage.fire(fault.name, **how)


def patches(stage: Stage) -> list[Passed]:
    return [
        one
        for one in stage.gate.writes
        if one.code < 300
        and one.method in ("PATCH", "POST")
        and "eviction" not in one.path
        and not one.reaches_into_a_pod
    ]


# -------------------------------------------------------------------- C9: exactly, and any number of times


@EVERY
async def test_c09_an_undo_restores_exactly_what_was_any_number_of_times(
    shop: LiveShop, tmp_path: Path, fault: Fault
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        pods = {pod["metadata"]["uid"]: pod for pod in (await shop.pods("web")).values()}
        if not (fault_id := await fire_if_able(stage, fault)):
            return
        assert stage.told(fault_id).outstanding
        during = await stage.wishes()
        spoken = [one for one in stage.gate.writes if one.reaches_into_a_pod]
        patched = [one.answer for one in patches(stage)]
        assert during != before or spoken or any(obj["metadata"]["uid"] in pods for obj in patched)
        assert await stage.desk.undo(fault_id) == "undone"
        assert await stage.wishes() == before
        taken_back = [one.path for one in stage.gate.writes if one.reaches_into_a_pod][len(spoken) :]
        assert len(taken_back) == len(spoken)
        assert not {one.path for one in spoken} & set(taken_back)
        for obj in (one.answer for one in patches(stage)[len(patched) :]):
            if (pod := pods.get(obj["metadata"]["uid"])) is not None:
                assert obj["metadata"]["labels"] == pod["metadata"]["labels"]
        told = stage.told(fault_id)
        assert (told.outstanding, told.how) == (False, "undone")
        assert not stage.desk.keeper.running
        with pytest.raises(FaultRefused, match=f"there is no fault {fault_id} that could be undone"):
            await stage.desk.undo(fault_id)
        stage.gate.forget()
        for _ in range(2):
            for step in reversed(told.entry.steps):
                await step.undo(stage.desk.reach, fault_id)
        assert [one for one in stage.gate.writes if not one.reaches_into_a_pod] == []
        assert await stage.wishes() == before


async def test_c09_all_who_ask_at_once_get_the_same_answer(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("cordon")
        stage.gate.forget()
        said = await asyncio.gather(*(stage.desk.undo(fault_id) for _ in range(5)))
        assert said == ["undone"] * 5
        assert len(patches(stage)) == 1


async def test_c09_who_waits_for_an_undo_that_fails_is_told_too(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("cordon")
        stage.gate.before = hold = Hold()
        asked = [asyncio.ensure_future(stage.desk.undo(fault_id)) for _ in range(2)]
        await hold.reached.wait()
        stage.gate.after = _answer(500)
        hold.go_on.set()
        said = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, Refused) for one in said)
        stage.gate.after = _answer(0)


def _answer(code: int) -> Hook:
    async def answer(passed: Passed) -> web.Response | None:
        return refusal(code, "Staged") if code and passed.mutates else None

    return answer


async def test_c09_an_undo_goes_on_when_nobody_waits_any_more(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.node()
        fault_id = await stage.fire("cordon")
        stage.gate.before = hold = Hold()
        asking = asyncio.ensure_future(stage.desk.undo(fault_id))
        await hold.reached.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        hold.go_on.set()
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.node() == before


# -------------------------------------------------------------------- C9: what is gone, and what others have done


async def test_c09_what_is_gone_needs_no_undo(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        await shop.deploy("brief", 1)
        await until(lambda: stage.engine.world.deployment("shop", "brief"))
        await shop.settled()
        fault_id = await stage.fire("scale", on="brief", replicas="2")
        await shop.delete("brief")
        assert await stage.desk.undo(fault_id) == "nothing to undo: what was changed is gone"
        assert not stage.told(fault_id).outstanding


async def test_c09_a_program_that_ends_meanwhile_takes_it_along(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("not-ready")
        (running,) = stage.desk.keeper.running.values()
        ((_, victim),) = running.plan.victims
        pods = await shop.pods("web")

        async def hang_up(passed: Passed) -> web.Response | None:
            if not passed.reaches_into_a_pod:
                return None
            await shop.delete_pod(pods[victim])
            return refusal(503, "ServiceUnavailable", "dial tcp 10.0.0.1:9898: connect: connection refused")

        stage.gate.before = hang_up
        assert await stage.desk.undo(fault_id) == "nothing to undo: what was changed is gone"
        assert not stage.told(fault_id).outstanding


async def test_c09_a_program_that_does_not_answer_but_lives_is_not_undone(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("not-ready")

        async def refuse(passed: Passed) -> web.Response | None:
            said = "dial tcp 10.0.0.1:9898: connect: connection refused"
            return refusal(503, "ServiceUnavailable", said) if passed.reaches_into_a_pod else None

        stage.gate.before = refuse
        with pytest.raises(Refused, match="connection refused"):
            await stage.desk.undo(fault_id)
        assert stage.told(fault_id).outstanding
        stage.gate.before = let_pass
        assert await stage.desk.undo(fault_id) == "undone"


async def test_c09_a_namesake_is_not_what_was_changed(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        await shop.deploy("brief", 1)
        await until(lambda: stage.engine.world.deployment("shop", "brief"))
        await shop.settled()
        fault_id = await stage.fire("scale", on="brief", replicas="2")
        await shop.delete("brief")
        await shop.deploy("brief", 2)
        await stage.desk.undo(fault_id)
        assert (await stage.wish(DEPLOYMENTS, "brief", "shop"))["spec"]["replicas"] == 2


async def test_c09_a_quota_that_somebody_took_away_or_made_their_own(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        for made_their_own in (False, True):
            fault_id = await stage.fire("quota-squeeze", delete="0")
            (quota,) = await shop.every(QUOTAS)
            await shop.remove(QUOTAS, quota)
            if made_their_own:
                await shop.create(
                    QUOTAS, {"metadata": {"name": quota["metadata"]["name"], "namespace": "shop"}}
                )
            assert (await stage.desk.undo(fault_id)).startswith("nothing to undo")
            assert len(await shop.every(QUOTAS)) == made_their_own


async def test_c09_what_a_third_party_changed_is_asked_about_and_forced_if_told_to(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.web()
        fault_id = await stage.fire("scale", replicas="1")
        await shop.scale("web", 5)
        stage.gate.forget()
        with pytest.raises(Contested, match="was 3, we made it 1, and now it is 5"):
            await stage.desk.undo(fault_id)
        assert stage.gate.writes == []
        (running,) = stage.desk.keeper.running.values()
        assert running.state is State.CONTESTED
        assert "now it is 5" in stage.told(fault_id).held
        assert any("now it is 5" in notice for notice in stage.notices)
        assert await stage.desk.undo(fault_id, force=True) == "undone"
        assert await stage.web() == before


async def test_c09_what_is_contested_may_be_left_as_it_is(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("scale", replicas="1")
        await shop.scale("web", 2)
        with pytest.raises(Contested):
            await stage.desk.undo(fault_id)
        stage.desk.forget(fault_id)
        assert (stage.told(fault_id).outstanding, stage.told(fault_id).how) == (False, "forgotten")
    assert (await shop.get(DEPLOYMENTS, "web", "shop"))["spec"]["replicas"] == 2


async def test_c09_what_others_set_meanwhile_is_not_ours_to_undo(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plans = [await stage.plan(fault) for fault in ("cordon", "taint", "scale")]
        taint = {"key": "gapwatch/fault", "value": "taint", "effect": "NoExecute"}
        await shop.patch(NODES, NODE, {"spec": {"unschedulable": True, "taints": [taint]}})
        await shop.scale("web", 1)
        node, web_ = await stage.node(), await stage.web()
        for plan in plans:
            with pytest.raises(FaultRefused):
                await stage.desk.fire(plan, anyway=True)
        assert stage.gate.writes == []
        assert not any(one.outstanding for one in stage.journal.told())
        assert (await stage.node()).get("spec") == node["spec"]
        assert await stage.web() == web_


async def test_c09_a_node_that_was_cordoned_before_stays_cordoned(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        await shop.cordon(NODE)
        await until(lambda: (node := stage.desk.sight.world.nodes.named(NODE)) and node.spec.unschedulable)
        await _node_is_tainted(shop)
        before = await stage.node()
        plan = await stage.plan("drain")
        assert plan.undo == "it was cordoned before, and stays so"
        fault_id = (await stage.desk.fire(plan, anyway=True)).entry.id
        await stage.desk.undo(fault_id)
        assert await stage.node() == before
        assert before["spec"]["unschedulable"] is True


async def _node_is_tainted(shop: LiveShop) -> None:
    """The control plane answers a cordon with a taint of its own."""
    while not (await shop.get(NODES, NODE))["spec"].get("taints"):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_c09_other_taints_and_labels_are_left_alone(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        theirs = {"key": "theirs", "value": "1", "effect": "PreferNoSchedule"}
        fault_id = await stage.fire("taint")
        ours = (await stage.node())["spec"]["taints"]
        await shop.patch(NODES, NODE, {"spec": {"taints": [theirs, *ours]}})
        await stage.desk.undo(fault_id)
        assert (await stage.node())["spec"]["taints"] == [theirs]


async def test_c09_two_faults_on_one_field_are_refused_so_that_any_order_of_undo_will_do(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        await stage.fire("scale", replicas="1")
        await until(lambda: stage.engine.find("shop", "web").spec.replicas == 1)
        with pytest.raises(FaultRefused, match=r"spec.replicas of deployment shop/web is changed already"):
            await stage.fire("scale", replicas="2")
        await stage.fire("pause-rollout")
        await stage.fire("bad-image")
        await stage.fire("crash-loop")
        assert await stage.desk.stop_everything() == []
        assert await stage.wishes() == before


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
        assert [one.code for one in patches(stage)] == [200, 200], "it was done, and undone"
        assert await stage.node() == before
        assert not stage.desk.keeper.running


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


@EVERY
async def test_c10_what_lasts_is_undone_at_its_deadline(shop: LiveShop, tmp_path: Path, fault: Fault) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        if not (fault_id := await fire_if_able(stage, fault, for_s=0.05)):
            return
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before
        assert stage.told(fault_id).how == "undone"
        assert stage.told(fault_id).entry.deadline is not None


async def test_c10_an_undo_that_fails_at_the_deadline_is_tried_until_it_is_done(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.chaos.keeper.AGAIN_S", (0.01,))
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.node()
        fails = 4

        async def fail(passed: Passed) -> web.Response | None:
            nonlocal fails
            if passed.body == {"spec": {"unschedulable": None}} or not passed.mutates or fails <= 0:
                return None
            fails -= 1
            return refusal(503, "ServiceUnavailable")

        fault_id = await stage.fire("cordon", for_s=0.2)
        stage.gate.before = fail
        await until(lambda: not stage.desk.keeper.running)
        assert fails == 0
        assert await stage.node() == before
        assert stage.told(fault_id).how == "undone"


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
            with pytest.raises(Refused):
                await stage.fire("quota-squeeze")
        (running,) = stage.desk.keeper.running.values()
        assert running.state in (State.STUCK, State.UNDOING)
        assert stage.told(running.id).held
        broken = False
        await until(lambda: not stage.desk.keeper.running)
        assert await stage.wishes() == before


async def test_c10_a_deadline_in_the_middle_of_an_undo_adds_nothing(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("cordon", for_s=0.3)
        stage.gate.forget()
        stage.gate.before = hold = Hold()
        (running,) = stage.desk.keeper.running.values()
        asking = asyncio.ensure_future(stage.desk.undo(fault_id))
        await hold.reached.wait()
        Keeper._deadline(stage.desk.keeper, running)
        hold.go_on.set()
        assert await asking == "undone"
        assert len(patches(stage)) == 1
        assert [one.how for one in stage.journal.told()] == ["undone"]


# -------------------------------------------------------------------- C12


async def test_c12_one_key_stops_everything(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        for fault in LASTING:
            if fault.aim in (Aim.DEPLOYMENT, Aim.NODE) and fault.name not in ("drain", "quota-squeeze"):
                await fire_if_able(stage, fault)
        assert len(stage.desk.keeper.running) >= 5
        late = [await stage.plan("delete-pod"), await stage.plan("drain", on="node-a2")]
        assert await stage.desk.stop_everything() == []
        assert not stage.desk.keeper.running
        assert await stage.wishes() == before
        stage.gate.forget()
        for plan in late:
            with pytest.raises(FaultRefused, match="disarmed"):
                await stage.desk.fire(plan, anyway=True)
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


@EVERY
async def test_c09_the_end_of_the_engine_undoes_what_lasts(
    shop: LiveShop, tmp_path: Path, fault: Fault
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        await fire_if_able(stage, fault)
    assert await stage.wishes() == before
    assert stage.engine.not_undone == []
    assert not any(one.outstanding for one in stage.journal.told())


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
