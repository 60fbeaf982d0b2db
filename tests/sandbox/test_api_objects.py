"""Objects over HTTP: what is created is what is read, and nothing is overwritten unseen."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    JSON_PATCH,
    NAMESPACES,
    NODES,
    PODS,
    Client,
    Obj,
    config_map,
    deployment,
    pod,
)


async def test_a_new_object_gets_its_system_fields(client: Client) -> None:
    made = (await client.create(CONFIG_MAPS, config_map("a", key="value"))).expect(201)
    meta = made["metadata"]
    assert (made["kind"], made["apiVersion"], made["data"]) == ("ConfigMap", "v1", {"key": "value"})
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", meta["uid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", meta["creationTimestamp"])
    assert meta["namespace"] == "default"
    assert int(meta["resourceVersion"]) > 0
    assert (await client.get(f"{CONFIG_MAPS}/a")).expect(200) == made


async def test_what_a_client_may_not_decide_is_ignored(client: Client) -> None:
    wish = config_map("a")
    wish["metadata"] |= {
        "uid": "mine",
        "generation": 7,
        "creationTimestamp": None,
        "deletionTimestamp": "2020-01-01T00:00:00Z",
    }
    meta = (await client.create(CONFIG_MAPS, wish)).expect(201)["metadata"]
    assert meta["uid"] != "mine"
    assert not {"generation", "deletionTimestamp"} & meta.keys()


async def test_a_version_is_for_the_whole_store(client: Client) -> None:
    first = (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    second = (await client.create(PODS, pod())).expect(201)
    assert int(second["metadata"]["resourceVersion"]) == int(first["metadata"]["resourceVersion"]) + 1


async def test_generate_name_adds_five_characters(client: Client) -> None:
    wish = config_map("unused")
    del wish["metadata"]["name"]
    wish["metadata"]["generateName"] = "web-7d-"
    names = {(await client.create(CONFIG_MAPS, wish)).expect(201)["metadata"]["name"] for _ in range(20)}
    assert len(names) == 20
    assert all(re.fullmatch("web-7d-[bcdfghjklmnpqrstvwxz2456789]{5}", name) for name in names)


async def test_a_taken_name_is_a_conflict(client: Client) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    reply = await client.create(DEPLOYMENTS, deployment())
    assert (reply.code, reply.reason) == (409, "AlreadyExists")
    assert reply.message == 'deployments.apps "web" already exists'
    assert reply.body["details"] == {"name": "web", "group": "apps", "kind": "deployments"}


async def test_a_missing_object_and_a_missing_namespace(client: Client) -> None:
    reply = await client.get(f"{PODS}/nobody")
    assert (reply.code, reply.reason, reply.message) == (404, "NotFound", 'pods "nobody" not found')
    reply = await client.create("/api/v1/namespaces/nowhere/pods", pod())
    assert (reply.code, reply.message) == (404, 'namespaces "nowhere" not found')
    assert (await client.get("/api/v1/namespaces/nowhere/pods")).expect(200)["items"] == []


async def test_the_body_has_to_fit_the_path(client: Client) -> None:
    wrong_version = {**deployment(), "apiVersion": "apps/v1beta1"}
    assert (await client.create(DEPLOYMENTS, wrong_version)).message == (
        "the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)"
    )
    assert (await client.create(DEPLOYMENTS, {**deployment(), "kind": "ReplicaSet"})).code == 400
    elsewhere = config_map("a")
    elsewhere["metadata"]["namespace"] = "kube-system"
    reply = await client.create(CONFIG_MAPS, elsewhere)
    assert (reply.code, reply.message) == (
        400,
        "the namespace of the provided object does not match the namespace sent on the request",
    )
    (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    reply = await client.replace(f"{CONFIG_MAPS}/a", config_map("b"))
    assert (reply.code, reply.message) == (
        400,
        "the name of the object (b) does not match the name on the URL (a)",
    )


async def test_an_update_with_an_old_version_is_refused(client: Client) -> None:
    made = (await client.create(CONFIG_MAPS, config_map("a", n="1"))).expect(201)
    (await client.replace(f"{CONFIG_MAPS}/a", {**made, "data": {"n": "2"}})).expect(200)
    reply = await client.replace(f"{CONFIG_MAPS}/a", {**made, "data": {"n": "3"}})
    assert (reply.code, reply.reason) == (409, "Conflict")
    assert reply.message == (
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    reply = await client.patch(f"{CONFIG_MAPS}/a", {"metadata": {"resourceVersion": "1"}, "data": {"n": "4"}})
    assert reply.code == 409
    assert (await client.get(f"{CONFIG_MAPS}/a")).body["data"] == {"n": "2"}


async def test_an_update_without_a_version_wins(client: Client) -> None:
    (await client.create(CONFIG_MAPS, config_map("a", n="1"))).expect(201)
    updated = (await client.replace(f"{CONFIG_MAPS}/a", config_map("a", n="2"))).expect(200)
    assert updated["data"] == {"n": "2"}
    lease = {"metadata": {"name": "l"}, "spec": {"holderIdentity": "a"}}
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    (await client.create(leases, lease)).expect(201)
    assert (await client.replace(f"{leases}/l", lease)).code == 422


async def test_an_update_of_another_object_of_the_same_name_is_refused(client: Client) -> None:
    (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    other = config_map("a", n="1")
    other["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000"
    reply = await client.replace(f"{CONFIG_MAPS}/a", other)
    assert (reply.code, reply.reason) == (409, "Conflict")
    assert "Precondition failed: UID in precondition: 00000000-" in reply.message


async def test_an_update_that_changes_nothing_makes_no_version(client: Client) -> None:
    made = (await client.create(DEPLOYMENTS, deployment())).expect(201)
    for reply in (
        await client.replace(f"{DEPLOYMENTS}/web", made),
        await client.patch(f"{DEPLOYMENTS}/web", {"spec": {"replicas": 2}}),
        await client.patch(f"{DEPLOYMENTS}/web", [], JSON_PATCH),
    ):
        assert reply.expect(200) == made


async def test_the_generation_counts_changes_of_spec_and_of_a_deployments_annotations(client: Client) -> None:
    path = f"{DEPLOYMENTS}/web"
    assert (await client.create(DEPLOYMENTS, deployment())).body["metadata"]["generation"] == 1

    async def after(patch: object) -> int:
        return int((await client.patch(path, patch)).expect(200)["metadata"]["generation"])

    assert await after({"metadata": {"labels": {"tier": "front"}}}) == 1
    assert await after({"spec": {"replicas": 3}}) == 2
    assert await after({"metadata": {"annotations": {"note": "x"}}}) == 3
    assert await after({"status": {"replicas": 3}}) == 3
    revision = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "4"}}}
    by_status = (await client.patch(f"{path}/status", revision)).expect(200)["metadata"]
    assert by_status["annotations"]["deployment.kubernetes.io/revision"] == "4"
    assert by_status["generation"] == 3


async def test_status_is_written_through_status_alone(client: Client) -> None:
    wish = {**deployment(), "status": {"replicas": 9}}
    assert (await client.create(DEPLOYMENTS, wish)).expect(201)["status"] == {}
    patch = {"spec": {"replicas": 7}, "status": {"replicas": 2, "readyReplicas": 0}}
    by_status = (await client.patch(f"{DEPLOYMENTS}/web/status", patch)).expect(200)
    assert by_status["spec"]["replicas"] == 2
    assert by_status["status"] == {"replicas": 2}
    assert by_status["metadata"]["generation"] == 1
    by_main = (await client.patch(f"{DEPLOYMENTS}/web", {"status": {"replicas": 5}})).expect(200)
    assert by_main["status"] == {"replicas": 2}


async def test_a_kubelet_brings_its_nodes_status_along(client: Client) -> None:
    node = {
        "metadata": {"name": "n1"},
        "status": {"capacity": {"cpu": "4"}, "conditions": [{"type": "Ready", "status": "True"}]},
    }
    made = (await client.create(NODES, node)).expect(201)
    assert made["status"]["allocatable"] == {"cpu": "4"}
    assert made["status"]["conditions"] == [{"type": "Ready", "status": "True"}]


async def test_a_rehearsal_answers_like_the_real_thing_and_leaves_no_trace(client: Client) -> None:
    made = (await client.create(CONFIG_MAPS, config_map("a"), dryRun="All")).expect(201)
    assert "uid" in made["metadata"]
    assert (await client.get(f"{CONFIG_MAPS}/a")).code == 404
    kept = (await client.create(CONFIG_MAPS, config_map("a", n="1"))).expect(201)
    assert (await client.create(CONFIG_MAPS, config_map("a"), dryRun="All")).code == 409
    assert (await client.patch(f"{CONFIG_MAPS}/a", {"data": {"n": "2"}}, dryRun="All")).expect(200)[
        "data"
    ] == {"n": "2"}
    (await client.delete(f"{CONFIG_MAPS}/a", dryRun="All")).expect(200)
    (await client.delete(CONFIG_MAPS, dryRun="All")).expect(200)
    assert (await client.get(f"{CONFIG_MAPS}/a")).expect(200) == kept
    refused = await client.create(CONFIG_MAPS, config_map("b"), dryRun="Some")
    assert (refused.code, refused.message) == (
        422,
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    )


async def test_yaml_goes_in_and_comes_out(client: Client) -> None:
    text = b"metadata:\n  name: a\ndata:\n  day: '2020-01-01'\n"
    made = await client.call("POST", CONFIG_MAPS, text, content_type="application/yaml")
    assert made.expect(201)["data"] == {"day": "2020-01-01"}
    read = await client.get(f"{CONFIG_MAPS}/a", accept="application/yaml")
    assert b"kind: ConfigMap\n" in read.expect(200)


async def test_the_four_namespaces_are_there_from_the_start(client: Client) -> None:
    assert await client.names(NAMESPACES) == ["default", "kube-node-lease", "kube-public", "kube-system"]
    made = (await client.create(NAMESPACES, {"metadata": {"name": "shop"}})).expect(201)
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}
    assert (made["spec"], made["status"]) == ({"finalizers": ["kubernetes"]}, {"phase": "Active"})


SERVICES = "/api/v1/namespaces/default/services"


def service(name: str, **spec: Any) -> Obj:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


async def test_a_service_gets_an_address_of_its_own_and_keeps_it(client: Client) -> None:
    first = (await client.create(SERVICES, service("a"))).expect(201)["spec"]
    second = (await client.create(SERVICES, service("b"))).expect(201)["spec"]
    assert (first["clusterIP"], first["clusterIPs"]) == ("10.96.0.1", ["10.96.0.1"])
    assert second["clusterIP"] == "10.96.0.2"
    replaced = (await client.replace(f"{SERVICES}/a", service("a", sessionAffinity="ClientIP"))).expect(200)
    assert replaced["spec"]["clusterIP"] == first["clusterIP"]
    headless = (await client.create(SERVICES, service("c", clusterIP="None"))).expect(201)["spec"]
    assert headless["clusterIPs"] == ["None"]
    named = service("d", type="ExternalName", externalName="example.com")
    assert "clusterIP" not in (await client.create(SERVICES, named)).expect(201)["spec"]


@pytest.mark.parametrize(
    ("namespace", "about", "event_time", "code"),
    [
        ("default", "default", None, 201),
        ("default", None, None, 201),
        ("default", "kube-system", None, 422),
        ("kube-system", None, None, 422),
        ("kube-system", None, "2026-01-01T00:00:00.000000Z", 201),
    ],
)
async def test_an_event_is_where_its_object_is(
    client: Client, namespace: str, about: str | None, event_time: str | None, code: int
) -> None:
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "web", "namespace": about},
        "eventTime": event_time,
    }
    reply = await client.create(f"/api/v1/namespaces/{namespace}/events", event)
    assert reply.code == code, reply.body
    if code == 422:
        assert reply.message == (
            f'Event "e" is invalid: involvedObject.namespace: Invalid value: "{about or ""}": '
            "does not match event.namespace"
        )
