"""Which proxy is taken: as Go's clients read the kubeconfig and the environment."""

from __future__ import annotations

import asyncio

import pytest

from tests.scripted import ScriptedApi, a_list
from tui.cluster.connection import Connection
from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError
from tui.cluster.kinds import PODS
from tui.cluster.proxy import proxy_for

PROXIES = {"HTTPS_PROXY": "http://secure:1", "HTTP_PROXY": "clear:2"}


def taken(server: str, env: dict[str, str], **cluster: str) -> str | None:
    proxy = proxy_for(Context("one", {"server": server, **cluster}, {}), env)
    return proxy.url if proxy else None


def test_the_environments_proxy_is_chosen_by_the_servers_scheme() -> None:
    assert taken("https://10.0.0.1:6443", PROXIES) == "http://secure:1"
    assert taken("http://10.0.0.1", PROXIES) == "http://clear:2"
    assert taken("https://a", {"https_proxy": "http://lower:1"}) == "http://lower:1"
    assert taken("https://a", {"ALL_PROXY": "http://all:1"}) is None


def test_loopback_needs_no_proxy_unless_the_kubeconfig_says_so() -> None:
    for host in ("localhost", "127.0.0.1", "127.8.8.8", "[::1]"):
        assert taken(f"https://{host}:6443", PROXIES) is None
    assert taken("https://127.0.0.1", PROXIES, **{"proxy-url": "http://own:3"}) == "http://own:3"


@pytest.mark.parametrize(
    ("listed", "server", "direct"),
    [
        ("10.0.0.0/8", "https://10.1.2.3:6443", True),
        ("10.0.0.0/8", "https://11.1.2.3:6443", False),
        ("foo, 10.1.2.3", "https://10.1.2.3:6443", True),
        ("10.1.2.3:6443", "https://10.1.2.3:6443", True),
        ("10.1.2.3:6443", "https://10.1.2.3:8443", False),
        ("fd00::/8", "https://[fd00::1]:6443", True),
        ("[fd00::1]:6443", "https://[fd00::1]:6443", True),
        ("*", "https://example.com", True),
        ("example.com", "https://example.com", True),
        ("example.com", "https://api.Example.com", True),
        ("example.com", "https://notexample.com", False),
        (".example.com", "https://api.example.com", True),
        (".example.com", "https://example.com", False),
        ("*.example.com", "https://api.example.com", True),
        ("example.com:443", "https://example.com", True),
        ("10.0.0.0/8", "https://example.com", False),
        (",", "https://example.com", False),
    ],
)
def test_no_proxy(listed: str, server: str, direct: bool) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        assert (taken(server, PROXIES | {name: listed}) is None) == direct


async def told(proxy: str) -> str:
    cluster = {"server": "https://10.0.0.1:6443", "proxy-url": proxy}
    with pytest.raises(ClusterError) as caught:
        await Connection.open(Context("one", cluster, {}))
    assert "canary" not in str(caught.value)
    return str(caught.value)


async def test_a_proxy_that_can_not_be_used_is_told_before_anybody_is_asked() -> None:
    assert "its proxy-url asks for a SOCKS proxy" in await told("socks5://127.0.0.1:9")
    assert "its proxy-url is no http:// or https:// address" in await told("foo://127.0.0.1:9")
    assert "its proxy-url is no http:// or https:// address" in await told("http://127.0.0.1:port")


async def test_a_proxy_that_refuses_is_blamed_and_not_the_server() -> None:
    text = await told("http://me:canary@127.0.0.1:9")
    assert "the proxy http://127.0.0.1:9: connection refused (look at proxy-url" in text

    async def forbid(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Not For You\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(forbid, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert f"the proxy {address} refuses: 403 Not For You" in await told(address)


async def test_the_environments_proxy_stands_back_before_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with ScriptedApi([a_list()]) as api:
        await api.connection.call("GET", PODS.resource)
