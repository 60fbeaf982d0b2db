"""Label selectors, for what was written down: a server selects only among what it has.

Follows apimachinery pkg/labels/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tui.clean import PlainError, one_line

Labels = Mapping[str, object]
Selector = Callable[[Labels], bool]
_NAME = r"(?P<name>[A-Za-z0-9][-A-Za-z0-9_./]*)"
_IS = re.compile(rf"{_NAME}\s*(?P<sign>==|=|!=|>|<)\s*(?P<value>[-A-Za-z0-9_.]*)")
_AMONG = re.compile(rf"{_NAME}\s+(?P<how>in|notin)\s*\(\s*(?P<values>[-A-Za-z0-9_.,\s]*)\)")
_THERE = re.compile(rf"(?P<no>!\s*)?{_NAME}")
_BETWEEN = re.compile(r",(?![^(]*\))")


def selector_of(text: str) -> Selector:
    """What `text` selects, as kubectl's -l has it; "" is everything. PlainError where it is no selector."""
    needs = [_need(part.strip(), text) for part in _BETWEEN.split(text)] if text.strip() else []
    return lambda labels: all(need(labels) for need in needs)


def _need(part: str, whole: str) -> Selector:
    if found := _AMONG.fullmatch(part):
        name, values = found["name"], {value.strip() for value in found["values"].split(",")}
        if found["how"] == "in":
            return lambda labels: labels.get(name) in values
        return lambda labels: name not in labels or labels[name] not in values
    if found := _IS.fullmatch(part):
        return _comparison(found["name"], found["sign"], found["value"], whole)
    if found := _THERE.fullmatch(part):
        name, wanted = found["name"], not found["no"]
        return lambda labels: (name in labels) is wanted
    raise _no_selector(whole)


def _comparison(name: str, sign: str, value: str, whole: str) -> Selector:
    if sign in ("=", "=="):
        return lambda labels: labels.get(name) == value
    if sign == "!=":
        return lambda labels: labels.get(name) != value
    limit = _whole(value)
    if limit is None:
        raise _no_selector(whole)

    def beyond(labels: Labels) -> bool:
        number = _whole(labels.get(name))
        return number is not None and (number > limit if sign == ">" else number < limit)

    return beyond


def _whole(value: object) -> int | None:
    try:
        return int(str(value), 10)
    except ValueError:
        return None


def _no_selector(text: str) -> PlainError:
    return PlainError(
        one_line(f"-l {text}: this is no label selector; say app=web, tier!=db, env in (a,b) or !old")
    )
