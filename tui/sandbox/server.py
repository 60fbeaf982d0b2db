"""The embedded cluster's API server: a Kubernetes API over HTTPS on loopback, with bearer tokens, in memory only."""

from __future__ import annotations

import asyncio
import errno
import shutil
import tempfile
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tui.sandbox.auth import ADMIN, MASTERS, VIEWER, Rights, Tokens
from tui.sandbox.bootstrap import bootstrap
from tui.sandbox.expiry import EventExpiry
from tui.sandbox.front import LARGEST_BODY, Front
from tui.sandbox.kubeconfig import CONTEXT, VIEWER_CONTEXT, write_kubeconfig
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.registry import Clock, Registry
from tui.sandbox.request_log import RequestRecord
from tui.sandbox.store import Store
from tui.sandbox.tls import make_identity, server_context

HOST = "127.0.0.1"
_SHUTDOWN_S = 1.0

__all__ = ["HOST", "ApiServer", "PortInUseError", "RequestRecord"]


class PortInUseError(OSError):
    """The port that was asked for belongs to another program."""

    def __init__(self, port: int) -> None:
        super().__init__(
            errno.EADDRINUSE,
            f"port {port} on {HOST} is in use by another program: choose another one, or 0 for any free one",
        )
        self.port = port

    def __str__(self) -> str:
        return str(self.strerror)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class ApiServer:
    """The API on 127.0.0.1: `async with ApiServer() as server:`; port 0 takes a free one.

    `history` is the number of changes kept for watches, for each kind; `requests_kept` that of the requests kept in
    `requests`, with their bodies (`request_log.py`): none, unless somebody means to read them. `url`, `ca_pem` and
    `kubeconfig` are there once it has started; what it held is gone when it closes.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        history: int = 1000,
        requests_kept: int = 0,
        bookmark_interval_s: float = 60.0,
        clock: Clock = utc_now,
        random: Random | None = None,
        network: PodNetwork | None = None,
    ) -> None:
        self._port = port
        self._folder: Path | None = None
        self._runner: web.ServerRunner | None = None
        self._tokens = Tokens()
        self.requests: deque[RequestRecord] = deque(maxlen=requests_kept)
        self.token = self._tokens.issue(ADMIN, (MASTERS,))
        self.viewer_token = self._tokens.issue(VIEWER, rights=Rights.READ)
        self.url = ""
        self.ca_pem = ""
        random = random or Random()
        self.store = Store(history=history)
        self.network = network or PodNetwork()
        self.registry = Registry(self.store, clock=clock, random=random)
        self._front = Front(
            self.registry,
            self._tokens,
            self.network,
            self.requests,
            bookmark_interval_s=bookmark_interval_s,
            random=random,
        )
        self.store.observe(EventExpiry(self.store, clock).after)
        bootstrap(self.registry)

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig with the contexts `gapwatch-sandbox` (current) and `gapwatch-sandbox-viewer`."""
        return self._in_folder("kubeconfig")

    @property
    def ca_path(self) -> Path:
        """The certificate of the authority, for clients that want a file."""
        return self._in_folder("ca.crt")

    def issue_token(self, user: str, groups: Sequence[str] = ()) -> str:
        """A token with full rights for another user, so that writes can be told apart."""
        return self._tokens.issue(user, tuple(groups))

    async def start(self) -> None:
        """Listen; PortInUseError where the port is taken."""
        self._folder = Path(tempfile.mkdtemp(prefix="gapwatch-sandbox-"))
        try:
            await self._listen(self._folder)
        except BaseException:
            await self.close()
            raise

    async def _listen(self, folder: Path) -> None:
        identity = make_identity(utc_now())
        server = web.Server(self._front.handle, request_factory=_request, handler_cancellation=True)
        self._runner = web.ServerRunner(
            server, handle_signals=False, shutdown_timeout=_SHUTDOWN_S, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port, ssl_context=server_context(identity, folder))
        try:
            await site.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(self._port) from error
            raise
        self.url = f"https://{HOST}:{self._runner.addresses[0][1]}"
        self.ca_pem = identity.authority.decode()
        self.ca_path.write_bytes(identity.authority)
        write_kubeconfig(
            self.kubeconfig,
            url=self.url,
            authority=identity.authority,
            tokens={CONTEXT: self.token, VIEWER_CONTEXT: self.viewer_token},
        )

    async def close(self) -> None:
        """Stop listening, end every watch, remove the files; may be called again."""
        self._front.close_watches()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _in_folder(self, name: str) -> Path:
        if self._folder is None:
            raise RuntimeError("the sandbox's API server is not running")
        return self._folder / name


def _request(*parts: Any) -> web.BaseRequest:
    everything = (*parts, asyncio.get_running_loop())
    return web.BaseRequest(*everything, client_max_size=LARGEST_BODY)
