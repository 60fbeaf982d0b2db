"""The arithmetic of rollouts against upstream's own cases (pkg/controller/deployment, its tests)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.sandbox.loops.objects import name_of
from tui.sandbox.loops.rollout import (
    Scale,
    drop_unhealthy,
    fenceposts,
    grow_new,
    is_saturated,
    is_scaling_event,
    limits,
    new_size,
    rescale,
    shrink_old,
    size,
)

from .objects import deployment, replica_set


@pytest.mark.parametrize(
    ("surge", "unavailable", "desired", "expected"),
    [
        ("0%", "0%", 0, (0, 1)),
        ("39%", "39%", 10, (4, 3)),
        (None, "39%", 10, (0, 3)),
        ("39%", None, 10, (4, 0)),
        (None, None, 10, (0, 1)),
        ("25%", "25%", 5, (2, 1)),
        ("25%", "25%", 3, (1, 0)),
        ("25%", "25%", 1, (1, 0)),
        (0, "25%", 3, (0, 1)),
        (2, 1, 3, (2, 1)),
        ("100%", 0, 7, (7, 0)),
    ],
)
def test_fenceposts(surge: Any, unavailable: Any, desired: int, expected: tuple[int, int]) -> None:
    assert fenceposts(surge, unavailable, desired) == expected


def test_no_more_can_be_unavailable_than_are_wanted() -> None:
    assert limits(deployment(1, surge=0, unavailable=5)) == (0, 1)
    assert limits(deployment(0, surge="25%", unavailable="25%")) == (0, 0)
    assert limits(deployment(5, strategy={"type": "Recreate"})) == (0, 0)


def test_limits_default_to_a_quarter() -> None:
    assert limits(deployment(10, strategy={"type": "RollingUpdate"})) == (3, 2)


@pytest.mark.parametrize(
    ("surge", "old", "new", "expected"),
    [(0, 10, 0, 0), (2, 10, 0, 2), (2, 5, 0, 7), (2, 10, 2, 2), (2, 2, 11, 10)],
)
def test_the_new_replica_set_grows_as_far_as_surge_allows(
    surge: int, old: int, new: int, expected: int
) -> None:
    wanted = deployment(10, surge=surge)
    new_set, old_set = replica_set("new", new), replica_set("old", old)
    steps = grow_new(wanted, new_set, [old_set])
    assert (steps[0].to if steps else new) == expected


def test_recreate_makes_the_new_replica_set_whole_at_once() -> None:
    assert new_size(deployment(4, strategy={"type": "Recreate"}), 0, 4) == 4


def rolled_down(unavailable: int, old: int, new: int, old_ready: int, new_ready: int) -> int:
    """The old ReplicaSet's size once nothing more may go, one step after another, statuses as they were."""
    wanted = deployment(10, surge=0, unavailable=unavailable)
    new_set = replica_set("new", new, available=new_ready)
    while steps := shrink_old(wanted, new_set, [replica_set("old", old, available=min(old, old_ready))]):
        old = steps[0].to
        old_ready = min(old, old_ready)
    return old


@pytest.mark.parametrize(
    ("unavailable", "old", "new", "old_ready", "new_ready", "expected"),
    [
        (0, 10, 0, 10, 0, 9),  # both fenceposts 0: one may be missing after all
        (2, 10, 0, 10, 0, 8),
        (2, 10, 0, 8, 0, 8),  # the two that don't work go
        (2, 10, 0, 9, 0, 8),  # one that doesn't work, one that does
        (2, 8, 2, 8, 0, 8),  # new pods that aren't ready protect the old ones
        (2, 0, 10, 0, 0, 0),
    ],
)
def test_old_replica_sets_shrink_without_going_below_the_minimum(
    unavailable: int, old: int, new: int, old_ready: int, new_ready: int, expected: int
) -> None:
    assert rolled_down(unavailable, old, new, old_ready, new_ready) == expected


@pytest.mark.parametrize(("ready", "room", "dropped"), [(8, 1, 1), (8, 3, 2), (8, 0, 0), (10, 3, 0)])
def test_unhealthy_replicas_go_first(ready: int, room: int, dropped: int) -> None:
    steps = drop_unhealthy([replica_set("old", 10, available=ready)], room)
    assert sum(step.frm - step.to for step in steps) == dropped


