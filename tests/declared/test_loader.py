"""What a scalar in a manifest is: the same as for kubectl, whose answers stand in this table."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tui.declared.loader import ClearLoader, Loader, documents

KUBECTL: dict[str, Any] = {
    # kubectl create --dry-run=client --validate=false -o json (1.32), of an item of `args`
    "y": True,
    "Y": True,
    "n": False,
    "yes": True,
    "on": True,
    "off": False,
    "True": True,
    "~": None,
    "null": None,
    "0644": 420,
    "0o644": 420,
    "0x1F": 31,
    "0b101": 5,
    "1_000": 1000,
    "+1": 1,
    "-0": 0,
    "08": 8,
    "0b": "0b",
    "22:22": "22:22",
    "12:30:45": "12:30:45",
    "190:20:30.5": "190:20:30.5",
    "1e3": 1000,
    "1.5e3": 1500,
    "1.0": 1,
    "0.1": 0.1,
    "-.5": -0.5,
    "1.2.3": "1.2.3",
    "1e400": "1e400",
    "12345678901234567890123": 1.2345678901234568e22,
    "_1": "_1",
    "=": "=",
    "<<": "<<",
    "2001-01-01": "2001-01-01",
    "2001-01-01T00:00:00Z": "2001-01-01T00:00:00Z",
    "!!binary aGVsbG8=": "hello",
    "!!str 1": "1",
    "!!int '3'": 3,
    "!!set {a}": {"a": None},
}
KEYS = {"on": "true", "no": "false", "true": "true", "12:30": "12:30", "0644": "420", "1": "1", "1.5": "1.5"}
both = pytest.mark.parametrize("loader", [ClearLoader, Loader])


def read(text: str, loader: Any) -> Any:
    ((content, _),) = documents(text, loader)
    return content


@both
@pytest.mark.parametrize("written", KUBECTL)
def test_a_scalar_is_what_it_is_for_kubectl(written: str, loader: Any) -> None:
    (found,) = read(f"- {written}\n", loader)
    assert (found, type(found)) == (KUBECTL[written], type(KUBECTL[written]))


@both
@pytest.mark.parametrize("written", KEYS)
def test_every_key_is_a_string(written: str, loader: Any) -> None:
    assert read(f"{written}: x\n", loader) == {KEYS[written]: "x"}


@both
def test_a_mapping_may_be_merged_into_another(loader: Any) -> None:
    assert read("a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\n", loader)["d"] == {"b": 1, "c": 3}


WRONG = {
    "[1]\n---\na: .inf": (3, ".inf is no number that JSON has"),
    "[1]\n---\na: .nan": (3, ".nan is no number that JSON has"),
    "a: 1\n~: 2": (1, "a key is no string"),
    "a: &a [1, *a]": (1, "an alias within what it stands for"),
    "a: !!binary /w==": (1, "!!binary that is no UTF-8 text"),
    "\n".join(
        ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        + [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 9)]
    ): (6, "aliases that unfold to far too much"),
}


@both
@pytest.mark.parametrize("text", WRONG)
def test_what_no_object_can_hold_is_refused_with_its_line(text: str, loader: Any) -> None:
    line, complaint = WRONG[text]
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        list(documents(text, loader))
    assert caught.value.problem == complaint
    assert caught.value.problem_mark is not None
    assert caught.value.problem_mark.line + 1 == line
