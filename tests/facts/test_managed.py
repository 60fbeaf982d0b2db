"""managedFields: of a tree of many KB a few words are kept, whatever the tree looks like; of pods nothing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tui.facts import Deployment, ManagedFields, Pod, ReplicaSet

EDITED: dict[str, Any] = {
    "manager": "kubectl-edit",
    "operation": "Update",
    "apiVersion": "apps/v1",
    "time": "2026-11-22T15:10:48Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": {
        "f:metadata": {"f:labels": {".": {}}},
        "f:spec": {"f:replicas": {}, "f:template": {"f:x": {}}},
    },
}
HUGE: dict[str, Any] = {
    "f:spec": {"f:template": {f'k:{{"name":"{n}"}}': {"f:image": {}} for n in range(20_000)}}
}


def decoded(*entries: dict[str, Any]) -> tuple[ManagedFields, ...]:
    raw = json.dumps({"metadata": {"name": "web", "managedFields": entries}}).encode()
    return msgspec.json.decode(raw, type=Deployment).metadata.managed_fields


def test_an_entry_becomes_who_how_when_and_the_topmost_paths() -> None:
    (entry,) = decoded(EDITED)
    assert (entry.manager, entry.operation, entry.time) == ("kubectl-edit", "Update", "2026-11-22T15:10:48Z")
    assert (entry.subresource, entry.paths) == ("", ("metadata", "spec.replicas", "spec.template"))


@pytest.mark.parametrize(
    ("tree", "paths"),
    [
        ({}, ()),
        (None, ()),
        ({".": {}, "f:metadata": {}}, ("metadata",)),
        ({"f:status": {"f:replicas": {}}}, ("status",)),
        ({"f:spec": {".": {}, "f:paused": {}}}, ("spec.paused",)),
        ({"f:spec": {}}, ()),
        ({"f:spec": None}, ()),
        ({"f:spec": ["f:replicas"]}, ()),
        ({"f:data": {"f:x": {}}, "v:1": {}}, ("data", "v:1")),
        (HUGE, ("spec.template",)),
    ],
    ids=[
        "empty",
        "null",
        "the thing itself",
        "status",
        "the spec itself",
        "no child",
        "null spec",
        "no object",
        "others",
        "huge",
    ],
)
def test_whatever_the_tree_looks_like_a_few_words_are_kept(tree: Any, paths: tuple[str, ...]) -> None:
    (entry,) = decoded(EDITED | {"fieldsV1": tree})
    assert entry.paths == paths


@pytest.mark.parametrize("missing", ["time", "subresource", "fieldsV1", "fieldsType", "operation", "manager"])
def test_what_is_missing_takes_nothing_else_along(missing: str) -> None:
    (entry,) = decoded({name: value for name, value in EDITED.items() if name != missing})
    assert (entry.time is None) == (missing == "time")
    assert (entry.manager == "") == (missing == "manager")
    assert entry.owns("spec") == (missing != "fieldsV1")


def test_a_subresource_that_nobody_knows_is_kept_as_it_is() -> None:
    (entry,) = decoded(EDITED | {"subresource": "resize"})
    assert entry.subresource == "resize"


@pytest.mark.parametrize(
    ("path", "owned"), [("spec.replicas", True), ("spec", True), ("status", False), ("spec.rep", False)]
)
def test_a_path_is_owned_as_a_whole_or_in_part(path: str, owned: bool) -> None:
    (entry,) = decoded(EDITED)
    assert entry.owns(path) is owned


def test_what_is_written_alike_is_held_once() -> None:
    (one,), (other,) = decoded(EDITED), decoded(EDITED | {"manager": "kubectl"})
    assert one.paths is other.paths


def test_a_fact_that_is_written_and_read_again_is_the_same() -> None:
    raw = json.dumps({"metadata": {"managedFields": [EDITED]}, "spec": {"replicas": 3}}).encode()
    fact = msgspec.json.decode(raw, type=ReplicaSet)
    assert msgspec.json.decode(msgspec.json.encode(fact), type=ReplicaSet) == fact


def test_a_pod_has_no_room_for_them() -> None:
    raw = json.dumps({"metadata": {"name": "web-1", "managedFields": [EDITED]}}).encode()
    pod = msgspec.json.decode(raw, type=Pod)
    assert b"kubectl-edit" not in msgspec.json.encode(pod)
