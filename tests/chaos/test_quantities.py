"""Amounts of bytes as people write them into limits."""

from __future__ import annotations

import pytest

from tui.chaos.quantities import in_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("512", 512),
        ("1Ki", 1024),
        ("500Mi", 500 * 2**20),
        ("2Gi", 2 * 2**30),
        ("1.5Gi", 3 * 2**29),
        ("2G", 2 * 10**9),
        ("1k", 1000),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("100m", 1),
        (" 1Mi ", 2**20),
        ("5u", 1),
        ("", 0),
        ("much", 0),
        ("1KB", 0),
        ("-1Mi", 0),
    ],
)
def test_a_quantity_in_bytes(text: str, count: int) -> None:
    assert in_bytes(text) == count
