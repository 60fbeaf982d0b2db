"""Rules of Deployments and ReplicaSets: `pkg/apis/apps/validation/validation.go`."""

from __future__ import annotations

from tui.sandbox.field_errors import Errors
from tui.sandbox.names import label_key_errors, label_value_errors
from tui.sandbox.objects import Object, items, mapping
from tui.sandbox.selectors import object_selector
from tui.sandbox.validation.amounts import is_zero, validate_at_most_all, validate_count_or_percent
from tui.sandbox.validation.pods import validate_template

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_STRATEGIES = ("Recreate", "RollingUpdate")


def validate_deployment(obj: Object, errors: Errors) -> None:
    """The rules of a Deployment's spec."""
    spec = mapping(obj, "spec")
    _validate_replicas_and_template(spec, errors)
    _validate_strategy(mapping(spec, "strategy"), errors)
    ready_after = spec.get("minReadySeconds", 0)
    errors.not_negative("spec.minReadySeconds", ready_after)
    errors.not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        errors.not_negative("spec.progressDeadlineSeconds", deadline)
        if deadline <= ready_after:
            errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def validate_deployment_update(new: Object, old: Object, errors: Errors) -> None:
    """The selector of a Deployment stays."""
    errors.immutable(
        "spec.selector", mapping(new, "spec").get("selector"), mapping(old, "spec").get("selector")
    )


def validate_replica_set(obj: Object, errors: Errors) -> None:
    """The rules of a ReplicaSet's spec."""
    spec = mapping(obj, "spec")
    _validate_replicas_and_template(spec, errors)
    errors.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))


def validate_replica_set_update(new: Object, old: Object, errors: Errors) -> None:
    """The selector of a ReplicaSet stays."""
    validate_deployment_update(new, old, errors)


def validate_scale(scale: Object, errors: Errors) -> None:
    """The rules of an autoscaling/v1 Scale."""
    errors.not_negative("spec.replicas", mapping(scale, "spec").get("replicas"))


def _validate_replicas_and_template(spec: Object, errors: Errors) -> None:
    errors.not_negative("spec.replicas", spec.get("replicas"))
    selector = spec.get("selector")
    if selector is None:
        errors.required("spec.selector")
    else:
        validate_selector(selector, errors)
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            errors.invalid("spec.selector", selector, "empty selector is invalid for deployment")
    template = mapping(spec, "template")
    labels = mapping(template, "metadata", "labels")
    parsed = object_selector(selector)
    if parsed is not None and parsed.requirements and not parsed.matches(labels):
        errors.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    validate_template(template, "spec.template", errors)
    policy = mapping(template, "spec").get("restartPolicy")
    if policy != "Always":
        errors.not_supported("spec.template.spec.restartPolicy", policy, ("Always",))


def validate_selector(selector: Object, errors: Errors) -> None:
    """The rules of a `spec.selector` (ValidateLabelSelector)."""
    for key, value in mapping(selector, "matchLabels").items():
        for problem in label_key_errors(key):
            errors.invalid("spec.selector.matchLabels", key, problem)
        for problem in label_value_errors(value):
            errors.invalid("spec.selector.matchLabels", value, problem)
    for index, expression in enumerate(items(selector, "matchExpressions")):
        here = f"spec.selector.matchExpressions[{index}]"
        operator, values = expression.get("operator", ""), expression.get("values")
        if operator not in _OPERATORS:
            errors.invalid(f"{here}.operator", operator, "not a valid selector operator")
        elif operator in ("In", "NotIn") and not values:
            errors.required(f"{here}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist") and values:
            errors.forbidden(
                f"{here}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            )


def _validate_strategy(strategy: Object, errors: Errors) -> None:
    here = "spec.strategy.rollingUpdate"
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") not in _STRATEGIES:
        errors.not_supported("spec.strategy", strategy, _STRATEGIES)
    elif strategy["type"] == "Recreate":
        if rolling is not None:
            errors.forbidden(here, "may not be specified when strategy `type` is 'Recreate'")
    elif rolling is not None:
        for field in ("maxUnavailable", "maxSurge"):
            validate_count_or_percent(rolling.get(field), f"{here}.{field}", errors)
        if is_zero(rolling.get("maxUnavailable")) and is_zero(rolling.get("maxSurge")):
            errors.invalid(
                f"{here}.maxUnavailable", rolling.get("maxUnavailable"), "may not be 0 when `maxSurge` is 0"
            )
        validate_at_most_all(rolling.get("maxUnavailable"), f"{here}.maxUnavailable", errors)
