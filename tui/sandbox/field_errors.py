"""A list of what is wrong with an object, in the words of apimachinery `util/validation/field/errors.go`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tui.sandbox.quoting import go_quote, go_value
from tui.sandbox.status import Cause


class Errors:
    """Field errors as they are found; each names the path of the field, such as `spec.template.metadata.labels`."""

    def __init__(self) -> None:
        self.causes: list[Cause] = []

    def required(self, field: str, detail: str = "") -> None:
        """The field has to be there."""
        self._add("FieldValueRequired", field, "Required value", detail)

    def invalid(self, field: str, value: Any, detail: str) -> None:
        """The value breaks a rule."""
        self._add("FieldValueInvalid", field, f"Invalid value: {go_value(value)}", detail)

    def duplicate(self, field: str, value: Any) -> None:
        """The value is there already."""
        self._add("FieldValueDuplicate", field, f"Duplicate value: {go_value(value)}", "")

    def not_found(self, field: str, value: Any) -> None:
        """The value names something that is not there."""
        self._add("FieldValueNotFound", field, f"Not found: {go_value(value)}", "")

    def forbidden(self, field: str, detail: str) -> None:
        """The value would be right, but not here and now."""
        self._add("FieldValueForbidden", field, "Forbidden", detail)

    def not_supported(self, field: str, value: Any, supported: Iterable[str]) -> None:
        """The value is none of the supported ones."""
        words = ", ".join(go_quote(word) for word in supported)
        self._add(
            "FieldValueNotSupported",
            field,
            f"Unsupported value: {go_value(value)}",
            f"supported values: {words}",
        )

    def not_negative(self, field: str, value: Any) -> None:
        """The number has to be 0 or more."""
        if isinstance(value, int) and value < 0:
            self.invalid(field, value, "must be greater than or equal to 0")

    def immutable(self, field: str, new: Any, old: Any) -> None:
        """The field keeps its first value."""
        if new != old:
            self.invalid(field, new, "field is immutable")

    def _add(self, kind: str, field: str, words: str, detail: str) -> None:
        self.causes.append(Cause(kind, f"{words}: {detail}" if detail else words, field))
