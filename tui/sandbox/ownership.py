"""Who wrote which field: `metadata.managedFields`, kept as structured-merge-diff's updater keeps it."""

from __future__ import annotations

from tui.sandbox.fieldsets import Difference, Fields, Path, compare, insert, paths_of, remove
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, deep_copy, items, metadata
from tui.sandbox.requests import Write
from tui.sandbox.schema import shape_of

UPDATE, APPLY = "Update", "Apply"
_REPLICAS: Path = ("f:spec", "f:replicas")


def record_update(kind: Kind, old: Object, new: Object, write: Write, now: str) -> None:
    """Give what this write changed to its manager, and take it from everybody else."""
    meta = metadata(new)
    managers = deep_copy(items(old, "metadata", "managedFields"))
    difference = compare(old, new, shape_of(kind))
    if not write.subresource:
        _forget_section(difference, "f:status", "status" in kind.subresources)
    if write.subresource == "scale":
        difference = _as_scale_tells(difference, managers, new)
    touched = difference.touched
    if touched or difference.removed:
        own = find_manager(managers, kind, write, UPDATE)
        if own is None and touched:
            own = new_manager(kind, write, UPDATE)
            managers.append(own)
        release(managers, own, difference)
        if own is not None and touched:
            for path in sorted(touched):
                insert(own["fieldsV1"], path)
            own["time"] = "" if write.subresource == "scale" else now
    write_managers(meta, managers)


def _forget_section(difference: Difference, section: str, forget: bool) -> None:
    if forget:
        for paths in (difference.added, difference.modified, difference.removed):
            paths -= {path for path in paths if path[0] == section}


def _as_scale_tells(difference: Difference, managers: list[Object], new: Object) -> Difference:
    """What of a write to /scale is recorded (apimachinery `managedfields/scalehandler.go`).

    A Scale leaves out a 0, so that writing one takes `spec.replicas` from everybody and gives it to nobody; and a
    Scale that nobody owns is not tracked (`internal/skipnonapplied.go`), so that it stays with nobody from then on.
    When it was written is never told.
    """
    if not difference.touched:
        return difference
    if not any(_REPLICAS in paths_of(entry["fieldsV1"]) for entry in managers):
        return Difference()
    return difference if new["spec"]["replicas"] else Difference(removed={_REPLICAS})


def find_manager(managers: list[Object], kind: Kind, write: Write, operation: str) -> Object | None:
    """The entry of a manager for this operation and subresource."""
    sought = (write.manager, operation, kind.api_version, write.subresource)
    return next((entry for entry in managers if _identity(entry) == sought), None)


def new_manager(kind: Kind, write: Write, operation: str) -> Object:
    """An entry that owns nothing yet."""
    entry: Object = {
        "manager": write.manager,
        "operation": operation,
        "apiVersion": kind.api_version,
        "time": "",
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
    }
    if write.subresource:
        entry["subresource"] = write.subresource
    return entry


def release(managers: list[Object], own: Object | None, difference: Difference) -> None:
    """Take what was changed from all other managers, and what is gone from all of them."""
    for entry in managers:
        fields: Fields = entry["fieldsV1"]
        for path in difference.removed:
            remove(fields, path)
        if entry is not own:
            for path in difference.touched:
                remove(fields, path)


def write_managers(meta: Object, managers: list[Object]) -> None:
    """Put the entries that own something into metadata: applied ones first, then by time, if they have one."""
    kept = [entry for entry in managers if entry["fieldsV1"]]
    for entry in kept:
        if not entry.get("time"):
            entry.pop("time", None)
    kept.sort(key=lambda entry: (entry["operation"], entry.get("time", ""), *_identity(entry)))
    meta.pop("managedFields", None)
    if kept:
        meta["managedFields"] = kept


def _identity(entry: Object) -> tuple[str, str, str, str]:
    return entry["manager"], entry["operation"], entry["apiVersion"], entry.get("subresource", "")
