"""What may be called what: RFC 1123 names, label keys and values, with the words of apimachinery `util/validation`."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

GENERATED_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
GENERATED_LENGTH = 5
_LONGEST_GENERATED_BASE = 63 - GENERATED_LENGTH

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_QUALIFIED})?"

_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character"
)
_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character"
)
_QUALIFIED_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character"
)
_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character"
)


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


def _regex_words(words: str, examples: tuple[str, ...], pattern: str) -> str:
    shown = ",  or ".join(f"'{example}'" for example in examples)
    return f"{words} (e.g. {shown}, regex used for validation is '{pattern}')"


def label_errors(value: str) -> list[str]:
    """What is wrong with an RFC 1123 label (at most 63 characters): the names of namespaces and containers."""
    errors = []
    if len(value) > 63:
        errors.append("must be no more than 63 characters")
    if not _matches(_LABEL, value):
        errors.append(_regex_words(_LABEL_WORDS, ("my-name", "123-abc"), _LABEL))
    return errors


def subdomain_errors(value: str) -> list[str]:
    """What is wrong with an RFC 1123 subdomain (at most 253 characters): the names of most objects."""
    errors = []
    if len(value) > 253:
        errors.append("must be no more than 253 characters")
    if not _matches(_SUBDOMAIN, value):
        errors.append(_regex_words(_SUBDOMAIN_WORDS, ("example.com",), _SUBDOMAIN))
    return errors


def label_key_errors(key: str) -> list[str]:
    """What is wrong with the key of a label: an optional DNS prefix, a slash, and a name."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        words = _regex_words(
            "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
            "with an alphanumeric character",
            ("MyName", "my.name", "123-abc"),
            _QUALIFIED,
        )
        return [f"{words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    errors = []
    if slash:
        if not prefix:
            errors.append("prefix part must be non-empty")
        else:
            errors += [f"prefix part {error}" for error in subdomain_errors(prefix)]
    if not name:
        errors.append("name part must be non-empty")
    elif len(name) > 63:
        errors.append("name part must be no more than 63 characters")
    if not _matches(_QUALIFIED, name):
        errors.append(_regex_words(_QUALIFIED_WORDS, ("MyName", "my.name", "123-abc"), _QUALIFIED))
    return errors


def label_value_errors(value: str) -> list[str]:
    """What is wrong with the value of a label (at most 63 characters; empty is fine)."""
    errors = []
    if len(value) > 63:
        errors.append("must be no more than 63 characters")
    if not _matches(_VALUE, value):
        errors.append(_regex_words(_VALUE_WORDS, ("MyValue", "my_value", "12345"), _VALUE))
    return errors


def generate(base: str, random: Random) -> str:
    """A name from generateName: the base, cut to leave room, and five characters of upstream's alphabet."""
    ending = "".join(random.choices(GENERATED_ALPHABET, k=GENERATED_LENGTH))
    return base[:_LONGEST_GENERATED_BASE] + ending


class Namer:
    """Names from generateName that depend on the seed and on how many the base has had, on nothing else.

    With one stream of randomness for everybody, a pod's name would hang on what else was created meanwhile.
    """

    def __init__(self, random: Random) -> None:
        self._seed = random.getrandbits(64)
        self._made: Counter[tuple[str, str]] = Counter()

    def name(self, namespace: str, base: str) -> str:
        """The next name of this base in this namespace."""
        self._made[namespace, base] += 1
        return generate(base, Random(f"{self._seed}/{namespace}/{base}/{self._made[namespace, base]}"))
