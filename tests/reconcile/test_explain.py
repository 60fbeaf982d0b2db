"""Why not yet: one line, the worst cause first."""

from __future__ import annotations

import random

import pytest

from tests.build import a_deployment, a_node, a_pod, a_replicaset, an_event, ended, waiting
from tui.facts import Condition, Deployment, Pod, ReplicaSet
from tui.reconcile.explain import Cause, Why, explain
from tui.reconcile.gap import measure

NOW = 1_800_000_000.0
QUOTA = 'pods "web-1-x" is forbidden: exceeded quota: tight, requested: pods=1, used: pods=2, limited: pods=2'
UNSCHEDULABLE = Condition(
    type="PodScheduled",
    status="False",
    reason="Unschedulable",
    message="0/4 nodes are available: 4 Insufficient cpu.",
)
LATE = Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded")


def failing(message: str) -> Condition:
    return Condition(type="ReplicaFailure", status="True", reason="FailedCreate", message=message)


def why(
    deployment: Deployment, pods: list[Pod], replicasets: list[ReplicaSet] | None = None, **more: object
) -> Why:
    replicasets = replicasets if replicasets is not None else [a_replicaset()]
    gap = measure(deployment, replicasets, pods, NOW)
    return explain(deployment, replicasets, pods, gap, **more)  # type: ignore[arg-type]


STARTING = a_pod("web-1-b", ready=False, state=waiting("ContainerCreating"))


@pytest.mark.parametrize(
    ("pods", "cause", "text"),
    [
        ([a_pod()], Cause.NONE, ""),
        ([], Cause.STARTING, "1 not yet created"),
        ([STARTING], Cause.STARTING, "1 starting"),
        (
            [a_pod(ready=False, node=None, conditions=(UNSCHEDULABLE,))],
            Cause.SCHEDULING,
            "1 unschedulable: 0/4 nodes are available: 4 Insufficient cpu.",
        ),
        (
            [a_pod(ready=False, state=waiting("ImagePullBackOff"))],
            Cause.IMAGE,
            "1 without an image: shop/web:1 (ImagePullBackOff)",
        ),
        (
            [a_pod(ready=False, state=waiting("CrashLoopBackOff"), last=ended(3), restarts=4)],
            Cause.CRASH,
            "1 crash-looping: exit 3, 4 restarts",
        ),
        ([a_pod(ready=False, state=ended(1))], Cause.CRASH, "1 crashed: exit 1"),
        (
            [a_pod(ready=False, state=waiting("CreateContainerConfigError", 'secret "x" not found'))],
            Cause.CONFIG,
            '1 can\'t start: secret "x" not found',
        ),
    ],
)
def test_one_pod_says_why(pods: list[Pod], cause: Cause, text: str) -> None:
    assert why(a_deployment(1), pods) == Why(cause, text)


def test_quota_and_other_refusals_come_from_the_conditions() -> None:
    tight = a_replicaset(conditions=(failing(QUOTA),))
    assert why(a_deployment(3), [a_pod()], [tight]) == Why(Cause.CREATE, 'quota "tight": pods exceeded')
    refused = a_deployment(3, conditions=(failing("admission webhook denied"),))
    assert why(refused, [a_pod()]).text == "pods can't be created: admission webhook denied"


def test_an_old_refusal_is_not_told_once_all_pods_are_there() -> None:
    stale = a_replicaset(conditions=(failing(QUOTA),))
    assert why(a_deployment(2), [a_pod(), STARTING], [stale]).cause is Cause.STARTING


def test_running_but_not_ready_quotes_the_probe_when_an_event_brought_it() -> None:
    pod = a_pod(ready=False)
    assert why(a_deployment(1), [pod]).cause is Cause.STARTING
    probe = an_event(pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    told = why(a_deployment(1), [pod], events=[probe])
    assert told.cause is Cause.NOT_READY
    assert "statuscode: 503" in told.text
    liveness = an_event(pod, "Unhealthy", "Liveness probe failed")
    assert why(a_deployment(1), [pod], events=[liveness]).cause is Cause.STARTING


def test_an_old_restart_of_a_pod_that_runs_is_no_crash_loop() -> None:
    rebooted = a_pod(ready=False, last=ended(255), restarts=1)
    assert why(a_deployment(1), [rebooted]).cause is Cause.STARTING
    probe = an_event(rebooted, "Unhealthy", "Readiness probe failed: timeout")
    assert why(a_deployment(1), [rebooted], events=[probe]).cause is Cause.NOT_READY


def test_a_pod_on_a_lost_node_says_so() -> None:
    told = why(a_deployment(1), [a_pod(ready=False)], nodes={"worker": a_node(ready="Unknown")})
    assert told == Why(Cause.NODE, "1 on worker, which is not ready")


def test_progress_deadline_alone_and_beside_a_cause() -> None:
    late = a_deployment(2, conditions=(LATE,))
    assert why(late, [STARTING]) == Why(Cause.DEADLINE, "progress deadline of 600 s exceeded")
    image = a_pod(ready=False, state=waiting("ErrImagePull"))
    assert why(late, [image]).text.endswith("(ErrImagePull) · deadline exceeded")


def test_rollout_paused_surplus_unobserved() -> None:
    rolling = [a_replicaset("web-1", revision="2"), a_replicaset("web-0", revision="1")]
    old = [a_pod("o1", owner="uid-web-0"), a_pod("o2", owner="uid-web-0")]
    new = a_pod("n1")
    deployment = a_deployment(3, revision="2")
    assert why(deployment, [*old, new], rolling) == Why(Cause.ROLLOUT, "rolling out: 1 of 3 updated")
    paused = a_deployment(3, revision="2", paused=True)
    assert why(paused, [*old, new], rolling) == Why(Cause.PAUSED, "paused · 2 outdated")
    assert why(a_deployment(1, paused=True), [a_pod()]) == Why(Cause.PAUSED, "paused")
    assert why(a_deployment(1), [a_pod("a"), a_pod("b")]) == Why(Cause.SURPLUS, "1 too many")
    assert why(a_deployment(1, generation=2), [a_pod()]).cause is Cause.UNOBSERVED


def test_the_worst_cause_is_told_with_how_many_share_it_in_any_order() -> None:
    pods = [
        STARTING,
        a_pod("c1", ready=False, state=waiting("CrashLoopBackOff"), last=ended(1), restarts=1),
        a_pod("i1", ready=False, state=waiting("ErrImagePull")),
        a_pod("i2", ready=False, state=waiting("ErrImagePull")),
    ]
    rng = random.Random(7)
    told = set()
    for _ in range(20):
        rng.shuffle(pods)
        told.add(why(a_deployment(4), list(pods)))
    assert told == {Why(Cause.IMAGE, "2 without an image: shop/web:1 (ErrImagePull)")}


def test_a_terminating_pod_is_no_cause() -> None:
    dying = a_pod(ready=False, terminating=True, state=ended(137))
    assert why(a_deployment(1), [dying, a_pod("fine")]).cause is Cause.NONE
