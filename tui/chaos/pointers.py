"""One field of an object: how to find it, and the merge patch that changes it and nothing beside it."""

from __future__ import annotations

from typing import Any

from tui.chaos.guard import FaultRefused

Value = tuple[Any, ...]
"""() is a field that is not there, (value,) one that is."""


def fetch(found: Any, pointer: tuple[str, ...]) -> Value:
    """The field's value. In a list, "name=web" leads to the element whose name is web."""
    for part in pointer:
        if isinstance(found, list) and (position := find(found, part)) is not None:
            found = found[position]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            return ()
    return (found,)


def as_merge(found: Any, pointer: tuple[str, ...], value: Value) -> Any:
    """The JSON merge patch (RFC 7386) that sets the field; lists on the way are sent whole, as that format wants."""
    head, rest = pointer[0], pointer[1:]
    if isinstance(found, list):
        return _changed(found, pointer, value)
    inner = found.get(head) if isinstance(found, dict) else None
    if not rest:
        return {head: value[0] if value else None}
    return {head: as_merge(inner, rest, value)}


def _changed(found: Any, pointer: tuple[str, ...], value: Value) -> Any:
    """The whole value with that field changed, as it stands inside a list."""
    head, rest = pointer[0], pointer[1:]
    if isinstance(found, list):
        position = find(found, head)
        if position is None:
            raise FaultRefused(f"there is no {head} any more")
        changed = [*found]
        changed[position] = _changed(found[position], rest, value) if rest else value[0]
        return changed
    inner = dict(found or {})
    if rest:
        inner[head] = _changed(inner.get(head), rest, value)
    elif value:
        inner[head] = value[0]
    else:
        inner.pop(head, None)
    return inner


def find(found: list[Any], part: str) -> int | None:
    """Where in the list the element stands that `part` names, if it does."""
    key, _, wanted = part.partition("=")
    matching = (at for at, one in enumerate(found) if isinstance(one, dict) and one.get(key) == wanted)
    return next(matching, None)
