"""Whom that which befalls a node leaves alone, by what its whole pod says."""

from __future__ import annotations

from typing import Any

import msgspec

from tui.facts.nodes import Taint
from tui.facts.pods import Toleration

CRITICAL_PRIORITY = 2_000_000_000
"""No kubelet evicts what has that much (scheduling.SystemCriticalPriority)."""


def is_daemon(pod: dict[str, Any]) -> bool:
    """Whether a DaemonSet owns it: drains leave it, and with its node's silence it is not replaced elsewhere."""
    owners = (pod.get("metadata") or {}).get("ownerReferences") or []
    return any(one.get("kind") == "DaemonSet" and one.get("controller") for one in owners)


def is_critical_daemon(pod: dict[str, Any]) -> bool:
    """Whether it is one that a kubelet short of room leaves too (kubelettypes.IsCriticalPod)."""
    return is_daemon(pod) and int((pod.get("spec") or {}).get("priority") or 0) >= CRITICAL_PRIORITY


def tolerates(taint: Taint, pod: dict[str, Any]) -> bool:
    """Whether it bears the taint for ever (getMinTolerationTime of upstream's taint eviction)."""
    every = msgspec.convert((pod.get("spec") or {}).get("tolerations") or [], list[Toleration])
    covering = [one for one in every if one.covers(taint)]
    return bool(covering) and all(one.toleration_seconds is None for one in covering)
