"""Rules of the small kinds."""

from __future__ import annotations

from tui.sandbox.field_errors import Errors
from tui.sandbox.objects import Object, mapping, metadata
from tui.sandbox.pod_sums import LIMITED
from tui.sandbox.quantity import parse_quantity
from tui.sandbox.validation.amounts import validate_at_most_all, validate_count_or_percent
from tui.sandbox.validation.workloads import validate_selector

_COUNTED = {
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
}
_STANDARD = _COUNTED | LIMITED.keys() | {"requests.storage"}
_EVICTION_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


def validate_nothing(obj: Object, errors: Errors) -> None:
    """For kinds whose content the server does not judge."""
    del obj, errors


def validate_budget(obj: Object, errors: Errors) -> None:
    """ValidatePodDisruptionBudgetSpec: one of the two figures, a count or a percentage, and a known policy."""
    spec = mapping(obj, "spec")
    if "minAvailable" in spec and "maxUnavailable" in spec:
        errors.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        validate_count_or_percent(spec.get(field), f"spec.{field}", errors)
        validate_at_most_all(spec.get(field), f"spec.{field}", errors)
    validate_selector(mapping(spec, "selector"), errors)
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _EVICTION_POLICIES:
        errors.not_supported("spec.unhealthyPodEvictionPolicy", policy, _EVICTION_POLICIES)


def validate_quota(obj: Object, errors: Errors) -> None:
    """ValidateResourceQuotaSpec: names that are known or qualified, no negative amounts, and counts that are whole."""
    for name, limit in sorted(mapping(obj, "spec", "hard").items()):
        field = f"spec.hard[{name}]"
        if "/" not in name and name not in _STANDARD:
            errors.invalid(field, name, "must be a standard resource type or fully qualified")
            errors.invalid(field, name, "must be a standard resource for quota")
        amount = parse_quantity(limit)
        if amount < 0:
            errors.invalid(field, str(limit), "must be greater than or equal to 0")
        if (name in _COUNTED or "/" in name) and amount.denominator != 1:
            errors.invalid(field, str(limit), "must be an integer")


def validate_event(obj: Object, errors: Errors) -> None:
    """legacyValidateEvent: an Event is where the object is that it speaks of; of a cluster's own, in `default`.

    One with an eventTime, of the newer sort, is trusted with more.
    """
    namespace, about = metadata(obj).get("namespace"), mapping(obj, "involvedObject").get("namespace", "")
    if about:
        agrees = about == namespace or bool(obj.get("eventTime"))
    else:
        agrees = namespace == "default" or (namespace == "kube-system" and bool(obj.get("eventTime")))
    if not agrees:
        errors.invalid("involvedObject.namespace", about, "does not match event.namespace")
