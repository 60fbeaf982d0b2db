"""Heal: moments, pairs, and when it is over."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.build import a_deployment, a_pod, a_replicaset, ended, waiting
from tui.reconcile.gap import Gap, measure
from tui.reconcile.heal import (
    PAIRS_KEPT,
    SETTLES_AFTER_S,
    Heal,
    HealKind,
    PodMoments,
    Replacement,
    advance,
    as_known,
    awaited,
    follow,
    is_guess,
    pair,
    settle,
    vanish,
    with_replacements,
)
from tui.reconcile.phases import phases


def gap_of(available: int, desired: int = 1, *, said: int | None = None) -> Gap:
    deployment = a_deployment(desired, available=available if said is None else said)
    return measure(deployment, [a_replicaset()], [a_pod(f"p{n}") for n in range(available)], 0.0)


def test_moments_are_when_each_step_was_seen() -> None:
    pending = a_pod(ready=False, node=None)
    bound = a_pod(ready=False, state=None, node="worker")
    moments = advance(None, None, pending, 1.0)
    assert (moments.created, moments.scheduled, moments.started, moments.ready) == (1.0, None, None, None)
    moments = advance(moments, pending, bound, 2.0)
    assert (moments.scheduled, moments.started) == (2.0, 2.0)
    moments = advance(moments, bound, a_pod(), 3.0)
    assert moments.ready == 3.0
    moments = advance(moments, a_pod(), a_pod(terminating=True), 4.0)
    assert moments.deleted == 4.0
    assert vanish(moments, 5.0).gone == 5.0
    assert vanish(moments, 5.0).deleted == 4.0


def test_what_a_list_shows_has_no_moments_but_what_follows_has() -> None:
    moments = advance(None, a_pod(), a_pod(terminating=True), 9.0, listed=True)
    assert (moments.created, moments.scheduled, moments.ready) == (None, None, None)
    assert moments.deleted == 9.0


def test_what_was_ready_in_a_list_does_not_become_ready_for_the_first_time_later() -> None:
    failing = a_pod(ready=False, state=waiting("CrashLoopBackOff"), last=ended(1))
    moments = advance(None, a_pod(), failing, 1.0, listed=True)
    moments = advance(moments, failing, a_pod(), 9.0)
    assert (moments.started, moments.ready) == (None, None)


def test_moment_zero_is_a_moment() -> None:
    moments = advance(None, None, a_pod(), 0.0)
    again = advance(moments, a_pod(), a_pod(), 5.0)
    assert (again.created, again.scheduled, again.started, again.ready) == (0.0, 0.0, 0.0, 0.0)


def lost(name: str, at: float, owner: str = "rs") -> PodMoments:
    return PodMoments(name, name, owner, deleted=at)


def born(name: str, at: float, owner: str = "rs") -> PodMoments:
    return PodMoments(name, name, owner, created=at)


def test_pairs_go_in_order_of_time_and_stay_with_the_owner() -> None:
    pods = [lost("a", 1.0), lost("b", 1.5), born("x", 1.2), born("y", 1.6), lost("c", 2.0, "other")]
    expected = [("a", "x"), ("b", "y"), ("c", None)]
    rng = random.Random(3)
    for _ in range(10):
        rng.shuffle(pods)
        assert [(p.lost.name, p.by.name if p.by else None) for p in pair(0.5, pods)] == expected


def test_a_pod_made_before_the_loss_replaces_nothing() -> None:
    assert [p.by for p in pair(0.0, [lost("a", 5.0), born("x", 4.0)])] == [None]


def test_a_replacement_that_dies_too_is_lost_and_replaced_itself() -> None:
    heir = PodMoments("x", "x", "rs", created=1.1, deleted=2.0)
    found = pair(1.0, [lost("a", 1.0), heir, born("y", 2.1)])
    assert [(p.lost.name, p.by.name if p.by else None) for p in found] == [("a", "x"), ("x", "y")]


def test_a_heal_deepens_closes_and_is_confirmed_when_the_status_agrees() -> None:
    heal = Heal("uid-web", 1.0, "you deleted pod a", depth=1)
    heal = follow(heal, gap_of(0, 2), 1.1)
    assert (heal.depth, heal.closed, heal.confirmed) == (2, None, None)
    heal = follow(heal, gap_of(2, 2, said=1), 3.0)
    assert (heal.closed, heal.confirmed) == (3.0, None)
    assert heal.total_s == 2.0
    heal = follow(heal, gap_of(2, 2), 3.2)
    assert (heal.closed, heal.confirmed, heal.settled) == (3.0, 3.2, None)


def test_a_gap_that_opens_again_before_it_settled_was_not_closed() -> None:
    heal = follow(Heal("u", 1.0, "c"), gap_of(1), 2.0)
    assert heal.confirmed == 2.0
    heal = follow(heal, gap_of(0), 2.5)
    assert (heal.closed, heal.confirmed) == (None, None)
    heal = follow(heal, gap_of(1), 4.0)
    assert (heal.closed, heal.confirmed) == (4.0, 4.0)


def test_a_gap_that_stays_closed_settles_though_the_status_never_agrees() -> None:
    heal = follow(Heal("u", 1.0, "c"), gap_of(1, said=0), 2.0)
    assert settle(heal, 2.0 + SETTLES_AFTER_S - 0.1).settled is None
    assert settle(heal, 99.0).settled == 2.0 + SETTLES_AFTER_S, "that it was looked at later changes nothing"
    assert settle(heal, 99.0, 30.0).settled == 32.0
    assert settle(Heal("u", 1.0, "c"), 99.0).settled is None


@given(
    st.lists(st.tuples(st.floats(0.001, 50), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)
)
def test_pod_seconds_lost_are_the_sum_over_the_replayed_steps(steps: list[tuple[float, int, int]]) -> None:
    at, heal, told = 100.0, Heal("u", 100.0, "c"), []
    for wait_s, desired, available in steps:
        at += wait_s
        before = heal
        heal = follow(heal, gap_of(available, desired), at)
        assert heal.lost_pod_s >= before.lost_pod_s
        told.append((at, max(0, desired - available)))
    area = sum((after[0] - before[0]) * before[1] for before, after in pairwise(told))
    assert heal.lost_pod_s == pytest.approx(area)
    assert heal.lost_pod_s_at(at + 2.0) == pytest.approx(area + 2 * told[-1][1])
    assert heal.depth == max(size for _, size in told)


def test_looking_more_often_changes_no_pod_second() -> None:
    once = follow(follow(Heal("u", 1.0, "c"), gap_of(0, 2), 1.0), gap_of(2, 2), 4.0)
    often = Heal("u", 1.0, "c")
    for at in (1.0, 1.7, 2.0, 3.1):
        often = follow(often, gap_of(0, 2), at)
    assert follow(often, gap_of(2, 2), 4.0).lost_pod_s == pytest.approx(once.lost_pod_s)
    assert once.lost_pod_s == 6.0


def test_the_dead_time_ends_when_fewer_are_available() -> None:
    heal = follow(Heal("u", 1.0, "c"), gap_of(2, 2), 1.0)
    assert heal.dead_s is None
    heal = follow(heal, gap_of(1, 2), 1.4, fell=True)
    heal = follow(heal, gap_of(0, 2), 2.0, fell=True)
    assert heal.dead_s == pytest.approx(0.4)
    assert structs.replace(heal, found_open=True).dead_s is None, "when it began was not seen"


def test_a_fault_in_a_gap_that_was_found_open_is_not_what_noticed_it() -> None:
    made = Replacement(lost("old", 14.0), born("new", 14.1))
    heal = Heal("uid", 0.0, "", depth=2, replacements=(made,), kind=HealKind.FAULT)
    assert [one.name for one in phases(heal, ())] == ["noticed", "replacement created", "scheduled"]
    assert [one.name for one in phases(structs.replace(heal, found_open=True), ())] == ["ready"]


def test_the_overshoot_is_the_largest_surplus() -> None:
    heal = Heal("u", 1.0, "c")
    for at, pods in enumerate((5, 7, 6)):
        heal = follow(heal, gap_of(pods, 5), float(at))
    assert heal.overshoot == 2


def test_pairs_are_a_guess_where_two_of_one_owner_were_missing_at_once() -> None:
    both = [lost("a", 1.0), lost("b", 1.5), born("x", 1.6), born("y", 1.7)]
    assert is_guess(pair(0.5, both))
    assert is_guess(pair(0.5, [lost("a", 1.0), lost("b", 9.0)])), "the first has none yet"
    in_one_read = [lost("a", 1.0), lost("b", 1.0), born("x", 1.0), born("y", 1.0)]
    assert is_guess(pair(0.5, in_one_read))
    in_turn = [lost("a", 1.0), born("x", 1.2), lost("b", 1.5), born("y", 1.7)]
    assert not is_guess(pair(0.5, in_turn))
    assert not is_guess(pair(0.5, [lost("a", 1.0), lost("b", 1.0, "other")]))
    unwanted = [PodMoments("b", "b", "rs", deleted=1.0, unwanted=True), lost("a", 1.0)]
    assert not is_guess(pair(0.5, unwanted))


def test_what_came_after_a_moment_is_not_known_then() -> None:
    assert as_known(born("x", 5.0), 4.0) is None
    later = as_known(PodMoments("a", "a", "rs", deleted=5.0, gone=6.0), 4.0)
    assert later is not None
    assert (later.deleted, later.gone) == (None, None)
    assert as_known(lost("a", 3.0), 4.0) == lost("a", 3.0)


def test_a_fault_of_ours_is_waited_for_until_its_victims_heir_is_ready() -> None:
    heal = Heal("u", 1.0, "c", victims=frozenset({"a"}))
    assert not awaited(heal, [lost("a", 1.1)])
    assert awaited(heal, [lost("a", 1.1), born("x", 1.2)])
    assert not awaited(heal, [lost("a", 1.1), PodMoments("x", "x", "rs", created=1.2, ready=2.0)])
    assert not awaited(Heal("u", 1.0, "c"), [lost("a", 1.1), born("x", 1.2)])


def test_a_pod_that_its_own_replicaset_ended_has_no_heir() -> None:
    ended = PodMoments("a", "a", "rs", deleted=1.0, unwanted=True)
    found = pair(0.5, [ended, lost("b", 1.1), born("x", 1.2)])
    assert [(p.lost.name, p.by.name if p.by else None) for p in found] == [("a", None), ("b", "x")]


def test_a_long_heal_keeps_the_pairs_whose_pods_are_forgotten_and_no_more_than_it_may() -> None:
    heal = with_replacements(Heal("u", 1.0, "c"), [lost("a", 1.0), born("x", 1.1)])
    heal = with_replacements(heal, [lost("b", 500.0)])
    assert [(p.lost.name, p.by.name if p.by else None) for p in heal.replacements] == [
        ("a", "x"),
        ("b", None),
    ]
    many = [lost(f"p{number}", 1.0 + number) for number in range(2 * PAIRS_KEPT)]
    kept = with_replacements(heal, many).replacements
    assert len(kept) == PAIRS_KEPT
    assert kept[-1].lost.name == many[-1].name
