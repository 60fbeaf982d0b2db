"""A server between the real client and a sandbox: what is common to all that pass on what they are asked."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from tui.sandbox.server import ApiServer


class Between(ABC):
    """Use as a context manager; `forward` answers each request, and `session` asks the sandbox."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server

    async def __aenter__(self) -> Self:
        tls = ssl.create_default_context(cadata=self.server.ca_pem)
        self.session = aiohttp.ClientSession(
            self.server.url,
            connector=aiohttp.TCPConnector(ssl=tls, limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
        )
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.forward)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        await self.session.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    @property
    def headers(self) -> dict[str, str]:
        """What the sandbox wants to see of whoever asks."""
        return {"Authorization": f"Bearer {self.server.token}", "Accept": "application/json"}

    @abstractmethod
    async def forward(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request."""
