"""Servers that are none, or not the expected ones: what is told of them, and what to try."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.scripted import Reply, ScriptedApi, status
from tui.cluster.connection import Connection
from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError
from tui.cluster.trouble import explain
from tui.sandbox.tls import make_identity, server_context

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
    ("age", "more", "said"),
    [
        (timedelta(), {"tls-server-name": "elsewhere"}, "one of the names in it?"),
        (
            timedelta(days=500),
            {},
            "certificate has expired (renew it there, if this machine's clock is right)",
        ),
        (-timedelta(days=2), {}, "not yet valid (renew it there, if this machine's clock is right)"),
    ],
)
async def test_a_certificate_says_why_it_is_not_trusted_and_only_a_strangers_blames_the_authority(
    age: timedelta, more: dict[str, str], said: str, tmp_path: Path
) -> None:
    identity = make_identity(datetime.now(UTC) - age)
    server = await asyncio.start_server(
        hang_up, "127.0.0.1", 0, ssl=server_context(identity, tmp_path), ssl_handshake_timeout=30
    )
    async with server:
        cluster = {
            "server": f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            "certificate-authority-data": base64.b64encode(identity.authority).decode(),
            **more,
        }
        with pytest.raises(ClusterError, match="its certificate is not trusted: ") as caught:
            await Connection.open(Context("one", cluster, {}))
    assert said in str(caught.value)


def test_an_alert_is_no_word_about_the_servers_certificate() -> None:
    wanting = ssl.SSLError(
        1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)"
    )
    assert explain(wanting, tls=True) == (
        "the TLS handshake failed: tlsv13 alert certificate required",
        "look at the kubeconfig's user",
    )


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
