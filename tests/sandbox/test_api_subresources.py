"""Below an object: binding, scale, log, and reviews of one's own rights."""

from __future__ import annotations

from typing import Any

import pytest

from tui.sandbox.server import ApiServer

from .api import DEPLOYMENTS, JSON_PATCH, NODES, PODS, STRATEGIC, Client, Obj, deployment, pod

SCALE = f"{DEPLOYMENTS}/web/scale"
BINDING = f"{PODS}/web/binding"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def binding(node: str = "n1", **target: str) -> Obj:
    """What a scheduler posts."""
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "web"},
        "target": {"kind": "Node", "name": node, **target},
    }


async def test_binding_gives_a_pod_its_node_once(client: Client) -> None:
    (await client.create(PODS, pod())).expect(201)
    assert (await client.create(BINDING, binding(), dryRun="All")).expect(201)["status"] == "Success"
    assert (await client.create(BINDING, binding())).expect(201)["status"] == "Success"
    bound = (await client.get(f"{PODS}/web")).expect(200)
    assert bound["spec"]["nodeName"] == "n1"
    (scheduled,) = bound["status"]["conditions"]
    assert (scheduled["type"], scheduled["status"]) == ("PodScheduled", "True")
    reply = await client.create(BINDING, binding("n2"))
    assert (reply.code, reply.reason) == (409, "Conflict")
    assert reply.message == (
        'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"'
    )


async def test_a_pod_bears_the_region_and_zone_of_the_node_it_is_put_on(client: Client) -> None:
    zone, region = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
    labels = {region: "r", zone: "z", "kubernetes.io/hostname": "n1"}
    (await client.create(NODES, {"metadata": {"name": "n1", "labels": labels}})).expect(201)
    (await client.create(PODS, pod(labels={"app": "web", zone: "mine"}))).expect(201)
    (await client.create(BINDING, binding())).expect(201)
    (await client.create(PODS, pod("placed", node="n1"))).expect(201)
    (await client.create(PODS, pod("elsewhere", node="unknown"))).expect(201)
    found = {
        one["metadata"]["name"]: one["metadata"] for one in (await client.get(PODS)).expect(200)["items"]
    }
    assert found["web"]["labels"] == found["placed"]["labels"] == {"app": "web", region: "r", zone: "z"}
    assert found["elsewhere"]["labels"] == {"app": "web"}
    (entry,) = found["placed"]["managedFields"]
    assert entry["fieldsV1"]["f:metadata"]["f:labels"] == {".": {}, "f:app": {}}, "nobody owns them"


async def test_bindings_that_cannot_be(client: Client) -> None:
    wish = pod()
    wish["metadata"]["finalizers"] = ["example.com/hold"]
    (await client.create(PODS, wish)).expect(201)
    assert (await client.create(BINDING, binding(""))).code == 422
    assert (await client.create(BINDING, binding(kind="Minion"))).code == 422
    assert (await client.create(BINDING, {**binding(), "metadata": {"name": "x"}})).code == 400
    stale = {**binding(), "metadata": {"name": "web", "uid": "another"}}
    assert (await client.create(BINDING, stale)).code == 409
    assert (
        await client.create(f"{PODS}/nobody/binding", {**binding(), "metadata": {"name": "nobody"}})
    ).code == 404
    (await client.delete(f"{PODS}/web")).expect(200)
    reply = await client.create(BINDING, binding())
    assert "pod web is being deleted, cannot be assigned to a host" in reply.message


@pytest.mark.parametrize(
    ("patch", "form"),
    [
        ({"spec": {"replicas": 4}}, "application/merge-patch+json"),
        ({"spec": {"replicas": 4}}, STRATEGIC),
        ([{"op": "replace", "path": "/spec/replicas", "value": 4}], JSON_PATCH),
    ],
)
async def test_scale_by_patch(client: Client, patch: Any, form: str) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    scaled = (await client.patch(SCALE, patch, form)).expect(200)
    assert (scaled["kind"], scaled["apiVersion"], scaled["spec"]) == (
        "Scale",
        "autoscaling/v1",
        {"replicas": 4},
    )
    after = (await client.get(f"{DEPLOYMENTS}/web")).expect(200)
    assert (after["spec"]["replicas"], after["metadata"]["generation"]) == (4, 2)


