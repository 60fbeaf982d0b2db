"""Commands in containers: on the sandbox, which has a few of them, and on servers that do not play along."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.sandbox.live import NAMESPACE, Live, live
from tui.cluster.connection import Connection
from tui.cluster.contexts import Context, read_contexts
from tui.cluster.errors import ClusterError, Refused, Unreachable
from tui.cluster.execution import Executed, execute
from tui.cluster.gateway import Gateway
from tui.sandbox.loops.client import PODS
from tui.sandbox.loops.objects import is_ready, name_of, status_of

CONTAINER = "web"


def context_of(shop: Live, name: str | None = None) -> Context:
    return read_contexts((shop.sandbox.kubeconfig,)).choose(name)


@asynccontextmanager
async def one_pod(context: str | None = None) -> AsyncIterator[tuple[Live, Gateway, str]]:
    """A sandbox with one pod, the gateway to it, and the pod's name."""
    async with live() as shop:
        await shop.deploy("web", 1)
        connection = await Connection.open(context_of(shop, context))
        try:
            (pod,) = await shop.pods()
            yield shop, Gateway(connection), name_of(pod)
        finally:
            await connection.close()


async def test_what_a_command_says_and_how_it_ends() -> None:
    async with one_pod() as (_, gateway, pod):
        said = await gateway.run_in_pod(NAMESPACE, pod, CONTAINER, ("echo", "hello", "there"))
        assert said == Executed(0, b"hello there\n")
        ended = await gateway.run_in_pod(NAMESPACE, pod, CONTAINER, ("kill", "7"))
        assert (ended.code, ended.out) == (1, b"")
        assert b"No such process" in ended.err
        assert "exit status 1" in ended.message


async def test_a_command_that_is_not_there() -> None:
    async with one_pod() as (_, gateway, pod):
        ended = await gateway.run_in_pod(NAMESPACE, pod, CONTAINER, ("dd", "if=/dev/zero"))
        assert ended.code in (126, 127)


async def test_a_command_that_ends_its_container() -> None:
    async with one_pod() as (shop, gateway, pod):
        await gateway.run_in_pod(NAMESPACE, pod, CONTAINER, ("sh", "-c", "kill 1"))

        def is_restarted(pods: dict[str, dict[str, object]]) -> bool:
            found = pods[f"{NAMESPACE}/{pod}"]
            statuses = status_of(found).get("containerStatuses") or [{}]
            return statuses[0].get("restartCount") == 1 and is_ready(found)

        await shop.until(PODS, is_restarted)


@pytest.mark.parametrize(
    ("pod", "container", "code"), [("nobody", CONTAINER, 404), ("", "sidecar", 400)], ids=["pod", "container"]
)
async def test_what_is_not_there_is_refused(pod: str, container: str, code: int) -> None:
    async with one_pod() as (_, gateway, there):
        with pytest.raises(Refused) as refused:
            await gateway.run_in_pod(NAMESPACE, pod or there, container, ("true",))
        assert refused.value.code == code
        assert f"no exec into pods/{pod or there}/exec" in str(refused.value)


async def test_who_may_not_is_refused() -> None:
    async with one_pod("gapwatch-sandbox-viewer") as (_, gateway, pod):
        with pytest.raises(Refused, match="ask for the right to use pods/") as refused:
            await gateway.run_in_pod(NAMESPACE, pod, CONTAINER, ("true",))
        assert refused.value.code == 403


async def test_a_server_that_is_gone() -> None:
    async with live() as shop:
        connection = await Connection.open(context_of(shop))
    try:
        with pytest.raises(Unreachable):
            await execute(connection, NAMESPACE, "web-1", CONTAINER, ("true",), within_s=20)
    finally:
        await connection.close()


async def test_a_server_that_never_answers_is_not_waited_for_for_ever() -> None:
    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with live() as shop:
        connection = await Connection.open(context_of(shop))
        await connection.close()
        silent = Connection(replace(connection.context, cluster={"server": f"http://127.0.0.1:{port}"}))
        await silent._authenticate()
    try:
        with pytest.raises(ClusterError, match=r"pods/web-1/exec: the command has not ended in 0\.2 s"):
            await execute(silent, NAMESPACE, "web-1", CONTAINER, ("true",), within_s=0.2)
    finally:
        await silent.close()
        server.close()
