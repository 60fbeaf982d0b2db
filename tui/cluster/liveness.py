"""Whether a stream can be believed now."""

from __future__ import annotations

from enum import StrEnum


class Liveness(StrEnum):
    """Whether what is known can be believed to be so now."""

    SYNCING = "syncing"
    LIVE = "live"
    STALE = "stale"
    DENIED = "denied"
