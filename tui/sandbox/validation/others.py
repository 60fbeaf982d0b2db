"""Rules of the small kinds."""

from __future__ import annotations

from tui.sandbox.field_errors import Errors
from tui.sandbox.objects import Object, mapping


def validate_nothing(obj: Object, errors: Errors) -> None:
    """For kinds whose content the server does not judge."""
    del obj, errors


def validate_budget(obj: Object, errors: Errors) -> None:
    """ValidatePodDisruptionBudgetSpec: one of the two figures, and neither negative."""
    spec = mapping(obj, "spec")
    if "minAvailable" in spec and "maxUnavailable" in spec:
        errors.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        errors.not_negative(f"spec.{field}", spec.get(field))
