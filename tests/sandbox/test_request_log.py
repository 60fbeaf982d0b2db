"""What the request log tells of a request: enough to assert that a preview changes nothing, and who was meant."""

from __future__ import annotations

import pytest

from tui.sandbox.request_log import LONGEST_BODY, RequestRecord
from tui.sandbox.server import ApiServer

from .api import DEPLOYMENTS, NODES, PODS, Client, Obj, deployment, pod

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def record(method: str, path: str, query: dict[str, str], body: bytes = b"") -> RequestRecord:
    return RequestRecord(method, path, query, "tester/1.0", body=body)


@pytest.mark.parametrize(
    ("method", "path", "query", "verb", "mutating"),
    [
        ("GET", PODS, {}, "list", False),
        ("GET", PODS, {"watch": "1"}, "watch", False),
        ("GET", f"{PODS}/web", {}, "get", False),
        ("GET", f"{PODS}/web/log", {}, "get", False),
        ("GET", "/version", {}, "get", False),
        ("POST", REVIEWS, {}, "create", False),
        ("POST", PODS, {}, "create", True),
        ("POST", PODS, {"dryRun": "All"}, "create", False),
        ("PUT", f"{NODES}/n1/status", {}, "update", True),
        ("PATCH", f"{DEPLOYMENTS}/web/scale", {}, "patch", True),
        ("DELETE", f"{PODS}/web", {}, "delete", True),
        ("DELETE", f"{PODS}/web", {"dryRun": "All"}, "delete", False),
        ("DELETE", PODS, {}, "deletecollection", True),
        ("POST", f"{PODS}/web/eviction", {}, "create", True),
        ("GET", f"{PODS}/web/proxy/panic", {}, "get", True),
        ("GET", f"{PODS}/web/exec", {}, "get", True),
    ],
)
def test_what_is_a_write(method: str, path: str, query: dict[str, str], verb: str, mutating: bool) -> None:
    one = record(method, path, query)
    assert (one.verb, one.is_mutating) == (verb, mutating)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", None),
        (b"replicas: 3", None),
        (b"\xff", None),
        (b'{"a": "' + b"x" * LONGEST_BODY, None),
        (b'{"a": [1]}', {"a": [1]}),
    ],
)
def test_a_body_is_json_or_nothing(body: bytes, found: object) -> None:
    assert record("POST", PODS, {}, body).json == found


async def test_a_deletion_tells_whom_it_meant(client: Client, server: ApiServer) -> None:
    uid = (await client.create(PODS, pod())).expect(201)["metadata"]["uid"]
    server.requests.clear()
    options: Obj = {"preconditions": {"uid": uid}, "gracePeriodSeconds": 0}
    await client.delete(f"{PODS}/web", options | {"dryRun": ["All"]})
    eviction: Obj = {"metadata": {"name": "web"}, "deleteOptions": options | {"dryRun": ["All"]}}
    await client.create(f"{PODS}/web/eviction", eviction)
    await client.delete(f"{PODS}/web", {"preconditions": {"uid": "another"}})
    await client.delete(f"{PODS}/web", options)
    rehearsed, evicted, refused, deleted = server.requests
    assert [one.status for one in server.requests] == [200, 201, 409, 200]
    assert [one.is_dry_run for one in server.requests] == [True, True, False, False]
    assert [one.is_mutating for one in server.requests] == [False, False, True, True]
    assert all(one.delete_options["preconditions"] == {"uid": uid} for one in (rehearsed, evicted, deleted))
    assert refused.delete_options == {"preconditions": {"uid": "another"}}


async def test_what_a_client_sends_is_told_word_for_word(client: Client, server: ApiServer) -> None:
    (await client.create(DEPLOYMENTS, deployment(), fieldManager="me")).expect(201)
    (await client.patch(f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}}, dryRun="All")).expect(200)
    create, patch = server.requests
    assert (create.json, create.delete_options, create.user_agent) == (deployment(), {}, "tester/1.0 (linux)")
    assert patch.json == {"spec": {"replicas": 3}}
    assert dict(patch.query) == {"dryRun": "All"}
    assert patch.target is not None
    assert (patch.target.resource, patch.target.name) == ("deployments", "web")
