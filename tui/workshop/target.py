"""The workshop's cluster as its kubeconfig context reaches it: nodes to wait for, manifests to apply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from tui.cluster.connection import Connection
from tui.cluster.contexts import kubeconfig_files, read_contexts
from tui.cluster.errors import ClusterError
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import NODES, UNDECODABLE
from tui.facts import Node
from tui.workshop.kind import CONTEXT, Target


class ClusterTarget:
    """A workshop target on an open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._gateway = Gateway(connection)

    async def nodes(self) -> Sequence[Node]:
        """All nodes that have registered by now; raises ClusterError."""
        answer = await self._connection.call("GET", NODES.resource)
        try:
            return NODES.page(answer.body)[1]
        except UNDECODABLE:
            raise ClusterError(self._connection.asked, "its Node list is no list") from None

    async def apply(self, document: Mapping[str, Any]) -> None:
        """Server-side apply of one object; raises ClusterError."""
        await self._gateway.apply(document)


def connecting(kubeconfig: Path | None) -> Callable[[], AbstractAsyncContextManager[Target]]:
    """Opens the context that kind made, from `kubeconfig` or from where kubectl would look."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Target]:
        files = kubeconfig_files(str(kubeconfig) if kubeconfig else None)
        connection = await Connection.open(read_contexts(files).choose(CONTEXT))
        try:
            yield ClusterTarget(connection)
        finally:
            await connection.close()

    return connect
