"""What the API server allows, asked need by need and kept; and which namespaces have opted out."""

from __future__ import annotations

from collections.abc import Iterable

from tui.chaos.fault import Need
from tui.chaos.guard import OPT_OUT_LABEL, OPTED_OUT, FaultRefused
from tui.cluster import access
from tui.cluster.access import Permission
from tui.cluster.connection import Connection
from tui.cluster.errors import ClusterError
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import Resource

_NAMESPACES = Resource("v1", "namespaces", namespaced=False)


class Rights:
    """The answers of one source. A yes is kept until the server takes it back; a no is asked again."""

    def __init__(self, connection: Connection, gateway: Gateway) -> None:
        self._connection = connection
        self._gateway = gateway
        self._known: dict[Need, Permission] = {}

    def known(self, need: Need) -> Permission | None:
        """The answer, if it has been asked."""
        return self._known.get(need)

    async def ask(self, need: Need) -> Permission:
        """The answer of an access review; a failed one is no yes, and is asked again."""
        known = self._known.get(need)
        if known is None or not known.allowed:
            known = await access.review(
                self._connection,
                need.verb,
                need.resource,
                namespace=need.namespace or None,
                subresource=need.subresource,
            )
            self._known[need] = known
        return known

    def forget(self, needs: Iterable[Need]) -> None:
        """The server has said no in spite of its yes."""
        for need in needs:
            self._known.pop(need, None)

    async def require(self, needs: Iterable[Need]) -> None:
        """FaultRefused with the words of the first no."""
        for need in needs:
            permission = await self.ask(need)
            if not permission.allowed:
                raise FaultRefused(permission.why)

    async def require_consent(self, namespaces: Iterable[str]) -> None:
        """FaultRefused for a namespace that has opted out, or whose labels can't be read: that is no yes."""
        for namespace in namespaces:
            try:
                found = await self._gateway.read(_NAMESPACES, namespace, namespace=None)
            except ClusterError as error:
                said = f"whether {namespace} has opted out of chaos can't be read: {error.said}"
                raise FaultRefused(said) from None
            if ((found.get("metadata") or {}).get("labels") or {}).get(OPT_OUT_LABEL) == OPTED_OUT:
                raise FaultRefused(f"namespace {namespace} has opted out ({OPT_OUT_LABEL}={OPTED_OUT})")
