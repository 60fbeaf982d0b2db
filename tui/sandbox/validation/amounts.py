"""Rules of an IntOrString that is a count or a percentage: `ValidatePositiveIntOrPercent` and its companions."""

from __future__ import annotations

import re
from typing import Any

from tui.sandbox.field_errors import Errors

_PERCENT_WORDS = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
)


def _percent(value: Any) -> int | None:
    return int(value[:-1]) if isinstance(value, str) and re.fullmatch("[0-9]+%", value) else None


def is_zero(value: Any) -> bool:
    """Whether it is nothing, in either form."""
    return value == 0 or _percent(value) == 0


def validate_count_or_percent(value: Any, field: str, errors: Errors) -> None:
    """Neither negative nor a text without a percent sign."""
    if isinstance(value, str) and _percent(value) is None:
        errors.invalid(field, value, _PERCENT_WORDS)
    errors.not_negative(field, value)


def validate_at_most_all(value: Any, field: str, errors: Errors) -> None:
    """No share of more than the whole."""
    percent = _percent(value)
    if percent is not None and percent > 100:
        errors.invalid(field, value, "must not be greater than 100%")
