"""Lists over HTTP: selectors, pages of one snapshot, and what a resourceVersion means."""

from __future__ import annotations

from random import Random

import pytest

from tui.sandbox.server import ApiServer

from .api import CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, Client, config_map, deployment, pod

MAPS = {
    "a": {"tier": "front", "env": "prod"},
    "b": {"tier": "back"},
    "c": {"tier": "front", "size": "12"},
    "d": {},
}


async def four_maps(client: Client) -> None:
    for name, labels in MAPS.items():
        (await client.create(CONFIG_MAPS, config_map(name, labels))).expect(201)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("", "abcd"),
        ("tier=front", "ac"),
        ("tier==front,env", "a"),
        ("tier!=front", "bd"),
        ("tier in (front, back)", "abc"),
        ("tier notin (front)", "bd"),
        ("!tier", "d"),
        ("env,tier notin (back)", "a"),
        ("size>11", "c"),
        ("size<12", ""),
        ("tier in (,x)", ""),
        ("tier=", ""),
        (" tier = front ", "ac"),
    ],
)
async def test_label_selectors(client: Client, selector: str, names: str) -> None:
    await four_maps(client)
    assert await client.names(CONFIG_MAPS, labelSelector=selector) == list(names)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a=b,", "found '', expected: identifier after ','"),
        (",a=b", "found ',', expected: !, identifier, or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
    ],
)
async def test_malformed_label_selectors(client: Client, selector: str, message: str) -> None:
    for watch in ({}, {"watch": "1"}):
        reply = await client.get(PODS, labelSelector=selector, **watch)
        assert (reply.code, reply.reason, reply.message) == (400, "BadRequest", message)


async def test_malformed_keys_and_values_are_named(client: Client) -> None:
    assert "name part must consist of" in (await client.get(PODS, labelSelector="-a=b")).message
    assert (
        "must be no more than 63 characters"
        in (await client.get(PODS, labelSelector=f"a={'b' * 64}")).message
    )
    assert "the value must be an integer" in (await client.get(PODS, labelSelector="a>b")).message


async def test_field_selectors(client: Client) -> None:
    (await client.create(PODS, pod("a", node="n1"))).expect(201)
    (await client.create(PODS, pod("b", node="n2", restartPolicy="Never"))).expect(201)
    (await client.create(PODS, pod("c"))).expect(201)
    for selector, names in (
        ("spec.nodeName=n1", "a"),
        ("spec.nodeName=", "c"),
        ("spec.nodeName!=n1,spec.nodeName!=", "b"),
        ("metadata.name==b", "b"),
        ("metadata.namespace=default,status.phase=Pending", "abc"),
        ("spec.restartPolicy=Never", "b"),
        ("status.phase=Running", ""),
    ):
        assert await client.names(PODS, fieldSelector=selector) == list(names), selector
    (await client.create(NODES, {"metadata": {"name": "n1"}, "spec": {"unschedulable": True}})).expect(201)
    (await client.create(NODES, {"metadata": {"name": "n2"}})).expect(201)
    assert await client.names(NODES, fieldSelector="spec.unschedulable=true") == ["n1"]
    assert await client.names(NODES, fieldSelector="spec.unschedulable=false") == ["n2"]


async def test_events_are_selected_by_what_they_are_about(client: Client) -> None:
    events = "/api/v1/namespaces/default/events"
    for name, about in (("a", "web"), ("b", "api")):
        event = {
            "metadata": {"name": name},
            "involvedObject": {"kind": "Pod", "name": about, "namespace": "default", "uid": f"uid-{about}"},
            "reason": "Scheduled",
            "type": "Normal",
            "reportingComponent": "default-scheduler",
        }
        (await client.create(events, event)).expect(201)
    about_web = {"name": "web", "namespace": "default", "kind": "Pod", "uid": "uid-web"}
    selector = ",".join(f"involvedObject.{field}={value}" for field, value in about_web.items())
    assert await client.names(events, fieldSelector=selector) == ["a"]
    assert await client.names(events, fieldSelector="reason!=Scheduled") == []
    assert await client.names(events, fieldSelector="source=default-scheduler") == ["a", "b"]


