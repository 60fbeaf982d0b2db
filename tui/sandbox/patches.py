"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386), with the words of upstream's library where they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.sandbox.objects import deep_copy
from tui.sandbox.status import ApiError, bad_request

_LONGEST_PATCH = 10_000


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: maps merge key by key, null removes, everything else replaces. The target may be changed."""
    if not isinstance(patch, dict):
        return patch
    merged = target if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def json_patch(document: Any, operations: Any) -> Any:
    """RFC 6902: every operation in order, on a document that may be changed.

    400 where the patch is malformed, 422 where it does not fit the document.
    """
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: a JSON patch is a list of operations")
    if len(operations) > _LONGEST_PATCH:
        raise ApiError(
            413,
            "RequestEntityTooLarge",
            f"Request entity too large: The allowed maximum operations in a JSON patch is {_LONGEST_PATCH}, "
            f"got {len(operations)}",
        )
    for operation in operations:
        document = _apply(document, operation)
    return document


def _apply(document: Any, operation: Any) -> Any:
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise bad_request("error decoding patch: every operation needs op and path")
    name, path = operation.get("op"), _steps(operation["path"])
    if name in ("add", "replace", "test") and "value" not in operation:
        raise bad_request(f"error decoding patch: operation {name} needs a value")
    match name:
        case "add":
            return _add(document, path, deep_copy(operation["value"]))
        case "remove":
            return _remove(document, path)
        case "replace":
            _read(document, path, "replace")
            return _change(document, path, lambda parent, step: _assign(parent, step, operation["value"]))
        case "test":
            if not _is_same(_read(document, path, "test", missing_is_none=True), operation["value"]):
                raise _unprocessable(f"testing value {operation['path']} failed")
            return document
        case "move" | "copy":
            return _carry(document, operation, name, path)
        case _:
            raise bad_request(f"error decoding patch: Unexpected kind: {name}")


def _is_same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: true is not 1, as it is in Python."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)


def _carry(document: Any, operation: Any, name: str, path: list[str]) -> Any:
    if not isinstance(operation.get("from"), str):
        raise bad_request(f"error decoding patch: operation {name} needs from")
    source = _steps(operation["from"])
    value = deep_copy(_read(document, source, name))
    if name == "move":
        if path[: len(source)] == source and path != source:
            raise _unprocessable(f"cannot move {operation['from']} into one of its children")
        document = _remove(document, source)
    return _add(document, path, value)


def _steps(pointer: str) -> list[str]:
    """The steps of a JSON pointer (RFC 6901)."""
    if pointer and not pointer.startswith("/"):
        raise bad_request(f"error decoding patch: {pointer} is no JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _change(document: Any, path: list[str], change: Callable[[Any, str], None]) -> Any:
    """Let `change` work on the parent of the last step; a path without steps means the whole document."""
    if not path:
        holder = {"": document}
        change(holder, "")
        return holder[""]
    change(_read(document, path[:-1], "add"), path[-1])
    return document


def _read(document: Any, path: list[str], name: str, *, missing_is_none: bool = False) -> Any:
    value = document
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list):
            value = value[_index(step, len(value) - 1)]
        elif missing_is_none:
            return None
        else:
            raise _missing(name, path)
    return value


def _add(document: Any, path: list[str], value: Any) -> Any:
    def add(parent: Any, step: str) -> None:
        if isinstance(parent, list):
            parent.insert(len(parent) if step == "-" else _index(step, len(parent)), value)
        elif isinstance(parent, dict):
            parent[step] = value
        else:
            raise _missing("add", path)

    return _change(document, path, add)


def _remove(document: Any, path: list[str]) -> Any:
    def remove(parent: Any, step: str) -> None:
        if isinstance(parent, list):
            del parent[_index(step, len(parent) - 1)]
        elif isinstance(parent, dict) and step in parent:
            del parent[step]
        else:
            raise _missing("remove", path)

    return _change(document, path, remove)


def _assign(parent: Any, step: str, value: Any) -> None:
    parent[_index(step, len(parent) - 1) if isinstance(parent, list) else step] = deep_copy(value)


def _index(step: str, last: int) -> int:
    if not step.isdigit() or (len(step) > 1 and step[0] == "0"):
        raise _unprocessable(f'strconv.Atoi: parsing "{step}": invalid syntax')
    if int(step) > last:
        raise _unprocessable(f"Unable to access invalid index: {step}: invalid index referenced")
    return int(step)


def _missing(name: str, path: list[str]) -> ApiError:
    return _unprocessable(
        f"{name} operation does not apply: doc is missing path: /{'/'.join(path)}: missing value"
    )


def _unprocessable(message: str) -> ApiError:
    return ApiError(
        422, "Invalid", f"the server rejected our request due to an error in our request: {message}"
    )
