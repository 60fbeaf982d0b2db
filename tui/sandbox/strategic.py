"""Strategic merge patch: apimachinery `util/strategicpatch/patch.go`, steered by the table in `schema`.

Maps merge key by key, lists merge by their merge key where the schema gives one, and directives inside the patch say
the rest: `$patch`, `$setElementOrder/FIELD`, `$deleteFromPrimitiveList/FIELD`, `$retainKeys`.
"""

from __future__ import annotations

from typing import Any

from tui.sandbox.objects import Object
from tui.sandbox.schema import Shape
from tui.sandbox.status import ApiError, bad_request

_DIRECTIVE = "$patch"
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"


def strategic_merge(target: Object, patch: Object, shape: Shape) -> Object:
    """The object with the patch worked into it; the target may be changed. 400 where the patch is malformed."""
    directive = patch.get(_DIRECTIVE)
    if directive == "replace" or (shape.replace and directive is None):
        return _plain_map(patch)
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise bad_request(f"Unknown patch type found: {directive}")
    if _RETAIN in patch:
        _retain(target, patch)
    for key, value in patch.items():
        if key.startswith(_DELETE):
            _delete_values(target, key.removeprefix(_DELETE), value)
        elif not key.startswith("$"):
            _merge_field(target, key, value, patch, shape.child(key))
    for key in patch:
        field = key.removeprefix(_ORDER)
        if key.startswith(_ORDER) and field not in patch and isinstance(target.get(field), list):
            live = target[field]
            target[field] = _in_order(live, [], patch[key], live, shape.child(field))
    return target


def _merge_field(target: Object, key: str, value: Any, patch: Object, shape: Shape) -> None:
    if value is None:
        target.pop(key, None)
        return
    existing = target.get(key)
    if isinstance(value, dict):
        merged = strategic_merge(existing if isinstance(existing, dict) else {}, value, shape)
        if value.get(_DIRECTIVE) == "delete":
            target.pop(key, None)
        else:
            target[key] = merged
    elif isinstance(value, list) and shape.merges_list:
        before = existing if isinstance(existing, list) else []
        merged_list = _merge_list(before, value, shape)
        order = patch.get(_ORDER + key)
        target[key] = merged_list if order is None else _in_order(merged_list, value, order, before, shape)
    else:
        target[key] = _plain(value)


def _retain(target: Object, patch: Object) -> None:
    """Drop what the patch does not keep: the way from one member of a union to another."""
    kept = patch[_RETAIN]
    if not isinstance(kept, list):
        raise bad_request("invalid patch format of retainKeys")
    stray = [key for key in patch if not key.startswith("$") and patch[key] is not None and key not in kept]
    if stray:
        raise bad_request("the retainKeys list must contain all fields present in the patch")
    for key in [key for key in target if key not in kept]:
        del target[key]


def _delete_values(target: Object, field: str, values: Any) -> None:
    if not isinstance(values, list):
        raise bad_request("invalid patch format of deleteFromPrimitiveList")
    if isinstance(target.get(field), list):
        target[field] = [value for value in target[field] if value not in values]


def _merge_list(target: list[Any], patch: list[Any], shape: Shape) -> list[Any]:
    if shape.set:
        return [*target, *(value for value in patch if value not in target)]
    if any(isinstance(entry, dict) and entry.get(_DIRECTIVE) == "replace" for entry in patch):
        return [_plain(entry) for entry in patch if entry.get(_DIRECTIVE) != "replace"]
    merged = list(target)
    element = Shape(fields=shape.fields)
    for entry in patch:
        key = _key_of(entry, shape)
        place = next((at for at, found in enumerate(merged) if _has_key(found, shape, key)), None)
        if entry.get(_DIRECTIVE) == "delete":
            merged = [found for found in merged if not _has_key(found, shape, key)]
        elif place is None:
            merged.append(_plain(entry))
        else:
            merged[place] = strategic_merge(merged[place], entry, element)
    return merged


def _key_of(entry: Any, shape: Shape) -> Any:
    if not isinstance(entry, dict):
        raise bad_request(f"map expected in a list that merges by {shape.merge_key}, got {entry!r}")
    if shape.merge_key not in entry:
        raise ApiError(
            400,
            "BadRequest",
            f"map: {entry} does not contain declared merge key: {shape.merge_key}",
        )
    return entry[shape.merge_key]


def _has_key(entry: Any, shape: Shape, key: Any) -> bool:
    return isinstance(entry, dict) and entry.get(shape.merge_key) == key


def _in_order(merged: list[Any], patch: list[Any], order: Any, live: list[Any], shape: Shape) -> list[Any]:
    """The merged list in the order that the patch sets, as far as it sets one (normalizeElementOrder).

    Elements that only the live list knows go before the first ordered one that they stood before in the live list.
    """
    if not isinstance(order, list):
        raise bad_request("invalid patch format of setElementOrder")
    names = [_order_key(entry, shape) for entry in order]
    for entry in patch:
        if _order_key(entry, shape) not in names and not (isinstance(entry, dict) and _DIRECTIVE in entry):
            raise bad_request(f"The order in patch list:\n{patch}\n doesn't match {_ORDER} list:\n{order}\n")
    ordered = [entry for entry in merged if _order_key(entry, shape) in names]
    ordered.sort(key=lambda entry: names.index(_order_key(entry, shape)))
    places = {repr(_order_key(entry, shape)): place for place, entry in enumerate(live)}
    result: list[Any] = []
    for entry in (entry for entry in merged if _order_key(entry, shape) not in names):
        place = places.get(repr(_order_key(entry, shape)), -1)
        while ordered and not 0 <= place < places.get(repr(_order_key(ordered[0], shape)), -1):
            result.append(ordered.pop(0))
        result.append(entry)
    return [*result, *ordered]


def _order_key(entry: Any, shape: Shape) -> Any:
    return entry.get(shape.merge_key) if isinstance(entry, dict) else entry


def _plain_map(value: Object) -> Object:
    return {
        key: _plain(entry)
        for key, entry in value.items()
        if entry is not None and not key.startswith((_DIRECTIVE, _ORDER, _DELETE, _RETAIN))
    }


def _plain(value: Any) -> Any:
    """What a patch adds where nothing was: its values without nulls and directives (discardNullValuesFromPatch)."""
    if isinstance(value, dict):
        return _plain_map(value)
    if isinstance(value, list):
        return [
            _plain(entry)
            for entry in value
            if not (isinstance(entry, dict) and entry.get(_DIRECTIVE) == "delete")
        ]
    return value
