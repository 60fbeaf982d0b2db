"""JSON patch and JSON merge patch against the tables of their RFCs, and against what they promise for any value."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sandbox.patches import json_patch, merge_patch
from tui.sandbox.status import ApiError

JSON = Any


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [  # RFC 7386, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_as_its_rfc_shows(target: JSON, patch: JSON, merged: JSON) -> None:
    assert merge_patch(copy.deepcopy(target), patch) == merged


def values(*, nulls: bool) -> st.SearchStrategy[JSON]:
    """Any JSON value."""
    leaves = st.booleans() | st.integers(-5, 5) | st.text("ab/~", max_size=3)
    return st.recursive(
        leaves | st.none() if nulls else leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3)
        ),
        max_leaves=8,
    )


def difference(before: JSON, after: JSON) -> JSON:
    """The merge patch that leads from one value to another."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    patch: dict[str, JSON] = dict.fromkeys(before.keys() - after.keys())
    for key, value in after.items():
        if key not in before or before[key] != value or type(before[key]) is not type(value):
            patch[key] = difference(before.get(key), value)
    return patch


@given(values(nulls=False), values(nulls=False))
def test_a_merge_patch_leads_anywhere(before: JSON, after: JSON) -> None:
    assert merge_patch(copy.deepcopy(before), difference(before, after)) == after


@given(values(nulls=False), values(nulls=True))
def test_a_merge_patch_applied_twice_is_applied_once(target: JSON, patch: JSON) -> None:
    once = merge_patch(copy.deepcopy(target), copy.deepcopy(patch))
    assert merge_patch(copy.deepcopy(once), copy.deepcopy(patch)) == once


@pytest.mark.parametrize(
    ("document", "operations", "result"),
    [  # RFC 6902, appendix A
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        (
            {"foo": ["bar", "baz"]},
            [{"op": "add", "path": "/foo/1", "value": "qux"}],
            {"foo": ["bar", "qux", "baz"]},
        ),
        ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
        ({"baz": "qux"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo"}),
        (
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
        ),
        ({"foo": [1, 2, 3, 4]}, [{"op": "move", "from": "/foo/1", "path": "/foo/3"}], {"foo": [1, 3, 4, 2]}),
        ({"foo": ["a", 2]}, [{"op": "test", "path": "/foo/1", "value": 2}], {"foo": ["a", 2]}),
        (
            {"foo": "bar"},
            [{"op": "add", "path": "/child", "value": {"g": {}}}],
            {"foo": "bar", "child": {"g": {}}},
        ),
        (
            {"foo": "bar"},
            [{"op": "add", "path": "/baz", "value": "qux", "xyz": 1}],
            {"foo": "bar", "baz": "qux"},
        ),
        ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
        ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["a"]}], {"foo": ["bar", ["a"]]}),
        ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
        ({"a": 1}, [{"op": "replace", "path": "/a", "value": None}], {"a": None}),
    ],
)
def test_json_patch_as_its_rfc_shows(document: JSON, operations: JSON, result: JSON) -> None:
    assert json_patch(copy.deepcopy(document), operations) == result


@pytest.mark.parametrize(
    ("document", "operation", "code"),
    [
        ({"baz": "qux"}, {"op": "test", "path": "/baz", "value": "bar"}, 422),
        ({"baz": 1}, {"op": "test", "path": "/baz", "value": True}, 422),
        ({"baz": [1]}, {"op": "test", "path": "/baz", "value": [True]}, 422),
        ({"/": 9}, {"op": "test", "path": "/~1", "value": "9"}, 422),
        ({"foo": "bar"}, {"op": "add", "path": "/baz/bat", "value": "qux"}, 422),
        ({"foo": [1]}, {"op": "add", "path": "/foo/2", "value": 1}, 422),
        ({"foo": [1]}, {"op": "remove", "path": "/foo/1"}, 422),
        ({"foo": [1]}, {"op": "replace", "path": "/foo/01", "value": 1}, 422),
        ({"foo": [1]}, {"op": "replace", "path": "/foo/-", "value": 1}, 422),
        ({"foo": 1}, {"op": "remove", "path": "/bar"}, 422),
        ({"foo": 1}, {"op": "replace", "path": "/bar", "value": 1}, 422),
        ({"foo": {}}, {"op": "move", "from": "/foo", "path": "/foo/bar"}, 422),
        ({"foo": 1}, {"op": "copy", "from": "/bar", "path": "/baz"}, 422),
        ({"foo": 1}, {"op": "merge", "path": "/foo", "value": 1}, 400),
        ({"foo": 1}, {"op": "add", "path": "/foo"}, 400),
        ({"foo": 1}, {"op": "move", "path": "/foo"}, 400),
        ({"foo": 1}, {"op": "add", "path": "foo", "value": 1}, 400),
        ({"foo": 1}, {"op": "add", "value": 1}, 400),
        ({"foo": 1}, "add", 400),
    ],
)
def test_json_patches_that_fail(document: JSON, operation: JSON, code: int) -> None:
    with pytest.raises(ApiError) as caught:
        json_patch(document, [operation])
    assert caught.value.code == code


def test_a_json_patch_is_a_list_of_bearable_length() -> None:
    with pytest.raises(ApiError, match="list of operations"):
        json_patch({}, {"op": "add"})
    with pytest.raises(ApiError, match="The allowed maximum operations in a JSON patch is 10000, got 10001"):
        json_patch({}, [{"op": "add", "path": "/a", "value": 1}] * 10_001)


def pointer(key: str) -> str:
    """The JSON pointer of a key."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


@given(
    st.dictionaries(st.text("ab/~", max_size=2), values(nulls=True), max_size=3),
    st.text("ab/~", max_size=2),
    values(nulls=True),
)
def test_what_is_added_can_be_tested_moved_and_removed(
    document: dict[str, JSON], key: str, value: JSON
) -> None:
    document.pop(key, None)
    path = pointer(key)
    operations = [
        {"op": "add", "path": path, "value": value},
        {"op": "test", "path": path, "value": value},
        {"op": "move", "from": path, "path": "/elsewhere"},
        {"op": "copy", "from": "/elsewhere", "path": path},
        {"op": "remove", "path": "/elsewhere"},
        {"op": "replace", "path": path, "value": 1},
        {"op": "remove", "path": path},
    ]
    assert json_patch(copy.deepcopy(document), operations) == document
