"""The one door through which every write to a cluster goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.cluster.connection import Connection
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.execution import Executed, execute
from tui.cluster.kinds import PODS, UNDECODABLE, Resource

FIELD_MANAGER = "gapwatch"
_SERVER_ERROR = 500
_PLURALS = {
    "Namespace": Resource("v1", "namespaces", namespaced=False),
    "Service": Resource("v1", "services"),
    "ConfigMap": Resource("v1", "configmaps"),
    "Pod": PODS.resource,
    "Deployment": Resource("apps/v1", "deployments"),
    "PodDisruptionBudget": Resource("policy/v1", "poddisruptionbudgets"),
}


class Gateway:
    """Writes under our own field manager and user agent. All methods raise Refused for a no, else ClusterError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def asked(self) -> str:
        """Who is asked, for error lines."""
        return self._connection.asked

    async def read(
        self, resource: Resource, name: str, *, namespace: str | None, subresource: str = ""
    ) -> dict[str, Any]:
        """One object as the API server has it now, whole: only for what is about to be changed, or was."""
        path = _path(name, subresource)
        answer = await self._connection.call("GET", resource, path, namespace=namespace)
        found = self._object(answer.json)
        meta = found.get("metadata")
        if not isinstance(meta, dict) or meta.get("name") != name or not meta.get("uid"):
            raise self._no_object()
        return found

    async def listed(
        self, resource: Resource, *, namespace: str | None, field_selector: str = ""
    ) -> list[dict[str, Any]]:
        """The objects there are now, whole; for the few that a plan has to know exactly."""
        params = {"fieldSelector": field_selector} if field_selector else None
        answer = await self._connection.call("GET", resource, namespace=namespace, params=params)
        items = self._object(answer.json).get("items") or []
        return [one for one in items if isinstance(one, dict)]

    async def delete(
        self, resource: Resource, name: str, *, namespace: str | None, uid: str, grace_s: int | None = None
    ) -> None:
        """Deletes that very object, gracefully unless `grace_s` is 0; a namesake is refused (409 Conflict)."""
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        await self._connection.call("DELETE", resource, name, namespace=namespace, body=options)

    async def evict(self, namespace: str, pod: str, *, uid: str) -> None:
        """Asks for the eviction of that very pod; Refused with code 429 when a PodDisruptionBudget says no."""
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        await self._connection.call(
            "POST", PODS.resource, f"{pod}/eviction", namespace=namespace, body=eviction
        )

    async def merge(
        self,
        resource: Resource,
        name: str,
        patch: Mapping[str, Any],
        *,
        namespace: str | None,
        subresource: str = "",
    ) -> None:
        """A JSON merge patch. With metadata.uid and metadata.resourceVersion in it, anything newer is a 409."""
        await self._connection.call(
            "PATCH",
            resource,
            _path(name, subresource),
            namespace=namespace,
            params={"fieldManager": FIELD_MANAGER},
            body=patch,
            content_type="application/merge-patch+json",
        )

    async def create(
        self, resource: Resource, document: Mapping[str, Any], *, namespace: str | None
    ) -> dict[str, Any]:
        """Creates one object; one of that name that is there already is refused (409 AlreadyExists)."""
        answer = await self._connection.call(
            "POST", resource, namespace=namespace, params={"fieldManager": FIELD_MANAGER}, body=document
        )
        return self._object(answer.json)

    async def speak_to_pod(self, namespace: str, pod: str, port: int, path: str, *, method: str) -> bytes:
        """One HTTP request to a program in a pod, through the API server's proxy; its answer's body.

        What says no may be the program itself: only an API server answers with a Status, and hints at our rights.
        """
        where = f"{pod}:{port}/proxy/{path.lstrip('/')}"
        try:
            answer = await self._connection.call(method, PODS.resource, where, namespace=namespace)
        except Refused as error:
            if error.reason or error.code >= _SERVER_ERROR:
                raise
            said = error.said.partition(": ")[2]
            raise Refused(f"port {port} of pod {namespace}/{pod}", error.code, "", said) from None
        return answer.body

    async def run_in_pod(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, within_s: float = 60.0
    ) -> Executed:
        """Runs one command in a container and waits for its end; a pod that is gone is refused (404)."""
        return await execute(self._connection, namespace, pod, container, command, within_s=within_s)

    async def apply(
        self,
        document: Mapping[str, Any],
        *,
        dry_run: bool = False,
        force: bool = False,
        manager: str = FIELD_MANAGER,
    ) -> dict[str, Any]:
        """Server-side apply of one manifest; the object as it is then, or with `dry_run` as it would be.

        Fields of other managers that say otherwise are a 409, whose `conflicts` name them, unless `force` takes them.
        """
        kind, meta = str(document.get("kind")), document.get("metadata") or {}
        resource = _PLURALS.get(kind)
        if resource is None or resource.version != document.get("apiVersion"):
            raise ClusterError(
                self._connection.asked, f"{document.get('apiVersion')} {kind} is not a kind we apply"
            )
        params = {"fieldManager": manager}
        params |= {"dryRun": "All"} if dry_run else {}
        params |= {"force": "true"} if force else {}
        answer = await self._connection.call(
            "PATCH",
            resource,
            str(meta.get("name")),
            namespace=str(meta.get("namespace") or "default") if resource.namespaced else None,
            params=params,
            body=document,
            content_type="application/apply-patch+yaml",
        )
        return self._object(answer.json)

    def _object(self, read: Any) -> dict[str, Any]:
        try:
            found = read()
        except UNDECODABLE:
            found = None
        if not isinstance(found, dict):
            raise self._no_object()
        return found

    def _no_object(self) -> ClusterError:
        return ClusterError(self._connection.asked, "what came back is no object of the Kubernetes API")


def _path(name: str, subresource: str) -> str:
    return f"{name}/{subresource}" if subresource else name


__all__ = ["FIELD_MANAGER", "Gateway", "Refused"]
