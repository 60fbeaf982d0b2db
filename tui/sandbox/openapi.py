"""The little OpenAPI v3 that kubectl asks for before it writes: which kinds take which parameters.

No schemas: kubectl reads from it that the server checks fields itself and that dry runs work, and falls back to what
it was compiled with for merging.
"""

from __future__ import annotations

import hashlib

from tui.sandbox import kinds
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, encode
from tui.sandbox.requests import Answer, json_answer
from tui.sandbox.status import no_such_path

_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")
_ACTIONS = {"post": "post", "put": "put", "patch": "patch", "delete": "delete", "get": "get"}


def openapi_index() -> Object:
    """The documents, one for each group and version."""
    paths = {}
    for place in _places():
        digest = hashlib.sha256(encode(openapi_v3(place))).hexdigest()
        paths[place] = {"serverRelativeURL": f"/openapi/v3/{place}?hash={digest}"}
    return {"paths": paths}


def openapi_v3(place: str) -> Object:
    """The document of `api/v1` or `apis/GROUP/VERSION`; 404 for any other place."""
    if place not in _places():
        raise no_such_path()
    paths: Object = {}
    schemas: Object = {}
    for kind in kinds.KINDS:
        if _place(kind) == place:
            paths |= _paths(kind)
            schemas[f"{kind.group or 'core'}.{kind.version}.{kind.kind}"] = {
                "type": "object",
                "x-kubernetes-group-version-kind": [_gvk(kind)],
                "x-kubernetes-preserve-unknown-fields": True,
            }
    return {
        "openapi": "3.0.0",
        "info": {"title": "gapwatch sandbox", "version": "v1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def openapi_v2(*, protobuf: bool) -> Answer:
    """A v2 document without a word in it: kubectl asks for one before it says that it knows no such kind."""
    if protobuf:
        return Answer(200, b"\n\x032.0", _V2_PROTOBUF)
    info = {"title": "gapwatch sandbox", "version": "v1"}
    return json_answer({"swagger": "2.0", "info": info, "paths": {}, "definitions": {}})


def _places() -> list[str]:
    return list(dict.fromkeys(_place(kind) for kind in kinds.KINDS))


def _place(kind: Kind) -> str:
    return f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"


def _gvk(kind: Kind) -> Object:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _paths(kind: Kind) -> Object:
    scope = "namespaces/{namespace}/" if kind.namespaced else ""
    collection = f"/{_place(kind)}/{scope}{kind.plural}"
    paths: Object = {collection: {"post": _operation(kind, "post")}}
    if kind.stored:
        paths[collection]["get"] = _operation(kind, "list")
        paths[f"{collection}/{{name}}"] = {
            method: _operation(kind, action) for method, action in _ACTIONS.items() if method != "post"
        }
    return paths


def _operation(kind: Kind, action: str) -> Object:
    operation: Object = {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _gvk(kind),
        "responses": {"200": {"description": "OK"}},
    }
    if action in ("post", "put", "patch"):
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in _WRITE_PARAMETERS
        ]
    return operation
