"""The proxy on the way to an API server: the kubeconfig's, or the environment's as Go's clients read it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from tui.cluster.contexts import Context, without_credentials
from tui.cluster.errors import ClusterError

_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Proxy:
    """A proxy's URL, and who names it. The URL may carry a password and never reaches repr."""

    url: str = field(repr=False)
    named_by: str

    @property
    def shown(self) -> str:
        """Its address without user and password."""
        return without_credentials(self.url)


def proxy_for(context: Context, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy to go through, or None.

    As in golang.org/x/net/http/httpproxy: `proxy-url` goes before the environment, whose proxies are for HTTPS_PROXY
    and HTTP_PROXY by the server's scheme, never for loopback, and never for what NO_PROXY lists.
    """
    if context.cluster.get("proxy-url"):
        return Proxy(str(context.cluster["proxy-url"]), "its proxy-url")
    where = urlsplit(context.server)
    name = f"{where.scheme}_proxy".upper()
    url = environ.get(name) or environ.get(name.lower()) or ""
    listed = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    if name not in ("HTTPS_PROXY", "HTTP_PROXY") or not url or context.on_loopback:
        return None
    port = where.port or (443 if where.scheme == "https" else 80)
    if _is_listed((where.hostname or "").rstrip("."), port, listed):
        return None
    return Proxy(url if "://" in url else f"http://{url}", f"${name}")


def check_proxy(proxy: Proxy, asked: str) -> None:
    """ClusterError where the proxy is of a kind that we can't speak to."""
    try:
        where = urlsplit(proxy.url)
        usable = bool(where.hostname) and where.port != 0
    except ValueError:
        where, usable = urlsplit(""), False
    if where.scheme in ("socks5", "socks5h", "socks4", "socks"):
        said = f"{proxy.named_by} asks for a SOCKS proxy, which gapwatch does not speak"
        raise ClusterError(asked, said, "use an http:// proxy, or a tunnel")
    if where.scheme not in _SCHEMES or not usable:
        raise ClusterError(asked, f"{proxy.named_by} is no http:// or https:// address", "look at it")


def _is_listed(host: str, port: int, no_proxy: str) -> bool:
    return any(_matches(entry.strip().lower(), host, port) for entry in no_proxy.split(",") if entry.strip())


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether one entry of NO_PROXY covers the host: `*`, an address, a range, or a domain; with a port or without."""
    if entry == "*":
        return True
    address = _address(host)
    with contextlib.suppress(ValueError):  # no address and no range: a name, or something with a port
        addresses = ip_network(entry.strip("[]"), strict=False)
        return address is not None and address in addresses
    name, colon, only = entry.rpartition(":")
    if colon and only.isdigit():
        return int(only) == port and _matches(name, host, port)
    if address is not None:
        return False
    domain = entry.removeprefix("*")
    return host.endswith(domain) if domain.startswith(".") else host == domain or host.endswith(f".{domain}")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
