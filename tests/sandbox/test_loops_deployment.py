"""The Deployment controller's choices, without a cluster: which step comes first, and what its status says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.sandbox.loops.cache import Caches
from tui.sandbox.loops.claims import Claim, claim
from tui.sandbox.loops.deployment import DeploymentLoop, Made, Step, resized
from tui.sandbox.loops.deployment_status import counted, has_progressed, is_complete, judged, judged_again_in
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.objects import Obj, condition, name_of
from tui.sandbox.loops.revision import (
    REVISION,
    REVISION_HISTORY,
    essence,
    find_new,
    new_replica_set,
    outlived,
    refreshed,
    template_hash,
)

from .objects import NO_CLIENT, ManualTime, ago, deployment, replica_set, template

# ------------------------------------------------------------------ which step comes first


def compare(
    wanted: Obj, sets: list[Obj], *, old_pods_run: bool = False, time: ManualTime | None = None
) -> Step:
    clock = (time or ManualTime()).clock()
    loop = DeploymentLoop(NO_CLIENT, Caches(NO_CLIENT), clock, Recorder(NO_CLIENT, clock, "test"))
    return loop.compare(wanted, Made(claim(wanted, sets), old_pods_run))


def told(wanted: Obj, *conditions: tuple[str, str, str], age: float = 0) -> Obj:
    """The Deployment with revision 1 and these (type, status, reason) in its status."""
    stamps = {"lastUpdateTime": ago(age), "lastTransitionTime": ago(age), "message": ""}
    listed = [
        {"type": kind, "status": status, "reason": reason, **stamps} for kind, status, reason in conditions
    ]
    meta = wanted["metadata"] | {"annotations": {REVISION: "1"}}
    return wanted | {"metadata": meta, "status": wanted["status"] | {"conditions": listed}}


GOING_WELL = ("Progressing", "True", "NewReplicaSetCreated")


def current(name: str = "web-1", replicas: int = 5, **more: Any) -> Obj:
    """The ReplicaSet of the Deployment's template, at revision 1 and sized for what it is."""
    one = replica_set(name, replicas, sized_for=(replicas, replicas), **more)
    one["metadata"]["annotations"][REVISION] = "1"
    return one


def test_without_a_replica_set_it_makes_one_of_full_size() -> None:
    made = compare(deployment(5, surge="25%", unavailable="25%"), []).create
    assert made is not None
    assert made["spec"]["replicas"] == 5
    assert made["metadata"]["annotations"] == {
        REVISION: "1",
        "deployment.kubernetes.io/desired-replicas": "5",
        "deployment.kubernetes.io/max-replicas": "7",
    }


def test_a_rollout_starts_with_the_surge() -> None:
    step = compare(told(deployment(5, surge=2), GOING_WELL), [current(image="shop/web:0")])
    assert step.create is not None
    assert step.create["spec"]["replicas"] == 2
    assert step.create["metadata"]["annotations"][REVISION] == "2"


def test_a_cycle_goes_in_one_direction() -> None:
    old = current("old", 5, image="shop/web:0", age=100)
    new = replica_set("new", 1, sized_for=(5, 7))
    new["metadata"]["annotations"][REVISION] = "2"
    wanted = told(deployment(5, surge=2, unavailable=1), GOING_WELL)
    wanted["metadata"]["annotations"][REVISION] = "2"
    step = compare(wanted, [old, new])
    assert [(name_of(one.replica_set), one.frm, one.to) for one in step.scale] == [("new", 1, 2)]


def test_adoption_comes_before_anything_else() -> None:
    orphan = replica_set(ownerReferences=[])
    orphan["metadata"]["labels"] = {"app": "web"}
    step = compare(deployment(5), [orphan])
    assert step.claim == Claim(adopt=(orphan,))
    assert step.create is None


