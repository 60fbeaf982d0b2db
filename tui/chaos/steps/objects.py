"""One object of the API: how steps name it, read it and write to it without running over others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tui.chaos.guard import FaultRefused
from tui.cluster.errors import Refused
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import Resource

TRIES = 5
"""How often a write is tried anew when somebody else has written to the same object meanwhile."""
CONFLICT, NOT_FOUND = 409, 404


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
        if error.code == NOT_FOUND:
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
    for _ in range(TRIES - 1):
        try:
            return await once()
        except Refused as error:
            if error.code != CONFLICT:
                raise
    return await once()
