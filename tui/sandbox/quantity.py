"""Resource quantities (`250m`, `64Mi`) as numbers, as far as they are compared and added up."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
}


@lru_cache(maxsize=1024)
def parse_quantity(text: str | int | float) -> Fraction:
    """A quantity as an exact number of its base unit (cores, bytes, pods); ValueError if it is none."""
    if isinstance(text, int | float):
        return Fraction(text)
    digits = text.rstrip("numkKMGTPEi")
    suffix = text[len(digits) :]
    if suffix not in SUFFIXES or not digits or digits != digits.strip():
        raise ValueError(f"not a quantity: {text!r}")
    return Fraction(digits) * SUFFIXES[suffix]


def amount_text(amount: Fraction) -> str:
    """An amount as Kubernetes writes a sum of cpu or bytes: `250m`, `1124Mi`, `3`."""
    if amount.denominator != 1:
        return f"{math.ceil(amount * 1000)}m"
    return quantity_text(amount, like="Mi") if amount and amount % 1024 == 0 else str(amount)


def quantity_text(amount: Fraction, *, like: str) -> str:
    """A whole number in words, with the largest suffix of the same kind as in `like`: `1536Mi`, not `1.5Gi`."""
    kind = [
        suffix
        for suffix, size in SUFFIXES.items()
        if size >= 1 and suffix.endswith("i") == like.endswith("i")
    ]
    for suffix in reversed(kind):
        if amount % SUFFIXES[suffix] == 0:
            return f"{amount / SUFFIXES[suffix]}{suffix}"
    return str(amount)
