"""Deleting over HTTP: grace, finalizers, preconditions, propagation, and namespaces that go when they are empty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tui.sandbox.server import ApiServer

from .api import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, Client, Obj, config_map, deployment, pod, ready

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def running_pod(client: Client, **spec: Any) -> Obj:
    """A pod on a node, running and ready."""
    (await client.create(PODS, pod(node="n1", **spec))).expect(201)
    answer: Obj = (await client.patch(f"{PODS}/web/status", {"status": ready({})["status"]})).expect(200)
    return answer


async def test_events_are_gone_an_hour_after_their_last_write() -> None:
    clock = Hands()
    events = "/api/v1/namespaces/default/events"
    async with ApiServer(random=Random(1), clock=clock) as server, Client(server) as client:
        for name in ("told-once", "told-again"):
            (await client.create(events, {"metadata": {"name": name}, "count": 1})).expect(201)
        clock.now += timedelta(minutes=50)
        (await client.patch(f"{events}/told-again", {"count": 2})).expect(200)
        clock.now += timedelta(minutes=11)
        assert await client.names(events) == ["told-again", "told-once"]
        (await client.create(events, {"metadata": {"name": "new"}})).expect(201)
        assert await client.names(events) == ["new", "told-again"]


async def test_a_plain_object_is_gone_at_once(client: Client) -> None:
    made = (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    status = (await client.delete(f"{CONFIG_MAPS}/a")).expect(200)
    assert (status["kind"], status["status"]) == ("Status", "Success")
    assert status["details"] == {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]}
    assert (await client.get(f"{CONFIG_MAPS}/a")).code == 404
    assert (await client.delete(f"{CONFIG_MAPS}/a")).code == 404


async def test_a_running_pod_gets_its_grace() -> None:
    clock = Hands()
    async with ApiServer(random=Random(1), clock=clock) as server, Client(server) as client:
        await running_pod(client)
        going = (await client.delete(f"{PODS}/web")).expect(200)["metadata"]
        assert (going["deletionTimestamp"], going["deletionGracePeriodSeconds"]) == (
            "2026-03-01T12:00:30Z",
            30,
        )
        again = (await client.delete(f"{PODS}/web", {"gracePeriodSeconds": 60})).expect(200)["metadata"]
        assert again == going
        clock.now += timedelta(seconds=5)
        sooner = (await client.delete(f"{PODS}/web", {"gracePeriodSeconds": 10})).expect(200)["metadata"]
        assert (sooner["deletionTimestamp"], sooner["deletionGracePeriodSeconds"]) == (
            "2026-03-01T12:00:10Z",
            10,
        )
        clock.now += timedelta(seconds=30)
        late = (await client.delete(f"{PODS}/web", {"gracePeriodSeconds": 2})).expect(200)["metadata"]
        assert (late["deletionTimestamp"], late["deletionGracePeriodSeconds"]) == ("2026-03-01T12:00:35Z", 1)
        (await client.delete(f"{PODS}/web", {"gracePeriodSeconds": 0})).expect(200)
        assert (await client.get(f"{PODS}/web")).code == 404


@pytest.mark.parametrize(
    ("spec", "options", "grace_s"),
    [
        ({"terminationGracePeriodSeconds": 5}, {}, 5),
        ({"terminationGracePeriodSeconds": 5}, {"gracePeriodSeconds": 90}, 90),
        ({}, {"gracePeriodSeconds": -1}, 1),
    ],
)
async def test_who_decides_the_grace(client: Client, spec: Obj, options: Obj, grace_s: int) -> None:
    await running_pod(client, **spec)
    going = (await client.delete(f"{PODS}/web", options)).expect(200)
    assert going["metadata"]["deletionGracePeriodSeconds"] == grace_s


@pytest.mark.parametrize(
    ("node", "phase", "options"),
    [
        ("", "Pending", {}),
        ("n1", "Succeeded", {}),
        ("n1", "Failed", {}),
        ("n1", "Running", {"gracePeriodSeconds": 0}),
    ],
)
async def test_a_pod_without_anything_running_is_gone_at_once(
    client: Client, node: str, phase: str, options: Obj
) -> None:
    (await client.create(PODS, pod(node=node))).expect(201)
    (await client.patch(f"{PODS}/web/status", {"status": {"phase": phase}})).expect(200)
    async with client.watch(
        PODS, resourceVersion=str((await client.get(PODS)).body["metadata"]["resourceVersion"])
    ) as events:
        gone = (await client.delete(f"{PODS}/web", options)).expect(200)
        assert gone["metadata"]["deletionGracePeriodSeconds"] == 0
        assert await events.take(2) == [("MODIFIED", "web"), ("DELETED", "web")]
    assert (await client.get(f"{PODS}/web")).code == 404


async def test_a_marked_pod_can_still_report_and_not_lose_its_mark(client: Client) -> None:
    await running_pod(client)
    marked = (await client.delete(f"{PODS}/web")).expect(200)["metadata"]
    report = {"metadata": {"deletionTimestamp": None}, "status": {"phase": "Failed"}}
    reported = (await client.patch(f"{PODS}/web/status", report)).expect(200)
    assert reported["status"]["phase"] == "Failed"
    assert reported["metadata"]["deletionTimestamp"] == marked["deletionTimestamp"]


async def test_preconditions_protect_a_namesake(client: Client) -> None:
    made = await running_pod(client)
    reply = await client.delete(f"{PODS}/web", {"preconditions": {"uid": "another"}})
    uid = made["metadata"]["uid"]
    assert (reply.code, reply.reason) == (409, "Conflict")
    assert reply.message == (
        'Operation cannot be fulfilled on Pod "web": the UID in the precondition (another) does not match the UID '
        f"in record ({uid}). The object might have been deleted and then recreated"
    )
    reply = await client.delete(f"{PODS}/web", {"preconditions": {"resourceVersion": "1"}})
    assert (reply.code, reply.reason) == (409, "Conflict")
    assert (await client.get(f"{PODS}/web")).expect(200) == made
    (await client.delete(f"{PODS}/web", {"preconditions": {"uid": uid}})).expect(200)


async def test_a_finalizer_holds_an_object_until_it_is_taken_away(client: Client) -> None:
    wish = config_map("a")
    wish["metadata"]["finalizers"] = ["example.com/hold"]
    (await client.create(CONFIG_MAPS, wish)).expect(201)
    held = (await client.delete(f"{CONFIG_MAPS}/a")).expect(200)["metadata"]
    assert held["deletionGracePeriodSeconds"] == 0
    assert held["deletionTimestamp"]
    more = {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
    reply = await client.patch(f"{CONFIG_MAPS}/a", more)
    assert reply.code == 422
    assert reply.message == (
        'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is '
        'being deleted, found new finalizers []string{"example.com/more"}'
    )
    (await client.patch(f"{CONFIG_MAPS}/a", {"metadata": {"finalizers": None}})).expect(200)
    assert (await client.get(f"{CONFIG_MAPS}/a")).code == 404


@pytest.mark.parametrize(
    ("options", "finalizers"),
    [
        ({"propagationPolicy": "Foreground"}, ["foregroundDeletion"]),
        ({"propagationPolicy": "Orphan"}, ["orphan"]),
        ({"orphanDependents": True}, ["orphan"]),
    ],
)
async def test_propagation_leaves_a_finalizer_for_the_garbage_collector(
    client: Client, options: Obj, finalizers: list[str]
) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    reply = await client.delete(f"{DEPLOYMENTS}/web", options)
    assert reply.code in (200, 202)
    meta = (await client.get(f"{DEPLOYMENTS}/web")).expect(200)["metadata"]
    assert meta["finalizers"] == finalizers
    assert meta["generation"] == 2
    (await client.delete(f"{DEPLOYMENTS}/web", {"propagationPolicy": "Background"})).expect(200)
    assert (await client.get(f"{DEPLOYMENTS}/web")).code == 404


async def test_an_unknown_propagation_is_refused(client: Client) -> None:
    (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    reply = await client.delete(f"{CONFIG_MAPS}/a", {"propagationPolicy": "Sideways"})
    assert (reply.code, reply.reason) == (422, "Invalid")
    assert (await client.delete(f"{CONFIG_MAPS}/a", gracePeriodSeconds="soon")).code == 400


async def test_a_collection_goes_by_its_selector(client: Client) -> None:
    for name, tier in (("a", "front"), ("b", "back"), ("c", "front")):
        (await client.create(CONFIG_MAPS, config_map(name, {"tier": tier}))).expect(201)
    gone = (await client.delete(CONFIG_MAPS, labelSelector="tier=front")).expect(200)
    assert [item["metadata"]["name"] for item in gone["items"]] == ["a", "c"]
    assert await client.names(CONFIG_MAPS) == ["b"]


async def test_nothing_new_comes_into_a_namespace_that_goes(client: Client) -> None:
    (await client.create(NAMESPACES, {"metadata": {"name": "shop"}})).expect(201)
    (await client.delete(f"{NAMESPACES}/shop")).expect(200)
    going = (await client.get(f"{NAMESPACES}/shop")).expect(200)
    assert (going["status"]["phase"], going["metadata"]["deletionTimestamp"] > "") == ("Terminating", True)
    reply = await client.create("/api/v1/namespaces/shop/configmaps", config_map("b"))
    assert (reply.code, reply.reason) == (403, "Forbidden")
    assert reply.message == (
        'configmaps "b" is forbidden: unable to create new content in namespace shop because it is being terminated'
    )
    assert reply.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"


async def test_some_namespaces_live_for_ever(client: Client) -> None:
    for name in ("default", "kube-system", "kube-public"):
        reply = await client.delete(f"{NAMESPACES}/{name}")
        assert (reply.code, reply.message) == (
            403,
            f'namespaces "{name}" is forbidden: this namespace may not be deleted',
        )


async def test_finalize_lets_a_namespace_go(client: Client) -> None:
    shop = {"metadata": {"name": "shop"}, "spec": {"finalizers": ["kubernetes", "example.com/hold"]}}
    (await client.create(NAMESPACES, shop)).expect(201)
    (await client.delete(f"{NAMESPACES}/shop")).expect(200)
    going = (await client.get(f"{NAMESPACES}/shop")).expect(200)
    held = {**going, "spec": {"finalizers": ["example.com/hold"]}}
    left = (await client.replace(f"{NAMESPACES}/shop/finalize", held)).expect(200)
    assert left["spec"]["finalizers"] == ["example.com/hold"]
    (await client.replace(f"{NAMESPACES}/shop/finalize", {**left, "spec": {"finalizers": []}})).expect(200)
    assert (await client.get(f"{NAMESPACES}/shop")).code == 404
