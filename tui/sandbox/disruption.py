"""Evictions and the PodDisruptionBudgets that hold them back.

Follows `pkg/registry/core/pod/storage/eviction.go` and the arithmetic of `pkg/controller/disruption`. A budget's status
is written here as its pods change, so that an eviction never decides on an old figure.
"""

from __future__ import annotations

import math
from typing import Any

from tui.sandbox import kinds
from tui.sandbox.deletion import DeleteOptions, delete, delete_options
from tui.sandbox.history import Change, Version
from tui.sandbox.kinds import Kind
from tui.sandbox.negotiation import decode_object
from tui.sandbox.objects import Object, condition, deep_copy, dig, items, mapping, metadata
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Answer, Call, json_answer
from tui.sandbox.selectors import object_selector
from tui.sandbox.status import ApiError, Cause, bad_request, too_many_requests
from tui.sandbox.store import Store

_SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


def evict(registry: Registry, kind: Kind, call: Call) -> Answer:
    """POST to pods/eviction: deletes the pod unless its budget is spent, which answers 429."""
    body = decode_object(call.content_type, call.body)
    namespace, name = call.resource.namespace, call.resource.name
    if metadata(body).get("name", name) != name:
        raise bad_request("name in URL does not match name in Eviction object")
    options = delete_options(mapping(body, "deleteOptions"), call.query)
    pod = registry.store.get(kind, namespace, name)
    if not _needs_no_budget(pod.obj):
        _check_budget(registry.store, pod)
    _announce(registry, pod, options)
    delete(registry, kind, namespace, name, options)
    return json_answer(_SUCCESS, 201)


def _needs_no_budget(pod: Object) -> bool:
    phase = mapping(pod, "status").get("phase")
    return phase in ("Pending", "Succeeded", "Failed") or "deletionTimestamp" in metadata(pod)


def _check_budget(store: Store, pod: Version) -> None:
    budgets = _budgets_of(store, pod)
    if len(budgets) > 1:
        raise ApiError(
            500,
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        )
    for budget in budgets:
        status = _figures(store, budget)
        healthy, desired = status["currentHealthy"], status["desiredHealthy"]
        if not _is_ready(pod.obj) and _lets_unhealthy_go(budget.obj, healthy, desired):
            continue
        if status["disruptionsAllowed"] == 0:
            raise _spent(budget, healthy, desired)


def _spent(budget: Version, healthy: int, desired: int) -> ApiError:
    words = (
        f"needs {desired} healthy pods and has {healthy} currently"
        if healthy <= desired
        else "does not allow evicting pods currently"
    )
    cause = Cause("DisruptionBudget", f"The disruption budget {budget.key[1]} {words}")
    return too_many_requests("Cannot evict pod as it would violate the pod's disruption budget.", 0, [cause])


def _lets_unhealthy_go(budget: Object, healthy: int, desired: int) -> bool:
    return dig(budget, "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow" or healthy >= desired > 0


def _budgets_of(store: Store, pod: Version) -> list[Version]:
    labels = mapping(pod.obj, "metadata", "labels")
    found = []
    for budget in store.all(kinds.DISRUPTION_BUDGETS, pod.key[0]):
        selector = object_selector(dig(budget.obj, "spec", "selector"))
        if selector is not None and selector.matches(labels):
            found.append(budget)
    return found


def _announce(registry: Registry, pod: Version, options: DeleteOptions) -> None:
    """Name the eviction in the pod's conditions before the pod is deleted."""
    if options.dry_run or (options.uid and options.uid != pod.obj["metadata"]["uid"]):
        return
    obj = deep_copy(pod.obj)
    conditions = obj.setdefault("status", {}).setdefault("conditions", [])
    conditions[:] = [entry for entry in conditions if entry.get("type") != "DisruptionTarget"]
    conditions.append(
        {
            "type": "DisruptionTarget",
            "status": "True",
            "lastTransitionTime": registry.now(),
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
        }
    )
    registry.store.replace(pod, obj)


def _is_ready(pod: Object) -> bool:
    ready = condition(pod, "Ready")
    return ready is not None and ready.get("status") == "True"


def keep_budgets(registry: Registry, change: Change) -> None:
    """Write the status of the budgets that a change concerns, as the disruption controller does."""
    if change.version.kind not in (
        kinds.PODS,
        kinds.DISRUPTION_BUDGETS,
        kinds.DEPLOYMENTS,
        kinds.REPLICA_SETS,
    ):
        return
    for budget in registry.store.all(kinds.DISRUPTION_BUDGETS, change.version.key[0]):
        status = {
            **_figures(registry.store, budget),
            "observedGeneration": metadata(budget.obj).get("generation", 1),
        }
        old = mapping(budget.obj, "status")
        status["conditions"] = _conditions(old, status["disruptionsAllowed"] > 0, registry.now())
        if old != status:
            obj = deep_copy(budget.obj)
            obj["status"] = status
            registry.store.replace(budget, obj)


def _conditions(old: Object, allowed: bool, now: str) -> list[Object]:
    status = "True" if allowed else "False"
    before = condition({"status": old}, "DisruptionAllowed")
    if before is not None and before.get("status") == status:
        return items(old, "conditions")
    return [
        {
            "type": "DisruptionAllowed",
            "status": status,
            "lastTransitionTime": now,
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
        }
    ]


def _figures(store: Store, budget: Version) -> dict[str, Any]:
    """expectedPods, currentHealthy, desiredHealthy and disruptionsAllowed, from the pods themselves."""
    spec = mapping(budget.obj, "spec")
    selector = object_selector(spec.get("selector"))
    pods = [
        version.obj
        for version in store.all(kinds.PODS, budget.key[0])
        if selector is not None and selector.matches(mapping(version.obj, "metadata", "labels"))
    ]
    healthy = sum(_is_ready(pod) and "deletionTimestamp" not in metadata(pod) for pod in pods)
    expected, desired = _expected_and_desired(store, budget.key[0], spec, pods)
    return {
        "disruptionsAllowed": max(0, healthy - desired) if expected else 0,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
    }


def _expected_and_desired(store: Store, namespace: str, spec: Object, pods: list[Object]) -> tuple[int, int]:
    minimum, maximum = spec.get("minAvailable"), spec.get("maxUnavailable")
    if maximum is None and not isinstance(minimum, str):
        return len(pods), minimum if minimum is not None else 1
    expected = _wanted_by_controllers(store, namespace, pods)
    if maximum is not None:
        return expected, max(0, expected - _share(maximum, expected))
    return expected, _share(minimum, expected)


def _share(value: Any, total: int) -> int:
    """A count, or a percentage of the total, rounded up."""
    if isinstance(value, str):
        return math.ceil(int(value.rstrip("%") or 0) * total / 100)
    return int(value)


def _wanted_by_controllers(store: Store, namespace: str, pods: list[Object]) -> int:
    """How many pods the controllers of these pods want, each counted once."""
    wanted: dict[str, int] = {}
    for pod in pods:
        owner = _controller(pod)
        if owner is None:
            continue
        found = store.find(kinds.REPLICA_SETS, namespace, owner["name"])
        above = _controller(found.obj) if found is not None else None
        if above is not None:
            found = store.find(kinds.DEPLOYMENTS, namespace, above["name"])
        if found is not None:
            wanted[found.obj["metadata"]["uid"]] = dig(found.obj, "spec", "replicas") or 0
    return sum(wanted.values())


def _controller(obj: Object) -> Object | None:
    return next(
        (owner for owner in items(obj, "metadata", "ownerReferences") if owner.get("controller")), None
    )
