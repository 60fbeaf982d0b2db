"""Drift: what was declared against what is desired, field by field. No controller closes it.

Two ways to tell. The server's: a dry run says what an apply would make of the live object, so that defaults and
other managers' fields are no drift. The local one, where there is no dry run: only what is declared counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tui.reconcile.field_owners import owner
from tui.reconcile.field_paths import Path, elements, is_map, is_quantity, words
from tui.reconcile.quantity import quantity

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
REVISION = "deployment.kubernetes.io/revision"
_NOT_DECLARED = frozenset({LAST_APPLIED, REVISION})
"""Annotations that are notes of tools and controllers."""
_COUNTED: tuple[Path, ...] = (("metadata", "labels"), ("metadata", "annotations"), ("spec",))


class DriftState(StrEnum):
    """What is known of one declared Deployment."""

    UNKNOWN = "not known yet"
    NONE = "as declared"
    DRIFTED = "drifted"
    MISSING = "not there"
    """It is declared, and does not exist."""
    FAILED = "can't be told"


class Change(StrEnum):
    """What has happened to the field since it was declared."""

    CHANGED = "changed"
    ADDED = "added"
    """It is there although it was not declared: an apply would take it away."""
    REMOVED = "removed"
    """It was declared and is not there."""


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One field that is not as declared. Values are plain data as the server has them; None is "not there"."""

    path: str
    """As in `spec.template.spec.containers[web].image`."""
    declared: Any
    desired: Any
    change: Change
    by: str = ""
    """The manager whose field it is, by its own name; "" where nobody knows, as with what was taken away."""
    at: float | None = None
    """When that manager wrote last, in epoch seconds of the server."""
    operation: str = ""


@dataclass(frozen=True, slots=True)
class _Difference:
    path: Path
    declared: Any
    desired: Any


def compare(live: Mapping[str, Any], applied: Mapping[str, Any]) -> tuple[FieldDrift, ...]:
    """The live object against what an apply would make of it."""
    found: list[_Difference] = []
    for path in _COUNTED:
        found += _differences(path, _at(applied, path), _at(live, path))
    return _drift(found, live)


