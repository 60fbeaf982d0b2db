"""Into a pod through the API server's proxy: what chaos on a real podinfo does, done to a simulated one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Network

import pytest

from tests.waiting import PATIENCE_S, until
from tui.sandbox.loops.client import DEPLOYMENTS, NODES, PODS
from tui.sandbox.loops.node_taints import readiness
from tui.sandbox.loops.objects import Obj, is_ready, name_of, node_of, status_of
from tui.sandbox.loops.own_node import HEARTBEATS
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.podinfo import Options, Podinfo
from tui.sandbox.server import ApiServer

from .api import NAMESPACES, Client, pod
from .api import PODS as PODS_PATH
from .live import NAMESPACE, Live, live, manifest

READINESS = {"httpGet": {"path": "/readyz", "port": 9898}, "periodSeconds": 5, "failureThreshold": 2}
PODINFO: Obj = {"ports": [{"containerPort": 9898}], "readinessProbe": READINESS}


@asynccontextmanager
async def podinfo(replicas: int = 1, **spec: object) -> AsyncIterator[tuple[Live, Client, str]]:
    """A cluster with a podinfo of its own, a bare client, and the path of one pod's proxy."""
    async with live() as cluster, Client(cluster.sandbox.server) as client:
        await cluster.deploy(replicas=replicas, pod=PODINFO | spec)
        first = (await cluster.ready_pods(replicas))[0]
        yield cluster, client, f"{PODS_PATH}/{name_of(first)}/proxy"


def ran(pod: Obj) -> Obj:
    """The status of the pod's only container."""
    [status] = status_of(pod).get("containerStatuses") or [{}]
    found: Obj = status
    return found


async def test_the_front_page_says_who_answers() -> None:
    async with podinfo() as (_, client, proxy):
        name = proxy.split("/")[-2]
        page = (await client.get(f"{proxy}/")).expect(200)
        assert (page["hostname"], page["version"]) == (name, "6.14.1")
        assert (await client.get(proxy)).expect(200) == page, "a redirect leads to the front page"
        for asked in (f"{name}:9898", f"http:{name}:9898", f"http:{name}:"):
            assert (await client.get(f"{PODS_PATH}/{asked}/proxy/healthz")).expect(200) == {"status": "OK"}
        assert (await client.get(f"{proxy}/status/418")).expect(418) == {"status": 418}
        assert (await client.get(f"{proxy}/status/204")).code == 204
        assert (await client.get(f"{proxy}/proxy")).code == 404


async def test_a_pod_that_is_told_so_is_not_ready_until_it_is_told_again() -> None:
    async with podinfo(replicas=2) as (cluster, client, proxy):
        name = proxy.split("/")[-2]
        assert (await client.call("POST", f"{proxy}/readyz/disable")).code == 202
        unready = await cluster.until(PODS, lambda all_: not is_ready(all_[f"{NAMESPACE}/{name}"]))
        assert ran(unready[f"{NAMESPACE}/{name}"])["restartCount"] == 0
        assert sum(map(is_ready, unready.values())) == 1, "the other one is asked no differently"
        told = await cluster.event("Unhealthy")
        assert told["message"] == "Readiness probe failed: HTTP probe failed with statuscode: 503"
        assert (await client.get(f"{proxy}/readyz")).code == 503
        assert (await client.get(f"{proxy}/readyz/enable")).code == 405, "a switch wants a POST"
        assert (await client.call("POST", f"{proxy}/readyz/enable")).code == 202
        await cluster.ready_pods(2)


async def test_a_panic_ends_the_container_and_it_comes_again() -> None:
    async with podinfo() as (cluster, client, proxy):
        await client.call("POST", f"{proxy}/readyz/disable")
        reply = await client.get(f"{proxy}/panic")
        assert (reply.code, reply.reason) == (503, "ServiceUnavailable")
        assert reply.message == "error trying to reach service: EOF"
        back = await cluster.until(
            PODS,
            lambda all_: all(ran(pod).get("restartCount") == 1 and is_ready(pod) for pod in all_.values()),
        )
        [after] = back.values()
        ended = ran(after)["lastState"]["terminated"]
        assert (ended["exitCode"], ended["reason"]) == (255, "Error")
        assert (await client.get(f"{proxy}/readyz")).code == 200, "the new run knows nothing of the old one"
        await client.get(f"{proxy}/panic")
        told = await cluster.until(
            PODS, lambda all_: any("waiting" in ran(pod)["state"] for pod in all_.values())
        )
        waiting = ran(next(iter(told.values())))["state"]["waiting"]
        assert waiting["reason"] == "CrashLoopBackOff"
        assert waiting["message"].startswith("back-off 10s restarting failed container=web pod=web-")


