"""What a field may hold: structs, lists, maps, and the scalars at the end, each with Go's words for what is none."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from tui.sandbox.objects import Object, parse_timestamp

MOST_UNKNOWN = 100
"""Further unknown fields go without a word (sigs.k8s.io/json stops collecting there too)."""

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_QUANTITY_WORDS = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)")
_JSON_WORDS: dict[type, str] = {dict: "object", list: "array", str: "string", bool: "bool"}


class UndecodableError(Exception):
    """A value that Go could not decode; the words are those of its decoder."""


class Type(ABC):
    """One type; `plain` are the Python types whose every value it takes, so that no look at the value is needed."""

    plain: frozenset[type] = frozenset()
    name: str

    @abstractmethod
    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        """UndecodableError where the value is none of this type; unknown fields are taken out and listed.

        `struct` and `path` say where the value stands, `path` with indices: `.spec.containers[0].image`.
        """


def _mismatch(value: Any, kind: Type, struct: str, path: str) -> UndecodableError:
    word = _JSON_WORDS.get(type(value), f"number {value}" if isinstance(kind, _Whole) else "number")
    place = re.sub(r"\[\d+\]", "", path)
    return UndecodableError(
        f"json: cannot unmarshal {word} into Go struct field {struct}{place} of type {kind.name}"
    )


class Struct(Type):
    """A struct; `fields` is filled once every type is known, since structs may hold themselves."""

    def __init__(self, name: str) -> None:
        self.name = f"v1.{name}"
        self.fields: dict[str, Type] = {}
        self._word = name

    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        if type(value) is not dict:
            raise _mismatch(value, self, struct, path)
        strangers = []
        for name, entry in value.items():
            kind = self.fields.get(name)
            if kind is None:
                strangers.append(name)
            elif entry is not None and type(entry) not in kind.plain:
                kind.check(entry, self._word, f"{path}.{name}", unknown)
        for name in strangers:
            _drop(value, name, path, unknown)


def _drop(value: Object, name: str, path: str, unknown: list[str]) -> None:
    del value[name]
    if len(unknown) < MOST_UNKNOWN:
        unknown.append(f"{path}.{name}".lstrip("."))


class ListOf(Type):
    """A list of one type."""

    def __init__(self, element: Type) -> None:
        self.name = f"[]{element.name}"
        self._element = element

    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        if type(value) is not list:
            raise _mismatch(value, self, struct, path)
        element = self._element
        for index, entry in enumerate(value):
            if type(entry) not in element.plain:
                element.check(entry, struct, f"{path}[{index}]", unknown)


class MapOf(Type):
    """A map from text to one type."""

    def __init__(self, element: Type) -> None:
        self.name = f"map[string]{element.name}"
        self._element = element

    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        if type(value) is not dict:
            raise _mismatch(value, self, struct, path)
        element = self._element
        for entry in value.values():
            if entry is not None and type(entry) not in element.plain:
                element.check(entry, struct, path, unknown)


class _Plain(Type):
    """A scalar that one look at the value's type decides."""

    def __init__(self, name: str, *accepted: type) -> None:
        self.name = name
        self.plain = frozenset(accepted)

    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        raise _mismatch(value, self, struct, path)


class _Whole(Type):
    """A whole number of so many bits."""

    def __init__(self, bits: int) -> None:
        self.name = f"int{bits}"
        self._limit = 1 << (bits - 1)

    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        if type(value) is not int or not -self._limit <= value < self._limit:
            raise _mismatch(value, self, struct, path)


class _Text(Type):
    """A text in a form of its own: `fault` gives Go's words for one that is not in it."""

    def __init__(self, name: str, fault: Callable[[str], str], *also: type) -> None:
        self.name = name
        self._fault = fault
        self._also = also

    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        if type(value) in self._also:
            return
        if type(value) is not str:
            raise _mismatch(value, self, struct, path)
        words = self._fault(value)
        if words:
            raise UndecodableError(words)


class _Anything(Type):
    """What the server keeps as it is."""

    name = "v1.FieldsV1"

    def check(self, value: Any, struct: str, path: str, unknown: list[str]) -> None:
        return


def _quantity_fault(text: str) -> str:
    return "" if _QUANTITY.fullmatch(text) else _QUANTITY_WORDS


def _time_fault(text: str) -> str:
    if _RFC3339.fullmatch(text) and parse_timestamp(text) is not None:
        return ""
    return f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006"'


def _base64_fault(text: str) -> str:
    good = _BASE64.match(text)
    end = good.end() if good is not None else 0
    return "" if end == len(text) else f"illegal base64 data at input byte {end}"


SCALARS: dict[str, Type] = {
    "string": _Plain("string", str),
    "bool": _Plain("bool", bool),
    "int32": _Whole(32),
    "int64": _Whole(64),
    "intstr": _Plain("intstr.IntOrString", int, str),
    "quantity": _Text("resource.Quantity", _quantity_fault, int, float),
    "time": _Text("v1.Time", _time_fault),
    "microtime": _Text("v1.MicroTime", _time_fault),
    "bytes": _Text("[]uint8", _base64_fault),
    "any": _Anything(),
}
