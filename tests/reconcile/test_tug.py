"""Tugs of war: when writes in turn are one, who pulls, and how often."""

from __future__ import annotations

import pytest

from tests.build import a_deployment
from tests.histories import replay
from tui.facts import ManagedFields
from tui.reconcile.tug import WINDOW_S, Tug, Write, tug, written
from tui.session.drift_views import tug as tug_news
from tui.session.tugs import WRITES_KEPT, Tugs
from tui.world import Update, World

FIELD = "spec.replicas"


def writes(managers: str, every_s: float = 5.0) -> list[Write]:
    return [Write(at * every_s, manager) for at, manager in enumerate(managers)]


def found(managers: str, every_s: float = 5.0) -> Tug | None:
    told = writes(managers, every_s)
    return tug(FIELD, told, told[-1].at)


@pytest.mark.parametrize("managers", ["A", "AB", "ABA", "AAAA", "AABB", "ABBBB", "ABCD", "ABAC", "ABCDA"])
def test_less_than_two_who_come_back_is_none(managers: str) -> None:
    assert found(managers) is None


@pytest.mark.parametrize(
    ("managers", "pulling", "count", "period_s"),
    [
        ("ABAB", "AB", 4, 10.0),
        ("AABBAABB", "AB", 4, 20.0),
        ("ABCABC", "ABC", 6, 15.0),
        ("ABABX", "AB", 4, 10.0),
        ("XABABABAB", "AB", 8, 10.0),
    ],
)
def test_who_pulls_and_how_often(managers: str, pulling: str, count: int, period_s: float) -> None:
    one = found(managers)
    assert one is not None
    assert (one.managers, one.writes, one.period_s) == (tuple(pulling), count, period_s)


def test_it_is_over_when_nobody_comes_back() -> None:
    told = writes("ABAB")
    assert tug(FIELD, told, told[-1].at + 30.0) is not None
    assert tug(FIELD, told, told[-1].at + 31.0) is None
    slow = writes("ABAB", every_s=60.0)
    assert tug(FIELD, slow, slow[-1].at + 360.0) is not None
    assert tug(FIELD, slow, slow[-1].at + 361.0) is None


def test_who_comes_back_after_the_window_pulls_at_nothing() -> None:
    assert found("ABAB", every_s=WINDOW_S / 2) is None


def owning(manager: str, *paths: str, time: str = "1") -> ManagedFields:
    return ManagedFields(manager=manager, operation="Update", time=time, paths=paths)


def test_a_write_is_the_field_that_changed_and_its_owner() -> None:
    old = a_deployment(3, managed=(owning("a", FIELD, "spec.template"),))
    assert written(old, old) == [], "the same generation"
    new = a_deployment(5, generation=2, managed=(owning("a", "spec.template"), owning("b", FIELD)))
    assert written(old, new) == [(FIELD, "b")]
    third = a_deployment(
        5, generation=3, managed=(owning("a", "spec.template", time="2"), owning("b", FIELD))
    )
    assert written(new, third) == [("spec.template", "a")]


def test_what_is_remembered_is_bounded_and_goes_with_its_deployment() -> None:
    tugs, at = Tugs(), 0
    old = a_deployment(1, generation=1, managed=(owning("a", FIELD),))
    for at in range(2, 3 * WRITES_KEPT):
        new = a_deployment(at, generation=at, managed=(owning("ab"[at % 2], FIELD),))
        tugs.note([Update(old, new, frozenset())], float(at))
        old = new
    (one,) = tugs.of("uid-web", float(at))
    assert (one.writes, one.managers, one.period_s) == (WRITES_KEPT, ("a", "b"), 2.0)
    assert list(tugs.all(float(at))) == ["uid-web"]
    tugs.note([Update(old, None, frozenset())], float(at))
    assert tugs.all(float(at)) == {}


def test_the_recorded_tug_of_war_is_named_with_its_period() -> None:
    """Three rounds of `kubectl scale`, a hand edit and a GitOps tool, 15.3 s each, on a real control plane."""
    world, tugs, began, at = World(), Tugs(), [], 0.0
    for moment in replay("17-tug-of-war", world):
        at = moment.at
        began += [(round(at), one.path) for _, one in tugs.note(moment.updates, at)]
    assert began == [(22, "spec.replicas"), (27, "spec.template")], (
        "in the second round, as soon as two are back"
    )
    ((replicas, template),) = tugs.all(at).values()
    assert (replicas.path, replicas.managers) == ("spec.replicas", ("kubectl", "kubectl-edit", "gitops"))
    assert (template.path, template.managers) == ("spec.template", ("kubectl-edit", "gitops"))
    assert replicas.writes == 9
    assert replicas.period_s == pytest.approx(15.3, abs=0.1)
    assert tug_news(replicas).sentence == (
        "kubectl, kubectl-edit and gitops pull at spec.replicas in turn, each back after 15 s"
    )
    assert tug_news(template).sentence == (
        "kubectl-edit and gitops pull at spec.template in turn, each back after 15 s; its fields are not told apart"
    )


@pytest.mark.parametrize("name", ["09-scale", "07-rollout", "14-pause"])
def test_where_nobody_comes_back_there_is_none(name: str) -> None:
    world, tugs = World(), Tugs()
    assert [one for moment in replay(name, world) for one in tugs.note(moment.updates, moment.at)] == []
