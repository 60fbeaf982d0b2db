"""The chaos desk on a server that keeps count: what is sent, in which order, and above all what is not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.build import a_deployment, a_pod, a_replicaset
from tests.scripted import Reply, ScriptedApi, review, status
from tests.waiting import until
from tui.chaos.desk import ChaosDesk
from tui.chaos.fault import Aim, Plan, Target
from tui.chaos.faults.pods import need
from tui.chaos.guard import FaultRefused, Guard
from tui.chaos.journal import Journal
from tui.cluster.connection import USER_AGENT
from tui.cluster.errors import Refused
from tui.facts import Pod
from tui.world import World

REVIEW, DELETE, CONSENT = "POST selfsubjectaccessreviews", "DELETE pods", "GET namespaces"
YES, NO = review(True), review(False, "no RBAC rule")
GONE = Reply({"kind": "Status", "status": "Success"})
SILENT = Reply({"kind": "Namespace", "metadata": {"name": "shop", "uid": "s"}})
"""A namespace that says nothing about chaos."""
PODS = (a_pod("web-1-a"), a_pod("web-1-b"))
WEB = Target(Aim.DEPLOYMENT, "web", "shop", "uid-web")


def a_world(*pods: Pod) -> World:
    world = World()
    world.replace("Deployment", [a_deployment(2)])
    world.replace("ReplicaSet", [a_replicaset(replicas=2)])
    world.replace("Pod", pods)
    return world


@asynccontextmanager
async def a_desk(
    *,
    reviews: Sequence[Reply] = (YES,),
    deletes: Sequence[Reply] = (GONE,),
    consent: Sequence[Reply] = (SILENT,),
    armed: bool = True,
    doubt: Callable[[], str] = lambda: "",
) -> AsyncIterator[tuple[ScriptedApi, ChaosDesk]]:
    with TemporaryDirectory() as folder:
        async with ScriptedApi(routes={REVIEW: reviews, DELETE: deletes, CONSENT: consent}) as api:
            guard = Guard(replace(api.context, sandbox=armed))
            assert guard.armed is armed
            journal = Journal(Path(folder), lambda: 1000.0)
            desk = ChaosDesk(
                api.connection,
                guard,
                a_world(*PODS),
                journal,
                rng=random.Random(1),
                clock=lambda: 7.0,
                doubt=doubt,
            )
            yield api, desk
            await desk.close()


async def a_plan(desk: ChaosDesk, pod: str = "", **settings: str) -> Plan:
    return await desk.plan("delete-pod", WEB, settings | ({"pod": pod} if pod else {}))


async def test_c04_a_delete_names_its_victims_uid() -> None:
    async with a_desk() as (api, desk):
        plan = await a_plan(desk, "web-1-b")
        injected = await desk.fire(plan)
        assert (injected.plan, injected.at) == (plan, 7.0)
        (sent,) = api.to(DELETE)
        assert sent.path == "/api/v1/namespaces/shop/pods/web-1-b"
        assert sent.body == {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": "uid-web-1-b"},
        }
        assert desk.is_ours("uid-web-1-b")
        assert not desk.is_ours("uid-web-1-a")


async def test_every_request_carries_our_user_agent() -> None:
    async with a_desk() as (api, desk):
        await desk.fire(await a_plan(desk))
        assert {one.agent for one in api.received} == {USER_AGENT}
        assert USER_AGENT.startswith("gapwatch/")


async def test_c02_a_plan_sends_nothing() -> None:
    async with a_desk() as (api, desk):
        before = len(api.received)
        for _ in range(5):
            await a_plan(desk)
        await a_plan(desk, "web-1-a")
        assert api.received[before:] == []


async def test_a_plan_for_a_deployment_that_is_gone() -> None:
    async with a_desk() as (_, desk):
        with pytest.raises(FaultRefused, match="that Deployment is gone"):
            await desk.plan("delete-pod", replace(WEB, uid="uid-other"))


async def test_c07_a_yes_is_asked_for_once_a_namespace() -> None:
    async with a_desk() as (api, desk):
        shop, warehouse = need("delete", "shop"), need("delete", "warehouse")
        assert desk.rights.known(shop) is None
        for _ in range(3):
            assert (await desk.rights.ask(shop)).allowed
        assert len(api.to(REVIEW)) == 1
        assert (await desk.rights.ask(warehouse)).allowed
        asked = [one.body["spec"]["resourceAttributes"] for one in api.to(REVIEW)]
        assert asked == [
            {"verb": "delete", "group": "", "resource": "pods", "namespace": "shop"},
            {"verb": "delete", "group": "", "resource": "pods", "namespace": "warehouse"},
        ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NO, "you may not delete pods in shop: no RBAC rule"),
        (
            status(500, "InternalError", "etcd is down"),
            "the access review failed: 500 InternalError: etcd is down",
        ),
        (Reply({"kind": "SelfSubjectAccessReview"}), "the access review was not understood"),
        (review("true"), "the access review was not understood"),  # type: ignore[arg-type]
    ],
    ids=["denied", "failed", "no status", "not a boolean"],
)
async def test_c07_whatever_is_no_yes_is_a_no_and_is_asked_again(answer: Reply, why: str) -> None:
    async with a_desk(reviews=[answer, YES]) as (api, desk):
        plan = await a_plan(desk)
        with pytest.raises(FaultRefused) as refusal:
            await desk.fire(plan)
        assert str(refusal.value) == why
        assert api.to(DELETE) == []
        assert not any(map(desk.is_ours, plan.ends_pods))
        await desk.fire(plan)
        assert len(api.to(REVIEW)) == 2
        assert len(api.to(DELETE)) == 1


async def test_c01_disarmed_sends_nothing_at_all() -> None:
    async with a_desk(armed=False) as (api, desk):
        before = len(api.received)
        with pytest.raises(FaultRefused, match="disarmed"):
            await desk.fire(await a_plan(desk))
        assert api.received[before:] == []


async def test_c03_a_protected_namespace_sends_nothing_at_all() -> None:
    async with a_desk() as (api, desk):
        before = len(api.received)
        plan = await a_plan(desk)
        with pytest.raises(FaultRefused, match="kube-system is protected"):
            await desk.fire(replace(plan, target=replace(WEB, namespace="kube-system")))
        with pytest.raises(FaultRefused, match="kube-system is protected"):
            await desk.plan("delete-pod", replace(WEB, namespace="kube-system"))
        assert api.received[before:] == []


@pytest.mark.parametrize(
    "now",
    [(), (a_pod("web-1-a", terminating=True, version="2"),), (a_pod("web-1-a", uid="uid-new"),)],
    ids=["gone", "ending", "a namesake"],
)
async def test_c04_eligibility_is_asked_again_at_the_moment_of_firing(now: tuple[Pod, ...]) -> None:
    asked = asyncio.Event()
    async with a_desk(reviews=[replace(YES, after=asked)]) as (api, desk):
        plan = await a_plan(desk, "web-1-a")
        firing = asyncio.ensure_future(desk.fire(plan))
        await until(lambda: api.to(REVIEW))
        desk.sight.world.replace("Pod", now)
        asked.set()
        with pytest.raises(FaultRefused, match="pod web-1-a is gone already"):
            await firing
        assert api.to(DELETE) == []
        assert not any(map(desk.is_ours, plan.ends_pods))


async def test_c04_a_pod_that_was_taken_out_to_be_looked_at_is_no_victim_any_more() -> None:
    async with a_desk() as (api, desk):
        plan = await a_plan(desk, "web-1-b")
        desk.sight.world.put("Pod", a_pod("web-1-b", owner="", version="2"))
        with pytest.raises(FaultRefused, match="does not belong to web any more"):
            await desk.fire(plan)
        assert api.to(DELETE) == []


async def test_c04_nothing_is_sent_on_facts_that_are_in_doubt() -> None:
    async with a_desk(doubt=lambda: "what is shown of Pods is stale") as (api, desk):
        with pytest.raises(FaultRefused, match="stale"):
            await desk.fire(await a_plan(desk))
        assert api.to(DELETE) == []


async def test_c07_a_refused_delete_ends_the_yes_of_the_access_review() -> None:
    async with a_desk(deletes=[status(403, "Forbidden")]) as (_, desk):
        with pytest.raises(Refused):
            await desk.fire(await a_plan(desk))
        assert desk.rights.known(need("delete", "shop")) is None


async def test_c04_the_safety_catch_is_asked_again_at_the_moment_of_firing() -> None:
    asked = asyncio.Event()
    async with a_desk(reviews=[replace(YES, after=asked)]) as (api, desk):
        firing = asyncio.ensure_future(desk.fire(await a_plan(desk)))
        await until(lambda: api.to(REVIEW))
        desk.guard.disarm()
        asked.set()
        with pytest.raises(FaultRefused, match="disarmed"):
            await firing
        assert api.to(DELETE) == []


async def test_c04_a_namesakes_conflict_is_told_as_the_server_said_it() -> None:
    conflict = status(409, "Conflict", "Precondition failed: UID in precondition: a, UID in object meta: b")
    async with a_desk(deletes=[conflict]) as (_, desk):
        with pytest.raises(Refused, match="Precondition failed") as refusal:
            await desk.fire(await a_plan(desk, "web-1-a"))
        assert refusal.value.code == 409
        assert not desk.is_ours("uid-web-1-a"), "whoever ends it later, it is not our doing"


async def test_victims_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.chaos.desk.REMEMBERED_VICTIMS", 2)
    async with a_desk() as (_, desk):
        victims = [f"web-1-{letter}" for letter in "abc"]
        desk.sight.world.replace("Pod", map(a_pod, victims))
        for victim in victims:
            await desk.fire(await a_plan(desk, victim))
        assert [desk.is_ours(f"uid-{victim}") for victim in victims] == [False, True, True]
