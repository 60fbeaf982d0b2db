"""Which taints a node has to carry, from its conditions and from how its zone fares. Pure functions.

Follows k8s/pkg/controller/nodelifecycle/node_lifecycle_controller.go: nodeConditionToTaintKeyStatusMap,
doNoScheduleTaintingPass, processTaintBaseEviction, ComputeZoneState.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.sandbox.loops.fitting import ZONE
from tui.sandbox.loops.objects import Obj, condition, labels_of

NOT_READY: Final = "node.kubernetes.io/not-ready"
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"
CONDITION_TAINTS: Final = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
}
_KEPT_KEYS: Final = frozenset({*CONDITION_TAINTS.values(), UNSCHEDULABLE})

BETWEEN_EVICTIONS_S: Final = 10.0
"""A zone loses a node to eviction every 10 s at most (--node-eviction-rate 0.1)."""
UNHEALTHY_SHARE: Final = 0.55
UNHEALTHY_COUNT: Final = 2
LARGE_ZONE: Final = 50
LARGE_ZONE_FACTOR: Final = 10.0


def readiness(node: Obj) -> str:
    """True, False or Unknown as its Ready condition says; empty if it has none yet."""
    found = condition(node, "Ready")
    return str(found["status"]) if found is not None else ""


def zone_of(node: Obj) -> str:
    """The zone, and the region, that a node stands in, as one word."""
    labels = labels_of(node)
    return f"{labels.get('topology.kubernetes.io/region', '')}/{labels.get(ZONE, '')}"


def taints_of(node: Obj) -> list[Obj]:
    """The taints that a node carries."""
    return list(node["spec"].get("taints") or ())


def has_taint(node: Obj, key: str, effect: str) -> bool:
    """The node carries this taint, whatever its value."""
    return any(taint["key"] == key and taint["effect"] == effect for taint in taints_of(node))


def all_are_lost(nodes: Iterable[Obj]) -> bool:
    """Not one node is ready: then it is rather the controller that is cut off, and nobody is evicted."""
    return not any(readiness(node) == "True" for node in nodes)


def eviction_pause(zone: Iterable[Obj]) -> float | None:
    """Cluster seconds between two evictions of nodes of this zone; None: it fares too badly for any.

    A zone that is lost altogether is evicted as usual: pods can start in the others.
    """
    ready = [readiness(node) == "True" for node in zone]
    lost = ready.count(False)
    partly = lost > UNHEALTHY_COUNT and lost / len(ready) >= UNHEALTHY_SHARE and any(ready)
    if not partly:
        return BETWEEN_EVICTIONS_S
    return BETWEEN_EVICTIONS_S * LARGE_ZONE_FACTOR if len(ready) > LARGE_ZONE else None


def with_no_schedule(node: Obj, stamp: str) -> list[Obj]:
    """The node's taints with those that its conditions ask for; the ones of other people stay."""
    wanted = [key for said, key in CONDITION_TAINTS.items() if _says(node, *said)]
    wanted += [UNSCHEDULABLE] if node["spec"].get("unschedulable") else []
    taints = [
        taint
        for taint in taints_of(node)
        if taint["effect"] != "NoSchedule" or taint["key"] not in _KEPT_KEYS or taint["key"] in wanted
    ]
    return taints + [
        {"key": key, "effect": "NoSchedule", "timeAdded": stamp}
        for key in wanted
        if not has_taint(node, key, "NoSchedule")
    ]


def with_no_execute(node: Obj, key: str, stamp: str) -> list[Obj]:
    """The node's taints with this one of the two that evict, and without the other; with "" neither."""
    others = [
        taint
        for taint in taints_of(node)
        if taint["effect"] != "NoExecute"
        or taint["key"] not in (NOT_READY, UNREACHABLE)
        or taint["key"] == key
    ]
    missing = key and not has_taint(node, key, "NoExecute")
    return others + ([{"key": key, "effect": "NoExecute", "timeAdded": stamp}] if missing else [])


def _says(node: Obj, kind: str, status: str) -> bool:
    found = condition(node, kind)
    return found is not None and found["status"] == status
