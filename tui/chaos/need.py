"""A right without which something can't be done."""

from __future__ import annotations

from dataclasses import dataclass

from tui.cluster.kinds import Resource


@dataclass(frozen=True)
class Need:
    """As an access review asks for it; namespace "" is none."""

    verb: str
    resource: Resource
    namespace: str = ""
    subresource: str = ""