@pytest.mark.parametrize(
    ("ready", "old", "unavailable", "expected"),
    [(10, 10, 0, 9), (10, 10, 2, 8), (8, 10, 2, 8), (10, 0, 2, 0)],
)
def test_healthy_replicas_go_down_to_the_minimum(
    ready: int, old: int, unavailable: int, expected: int
) -> None:
    assert rolled_down(unavailable, old, 0, ready, 0) == expected


def test_what_was_given_up_already_is_not_given_up_twice() -> None:
    asked_to_shrink = replica_set("old", 4, available=5)
    new = replica_set("new", 3, available=1)
    steps = shrink_old(deployment(5, surge=2, unavailable=1), new, [asked_to_shrink])
    assert [step.to for step in steps] == [3], "4 + 1 are there, 4 have to stay"


def test_the_oldest_replica_set_gives_first() -> None:
    older, old = replica_set("older", 2, age=200), replica_set("old", 3, age=100)
    steps = shrink_old(
        deployment(5, surge=0, unavailable=2), replica_set("new", 0, available=0), [old, older]
    )
    assert [(name_of(step.replica_set), step.to) for step in steps] == [("older", 0)]


PROPORTIONAL = {
    # from, to, surge before, surge now, sizes newest first (the new one at the front), expected
    "plain 10 -> 12": (10, 12, 0, 0, [10], [12]),
    "plain 10 -> 5": (10, 5, 0, 0, [10], [5]),
    "5 -> 10": (5, 10, 0, 0, [2, 3], [4, 6]),
    "5 -> 3": (5, 3, 0, 0, [2, 3], [1, 2]),
    "9 -> 4": (9, 4, 0, 0, [8, 1], [4, 0]),
    "7 -> 10": (7, 10, 0, 0, [2, 3, 2], [3, 4, 3]),
    "13 -> 8": (13, 8, 0, 0, [2, 8, 3], [1, 5, 2]),
    "leftover 3 -> 4 goes to the newest": (3, 4, 0, 0, [1, 1, 1], [2, 1, 1]),
    "leftover 3 -> 2 comes from the oldest": (3, 2, 0, 0, [1, 1, 1], [1, 1, 0]),
    "6 -> 0": (6, 0, 0, 0, [3, 2, 1], [0, 0, 0]),
    "0 -> 6": (6, 6, 0, 0, [0, 0, 0], [6, 0, 0]),
    "with surge 10 -> 20": (10, 20, 2, 2, [6, 6], [11, 11]),
    "surge and size": (10, 50, 3, 6, [5, 8], [22, 34]),
}


@pytest.mark.parametrize("case", PROPORTIONAL)
def test_scaling_shares_in_proportion(case: str) -> None:
    before, now, surge_before, surge, sizes, expected = PROPORTIONAL[case]
    marks = (before, before + surge_before)
    sets = [
        replica_set(f"v{age}", count, age=age, sized_for=marks, available=0)
        for age, count in enumerate(sizes)
    ]
    steps = rescale(deployment(now, surge=surge), sets[0], sets[1:])
    assert sized(sets, steps) == expected


def test_scaling_without_a_new_replica_set_prefers_the_latest() -> None:
    sets = [replica_set("v2", 2, age=10, sized_for=(4, 4)), replica_set("v1", 2, age=20, sized_for=(4, 4))]
    assert sized(sets, rescale(deployment(5), None, sets)) == [3, 2]


def test_scaling_and_a_new_template_at_once() -> None:
    sets = [
        replica_set("v2", 7, age=10, sized_for=(10, 10)),
        replica_set("v1", 3, age=20, sized_for=(10, 10)),
    ]
    assert sized(sets, rescale(deployment(14), None, sets)) == [10, 4]


def test_a_failed_update_is_made_up_for() -> None:
    sets = [
        replica_set("v3", 2, age=1, sized_for=(5, 5), available=0),
        replica_set("v2", 1, age=2, sized_for=(3, 3)),
        replica_set("v1", 1, age=3, sized_for=(5, 5)),
    ]
    assert sized(sets, rescale(deployment(5), sets[0], sets[1:])) == [2, 2, 1]


