"""A user of a Service: the API server's proxy dials one of the ready pods behind it."""

from __future__ import annotations

from typing import Any

import pytest

from tui.sandbox.loops.client import PODS, SERVICES
from tui.sandbox.loops.objects import is_ready, key_of, name_of
from tui.sandbox.server import ApiServer

from .api import PODS as PODS_PATH
from .api import Client, Obj, pod
from .live import NAMESPACE, Live, live

PATH = f"/api/v1/namespaces/{NAMESPACE}/services"
READINESS = {"httpGet": {"path": "/readyz", "port": 9898}, "periodSeconds": 1, "failureThreshold": 1}
PODINFO: Obj = {"ports": [{"name": "http", "containerPort": 9898}], "readinessProbe": READINESS}


def service(**spec: Any) -> Obj:
    port = {"name": "http", "port": 80, "targetPort": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"selector": {"app": "web"}, "ports": [port]} | spec,
    }


async def who_answer(client: Client, replicas: int) -> set[str]:
    """Ask the Service until so many pods have answered."""
    seen: set[str] = set()
    while len(seen) < replicas:
        seen.add((await client.get(f"{PATH}/web:http/proxy/")).expect(200)["hostname"])
    return seen


async def deploy(cluster: Live, replicas: int) -> set[str]:
    """Podinfo behind a Service; the names of its pods."""
    await cluster.api.create(SERVICES, service())
    await cluster.deploy(replicas=replicas, pod=PODINFO)
    return {name_of(one) for one in await cluster.ready_pods(replicas)}


async def test_every_ready_pod_gets_its_share() -> None:
    async with live() as cluster, Client(cluster.sandbox.server) as client:
        names = await deploy(cluster, 3)
        assert await who_answer(client, 3) == names
        out, *_ = sorted(names)
        await client.call("POST", f"{PODS_PATH}/{out}/proxy/readyz/disable")
        await cluster.until(PODS, lambda all_: not is_ready(all_[f"{NAMESPACE}/{out}"]))
        assert await who_answer(client, 2) == names - {out}


async def test_a_service_is_broken_while_its_pods_are_ready() -> None:
    async with live() as cluster, Client(cluster.sandbox.server) as client:
        [name] = await deploy(cluster, 1)
        for asked in ("web:http", "web:80", "http:web:80"):
            assert (await client.get(f"{PATH}/{asked}/proxy/")).code == 200
        await client.call("POST", f"{PODS_PATH}/{name}/proxy/fault_injection/enable")
        assert (await client.get(f"{PATH}/web:http/proxy/")).code == 500
        [still] = await cluster.pods()
        assert is_ready(still)
        await client.call("POST", f"{PATH}/web:http/proxy/fault_injection/disable")
        assert (await client.get(f"{PATH}/web:http/proxy/")).code == 200


async def test_without_a_ready_pod_there_is_no_endpoint() -> None:
    async with live() as cluster, Client(cluster.sandbox.server) as client:
        [name] = await deploy(cluster, 1)
        await client.call("POST", f"{PODS_PATH}/{name}/proxy/readyz/disable")
        await cluster.until(PODS, lambda all_: not is_ready(all_[f"{NAMESPACE}/{name}"]))
        reply = await client.get(f"{PATH}/web:http/proxy/")
        assert (reply.code, reply.reason) == (503, "ServiceUnavailable")
        assert reply.message == 'no endpoints available for service "web"'
        await cluster.scale(0)
        await cluster.until(PODS, lambda all_: f"{NAMESPACE}/{name}" not in map(key_of, all_.values()))
        assert (await client.get(f"{PATH}/web:http/proxy/")).message == reply.message


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ("nobody:80", 404, 'services "nobody" not found'),
        ("web:81", 503, 'no service port 81 found for service "web"'),
        ("web:metrics", 503, 'no endpoints available for service "web:metrics"'),
        ("web", 503, 'no endpoints available for service "web"'),
        ("ftp:web:80", 400, 'invalid service request "ftp:web:80"'),
        (
            "web:80",
            503,
            "error trying to reach service: dial tcp 10.244.1.2:8080: connect: connection refused",
        ),
        (
            "web:http",
            503,
            "error trying to reach service: dial tcp 10.244.1.2:8080: connect: connection refused",
        ),
    ],
)
async def test_what_comes_back_where_nobody_answers(
    client: Client, asked: str, code: int, message: str
) -> None:
    (await client.create(PATH, service(ports=[{"name": "http", "port": 80, "targetPort": 8080}]))).expect(201)
    (await client.create(PODS_PATH, pod(node="n1"))).expect(201)
    ready = {"podIP": "10.244.1.2", "conditions": [{"type": "Ready", "status": "True"}]}
    (await client.patch(f"{PODS_PATH}/web/status", {"status": ready})).expect(200)
    reply = await client.get(f"{PATH}/{asked}/proxy/")
    assert (reply.code, reply.message) == (code, message)


async def test_a_service_that_selects_nothing_has_no_endpoint(client: Client) -> None:
    (await client.create(PATH, service(selector=None))).expect(201)
    (await client.create(PODS_PATH, pod(node="n1"))).expect(201)
    reply = await client.get(f"{PATH}/web:80/proxy/")
    assert (reply.code, reply.message) == (503, 'no endpoints available for service "web"')


async def test_who_only_reads_uses_no_service(server: ApiServer, client: Client) -> None:
    (await client.create(PATH, service())).expect(201)
    async with Client(server, server.viewer_token) as viewer:
        reply = await viewer.get(f"{PATH}/web:80/proxy/")
        assert reply.code == 403
        assert 'cannot get resource "services/proxy"' in reply.message
