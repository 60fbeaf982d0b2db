"""POST, PUT, PATCH and DELETE on objects and collections."""

from __future__ import annotations

from collections.abc import Callable

from tui.sandbox.apply import apply_patch
from tui.sandbox.deletion import Deleted, delete, delete_options
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.lists import list_page, selection_of
from tui.sandbox.negotiation import (
    APPLY_PATCH,
    JSON_PATCH,
    MERGE_PATCH,
    PATCHES,
    STRATEGIC_PATCH,
    decode_object,
    media_type_of,
    parse_json,
)
from tui.sandbox.objects import Object, metadata
from tui.sandbox.patches import json_patch, merge_patch
from tui.sandbox.paths import is_true
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.rendering import list_answer, object_answer
from tui.sandbox.requests import Answer, Call, json_answer, write_of
from tui.sandbox.schema import Shape, shape_of
from tui.sandbox.status import (
    ApiError,
    UndecodableBodyError,
    bad_request,
    no_such_path,
    unsupported_media_type,
    unusable_patch,
)
from tui.sandbox.strategic import strategic_merge

_PLAIN_PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH)


def decode_body(kind: Kind, call: Call) -> Object:
    """The object in the body; 400 where it is of another kind or version than the path."""
    obj = decode_object(call.content_type, call.body)
    api_version, name = obj.get("apiVersion") or kind.api_version, obj.get("kind") or kind.kind
    if api_version != kind.api_version:
        raise bad_request(
            f"the API version in the data ({api_version}) does not match the expected API version ({kind.api_version})"
        )
    if name != kind.kind:
        raise bad_request(
            f"{name} in version {go_quote(kind.version)} cannot be handled as a {kind.kind}: "
            f"converting ({name}) to ({kind.kind}): unknown conversion"
        )
    if not isinstance(obj.setdefault("metadata", {}), dict):
        raise bad_request(
            f"{kind.kind} in version {go_quote(kind.version)} cannot be handled as a {kind.kind}: metadata is no object"
        )
    return obj


def namespace_of(kind: Kind, call: Call) -> str:
    """The namespace that the path names; 404 where a namespaced kind is written without one."""
    if kind.namespaced and not call.resource.namespace:
        raise no_such_path()
    return call.resource.namespace if kind.namespaced else ""


def create_object(registry: Registry, kind: Kind, call: Call) -> Answer:
    """POST to a collection."""
    obj = decode_body(kind, call)
    version = registry.create(kind, namespace_of(kind, call), obj, write_of(call))
    return object_answer(version, call, registry.clock(), 201)


def update_object(registry: Registry, kind: Kind, call: Call) -> Answer:
    """PUT on an object or on its status."""
    obj = decode_body(kind, call)
    name = call.resource.name
    if metadata(obj).setdefault("name", name) != name:
        raise bad_request(
            f"the name of the object ({metadata(obj)['name']}) does not match the name on the URL ({name})"
        )
    current = registry.store.get(kind, namespace_of(kind, call), name)
    version = registry.modify(current, lambda _: obj, write_of(call))
    return object_answer(version, call, registry.clock())


def patch_object(registry: Registry, kind: Kind, call: Call) -> Answer:
    """PATCH on an object or on its status, in one of the four forms."""
    media_type = media_type_of(call.content_type)
    if media_type == APPLY_PATCH:
        version, created = apply_patch(
            registry, kind, namespace_of(kind, call), call, force=is_true(call.query.get("force"))
        )
        return object_answer(version, call, registry.clock(), 201 if created else 200)
    change = patcher(call, shape_of(kind))
    current = registry.store.get(kind, namespace_of(kind, call), call.resource.name)
    try:
        version = registry.modify(current, change, write_of(call))
    except UndecodableBodyError as error:
        raise unusable_patch(call.body.decode(), error.what) from None
    return object_answer(version, call, registry.clock())


def patcher(call: Call, shape: Shape) -> Callable[[Object], Object]:
    """What a patch that needs no owner does to an object; 415 for any other form, 400 for a body that is no patch."""
    media_type = media_type_of(call.content_type)
    if media_type not in _PLAIN_PATCHES:
        raise unsupported_media_type(media_type, PATCHES)
    patch = parse_json(call.body)
    if media_type == JSON_PATCH:
        return lambda obj: _object_left(json_patch(obj, patch))
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: a patch of this type is an object")
    if media_type == MERGE_PATCH:
        return lambda obj: _object_left(merge_patch(obj, patch))
    return lambda obj: strategic_merge(obj, patch, shape)


def _object_left(value: object) -> Object:
    if not isinstance(value, dict) or not isinstance(value.get("metadata"), dict):
        raise bad_request("error decoding patch: the patch leaves no object")
    return value


def delete_object(registry: Registry, kind: Kind, call: Call) -> Answer:
    """DELETE on one object: the object as it is while it goes, or a Status when it is gone."""
    options = delete_options(_options_body(call), call.query)
    deleted = delete(registry, kind, namespace_of(kind, call), call.resource.name, options)
    if deleted.gone and not _returns_object(kind):
        return json_answer(_success(kind, deleted.version))
    return object_answer(
        deleted.version, call, registry.clock(), 202 if _is_cascading(deleted, options.propagation) else 200
    )


def _is_cascading(deleted: Deleted, propagation: str) -> bool:
    return not deleted.gone and propagation == "Foreground"


def _returns_object(kind: Kind) -> bool:
    """Kinds whose storage answers with the object that is gone (`ReturnDeletedObject`)."""
    return kind.plural in ("pods", "services", "serviceaccounts", "resourcequotas")


def _success(kind: Kind, version: Version) -> Object:
    details = {
        "name": version.key[1],
        "group": kind.group,
        "kind": kind.plural,
        "uid": version.obj["metadata"]["uid"],
    }
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }


def delete_collection(registry: Registry, kind: Kind, call: Call) -> Answer:
    """DELETE on a collection: everything that the selectors mean; answers with the list of it."""
    options = delete_options(_options_body(call), call.query)
    namespace = namespace_of(kind, call)
    selection = selection_of(kind, call.resource, call.query)
    page = list_page(registry.store, kind, selection, {})
    for version in page.versions:
        try:
            delete(registry, kind, namespace or version.key[0], version.key[1], options)
        except ApiError as error:
            if error.code != 404:
                raise
    return list_answer(kind, page, call, registry.clock())


def _options_body(call: Call) -> Object:
    return decode_object(call.content_type, call.body) if call.body.strip() else {}
