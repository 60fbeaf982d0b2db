"""YAML as kubectl reads it: sigs.k8s.io/yaml, which is YAML 1.1 as go-yaml v2 has it, and then JSON.

So `y` is true and 0o644 is 420, but 22:22 is no number of base 60, a date is a string, and every key is one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from yaml.constructor import ConstructorError

_TAG = "tag:yaml.org,2002:"
_WORD_OF = {"y": True, "n": False}
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+"
    r"|(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9_]+)?)\Z"
)
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OCTAL = re.compile(r"[-+]?0[0-7]+")
_NO_NUMBER = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_TRUTH = re.compile(
    r"(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)\Z"
)
_NOTHING = re.compile(r"(?:~|null|Null|NULL|)\Z")
_MERGE = re.compile(r"<<\Z")
_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)
_WRITTEN_OUT = 1e21
"""Go's encoding/json writes whole floats below this as whole numbers."""
MOST_VALUES = 1_000_000
"""So many values a document may unfold to by its aliases: a kubectl refuses what unfolds without end, too."""


def _by_first(
    *resolvers: tuple[str, re.Pattern[str], str],
) -> Mapping[str, list[tuple[str, re.Pattern[str]]]]:
    """PyYAML's table: by a plain scalar's first character what it may be."""
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for kind, pattern, firsts in resolvers:
        for first in firsts or ("",):
            table.setdefault(first, []).append((f"{_TAG}{kind}", pattern))
    return table


_RESOLVERS = _by_first(
    ("bool", _TRUTH, "yYnNtTfFoO"),
    ("null", _NOTHING, "~nN"),
    ("null", _NOTHING, ""),
    ("int", _NUMBER, "-+.0123456789"),
    ("float", _NO_NUMBER, "-+."),
    ("merge", _MERGE, "<"),
)


class _AsKubectl:
    """What a scalar and a key are, on top of any of PyYAML's loaders."""

    yaml_implicit_resolvers: Any = _RESOLVERS
    bool_values = yaml.SafeLoader.bool_values | _WORD_OF

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        """With keys as JSON has them."""
        found: dict[Any, Any] = super().construct_mapping(node, deep)  # type: ignore[misc]
        if all(type(key) is str for key in found):
            return found
        return {_as_key(key, node): value for key, value in found.items()}

    def number(self, node: Any) -> Any:
        """A whole number, a float, or after all a string."""
        written = self.construct_scalar(node)  # type: ignore[attr-defined]
        return _number(written, node)

    def binary(self, node: Any) -> str:
        """The text that was encoded: an object of Kubernetes has no other bytes."""
        data: bytes = self.construct_yaml_binary(node)  # type: ignore[attr-defined]
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise ConstructorError(None, None, "!!binary that is no UTF-8 text", node.start_mark) from None


class ClearLoader(_AsKubectl, yaml.SafeLoader):  # type: ignore[misc]
    """Slow, with complaints that people understand."""


_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast, but not in every build of PyYAML."""
_TAGS: dict[tuple[str, bool], str] = {}
_MOST_TAGS = 10_000


class Loader(_AsKubectl, _Fast):  # type: ignore[misc]
    """The same, fast; its complaints are not as clear."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """What a scalar is, remembered: ten thousand manifests say the same few words."""
        if kind is not yaml.ScalarNode:
            return super().resolve(kind, value, implicit)
        known = _TAGS.get((value, implicit[0]))
        if known is None:
            known = super().resolve(kind, value, implicit)
            if len(_TAGS) < _MOST_TAGS:
                _TAGS[value, implicit[0]] = known
        return known


for _loader in (ClearLoader, Loader):
    for _kind, _construct in (
        ("int", _AsKubectl.number),
        ("float", _AsKubectl.number),
        ("binary", _AsKubectl.binary),
        ("merge", _loader.construct_yaml_str),
        ("timestamp", _loader.construct_yaml_str),
        ("set", _loader.construct_yaml_map),
        ("omap", _loader.construct_yaml_seq),
        ("pairs", _loader.construct_yaml_seq),
    ):
        _loader.add_constructor(f"{_TAG}{_kind}", _construct)


def documents(text: str, loader_class: Any) -> Iterator[tuple[Any, Any]]:
    """(what it holds, its node) of each document. Raises yaml.YAMLError, or RecursionError for endless brackets."""
    loader = loader_class(text)
    has_aliases = "&" in text and "*" in text
    while loader.check_node():
        node = loader.get_node()
        try:
            if has_aliases:
                _refuse_endless(node)
            content = loader.construct_document(node)
        except (ValueError, RecursionError) as error:
            wrong = str(error) if isinstance(error, ValueError) else "nested far too deeply"
            raise ConstructorError(None, None, wrong, node.start_mark) from error
        yield content, node


def _as_key(key: Any, node: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, str | int | float):
        return str(key)
    raise ConstructorError(None, None, "a key is no string", node.start_mark)


def _number(written: str, node: Any) -> int | float | str:
    """As strconv.ParseInt with base 0, else as a decimal; what is neither is the string that it looks like."""
    if _NO_NUMBER.match(written):
        raise ConstructorError(None, None, f"{written} is no number that JSON has", node.start_mark)
    digits = written.replace("_", "")
    try:
        whole = int(digits, 8 if _OCTAL.fullmatch(digits) else 0)
    except ValueError:
        whole = None
    if whole is not None and _SMALLEST <= whole <= _LARGEST:
        return whole
    number = float(digits) if _DECIMAL.fullmatch(digits) else math.inf
    if math.isinf(number):
        return written
    return int(number) if number.is_integer() and abs(number) < _WRITTEN_OUT else number


def _refuse_endless(node: Any) -> None:
    """ConstructorError for an alias within what it stands for, and for aliases of aliases that unfold to too much."""
    sizes: dict[int, int | None] = {}

    def size(one: Any) -> int:
        if isinstance(one, yaml.ScalarNode):
            return 1
        if id(one) in sizes:
            known = sizes[id(one)]
            if known is None:
                raise ConstructorError(None, None, "an alias within what it stands for", one.start_mark)
            return known
        sizes[id(one)] = None
        parts = (
            one.value if isinstance(one, yaml.SequenceNode) else [part for pair in one.value for part in pair]
        )
        found = sizes[id(one)] = 1 + sum(map(size, parts))
        if found > MOST_VALUES:
            raise ConstructorError(None, None, "aliases that unfold to far too much", one.start_mark)
        return found

    size(node)