async def test_a_service_can_be_broken_while_its_gap_is_zero() -> None:
    async with podinfo() as (cluster, client, proxy):
        name = proxy.split("/")[-2]
        mark = {"metadata": {"annotations": {"sandbox.gapwatch.dev/random-error": "true"}}}
        told = await cluster.patch(PODS, name, mark)
        program = cluster.sandbox.server.network.find(status_of(told)["podIP"], 9898)
        assert program is not None
        await until(lambda: program.is_broken)
        assert (await client.get(f"{proxy}/")).code == 500
        assert (await client.get(f"{proxy}/readyz")).code == 200
        [still] = await cluster.pods()
        assert is_ready(still)


async def test_a_rollout_with_random_errors_completes_and_answers_500() -> None:
    async with podinfo(args=["--random-error"]) as (_, client, proxy):
        assert (await client.get(f"{proxy}/")).code == 500
        assert (await client.get(f"{proxy}/healthz")).code == 200


async def test_a_podinfo_that_injects_faults_is_ready_and_answers_500() -> None:
    async with podinfo() as (cluster, client, proxy):
        switched = (await client.call("POST", f"{proxy}/fault_injection/enable")).expect(202)
        assert switched == {"fault_injection": "enabled"}
        assert (await client.get(f"{proxy}/")).code == 500
        assert (await client.get(f"{proxy}/readyz")).code == 200
        [still] = await cluster.pods()
        assert is_ready(still)
        await client.call("POST", f"{proxy}/fault_injection/disable")
        assert (await client.get(f"{proxy}/")).code == 200


async def test_a_podinfo_that_starts_unready_waits_to_be_told() -> None:
    async with live() as cluster, Client(cluster.sandbox.server) as client:
        await cluster.api.create(DEPLOYMENTS, manifest(replicas=1, pod=PODINFO | {"args": ["--unready"]}))
        await cluster.event("Unhealthy")
        [unready] = await cluster.pods()
        assert not is_ready(unready)
        await client.call("POST", f"{PODS_PATH}/{name_of(unready)}/proxy/readyz/enable")
        await cluster.ready_pods(1)


async def test_a_podinfo_takes_its_time() -> None:
    async with podinfo() as (cluster, client, proxy):
        before = cluster.sandbox.clock.monotonic()
        assert (await client.get(f"{proxy}/delay/2")).expect(200) == {"delay": 2}
        assert cluster.sandbox.clock.monotonic() - before >= 2


async def test_the_pods_of_a_silent_node_are_out_of_reach_and_live_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with podinfo() as (cluster, client, proxy):
        [home] = await cluster.pods()
        network, ip = cluster.sandbox.server.network, status_of(home)["podIP"]
        program = network.find(ip, 9898)

        async def heartbeats(value: str | None) -> None:
            mark = {"metadata": {"annotations": {HEARTBEATS: value}}}
            await cluster.api.patch(NODES, "", node_of(home), mark)

        await heartbeats("stopped")
        await cluster.until(NODES, lambda all_: readiness(all_[node_of(home)]) == "Unknown")
        reply = await client.get(f"{proxy}/readyz")
        assert (reply.code, reply.message) == (
            503,
            f"error trying to reach service: dial tcp {ip}:9898: i/o timeout",
        )
        monkeypatch.setattr("tui.sandbox.pod_network.DIAL_S", 10_000.0)  # nobody gives up before it is back
        waiting = asyncio.create_task(client.get(f"{proxy}/"))
        await heartbeats(None)
        assert (await waiting).code == 200, "who still dials gets through"
        assert network.find(ip, 9898) is program
        [back] = await cluster.ready_pods(1)
        assert ran(back)["containerID"] == ran(home)["containerID"]