def test_a_full_but_broken_new_replica_set_leaves_the_old_pods_alone() -> None:
    new = replica_set("v2", 2, available=0, sized_for=(2, 3))
    old = replica_set("v1", 1, age=10, sized_for=(2, 3))
    assert not is_saturated(deployment(2, surge=1, unavailable=1), new)
    assert sized([new, old], rescale(deployment(2, surge=1, unavailable=1), new, [old])) == [2, 1]


def test_a_saturated_new_replica_set_ends_the_old_ones() -> None:
    new, old = replica_set("v2", 2, sized_for=(2, 2)), replica_set("v1", 1, age=10)
    assert rescale(deployment(2), new, [old]) == [Scale(old, 0)]


def test_one_that_has_the_size_already_is_still_sized_for_it() -> None:
    old = replica_set("v1", 2, sized_for=(8, 10))
    assert rescale(deployment(2), None, [old]) == [Scale(old, 2)]


def test_recreate_shares_nothing_out() -> None:
    sets = [replica_set(name, 2, sized_for=(4, 4)) for name in ("v1", "v2")]
    steps = rescale(deployment(6, strategy={"type": "Recreate"}), None, sets)
    assert steps == [Scale(one, 2) for one in sets]


def test_what_is_asked_to_have_none_is_left_alone() -> None:
    idle = replica_set("v1", 0, sized_for=(4, 5))
    assert rescale(deployment(0), idle, []) == []
    assert rescale(deployment(3), idle, []) == [Scale(idle, 3)]


@pytest.mark.parametrize(
    ("marks", "size_of_it", "expected"),
    [((10, 12), 3, True), ((12, 14), 3, False), (None, 3, False), ((10, 12), 0, False)],
)
def test_a_scaling_event_is_told_from_a_rollout(marks: Any, size_of_it: int, expected: bool) -> None:
    assert is_scaling_event(deployment(12), [replica_set("v1", size_of_it, sized_for=marks)]) is expected


counts = st.integers(min_value=0, max_value=40)


@given(counts, counts, counts, st.integers(0, 10), st.integers(0, 10), st.randoms(use_true_random=False))
def test_no_step_breaks_the_limits(
    desired: int, new: int, old: int, surge: int, unavailable: int, random: Any
) -> None:
    wanted = deployment(desired, surge=surge, unavailable=unavailable)
    can_surge, can_miss = limits(wanted)
    fresh = replica_set("new", new, available=random.randint(0, new))
    stale = replica_set("old", old, available=random.randint(0, old))
    for step in grow_new(wanted, fresh, [stale]):
        grew = step.to > new
        assert not grew or step.to + old <= desired + can_surge
        assert step.to <= max(desired, new)
    lost = sum(
        max(0, step.replica_set["status"]["availableReplicas"] - step.to)
        for step in shrink_old(wanted, fresh, [stale])
    )
    serving = fresh["status"]["availableReplicas"] + stale["status"]["availableReplicas"]
    assert lost == 0 or serving - lost >= desired - can_miss


@example([2, 2, 2, 2], 2, [0, 1, 2, 3, 4])
@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(0, 60), st.permutations(range(5)))
def test_proportions_add_up_in_any_order(sizes: list[int], now: int, order: list[int]) -> None:
    whole = sum(sizes)
    sets = [
        replica_set(f"v{age}", n, age=age, sized_for=(whole, whole), available=0)
        for age, n in enumerate(sizes)
    ]
    shuffled = [sets[place] for place in order if place < len(sets)]
    steps = rescale(deployment(now), None, shuffled)
    sizes_now = sized(sets, steps)
    # What rounding leaves is the largest one's to lose, and it has no more than it has: upstream loses no more either.
    spent = 0 in [to for to, before in zip(sizes_now, sizes, strict=True) if before == max(sizes)]
    assert sum(sizes_now) == now or (spent and sum(sizes_now) > now)
    assert sizes_now == sized(sets, rescale(deployment(now), None, sets))


def sized(sets: list[Any], steps: list[Scale]) -> list[int]:
    to = {name_of(step.replica_set): step.to for step in steps}
    return [to.get(name_of(one), size(one)) for one in sets]
