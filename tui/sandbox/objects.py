"""Small words for reading and copying API objects, which are plain JSON values here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

Object = dict[str, Any]
Key = tuple[str, str]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def encode(value: Any) -> bytes:
    """The value as compact JSON."""
    return _encode(value)


def deep_copy(value: Any) -> Any:
    """A copy that shares nothing: through JSON, which is several times faster than copy.deepcopy."""
    return _decode(_encode(value))


def metadata(obj: Object) -> Object:
    """The object's metadata, made if it is missing."""
    found = obj.get("metadata")
    if not isinstance(found, dict):
        found = obj["metadata"] = {}
    return found


def dig(value: Any, *path: str) -> Any:
    """The value at a path of keys, or None where the path ends early."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def items(value: Any, *path: str) -> list[Any]:
    """The list at a path of keys, or an empty one."""
    found = dig(value, *path)
    return found if isinstance(found, list) else []


def mapping(value: Any, *path: str) -> dict[str, Any]:
    """The map at a path of keys, or an empty one."""
    found = dig(value, *path)
    return found if isinstance(found, dict) else {}


def condition(obj: Object, kind: str) -> Object | None:
    """The condition of that type in the object's status, if there is one."""
    conditions: Iterable[Object] = items(obj, "status", "conditions")
    return next((entry for entry in conditions if entry.get("type") == kind), None)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as metav1.Time is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: Any) -> datetime | None:
    """The moment that a metav1.Time or MicroTime names, or None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