def compare_locally(live: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[FieldDrift, ...]:
    """The live object against the manifest itself: only what it says counts, and what it said when last applied."""
    found: list[_Difference] = []
    before = _last_applied(live)
    for path in _COUNTED:
        declared, desired = _at(document, path), _at(live, path)
        found += _wanting(path, declared, desired)
        found += _left_over(path, _at(before, path), declared, desired)
    return _drift(found, live)


def _drift(found: list[_Difference], live: Mapping[str, Any]) -> tuple[FieldDrift, ...]:
    drifted = []
    for one in found:
        if one.path[:2] == ("metadata", "annotations") and one.path[-1] in _NOT_DECLARED:
            continue
        who = owner(live, one.path)
        change = Change.ADDED if one.declared is None else Change.CHANGED
        change = Change.REMOVED if one.desired is None else change
        by, at, operation = (who.manager, who.at, who.operation) if who else ("", None, "")
        drifted.append(FieldDrift(words(one.path), one.declared, one.desired, change, by, at, operation))
    return tuple(drifted)


def _at(document: Mapping[str, Any], path: Path) -> Any:
    value: Any = document
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


# ---------------------------------------------------------------- both sides are the server's


def _differences(path: Path, declared: Any, desired: Any) -> Iterator[_Difference]:
    if is_map(path):
        declared, desired = declared or {}, desired or {}
    if isinstance(declared, dict) and isinstance(desired, dict):
        for name in sorted(declared.keys() | desired.keys()):
            yield from _differences((*path, name), declared.get(name), desired.get(name))
        return
    ours, theirs = elements(path, declared), elements(path, desired)
    if ours is not None and theirs is not None:
        for element in dict.fromkeys((*ours, *theirs)):
            yield from _differences((*path, element), ours.get(element), theirs.get(element))
        yield from _order(path, ours, theirs)
        return
    if not _same(path, declared, desired):
        yield _Difference(path, declared, desired)


def _order(path: Path, ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterator[_Difference]:
    """Where the same elements stand in another order: containers start and variables resolve in it."""
    declared = [str(one).strip("[]") for one in ours if one in theirs]
    desired = [str(one).strip("[]") for one in theirs if one in ours]
    if declared != desired:
        yield _Difference(path, declared, desired)


def _same(path: Path, one: Any, other: Any) -> bool:
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if one == other:
        return True
    if not is_quantity(path):
        return False
    amount = quantity(one)
    return amount is not None and amount == quantity(other)


# ---------------------------------------------------------------- one side is what somebody wrote


def _wanting(path: Path, declared: Any, desired: Any) -> Iterator[_Difference]:
    """What is declared and not so; what the server adds by itself, or leaves out because it is nothing, is no drift."""
    if declared is None or _is_nothing(path, declared, desired):
        return
    if isinstance(declared, dict) and (isinstance(desired, dict) or (desired is None and is_map(path))):
        for name in sorted(declared):
            yield from _wanting((*path, name), declared[name], (desired or {}).get(name))
        return
    ours, theirs = elements(path, declared), elements(path, desired)
    if ours is not None and theirs is not None:
        for element, value in ours.items():
            yield from _wanting((*path, element), value, theirs.get(element))
        yield from _order(path, ours, theirs)
        return
    if isinstance(declared, list) and isinstance(desired, list) and len(declared) == len(desired):
        # One value for the server, and still it may have added defaults within.
        if not any(list(_wanting(path, one, other)) for one, other in zip(declared, desired, strict=True)):
            return
    elif _same(path, declared, desired):
        return
    yield _Difference(path, declared, desired)


def _is_nothing(path: Path, declared: Any, desired: Any) -> bool:
    """Whether it is what the server does not keep: false, 0, "" and [] of fields that are optional, or defaulted."""
    if isinstance(declared, dict) or declared or is_map(path[:-1]):
        return False
    return desired is None or (path[-1] not in _NOTHING_OF_ITS_OWN and _is_default(path, desired))


def _left_over(path: Path, before: Any, declared: Any, desired: Any) -> Iterator[_Difference]:
    """What was declared when `kubectl apply` ran last, is declared no more, and is there still."""
    if before is None or desired is None:
        return
    then, now, there = elements(path, before), elements(path, declared), elements(path, desired)
    if then is not None and now is not None and there is not None:
        for element, value in then.items():
            yield from _left_over((*path, element), value, now.get(element), there.get(element))
    elif declared is None and not is_map(path) and len(path) > 1:
        if not _is_default(path, desired):
            yield _Difference(path, None, desired)
    elif isinstance(before, dict) and isinstance(desired, dict):
        ours = declared if isinstance(declared, dict) else {}
        for name in sorted(before):
            yield from _left_over((*path, name), before[name], ours.get(name), desired.get(name))


def _is_default(path: Path, desired: Any) -> bool:
    """Whether it would be there without being declared (pkg/apis/apps/v1 and core/v1 defaults.go)."""
    default = _DEFAULTS.get(path[-1]) if isinstance(path[-1], str) and not is_map(path[:-1]) else None
    return default is not None and desired in default


_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "replicas": (1,),
    "revisionHistoryLimit": (10,),
    "progressDeadlineSeconds": (600,),
    "strategy": ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},),
    "maxSurge": ("25%",),
    "maxUnavailable": ("25%",),
    "restartPolicy": ("Always",),
    "dnsPolicy": ("ClusterFirst",),
    "schedulerName": ("default-scheduler",),
    "securityContext": ({},),
    "resources": ({},),
    "terminationGracePeriodSeconds": (30,),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
    "imagePullPolicy": ("IfNotPresent", "Always"),
    "protocol": ("TCP",),
    "scheme": ("HTTP",),
    "timeoutSeconds": (1,),
    "periodSeconds": (10,),
    "successThreshold": (1,),
    "failureThreshold": (3,),
    "defaultMode": (420,),
}


_NOTHING_OF_ITS_OWN = frozenset(
    {
        "replicas",
        "revisionHistoryLimit",
        "progressDeadlineSeconds",
        "maxSurge",
        "maxUnavailable",
        "terminationGracePeriodSeconds",
        "defaultMode",
    }
)
"""Pointers in Go: 0 is a value of theirs, while a probe's `timeoutSeconds: 0` is defaulted as if it were not there."""


def _last_applied(live: Mapping[str, Any]) -> Mapping[str, Any]:
    noted = _at(live, ("metadata", "annotations", LAST_APPLIED))
    try:
        document = json.loads(noted) if isinstance(noted, str) else None
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
