"""The pods' network: which program listens at which address, who runs commands, and which nodes are cut off.

Beside the API it is the one thing that an API server and its nodes share: through it the server reaches into a pod.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, ip_address
from random import Random
from typing import Final, TypeVar

from tui.sandbox.commands import Outcome
from tui.sandbox.podinfo import Podinfo

DIAL_S: Final = 30.0
"""How long a dial waits for an address that gives no sign, in cluster seconds (net/http DefaultTransport)."""

T = TypeVar("T")
Executor = Callable[[str, str, Sequence[str]], Outcome | None]
"""Runs a command in the container of this name of the pod with this uid; None if it does not run."""


class PodNetwork:
    """Addresses and the programs behind them.

    `real` makes real seconds of cluster seconds; `random` decides which of several addresses is dialled.
    """

    def __init__(
        self, real: Callable[[float], float] = lambda seconds: seconds, random: Random | None = None
    ) -> None:
        self._real = real
        self._random = random or Random()
        self._listening: dict[tuple[str, int], Podinfo] = {}
        self._executors: dict[str, Executor] = {}
        self._cut_off: set[IPv4Network] = set()
        self._rejoined = asyncio.Event()

    def listen(self, ip: str, program: Podinfo) -> None:
        """From now on this program answers at its port of this address."""
        self._listening[ip, program.port] = program

    def hang_up(self, ip: str, program: Podinfo) -> None:
        """The program no longer answers; another one that has its address meanwhile still does."""
        if self._listening.get((ip, program.port)) is program:
            del self._listening[ip, program.port]

    def find(self, ip: str, port: int) -> Podinfo | None:
        """Who listens there, if anybody does."""
        program = self._listening.get((ip, port))
        return program if program is not None and program.exit_code is None else None

    def execute_by(self, node: str, executor: Executor) -> None:
        """From now on this kubelet runs commands in the containers of its node."""
        self._executors[node] = executor

    def run(self, node: str, uid: str, container: str, command: Sequence[str]) -> Outcome | None:
        """Run a command on a node; None if that container does not run there."""
        executor = self._executors.get(node)
        return executor(uid, container, command) if executor is not None else None

    def cut_off(self, subnet: IPv4Network) -> None:
        """Nothing gets to these addresses, nor back; the programs behind them go on."""
        self._cut_off.add(subnet)

    def rejoin(self, subnet: IPv4Network) -> None:
        """These addresses are reached again, also by those who are still waiting."""
        self._cut_off.discard(subnet)
        self._rejoined.set()
        self._rejoined = asyncio.Event()

    async def reach(self, ip: str) -> bool:
        """Whether the address gives a sign, waiting for one as long as a dial does: 30 cluster seconds."""
        try:
            async with asyncio.timeout(self._real(DIAL_S)):
                while any(ip_address(ip) in subnet for subnet in self._cut_off):
                    await self._rejoined.wait()
        except TimeoutError:
            return False
        return True

    async def pause(self, seconds: float) -> None:
        """Let a program take its time, in cluster seconds."""
        await asyncio.sleep(self._real(seconds))

    def choose(self, addresses: Sequence[T]) -> T:
        """One of several addresses that are as good as each other."""
        return self._random.choice(addresses)
