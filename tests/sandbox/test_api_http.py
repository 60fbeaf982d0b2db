"""The HTTP around the objects: who may ask, in which form, and that every failure is a Status."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import stat
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

import aiohttp
import pytest
import yaml

from tui.sandbox import kinds
from tui.sandbox.server import ApiServer, PortInUseError

from .api import (
    APPLY,
    CONFIG_MAPS,
    DEPLOYMENTS,
    JSON_PATCH,
    MERGE,
    PODS,
    STRATEGIC,
    Client,
    config_map,
    deployment,
    pod,
)

PROTOBUF = "application/vnd.kubernetes.protobuf"


async def test_without_a_token_there_is_nothing_but_health_and_version(server: ApiServer) -> None:
    async with Client(server, "") as stranger:
        for path in ("/api/v1/pods", "/api", "/apis", "/openapi/v3", "/metrics"):
            reply = await stranger.get(path)
            assert (reply.code, reply.reason, reply.message) == (401, "Unauthorized", "Unauthorized"), path
        for path in ("/version", "/healthz", "/livez", "/readyz"):
            assert (await stranger.get(path)).code == 200, path
    async with Client(server, "guessed") as stranger:
        assert (await stranger.get("/api/v1/pods")).code == 401
        assert (await stranger.get("/version")).code == 401


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        (
            "DELETE",
            "/api/v1/namespaces/shop/pods/x",
            'pods "x" is forbidden: User "viewer" cannot delete resource "pods" in API group "" in the namespace '
            '"shop"',
        ),
        (
            "POST",
            "/apis/apps/v1/namespaces/shop/deployments",
            'deployments.apps is forbidden: User "viewer" cannot create resource "deployments" in API group "apps" '
            'in the namespace "shop"',
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/shop/deployments/web/scale",
            'deployments.apps "web" is forbidden: User "viewer" cannot patch resource "deployments/scale" in API group '
            '"apps" in the namespace "shop"',
        ),
        (
            "DELETE",
            "/api/v1/nodes",
            'nodes is forbidden: User "viewer" cannot deletecollection resource "nodes" in API group "" at the cluster '
            "scope",
        ),
        ("POST", "/version", 'forbidden: User "viewer" cannot post path "/version"'),
    ],
)
async def test_a_viewer_changes_nothing(server: ApiServer, method: str, path: str, message: str) -> None:
    async with Client(server, server.viewer_token) as viewer:
        reply = await viewer.call(method, path, {})
        assert (reply.code, reply.reason, reply.message) == (403, "Forbidden", message)


async def test_a_viewer_sees_everything(server: ApiServer, client: Client) -> None:
    (await client.create(PODS, pod())).expect(201)
    async with Client(server, server.viewer_token) as viewer:
        assert (await viewer.get(f"{PODS}/web")).code == 200
        assert await viewer.names("/api/v1/pods") == ["web"]
        async with viewer.watch(PODS) as events:
            assert await events.take(1) == [("ADDED", "web")]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/v1/namespaces/default/gadgets", 404),
        ("GET", "/apis/apps/v9/deployments", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/namespaces/default/nodes", 404),
        ("GET", f"{PODS}/web/colour", 404),
        ("GET", "/api/v1/pods/web", 404),
        ("POST", "/api/v1/pods", 405),
        ("POST", f"{PODS}/web", 405),
        ("PUT", PODS, 405),
        ("PATCH", PODS, 405),
        ("DELETE", f"{PODS}/web/status", 405),
        ("DELETE", "/apis", 405),
        ("OPTIONS", PODS, 405),
    ],
)
async def test_what_is_not_served(client: Client, method: str, path: str, code: int) -> None:
    (await client.create(PODS, pod())).expect(201)
    reply = await client.call(method, path, {} if method in ("PUT", "PATCH") else None)
    assert (reply.code, reply.body["kind"], reply.body["code"]) == (code, "Status", code)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"a":', b"\xff\xfe", b"[" * 5000],
    ids=["nothing", "open", "a list", "a number", "half", "no text", "deep"],
)
async def test_bodies_that_are_no_object(client: Client, body: bytes) -> None:
    (await client.create(CONFIG_MAPS, config_map("a"))).expect(201)
    for method, path, content_type in (
        ("POST", CONFIG_MAPS, "application/json"),
        ("POST", CONFIG_MAPS, "application/yaml"),
        ("PUT", f"{CONFIG_MAPS}/a", "application/json"),
        ("PATCH", f"{CONFIG_MAPS}/a", "application/merge-patch+json"),
        ("PATCH", f"{CONFIG_MAPS}/a", APPLY),
    ):
        reply = await client.call(method, path, body, content_type=content_type, fieldManager="me")
        assert (reply.code, reply.reason) == (400, "BadRequest"), (method, content_type)


async def test_media_types(client: Client) -> None:
    reply = await client.call("POST", PODS, b"k8s\0", content_type="application/x-tar")
    assert (reply.code, reply.reason) == (415, "UnsupportedMediaType")
    assert "accepted media types include: application/json, application/yaml" in reply.message
    (await client.create(PODS, pod())).expect(201)
    reply = await client.patch(f"{PODS}/web", {}, "application/json")
    assert (reply.code, "application/merge-patch+json" in reply.message) == (415, True)
    reply = await client.get(PODS, accept="text/html")
    assert (reply.code, reply.reason) == (406, "NotAcceptable")
    for accept in (f"{PROTOBUF},application/json", PROTOBUF, "*/*", ""):
        assert (await client.get(PODS, accept=accept)).expect(200)["kind"] == "PodList"
    reply = await client.call("POST", CONFIG_MAPS, json.dumps(config_map("a")).encode(), content_type="")
    assert reply.code == 201


async def test_metadata_alone(client: Client) -> None:
    made = (await client.create(PODS, pod())).expect(201)
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
    listed = (await client.get(PODS, accept=accept)).expect(200)
    assert listed["kind"] == "PartialObjectMetadataList"
    assert listed["items"] == [
        {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"]}
    ]
    one = (await client.get(f"{PODS}/web", accept=accept.replace("List", ""))).expect(200)
    assert one == listed["items"][0]
    async with client.watch(PODS, accept=accept.replace("List", "")) as events:
        assert (await events.next())["object"] == one


async def test_a_body_can_be_too_large(client: Client) -> None:
    reply = await client.create(CONFIG_MAPS, config_map("a", text="x" * (3 * 1024 * 1024)))
    assert (reply.code, reply.reason) == (413, "RequestEntityTooLarge")
    (await client.create(CONFIG_MAPS, config_map("a", text="x" * (1024 * 1024)))).expect(201)


async def test_long_lists_are_compressed_for_those_who_ask(client: Client) -> None:
    for count in range(3):
        (await client.create(CONFIG_MAPS, config_map(f"m{count}", text="x" * 60_000))).expect(201)
    reply = await client.get(CONFIG_MAPS)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(reply.expect(200)["items"]) == 3
    assert "Content-Encoding" not in (await client.get(f"{CONFIG_MAPS}/m0")).headers


async def test_a_fault_of_the_servers_own_is_a_status_without_details(
    client: Client, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(server.store, "get", broken)
    reply = await client.get(f"{PODS}/web")
    assert (reply.code, reply.reason) == (500, "InternalError")
    assert reply.message == "Internal error occurred: ZeroDivisionError"


async def test_the_servers_clock_is_the_one_it_was_given() -> None:
    then = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    async with ApiServer(clock=lambda: then, random=Random(1)) as server, Client(server) as client:
        made = await client.create(PODS, pod())
        assert parsedate_to_datetime(made.headers["Date"]) == then
        assert made.expect(201)["metadata"]["creationTimestamp"] == "2030-01-02T03:04:05Z"


@pytest.mark.parametrize("form", [MERGE, STRATEGIC, JSON_PATCH, APPLY])
@pytest.mark.parametrize(
    "body",
    [
        b'{"metadata": {"labels": {"a": "\xff"}}}',
        b"\xff\xfe",
        b'{"spec": ' + b'{"a": ' * 700 + b"1" + b"}" * 701,
        b'[{"op": "add", "path": "/spec/a", "value": ' + b"[" * 700 + b"]" * 700 + b"}]",
    ],
    ids=["no text in a text", "no text", "deep", "deep value"],
)
async def test_no_bytes_and_no_depth_are_a_server_error(client: Client, form: str, body: bytes) -> None:
    (await client.create(DEPLOYMENTS, deployment())).expect(201)
    reply = await client.call("PATCH", f"{DEPLOYMENTS}/web", body, content_type=form, fieldManager="me")
    assert reply.code < 500
    assert (await client.call("POST", DEPLOYMENTS, body)).code in (400, 422)


async def test_an_error_without_details_says_so(client: Client) -> None:
    assert (await client.get("/api/v1/nodes/a/proxy")).expect(404)["details"] == {}


async def test_no_request_is_kept_unless_somebody_asked_for_it() -> None:
    async with ApiServer() as server, Client(server) as client:
        (await client.create(PODS, pod())).expect(201)
        assert list(server.requests) == []


async def test_every_request_is_on_record(client: Client, server: ApiServer) -> None:
    (await client.create(DEPLOYMENTS, deployment(), fieldManager="me", dryRun="All")).expect(201)
    await client.get(f"{DEPLOYMENTS}/web")
    controllers = server.issue_token("system:kube-controller-manager")
    async with Client(server, controllers, agent="kube-controller-manager/v1") as controller:
        await controller.delete(f"{DEPLOYMENTS}/web")
    create, read, delete = server.requests
    assert (create.method, create.path, create.status, create.user_agent) == (
        "POST",
        DEPLOYMENTS,
        201,
        "tester/1.0 (linux)",
    )
    assert dict(create.query) == {"fieldManager": "me", "dryRun": "All"}
    assert json.loads(create.body) == deployment()
    assert (read.status, read.user) == (404, "gapwatch-sandbox-admin")
    assert (delete.user, delete.user_agent) == (
        "system:kube-controller-manager",
        "kube-controller-manager/v1",
    )


async def test_trailing_slashes_and_escapes_do_not_matter(client: Client) -> None:
    (await client.create(f"{CONFIG_MAPS}/", config_map("a"))).expect(201)
    assert (await client.get("/api/v1/namespaces/default//configmaps/a/")).code == 200
    assert (await client.get("/apis/")).expect(200)["kind"] == "APIGroupList"


async def test_discovery_lists_every_kind_with_its_verbs(client: Client) -> None:
    found = {}
    groups = (await client.get("/apis")).expect(200)["groups"]
    places = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
    for place in places:
        listed = (await client.get(place)).expect(200)
        assert listed["kind"] == "APIResourceList"
        assert place.endswith(listed["groupVersion"])
        for resource in listed["resources"]:
            found[resource["name"]] = resource
    assert {kind.plural for kind in kinds.KINDS} <= found.keys()
    assert found["deployments"]["shortNames"] == ["deploy"]
    assert (found["nodes"]["namespaced"], found["pods"]["namespaced"]) == (False, True)
    assert found["pods/eviction"]["verbs"] == ["create"]
    assert found["deployments/scale"]["kind"] == "Scale"
    assert (await client.get("/api")).expect(200)["versions"] == ["v1"]
    assert (await client.get("/apis/apps")).expect(200)["preferredVersion"]["groupVersion"] == "apps/v1"
    version = (await client.get("/version")).expect(200)
    assert (version["major"], version["minor"], version["gitVersion"]) == ("1", "35", "v1.35.0+gapwatch")


async def test_openapi_leads_from_the_index_to_every_kind(client: Client) -> None:
    index = (await client.get("/openapi/v3")).expect(200)["paths"]
    declared = set()
    for place in index.values():
        path, _, query = place["serverRelativeURL"].partition("?")
        document = (await client.get(path, hash=query.removeprefix("hash="))).expect(200)
        for operations in document["paths"].values():
            declared |= {
                operation["x-kubernetes-group-version-kind"]["kind"] for operation in operations.values()
            }
            for method in {"post", "put", "patch"} & operations.keys():
                parameters = {parameter["name"] for parameter in operations[method]["parameters"]}
                assert {"dryRun", "fieldValidation"} <= parameters
    assert declared == {kind.kind for kind in kinds.KINDS}
    assert (await client.get("/openapi/v3/apis/nowhere/v1")).code == 404


async def test_the_way_in_is_for_its_owner_alone() -> None:
    server = ApiServer(random=Random(1))
    await server.start()
    kubeconfig, folder = server.kubeconfig, server.kubeconfig.parent
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["ca.crt", "kubeconfig"]
    document = yaml.safe_load(kubeconfig.read_text())
    assert document["current-context"] == "gapwatch-sandbox"
    assert [context["name"] for context in document["contexts"]] == [
        "gapwatch-sandbox",
        "gapwatch-sandbox-viewer",
    ]
    assert {user["user"]["token"] for user in document["users"]} == {server.token, server.viewer_token}
    assert server.url.startswith("https://127.0.0.1:")
    await server.close()
    await server.close()
    assert not folder.exists()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.kubeconfig


async def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} on 127.0.0.1 is in use") as caught:
            await ApiServer(port=port).start()
    assert isinstance(caught.value, OSError)


async def test_the_certificate_holds_in_the_strictest_mode(server: ApiServer) -> None:
    strict = ssl.create_default_context(cafile=server.ca_path)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    port = server.url.rpartition(":")[2]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=strict)) as session:
        for host in ("127.0.0.1", "localhost"):
            async with session.get(f"https://{host}:{port}/version") as response:
                assert response.status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", int(port), ssl=ssl.create_default_context())


async def test_nobody_gets_in_without_tls(server: ApiServer) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(server.url.replace("https", "http"))
