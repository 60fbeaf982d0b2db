"""The ReplicaSet controller's choices, without a cluster: who goes, whose it is, how the status is counted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, cast
from unittest.mock import AsyncMock

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.claims import claim
from tui.sandbox.loops.client import ApiClient, ApiError, Resource
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.expectations import TIMEOUT_S, Expectations
from tui.sandbox.loops.objects import Obj, name_of
from tui.sandbox.loops.replicaset import Pods, ReplicaSetLoop, pod_from
from tui.sandbox.loops.replicaset_status import available_in, replicaset_status
from tui.sandbox.loops.victims import age_bucket, choose_victims

from .objects import NO_CLIENT, NOW, ManualTime, ago, pod, replica_set

HOUR, MONTH = 3600.0, 30 * 86400.0

# Less missed first, by upstream's ranks (controller_utils_test.go, TestSortingActivePodsWithRanks).
UNSCHEDULED = pod("unscheduled", node="", phase="Pending", ready_for=None)
PENDING = pod("pending", phase="Pending", ready_for=None)
UNKNOWN = pod("unknown", phase="Unknown", ready_for=None)
NOT_READY = pod("not-ready", ready_for=None)
READY_NOW = pod("ready-now", ready_for=0, age=0)
READY_LONG = pod("ready-long", ready_for=MONTH, age=MONTH)
RESTARTED = pod("restarted", ready_for=0, age=0, restarts=9001)
NOW_BUT_OLD = pod("ready-now-created-long-ago", ready_for=0, age=MONTH)
CHEAP = pod("cheap", annotations={"controller.kubernetes.io/pod-deletion-cost": "10"})
DEAR = pod("dear", annotations={"controller.kubernetes.io/pod-deletion-cost": "100"})
NONSENSE = pod("nonsense", annotations={"controller.kubernetes.io/pod-deletion-cost": "much"})
CROWDED = pod("crowded", node="full")
ALONE = pod("alone", node="empty")
TWO_HOURS = pod("ready-2-hours", ready_for=2 * HOUR, age=MONTH)
FIVE_HOURS = pod("ready-5-hours", ready_for=5 * HOUR, age=MONTH)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (UNSCHEDULED, PENDING),
        (PENDING, UNKNOWN),
        (UNKNOWN, NOT_READY),
        (NOT_READY, READY_NOW),
        (READY_NOW, READY_LONG),
        (RESTARTED, READY_NOW),
        (READY_NOW, NOW_BUT_OLD),
        (CHEAP, DEAR),
        (NONSENSE, CHEAP),
        (TWO_HOURS, FIVE_HOURS),
        (CROWDED, ALONE),
    ],
    ids=lambda one: name_of(one),
)
def test_the_less_missed_goes_first(first: Obj, second: Obj) -> None:
    related = [CROWDED, pod("other", node="full"), ALONE]
    for order in ([first, second], [second, first]):
        assert choose_victims(order, related, 1, NOW) == [first]


def test_about_the_same_age_is_the_same() -> None:
    five, eight = pod("a", ready_for=5 * HOUR, age=MONTH), pod("b", ready_for=8 * HOUR, age=MONTH)
    assert age_bucket(NOW, NOW) == -1
    assert choose_victims([eight, five], [], 1, NOW) == [five], "in one bucket the uid decides"


def test_all_of_them_need_no_order() -> None:
    assert choose_victims([READY_NOW, PENDING], [], 2, NOW) == [READY_NOW, PENDING]


ANY_PODS = st.lists(
    st.builds(
        lambda number, node, phase, ready, age: pod(
            f"p{number}", node=node, phase=phase, ready_for=ready if phase == "Running" else None, age=age
        ),
        st.integers(0, 999),
        st.sampled_from(["", "node-a1", "node-b1"]),
        st.sampled_from(["Pending", "Running", "Unknown"]),
        st.one_of(st.none(), st.sampled_from([0.0, 30.0, HOUR, MONTH])),
        st.sampled_from([0.0, HOUR, MONTH]),
    ),
    unique_by=name_of,
    max_size=12,
)


@settings(max_examples=60)
@given(ANY_PODS, st.integers(0, 12), st.randoms(use_true_random=False))
def test_the_same_pods_in_any_order_give_the_same_step(pods: list[Obj], wanted: int, random: Any) -> None:
    time = ManualTime()
    one = replica_set(replicas=wanted)
    step = loop(time).compare(one, Pods(tuple(pods), (), tuple(pods)))
    shuffled = random.sample(pods, len(pods))
    again = loop(time).compare(one, Pods(tuple(shuffled), (), tuple(shuffled)))
    assert step.create == again.create
    assert {name_of(victim) for victim in step.delete} == {name_of(victim) for victim in again.delete}
    assert step.create - len(step.delete) == wanted - len(pods), "never more, never fewer than it takes"


def test_a_pod_that_was_asked_to_go_or_has_finished_does_not_count() -> None:
    going = pod("going", deletionTimestamp=ago(0))
    done = pod("done", phase="Succeeded", ready_for=None)
    step = loop().compare(replica_set(replicas=3), Pods((pod("one"), going, done), (), ()))
    assert step.create == 2


def test_a_burst_is_at_most_five_hundred() -> None:
    assert loop().compare(replica_set(replicas=2000), Pods((), (), ())).create == 500


def test_what_is_expected_is_not_asked_for_twice() -> None:
    time = ManualTime()
    busy = loop(time)
    busy._expected.expect_creations("shop/web-1", 3)
    nothing_seen_yet = Pods((), (), ())
    assert busy.compare(replica_set(replicas=3), nothing_seen_yet).create == 0
    time.pass_by(TIMEOUT_S + 1)
    assert busy.compare(replica_set(replicas=3), nothing_seen_yet).create == 3


def test_a_replica_set_that_is_going_makes_nothing() -> None:
    assert loop().compare(replica_set(replicas=3, deletionTimestamp=ago(0)), Pods((), (), ())).create == 0


def test_expectations_end_when_seen() -> None:
    expected = Expectations(ManualTime().clock())
    expected.expect_deletions("k", {"a", "b"})
    expected.deletion_seen("k", "a")
    assert not expected.fulfilled("k")
    expected.deletion_seen("k", "b")
    assert expected.fulfilled("k")
    expected.expect_creations("k", 2)
    expected.creation_seen("k")
    assert not expected.fulfilled("k")
    expected.creation_seen("k", 1)
    assert expected.fulfilled("k")
    assert expected.fulfilled("another key")


class Reluctant:
    """A client that creates a few pods and then refuses."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.asked = 0

    async def create(self, resource: Resource, obj: Obj) -> Obj:
        self.asked += 1
        if self.asked > self.room:
            raise ApiError(403, "Forbidden", "exceeded quota")
        return pod(f"made-{self.asked}")


