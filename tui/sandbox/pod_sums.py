"""What a pod asks for in all, or is limited to, as the scheduler and quotas add it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from tui.sandbox.quantity import parse_quantity

Sums = dict[str, Fraction]

LIMITED: Final[Mapping[str, tuple[str, str]]] = {
    f"{prefix}{resource}": (section, resource)
    for prefix, section in (("", "requests"), ("requests.", "requests"), ("limits.", "limits"))
    for resource in ("cpu", "memory", "ephemeral-storage")
}
"""What a quota can limit the sum of, and where containers say it (`requests`, `cpu`); the short names are requests."""
_FINISHED = ("Succeeded", "Failed")
_NOTHING = Fraction(0)


def sums(pod: Mapping[str, Any], section: str = "requests") -> Sums:
    """The pod's containers together, or its largest init container if that is more."""
    spec = pod["spec"]
    together = total(_said(container, section) for container in spec.get("containers") or ())
    for container in spec.get("initContainers") or ():
        for name, amount in _said(container, section).items():
            together[name] = max(together.get(name, _NOTHING), amount)
    return together


def total(parts: Iterable[Sums]) -> Sums:
    """Several sums as one."""
    whole: Sums = {}
    for part in parts:
        for name, amount in part.items():
            whole[name] = whole.get(name, _NOTHING) + amount
    return whole


def limited_sum(name: str, pods: Iterable[Mapping[str, Any]]) -> Fraction:
    """What these pods use of a limit by that name; those that have finished use nothing."""
    section, resource = LIMITED[name]
    running = (pod for pod in pods if (pod.get("status") or {}).get("phase") not in _FINISHED)
    return sum((sums(pod, section).get(resource, _NOTHING) for pod in running), _NOTHING)


def silent_containers(name: str, pod: Mapping[str, Any]) -> list[str]:
    """The containers that say nothing of what is limited by that name, in their order."""
    section, resource = LIMITED[name]
    spec = pod["spec"]
    every = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return [str(one["name"]) for one in every if resource not in _said(one, section)]


def _said(container: Mapping[str, Any], section: str) -> Sums:
    said = (container.get("resources") or {}).get(section) or {}
    return {name: parse_quantity(value) for name, value in said.items()}
