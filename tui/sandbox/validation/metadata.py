"""Rules of metadata, for every kind: apimachinery `api/validation/objectmeta.go`."""

from __future__ import annotations

from tui.sandbox.field_errors import Errors
from tui.sandbox.names import label_errors, label_key_errors, label_value_errors, subdomain_errors
from tui.sandbox.objects import Object, items, mapping, metadata

_ANNOTATIONS_LIMIT = 256 * 1024
_KEPT_FIELDS = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def validate_metadata(obj: Object, errors: Errors, *, subdomain_name: bool) -> None:
    """A name (an RFC 1123 subdomain or label), and labels, annotations and owners that are well-formed."""
    meta = metadata(obj)
    name = meta.get("name", "")
    if not name:
        errors.required("metadata.name", "name or generateName is required")
    else:
        for problem in subdomain_errors(name) if subdomain_name else label_errors(name):
            errors.invalid("metadata.name", name, problem)
    _validate_marks(meta, errors)


def validate_metadata_update(new: Object, old: Object, errors: Errors) -> None:
    """What names an object stays as it is, and an object that is being deleted gets no new finalizers."""
    new_meta, old_meta = metadata(new), metadata(old)
    if old_meta.get("deletionTimestamp"):
        added = [name for name in items(new_meta, "finalizers") if name not in items(old_meta, "finalizers")]
        if added:
            listed = ", ".join(f'"{name}"' for name in added)
            errors.forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, "
                f"found new finalizers []string{{{listed}}}",
            )
    for field in _KEPT_FIELDS:
        errors.immutable(f"metadata.{field}", new_meta.get(field), old_meta.get(field))
    _validate_marks(new_meta, errors)


def validate_labels(labels: dict[str, str], field: str, errors: Errors) -> None:
    """Keys and values of labels, as in apimachinery `metav1/validation`."""
    for key, value in labels.items():
        for problem in label_key_errors(key):
            errors.invalid(field, key, problem)
        for problem in label_value_errors(value):
            errors.invalid(field, value, problem)


def _validate_marks(meta: Object, errors: Errors) -> None:
    validate_labels(mapping(meta, "labels"), "metadata.labels", errors)
    size = 0
    for key, value in mapping(meta, "annotations").items():
        size += len(key) + len(value)
        for problem in label_key_errors(key.lower()):
            errors.invalid("metadata.annotations", key, problem)
    if size > _ANNOTATIONS_LIMIT:
        errors.invalid("metadata.annotations", size, f"may not be more than {_ANNOTATIONS_LIMIT} bytes")
    _validate_owners(items(meta, "ownerReferences"), errors)


def _validate_owners(owners: list[Object], errors: Errors) -> None:
    controllers = 0
    for index, owner in enumerate(owners):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                errors.invalid(f"metadata.ownerReferences[{index}].{field}", "", f"{field} must not be empty")
        controllers += bool(owner.get("controller"))
    if controllers > 1:
        errors.invalid(
            "metadata.ownerReferences", owners, "Only one reference can have Controller set to true"
        )
