"""A shop for the tests of this folder, put back by each of them to what it began with."""

from __future__ import annotations

from tests.liveshop import open_shop, shop

__all__ = ["open_shop", "shop"]
