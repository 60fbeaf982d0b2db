"""One small shop for all tests of this folder."""

from __future__ import annotations

from tests.liveshop import open_shop, shop

__all__ = ["open_shop", "shop"]
