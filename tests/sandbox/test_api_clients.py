"""kr8s and the official client as judges: two libraries that know nothing of each other find a real cluster here."""

from __future__ import annotations

import asyncio
import importlib
import warnings
from collections.abc import AsyncIterator
from typing import Any, cast

import kr8s
import pytest
from kr8s.asyncio.objects import Deployment, Node, Pod

from tui.sandbox.podinfo import Options, Podinfo
from tui.sandbox.server import ApiServer

from .api import PODS, Client, Obj, deployment, pod, ready

# Its models make nearly everything optional; what is asked of them here would be half type guards.
official: Any = importlib.import_module("kubernetes.client")
config, dynamic, utils, watch = (
    cast(Any, importlib.import_module(f"kubernetes.{name}"))
    for name in ("config", "dynamic", "utils", "watch")
)


@pytest.fixture
def typed(server: ApiServer) -> Any:
    """The official client on the sandbox's kubeconfig."""
    return config.new_client_from_config(str(server.kubeconfig))


@pytest.fixture
async def api(server: ApiServer) -> AsyncIterator[Any]:
    """kr8s on the sandbox's kubeconfig."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        made: Any = await kr8s.asyncio.api(kubeconfig=str(server.kubeconfig))
    yield made
    await made._session.aclose()


async def test_kr8s_knows_who_it_is(api: Any) -> None:
    assert await api.whoami() == "gapwatch-sandbox-admin"


async def test_the_official_client_makes_changes_and_removes(typed: Any) -> None:
    apps = official.AppsV1Api(typed)

    def work() -> None:
        made = apps.create_namespaced_deployment("default", deployment())
        assert (made.metadata.generation, made.spec.strategy.rolling_update.max_surge) == (1, "25%")
        made.spec.replicas = 4
        replaced = apps.replace_namespaced_deployment("web", "default", made)
        assert replaced.spec.replicas == 4
        with pytest.raises(official.ApiException) as caught:
            apps.replace_namespaced_deployment("web", "default", made)
        assert (caught.value.status, caught.value.reason) == (409, "Conflict")
        patched = apps.patch_namespaced_deployment("web", "default", {"spec": {"paused": True}})
        assert (patched.spec.paused, patched.metadata.generation) == (True, 3)
        scaled = apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 1}})
        assert scaled.spec.replicas == 1
        apps.patch_namespaced_deployment_status("web", "default", {"status": {"observedGeneration": 4}})
        read = apps.read_namespaced_deployment_status("web", "default")
        assert read.status.observed_generation == 4
        status = apps.delete_namespaced_deployment("web", "default", propagation_policy="Background")
        assert status["status"] == "Success"
        assert apps.list_deployment_for_all_namespaces().items == []

    await asyncio.to_thread(work)


async def test_the_official_client_watches(typed: Any, client: Client) -> None:
    core = official.CoreV1Api(typed)
    (await client.create(PODS, pod("a"))).expect(201)

    def work() -> list[tuple[str, str]]:
        seen = []
        stream = watch.Watch()
        for event in stream.stream(core.list_namespaced_pod, "default", timeout_seconds=10):
            seen.append((event["type"], event["object"].metadata.name))
            if len(seen) == 1:
                core.create_namespaced_pod("default", pod("b"))
            if len(seen) == 2:
                core.delete_namespaced_pod("a", "default")
            if len(seen) == 4:
                stream.stop()
        return seen

    assert await asyncio.to_thread(work) == [
        ("ADDED", "a"),
        ("ADDED", "b"),
        ("MODIFIED", "a"),
        ("DELETED", "a"),
    ]


async def test_the_official_client_binds_and_evicts(typed: Any) -> None:
    core = official.CoreV1Api(typed)

    def work() -> None:
        core.create_namespaced_pod("default", pod())
        target = official.V1ObjectReference(kind="Node", name="n1")
        binding = official.V1Binding(metadata=official.V1ObjectMeta(name="web"), target=target)
        core.create_namespaced_pod_binding("web", "default", binding, _preload_content=False)
        assert core.read_namespaced_pod("web", "default").spec.node_name == "n1"
        core.patch_namespaced_pod_status("web", "default", {"status": ready({})["status"]})
        eviction = official.V1Eviction(metadata=official.V1ObjectMeta(name="web"))
        core.create_namespaced_pod_eviction("web", "default", eviction, _preload_content=False)
        assert core.read_namespaced_pod("web", "default").metadata.deletion_timestamp is not None

    await asyncio.to_thread(work)


async def test_the_official_client_reaches_into_a_pod(typed: Any, server: ApiServer, client: Client) -> None:
    (await client.create(PODS, pod(node="n1"))).expect(201)
    (await client.patch(f"{PODS}/web/status", {"status": {"podIP": "10.244.1.2"}})).expect(200)
    program = Podinfo("web", "6", Options(), lambda: None)
    server.network.listen("10.244.1.2", program)
    core = official.CoreV1Api(typed)

    def work() -> None:
        where = ("web:9898", "default")
        assert "greetings" in core.connect_get_namespaced_pod_proxy(*where)
        core.connect_post_namespaced_pod_proxy_with_path(*where, "readyz/disable")
        with pytest.raises(official.ApiException) as failure:
            core.connect_get_namespaced_pod_proxy_with_path(*where, "readyz")
        assert failure.value.status == 503

    await asyncio.to_thread(work)
    assert not program.is_ready


async def test_the_official_client_pages_and_selects(typed: Any, client: Client) -> None:
    for name in "abcde":
        (await client.create(PODS, pod(name, node="n1" if name < "c" else ""))).expect(201)
    core = official.CoreV1Api(typed)

    def work() -> None:
        first = core.list_namespaced_pod("default", limit=3)
        rest = core.list_namespaced_pod("default", limit=3, _continue=first.metadata._continue)
        assert [item.metadata.name for item in (*first.items, *rest.items)] == list("abcde")
        on_node = core.list_pod_for_all_namespaces(field_selector="spec.nodeName=n1")
        assert [item.metadata.name for item in on_node.items] == ["a", "b"]
        core.delete_collection_namespaced_pod("default", label_selector="app=web")
        assert [item.metadata.name for item in core.list_namespaced_pod("default").items] == ["a", "b"]

    await asyncio.to_thread(work)


async def test_the_official_client_discovers_and_applies(typed: Any) -> None:
    def work() -> None:
        utils.create_from_dict(typed, deployment())
        found = dynamic.DynamicClient(typed)
        deployments = found.resources.get(api_version="apps/v1", kind="Deployment")
        assert deployments.get(name="web", namespace="default").spec.replicas == 2
        applied = deployments.server_side_apply(
            body=deployment(replicas=5),
            name="web",
            namespace="default",
            field_manager="me",
            force_conflicts=True,
        )
        assert applied.spec.replicas == 5
        assert official.VersionApi(typed).get_code().git_version == "v1.35.0+gapwatch"
        review = {"spec": {"resourceAttributes": {"verb": "delete", "resource": "pods"}}}
        answered = official.AuthorizationV1Api(typed).create_self_subject_access_review(review)
        assert answered.status.allowed is True

    await asyncio.to_thread(work)


async def test_kr8s_lives_with_a_deployment(api: Any) -> None:
    made = await Deployment(deployment(), api=api)
    await made.create()
    await made.scale(3)
    assert made.spec.replicas == 3
    await made.patch({"metadata": {"labels": {"tier": "front"}}})
    (found,) = [
        item async for item in api.get("deployments", label_selector={"tier": "front"}, namespace=kr8s.ALL)
    ]
    assert found.name == "web"
    await made.delete()
    assert not await made.exists()


async def test_kr8s_cordons_a_node_and_deletes_a_pod(api: Any, client: Client) -> None:
    node = await Node({"metadata": {"name": "n1"}}, api=api)
    await node.create()
    await node.cordon()
    assert (await client.get("/api/v1/nodes/n1")).body["spec"]["unschedulable"] is True
    created = await Pod({**pod(node="n1")}, api=api)
    await created.create()
    assert not await created.ready()
    await created.delete()
    assert "deletionTimestamp" in (await client.get(f"{PODS}/web")).body["metadata"]


async def test_kr8s_watches(api: Any, client: Client) -> None:
    (await client.create(PODS, pod("a"))).expect(201)
    seen: list[tuple[str, str]] = []
    async for kind, found in api.watch("pods", namespace="default"):
        seen.append((kind, found.name))
        if len(seen) == 1:
            (await client.create(PODS, pod("b"))).expect(201)
        if len(seen) == 2:
            break
    assert seen == [("ADDED", "a"), ("ADDED", "b")]


async def test_the_raw_call_that_gapwatch_uses(api: Any, client: Client) -> None:
    listed: Obj = (await client.get("/apis/apps/v1/deployments")).expect(200)
    params = {
        "watch": "true",
        "resourceVersion": listed["metadata"]["resourceVersion"],
        "timeoutSeconds": "1",
    }
    async with api.call_api(
        "GET", version="apps/v1", url="deployments", params=params, stream=True, raise_for_status=False
    ) as response:
        assert response.status_code == 200
        (await client.create("/apis/apps/v1/namespaces/default/deployments", deployment())).expect(201)
        async for data in response.aiter_bytes():
            assert data.startswith(
                b'{"type":"ADDED","object":{"kind":"Deployment","apiVersion":"apps/v1","metadata":'
            )
            assert data.endswith(b"}\n")
            break
