"""Strategic merge patch: upstream's cases retyped for the shapes of pods and Deployments."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sandbox import kinds
from tui.sandbox.schema import shape_of
from tui.sandbox.status import ApiError
from tui.sandbox.strategic import strategic_merge

Obj = dict[str, Any]


def merged(live: Obj, patch: Obj, kind: kinds.Kind = kinds.PODS) -> Obj:
    """A pod's live object with a patch in it."""
    return strategic_merge(copy.deepcopy(live), copy.deepcopy(patch), shape_of(kind))


def containers(*entries: Obj, **more: Any) -> Obj:
    """A pod with these containers."""
    return {"spec": {"containers": list(entries), **more}}


def test_maps_merge_and_null_removes() -> None:
    live = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    assert merged(live, {"metadata": {"labels": {"a": None, "c": "3"}}}) == {
        "metadata": {"labels": {"b": "2", "c": "3"}}
    }
    assert merged(live, {"metadata": {"labels": None, "x": {"y": None}}}) == {"metadata": {"x": {}}}


def test_lists_merge_by_their_key() -> None:
    live = containers(
        {"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "1"}
    )
    patch = containers(
        {"name": "b", "image": "2"}, {"name": "a", "env": [{"name": "Y", "value": "2"}]}, {"name": "c"}
    )
    assert merged(live, patch) == containers(
        {"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
        {"name": "b", "image": "2"},
        {"name": "c"},
    )


def test_lists_without_a_key_are_replaced() -> None:
    live = containers(tolerations=[{"key": "a"}])
    assert merged(live, {"spec": {"tolerations": [{"key": "b"}]}})["spec"]["tolerations"] == [{"key": "b"}]
    node = {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}
    patch = {"spec": {"taints": [{"key": "b", "effect": "NoExecute"}]}}
    assert merged(node, patch, kinds.NODES) == patch


@pytest.mark.parametrize(
    ("entries", "left"),
    [
        ([{"name": "a", "$patch": "delete"}], ["b"]),
        ([{"name": "z", "$patch": "delete"}], ["a", "b"]),
        ([{"$patch": "replace"}, {"name": "c"}], ["c"]),
        ([{"name": "c"}, {"$patch": "replace"}], ["c"]),
        ([{"$patch": "replace"}], []),
        ([{"name": "a", "$patch": "merge", "image": "2"}], ["a", "b"]),
    ],
)
def test_directives_in_lists(entries: list[Obj], left: list[str]) -> None:
    live = containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"})
    assert [entry["name"] for entry in merged(live, containers(*entries))["spec"]["containers"]] == left


def test_directives_in_maps() -> None:
    live = {"metadata": {"labels": {"a": "1"}, "annotations": {"n": "1"}}}
    patch = {"metadata": {"labels": {"$patch": "replace", "b": "2"}, "annotations": {"$patch": "delete"}}}
    assert merged(live, patch) == {"metadata": {"labels": {"b": "2"}}}


@pytest.mark.parametrize(
    ("live", "order", "result"),
    [  # elements that the order does not name keep their place among the others
        ("abc", "cba", "cba"),
        ("abc", "ca", "bca"),
        ("ab", "ba", "ba"),
        ("xaybz", "ba", "xybaz"),
    ],
)
def test_the_order_of_elements_can_be_set(live: str, order: str, result: str) -> None:
    present = containers(*({"name": name, "image": "1"} for name in live))
    names = [{"name": name} for name in order]
    patched = merged(present, {"spec": {"$setElementOrder/containers": names, "containers": names}})
    assert "".join(entry["name"] for entry in patched["spec"]["containers"]) == result
    reordered = merged(present, {"spec": {"$setElementOrder/containers": names}})
    assert reordered == patched


def test_a_new_element_takes_its_place_in_the_order() -> None:
    present = containers({"name": "a"}, {"name": "server"})
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "new"}, {"name": "a"}],
            "containers": [{"name": "new"}],
        }
    }
    assert [entry["name"] for entry in merged(present, patch)["spec"]["containers"]] == ["new", "a", "server"]


