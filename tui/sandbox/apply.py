"""Server-side apply: what a manager says is merged in, what it no longer says goes, and owned fields are contested.

Follows structured-merge-diff `merge/update.go` (Apply, prune) and apimachinery `managedfields/internal/conflict.go`.
"""

from __future__ import annotations

import json
from typing import Any

from tui.sandbox.decoding import check_fields
from tui.sandbox.fieldsets import Difference, Path, compare, fields_of, from_paths, key_element, paths_of
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.negotiation import parse_yaml
from tui.sandbox.objects import Object, deep_copy, items, metadata
from tui.sandbox.ownership import APPLY, UPDATE, find_manager, new_manager, release, write_managers
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Call, Write, write_of
from tui.sandbox.schema import Shape, shape_of
from tui.sandbox.status import ApiError, Cause, bad_request, invalid_options
from tui.sandbox.tidy import tidy


def apply_patch(
    registry: Registry, kind: Kind, namespace: str, call: Call, *, force: bool
) -> tuple[Version, bool]:
    """Apply the body's configuration; returns the object and whether it is new.

    409 where other managers own what it says and `force` is not given.
    """
    write = write_of(call)
    config = _configuration(kind, call)
    check_fields(kind, config, write)
    current = registry.store.find(kind, namespace, call.resource.name)
    if current is None and not call.resource.subresource:
        return _create(registry, kind, namespace, config, write), True
    current = registry.store.get(kind, namespace, call.resource.name)
    merge = _Apply(kind, config, write, registry.now(), force=force)
    return registry.modify(current, merge.onto, write, applied=True), False


def _configuration(kind: Kind, call: Call) -> Object:
    if not call.query.get("fieldManager"):
        cause = Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
        raise invalid_options("PatchOptions", [cause])
    config = parse_yaml(call.body)
    if not isinstance(config, dict) or not isinstance(config.setdefault("metadata", {}), dict):
        raise bad_request("error decoding patch: the configuration is not an object")
    for field, expected in (("apiVersion", kind.api_version), ("kind", kind.kind)):
        if config.get(field) != expected:
            raise bad_request(
                f"the {field} of the applied configuration ({config.get(field)}) does not match the one of the "
                f"request ({expected})"
            )
    if metadata(config).setdefault("name", call.resource.name) != call.resource.name:
        raise bad_request(
            f"the name of the object ({metadata(config)['name']}) does not match the name on the URL "
            f"({call.resource.name})"
        )
    if metadata(config).get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    tidy(config)
    return config


def _create(registry: Registry, kind: Kind, namespace: str, config: Object, write: Write) -> Version:
    entry = new_manager(kind, write, APPLY)
    entry["fieldsV1"] = from_paths(fields_of(config, shape_of(kind)))
    entry["time"] = registry.now()
    write_managers(metadata(config), [entry])
    return registry.create(kind, namespace, config, write, applied=True)


class _Apply:
    """One manager's configuration on its way onto a live object."""

    def __init__(self, kind: Kind, config: Object, write: Write, now: str, *, force: bool) -> None:
        self._kind = kind
        self._config = config
        self._write = write
        self._now = now
        self._force = force
        self._shape = shape_of(kind)

    def onto(self, live: Object) -> Object:
        """The live object with the configuration in it, and with the ownership that follows."""
        managers = deep_copy(items(live, "metadata", "managedFields"))
        own = find_manager(managers, self._kind, self._write, APPLY)
        if own is None:
            own = new_manager(self._kind, self._write, APPLY)
            managers.append(own)
        before = set(paths_of(own["fieldsV1"]))
        said = fields_of(self._config, self._shape)
        own["fieldsV1"] = from_paths(said)
        merged: Object = merge_typed(deep_copy(live), self._config, self._shape)
        _prune(merged, before - said, managers, self._shape)
        difference = compare(live, merged, self._shape)
        self._contest(managers, own, difference)
        # Who has changed nothing has no time, or the former one (apimachinery `internal/managedfieldsupdater.go`).
        if difference.touched or difference.removed:
            own["time"] = self._now
            release(managers, own, difference)
        write_managers(metadata(merged), managers)
        return merged

    def _contest(self, managers: list[Object], own: Object, difference: Difference) -> None:
        conflicts = [
            (entry, path)
            for entry in managers
            if entry is not own
            for path in sorted(difference.touched & set(paths_of(entry["fieldsV1"])))
        ]
        if conflicts and not self._force:
            raise _conflict_error(conflicts)


