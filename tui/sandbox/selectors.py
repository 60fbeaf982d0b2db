"""Label and field selectors: the grammars of apimachinery `labels/selector.go` and `fields/selector.go`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tui.sandbox.names import label_key_errors, label_value_errors
from tui.sandbox.quoting import go_quote
from tui.sandbox.status import ApiError, bad_request

Labels = Mapping[str, str]

_TOKEN = re.compile(r"\s*(!=|==|[=!<>(),]|[^\s=!<>(),]+)")
_SPECIAL = frozenset({"!=", "==", "=", "!", "<", ">", "(", ")", ","})
_OPERATORS = ("in", "notin", "=", "==", "!=", ">", "<")
_BINARY_OPERATORS = "in, notin, =, ==, !=, gt, lt"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term: `operator` is one of exists, !, in, notin, > and <; = and == are in, != is notin."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Labels) -> bool:
        """Whether the labels satisfy the term; a missing label satisfies only ! and notin."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case _:
                return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        try:
            found, limit = int(value), int(next(iter(self.values)))
        except ValueError:
            return False
        return found > limit if self.operator == ">" else found < limit


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All of its requirements; with none of them it selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Whether labels satisfy every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)


@lru_cache(maxsize=512)
def parse_labels(text: str) -> LabelSelector:
    """The selector that a query parameter spells; 400 with upstream's words where it is malformed."""
    return LabelSelector(_LabelParser(text).parse())


class _LabelParser:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._position = 0

    def parse(self) -> tuple[Requirement, ...]:
        requirements: list[Requirement] = []
        while (token := self._peek()) is not None:
            if token in _SPECIAL and token != "!":
                raise bad_request(f"found '{token}', expected: !, identifier, or 'end of string'")
            requirements.append(self._requirement())
            separator = self._next()
            if separator is None:
                break
            if separator != ",":
                raise bad_request(f"found '{separator}', expected: ',' or 'end of string'")
            following = self._peek()
            if following is None or (following in _SPECIAL and following != "!"):
                raise bad_request(f"found '{following or ''}', expected: identifier after ','")
        return tuple(requirements)

    def _peek(self) -> str | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _next(self) -> str | None:
        token = self._peek()
        self._position += token is not None
        return token

    def _requirement(self) -> Requirement:
        token = self._next()
        negated = token == "!"
        key = self._next() if negated else token
        if key is None or key in _SPECIAL:
            raise _unparsable(f"found '{key or ''}', expected: identifier")
        _check(label_key_errors(key), key)
        if negated:
            return Requirement(key, "!")
        if self._peek() in (None, ","):
            return Requirement(key, "exists")
        operator = self._next()
        if operator not in _OPERATORS:
            raise _unparsable(f"found '{operator}', expected: {_BINARY_OPERATORS}")
        values = self._set() if operator in ("in", "notin") else self._exact_value()
        return _checked(key, operator, values)

    def _exact_value(self) -> frozenset[str]:
        if self._peek() in (None, ","):
            return frozenset({""})
        token = self._next()
        if token is None or token in _SPECIAL:
            raise _unparsable(f"found '{token}', expected: identifier")
        return frozenset({token})

    def _set(self) -> frozenset[str]:
        token = self._next()
        if token != "(":
            raise _unparsable(f"found '{token or ''}' expected: '('")
        values: set[str] = set()
        value = ""
        while True:
            token = self._next()
            if token is None or (token in _SPECIAL and token not in ",)"):
                raise _unparsable(f"found '{token or ''}', expected: ',' or ')'")
            if token in (",", ")"):
                values.add(value)
                value = ""
                if token == ")":
                    return frozenset(values)
            elif value:
                raise _unparsable(f"found '{token}', expected: ',' or ')'")
            else:
                value = token


def _checked(key: str, operator: str, values: frozenset[str]) -> Requirement:
    for value in sorted(values):
        _check(label_value_errors(value), value)
        if operator in "<>" and not re.fullmatch(r"-?\d+", value):
            raise _unparsable(
                f"values[0]: Invalid value: {go_quote(value)}: for 'Gt', 'Lt' operators, the value must be an integer"
            )
    return Requirement(key, {"=": "in", "==": "in", "!=": "notin"}.get(operator, operator), values)


def _check(errors: list[str], value: str) -> None:
    if errors:
        raise _unparsable(f"<nil>: Invalid value: {go_quote(value)}: {'; '.join(errors)}")


def _unparsable(why: str) -> ApiError:
    return bad_request(f"unable to parse requirement: {why}")


def object_selector(selector: Any) -> LabelSelector | None:
    """The selector inside an object (metav1.LabelSelector); None selects nothing, an empty one everything."""
    if not isinstance(selector, dict):
        return None
    requirements = [
        Requirement(key, "in", frozenset({value}))
        for key, value in (selector.get("matchLabels") or {}).items()
    ]
    operators = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    for expression in selector.get("matchExpressions") or ():
        operator = operators.get(expression.get("operator", ""))
        if operator is None:
            return None
        requirements.append(
            Requirement(expression.get("key", ""), operator, frozenset(expression.get("values") or ()))
        )
    return LabelSelector(tuple(requirements))


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One term of a field selector: the field is equal to the value, or it is not."""

    field: str
    value: str
    equal: bool


@lru_cache(maxsize=512)
def parse_fields(text: str) -> tuple[FieldTerm, ...]:
    """The terms of a field selector; 400 with upstream's words where it is malformed."""
    return tuple(_field_term(text, part) for part in re.findall(r"(?:\\.|[^\\,]|\\$)+", text, re.DOTALL))


def _field_term(text: str, part: str) -> FieldTerm:
    found = re.match(r"(.*?)(!=|==|=)(.*)", part, re.DOTALL)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
    return FieldTerm(found[1], _unescaped(found[3]), found[2] != "!=")


def _unescaped(text: str) -> str:
    value = ""
    for piece in re.findall(r"\\.?|[^\\]", text, re.DOTALL):
        if piece.startswith("\\"):
            if piece[1:] not in ("\\", ",", "="):
                raise bad_request(f"invalid field selector: invalid escape sequence: {piece}")
        elif piece in ",=":
            raise bad_request(f"invalid field selector: unescaped character in value: {ord(piece)}")
        value += piece[-1]
    return value


def exact_name(text: str) -> str:
    """The name that a field selector pins down, or nothing: it is then the request's name, for rights too."""
    if "metadata.name" not in text:
        return ""
    try:
        names = [term.value for term in parse_fields(text) if term.field == "metadata.name" and term.equal]
    except ApiError:
        return ""
    return names[0] if names else ""


def matches_fields(terms: tuple[FieldTerm, ...], read: Callable[[str], str]) -> bool:
    """Whether an object, read field by field, satisfies every term."""
    return all((read(term.field) == term.value) == term.equal for term in terms)
