"""What has to hold before anything is sent: previews, who is never a target, how many, and by what right."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from tests.chaos.gate import Passed, refusal
from tests.chaos.stage import NODE, Stage, a_stage, about
from tests.liveshop import LiveShop
from tests.waiting import until
from tui.chaos import catalogue
from tui.chaos.clearance import StillOpen
from tui.chaos.fault import Aim, Fault, Need, Target
from tui.chaos.guard import CONTROL_PLANE_LABELS, OPT_OUT_LABEL, PROTECTED_NAMESPACES, FaultRefused
from tui.chaos.running import Running
from tui.chaos.steps import Delete, Evict
from tui.clean import PlainError
from tui.cluster.errors import Refused
from tui.cluster.kinds import Resource
from tui.sandbox.loops.client import DEPLOYMENTS, NAMESPACES, NODES

EVERY = pytest.mark.parametrize("fault", catalogue.FAULTS, ids=lambda fault: fault.name)
ON_DEPLOYMENTS = [fault for fault in catalogue.FAULTS if fault.aim is Aim.DEPLOYMENT]


async def plan_if_able(stage: Stage, fault: Fault) -> bool:
    """Whether this source can do it; where it can't, it says so in words."""
    why = await fault.unable(stage.desk.sight)
    if why:
        with pytest.raises(FaultRefused):
            await stage.plan(fault.name)
    return not why


# -------------------------------------------------------------------- C2