@pytest.mark.parametrize(("room", "asked"), [(0, 1), (1, 3), (3, 7), (6, 7), (7, 15), (100, 20)])
async def test_creating_starts_slowly_and_stops_at_the_first_failing_batch(room: int, asked: int) -> None:
    client = Reluctant(room)
    clock = ManualTime().clock()
    api = cast(ApiClient, client)
    creating = ReplicaSetLoop(api, Caches(api), clock, Recorder(api, clock, "test"))
    with pytest.raises(ApiError) if room < 20 else nullcontext():
        await creating._create(replica_set(replicas=20), 20)
    assert client.asked == asked
    for _ in range(min(room, 20)):
        assert not creating._expected.fulfilled("shop/web-1")
        creating._expected.creation_seen("shop/web-1")
    assert creating._expected.fulfilled("shop/web-1"), "only what was made is waited for"


@pytest.mark.parametrize(
    ("failure", "raises"),
    [
        (ApiError(403, "Forbidden", "no"), True),
        (ApiError(404, "NotFound", "gone"), False),
        (aiohttp.ServerDisconnectedError(), True),
        (TimeoutError(), True),
    ],
    ids=["refused", "gone", "cut off", "no answer"],
)
async def test_a_deletion_that_was_not_done_is_not_waited_for(failure: Exception, raises: bool) -> None:
    client, clock = AsyncMock(), ManualTime().clock()
    client.delete.side_effect = failure
    deleting = ReplicaSetLoop(client, Caches(client), clock, Recorder(client, clock, "test"))
    with pytest.raises(type(failure)) if raises else nullcontext():
        await deleting._delete(replica_set(), (pod("p"),))
    assert deleting._expected.fulfilled("shop/web-1")


def test_it_looks_again_when_what_it_expects_is_overdue() -> None:
    time, desired, nothing = ManualTime(), replica_set(), Pods((), (), ())
    busy = loop(time)
    assert busy.wait(desired, nothing) is None
    busy._expected.expect_creations("shop/web-1", 1)
    time.pass_by(100)
    assert busy.wait(desired, nothing) == TIMEOUT_S - 100
    time.pass_by(TIMEOUT_S - 100)
    assert busy._expected.fulfilled("shop/web-1")
    assert busy.wait(desired, nothing) is None


