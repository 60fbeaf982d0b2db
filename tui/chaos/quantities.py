"""Amounts of bytes as Kubernetes writes them: "500Mi", "2G", "1e9"."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i|[mkMGTPE])|[eE]([+-]?\d{1,2}))?")
_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000**power) for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", 1)},
}


def in_bytes(text: str) -> int:
    """How many bytes that quantity is, rounded up as upstream does; 0 for what is none."""
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        return 0
    number, unit, exponent = found.groups()
    factor = Decimal(10) ** int(exponent) if exponent else _UNITS[unit or ""]
    return int((Decimal(number) * factor).to_integral_value(ROUND_CEILING))