async def test_c02_previews_of_every_fault_change_nothing(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        before = await stage.wishes()
        for fault in catalogue.FAULTS:
            if await plan_if_able(stage, fault):
                plan = await stage.plan(fault.name)
                assert plan.title
                assert plan.undo
        asked = [one for one in stage.gate.passed if not one.asks_for_rights]
        assert {one.method for one in asked} == {"GET"}
        assert shop.writes == []
        assert await stage.wishes() == before
        assert not stage.journal.path.exists(), "nor is anything written down"


# -------------------------------------------------------------------- C3


async def test_c03_protected_namespaces_are_never_targets(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        web = stage.target("delete-pod")
        plan = await stage.plan("delete-pod")
        stage.gate.forget()
        for namespace in PROTECTED_NAMESPACES:
            there = replace(web, namespace=namespace)
            for fault in ON_DEPLOYMENTS:
                with about(fault.name), pytest.raises(FaultRefused, match=f"{namespace} is protected"):
                    await stage.desk.plan(fault.name, there)
            with pytest.raises(FaultRefused, match=f"{namespace} is protected"):
                await stage.desk.fire(replace(plan, target=there))
        assert stage.gate.passed == []


async def test_c03_protect_adds_namespaces(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("delete-pod")
        stage.engine.guard.also_protected = frozenset({"shop"})
        for fault in ON_DEPLOYMENTS:
            with pytest.raises(FaultRefused, match="shop is protected"):
                await stage.plan(fault.name)
        with pytest.raises(FaultRefused, match="shop is protected"):
            await stage.desk.fire(plan)
        assert stage.gate.writes == []


@pytest.mark.parametrize("label", [*CONTROL_PLANE_LABELS, OPT_OUT_LABEL])
async def test_c03_nodes_of_the_control_plane_and_those_that_opted_out_are_never_targets(
    shop: LiveShop, tmp_path: Path, label: str
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        earlier = await stage.plan("cordon")
        await shop.patch(NODES, NODE, {"metadata": {"labels": {label: "off"}}})
        try:
            await until(lambda: label in (stage.desk.sight.world.nodes.named(NODE).metadata.labels or {}))  # type: ignore[union-attr]
            for fault in catalogue.FAULTS:
                if fault.aim is Aim.NODE:
                    with pytest.raises(FaultRefused, match=r"control plane|opted out"):
                        await stage.plan(fault.name)
            with pytest.raises(FaultRefused, match=r"control plane|opted out"):
                await stage.desk.fire(earlier)
        finally:
            await shop.patch(NODES, NODE, {"metadata": {"labels": {label: None}}})
        assert stage.gate.writes == []


async def test_c03_a_namespace_that_opted_out_is_left_alone(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plans = [
            await stage.plan(fault.name) for fault in catalogue.FAULTS if await plan_if_able(stage, fault)
        ]
        assert all(plan.namespaces or not plan.ends_pods for plan in plans), "their namespaces are touched"
        touched = {namespace for plan in plans for namespace in plan.namespaces}
        try:
            for namespace in touched:
                await shop.patch(NAMESPACES, namespace, {"metadata": {"labels": {OPT_OUT_LABEL: "off"}}})
            for plan in plans:
                if plan.namespaces:
                    with about(plan.fault), pytest.raises(FaultRefused, match="has opted out"):
                        await stage.desk.fire(plan, anyway=True)
            assert stage.gate.writes == []
        finally:
            for namespace in touched:
                await shop.patch(NAMESPACES, namespace, {"metadata": {"labels": {OPT_OUT_LABEL: None}}})


async def test_c03_labels_that_cannot_be_read_are_no_consent(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        for code in (403, 404, 500):

            async def keep_from_us(passed: Passed, code: int = code) -> web.Response | None:
                return refusal(code, "Staged") if passed.path == "/api/v1/namespaces/shop" else None

            stage.gate.before = keep_from_us
            said = "whether shop has opted out of chaos can't be read"
            with about(code), pytest.raises(FaultRefused, match=said):
                await stage.fire("delete-pod")
        assert stage.gate.writes == []


# -------------------------------------------------------------------- C4


@pytest.mark.parametrize(
    ("fault", "count"), [("delete-pod", ""), ("delete-pods", "2"), ("delete-replicaset", ""), ("evict", "2")]
)
async def test_c04_whatever_ends_something_names_its_uid(
    shop: LiveShop, tmp_path: Path, fault: str, count: str
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plan = await (stage.plan(fault, count=count) if count else stage.plan(fault))
        wanted = {step.ref.name: step.ref.uid for step in plan.steps if isinstance(step, Delete | Evict)}
        await stage.desk.fire(plan, anyway=True)
        sent = {}
        for one in stage.gate.writes:
            options = one.body.get("deleteOptions") or one.body
            sent[one.path.removesuffix("/eviction").rpartition("/")[2]] = options["preconditions"]["uid"]
        assert sent == wanted
        assert all(wanted.values())


async def test_c04_a_selection_that_has_gone_meanwhile_hits_nobody(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("delete-pod")
        ((uid, name),) = plan.victims
        await shop.delete_pod((await shop.pods("web"))[name])
        await until(lambda: not _is_active(stage, uid))
        with pytest.raises(FaultRefused, match=f"pod {name} is gone already"):
            await stage.desk.fire(plan, anyway=True)
        with pytest.raises(FaultRefused, match=r"the selected pod is gone already|is being deleted already"):
            await stage.desk.plan("delete-pod", replace(stage.target("delete-pod"), pod_uid=uid))
        assert stage.gate.writes == []


async def test_c04_a_namesake_is_refused_by_the_server(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("delete-pod")
        (step,) = plan.steps
        assert isinstance(step, Delete)
        other = type(step)(type(step.ref)(**{**_fields(step.ref), "uid": "uid-of-another"}))
        pods = await shop.pods("web")
        with pytest.raises(Refused) as refused:
            await stage.desk.fire(replace(plan, steps=(other,)), anyway=True)
        assert refused.value.code == 409
        assert (await shop.pods("web")).keys() == pods.keys()


def _is_active(stage: Stage, uid: str) -> bool:
    pod = stage.desk.sight.world.pods.by_uid.get(uid)
    return pod is not None and pod.active


def _fields(ref: object) -> dict[str, str]:
    return {name: getattr(ref, name) for name in ("version", "plural", "namespace", "name", "uid")}


# -------------------------------------------------------------------- C5


async def test_c05_percentages_that_make_no_sense_are_refused(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        for percent in ("0", "0%", "140", "100.1%", "-5", "nan", "inf", "many", ""):
            with about(repr(percent)), pytest.raises(FaultRefused, match=r"^percent="):
                await stage.plan("delete-pods", percent=percent)
        assert stage.gate.passed == []


async def test_c05_a_percentage_shows_its_rounded_number_and_the_names(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        pods = (await shop.pods("web")).keys()
        for percent, count in (("1", 1), ("33", 1), ("67", 3), ("100", 3), ("34", 2), ("50%", 2)):
            with about(percent):
                plan = await stage.plan("delete-pods", percent=percent)
                assert f"{percent.rstrip('%')} % of 3 pods, rounded up: {count}" in plan.remarks
                names = [name for _, name in plan.victims]
                assert len(set(names)) == count
                assert set(names) <= pods
        await stage.desk.fire(plan, anyway=True)
        assert sorted(one.path.rpartition("/")[2] for one in stage.gate.writes) == names


async def test_c05_one_is_the_default_and_more_than_there_are_is_refused(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        assert len((await stage.plan("delete-pods")).victims) == 1
        with pytest.raises(FaultRefused, match="shop/web has 3 pods, not 4"):
            await stage.plan("delete-pods", count="4")
        with pytest.raises(FaultRefused, match="contradict"):
            await stage.plan("delete-pods", count="1", percent="10")


# -------------------------------------------------------------------- C6


async def test_c06_an_eviction_respects_a_budget_and_a_delete_says_that_it_does_not(
    shop: LiveShop, tmp_path: Path
) -> None:
    await shop.protect("web", maxUnavailable=0)
    async with a_stage(shop, tmp_path) as stage:
        pods = await shop.pods("web")
        with pytest.raises(Refused, match="disruption budget") as refused:
            await stage.fire("evict")
        assert refused.value.code == 429
        assert (await shop.pods("web")).keys() == pods.keys()
        assert not any(stage.desk.is_ours(pod["metadata"]["uid"]) for pod in pods.values())
        for fault in ("delete-pod", "delete-pods"):
            plan = await stage.plan(fault)
            assert "does not ask PodDisruptionBudgets: evict does" in plan.remarks
        await stage.desk.fire(plan, anyway=True)
        assert stage.gate.writes[-1].code == 200


async def test_c06_of_two_evictions_the_budget_allows_one_and_that_one_is_told_as_ours(
    shop: LiveShop, tmp_path: Path
) -> None:
    await shop.protect("web", minAvailable=2)
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("evict", count="2")
        told: list[frozenset[str]] = []
        stage.engine.telling.injected = lambda plan, _at: told.append(plan.ends_pods)
        with pytest.raises(Refused, match="disruption budget"):
            await stage.desk.fire(plan, anyway=True)
        (first, _), (second, _) = plan.victims
        assert (stage.desk.is_ours(first), stage.desk.is_ours(second)) == (True, False)
        assert told == [frozenset({first})]
        (entry,) = stage.journal.told()
        assert entry.how == "refused"
        assert entry.note.startswith("after 1 of 2: ")


# -------------------------------------------------------------------- C7


def covers(needs: Iterable[Need], passed: Passed) -> bool:
    """Whether one of these rights is the one that this request asks the authorizer for."""
    verbs = {"GET": "get", "POST": "create", "PATCH": "patch", "DELETE": "delete", "PUT": "update"}
    parts = passed.path.strip("/").split("/")
    group = parts[1] if parts[0] == "apis" else ""
    parts = parts[3:] if parts[0] == "apis" else parts[2:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    verb = verbs[passed.method] if len(parts) > 1 or passed.method != "GET" else "list"
    subresource = parts[2] if len(parts) > 2 else ""
    return any(
        (one.verb, one.resource.group, one.resource.plural, one.subresource)
        == (verb, group, parts[0], subresource)
        and one.namespace in ("", namespace)
        for one in needs
    )


def reviewed(passed: Passed) -> Need:
    """The right that an access review has asked for."""
    about = passed.body["spec"]["resourceAttributes"]
    resource = Resource(f"{about['group']}/v1" if about["group"] else "v1", about["resource"])
    return Need(about["verb"], resource, about.get("namespace", ""), about.get("subresource", ""))


async def begun(running: Running) -> None:
    """Returns once its background work is done, or a schedule has struck for the first time."""
    await until(lambda: running.work is None or running.work.done() or running.struck > 0)


@EVERY
async def test_c07_every_request_of_a_fault_and_of_its_undo_was_asked_for_before(
    shop: LiveShop, tmp_path: Path, fault: Fault
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        if not await plan_if_able(stage, fault):
            return
        plan = await stage.plan(fault.name)
        stage.gate.forget()
        await stage.desk.fire(plan, anyway=True)
        for running in list(stage.desk.keeper.running.values()):
            await begun(running)
            await stage.desk.undo(running.id)
        asked: list[Need] = []
        for one in stage.gate.passed:
            if one.asks_for_rights:
                asked.append(reviewed(one))
            elif plan.repeat is not None and not one.mutates:
                continue  # what a stroke reads for its plan, as people's previews do
            elif "/namespaces/" not in one.path or len(one.path.split("/")) > 5:
                # The labels of a namespace are read without: what can't be read is no consent.
                assert covers(asked, one), f"{one.method} {one.path} is in none of {asked}"
        assert stage.gate.writes
        assert set(fault.rights(stage.target(fault))) <= set(plan.rights), "the button asks for no others"


async def test_c07_a_no_to_any_of_its_rights_sends_nothing(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plans = [
            await stage.plan(fault.name) for fault in catalogue.FAULTS if await plan_if_able(stage, fault)
        ]
        for plan, need in [(one, need) for one in plans for need in one.rights]:
            stage.desk.rights.forget(plan.rights)

            async def deny(passed: Passed, need: Need = need) -> web.Response | None:
                if not passed.asks_for_rights or reviewed(passed) != need_as_reviewed(need):
                    return None
                return _review(passed, allowed=False)

            stage.gate.before = deny
            said = f"you may not {need.verb} {need.resource.plural}"
            with about(plan.fault), pytest.raises(FaultRefused, match=said):
                await stage.desk.fire(plan, anyway=True)
        assert stage.gate.writes == []
        assert not stage.journal.path.exists()


def need_as_reviewed(need: Need) -> Need:
    """That right as `reviewed` reads it: a review knows no version."""
    group = need.resource.group
    resource = Resource(f"{group}/v1" if group else "v1", need.resource.plural)
    return replace(need, resource=resource)


def _review(passed: Passed, *, allowed: bool) -> web.Response:
    passed.answer = {"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed}}
    return web.Response(body=json.dumps(passed.answer), status=201, content_type="application/json")


# -------------------------------------------------------------------- C11, C13, and bad input


async def test_c11_no_new_fault_on_a_gap_that_is_open_unless_told_to(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        await shop.deploy("slow", 2, image="ghcr.io/none/such:missing")
        await until(lambda: _is_open(stage, "slow"))
        await until(lambda: stage.desk.sight.pods(stage.target("delete-pod", "slow").uid))
        for fault in ("delete-pod", "delete-pods", "bad-image", "crash-loop"):
            plan = await stage.plan(fault, on="slow")
            with pytest.raises(StillOpen, match="the gap of shop/slow is open still"):
                await stage.desk.fire(plan)
        assert stage.gate.writes == []
        await stage.desk.fire(plan, anyway=True)
        assert len(stage.gate.writes) == 1


@pytest.mark.parametrize("fault", ["bad-image", "crash-loop", "hand-edit"])
async def test_c02_a_preview_says_where_no_old_pod_waits_for_a_new_one(
    shop: LiveShop, tmp_path: Path, fault: str
) -> None:
    said = "its strategy is Recreate: all its pods end first, and once more at the undo"
    await shop.deploy("recreated", 1)
    strategy = {"type": "Recreate", "rollingUpdate": None}
    await shop.patch(DEPLOYMENTS, "recreated", {"spec": {"strategy": strategy}}, namespace="shop")
    await shop.settled()
    async with a_stage(shop, tmp_path) as stage:
        assert said not in (await stage.plan(fault)).remarks
        assert said in (await stage.plan(fault, on="recreated")).remarks


async def test_c04_a_replicaset_that_nobody_would_recreate_is_not_deleted(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        plan = await stage.plan("delete-replicaset")
        pause_id = await stage.fire("pause-rollout")
        uid, writes = plan.target.uid, len(stage.gate.writes)
        await stage.engine.until(lambda: stage.engine.world.deployments.by_uid[uid].spec.paused)
        for refused in (stage.plan("delete-replicaset"), stage.desk.fire(plan, anyway=True)):
            with pytest.raises(FaultRefused, match="shop/web is paused: nobody would recreate"):
                await refused
        assert len(stage.gate.writes) == writes
        await stage.desk.undo(pause_id)
        await stage.engine.until(lambda: not stage.engine.world.deployments.by_uid[uid].spec.paused)
        await stage.desk.fire(plan, anyway=True)


def _is_open(stage: Stage, name: str) -> bool:
    found = stage.engine.world.deployment("shop", name)
    return found is not None and stage.desk.sight.is_open(found.metadata.uid)


async def test_c13_what_has_no_undo_says_so_and_what_has_one_has_an_end(
    shop: LiveShop, tmp_path: Path
) -> None:
    async with a_stage(shop, tmp_path) as stage:
        for fault in catalogue.FAULTS:
            with about(fault.name):
                if await plan_if_able(stage, fault):
                    await says_how_it_ends(stage, fault)
    assert catalogue.find("delete-pod").lasts_s is None


async def says_how_it_ends(stage: Stage, fault: Fault) -> None:
    plan = await stage.desk.plan(fault.name, stage.target(fault))
    undoable = any(step.undoable for step in plan.steps)
    if fault.lasts_s is None:
        assert plan.undo.startswith("not undone")
        assert not undoable
        with pytest.raises(FaultRefused, match="does not last"):
            await stage.plan(fault.name, for_s=5)
    else:
        assert plan.for_s == fault.lasts_s
        assert undoable or plan.repeat is not None


async def test_c13_a_deleted_pod_is_not_undone_but_replaced(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        for fault in ("delete-pod", "delete-pods", "evict"):
            assert (await stage.plan(fault)).undo == "not undone: replaced"


async def test_c10_nothing_lasts_for_ever(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        for for_s in (-1.0, float("inf"), float("nan"), 1e9):
            with about(for_s), pytest.raises(FaultRefused, match="say how long"):
                await stage.plan("cordon", for_s=for_s)


async def test_what_there_is_not_is_refused_with_what_there_is(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        web, node = stage.target("delete-pod"), stage.target("cordon")
        tried: list[tuple[str, Target, dict[str, str], str]] = [
            ("delete-pot", web, {}, "there is no fault delete-pot .did you mean delete-pod"),
            ("melt", web, {}, "there is no fault melt .there is: delete-pod, "),
            ("delete-pod", web, {"pid": "x"}, "there is no setting pid .there is: pod, force"),
            ("delete-pod", web, {"pod": "nobody"}, "shop/web has no pod nobody .there is: web-"),
            ("delete-pod", web, {"force": "perhaps"}, "force=perhaps: say true or false"),
            ("delete-pods", web, {"count": "1.5"}, "count=1.5: say a whole number from 1 to 1000"),
            ("bad-image", web, {"container": "sidecar"}, "there is no container sidecar .there is: podinfo"),
            ("cordon", web, {}, "cordon is done to a node, not to a Deployment"),
            ("scale", node, {}, "scale is done to a Deployment, not to a node"),
            ("cordon", replace(node, name="node-z9"), {}, "there is no node node-z9 .there is: node-a1, "),
            ("scale", replace(web, uid="uid-gone"), {}, "that Deployment is gone"),
        ]
        for fault, target, given, said in tried:
            with pytest.raises(PlainError, match=said):
                await stage.desk.plan(fault, target, given)
        assert stage.gate.writes == []


async def test_a_target_that_is_gone_when_it_fires(shop: LiveShop, tmp_path: Path) -> None:
    async with a_stage(shop, tmp_path) as stage:
        await shop.deploy("brief", 1)
        await until(lambda: stage.engine.world.deployment("shop", "brief"))
        await shop.settled()
        plans = [await stage.plan(fault, on="brief") for fault in ("bad-image", "scale", "pause-rollout")]
        await shop.delete("brief")
        for plan in plans:
            with pytest.raises(FaultRefused, match="is gone"):
                await stage.desk.fire(plan, anyway=True)
        assert stage.gate.writes == []
        assert not stage.desk.keeper.running
        assert [one.outstanding for one in stage.journal.told()] == [False] * 3