@pytest.mark.parametrize(
    ("path", "selector", "message"),
    [
        (PODS, "spec.color=red", "field label not supported: spec.color"),
        (
            DEPLOYMENTS,
            "spec.replicas=1",
            '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        (PODS, "spec.nodeName", "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'"),
        (PODS, "metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
    ],
)
async def test_malformed_field_selectors(client: Client, path: str, selector: str, message: str) -> None:
    reply = await client.get(path, fieldSelector=selector)
    assert (reply.code, reply.message) == (400, message)


async def test_one_namespace_or_all(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment("a"))).expect(201)
    (await client.create("/apis/apps/v1/namespaces/kube-public/deployments", deployment("a"))).expect(201)
    listed = (await client.get("/apis/apps/v1/deployments")).expect(200)
    assert [item["metadata"]["namespace"] for item in listed["items"]] == ["default", "kube-public"]
    assert (listed["kind"], listed["apiVersion"]) == ("DeploymentList", "apps/v1")
    assert not any({"kind", "apiVersion"} & item.keys() for item in listed["items"])
    assert await client.names(DEPLOYMENTS) == ["a"]


async def test_pages_show_one_moment(client: Client) -> None:
    await four_maps(client)
    first = (await client.get(CONFIG_MAPS, limit="2")).expect(200)
    assert [item["metadata"]["name"] for item in first["items"]] == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 2
    (await client.delete(f"{CONFIG_MAPS}/c")).expect(200)
    (await client.patch(f"{CONFIG_MAPS}/d", {"data": {"n": "1"}})).expect(200)
    (await client.create(CONFIG_MAPS, config_map("e"))).expect(201)
    token = {"continue": first["metadata"]["continue"]}
    second = (await client.get(CONFIG_MAPS, limit="2", **token)).expect(200)
    assert [(item["metadata"]["name"], item.get("data", {})) for item in second["items"]] == [
        ("c", {}),
        ("d", {}),
    ]
    assert second["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}
    assert await client.names(CONFIG_MAPS) == ["a", "b", "d", "e"]


async def test_a_selector_hides_how_much_remains(client: Client) -> None:
    await four_maps(client)
    first = (await client.get(CONFIG_MAPS, limit="1", labelSelector="tier=front")).expect(200)
    assert "remainingItemCount" not in first["metadata"]
    token = {"continue": first["metadata"]["continue"]}
    assert await client.names(CONFIG_MAPS, labelSelector="tier=front", **token) == ["c"]


async def test_a_token_from_long_ago_has_expired() -> None:
    async with ApiServer(history=3, random=Random(1)) as server, Client(server) as client:
        await four_maps(client)
        first = (await client.get(CONFIG_MAPS, limit="2")).expect(200)
        for count in range(4):
            (await client.patch(f"{CONFIG_MAPS}/a", {"data": {"n": str(count)}})).expect(200)
        reply = await client.get(CONFIG_MAPS, limit="2", **{"continue": first["metadata"]["continue"]})
        assert (reply.code, reply.reason) == (410, "Expired")
        assert reply.message.startswith(
            "The provided continue parameter is too old to display a consistent list"
        )
        rest = await client.names(CONFIG_MAPS, **{"continue": reply.body["metadata"]["continue"]})
        assert rest == ["c", "d"]


async def test_an_exact_version_is_the_past(client: Client) -> None:
    await four_maps(client)
    then = (await client.get(CONFIG_MAPS)).body["metadata"]["resourceVersion"]
    (await client.delete(f"{CONFIG_MAPS}/a")).expect(200)
    exact = (await client.get(CONFIG_MAPS, resourceVersion=then, resourceVersionMatch="Exact")).expect(200)
    assert (len(exact["items"]), exact["metadata"]["resourceVersion"]) == (4, then)
    for query in ({"resourceVersion": then}, {"resourceVersion": "0"}, {}):
        assert await client.names(CONFIG_MAPS, **query) == ["b", "c", "d"]


async def test_a_version_from_the_future_times_out(client: Client) -> None:
    for path in (CONFIG_MAPS, f"{CONFIG_MAPS}/a"):
        reply = await client.get(path, resourceVersion="999999")
        assert (reply.code, reply.reason) == (504, "Timeout")
        assert reply.message.startswith("Timeout: Too large resource version: 999999, current: ")
        assert reply.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
        assert reply.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"resourceVersion": "soon"}, 400),
        ({"limit": "many"}, 400),
        ({"continue": "nonsense"}, 400),
        ({"resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersionMatch": "Roughly", "resourceVersion": "1"}, 422),
        ({"resourceVersionMatch": "Exact", "resourceVersion": "0"}, 422),
    ],
)
async def test_options_that_make_no_sense(client: Client, query: dict[str, str], code: int) -> None:
    assert (await client.get(CONFIG_MAPS, **query)).code == code
