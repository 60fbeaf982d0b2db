"""One declared Deployment held against the cluster: by the server's dry run, or locally where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui.cluster.errors import ClusterError, Refused
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import DEPLOYMENTS
from tui.declared.deployments import DeclaredDeployment
from tui.reconcile.drift import DriftState, FieldDrift, compare, compare_locally
from tui.steady import steady

ASK_AGAIN_S = 60.0
"""A dry run that was not to be had is asked for again, but not sooner: rights are given meanwhile."""
TRIES = 4
"""A Deployment that is written between our two requests is read again, so often at most."""
_FORBIDDEN, _NOT_FOUND, _NOT_ALLOWED, _UNSUPPORTED = 403, 404, 405, 415
EVERYWHERE = ""
ASKED_FOR = "asked for"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of one declared Deployment; texts are as the server wrote them."""

    state: DriftState = DriftState.UNKNOWN
    fields: tuple[FieldDrift, ...] = ()
    locally: str = ""
    """Why it was compared locally, or "" where the server's dry run has told."""
    error: str = ""
    """Why it can't be told, or why the server would refuse what is declared; or ""."""
    uid: str = ""

    @property
    def is_drift(self) -> bool:
        """Whether it is not as declared: it is otherwise, or not there."""
        return self.state in (DriftState.DRIFTED, DriftState.MISSING)


class Assessor:
    """Asks one cluster. Remembers for a while where there is no dry run, namespace by namespace."""

    def __init__(
        self, gateway: Gateway, *, locally: bool = False, clock: Callable[[], float] = steady
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._always_locally = locally
        self._no_dry_run: dict[str, tuple[float, str]] = {}
        """By namespace, or EVERYWHERE: until when not to ask, and why."""

    async def assess(self, declared: DeclaredDeployment) -> Assessment:
        """Two requests or a few, none of which changes anything. Never raises: what went wrong is in the answer."""
        try:
            live = await self._read(declared)
            fields: tuple[FieldDrift, ...] = ()
            locally, error = self.why_locally(declared.namespace), ""
            if not locally:
                live, locally, error, fields = await self._by_dry_run(declared, live)
        except ClusterError as trouble:
            if isinstance(trouble, Refused) and trouble.is_not_found:
                return Assessment(DriftState.MISSING)
            return Assessment(DriftState.FAILED, error=str(trouble))
        if locally:
            fields = compare_locally(live, declared.document)
        state = DriftState.DRIFTED if fields else DriftState.NONE
        uid = str((live.get("metadata") or {}).get("uid") or "")
        return Assessment(state, fields, locally, error, uid)

    def why_locally(self, namespace: str) -> str:
        """Why there is no dry run in that namespace, as far as is known, or ""."""
        if self._always_locally:
            return ASKED_FOR
        for where in (EVERYWHERE, namespace):
            until, why = self._no_dry_run.get(where, (0.0, ""))
            if self._clock() < until:
                return why
        return ""

    async def _read(self, declared: DeclaredDeployment) -> dict[str, Any]:
        return await self._gateway.read(DEPLOYMENTS.resource, declared.name, namespace=declared.namespace)

    async def _by_dry_run(
        self, declared: DeclaredDeployment, live: dict[str, Any]
    ) -> tuple[dict[str, Any], str, str, tuple[FieldDrift, ...]]:
        """(the live object, why not, the server's no, the fields).

        Forced, because conflicts are who has it now, not what it is. The answer carries the resourceVersion of what it
        was made from; only that very version is held against it, or what others wrote in between would be drift.
        """
        for _ in range(TRIES):
            try:
                applied = await self._gateway.apply(declared.document, dry_run=True, force=True)
            except Refused as no:
                return live, *self._without_dry_run(declared, no), ()
            if _version(applied) == _version(live):
                return live, "", "", compare(live, applied)
            live = await self._read(declared)
            if _version(applied) == _version(live):
                return live, "", "", compare(live, applied)
        raise ClusterError(declared.key, "is written faster than it can be held against what was declared")

    def _without_dry_run(self, declared: DeclaredDeployment, no: Refused) -> tuple[str, str]:
        """(why there is none, the server's no); raises that no where it says nothing of dry runs."""
        if no.code == _FORBIDDEN:
            return self._remember(declared.namespace, "no right to a dry run (patch deployments)"), ""
        if no.code in (_NOT_ALLOWED, _UNSUPPORTED):
            return self._remember(EVERYWHERE, "the server has no server-side apply"), ""
        if "dry run" in no.said.lower() or "dryrun" in no.said.lower():
            return self._remember(declared.namespace, "a webhook there takes no dry run"), ""
        if no.code == _NOT_FOUND or no.code >= 500 or no.code == 429:
            raise no
        return "the server would refuse it", no.said

    def _remember(self, where: str, why: str) -> str:
        self._no_dry_run[where] = self._clock() + ASK_AGAIN_S, why
        return why


def _version(obj: dict[str, Any]) -> object:
    return (obj.get("metadata") or {}).get("resourceVersion")
