"""Applying what was declared: by hand or in a loop, past the guard, never forced unless told."""

from __future__ import annotations

from dataclasses import dataclass

from tui.chaos.fault import Need
from tui.chaos.guard import FaultRefused, Guard
from tui.chaos.rights import Rights
from tui.cluster.errors import Conflict, Refused
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import DEPLOYMENTS
from tui.declared.deployments import DeclaredDeployment
from tui.reconcile.drift import FieldDrift, compare

_FORBIDDEN, _CONFLICT = 403, 409


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of applying one Deployment: the fields that it changed, or whose they are and so nothing changed."""

    key: str
    """namespace/name"""
    fields: tuple[FieldDrift, ...] = ()
    """`declared` is what each is now, `desired` what it was."""
    created: bool = False
    conflicts: tuple[Conflict, ...] = ()
    uid: str = ""
    generation: int = 0


def needs(namespace: str) -> tuple[Need, ...]:
    """The rights without which nothing can be applied there: a Deployment that is not there is created by a patch."""
    return tuple(Need(verb, DEPLOYMENTS.resource, namespace) for verb in ("patch", "create"))


class Applier:
    """The way of all applies to one cluster."""

    def __init__(self, gateway: Gateway, guard: Guard, rights: Rights) -> None:
        self._gateway = gateway
        self._guard = guard
        self._rights = rights

    def objection(self, namespace: str) -> str:
        """Why nothing may be applied there now: read-only, disarmed, or a protected namespace; or ""."""
        return self._guard.objection(namespace)

    def require(self, namespace: str) -> None:
        """FaultRefused with that objection."""
        objection = self.objection(namespace)
        if objection:
            raise FaultRefused(f"not applied: {objection}")

    async def apply(self, declared: DeclaredDeployment, *, force: bool = False) -> Applied:
        """Raises FaultRefused for a no of ours, ClusterError for one of the server's. Conflicts are an answer."""
        self.require(declared.namespace)
        required = needs(declared.namespace)
        await self._rights.require(required)
        before = await self._before(declared)
        self.require(declared.namespace)  # it may have been disarmed meanwhile
        try:
            after = await self._gateway.apply(declared.document, force=force)
        except Refused as no:
            if no.code == _CONFLICT and no.conflicts:
                return Applied(declared.key, conflicts=no.conflicts)
            if no.code == _FORBIDDEN:
                self._rights.forget(required)
            raise
        meta = after.get("metadata") or {}
        return Applied(
            declared.key,
            fields=() if before is None else compare(before, after),
            created=before is None,
            uid=str(meta.get("uid") or ""),
            generation=int(meta.get("generation") or 0),
        )

    async def _before(self, declared: DeclaredDeployment) -> dict[str, object] | None:
        try:
            return await self._gateway.read(DEPLOYMENTS.resource, declared.name, namespace=declared.namespace)
        except Refused as no:
            if no.is_not_found:
                return None
            raise
