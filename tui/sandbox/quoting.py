"""Quoting as Go's `%q` and `%#v` quote: the API's messages are made with them, and people search for those messages."""

from __future__ import annotations

import json
from typing import Any


def go_quote(value: str) -> str:
    """The value between double quotes, as Go's `%q` writes it."""
    return json.dumps(value, ensure_ascii=False)


def go_value(value: Any) -> str:
    """The value as field.Error prints a bad value: strings quoted, numbers bare, everything else as JSON."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return go_quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def quoted_string(value: str) -> str:
    """The value as a quoted string of an HTTP header (RFC 7230), without what no header may hold."""
    shown = "".join(char if char.isprintable() else "?" for char in value)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
