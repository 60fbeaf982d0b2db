"""Resource quantities as numbers: "1000m" is "1", and "1Gi" is "1024Mi" (apimachinery pkg/api/resource)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_POWERS = {suffix: Decimal(1000) ** power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))}
_POWERS |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_POWERS |= {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3")}
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)([numkMGTPE]|[KMGTPE]i|)")


def quantity(value: Any) -> Decimal | None:
    """The number that a quantity stands for, in its base unit; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = _QUANTITY.fullmatch(str(value))
    return Decimal(found[1]) * _POWERS[found[2]] if found else None