def test_an_element_outside_the_order_is_refused() -> None:
    patch = {"spec": {"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "b"}]}}
    with pytest.raises(ApiError, match="doesn't match"):
        merged(containers(), patch)


def test_sets_of_plain_values() -> None:
    live = {"metadata": {"finalizers": ["a", "b"]}}
    assert merged(live, {"metadata": {"finalizers": ["b", "c"]}}) == {
        "metadata": {"finalizers": ["a", "b", "c"]}
    }
    patch = {
        "metadata": {
            "$deleteFromPrimitiveList/finalizers": ["a"],
            "$setElementOrder/finalizers": ["c", "b"],
            "finalizers": ["c"],
        }
    }
    assert merged(live, patch) == {"metadata": {"finalizers": ["c", "b"]}}


def test_retain_keys_drops_the_other_members_of_a_union() -> None:
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert merged(live, patch, kinds.DEPLOYMENTS) == {"spec": {"strategy": {"type": "Recreate"}}}
    volume = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}
    swap = {
        "spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}]}
    }
    assert merged(volume, swap) == {"spec": {"volumes": [{"name": "v", "configMap": {"name": "c"}}]}}
    with pytest.raises(ApiError, match="must contain all fields"):
        merged(live, {"spec": {"strategy": {"$retainKeys": [], "type": "Recreate"}}}, kinds.DEPLOYMENTS)


def test_merge_keys_as_upstream_has_them() -> None:
    live = containers(
        {
            "name": "a",
            "ports": [{"containerPort": 80, "name": "http"}],
            "volumeMounts": [{"mountPath": "/a", "name": "v"}],
        },
        hostAliases=[{"ip": "1.1.1.1", "hostnames": ["x"]}],
        imagePullSecrets=[{"name": "s"}],
    )
    patch = containers(
        {
            "name": "a",
            "ports": [{"containerPort": 80, "protocol": "UDP"}],
            "volumeMounts": [{"mountPath": "/a", "readOnly": True}],
        },
        hostAliases=[{"ip": "1.1.1.1", "hostnames": ["y"]}],
        imagePullSecrets=[{"name": "t"}],
    )
    assert merged(live, patch) == containers(
        {
            "name": "a",
            "ports": [{"containerPort": 80, "name": "http", "protocol": "UDP"}],
            "volumeMounts": [{"mountPath": "/a", "name": "v", "readOnly": True}],
        },
        hostAliases=[{"ip": "1.1.1.1", "hostnames": ["y"]}],
        imagePullSecrets=[{"name": "s"}, {"name": "t"}],
    )
    service = {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}
    assert merged(service, {"spec": {"ports": [{"port": 80, "name": "http"}]}}, kinds.SERVICES) == {
        "spec": {"ports": [{"port": 80, "targetPort": 8080, "name": "http"}]}
    }
    budget = {"spec": {"selector": {"matchLabels": {"a": "1"}}}}
    other = {"spec": {"selector": {"matchLabels": {"b": "2"}}}}
    assert merged(budget, other, kinds.DISRUPTION_BUDGETS) == other


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ({"$patch": "shuffle"}, "Unknown patch type found: shuffle"),
        ({"spec": {"containers": [{"image": "x"}]}}, "does not contain declared merge key: name"),
        ({"spec": {"containers": ["x"]}}, "map expected"),
        ({"spec": {"$retainKeys": "x"}}, "invalid patch format of retainKeys"),
        ({"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}}, "invalid patch format of deleteFrom"),
        (
            {"spec": {"$setElementOrder/containers": "x", "containers": [{"name": "a"}]}},
            "invalid patch format of set",
        ),
    ],
)
def test_malformed_patches(patch: Obj, words: str) -> None:
    with pytest.raises(ApiError, match=words) as caught:
        merged(containers({"name": "a"}), patch)
    assert caught.value.code == 400


container_lists = st.lists(
    st.builds(
        lambda name, image, env: {
            "name": name,
            "image": image,
            "env": [{"name": key, "value": "1"} for key in env],
        },
        st.sampled_from("abcd"),
        st.sampled_from("12"),
        st.sets(st.sampled_from("XYZ")).map(sorted),
    ),
    max_size=4,
    unique_by=lambda entry: entry["name"],
)


@given(container_lists, container_lists)
def test_a_patch_applied_twice_is_applied_once(live: list[Obj], patch: list[Obj]) -> None:
    once = merged(containers(*live), containers(*patch))
    assert merged(once, containers(*patch)) == once
    by_name = {entry["name"]: entry for entry in once["spec"]["containers"]}
    assert by_name.keys() == {entry["name"] for entry in (*live, *patch)}
    assert all(by_name[entry["name"]]["image"] == entry["image"] for entry in patch)


@given(container_lists, st.permutations("abcd"))
def test_an_order_that_names_everything_is_the_order(live: list[Obj], order: list[str]) -> None:
    names = [{"name": name} for name in order]
    result = merged(containers(*live), {"spec": {"$setElementOrder/containers": names}})
    found = [entry["name"] for entry in result["spec"]["containers"]]
    assert found == [name for name in order if name in found]
    assert len(found) == len(live)
