"""What lasts has a way back: exactly to what was, any number of times, and whatever others have done meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.chaos.gate import Hold, Hook, Passed, let_pass, refusal
from tests.chaos.stage import EVERY_LASTING, NODE, Stage, a_stage
from tests.liveshop import QUOTAS, LiveShop
from tests.waiting import until
from tui.chaos.fault import Fault
from tui.chaos.guard import FaultRefused
from tui.chaos.running import State
from tui.chaos.steps import Contested
from tui.clean import PlainError
from tui.cluster.errors import ClusterError, Refused
from tui.facts import ObjectMeta, ReplicaSet
from tui.sandbox.loops.client import DEPLOYMENTS, NODES, PODS

# -------------------------------------------------------------------- C9: exactly, and any number of times


@EVERY_LASTING
async def test_c09_an_undo_restores_exactly_what_was_any_number_of_times(
    shop: LiveShop, tmp_path: Path, fault: Fault
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        pods = {pod["metadata"]["uid"]: pod for pod in (await shop.pods("web")).values()}
        if not (fault_id := await stage.fire_if_able(fault)):
            return
        assert stage.told(fault_id).outstanding
        during = await stage.wishes()
        spoken = [one for one in stage.gate.writes if one.reaches_into_a_pod]
        patched = [one.answer for one in stage.patches]
        assert during != before or spoken or any(obj["metadata"]["uid"] in pods for obj in patched)
        assert await stage.desk.undo(fault_id) == "undone"
        assert await stage.wishes() == before
        taken_back = [one.path for one in stage.gate.writes if one.reaches_into_a_pod][len(spoken) :]
        assert len(taken_back) == len(spoken)
        assert not {one.path for one in spoken} & set(taken_back)
        for obj in (one.answer for one in stage.patches[len(patched) :]):
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
        assert len(stage.patches) == 1


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


@pytest.mark.parametrize(
    "answer", [{"status": 404, "text": "default backend - 404"}, {"text": "{}"}, {"text": "null"}]
)
@pytest.mark.parametrize("fault", ["cordon", "quota-squeeze"])
async def test_c09_only_the_api_server_can_say_that_it_is_gone(
    shop: LiveShop, tmp_path: Path, fault: str, answer: dict[str, Any]
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()

        async def stand_in(_passed: Passed) -> web.Response | None:
            return web.Response(content_type="application/json", **answer)

        fault_id = await stage.fire(fault)
        stage.gate.before = stand_in
        with pytest.raises(ClusterError):
            await stage.desk.undo(fault_id)
        assert stage.told(fault_id).outstanding
        stage.gate.before = let_pass
        assert await stage.desk.undo(fault_id) == "undone"
        assert await stage.wishes() == before


async def test_c09_a_programs_own_404_does_not_say_that_its_pod_is_gone(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("not-ready")

        async def no_such_page(passed: Passed) -> web.Response | None:
            return web.Response(status=404, text="404 page not found") if passed.reaches_into_a_pod else None

        stage.gate.before = no_such_page
        with pytest.raises(ClusterError, match="404"):
            await stage.desk.undo(fault_id)
        assert stage.told(fault_id).outstanding
        stage.gate.before = let_pass
        assert await stage.desk.undo(fault_id) == "undone"


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
            said = "dial tcp 10.0.0.1:9898: i/o timeout"
            return refusal(503, "ServiceUnavailable", said) if passed.reaches_into_a_pod else None

        stage.gate.before = refuse
        with pytest.raises(Refused, match="i/o timeout"):
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


async def test_c09_what_was_created_is_looked_for_after_its_deletion(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        fault_id = await stage.fire("quota-squeeze")

        async def pretend(passed: Passed) -> web.Response | None:
            return web.json_response({"kind": "Status"}) if passed.method == "DELETE" else None

        stage.gate.before = pretend
        with pytest.raises(PlainError, match="was deleted, and is there still"):
            await stage.desk.undo(fault_id)
        assert stage.told(fault_id).outstanding
        stage.gate.before = let_pass
        assert await stage.desk.undo(fault_id) == "undone"
        assert await shop.every(QUOTAS) == []


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


async def test_c09_an_amount_that_the_server_writes_in_its_own_way_is_ours_still(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.web()
        fault_id = await stage.fire("hand-edit", cpu="0.05")
        # As an API server stores it (resource.Quantity, CanonicalizeBytes).
        found = (await shop.get(DEPLOYMENTS, "web", "shop"))["spec"]["template"]["spec"]["containers"]
        found[0]["resources"]["requests"]["cpu"] = "50m"
        await shop.patch(DEPLOYMENTS, "web", {"spec": {"template": {"spec": {"containers": found}}}}, "shop")
        assert await stage.desk.undo(fault_id) == "undone"
        assert await stage.web() == before


async def test_what_is_so_already_is_no_fault(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        (container,) = (await stage.web())["spec"]["template"]["spec"]["containers"]
        millis = int(container["resources"]["requests"]["cpu"].removesuffix("m"))
        for fault, setting in (
            ("bad-image", {"image": container["image"]}),
            ("hand-edit", {"cpu": f"{millis / 1000:g}"}),
        ):
            with pytest.raises(FaultRefused, match=r"of deployment shop/web is .* already"):
                await stage.plan(fault, **setting)
        assert stage.gate.writes == []


async def test_c09_an_orphan_whose_owner_is_gone_is_asked_about(shop: LiveShop, tmp_path: Path) -> None:
    await shop.deploy("passing", 1)
    await shop.settled()
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("orphan-pod", on="passing")
        fault_id = (await stage.desk.fire(plan, anyway=True)).entry.id
        await shop.delete("passing")
        (uid,) = (uid for uid, _ in plan.victims)
        await stage.engine.until(lambda: not _replicasets(stage, "passing"))
        with pytest.raises(Contested, match=r"has its label again, but replicaset shop/passing-.* is gone"):
            await stage.desk.undo(fault_id)
        assert stage.told(fault_id).outstanding
        assert await stage.is_there(uid)
        (orphan,) = (one for one in await shop.every(PODS) if one["metadata"]["uid"] == uid)
        await shop.remove(PODS, orphan)
        while await stage.is_there(uid):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await until(lambda: stage.engine.world.pods.by_uid.get(uid) is None)
        assert await stage.desk.undo(fault_id) == "nothing to undo: what was changed is gone"


async def test_c09_an_orphan_is_adopted_by_the_replicaset_that_was_created_anew(
    shop: LiveShop, tmp_path: Path
) -> None:
    await shop.deploy("renewed", 1)
    await shop.settled()
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("orphan-pod", on="renewed")
        fault_id = (await stage.desk.fire(plan, anyway=True)).entry.id
        (uid,) = (uid for uid, _ in plan.victims)
        world, owner_uid = stage.engine.world, plan.target.uid
        former = stage.desk.sight.newest_replicaset(owner_uid).metadata
        await stage.engine.until(
            lambda: bool(world.pods_of(owner_uid)) and not world.pods.by_uid[uid].metadata.owner_references
        )
        await stage.fire("delete-replicaset", on="renewed")
        await stage.engine.until(lambda: _namesake(world.replicasets.by_uid.values(), former))
        assert await stage.desk.undo(fault_id) == "undone"
        assert not stage.told(fault_id).outstanding


def _namesake(every: Iterable[ReplicaSet], former: ObjectMeta) -> bool:
    found = [one.metadata for one in every if one.metadata.key == former.key]
    return bool(found) and all(one.uid != former.uid for one in found)


def _replicasets(stage: Stage, app: str) -> list[str]:
    every = stage.engine.world.replicasets.by_uid.values()
    return [one.metadata.name for one in every if (one.metadata.labels or {}).get("app") == app]


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