def _conflict_error(conflicts: list[tuple[Object, Path]]) -> ApiError:
    causes = [
        Cause("FieldManagerConflict", f"conflict with {_manager_words(entry)}", path_words(path))
        for entry, path in conflicts
    ]
    if len(conflicts) == 1:
        message = f"Apply failed with 1 conflict: {causes[0].message}: {causes[0].field}"
    else:
        by_manager: dict[str, list[str]] = {}
        for entry, path in conflicts:
            by_manager.setdefault(_manager_words(entry), []).append(path_words(path))
        lines = []
        for manager, paths in sorted(by_manager.items()):
            lines += [f"conflicts with {manager}:", *(f"- {path}" for path in paths)]
        message = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", message, {"causes": [cause.wire() for cause in causes]})


def _manager_words(entry: Object) -> str:
    words = go_quote(entry["manager"])
    if entry.get("subresource"):
        words += f" with subresource {go_quote(entry['subresource'])}"
    return f"{words} using {entry['apiVersion']}" if entry["operation"] == UPDATE else words


def path_words(path: Path) -> str:
    """A path as people read it: `.spec.template.spec.containers[name="web"].image`."""
    words = []
    for step in path:
        sort, _, value = step.partition(":")
        if sort == "f":
            words.append(f".{value}")
        elif sort == "k":
            keys = json.loads(value)
            words.append(f"[{','.join(f'{name}={json.dumps(key)}' for name, key in keys.items())}]")
        else:
            words.append(f"[={value}]")
    return "".join(words)


def merge_typed(live: Any, config: Any, shape: Shape) -> Any:
    """What is applied, worked into what is there (typed.Merge): by keys where the schema has keys, else replaced."""
    if isinstance(config, dict) and isinstance(live, dict) and not shape.atomic:
        for name, value in config.items():
            live[name] = (
                merge_typed(live[name], value, shape.child(name)) if name in live else deep_copy(value)
            )
        return live
    if isinstance(config, list) and isinstance(live, list) and not shape.atomic:
        if shape.set:
            by_value = {json.dumps(value, sort_keys=True): value for value in (*live, *config)}
            ours, theirs = ([json.dumps(value, sort_keys=True) for value in of] for of in (live, config))
            return [deep_copy(by_value[name]) for name in _in_order(ours, theirs)]
        if shape.keys:
            return _merge_elements(live, config, shape)
    return deep_copy(config)


def _merge_elements(live: list[Any], config: list[Any], shape: Shape) -> list[Any]:
    there = {key_element(entry, shape): entry for entry in live}
    said = {key_element(entry, shape): entry for entry in config}

    def merged(name: str) -> Any:
        if name not in said:
            return there[name]
        return merge_typed(there[name], said[name], shape.element) if name in there else deep_copy(said[name])

    return [merged(name) for name in _in_order(list(there), list(said))]


def _in_order(live: list[str], config: list[str]) -> list[str]:
    """The elements of both: those that are applied in their order, the others where they stood (visitListItems)."""
    shared = [one for one in config if one in live]
    order: list[str] = []
    live, config = live[::-1], config[::-1]  # both are used up from their ends
    while live or config:
        if live and config and live[-1] != config[-1] and live[-1] in shared[1:]:
            live.pop()  # its turn among those that are in both is still to come
        elif live and live[-1] in order:
            live.pop()
        elif live and live[-1] not in config:
            order.append(live.pop())
        else:
            order.append(config.pop())
            if shared and shared[0] == order[-1]:
                shared.pop(0)
    return order


def _prune(obj: Object, dropped: set[Path], managers: list[Object], shape: Shape) -> None:
    """Take away what the manager no longer says and nobody else owns, whole elements before their parts."""
    owned = {
        path[:length]
        for entry in managers
        for path in paths_of(entry["fieldsV1"])
        for length in range(len(path) + 1)
    }
    for path in sorted(dropped - owned, key=len):
        _take_out(obj, path, shape, owned)


def _take_out(value: Any, path: Path, shape: Shape, owned: set[Path], above: Path = ()) -> None:
    """Remove what a path leads to, and the maps that this leaves empty and unowned."""
    step, rest = path[0], path[1:]
    here = (*above, step)
    if isinstance(value, list):
        at = next((at for at, entry in enumerate(value) if _is_element(entry, step, shape)), None)
        if at is None:
            return
        if not rest:
            del value[at]
        elif rest[0].removeprefix("f:") not in shape.keys:
            _take_out(value[at], rest, shape.element, owned, here)
    elif isinstance(value, dict):
        name = step.removeprefix("f:")
        if not rest:
            value.pop(name, None)
        elif name in value:
            _take_out(value[name], rest, shape.child(name), owned, here)
            if not value[name] and here not in owned:
                del value[name]


def _is_element(entry: Any, step: str, shape: Shape) -> bool:
    if step.startswith("v:"):
        return bool(json.loads(step[2:]) == entry)
    return isinstance(entry, dict) and key_element(entry, shape) == step
