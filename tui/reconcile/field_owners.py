"""Who wrote one very field, by the account that an object's managedFields keep of it.

Managers name themselves, and whoever takes a field away leaves no entry: what is found here is a hint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui.facts import parse_time
from tui.reconcile.field_paths import Element, Path


@dataclass(frozen=True, slots=True)
class Owner:
    """The manager by its own name, when its entry was written last (epoch seconds; None: it was not told)."""

    manager: str
    at: float | None
    operation: str
    """"Apply" or "Update", and the subresource if there was one, as in "Update scale"."""


def owner(live: Mapping[str, Any], path: Path) -> Owner | None:
    """Who wrote the field; of several who say the same the one who said it first.

    A write takes a field that it changes from all others: who owns it too has only agreed later. Whoever applies what
    is there already gets no time at all (apimachinery `internal/managedfieldsupdater.go`); nor does a write to /scale.
    """
    entries = (live.get("metadata") or {}).get("managedFields") or ()
    found = [one for one in entries if isinstance(one, dict) and _owns(one, path)]
    if not found:
        return None
    first = min(found, key=_when)
    operation = " ".join(
        filter(None, (str(first.get("operation") or ""), str(first.get("subresource") or "")))
    )
    return Owner(str(first.get("manager") or ""), parse_time(first.get("time")), operation)


def _when(entry: Mapping[str, Any]) -> tuple[bool, str]:
    """An order of entries by the moment of their writes; those who have only agreed come last."""
    time = str(entry.get("time") or "")
    return not time and entry.get("operation") == "Apply", time


def _owns(entry: Mapping[str, Any], path: Path) -> bool:
    """Follows fieldsV1: `f:` is a field, `k:` an element by its keys; what has nothing below it is owned whole."""
    if entry.get("subresource") == "status":
        return False
    node = entry.get("fieldsV1")
    for at, step in enumerate(path):
        if not isinstance(node, dict) or (at and not node):
            return isinstance(node, dict)
        node = node.get(f"f:{step}") if isinstance(step, str) else _element(node, step)
        if node is None:
            return False
    return True


def _element(node: Mapping[str, Any], element: Element) -> Any:
    wanted = dict(element.keys)
    for name, below in node.items():
        if name.startswith("k:") and _keys(name) == wanted:
            return below
    return None


def _keys(name: str) -> Any:
    try:
        return json.loads(name[2:])
    except ValueError:
        return None
