"""The sandbox: an API server, the loops that live on it, and a small shop, in one process and in memory only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from tui.sandbox import shop as the_shop
from tui.sandbox.loops.behaviour import KubeletDelays
from tui.sandbox.loops.client import DEPLOYMENTS, NAMESPACES, SERVICES, ApiClient, Resource, connect
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.control_plane import ControlPlane
from tui.sandbox.loops.deployment_status import is_complete
from tui.sandbox.loops.objects import Obj, status_of
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.server import HOST, ApiServer, PortInUseError

OPENING_SPEED = 50.0
"""Until the shop has settled once, the clock runs this fast: a time lapse over the opening, no other rules."""

AGENT = "gapwatch-sandbox"


class Sandbox:
    """An embedded cluster, reached over HTTPS as any other; gone when the block ends.

    seed: makes the nodes' delays, generated names and the scheduler's choices repeatable; speed:
    cluster seconds in a real one; requests_kept: how many requests `server.requests` holds. With the shop,
    entering waits until every Deployment of it is complete; that happens in a time lapse
    (`OPENING_SPEED`), so that the doors open within a second or two.
    Raises OSError if the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seed: int = 0,
        speed: float = 1.0,
        shop: bool = True,
        delays: KubeletDelays | None = None,
        requests_kept: int = 0,
    ) -> None:
        self.speed = speed
        self.clock = Clock(speed)
        network = PodNetwork(self.clock.real, Random(seed))
        self.server = ApiServer(port=port, random=Random(seed), requests_kept=requests_kept, network=network)
        self._seed = seed
        self._shop = shop
        self._delays = delays or KubeletDelays()
        self._stack = AsyncExitStack()
        self._client: ApiClient | None = None
        self._turning: asyncio.Task[None] | None = None
        self._watchers: set[asyncio.Event] = set()

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig file that leads here; removed with the sandbox."""
        return self.server.kubeconfig

    @property
    def url(self) -> str:
        """The API server's address."""
        return self.server.url

    @property
    def client(self) -> ApiClient:
        """A client with all rights, on connections that close with the sandbox."""
        if self._client is None:
            raise RuntimeError("the sandbox is not open: use it as `async with Sandbox() as sandbox:`")
        return self._client

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def settled(self) -> None:
        """Wait until every Deployment is complete, as `kubectl rollout status` means it."""
        news = asyncio.Event()
        self._watchers.add(news)
        try:
            while True:
                news.clear()
                if all(is_complete(one, status_of(one)) for one in await self._deployments()):
                    return
                await news.wait()
        finally:
            self._watchers.discard(news)

    async def until(self, stop: asyncio.Event) -> None:
        """Wait for a signal to stop, or for a loop to break; leaving the block then raises what broke it."""
        stopping = asyncio.create_task(stop.wait())
        waits: list[asyncio.Task[Any]] = [stopping, *([self._turning] if self._turning else [])]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    # -------------------------------------------------------------- opening

    async def _open(self, stack: AsyncExitStack) -> None:
        await _undisturbed(stack.enter_async_context(self.server))
        tls = ssl.create_default_context(cadata=self.server.ca_pem)
        opening = connect(
            self.url, self.server.token, agent=f"{AGENT}/gapwatch (shop)", manager=AGENT, tls=tls
        )
        self._client = await stack.enter_async_context(opening)
        plane = ControlPlane(
            self._client,
            self.server.issue_token,
            self.clock,
            nodes=the_shop.NODES,
            delays=self._delays,
            network=self.server.network,
            seed=self._seed,
        )
        plane.deployments.subscribe(self._on_deployment)
        if self._shop:
            self.clock.speed = max(self.speed, OPENING_SPEED)
        self._turning = await stack.enter_async_context(plane.running())
        if self._shop:
            await self._fill_shop()
            self.clock.speed = self.speed

    async def _fill_shop(self) -> None:
        kinds: dict[str, Resource] = {kind.kind: kind for kind in (NAMESPACES, DEPLOYMENTS, SERVICES)}
        for manifest in the_shop.manifests():
            await self.client.create(kinds[manifest["kind"]], manifest)
            await self.settled()  # one after the other: who comes first to the scheduler is then no race

    async def _deployments(self) -> list[Obj]:
        return [one async for page in self.client.pages(DEPLOYMENTS) for one in page.get("items") or ()]

    def _on_deployment(self, old: Obj | None, new: Obj | None) -> None:
        for news in self._watchers:
            news.set()


async def _undisturbed(work: Coroutine[Any, Any, object]) -> None:
    """Finish this even if cancelled meanwhile: a socket that is half open is nobody's to close."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def run_forever(
    port: int,
    seed: int,
    speed: float,
    shop: bool,
    announce: Callable[[Sandbox], None],
    *,
    delays: KubeletDelays | None = None,
    until_eof: bool = False,
) -> int:
    """Serve a sandbox until SIGINT, SIGTERM or SIGHUP, whose number comes back, or 0 for the end of standard input.

    With until_eof that end stops it, and SIGINT does not: it is for the parent. announce is called once, when
    everything has settled. Raises OSError if the port is taken, and what announce raises.
    """
    sandbox = Sandbox(port=port, seed=seed, speed=speed, shop=shop, delays=delays)
    return asyncio.run(_serve(sandbox, announce, until_eof))


def could_not_listen(port: int, error: OSError) -> str:
    """One line for a server that could not start: what was tried, what came back, what to do."""
    if isinstance(error, PortInUseError):
        return str(error)
    return (
        f"can't listen on {HOST}:{port}: {error.strerror or error}; choose another port, or 0 for a free one"
    )


async def _serve(sandbox: Sandbox, announce: Callable[[Sandbox], None], until_eof: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers: list[int] = []

    def stop_on(number: int) -> None:
        numbers.append(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            loop.add_signal_handler(number, stop_on, number)
    if until_eof:
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        threading.Thread(target=_wait_for_eof, args=(loop, stop), daemon=True, name="stdin").start()
    opening = asyncio.create_task(_open_and_wait(sandbox, announce, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not opening.done():
        opening.cancel()
        await asyncio.wait([opening])
    if not opening.cancelled():
        opening.result()
    return numbers[0] if numbers else 0


async def _open_and_wait(sandbox: Sandbox, announce: Callable[[Sandbox], None], stop: asyncio.Event) -> None:
    async with sandbox:
        announce(sandbox)
        await sandbox.until(stop)


def _wait_for_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Read standard input to its end, in a thread: a pipe whose other end dies has no other voice."""
    with contextlib.suppress(OSError):  # a closed standard input is at its end too
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(stop.set)
