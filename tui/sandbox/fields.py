"""The fields that a field selector may name, by kind: upstream's `GetAttrs` and field label conversions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.sandbox import kinds
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, dig, items
from tui.sandbox.quoting import go_quote
from tui.sandbox.selectors import FieldTerm, matches_fields
from tui.sandbox.status import bad_request

Reader = Callable[[Object], str]


def _path(*path: str, default: str = "") -> Reader:
    def read(obj: Object) -> str:
        value = dig(obj, *path)
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    return read


def _first(*readers: Reader) -> Reader:
    return lambda obj: next((value for reader in readers if (value := reader(obj))), "")


def _pod_ips(obj: Object) -> str:
    return ",".join(str(entry.get("ip", "")) for entry in items(obj, "status", "podIPs"))


_NAME: Mapping[str, Reader] = {"metadata.name": _path("metadata", "name")}
_NAMESPACED: Mapping[str, Reader] = {**_NAME, "metadata.namespace": _path("metadata", "namespace")}

_BY_KIND: Mapping[Kind, Mapping[str, Reader]] = {
    kinds.PODS: {
        "spec.nodeName": _path("spec", "nodeName"),
        "spec.host": _path("spec", "nodeName"),
        "spec.restartPolicy": _path("spec", "restartPolicy"),
        "spec.schedulerName": _path("spec", "schedulerName"),
        "spec.serviceAccountName": _path("spec", "serviceAccountName"),
        "spec.hostNetwork": _path("spec", "hostNetwork", default="false"),
        "status.phase": _path("status", "phase"),
        "status.podIP": _path("status", "podIP"),
        "status.podIPs": _pod_ips,
        "status.nominatedNodeName": _path("status", "nominatedNodeName"),
    },
    kinds.NODES: {"spec.unschedulable": _path("spec", "unschedulable", default="false")},
    kinds.NAMESPACES: {"status.phase": _path("status", "phase")},
    kinds.SECRETS: {"type": _path("type")},
    kinds.SERVICES: {"spec.clusterIP": _path("spec", "clusterIP"), "spec.type": _path("spec", "type")},
    kinds.REPLICA_SETS: {"status.replicas": _path("status", "replicas", default="0")},
    kinds.EVENTS: {
        **{
            f"involvedObject.{field}": _path("involvedObject", field)
            for field in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
        },
        "reason": _path("reason"),
        "reportingComponent": _path("reportingComponent"),
        "source": _first(_path("source", "component"), _path("reportingComponent")),
        "type": _path("type"),
    },
}


def readers_of(kind: Kind) -> Mapping[str, Reader]:
    """Every field that a selector of this kind may name."""
    return {**(_NAMESPACED if kind.namespaced else _NAME), **_BY_KIND.get(kind, {})}


_READERS = {kind: readers_of(kind) for kind in kinds.KINDS}


def field_matcher(kind: Kind, terms: tuple[FieldTerm, ...]) -> Callable[[Object], bool]:
    """A test for objects of the kind; 400 where a term names a field that the kind cannot be selected by."""
    readers = _READERS[kind]
    for term in terms:
        if term.field not in readers:
            raise bad_request(_unknown_field(kind, term.field))
    return lambda obj: matches_fields(terms, lambda field: readers[field](obj))


def _unknown_field(kind: Kind, field: str) -> str:
    if kind in _BY_KIND:
        return f"field label not supported: {field}"
    known = f"{go_quote('metadata.name')}, {go_quote('metadata.namespace')}"
    return f"{go_quote(field)} is not a known field selector: only {known}"
