"""The one door through which every write to a cluster goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.cluster.connection import Connection
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.kinds import PODS, Resource

FIELD_MANAGER = "gapwatch"
_PLURALS = {
    "Namespace": Resource("v1", "namespaces", namespaced=False),
    "Service": Resource("v1", "services"),
    "ConfigMap": Resource("v1", "configmaps"),
    "Deployment": Resource("apps/v1", "deployments"),
    "PodDisruptionBudget": Resource("policy/v1", "poddisruptionbudgets"),
}


class Gateway:
    """Writes under our own field manager and user agent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def delete_pod(self, namespace: str, name: str, *, uid: str) -> None:
        """Deletes that very pod, gracefully; a namesake with another uid is refused (409 Conflict).

        Raises Refused when the pod has gone, is another one by now, or may not be deleted.
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        await self._connection.call("DELETE", PODS.resource, name, namespace=namespace, body=options)

    async def apply(self, document: Mapping[str, Any]) -> None:
        """Server-side apply of one manifest; conflicts with other managers are refused, never forced."""
        kind, meta = str(document.get("kind")), document.get("metadata") or {}
        resource = _PLURALS.get(kind)
        if resource is None or resource.version != document.get("apiVersion"):
            raise ClusterError(
                self._connection.asked, f"{document.get('apiVersion')} {kind} is not a kind we apply"
            )
        await self._connection.call(
            "PATCH",
            resource,
            str(meta.get("name")),
            namespace=str(meta.get("namespace") or "default") if resource.namespaced else None,
            params={"fieldManager": FIELD_MANAGER},
            body=document,
            content_type="application/apply-patch+yaml",
        )


__all__ = ["FIELD_MANAGER", "Gateway", "Refused"]
