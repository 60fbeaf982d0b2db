"""The pods' network: which program listens at which address.

Beside the API it is the one thing that an API server and its nodes share: through it the server reaches into a pod.
"""

from __future__ import annotations

from tui.sandbox.podinfo import Podinfo


class PodNetwork:
    """Addresses and the programs behind them."""

    def __init__(self) -> None:
        self._listening: dict[tuple[str, int], Podinfo] = {}

    def listen(self, ip: str, program: Podinfo) -> None:
        """From now on this program answers at its port of this address."""
        self._listening[ip, program.port] = program

    def hang_up(self, ip: str, program: Podinfo) -> None:
        """The program no longer answers; another one that has its address meanwhile still does."""
        if self._listening.get((ip, program.port)) is program:
            del self._listening[ip, program.port]

    def find(self, ip: str, port: int) -> Podinfo | None:
        """Who answers there, if anybody does."""
        program = self._listening.get((ip, port))
        return program if program is not None and program.exit_code is None else None
