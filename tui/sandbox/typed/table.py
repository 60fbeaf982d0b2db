"""The table read: a line is a struct, `Name: field field=type ...`, and a further line of it is indented.

A field without a type is a text; `[type]` is a list, `{type}` a map from text to the type.
"""

from __future__ import annotations

from tui.sandbox import kinds
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object
from tui.sandbox.typed.objects import OBJECT_TYPES
from tui.sandbox.typed.pods import POD_TYPES
from tui.sandbox.typed.types import SCALARS, ListOf, MapOf, Struct, Type
from tui.sandbox.typed.volumes import VOLUME_TYPES


def _read(text: str) -> dict[str, Struct]:
    rows = [line.partition(": ") for line in text.replace("\n    ", " ").splitlines() if line]
    structs = {name: Struct(name) for name, _, _ in rows}
    for name, _, fields in rows:
        for field in fields.split():
            word, _, kind = field.partition("=")
            structs[name].fields[word] = _type(kind or "string", structs)
    return structs


def _type(word: str, structs: dict[str, Struct]) -> Type:
    if word.startswith("["):
        return ListOf(_type(word[1:-1], structs))
    if word.startswith("{"):
        return MapOf(_type(word[1:-1], structs))
    return structs.get(word) or SCALARS[word]


_STRUCTS = _read("".join((OBJECT_TYPES, POD_TYPES, VOLUME_TYPES)))
_BY_KIND = {kind: _STRUCTS[kind.kind] for kind in kinds.KINDS}


def check_types(kind: Kind, obj: Object) -> list[str]:
    """Take the fields that the kind does not have out of an object; returns them, as `spec.containers[0].imagee`.

    UndecodableError where a value has another type than its field. `kind` and `apiVersion` have to be gone already.
    """
    unknown: list[str] = []
    _BY_KIND[kind].check(obj, kind.kind, "", unknown)
    return unknown