def test_pausing_is_told_and_then_nothing_rolls() -> None:
    wanted = told(deployment(5, surge=2, paused=True), GOING_WELL)
    assert (compare(wanted, [current()]).note or {})["reason"] == "DeploymentPaused"
    paused = told(deployment(5, paused=True), ("Progressing", "Unknown", "DeploymentPaused"))
    step = compare(paused, [current(image="shop/web:0")])
    assert step.create is None
    assert step.scale == ()
    resumed = told(deployment(5, surge=2), ("Progressing", "Unknown", "DeploymentPaused"))
    assert (compare(resumed, [current()]).note or {})["reason"] == "DeploymentResumed"


def test_a_paused_deployment_still_follows_its_size() -> None:
    paused = told(deployment(7, paused=True), ("Progressing", "Unknown", "DeploymentPaused"))
    assert [one.to for one in compare(paused, [current(replicas=5)]).scale] == [7]


@pytest.mark.parametrize("strategy", ["RollingUpdate", "Recreate"])
@pytest.mark.parametrize("sizes", [(2,), (2, 1)])
def test_a_change_of_size_never_puts_off_a_rollout_for_good(sizes: tuple[int, ...], strategy: str) -> None:
    wanted = told(deployment(2, surge=1, strategy={"type": strategy}), GOING_WELL)
    sets = [
        replica_set(f"old-{place}", count, image="shop/web:0", age=100 + place, sized_for=(8, 10))
        for place, count in enumerate(sizes)
    ]
    sized = compare(wanted, sets)
    assert sized.create is None
    after = {name_of(one): one for one in (*sets, *(resized(wanted, one) for one in sized.scale))}
    rolled = compare(wanted, list(after.values()))
    ended = [one.to for one in rolled.scale] == [0] * len(sets)
    assert ended if strategy == "Recreate" else rolled.create


def test_recreate_waits_for_the_last_old_pod() -> None:
    wanted = told(deployment(3, strategy={"type": "Recreate"}), GOING_WELL)
    old = current("old", 3, image="shop/web:0")
    assert [one.to for one in compare(wanted, [old]).scale] == [0]
    emptied = current("old", 0, image="shop/web:0")
    assert compare(wanted, [emptied], old_pods_run=True).create is None
    made = compare(wanted, [emptied]).create
    assert made is not None
    assert made["spec"]["replicas"] == 3


def test_a_deleted_deployment_takes_no_step() -> None:
    wanted = deployment(5)
    wanted["metadata"]["deletionTimestamp"] = ago(0)
    step = compare(wanted, [])
    assert step.create is None
    assert step.status is not None


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=4), st.integers(0, 8), st.randoms(use_true_random=False)
)
def test_the_same_replica_sets_in_any_order_give_the_same_step(
    sizes: list[int], desired: int, random: Any
) -> None:
    sets = [current(f"v{n}", size, image=f"shop/web:{n}", age=100 - n) for n, size in enumerate(sizes)]
    wanted = told(deployment(desired, surge=1, unavailable=1), GOING_WELL)
    assert compare(wanted, sets) == compare(wanted, random.sample(sets, len(sets)))


# ------------------------------------------------------------------ revisions


def test_a_template_is_found_again_whatever_is_empty_in_it() -> None:
    wanted = deployment()
    wanted["spec"]["template"]["metadata"]["creationTimestamp"] = None
    wanted["spec"]["template"]["spec"]["securityContext"] = {}
    other, same = replica_set("other", image="shop/web:0", age=9), replica_set("same", age=5)
    assert find_new(wanted, [other, same, replica_set("same-but-newer", age=1)]) is same


def test_the_hash_follows_the_template_and_the_collision_count() -> None:
    assert template_hash(template(), None) == template_hash(template(**{"pod-template-hash": "x"}), None)
    assert template_hash(template(), None) != template_hash(template(), 1)
    assert template_hash(template(), None) != template_hash(template("shop/web:2"), None)
    assert set(template_hash(template(), None)) <= set("bcdfghjklmnpqrstvwxz2456789")


def test_a_new_replica_set_selects_only_its_own_pods() -> None:
    made = new_replica_set(deployment(), [])
    digest = made["metadata"]["labels"]["pod-template-hash"]
    assert made["metadata"]["name"] == f"web-{digest}"
    assert made["spec"]["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": digest}
    assert made["spec"]["template"]["metadata"]["labels"] == {"app": "web", "pod-template-hash": digest}
    assert essence(made["spec"]["template"]) == essence(deployment()["spec"]["template"])


