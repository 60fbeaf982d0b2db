"""One authenticated connection to one API server, on kr8s' session; everything else here speaks through it."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import httpx
import httpx_ws
import msgspec
from kr8s import APITimeoutError
from kr8s._api import Api

from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError, Refused, Unreachable
from tui.cluster.kinds import UNDECODABLE, Resource, read_status
from tui.cluster.login import impersonation, log_in, log_out
from tui.cluster.proxy import proxy_for
from tui.cluster.trouble import explain, hint_for, hint_for_version
from tui.steady import steady

USER_AGENT = f"gapwatch/{version('gapwatch')}"
SANDBOX_BUILD = "+gapwatch"
"""How the embedded cluster ends its version: it is told from a real one wherever its kubeconfig came from."""
CONNECT_S = 10.0
CALL = httpx.Timeout(CONNECT_S, read=30.0)
REFRESH_AT_MOST_EVERY_S = 60.0
LONGEST_RETRY_AFTER_S = 300.0
MAX_BODY_BYTES = 1 << 30
"""A list of 100,000 pods in one body is shorter: what is longer than this has no end."""

NO_DATE = (ValueError, OverflowError)
"""What a date header raises that is none; the second where a number in it is too long."""
NetworkErrors = (httpx.HTTPError, httpx.InvalidURL, APITimeoutError, ssl.SSLError, OSError)
"""What kr8s lets through when a server can't be reached or hangs up."""


@dataclass(frozen=True)
class Answer:
    """A complete response: HTTP status and body."""

    code: int
    body: bytes

    def json(self) -> Any:
        """The body as plain data."""
        return msgspec.json.decode(self.body)


@dataclass(eq=False)
class _Login:
    """A session and how many requests are under way on it."""

    api: Api
    in_use: int = 0


