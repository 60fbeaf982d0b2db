"""Evictions and the PodDisruptionBudgets that hold them back.

Follows `pkg/registry/core/pod/storage/eviction.go`: what a budget allows stands in its status, where the disruption
loop writes it. An eviction takes one from `disruptionsAllowed` and names its pod in `disruptedPods`, so that the next
one is refused although the loop has not looked again yet.
"""

from __future__ import annotations

from dataclasses import replace

from tui.sandbox import kinds
from tui.sandbox.deletion import check_preconditions, delete, delete_options
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.negotiation import decode_object
from tui.sandbox.objects import Object, condition, deep_copy, dig, items, mapping, metadata
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Answer, Call, json_answer
from tui.sandbox.selectors import object_selector
from tui.sandbox.status import ApiError, Cause, bad_request, too_many_requests
from tui.sandbox.store import Store

_LOOK_AGAIN_S = 10
_SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


def evict(registry: Registry, kind: Kind, call: Call) -> Answer:
    """POST to pods/eviction: deletes the pod unless its budget is spent, which answers 429."""
    body = decode_object(call.content_type, call.body)
    namespace, name = call.resource.namespace, call.resource.name
    if metadata(body).get("name", name) != name:
        raise bad_request("name in URL does not match name in Eviction object")
    options = delete_options(mapping(body, "deleteOptions"), call.query)
    pod = registry.store.get(kind, namespace, name)
    check_preconditions(pod, options)
    if not _needs_no_budget(pod.obj):
        _spend_budget(registry, pod, dry_run=options.dry_run)
    if not options.dry_run:
        _announce(registry, pod)
    delete(registry, kind, namespace, name, replace(options, resource_version=""))
    return json_answer(_SUCCESS, 201)


def _needs_no_budget(pod: Object) -> bool:
    phase = mapping(pod, "status").get("phase")
    return phase in ("Pending", "Succeeded", "Failed") or "deletionTimestamp" in metadata(pod)


def _spend_budget(registry: Registry, pod: Version, *, dry_run: bool) -> None:
    budgets = _budgets_of(registry.store, pod)
    if len(budgets) > 1:
        raise ApiError(
            500,
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        )
    for budget in budgets:
        status = mapping(budget.obj, "status")
        healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
        if not _is_ready(pod.obj) and _lets_unhealthy_go(budget.obj, healthy, desired):
            continue
        if status.get("observedGeneration", 0) < metadata(budget.obj).get("generation", 1):
            raise _refused(budget, "is still being processed by the server.", _LOOK_AGAIN_S)
        if not status.get("disruptionsAllowed"):
            raise _spent(budget, healthy, desired)
        if not dry_run:
            _spend(registry, budget, pod.key[1])


def _spend(registry: Registry, budget: Version, pod_name: str) -> None:
    """One disruption fewer is allowed, and the pod is as good as gone (checkAndDecrement)."""
    obj = deep_copy(budget.obj)
    status = obj["status"]
    status["disruptionsAllowed"] -= 1
    if status["disruptionsAllowed"] == 0:
        _close(status, registry.now())
    status["disruptedPods"] = {**(status.get("disruptedPods") or {}), pod_name: registry.now()}
    registry.store.replace(budget, obj)


def _close(status: Object, now: str) -> None:
    others = [entry for entry in items(status, "conditions") if entry.get("type") != "DisruptionAllowed"]
    closed = {"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods", "message": ""}
    status["conditions"] = [*others, {**closed, "lastTransitionTime": now}]


def _spent(budget: Version, healthy: int, desired: int) -> ApiError:
    if healthy <= desired:
        return _refused(budget, f"needs {desired} healthy pods and has {healthy} currently")
    return _refused(budget, "does not allow evicting pods currently")


def _refused(budget: Version, words: str, retry_after_s: int = 0) -> ApiError:
    cause = Cause("DisruptionBudget", f"The disruption budget {budget.key[1]} {words}")
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return too_many_requests(message, retry_after_s, [cause])


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


def _announce(registry: Registry, pod: Version) -> None:
    """Name the eviction in the pod's conditions before the pod is deleted."""
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
