"""Words for what goes wrong on the way to an API server, and for its refusals: what it was, and what to try."""

from __future__ import annotations

import httpx
from kr8s import APITimeoutError

_NO_TLS = ("wrong version number", "wrong_version_number", "record layer failure", "record_layer_failure")
_UNTRUSTED = "certificate verify failed"
_OURS_REFUSED = ("alert certificate", "alert bad certificate", "alert unknown ca")
"""Alerts of a server that does not take the certificate we show, or wants one."""
_HUNG_UP = (
    "eof occurred",
    "unexpected_eof",
    "unexpected eof",
    "disconnected",
    "reset by peer",
    "broken pipe",
)
_NO_SUCH_HOST = ("name or service not known", "getaddrinfo", "name resolution", "nodename nor servname")


def hint_for(code: int, label: str, retry_after_s: float = 0.0) -> str:
    """What to try after that HTTP status on a request for `label`, or ""."""
    if code in (429, 503):
        when = f"in {retry_after_s:.0f} s" if retry_after_s else "in a moment"
        return f"it is busy or starting: try again {when}"
    if 300 <= code < 400:
        return "something on the way sends us elsewhere instead of passing it on: log in there again"
    return {
        400: "look at -l and -n",
        401: "the token or certificate has expired or is not known there: log in again",
        403: f"ask for the right to use {label}, or choose a namespace with -n",
        500: "the fault is on its side: its log says more",
        502: "a gateway on the way does not reach it: is the cluster running?",
        504: "a gateway on the way does not reach it: is the cluster running?",
    }.get(code, "")


def hint_for_version(code: int, tls: bool) -> str:
    """What to try after that HTTP status on the very first request, where an API server would know better, or ""."""
    if code == 404:
        return "that is no Kubernetes API: is the path of the kubeconfig's server right?"
    return "does it want https://?" if code == 400 and not tls else ""


def explain(error: BaseException, *, tls: bool, proxy: str = "") -> tuple[str, str]:
    """What was wrong and what to try, for a server asked over `tls` or in clear, through `proxy` or directly."""
    if isinstance(error, (httpx.LocalProtocolError, httpx.InvalidURL)):
        # Its text may quote a header, and so a token.
        return "its address or credentials can't be sent", "look at the kubeconfig's server and user"
    text = str(error) or type(error).__name__
    lowered = text.lower()
    if isinstance(error, httpx.ProxyError):
        return f"the proxy {proxy} refuses: {text}", "look at proxy-url, HTTPS_PROXY and NO_PROXY"
    return (
        _of_the_handshake(error, text, lowered, tls) or _of_the_network(error, lowered, proxy) or (text, "")
    )


def _of_the_handshake(error: BaseException, text: str, lowered: str, tls: bool) -> tuple[str, str] | None:
    if any(words in lowered for words in _NO_TLS):
        return "what answers there speaks no TLS", "is its address an http:// one, or the port another one?"
    if any(words in lowered for words in _HUNG_UP) or not str(error):
        return _hung_up(error, tls)
    reason = text.partition("] ")[2].partition(" (_ssl")[0] or text
    if _UNTRUSTED in lowered:
        reason = reason.removeprefix(_UNTRUSTED).removeprefix(": ")
        return f"its certificate is not trusted: {reason}", _hint_for_certificate(reason.lower())
    if "certificate" in lowered or "ssl" in lowered:
        ours = any(words in lowered for words in _OURS_REFUSED)
        return f"the TLS handshake failed: {reason}", "look at the kubeconfig's user" if ours else ""
    return None


def _hint_for_certificate(reason: str) -> str:
    """What to try where its certificate fails for that reason: only of a stranger's is the authority in doubt."""
    if "mismatch" in reason:
        return "is the kubeconfig's server, or its tls-server-name, one of the names in it?"
    if "expired" in reason or "not yet valid" in reason:
        return "renew it there, if this machine's clock is right"
    return "is the kubeconfig's certificate-authority the right one?"


def _hung_up(error: BaseException, tls: bool) -> tuple[str, str] | None:
    if isinstance(
        error, httpx.ConnectError
    ):  # an error of a handshake too, because there is no session before
        return "it hung up in the middle of the TLS handshake", "is an API server behind that port?"
    if isinstance(error, httpx.RemoteProtocolError):
        return "it hung up without an answer", "" if tls else "does it want https://?"
    return ("it hung up", "") if isinstance(error, httpx.NetworkError) else None


def _of_the_network(error: BaseException, lowered: str, proxy: str) -> tuple[str, str] | None:
    whose = f"the proxy {proxy}: " if proxy else ""
    look = "look at proxy-url, HTTPS_PROXY and NO_PROXY"
    if "connection attempts failed" in lowered or "refused" in lowered:
        return f"{whose}connection refused", look if proxy else "is the cluster running? --sandbox needs none"
    if any(words in lowered for words in _NO_SUCH_HOST):
        hint = look if proxy else "look at the server in the kubeconfig"
        return f"{whose}its host name is not known", hint
    if isinstance(error, (httpx.TimeoutException, APITimeoutError)):
        return "no answer in time" + (f" through the proxy {proxy}" if proxy else ""), (
            look if proxy else "is a VPN or a firewall in between?"
        )
    return None
