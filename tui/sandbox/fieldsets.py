"""Sets of fields, as `managedFields` writes them (FieldsV1), and the difference of two objects as such sets.

The form and the rules are those of structured-merge-diff `fieldpath` and `typed/compare.go`: `f:NAME` is a field,
`k:{"name":"x"}` an element of a list by its keys, `v:"x"` one of a list that is a set. A node that belongs to the set
and has children says so with `.`; one without children belongs by being there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tui.sandbox.objects import Object, encode
from tui.sandbox.schema import Shape

Path = tuple[str, ...]
Fields = dict[str, Any]

ABSENT: Final = object()
_MEMBER = "."
# Go writes these even when they are empty, so they are never absent and nobody comes to own their presence.
_ALWAYS_THERE = frozenset({"f:containers", "f:metadata", "f:spec", "f:status", "f:strategy", "f:template"})
_UNOWNED_METADATA = frozenset(
    {
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
    }
)


@dataclass(slots=True)
class Difference:
    """What is new in one of two objects, what is gone, and what has another value."""

    added: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)

    @property
    def touched(self) -> set[Path]:
        """What whoever made the change now owns."""
        return self.added | self.modified


def compare(old: Object, new: Object, shape: Shape) -> Difference:
    """How two objects differ, leaving out what nobody owns: kind, names, uid, versions."""
    difference = Difference()
    _compare((), shape, _ownable(old), _ownable(new), difference)
    return difference


def _ownable(obj: Object) -> Object:
    found = {name: value for name, value in obj.items() if name not in ("kind", "apiVersion")}
    meta = found.get("metadata")
    if isinstance(meta, dict):
        found["metadata"] = {key: value for key, value in meta.items() if key not in _UNOWNED_METADATA}
    return found


def _compare(path: Path, shape: Shape, old: Any, new: Any, found: Difference) -> None:
    if old == new and type(old) is type(new):
        return
    old_parts = {} if old is ABSENT else _parts(old, shape)
    new_parts = {} if new is ABSENT else _parts(new, shape)
    if old_parts is None or new_parts is None:
        _compare_leaf(path, old, new, found)
        return
    for step in {**old_parts, **new_parts}:
        old_shape, old_value = old_parts.get(step, (None, ABSENT))
        new_shape, new_value = new_parts.get(step, (None, ABSENT))
        child = new_shape or old_shape
        if child is not None:
            _compare((*path, step), child, old_value, new_value, found)
    if path and path[-1] not in _ALWAYS_THERE:
        if old is ABSENT:
            found.added.add(path)
        elif new is ABSENT:
            found.removed.add(path)


def _compare_leaf(path: Path, old: Any, new: Any, found: Difference) -> None:
    if old is ABSENT:
        found.added.add(path)
    elif new is ABSENT:
        found.removed.add(path)
    else:
        found.modified.add(path)


def _parts(value: Any, shape: Shape) -> dict[str, tuple[Shape, Any]] | None:
    """The owned parts of a value by their path elements; None where the value is owned as a whole."""
    if isinstance(value, dict) and not shape.atomic:
        return {f"f:{name}": (shape.child(name), entry) for name, entry in value.items()}
    if isinstance(value, list) and shape.keys and not shape.atomic:
        return {
            key_element(entry, shape): (shape.element, entry) for entry in value if isinstance(entry, dict)
        }
    if isinstance(value, list) and shape.set:
        return {f"v:{encode(entry).decode()}": (Shape(atomic=True), entry) for entry in value}
    return None


def key_element(entry: Object, shape: Shape) -> str:
    """The path element of a list's element: its keys, sorted, as compact JSON."""
    keys = {}
    for key in sorted(shape.keys):
        value = entry.get(key, shape.key_defaults.get(key))
        if value is not None:
            keys[key] = value
    return f"k:{encode(keys).decode()}"


def fields_of(obj: Object, shape: Shape) -> set[Path]:
    """Every field that an applied configuration speaks of (typed.ToFieldSet)."""
    found: set[Path] = set()
    _collect((), shape, _ownable(obj), found)
    return found


def _collect(path: Path, shape: Shape, value: Any, found: set[Path]) -> None:
    parts = _parts(value, shape)
    if parts is None or (not parts and path and path[-1] not in _ALWAYS_THERE):
        found.add(path)
        return
    if path and path[-1].startswith("k:"):
        found.add(path)
    for step, (child, entry) in parts.items():
        _collect((*path, step), child, entry, found)


def insert(fields: Fields, path: Path) -> None:
    """Put a path into a set."""
    node, is_new = fields, True
    for step in path:
        child = node.get(step)
        if child is None:
            if not node and not is_new:
                node[_MEMBER] = {}
            child = node[step] = {}
            is_new = True
        else:
            is_new = False
        node = child
    if node and not is_new:
        node[_MEMBER] = {}


def remove(fields: Fields, path: Path) -> bool:
    """Take a path out of a set, with the nodes that hold nothing any more; whether it was in it."""
    step, *rest = path
    node = fields.get(step)
    if node is None:
        return False
    if not rest:
        return _leave(fields, step, node)
    if not node or not remove(node, tuple(rest)):
        return False
    if not node:
        del fields[step]
    return True


def _leave(fields: Fields, step: str, node: Fields) -> bool:
    if not node:
        del fields[step]
        return True
    was_member = node.pop(_MEMBER, None) is not None
    if not node:
        del fields[step]
    return was_member


def paths_of(fields: Fields, prefix: Path = ()) -> Iterator[Path]:
    """Every path of a set."""
    for step, node in fields.items():
        if step == _MEMBER:
            yield prefix
        elif node:
            yield from paths_of(node, (*prefix, step))
        else:
            yield (*prefix, step)


def from_paths(paths: set[Path]) -> Fields:
    """The set of these paths, in their order."""
    fields: Fields = {}
    for path in sorted(paths):
        insert(fields, path)
    return fields
