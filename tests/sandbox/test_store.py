"""The store and its history: the present, the past as far as it is kept, and nothing in between lost."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tui.sandbox import kinds
from tui.sandbox.bootstrap import bootstrap
from tui.sandbox.history import DELETED, Change
from tui.sandbox.names import generate
from tui.sandbox.objects import deep_copy
from tui.sandbox.patches import merge_patch
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Write
from tui.sandbox.selectors import parse_fields, parse_labels
from tui.sandbox.status import ApiError
from tui.sandbox.store import Store

from .api import Obj, deployment, pod

MAPS = kinds.CONFIG_MAPS


def new_map(name: str, value: int = 0) -> Obj:
    """An object as the store takes it."""
    return {"metadata": {"name": name, "namespace": "default"}, "data": {"n": str(value)}}


def replay(state: dict[str, str], changes: list[Change]) -> dict[str, str]:
    """What somebody knows who saw this state and then these changes."""
    known = dict(state)
    for change in changes:
        name = change.version.key[1]
        if change.type == DELETED:
            del known[name]
        else:
            assert (change.type == "ADDED") == (name not in known)
            known[name] = change.version.obj["data"]["n"]
    return known


class Histories(RuleBasedStateMachine):
    """Random lives of a few objects, with the states of all the past remembered beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(history=8)
        self.past: dict[int, dict[str, str]] = {0: {}}

    def present(self) -> dict[str, str]:
        """Names and values, now."""
        return {version.key[1]: version.obj["data"]["n"] for version in self.store.all(MAPS)}

    @rule(name=st.sampled_from("abc"), value=st.integers(0, 9))
    def write(self, name: str, value: int) -> None:
        """Create or replace."""
        current = self.store.find(MAPS, "default", name)
        obj = new_map(name, value)
        if current is None:
            self.store.add(MAPS, obj)
        else:
            self.store.replace(current, obj)
        self.past[self.store.resource_version] = self.present()

    @rule(name=st.sampled_from("abc"))
    def remove(self, name: str) -> None:
        """Delete what is there."""
        current = self.store.find(MAPS, "default", name)
        if current is not None:
            last = self.store.remove(current)
            assert last.resource_version == self.store.resource_version
            self.past[self.store.resource_version] = self.present()

    @invariant()
    def the_past_can_be_told_as_far_as_it_is_kept(self) -> None:
        """Every kept version lists as it was, and its later changes lead to the present."""
        log = self.store.log(MAPS)
        newest = self.store.resource_version
        for version, state in self.past.items():
            if version < newest - 8:
                with pytest.raises(ApiError, match="too old resource version"):
                    log.position_after(version)
                continue
            listed = self.store.all_at(MAPS, "", version)
            assert {found.key[1]: found.obj["data"]["n"] for found in listed} == state
            later = log.read(log.position_after(version), 100)
            assert [change.version.resource_version for change in later] == list(
                range(version + 1, newest + 1)
            )
            assert replay(state, later) == self.present()


Histories.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestHistories = Histories.TestCase


def test_a_reader_that_was_overtaken_is_told_so() -> None:
    store = Store(history=3)
    log = store.log(MAPS)
    position = log.end
    for count in range(200):
        store.add(MAPS, new_map(f"m{count}"))
    with pytest.raises(ApiError) as caught:
        log.read(position, 10)
    assert caught.value.code == 410
    assert len(log.read(log.oldest_position, 10)) == 3
    assert log.end == 200


def test_listeners_are_woken_until_they_leave() -> None:
    store = Store()
    log = store.log(MAPS)
    listener = log.listen()
    store.add(MAPS, new_map("a"))
    assert listener.is_set()
    listener.clear()
    log.leave(listener)
    store.add(MAPS, new_map("b"))
    assert not listener.is_set()


def test_a_version_is_encoded_once_for_all_its_readers() -> None:
    store = Store()
    version = store.add(MAPS, new_map("a"))
    (change,) = store.log(MAPS).read(0, 1)
    assert version.item is version.item
    assert change.frame("ADDED") is change.frame("ADDED")
    assert change.frame("ADDED") == b'{"type":"ADDED","object":' + version.whole + b"}\n"


@given(st.text("abc-", max_size=80), st.randoms(use_true_random=False))
def test_generated_names_fit_a_label(base: str, random: Random) -> None:
    name = generate(base, random)
    assert len(name) <= 63
    assert name[:-5] == base[:58]
    assert set(name[-5:]) <= set("bcdfghjklmnpqrstvwxz2456789")


KEYS = st.sampled_from(["a", "b", "x.io/c"])
VALUES = st.sampled_from(["", "1", "2", "v.w"])