async def test_scale_by_put_respects_the_version(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    scale = (await client.get(SCALE)).expect(200)
    assert scale["status"] == {"replicas": 0, "selector": "app=web"}
    (await client.replace(SCALE, {**scale, "spec": {"replicas": 0}})).expect(200)
    assert (await client.get(f"{DEPLOYMENTS}/web")).body["spec"]["replicas"] == 0
    assert (await client.replace(SCALE, {**scale, "spec": {"replicas": 1}})).code == 409
    reply = await client.patch(SCALE, {"spec": {"replicas": -1}})
    assert (reply.code, reply.message) == (
        422,
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
    assert (await client.patch(SCALE, {"spec": {"replicas": "two"}})).code == 400
    assert (await client.get(f"{DEPLOYMENTS}/nobody/scale")).code == 404


async def test_logs_are_honest(client: Client) -> None:
    (await client.create(PODS, pod(node="n1"))).expect(201)
    reply = await client.get(f"{PODS}/web/log")
    assert (reply.code, reply.message) == (
        400,
        'container "web" in pod "web" is waiting to start: ContainerCreating',
    )
    assert (
        await client.get(f"{PODS}/web/log", container="x")
    ).message == "container x is not valid for pod web"
    running = {"status": {"containerStatuses": [{"name": "web", "state": {"running": {}}}]}}
    (await client.patch(f"{PODS}/web/status", running)).expect(200)
    reply = await client.get(f"{PODS}/web/log", accept="*/*")
    assert b"simulated" in reply.expect(200)


ENDED = {"terminated": {"exitCode": 1, "containerID": "simulated://a"}}
LOST = {"terminated": {"exitCode": 137}}
CRASHING = {"waiting": {"reason": "CrashLoopBackOff"}}
PREVIOUS = {"previous": "true"}


@pytest.mark.parametrize(
    ("state", "last", "query", "refusal"),
    [
        ({"running": {}}, {}, {}, ""),
        (ENDED, {}, {}, ""),
        (CRASHING, ENDED, {}, ""),
        (CRASHING, ENDED, PREVIOUS, ""),
        ({"running": {}}, {}, PREVIOUS, "previous terminated {} not found"),
        (LOST, {}, {}, "{} is terminated"),
        (LOST, ENDED, {}, ""),
        (CRASHING, LOST, {}, "{} is terminated"),
        ({"waiting": {"reason": "ErrImagePull"}}, {}, {}, "{} is waiting to start: image can't be pulled"),
        (
            {"waiting": {"reason": "ImagePullBackOff"}},
            {},
            {},
            "{} is waiting to start: trying and failing to pull image",
        ),
        ({"waiting": {"reason": "{odd}"}}, {}, {}, "{} is waiting to start: {odd}"),
        ({}, {}, {}, "{} is waiting to start - no logs yet"),
    ],
)
async def test_which_run_has_a_log(client: Client, state: Obj, last: Obj, query: Any, refusal: str) -> None:
    (await client.create(PODS, pod(node="n1"))).expect(201)
    told = {"status": {"containerStatuses": [{"name": "web", "state": state, "lastState": last}]}}
    (await client.patch(f"{PODS}/web/status", told)).expect(200)
    reply = await client.get(f"{PODS}/web/log", **query)
    if refusal:
        assert (reply.code, reply.message) == (
            400,
            refusal.replace("{}", 'container "web" in pod "web"'),
        )
    else:
        assert b"simulated" in reply.expect(200)


async def test_a_pod_without_a_node_has_an_empty_log(client: Client) -> None:
    (await client.create(PODS, pod())).expect(201)
    assert (await client.get(f"{PODS}/web/log")).expect(200) == b""


async def test_of_several_containers_one_has_to_be_named(client: Client) -> None:
    both = [{"name": name, "image": "nginx"} for name in ("web", "side")]
    (
        await client.create(PODS, pod(containers=both, initContainers=[{"name": "first", "image": "x"}]))
    ).expect(201)
    reply = await client.get(f"{PODS}/web/log")
    assert (reply.code, reply.message) == (
        400,
        "a container name must be specified for pod web, choose one of: [first web side]",
    )
    assert (await client.get(f"{PODS}/web/log", container="side")).code == 200


@pytest.mark.parametrize(
    ("attributes", "full", "reader"),
    [
        ({"verb": "delete", "resource": "pods", "namespace": "shop"}, True, False),
        ({"verb": "list", "resource": "pods"}, True, True),
        ({"verb": "create", "resource": "pods", "subresource": "eviction"}, True, False),
        ({"verb": "get", "resource": "pods", "subresource": "log"}, True, True),
        ({"verb": "get", "resource": "pods", "subresource": "proxy"}, True, False),
        ({"verb": "patch", "group": "apps", "resource": "deployments", "subresource": "scale"}, True, False),
    ],
)
async def test_the_review_tells_what_the_server_would_do(
    server: ApiServer, attributes: dict[str, str], full: bool, reader: bool
) -> None:
    review = {"spec": {"resourceAttributes": attributes}}
    for token, allowed in ((server.token, full), (server.viewer_token, reader)):
        async with Client(server, token) as client:
            answered = (await client.create(ACCESS, review)).expect(201)
            assert (answered["kind"], answered["status"]["allowed"]) == ("SelfSubjectAccessReview", allowed)


async def test_other_reviews(server: ApiServer) -> None:
    async with Client(server, server.viewer_token) as client:
        who = (await client.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})).expect(201)
        assert who["status"]["userInfo"] == {"username": "viewer", "groups": ["system:authenticated"]}
        rules = await client.create(RULES, {"spec": {"namespace": "a"}})
        rule = rules.expect(201)["status"]["resourceRules"][0]
        assert rule["verbs"] == ["get", "list", "watch"]
        assert {"pods", "pods/log"} <= set(rule["resources"])
        assert "pods/proxy" not in rule["resources"]
        path = {"spec": {"nonResourceAttributes": {"path": "/healthz", "verb": "post"}}}
        assert (await client.create(ACCESS, path)).expect(201)["status"]["allowed"] is False
        assert (await client.create(ACCESS, {"spec": {}})).code == 422
        assert (await client.create(ACCESS, {"spec": 7})).code == 400
        assert (await client.get(ACCESS)).code == 405


async def test_a_token_says_whose_it_is(server: ApiServer, client: Client) -> None:
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    known = (await client.create(path, {"spec": {"token": server.viewer_token}})).expect(201)
    assert known["status"] == {
        "authenticated": True,
        "user": {"username": "viewer", "groups": ["system:authenticated"]},
    }
    assert server.viewer_token not in str(known)
    guessed = (await client.create(path, {"spec": {"token": "guessed"}})).expect(201)
    assert guessed["status"] == {"user": {}, "error": "invalid bearer token"}
