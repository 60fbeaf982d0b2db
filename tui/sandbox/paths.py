"""What a request is about: the path and method taken apart as apiserver `endpoints/request/requestinfo.go` does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from tui.sandbox import kinds
from tui.sandbox.kinds import Kind
from tui.sandbox.selectors import exact_name

_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class Target:
    """The resource that a request is about; `kind` is None where the server does not serve it.

    `below` is what follows the subresource `proxy`: a path inside the pod.
    """

    verb: str
    group: str
    version: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    below: str = ""
    kind: Kind | None = None


def parse_target(method: str, path: str, query: Mapping[str, str]) -> Target | None:
    """The resource behind a path, or None for everything that is no resource: discovery, health, OpenAPI."""
    parts = [unquote(part) for part in path.split("/") if part]
    if len(parts) < 3 or parts[0] not in ("api", "apis") or (parts[0] == "apis" and len(parts) < 4):
        return None
    group = "" if parts[0] == "api" else parts[1]
    version, *rest = parts[1:] if parts[0] == "api" else parts[2:]
    namespace, rest = _split_namespace(rest)
    name = rest[1] if len(rest) > 1 else ""
    verb = _verb(method, name, query)
    if verb in ("list", "watch") and not name:
        name = exact_name(query.get("fieldSelector", ""))
    subresource, below = _split_proxy("/".join(rest[2:]))
    return Target(
        verb=verb,
        group=group,
        version=version,
        resource=rest[0],
        namespace=namespace,
        name=name,
        subresource=subresource,
        below=below,
        kind=kinds.find(group, version, rest[0]),
    )


def _split_namespace(parts: list[str]) -> tuple[str, list[str]]:
    if parts[0] != "namespaces" or len(parts) < 2:
        return "", parts
    if len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
        return parts[1], parts[2:]
    return parts[1], parts


def _split_proxy(subresource: str) -> tuple[str, str]:
    first, _, below = subresource.partition("/")
    return (first, below) if first == "proxy" else (subresource, "")


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    verb = _VERBS.get(method, "")
    if verb == "get" and not name:
        return "watch" if is_true(query.get("watch")) else "list"
    if verb == "delete" and not name:
        return "deletecollection"
    return verb


def is_true(value: str | None) -> bool:
    """A boolean query parameter: present and neither false nor 0 (conversion.Convert_Slice_string_To_bool)."""
    return value is not None and value.lower() not in ("false", "0")
