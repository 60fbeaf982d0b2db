"""Sets of fields and the difference of objects: what managedFields is made of."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tui.sandbox import kinds
from tui.sandbox.fieldsets import Fields, Path, compare, fields_of, from_paths, insert, paths_of, remove
from tui.sandbox.schema import shape_of

POD = shape_of(kinds.PODS)
paths = st.lists(st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"']), min_size=1, max_size=4).map(
    tuple
)


@given(st.sets(paths))
def test_a_set_gives_back_what_was_put_in(members: set[Path]) -> None:
    assert set(paths_of(from_paths(members))) == members


@given(st.sets(paths), paths)
def test_taking_out_takes_out_one(members: set[Path], path: Path) -> None:
    fields = from_paths(members)
    assert remove(fields, path) == (path in members)
    assert set(paths_of(fields)) == members - {path}
    insert(fields, path)
    insert(fields, path)
    assert set(paths_of(fields)) == members | {path}


@given(st.sets(paths))
def test_a_set_that_loses_everything_is_empty(members: set[Path]) -> None:
    fields = from_paths(members)
    for path in members:
        assert remove(fields, path)
    assert fields == {}


def test_a_member_with_children_says_so_with_a_dot() -> None:
    fields: Fields = {}
    insert(fields, ("f:metadata", "f:labels"))
    assert fields == {"f:metadata": {"f:labels": {}}}
    insert(fields, ("f:metadata", "f:labels", "f:app"))
    assert fields == {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}
    remove(fields, ("f:metadata", "f:labels"))
    assert fields == {"f:metadata": {"f:labels": {"f:app": {}}}}


def container(name: str, **more: Any) -> dict[str, Any]:
    """A pod of one container."""
    return {"spec": {"containers": [{"name": name, **more}], "tolerations": [{"key": "a"}]}}


def test_a_difference_names_fields_elements_and_wholes() -> None:
    before = {**container("a", image="1", args=["x"]), "metadata": {"labels": {"l": "1"}, "uid": "1"}}
    after = {**container("a", image="2", env=[{"name": "E"}]), "metadata": {"finalizers": ["f"], "uid": "2"}}
    after["spec"]["tolerations"] = [{"key": "b"}]
    difference = compare(before, after, POD)
    element = ("f:spec", "f:containers", 'k:{"name":"a"}')
    variable = (*element, "f:env", 'k:{"name":"E"}')
    assert difference.modified == {(*element, "f:image"), ("f:spec", "f:tolerations")}
    assert difference.removed == {
        (*element, "f:args"),
        ("f:metadata", "f:labels"),
        ("f:metadata", "f:labels", "f:l"),
    }
    assert difference.added == {
        (*element, "f:env"),
        variable,
        (*variable, "f:name"),
        ("f:metadata", "f:finalizers"),
        ("f:metadata", "f:finalizers", 'v:"f"'),
    }


def test_ports_are_told_apart_by_number_and_protocol() -> None:
    said = fields_of(
        container("a", ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]), POD
    )
    elements = {path[4] for path in said if len(path) == 5}
    assert elements == {'k:{"containerPort":80,"protocol":"TCP"}', 'k:{"containerPort":80,"protocol":"UDP"}'}


@given(
    st.dictionaries(
        st.sampled_from("abc"), st.integers(0, 2) | st.dictionaries(st.sampled_from("de"), st.integers(0, 2))
    ),
    st.dictionaries(
        st.sampled_from("abc"), st.integers(0, 2) | st.dictionaries(st.sampled_from("de"), st.integers(0, 2))
    ),
)
def test_a_difference_read_backwards_swaps_coming_and_going(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    there, back = compare(before, after, POD), compare(after, before, POD)
    assert (there.added, there.removed, there.modified) == (back.removed, back.added, back.modified)
    assert compare(before, before, POD).touched == set()
