"""Commands in containers: the few that make sense, with kubectl and kr8s, and what they do to the container."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import kr8s
import pytest
from kr8s.asyncio.objects import Pod

from tests.waiting import PATIENCE_S
from tui.sandbox.commands import Outcome, heeds_sigterm, outcome_of
from tui.sandbox.loops.client import DEPLOYMENTS, NODES, PODS
from tui.sandbox.loops.node_taints import readiness
from tui.sandbox.loops.objects import Obj, is_ready, name_of, node_of, status_of
from tui.sandbox.loops.own_node import HEARTBEATS
from tui.sandbox.server import ApiServer

from .api import PODS as PODS_PATH
from .api import Client, pod
from .live import NAMESPACE, Live, live, manifest

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        (["true"], Outcome()),
        (["echo", "hello", "there"], Outcome(stdout="hello there\n")),
        (["sh", "-c", "echo 'hello  there'"], Outcome(stdout="hello  there\n")),
        (["sh", "-c", ""], Outcome()),
        (["sh", "-c", "kill 1"], Outcome(terminates=True)),
        (["/bin/sh", "-c", "kill -s TERM 1"], Outcome(terminates=True)),
        (["kill", "1"], Outcome(terminates=True)),
        (["/bin/kill", "-TERM", "1"], Outcome(terminates=True)),
        (["kill", "-SIGTERM", "1"], Outcome(terminates=True)),
        (["kill", "-15", "1"], Outcome(terminates=True)),
        (["kill", "-9", "1"], Outcome()),
        (["kill", "-KILL", "1"], Outcome()),
        (["kill", "7"], Outcome(1, stderr="kill: can't kill pid 7: No such process\n")),
        (["kill", "-X", "1"], Outcome(1, stderr="kill: bad signal name 'X'\n")),
        (["kill"], Outcome(1, stderr="kill: you need to specify whom to kill\n")),
        (["ls", "-l"], Outcome(127, stderr='exec: "ls": executable file not found in $PATH\n')),
        (["sh", "-c", "ls -l"], Outcome(127, stderr="sh: ls: not found\n")),
        (["sh"], Outcome(127, stderr='exec: "sh": executable file not found in $PATH\n')),
        (["sh", "-c", "echo '"], Outcome(2, stderr="sh: syntax error: unterminated quoted string\n")),
        ([], Outcome(127, stderr='exec: "": executable file not found in $PATH\n')),
    ],
)
def test_what_a_command_does(command: list[str], outcome: Outcome) -> None:
    assert outcome_of(command) == outcome


@pytest.mark.parametrize(
    ("command", "heeds"),
    [
        ((), True),
        (("./podinfo", "--port=80"), True),
        (("/bin/sh", "-c", "x"), False),
        (("sleep", "9"), False),
    ],
)
def test_who_heeds_a_sigterm(command: Sequence[str], heeds: bool) -> None:
    assert heeds_sigterm(command) is heeds


@asynccontextmanager
async def one_pod(**container: object) -> AsyncIterator[tuple[Live, Obj]]:
    """A cluster with one pod of a Deployment."""
    async with live() as cluster:
        await cluster.deploy(replicas=1, pod=container)
        [only] = await cluster.ready_pods(1)
        yield cluster, only


async def kubectl(cluster: Live, *arguments: str, context: str = "gapwatch-sandbox") -> tuple[int, str, str]:
    """Run kubectl exec; its exit code, its output and its errors."""
    pipe = asyncio.subprocess.PIPE
    config = ("--kubeconfig", str(cluster.sandbox.kubeconfig), "--context", context)
    process = await asyncio.create_subprocess_exec(
        "kubectl", *config, "exec", *arguments, stdout=pipe, stderr=pipe
    )
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@needs_kubectl
async def test_kubectl_ends_a_container_and_it_comes_again() -> None:
    async with one_pod() as (cluster, only):
        name = name_of(only)
        assert await kubectl(cluster, name, "--", "echo", "hello") == (0, "hello\n", "")
        assert await kubectl(cluster, name, "--", "kill", "-9", "1") == (0, "", "")
        assert await kubectl(cluster, name, "-c", "web", "--", "sh", "-c", "kill 1") == (0, "", "")

        def is_back(one: Obj) -> bool:
            return is_ready(one) and status_of(one)["containerStatuses"][0]["restartCount"] == 1

        found = await cluster.until(PODS, lambda all_: all(map(is_back, all_.values())))
        [after] = found.values()
        assert name_of(after) == name
        ended = status_of(after)["containerStatuses"][0]["lastState"]["terminated"]
        assert (ended["exitCode"], ended["reason"]) == (0, "Completed")


@needs_kubectl
async def test_kubectl_is_told_why_nothing_came_of_it() -> None:
    async with one_pod(command=["sleep", "infinity"]) as (cluster, only):
        name = name_of(only)
        code, _, err = await kubectl(cluster, name, "--", "ls")
        assert (code, err.splitlines()) == (
            127,
            ['exec: "ls": executable file not found in $PATH', "command terminated with exit code 127"],
        )
        code, _, err = await kubectl(cluster, name, "-c", "nobody", "--", "true")
        assert (code, "container nobody is not valid for pod" in err) == (1, True), err
        code, _, err = await kubectl(cluster, name, "--", "true", context="gapwatch-sandbox-viewer")
        assert (code, "cannot" in err) == (1, True), err


@needs_kubectl
async def test_a_container_that_does_not_run_runs_no_command() -> None:
    async with live() as cluster:
        await cluster.api.create(DEPLOYMENTS, manifest(replicas=1, pod={"image": "missing:1"}))
        await cluster.event("Failed")
        [only] = await cluster.pods()
        assert await kubectl(cluster, name_of(only), "--", "kill", "1") == (
            1,
            "",
            'error: Internal error occurred: unable to upgrade connection: container not found ("web")\n',
        )


@needs_kubectl
async def test_a_silent_node_runs_no_command() -> None:
    async with one_pod() as (cluster, only):
        mark = {"metadata": {"annotations": {HEARTBEATS: "stopped"}}}
        await cluster.api.patch(NODES, "", node_of(only), mark)
        await cluster.until(NODES, lambda all_: readiness(all_[node_of(only)]) == "Unknown")
        why = f"error dialing backend: dial tcp {status_of(only)['hostIP']}:10250: i/o timeout"
        assert await kubectl(cluster, name_of(only), "--", "kill", "1") == (
            1,
            "",
            f"error: Internal error occurred: {why}\n",
        )


def is_restarted(all_: dict[str, Obj]) -> bool:
    return any(status_of(one)["containerStatuses"][0]["restartCount"] for one in all_.values())


async def test_kr8s_ends_a_container() -> None:
    async with one_pod() as (cluster, only):
        api = await kr8s.asyncio.api(kubeconfig=str(cluster.sandbox.kubeconfig))
        found = await Pod.get(name_of(only), namespace=NAMESPACE, api=api)
        ran = await found.exec(["echo", "hello"])
        assert (ran.returncode, ran.stdout) == (0, b"hello\n")
        ran = await found.exec(["ls"], check=False)
        assert (ran.returncode, ran.stderr) == (127, b'exec: "ls": executable file not found in $PATH\n')
        await found.exec(["kill", "1"])
        await cluster.until(PODS, is_restarted)


async def test_who_asks_for_no_websocket_is_told_so(server: ApiServer, client: Client) -> None:
    (await client.create(PODS_PATH, pod("web"))).expect(201)
    reply = await client.get(f"{PODS_PATH}/web/exec", command="true")
    assert (reply.code, reply.message) == (400, "pod web does not have a host assigned")
    (await client.create(PODS_PATH, pod("api", node="n1"))).expect(201)
    for method in ("GET", "POST"):
        reply = await client.call(method, f"{PODS_PATH}/api/exec", command="true")
        assert (reply.code, reply.message) == (
            400,
            "exec wants a websocket that speaks v5.channel.k8s.io or v4.channel.k8s.io",
        )
