"""Gap: desired against actual, from spec, status and the pods themselves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import a_deployment, a_pod, a_replicaset
from tui.facts import Pod, parse_time
from tui.reconcile.gap import measure, newest_replicaset

NOW = datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def pods(
    *, ready: int = 0, starting: int = 0, terminating: int = 0, finished: int = 0, old: int = 0
) -> list[Pod]:
    made = [a_pod(f"ready-{n}") for n in range(ready)]
    made += [a_pod(f"starting-{n}", ready=False) for n in range(starting)]
    made += [a_pod(f"going-{n}", terminating=True) for n in range(terminating)]
    made += [a_pod(f"done-{n}", phase="Succeeded", ready=False) for n in range(finished)]
    made += [a_pod(f"old-{n}", owner="uid-web-0") for n in range(old)]
    return made


REPLICASETS = [a_replicaset("web-1", revision="2"), a_replicaset("web-0", revision="1")]


@pytest.mark.parametrize(
    ("desired", "there", "expected"),
    [
        (3, {"ready": 3}, {"size": 0, "missing": 0, "starting": 0, "settled": True}),
        (5, {"ready": 3, "starting": 1}, {"size": 2, "missing": 1, "starting": 1, "settled": False}),
        (3, {"ready": 2, "terminating": 1}, {"size": 1, "missing": 1, "terminating": 1, "settled": False}),
        (3, {"ready": 3, "terminating": 2}, {"size": 0, "terminating": 2, "settled": True}),
        (3, {"ready": 2, "finished": 1}, {"size": 1, "missing": 1, "settled": False}),
        (2, {"ready": 5}, {"size": 0, "surplus": 3, "settled": False}),
        (3, {"ready": 1, "old": 2}, {"size": 0, "updated": 1, "outdated": 2, "settled": False}),
        (3, {"ready": 1, "old": 3}, {"size": 0, "surplus": 1, "outdated": 3, "settled": False}),
        (0, {}, {"size": 0, "missing": 0, "settled": True}),
        (3, {}, {"size": 3, "missing": 3, "settled": False}),
    ],
)
def test_the_pods_tell_the_gap(desired: int, there: dict[str, int], expected: dict[str, object]) -> None:
    gap = measure(a_deployment(desired, revision="2"), REPLICASETS, pods(**there), NOW)
    assert {name: getattr(gap, name) for name in expected} == expected


def test_a_terminating_pod_that_is_still_ready_does_not_count() -> None:
    gap = measure(a_deployment(1, revision="2"), REPLICASETS, [a_pod(ready=True, terminating=True)], NOW)
    assert (gap.ready, gap.available, gap.size) == (0, 0, 1)


def test_status_that_lags_behind_the_spec_is_not_trusted() -> None:
    deployment = a_deployment(3, observed=1, generation=2, revision="2")
    gap = measure(deployment, REPLICASETS, pods(ready=3), NOW)
    assert not gap.observed
    assert not gap.settled
    assert not gap.confirmed


def test_a_status_that_contradicts_the_pods_is_not_a_confirmation() -> None:
    deployment = a_deployment(3, available=3, revision="2")
    gap = measure(deployment, REPLICASETS, pods(ready=2, terminating=1), NOW)
    assert gap.size == 1
    assert not gap.confirmed


def test_a_revision_whose_replicaset_has_not_arrived_yet_settles_nothing() -> None:
    deployment = a_deployment(3, revision="7")
    assert newest_replicaset(deployment, REPLICASETS) is None
    gap = measure(deployment, REPLICASETS, pods(ready=3), NOW)
    assert (gap.updated, gap.outdated, gap.settled) == (0, 3, False)


@pytest.mark.parametrize(("age_s", "available"), [(0, 0), (9, 0), (10, 1), (3600, 1)])
def test_min_ready_seconds_delay_availability(age_s: int, available: int) -> None:
    since = datetime.fromtimestamp(NOW - age_s, UTC).isoformat()
    pod = a_pod(since=since)
    gap = measure(a_deployment(1, min_ready_seconds=10), [a_replicaset()], [pod], NOW)
    assert (gap.ready, gap.available) == (1, available)
    assert gap.next_change_at == (None if available else parse_time(since) and NOW - age_s + 10)


def test_a_clock_that_is_behind_makes_nothing_unavailable_without_min_ready_seconds() -> None:
    future = datetime.fromtimestamp(NOW + 3600, UTC).isoformat()
    gap = measure(a_deployment(1), [a_replicaset()], [a_pod(since=future)], NOW)
    assert gap.available == 1
    assert gap.next_change_at is None


@pytest.mark.parametrize(("revision", "newest"), [("2", "web-1"), ("1", "web-0"), ("", "web-1")])
def test_the_newest_replicaset_is_the_one_with_the_deployments_revision(revision: str, newest: str) -> None:
    found = newest_replicaset(a_deployment(revision=revision), REPLICASETS)
    assert found is not None
    assert found.metadata.name == newest


def test_no_replicaset_is_no_error() -> None:
    assert newest_replicaset(a_deployment(), []) is None
    assert measure(a_deployment(2), [], [], NOW).missing == 2


counts = st.integers(min_value=0, max_value=6)


@given(desired=counts, ready=counts, starting=counts, terminating=counts, old=counts, shuffle=st.randoms())
def test_any_order_gives_the_same_gap_and_the_numbers_add_up(
    desired: int, ready: int, starting: int, terminating: int, old: int, shuffle: object
) -> None:
    there = pods(ready=ready, starting=starting, terminating=terminating, old=old)
    deployment = a_deployment(desired, revision="2")
    gap = measure(deployment, REPLICASETS, there, NOW)
    shuffle.shuffle(there)  # type: ignore[attr-defined]
    assert measure(deployment, REPLICASETS[::-1], there, NOW) == gap
    active = ready + starting + old
    assert gap.available + gap.starting == active
    assert active + gap.missing - gap.surplus == desired
    assert gap.size == max(0, desired - gap.available)
    assert gap.updated + gap.outdated == active
