"""One object of the API: how steps name it, read it and write to it without running over others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tui.chaos.guard import FaultRefused
from tui.chaos.need import Need
from tui.cluster.errors import Refused
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import Resource

AFTER_A_CONFLICT_S = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""How long a write waits to be tried anew when somebody else has written to the same object meanwhile."""
CONFLICT = 409


class Ref(msgspec.Struct, frozen=True):
    """One object of the API: `version` and `plural` as in the URL, `namespace` "" for what has none."""

    version: str
    plural: str
    namespace: str
    name: str
    uid: str

    @property
    def resource(self) -> Resource:
        """Where its kind lives in the API."""
        return Resource(self.version, self.plural, namespaced=bool(self.namespace))

    @property
    def node(self) -> str:
        """Its name, if it is a node, or ""."""
        return self.name if self.plural == "nodes" else ""

    def may(self, *verbs: str, subresource: str = "") -> tuple[Need, ...]:
        """The rights to do that to it."""
        return tuple(Need(verb, self.resource, self.namespace, subresource) for verb in verbs)

    def __str__(self) -> str:
        singular = self.plural.removesuffix("s")
        return f"{singular} {self.namespace}/{self.name}" if self.namespace else f"{singular} {self.name}"


class Gone(FaultRefused):
    """The object of that uid is not there any more."""


async def read(gateway: Gateway, ref: Ref, subresource: str = "") -> dict[str, Any]:
    """That very object; Gone when there is none, or a namesake."""
    try:
        found = await gateway.read(
            ref.resource, ref.name, namespace=ref.namespace or None, subresource=subresource
        )
    except Refused as error:
        if error.is_not_found:
            raise Gone(f"{ref} is gone") from None
        raise
    if ref.uid and (found.get("metadata") or {}).get("uid") != ref.uid:
        raise Gone(f"{ref} is another one by now: the planned one is gone")
    return found


async def merge(
    gateway: Gateway, ref: Ref, found: dict[str, Any], patch: dict[str, Any], subresource: str = ""
) -> None:
    """The patch, on condition that nothing has changed since `found` was read."""
    version = {"resourceVersion": (found.get("metadata") or {}).get("resourceVersion")}
    patch = {**patch, "metadata": {**(patch.get("metadata") or {}), **version}}
    await gateway.merge(
        ref.resource, ref.name, patch, namespace=ref.namespace or None, subresource=subresource
    )


async def against_others(once: Callable[[], Awaitable[bool]]) -> bool:
    """Reads and writes again where somebody else has written between the two."""
    for wait_s in AFTER_A_CONFLICT_S:
        try:
            return await once()
        except Refused as error:
            if error.code != CONFLICT:
                raise
        await asyncio.sleep(wait_s)
    return await once()
