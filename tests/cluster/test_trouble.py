"""Servers that are none, or not the expected ones: what is told of them, and what to try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.scripted import Reply, ScriptedApi, status
from tui.cluster.connection import Connection
from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(behaviour: Behaviour) -> AsyncIterator[str]:
    server = await asyncio.start_server(behaviour, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


async def answer_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    writer.close()


async def told(server: str) -> str:
    with pytest.raises(ClusterError) as caught:
        await Connection.open(Context("one", {"server": server, "insecure-skip-tls-verify": True}, {}))
    return str(caught.value).removeprefix(f'context "one" at {server}: ')


async def test_who_speaks_no_tls() -> None:
    async with answering(answer_plainly) as there:
        assert (await told(f"https://{there}")).startswith("what answers there speaks no TLS (")


async def test_who_hangs_up() -> None:
    async with answering(hang_up) as there:
        said = await told(f"https://{there}")
        assert said == "it hung up in the middle of the TLS handshake (is an API server behind that port?)"
        assert await told(f"http://{there}") == "it hung up without an answer (does it want https://?)"


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        (Reply("Client sent an HTTP request to an HTTPS server.", 400), "does it want https://?"),
        (Reply("404 page not found", 404), "is the path of the kubeconfig's server right?"),
        (status(404, "NotFound"), "is the path of the kubeconfig's server right?"),
        (status(500, "InternalError"), "its log says more"),
        (Reply("bad gateway", 502), "is the cluster running?"),
        (status(503, "ServiceUnavailable"), "try again in a moment"),
        (status(429, "TooManyRequests", Retry_After="7"), "try again in 7 s"),
    ],
)
async def test_every_refusal_says_what_to_try(reply: Reply, hint: str) -> None:
    async with ScriptedApi() as api:
        api.version_reply = reply
        with pytest.raises(ClusterError) as caught:
            await Connection.open(api.context)
        assert str(reply.code) in str(caught.value)
        assert str(caught.value).endswith(f"{hint})")
