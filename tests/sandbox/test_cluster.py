"""The sandbox as a whole: it opens settled, closes without a trace, and is one process when asked to be."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.waiting import PATIENCE_S
from tui.sandbox.cluster import Sandbox, could_not_listen
from tui.sandbox.loops.behaviour import KubeletDelays, parse_delays
from tui.sandbox.loops.client import DEPLOYMENTS, EVENTS, LEASES, NODES, PODS, ApiClient, Resource
from tui.sandbox.loops.deployment_status import is_complete
from tui.sandbox.loops.fitting import ZONE
from tui.sandbox.loops.node import NodeAgent
from tui.sandbox.loops.objects import (
    Obj,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    node_of,
    status_of,
)
from tui.sandbox.shop import WORKLOADS

from .api import Client


async def every(api: ApiClient, resource: Resource) -> list[Obj]:
    return [one async for page in api.pages(resource) for one in page.get("items") or ()]


async def test_the_shop_is_open_when_the_sandbox_says_so() -> None:
    async with Sandbox() as sandbox:
        deployments = await every(sandbox.client, DEPLOYMENTS)
        assert all(is_complete(one, status_of(one)) for one in deployments)
        assert {(namespace_of(one), name_of(one)) for one in deployments} == {
            (one.namespace, one.name) for one in WORKLOADS
        }
        pods = await every(sandbox.client, PODS)
        assert len(pods) == sum(one.replicas for one in WORKLOADS)
        assert all(map(is_ready, pods))
        assert {node_of(pod) for pod in pods} == {
            name_of(node) for node in await every(sandbox.client, NODES)
        }
        assert sandbox.clock.speed == 1.0, "the time lapse is over"


async def test_the_shop_spreads_over_the_zones_and_has_a_service_for_its_users() -> None:
    async with Sandbox() as sandbox, Client(sandbox.server) as client:
        zones = {name_of(one): labels_of(one)[ZONE] for one in await every(sandbox.client, NODES)}
        pods = await every(sandbox.client, PODS)
        for workload in WORKLOADS:
            homes = [zones[node_of(pod)] for pod in pods if labels_of(pod)["app"] == workload.name]
            assert len(set(homes)) == min(workload.replicas, 3), f"{workload.name}: {homes}"
            services = f"/api/v1/namespaces/{workload.namespace}/services"
            page = (await client.get(f"{services}/{workload.name}:http/proxy/")).expect(200)
            assert page["hostname"].startswith(f"{workload.name}-")


async def test_nodes_live_in_three_zones_and_renew_their_leases() -> None:
    async with Sandbox(shop=False, speed=100) as sandbox:
        nodes = await every(sandbox.client, NODES)
        assert all(labels_of(node)["topology.kubernetes.io/region"] for node in nodes)
        assert {labels_of(node)[ZONE] for node in nodes} == {
            "zone-a",
            "zone-b",
            "zone-c",
        }
        page = [page async for page in sandbox.client.pages(LEASES)][-1]
        first = {name_of(lease): lease["spec"]["renewTime"] for lease in page["items"]}
        assert set(first) == {name_of(node) for node in nodes}
        renewed: set[str] = set()
        async with (
            asyncio.timeout(PATIENCE_S),
            sandbox.client.watch(LEASES, page["metadata"]["resourceVersion"]) as frames,
        ):
            async for _, lease in frames:
                assert lease["spec"]["renewTime"] > first[name_of(lease)]
                renewed.add(name_of(lease))
                if renewed == set(first):
                    break


async def test_each_loop_shows_who_it_is() -> None:
    async with Sandbox(requests_kept=10_000) as sandbox:
        requests = sandbox.server.requests
        agents = {request.user_agent for request in requests}
        assert {
            "kube-controller-manager/gapwatch (deployment-controller)",
            "kube-controller-manager/gapwatch (replicaset-controller)",
            "kube-controller-manager/gapwatch (shared-informers)",
            "kube-scheduler/gapwatch (scheduler)",
            "kubelet/gapwatch (node-a1)",
        } <= agents
        [pod, *_] = await every(sandbox.client, PODS)
        managers = {
            entry["manager"]: entry.get("subresource", "") for entry in pod["metadata"]["managedFields"]
        }
        assert managers["kube-controller-manager"] == ""
        assert managers["kubelet"] == "status"
        users = {request.user for request in requests if request.user_agent.startswith("kubelet")}
        assert users == {f"system:node:{name}" for name in ("node-a1", "node-a2", "node-b1", "node-c1")}


async def test_the_same_seed_gives_the_same_delays() -> None:
    slow = KubeletDelays(pull=(100.0, 500.0))

    async def pull_times(seed: int) -> list[str]:
        async with Sandbox(seed=seed, shop=False, speed=2000, delays=slow) as sandbox:
            pod: dict[str, Any] = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p", "namespace": "default"},
            }
            spec = {"nodeName": "node-a1", "containers": [{"name": "c", "image": "shop/api:9"}]}
            await sandbox.client.create(PODS, pod | {"spec": spec})
            async with asyncio.timeout(PATIENCE_S), sandbox.client.watch(EVENTS, "0") as frames:
                return [
                    event["message"]
                    async for _, event in _until(frames, lambda event: event["reason"] == "Started")
                    if event["reason"] == "Pulled"
                ]

    assert await pull_times(1) == await pull_times(1) != await pull_times(2)


async def test_the_same_seed_gives_the_same_names_in_the_same_places() -> None:
    async def places(seed: int) -> dict[str, str]:
        async with Sandbox(seed=seed) as sandbox:
            return {key_of(pod): pod["spec"]["nodeName"] for pod in await every(sandbox.client, PODS)}

    first = await places(7)
    assert first == await places(7)
    assert set(first).isdisjoint(await places(8))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["pull=1s..3s"], KubeletDelays(pull=(1.0, 3.0))),
        (["start=100ms", "stop=1m30s..2m"], KubeletDelays(start=(0.1, 0.1), stop=(90.0, 120.0))),
        ([], KubeletDelays()),
    ],
)
def test_delays_are_said_in_words(texts: list[str], expected: KubeletDelays) -> None:
    assert parse_delays(texts) == expected


@pytest.mark.parametrize(
    "text", ["pull", "pull=", "pull=fast", "pull=3s..1s", "pull=1..3", "nap=1s", "=1s", ""]
)
def test_what_is_no_delay_is_told_in_one_line(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^'.*' (names no delay: there are network|is no delay: say pull=2s)"
    ):
        parse_delays([text])


async def _until(frames: AsyncIterator[tuple[str, Obj]], last: Any) -> AsyncIterator[tuple[str, Obj]]:
    async for kind, obj in frames:
        yield kind, obj
        if last(obj):
            return


async def test_nothing_is_left_behind() -> None:
    before = asyncio.all_tasks()
    async with Sandbox(shop=False) as sandbox:
        kubeconfig = sandbox.kubeconfig
        assert kubeconfig.stat().st_mode & 0o777 == 0o600
    assert not kubeconfig.exists()
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))


async def test_a_broken_loop_does_not_go_unnoticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: NodeAgent) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(NodeAgent, "run", broken)
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(PATIENCE_S), Sandbox(shop=False) as sandbox:
            await sandbox.until(asyncio.Event())
    assert raised.group_contains(ZeroDivisionError)


async def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="in use") as refused:
            async with Sandbox(port=port):
                pass
        assert str(port) in could_not_listen(port, refused.value)


def test_a_port_that_is_not_ours_to_open() -> None:
    message = could_not_listen(80, PermissionError(13, "Permission denied"))
    assert (
        message == "can't listen on 127.0.0.1:80: Permission denied; choose another port, or 0 for a free one"
    )


# ------------------------------------------------------------------ as a process


@asynccontextmanager
async def process(*options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m tui.sandbox` with its three streams in our hands."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-W", "error", "-m", "tui.sandbox", *options)
    started = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def announced(started: asyncio.subprocess.Process) -> dict[str, str]:
    assert started.stdout is not None
    line: dict[str, str] = json.loads(await started.stdout.readline())
    return line


async def ended(started: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    assert started.stdout is not None
    assert started.stderr is not None
    out, err = await asyncio.gather(started.stdout.read(), started.stderr.read())
    return await started.wait(), out.decode(), err.decode()


async def test_it_announces_itself_once_and_ends_with_its_parent() -> None:
    async with process("--until-eof") as started:
        line = await announced(started)
        assert set(line) == {"kubeconfig", "url", "context"}
        assert line["context"] == "gapwatch-sandbox"
        config = yaml.safe_load(Path(line["kubeconfig"]).read_text())
        assert config["current-context"] == line["context"]
        assert config["clusters"][0]["cluster"]["server"] == line["url"]
        started.send_signal(signal.SIGINT)
        assert started.stdin is not None
        started.stdin.close()
        assert await ended(started) == (0, "", "")
        assert not Path(line["kubeconfig"]).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_stops_it_and_is_its_exit_code(number: signal.Signals) -> None:
    async with process("--no-shop") as started:
        line = await announced(started)
        started.send_signal(number)
        assert await ended(started) == (128 + number, "", "")
        assert not Path(line["kubeconfig"]).parent.exists()


async def test_it_stops_while_it_opens() -> None:
    async with process("--until-eof") as started:
        assert started.stdin is not None
        started.stdin.close()
        code, _, err = await ended(started)
        assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--port", "99999"), "'99999' is no port: give a number from 0 to 65535"),
        (("--speed", "0"), "'0' is no speed: give a number above 0, up to 1000"),
        (("--sped", "2"), "unrecognized arguments: --sped 2"),
    ],
)
async def test_a_bad_option_is_one_line(options: tuple[str, ...], complaint: str) -> None:
    async with process(*options) as started:
        code, out, err = await ended(started)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert complaint in err


async def test_a_taken_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        async with process("--port", port) as started:
            code, out, err = await ended(started)
            assert (code, out) == (2, "")
            assert err.count("\n") == 1
            assert port in err
            assert "in use" in err