@pytest.mark.parametrize(
    ("befalls", "why"),
    [("cut off", "read tcp 10.244.1.2:9898: i/o timeout"), ("ended", "EOF"), ("replaced", "EOF")],
)
async def test_what_befalls_a_pod_while_it_takes_its_time(befalls: str, why: str) -> None:
    def real(seconds: float) -> float:
        if seconds == 7:
            happen()
        return seconds / 3000

    def happen() -> None:
        if befalls == "cut off":
            network.cut_off(IPv4Network("10.244.1.0/24"))
        elif befalls == "ended":
            network.hang_up("10.244.1.2", program)
        else:
            network.listen("10.244.1.2", Podinfo("web", "6", Options(), lambda: None))

    network, program = PodNetwork(real), Podinfo("web", "6", Options(), lambda: None)
    network.listen("10.244.1.2", program)
    async with ApiServer(network=network) as server, Client(server) as client:
        (await client.create(PODS_PATH, pod("web", node="n1"))).expect(201)
        (await client.patch(f"{PODS_PATH}/web/status", {"status": {"podIP": "10.244.1.2"}})).expect(200)
        reply = await client.get(f"{PODS_PATH}/web:9898/proxy/delay/7")
        assert (reply.code, reply.message) == (503, f"error trying to reach service: {why}")


async def test_a_failing_liveness_probe_restarts_a_pod_of_the_cluster() -> None:
    liveness = {"httpGet": {"path": "/healthz", "port": 9898}}
    async with podinfo(livenessProbe=liveness) as (cluster, _, proxy):
        mark = {"metadata": {"annotations": {"sandbox.gapwatch.dev/live": "false"}}}
        await cluster.patch(PODS, proxy.split("/")[-2], mark)
        await cluster.event("Killing", "Container web failed liveness probe, will be restarted")
        told = await cluster.event("Unhealthy", "Liveness probe failed")
        assert told["count"] >= 1
        await cluster.until(PODS, lambda all_: any(ran(pod)["restartCount"] >= 1 for pod in all_.values()))


async def test_where_nothing_listens(client: Client) -> None:
    assert (await client.get(f"{PODS_PATH}/nobody/proxy/")).code == 404
    (await client.create(PODS_PATH, pod("web", node="n1"))).expect(201)
    reply = await client.get(f"{PODS_PATH}/web/proxy/")
    assert (reply.code, reply.message) == (400, "address not allowed")
    (await client.patch(f"{PODS_PATH}/web/status", {"status": {"podIP": "10.244.1.2"}})).expect(200)
    for asked, why in (
        ("web", "dial tcp 10.244.1.2:80: connect: connection refused"),
        ("https:web:", "dial tcp 10.244.1.2:80: connect: connection refused"),
        ("web:9898", "dial tcp 10.244.1.2:9898: connect: connection refused"),
        ("web:nonsense", "dial tcp: lookup tcp/nonsense: unknown port"),
    ):
        reply = await client.get(f"{PODS_PATH}/{asked}/proxy/")
        assert (reply.code, reply.message) == (503, f"error trying to reach service: {why}")
    for asked in ("ftp:web:80", "a:b:c:d", ":80"):
        reply = await client.get(f"{PODS_PATH}/{asked}/proxy/")
        assert (reply.code, reply.message) == (400, f'invalid pod request "{asked}"')
    assert (await client.get(f"{NAMESPACES}/default/configmaps/a/proxy/x")).code == 404


async def test_who_only_reads_reaches_into_no_pod(server: ApiServer, client: Client) -> None:
    (await client.create(PODS_PATH, pod("web", node="n1"))).expect(201)
    async with Client(server, server.viewer_token) as viewer:
        (await viewer.get(f"{PODS_PATH}/web")).expect(200)
        reply = await viewer.get(f"{PODS_PATH}/web/proxy/panic")
        assert (reply.code, reply.message) == (
            403,
            'pods "web" is forbidden: User "viewer" cannot get resource "pods/proxy" in API group "" '
            'in the namespace "default"',
        )


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
async def test_kubectl_reads_through_the_proxy() -> None:
    async with podinfo() as (cluster, _, proxy):
        config = ("--kubeconfig", str(cluster.sandbox.kubeconfig))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            "kubectl", *config, "get", "--raw", f"{proxy}/readyz", stdout=pipe, stderr=pipe
        )
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate()
        assert (process.returncode, out) == (0, b'{"status":"OK"}'), err
