"""Objects as a typed server writes them: no nulls, no empty maps and lists where Go's `omitempty` leaves them out."""

from __future__ import annotations

from typing import Any

from tui.sandbox.objects import Object, mapping

_KEPT_EMPTY_LISTS = frozenset({"containers", "values"})
_OMITTED_EMPTY_MAPS = frozenset({"labels", "annotations", "nodeSelector", "matchLabels"})
_OMITTED_ZEROS = frozenset(
    {
        "availableReplicas",
        "fullyLabeledReplicas",
        "observedGeneration",
        "readyReplicas",
        "unavailableReplicas",
        "updatedReplicas",
    }
)


def tidy(obj: Object) -> None:
    """Take out, in place, what a round trip through Go's types would take out."""
    obj.pop("kind", None)
    obj.pop("apiVersion", None)
    _drop_empties(obj)
    status = mapping(obj, "status")
    for name in _OMITTED_ZEROS & status.keys():
        if status[name] == 0:
            del status[name]


def _drop_empties(value: Any) -> None:
    if isinstance(value, dict):
        for key in [key for key, entry in value.items() if _is_omitted(key, entry)]:
            del value[key]
        for entry in value.values():
            _drop_empties(entry)
    elif isinstance(value, list):
        for entry in value:
            _drop_empties(entry)


def _is_omitted(key: str, value: Any) -> bool:
    if value is None:
        return True
    if value == []:
        return key not in _KEPT_EMPTY_LISTS
    return value == {} and key in _OMITTED_EMPTY_MAPS
