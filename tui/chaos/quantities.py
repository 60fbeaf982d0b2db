"""Amounts as Kubernetes writes them: "500Mi", "2G", "1e9", "100m"."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?\d{1,2}))?")
_UNITS = {
    "": Decimal(1),
    "n": Decimal("0.000000001"),
    "u": Decimal("0.000001"),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000**power) for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", 1)},
}


def amount(text: str) -> Decimal | None:
    """The quantity as a number; None for what is none. API servers write "0.5" as "500m" (resource.Quantity)."""
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        return None
    number, unit, exponent = found.groups()
    return Decimal(number) * (Decimal(10) ** int(exponent) if exponent else _UNITS[unit or ""])


def in_bytes(text: str) -> int:
    """How many bytes that quantity is, rounded up as upstream does; 0 for what is none."""
    return int((amount(text) or Decimal(0)).to_integral_value(ROUND_CEILING))
