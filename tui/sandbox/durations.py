"""Ages as kubectl prints them: apimachinery `util/duration.HumanDuration`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tui.sandbox.objects import parse_timestamp

_HOURS_OF_YEAR = 24 * 365


def age(stamp: Any, now: datetime) -> str:
    """How long ago an RFC 3339 stamp is, or `<unknown>` where there is none."""
    moment = parse_timestamp(stamp)
    return "<unknown>" if moment is None else human_duration((now - moment).total_seconds())


def human_duration(seconds: float) -> str:
    """A duration in at most two units, the finer the younger."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 120:
        return f"{max(whole, 0)}s"
    minutes, hours = whole // 60, whole // 3600
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    return _long(hours)


def _long(hours: int) -> str:
    if hours < 24 * 8:
        return _two(hours // 24, "d", hours % 24, "h")
    if hours < _HOURS_OF_YEAR * 2:
        return f"{hours // 24}d"
    if hours < _HOURS_OF_YEAR * 8:
        return _two(hours // _HOURS_OF_YEAR, "y", hours // 24 % 365, "d")
    return f"{hours // _HOURS_OF_YEAR}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