class Connection:
    """Use `await Connection.open(context)`, and close it.

    A 401 has the credentials read anew, exec plugins included, and the request sent once more: a 401 that is told
    is a lasting one.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.server_version = ""
        self._server_ahead_s = time.time() - steady()
        """The server's wall clock minus our steady one, from the Date header (whole seconds); at first by our own wall
        clock. That one may be set right at any time, or wrong: the server's does not move with it."""
        self._login: _Login | None = None
        self._refreshing = asyncio.Lock()
        self._refreshed_at = float("-inf")

    @classmethod
    async def open(cls, context: Context) -> Connection:
        """Authenticates and asks for /version; ClusterError says who was asked, what it said, what to try."""
        connection = cls(context)
        try:
            await connection._authenticate()
            connection.server_version = await connection._ask_version()
            if connection.server_version.endswith(SANDBOX_BUILD):
                connection.context = replace(context, sandbox=True)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _ask_version(self) -> str:
        """The server's version; "" where it is kept from us, which is no reason to refuse the rest."""
        try:
            answer = await self.get_path("/version")
            return str(msgspec.convert(answer.json(), dict).get("gitVersion", ""))
        except Refused as error:
            if error.code == 403:
                return ""
            hint = hint_for_version(error.code, self.context.uses_tls)
            if hint:
                raise ClusterError(self.asked, error.said, hint) from None
            raise
        except UNDECODABLE:
            hint = "is the kubeconfig's server address right?"
            raise ClusterError(self.asked, "what answers there is no Kubernetes API server", hint) from None

    async def close(self) -> None:
        """Ends the session; safe to call twice."""
        if self._login is not None:
            await log_out(self._login.api)

    @property
    def asked(self) -> str:
        """Who is asked, for error lines."""
        return f'context "{self.context.name}" at {self.context.shown_server or "no server"}'

    def server_now(self) -> float:
        """The server's wall clock, in epoch seconds, as well as the Date header tells."""
        return steady() + self._server_ahead_s

    async def get_path(self, path: str) -> Answer:
        """GET of a bare path such as /version."""
        return await self._call("GET", {"version": "", "base": path, "url": ""}, path)

    async def call(
        self,
        method: str,
        resource: Resource,
        path: str = "",
        *,
        namespace: str | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One request to `resource` (and `path` below it); raises Refused for 3xx/4xx/5xx, else ClusterError."""
        where: dict[str, Any] = {"version": resource.version, "url": f"{resource.plural}/{path}".rstrip("/")}
        if namespace:
            where["namespace"] = namespace
        extra: dict[str, Any] = {"params": dict(params or {})}
        if body is not None:
            extra |= {"content": msgspec.json.encode(body), "content_type": content_type}
        return await self._call(method, where, where["url"], **extra)

    @asynccontextmanager
    async def stream(
        self, resource: Resource, *, namespace: str | None, params: Mapping[str, str], read_timeout_s: float
    ) -> AsyncIterator[httpx.Response]:
        """An open GET whose body is read as it comes; errors come as a status, never as an exception."""
        request: dict[str, Any] = {
            "version": resource.version,
            "url": resource.plural,
            "namespace": namespace,
            "params": dict(params),
            "stream": True,
            "timeout": httpx.Timeout(CONNECT_S, read=read_timeout_s),
        }
        async with AsyncExitStack() as stack:
            login, response = await self._send(stack, "GET", request)
            if response.status_code == 401 and await self._refreshed(login):
                await stack.aclose()
                _, response = await self._send(stack, "GET", request)
            yield response

    @asynccontextmanager
    async def websocket(
        self,
        resource: Resource,
        path: str,
        *,
        namespace: str,
        params: Sequence[tuple[str, str]],
        protocol: str,
    ) -> AsyncIterator[httpx_ws.AsyncWebSocketSession]:
        """An open WebSocket that speaks `protocol`; raises what httpx_ws does for a no, else NetworkErrors."""
        request: dict[str, Any] = {
            "version": resource.version,
            "url": f"{resource.plural}/{path}",
            "namespace": namespace,
            "params": list(params),
            "subprotocols": [protocol],
            "headers": httpx.Headers(self._headers()),
            "timeout": CALL,
        }
        async with AsyncExitStack() as stack:
            login = await stack.enter_async_context(self._session())
            try:
                socket = await stack.enter_async_context(login.api.open_websocket(**request))
            except httpx_ws.WebSocketUpgradeError as error:
                if error.response.status_code != 401 or not await self._refreshed(login):
                    raise
                login = await stack.enter_async_context(self._session())
                socket = await stack.enter_async_context(login.api.open_websocket(**request))
            yield socket

    # ---------------------------------------------------------------- inside

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[_Login]:
        """The newest session; one that was replaced meanwhile ends with the last request on it."""
        login = self._login
        assert login is not None, "Connection.open() comes first"
        login.in_use += 1
        try:
            yield login
        finally:
            login.in_use -= 1
            if login is not self._login and not login.in_use:
                await log_out(login.api)

    async def _send(
        self, stack: AsyncExitStack, method: str, request: Mapping[str, Any], content_type: str | None = None
    ) -> tuple[_Login, httpx.Response]:
        """Sends it on the newest session, which stays open, like the response, until `stack` is left."""
        login = await stack.enter_async_context(self._session())
        response = await stack.enter_async_context(
            login.api.call_api(
                method,
                raise_for_status=False,
                headers=self._headers(content_type),
                follow_redirects=method == "GET",  # a write that is sent elsewhere arrives there as a GET
                **request,
            )
        )
        self._note_clock(response)
        return login, response

    async def _refreshed(self, refused: _Login) -> bool:
        """Whether there are newer credentials than those that got a 401: they are read at most once a minute."""
        async with self._refreshing:
            if self._login is not refused:
                return True
            now = steady()
            if now - self._refreshed_at < REFRESH_AT_MOST_EVERY_S:
                return False
            self._refreshed_at = now
            try:
                self._login = _Login(await log_in(self.context, self.asked))
            except ClusterError:
                return False  # the 401 tells more
            return True

    async def _authenticate(self) -> None:
        if not self.context.server:
            raise ClusterError(self.asked, "the context's cluster has no server", "look at the kubeconfig")
        try:
            _ = urlsplit(self.context.server).port
        except ValueError:
            raise ClusterError(self.asked, "its address is no URL", "look at the kubeconfig") from None
        if self.context.missing:
            raise ClusterError(self.asked, self.context.missing, "look at the kubeconfig")
        self._login = _Login(await log_in(self.context, self.asked))

    def _headers(self, content_type: str | None = None) -> list[tuple[str, str]]:
        headers = [
            ("User-Agent", USER_AGENT),
            ("Accept", "application/json"),
            *impersonation(self.context.user),
        ]
        if content_type:
            headers.append(("Content-Type", content_type))
        return headers

    async def _call(
        self, method: str, where: dict[str, Any], label: str, *, content_type: str | None = None, **extra: Any
    ) -> Answer:
        request = {"timeout": CALL, "stream": True, **where, **extra}
        try:
            async with AsyncExitStack() as stack:
                login, response = await self._send(stack, method, request, content_type)
                if response.status_code == 401 and await self._refreshed(login):
                    await stack.aclose()
                    _, response = await self._send(stack, method, request, content_type)
                code, retry_after_s = response.status_code, retry_after(response)
                body = await self.body_of(response)
        except NetworkErrors as error:
            raise self.unreachable(error) from None
        if code >= 300:
            status = read_status(body, code)
            hint = hint_for(code, label, retry_after_s)
            raise Refused(
                self.asked,
                code,
                status.reason,
                status.message,
                hint,
                retry_after_s=retry_after_s,
                causes=status.causes,
            )
        return Answer(code, body)

    async def body_of(self, response: httpx.Response) -> bytes:
        """All of an open response's body; ClusterError where it has no end, for memory has one."""
        chunks, size = list[bytes](), 0
        async for chunk in response.aiter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise ClusterError(self.asked, f"an answer of more than {MAX_BODY_BYTES:,} bytes")
        return b"".join(chunks)

    def unreachable(self, error: BaseException) -> Unreachable:
        """The line for a server that can't be reached."""
        proxy = proxy_for(self.context, os.environ)
        said, hint = explain(error, tls=self.context.uses_tls, proxy=proxy.shown if proxy else "")
        return Unreachable(self.asked, said, hint)

    def _note_clock(self, response: httpx.Response) -> None:
        stamp = response.headers.get("Date")
        if stamp:
            try:
                server = parsedate_to_datetime(stamp).timestamp()
            except NO_DATE:
                return
            # The header has whole seconds: its middle is the best guess, and only a larger change is one.
            ahead_s = server + 0.5 - steady()
            if abs(ahead_s - self._server_ahead_s) > 2.0:
                self._server_ahead_s = ahead_s


def retry_after(response: httpx.Response) -> float:
    """The seconds that the server asks us to wait, 0 where it does not say; five minutes at most."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_RETRY_AFTER_S)
    try:
        wait_s = parsedate_to_datetime(asked).timestamp() - time.time()
    except NO_DATE:
        return 0.0
    return min(max(0.0, wait_s), LONGEST_RETRY_AFTER_S)
