"""Which kinds there are, for clients that ask: /version, /api, /apis and what lies below."""

from __future__ import annotations

import platform

from tui.sandbox import kinds
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object
from tui.sandbox.openapi import openapi_index, openapi_v2, openapi_v3
from tui.sandbox.requests import Answer, Call, json_answer
from tui.sandbox.status import no_such_path

GIT_VERSION = "v1.35.0+gapwatch"  # the newest that kr8s meets without a warning
_HEALTH = ("healthz", "livez", "readyz")
_SUBRESOURCE_KINDS = {
    "attach": ("", "v1", "PodAttachOptions", ("create", "get")),
    "binding": ("", "v1", "Binding", ("create",)),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "exec": ("", "v1", "PodExecOptions", ("create", "get")),
    "portforward": ("", "v1", "PodPortForwardOptions", ("create", "get")),
    "proxy": ("", "v1", "ProxyOptions", ("create", "delete", "get", "patch", "update")),
    "scale": ("autoscaling", "v1", "Scale", ("get", "patch", "update")),
}


def describe(call: Call) -> Answer:
    """The answer for a path that is no resource; 404 where the server has nothing there."""
    parts = tuple(part for part in call.path.split("/") if part)
    if parts and parts[0] in _HEALTH:
        return Answer(200, b"ok", "text/plain; charset=utf-8")
    if parts[:2] == ("openapi", "v3"):
        return json_answer(openapi_v3("/".join(parts[2:])) if len(parts) > 2 else openapi_index())
    if parts == ("openapi", "v2"):
        return openapi_v2(protobuf=call.accept.protobuf)
    document = _document(parts)
    if document is None:
        raise no_such_path()
    return json_answer(document)


def _document(parts: tuple[str, ...]) -> Object | None:
    match parts:
        case ():
            return {
                "paths": [
                    "/api",
                    "/api/v1",
                    "/apis",
                    "/healthz",
                    "/livez",
                    "/openapi/v2",
                    "/openapi/v3",
                    "/readyz",
                    "/version",
                ]
            }
        case ("version",):
            return _version()
        case ("api",):
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ("api", "v1"):
            return _resources("", "v1")
        case ("apis",):
            found = [_group(group, versions) for group, versions in kinds.groups().items()]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}
        case ("apis", group) if group in kinds.groups():
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, kinds.groups()[group])}
        case ("apis", group, version) if version in kinds.groups().get(group, ()):
            return _resources(group, version)
    return None


def _version() -> Object:
    major, minor = GIT_VERSION.lstrip("v").split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{platform.python_version()}",
        "compiler": "gapwatch-sandbox",
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }


def _group(group: str, versions: list[str]) -> Object:
    offered = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": offered, "preferredVersion": offered[0]}


def _resources(group: str, version: str) -> Object:
    found: list[Object] = []
    for kind in kinds.KINDS:
        if (kind.group, kind.version) == (group, version):
            found.append(_resource(kind))
            found += [_subresource(kind, name) for name in kind.subresources]
    found.sort(key=lambda resource: str(resource["name"]))
    api_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": found}


def _resource(kind: Kind) -> Object:
    resource: Object = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short:
        resource["shortNames"] = list(kind.short)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    return resource


def _subresource(kind: Kind, name: str) -> Object:
    resource: Object = {"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced}
    if name in _SUBRESOURCE_KINDS:
        group, version, word, verbs = _SUBRESOURCE_KINDS[name]
        place = {"group": group, "version": version} if group else {}
        word = f"{kind.kind}{word}" if name == "proxy" else word
        return {**resource, **place, "kind": word, "verbs": list(verbs)}
    verbs = {"log": ("get",), "finalize": ("update",)}.get(name, ("get", "patch", "update"))
    return {**resource, "kind": kind.kind, "verbs": list(verbs)}
