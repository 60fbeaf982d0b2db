"""Can this pod run on that node, and how well would it sit there? Pure functions.

Filters and scores as in k8s/pkg/scheduler/framework/plugins: nodeunschedulable, nodename,
tainttoleration, nodeaffinity, noderesources (Fit, LeastAllocated), and the default spreading of
podtopologyspread, each cut down to what small clusters need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from tui.sandbox.loops.objects import Obj, controller_of, labels_of, meets, name_of, status_of
from tui.sandbox.pod_sums import Sums, sums, total
from tui.sandbox.quantity import parse_quantity

ZONE = "topology.kubernetes.io/zone"
UNSCHEDULABLE_TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
SCORED = ("cpu", "memory")
DEFAULT_REQUESTS = {"cpu": Fraction(100, 1000), "memory": Fraction(200 * 2**20)}
"""What a pod without requests counts for in scores, so that such pods spread too."""

NOTHING = Fraction(0)

Siblings = Counter[tuple[str, str]]
"""How many pods of one controller sit on each (node, zone)."""


@dataclass(frozen=True)
class Seat:
    """A node as the scheduler sees it: the Node, and the pods bound or promised to it."""

    node: Obj
    pods: tuple[Obj, ...]

    @property
    def name(self) -> str:
        """The node's name."""
        return name_of(self.node)

    @property
    def zone(self) -> str:
        """The zone that the node stands in; empty if it says none."""
        return labels_of(self.node).get(ZONE, "")

    @cached_property
    def used(self) -> Sums:
        """What its pods ask for, together."""
        return total(map(sums, self.pods))

    @cached_property
    def scored_use(self) -> Sums:
        """cpu and memory that its pods count for in scores."""
        return total(map(scored_requests, self.pods))

    @cached_property
    def room(self) -> Sums:
        """What the node has to give."""
        allocatable = status_of(self.node).get("allocatable") or {}
        return {name: parse_quantity(value) for name, value in allocatable.items()}

    @cached_property
    def owned(self) -> Counter[str]:
        """How many of its pods each controller has, by the controller's uid."""
        return Counter(str(ref["uid"]) for pod in self.pods if (ref := controller_of(pod)))


# ------------------------------------------------------------------ filters


def obstacles(pod: Obj, seat: Seat) -> list[str]:
    """Why a pod can't run there, in upstream's words; empty if it can.

    The first filter that objects speaks, as upstream; missing resources are named all at once.
    """
    return (
        _unschedulable(pod, seat.node)
        or _tainted(pod, seat.node)
        or _not_chosen(pod, seat.node)
        or _too_full(pod, seat)
    )


def _unschedulable(pod: Obj, node: Obj) -> list[str]:
    cordoned = node["spec"].get("unschedulable") and not tolerates(pod, UNSCHEDULABLE_TAINT)
    return ["node(s) were unschedulable"] if cordoned else []


def _tainted(pod: Obj, node: Obj) -> list[str]:
    repelling = (taint for taint in node["spec"].get("taints") or () if taint["effect"] != "PreferNoSchedule")
    return (
        ["node(s) had untolerated taint(s)"] if any(not tolerates(pod, taint) for taint in repelling) else []
    )


def tolerates(pod: Obj, taint: Mapping[str, str]) -> bool:
    """One of the pod's tolerations covers the taint (core/v1 Toleration.ToleratesTaint)."""
    return any(covers(toleration, taint) for toleration in pod["spec"].get("tolerations") or ())


def covers(toleration: Obj, taint: Mapping[str, str]) -> bool:
    """This toleration covers the taint."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")


def _not_chosen(pod: Obj, node: Obj) -> list[str]:
    return [] if is_chosen(pod, node) else ["node(s) didn't match Pod's node affinity/selector"]


def is_chosen(pod: Obj, node: Obj) -> bool:
    """nodeSelector and the required node affinity both allow the node."""
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in (pod["spec"].get("nodeSelector") or {}).items()):
        return False
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or any(
        _term_meets(term, node) for term in required.get("nodeSelectorTerms") or ()
    )


def _term_meets(term: Obj, node: Obj) -> bool:
    by_label, by_field = term.get("matchExpressions") or (), term.get("matchFields") or ()
    fields = {"metadata.name": name_of(node)}
    if not by_label and not by_field:
        return False
    return all(meets(e, labels_of(node)) for e in by_label) and all(meets(e, fields) for e in by_field)


def _too_full(pod: Obj, seat: Seat) -> list[str]:
    missing = ["Too many pods"] if len(seat.pods) + 1 > seat.room.get("pods", Fraction(110)) else []
    for resource, wanted in sorted(sums(pod).items()):
        if wanted and seat.used.get(resource, NOTHING) + wanted > seat.room.get(resource, NOTHING):
            missing.append(f"Insufficient {resource}")
    return missing


# ------------------------------------------------------------------ scores


def score(pod: Obj, seat: Seat, siblings: Siblings) -> float:
    """How well a pod would sit there; higher is better.

    Spreading siblings counts double, as upstream's PodTopologySpread weighs 2 against LeastAllocated's 1.
    """
    on_node = siblings[seat.name, seat.zone]
    in_zone = sum(count for (_, zone), count in siblings.items() if zone == seat.zone)
    crowding = (on_node * 5 + in_zone * 3) / (8 * (siblings.total() or 1))
    return least_allocated(pod, seat) + 200 * (1 - crowding)


def least_allocated(pod: Obj, seat: Seat) -> float:
    """Free share of cpu and memory with the pod on it, 0 to 100 (LeastAllocated)."""
    used = total([seat.scored_use, scored_requests(pod)])
    shares = []
    for resource in SCORED:
        room = seat.room.get(resource, NOTHING)
        shares.append(max(0.0, float(100 * (room - used[resource]) / room)) if room else 0.0)
    return sum(shares) / len(shares)


def scored_requests(pod: Obj) -> Sums:
    """cpu and memory that a pod counts for in scores; one that asks for nothing counts a little."""
    asked = sums(pod)
    return {resource: asked.get(resource) or DEFAULT_REQUESTS[resource] for resource in SCORED}


def siblings_of(pod: Obj, seats: Iterable[Seat]) -> Siblings:
    """Where the pods with the same controller sit."""
    ref = controller_of(pod)
    return Counter({(seat.name, seat.zone): seat.owned[ref["uid"]] for seat in seats} if ref else {})


# ------------------------------------------------------------------ words


def no_fit_message(obstacles_by_node: Mapping[str, Sequence[str]]) -> str:
    """Upstream's FitError: `0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient cpu.`"""
    if not obstacles_by_node:
        return "no nodes available to schedule pods"
    counts = Counter(reason for reasons in obstacles_by_node.values() for reason in reasons)
    told = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
    return f"0/{len(obstacles_by_node)} nodes are available: {told}."