@given(
    st.lists(
        st.one_of(
            st.builds(lambda key: (key, lambda labels: key in labels), KEYS),
            st.builds(lambda key: (f"!{key}", lambda labels: key not in labels), KEYS),
            st.builds(
                lambda key, value: (f"{key}={value}", lambda labels: labels.get(key) == value), KEYS, VALUES
            ),
            st.builds(
                lambda key, value: (f"{key} != {value}", lambda labels: labels.get(key) != value),
                KEYS,
                VALUES,
            ),
            st.builds(
                lambda key, values: (
                    f"{key} in ({','.join(values)})",
                    lambda labels: labels.get(key) in values,
                ),
                KEYS,
                st.lists(VALUES, min_size=1),
            ),
            st.builds(
                lambda key, values: (
                    f"{key} notin ({','.join(values)})",
                    lambda labels: labels.get(key) not in values,
                ),
                KEYS,
                st.lists(VALUES, min_size=1),
            ),
        )
    ),
    st.dictionaries(KEYS, VALUES),
)
def test_a_selector_means_all_of_its_terms(terms: list[tuple[str, Any]], labels: dict[str, str]) -> None:
    selector = parse_labels(",".join(text for text, _ in terms))
    assert selector.matches(labels) == all(means(labels) for _, means in terms)


@given(st.text("ab=,!()<> \\.", max_size=12))
def test_no_selector_ends_in_anything_but_an_answer(text: str) -> None:
    for parse in (parse_labels, parse_fields):
        try:
            code = 200 if parse(text) is not None else 0
        except ApiError as error:
            code = error.code
        assert code in (200, 400)


@given(st.text("a=,!\\", max_size=6))
def test_escaped_values_of_fields_come_back(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")
    (term,) = parse_fields(f"metadata.name={escaped}")
    assert (term.field, term.value, term.equal) == ("metadata.name", value, True)


def new_registry() -> Registry:
    """A registry with the namespaces that every cluster has."""
    registry = Registry(Store(), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), random=Random(1))
    bootstrap(registry)
    return registry


WORDS = [
    *(
        "metadata",
        "spec",
        "status",
        "template",
        "containers",
        "labels",
        "selector",
        "matchLabels",
        "name",
        "image",
    ),
    *(
        "strategy",
        "rollingUpdate",
        "maxSurge",
        "replicas",
        "ports",
        "env",
        "resources",
        "limits",
        "cpu",
        "type",
    ),
    *(
        "finalizers",
        "ownerReferences",
        "managedFields",
        "tolerations",
        "volumes",
        "readinessProbe",
        "conditions",
    ),
    *(
        "containerStatuses",
        "matchExpressions",
        "operator",
        "values",
        "annotations",
        "resourceVersion",
        "namespace",
    ),
    *("terminationGracePeriodSeconds", "initContainers", "volumeMounts", "progressDeadlineSeconds", "uid"),
]
STORED = [kind for kind in kinds.KINDS if kind.stored]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 300) | st.sampled_from(["", "a", "50%", "A b", "default"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([(kinds.DEPLOYMENTS, deployment()), (kinds.PODS, pod())]),
    st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), ANYTHING, max_size=3),
    st.sampled_from(["", "status"]),
)
def test_no_patch_whatever_ends_in_a_fault_of_the_servers_own(
    subject: tuple[kinds.Kind, Obj], patch: Obj, subresource: str
) -> None:
    kind, obj = subject
    registry = new_registry()
    current = registry.create(kind, "default", deep_copy(obj), Write("me"))
    before = deep_copy(current.obj)
    try:
        registry.modify(current, lambda found: merge_patch(found, deep_copy(patch)), Write("me", subresource))
        code = 200
    except ApiError as error:
        code = error.code
        assert registry.store.get(kind, "default", "web") is current
    assert code in (200, 400, 409, 422)
    assert current.obj == before


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([kind for kind in kinds.KINDS if kind.stored]),
    st.dictionaries(st.sampled_from(WORDS), ANYTHING),
)
def test_no_body_whatever_ends_in_a_fault_of_the_servers_own(kind: kinds.Kind, body: Obj) -> None:
    registry = new_registry()
    meta = body.get("metadata")
    named = {**(meta if isinstance(meta, dict) else {}), "name": "a"}
    try:
        made = registry.create(kind, "default", {**body, "metadata": named}, Write("me"))
        assert registry.store.get(kind, "default" if kind.namespaced else "", "a") is made
        code = 201
    except ApiError as error:
        code = error.code
    assert code in (201, 400, 403, 409, 422)


def test_a_change_stands_whatever_those_who_hear_of_it_do() -> None:
    store, heard = Store(), list[str]()

    def stumble(change: Change) -> None:
        raise RuntimeError(change.type)

    store.observe(stumble)
    store.observe(lambda change: heard.append(change.type))
    store.add(MAPS, new_map("a"))
    assert store.find(MAPS, "default", "a") is not None
    assert heard == ["ADDED"]