def test_what_is_0_by_default_is_not_written_into_a_replica_set() -> None:
    assert "minReadySeconds" not in new_replica_set(deployment(), [])["spec"]
    made = new_replica_set(deployment(minReadySeconds=4), [])
    assert made["spec"]["minReadySeconds"] == 4
    changed = refreshed(deployment(), made, [])
    assert changed is not None
    assert "minReadySeconds" not in changed["spec"]


def test_an_undo_gives_the_old_replica_set_a_new_revision() -> None:
    back = current("v1", 0)
    later = replica_set("v2", 5, image="shop/web:2")
    later["metadata"]["annotations"][REVISION] = "2"
    renewed = refreshed(deployment(), back, [later])
    assert renewed is not None
    assert renewed["metadata"]["annotations"][REVISION] == "3"
    assert renewed["metadata"]["annotations"][REVISION_HISTORY] == "1"
    assert refreshed(deployment(), renewed, [later]) is None


def test_annotations_are_handed_down_but_not_the_bookkeeping() -> None:
    wanted = deployment()
    wanted["metadata"]["annotations"] = {
        "team": "shop",
        REVISION: "7",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    renewed = refreshed(wanted, current(), [])
    assert renewed is not None
    assert renewed["metadata"]["annotations"] == current()["metadata"]["annotations"] | {"team": "shop"}


@pytest.mark.parametrize(("limit", "dropped"), [(2, ["v1"]), (0, ["v1", "v2", "v3"]), (None, []), (10, [])])
def test_history_beyond_the_limit_goes_oldest_first(limit: int | None, dropped: list[str]) -> None:
    old = [current(f"v{n}", 0) for n in (3, 1, 2)]
    for one in old:
        one["metadata"]["annotations"][REVISION] = name_of(one)[1:]
    assert [name_of(one) for one in outlived(deployment(revisionHistoryLimit=limit), old)] == dropped


def test_history_that_still_has_replicas_stays() -> None:
    assert outlived(deployment(revisionHistoryLimit=0), [current("v1", 1)]) == []
    unseen = current("v1", 0, generation=2)
    assert outlived(deployment(revisionHistoryLimit=0), [unseen]) == []


# ------------------------------------------------------------------ status


def test_the_status_adds_up() -> None:
    status = counted(
        deployment(5), replica_set("new", 3, available=2), [replica_set("old", 2)], ManualTime().clock()
    )
    conditions = {
        one["type"]: (one["status"], one["reason"], one["message"]) for one in status.pop("conditions")
    }
    assert status == {
        "observedGeneration": 1,
        "replicas": 5,
        "updatedReplicas": 3,
        "readyReplicas": 4,
        "availableReplicas": 4,
        "unavailableReplicas": 1,
        "terminatingReplicas": 0,
    }
    assert conditions == {
        "Available": ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    }, "4 of 5 are enough, for one may be unavailable"


def test_too_few_are_said_to_be_too_few() -> None:
    status = counted(deployment(5), replica_set("new", 5, available=3), [], ManualTime().clock())
    assert status["conditions"][0]["reason"] == "MinimumReplicasUnavailable"
    assert status["conditions"][0]["message"] == "Deployment does not have minimum availability."


def test_a_failure_of_a_replica_set_shows_on_its_deployment() -> None:
    failing = replica_set("new", 5, available=4)
    failing["status"]["conditions"] = [
        {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": "exceeded quota",
            "lastTransitionTime": ago(5),
        }
    ]
    wanted = deployment(5)
    status = counted(wanted, failing, [], ManualTime().clock())
    found = condition({"status": status}, "ReplicaFailure")
    assert found is not None
    assert found["message"] == "exceeded quota"
    mended = counted(wanted | {"status": status}, replica_set("new", 5), [], ManualTime().clock())
    assert condition({"status": mended}, "ReplicaFailure") is None


def progress(
    wanted: Obj, new: Obj, time: ManualTime | None = None, old: list[Obj] | None = None
) -> Obj | None:
    clock = (time or ManualTime()).clock()
    status = judged(wanted, counted(wanted, new, old or [], clock), new, clock)
    return condition({"status": status}, "Progressing")


def test_complete_is_said_so() -> None:
    found = progress(told(deployment(5), GOING_WELL), replica_set("web-1", 5))
    assert found is not None
    assert (found["status"], found["reason"]) == ("True", "NewReplicaSetAvailable")
    assert found["message"] == 'ReplicaSet "web-1" has successfully progressed.'


def test_progress_renews_the_stamp_but_not_the_transition() -> None:
    wanted = told(deployment(5), ("Progressing", "True", "ReplicaSetUpdated"), age=100)
    found = progress(wanted, replica_set("web-1", 5, available=1))
    assert found is not None
    assert (found["lastUpdateTime"], found["lastTransitionTime"]) == (ago(0), ago(100))
    assert found["message"] == 'ReplicaSet "web-1" is progressing.'


@pytest.mark.parametrize(
    ("age", "reason"), [(599, "NewReplicaSetCreated"), (601, "ProgressDeadlineExceeded")]
)
def test_no_progress_within_the_deadline_is_a_failure(age: float, reason: str) -> None:
    stuck = told(deployment(5), GOING_WELL, age=age)
    stuck["status"] |= {"replicas": 5, "updatedReplicas": 5}
    found = progress(stuck, replica_set("web-1", 5, available=0))
    assert found is not None
    assert found["reason"] == reason


def test_a_finished_rollout_is_not_judged_again() -> None:
    done = told(deployment(5), ("Progressing", "True", "NewReplicaSetAvailable"), age=9999)
    found = progress(done, replica_set("web-1", 5, available=2))
    assert found is not None
    assert found["reason"] == "NewReplicaSetAvailable"


def test_without_a_deadline_progress_is_not_judged() -> None:
    assert (
        progress(told(deployment(5, progressDeadlineSeconds=2**31 - 1), GOING_WELL), replica_set("web-1", 5))
        is None
    )


def test_it_looks_again_when_progress_is_due() -> None:
    stuck = told(deployment(5), GOING_WELL, age=100)
    assert judged_again_in(stuck, ManualTime().clock()) == 501
    late = told(deployment(5), ("Progressing", "False", "ProgressDeadlineExceeded"), age=700)
    assert judged_again_in(late, ManualTime().clock()) is None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"replicas": 10, "updatedReplicas": 0}, {"replicas": 10, "updatedReplicas": 1}, True),
        ({"replicas": 10, "updatedReplicas": 4}, {"replicas": 9, "updatedReplicas": 4}, True),
        ({"replicas": 9, "updatedReplicas": 4}, {"replicas": 10, "updatedReplicas": 4}, False),
        (
            {"replicas": 5, "updatedReplicas": 5},
            {"replicas": 5, "updatedReplicas": 5, "readyReplicas": 1},
            True,
        ),
        ({"readyReplicas": 2, "availableReplicas": 1}, {"readyReplicas": 1, "availableReplicas": 2}, True),
        ({"replicas": 5, "updatedReplicas": 5}, {"replicas": 5, "updatedReplicas": 5}, False),
    ],
)
def test_what_counts_as_progress(before: Obj, after: Obj, expected: bool) -> None:
    assert has_progressed(before, after) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"replicas": 5, "updatedReplicas": 5, "availableReplicas": 5, "observedGeneration": 1}, True),
        ({"replicas": 6, "updatedReplicas": 5, "availableReplicas": 5, "observedGeneration": 1}, False),
        ({"replicas": 5, "updatedReplicas": 4, "availableReplicas": 5, "observedGeneration": 1}, False),
        ({"replicas": 5, "updatedReplicas": 5, "availableReplicas": 4, "observedGeneration": 1}, False),
        ({"replicas": 5, "updatedReplicas": 5, "availableReplicas": 5, "observedGeneration": 0}, False),
    ],
)
def test_what_counts_as_complete(status: Obj, expected: bool) -> None:
    assert is_complete(deployment(5), status) is expected