# ------------------------------------------------------------------ whose it is


@pytest.mark.parametrize(
    ("labels", "owner", "verdict"),
    [
        ({"app": "web", "pod-template-hash": "web-1"}, "web-1", "ours"),
        ({"app": "web", "pod-template-hash": "web-1"}, None, "adopt"),
        ({"app": "aside", "pod-template-hash": "web-1"}, "web-1", "release"),
        ({"app": "aside", "pod-template-hash": "web-1"}, None, "nothing"),
        ({"app": "web", "pod-template-hash": "web-1"}, "another", "nothing"),
        ({"app": "web"}, None, "nothing"),
    ],
)
def test_labels_and_references_say_whose_it_is(
    labels: dict[str, str], owner: str | None, verdict: str
) -> None:
    found = claim(replica_set(), [pod(labels=labels, owner=owner)])
    assert {"ours": found.ours, "adopt": found.adopt, "release": found.release, "nothing": ()}[verdict] == (
        () if verdict == "nothing" else (pod(labels=labels, owner=owner),)
    )
    assert sum(map(len, (found.ours, found.adopt, found.release))) == (verdict != "nothing")


def test_what_is_going_adopts_nothing_and_lets_nothing_go() -> None:
    going = replica_set(deletionTimestamp=ago(0))
    aside = pod(labels={"app": "aside"})
    assert claim(going, [pod(owner=None), aside]).settled


# ------------------------------------------------------------------ status


def status(pods: Sequence[Obj], one: Obj | None = None, failure: tuple[str, str] | None = None) -> Obj:
    active = [p for p in pods if "deletionTimestamp" not in p["metadata"]]
    return replicaset_status(one or replica_set(replicas=3), active, pods, failure, ManualTime().clock())


def test_the_status_counts() -> None:
    unlabelled = pod("b", labels={"app": "web"}, ready_for=None)
    going = pod("c", deletionTimestamp=ago(0))
    assert status([pod("a"), unlabelled, going]) == {
        "replicas": 2,
        "fullyLabeledReplicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "terminatingReplicas": 1,
        "observedGeneration": 1,
    }


def test_zeros_are_left_out_as_upstream_leaves_them_out() -> None:
    assert status([]) == {"replicas": 0, "terminatingReplicas": 0, "observedGeneration": 1}


@pytest.mark.parametrize(
    ("ready_for", "min_ready", "expected"),
    [(None, 10, None), (4, 10, 6), (10, 10, 0), (30, 10, 0), (0, 0, 0)],
)
def test_available_after_min_ready_seconds(
    ready_for: float | None, min_ready: float, expected: float | None
) -> None:
    assert available_in(pod(ready_for=ready_for), min_ready, ManualTime().clock()) == expected


def test_a_speed_factor_shortens_min_ready_seconds() -> None:
    assert available_in(pod(ready_for=1), 10, ManualTime().clock(speed=4)) == 6


def test_the_next_look_is_when_the_next_pod_becomes_available() -> None:
    one = replica_set(replicas=2)
    one["spec"]["minReadySeconds"] = 10
    assert loop().wait(one, Pods((pod("a", ready_for=3), pod("b", ready_for=8)), (), ())) == 2
    assert loop().wait(one, Pods((pod("a", ready_for=30),), (), ())) is None


def test_a_failure_is_told_once_and_taken_back() -> None:
    refused = ("FailedCreate", "no room")
    told = status([], failure=refused)["conditions"]
    assert [(c["type"], c["status"], c["reason"], c["message"]) for c in told] == [
        ("ReplicaFailure", "True", "FailedCreate", "no room")
    ]
    standing = replica_set(replicas=3) | {"status": {"conditions": told}}
    assert status([], standing, ("FailedCreate", "still no room"))["conditions"] == told
    assert "conditions" not in status([], standing)


def test_a_new_pod_follows_the_template() -> None:
    made = pod_from(replica_set("web-1"))
    assert made["metadata"]["generateName"] == "web-1-"
    assert made["metadata"]["labels"] == {"app": "web", "pod-template-hash": "web-1"}
    assert made["metadata"]["ownerReferences"][0]["uid"] == "web-1-uid"
    assert made["spec"] == replica_set("web-1")["spec"]["template"]["spec"]


def loop(time: ManualTime | None = None) -> ReplicaSetLoop:
    """A loop for its pure parts: it is never run, so nothing is asked of its client."""
    clock = (time or ManualTime()).clock()
    return ReplicaSetLoop(NO_CLIENT, Caches(NO_CLIENT), clock, Recorder(NO_CLIENT, clock, "test"))
