"""Why not yet, in full: for each cause the links with their exact words, and when the clock alone decides."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import msgspec
import pytest

from tests.build import a_deployment, a_node, a_pod, a_replicaset, an_event, waiting
from tui.facts import Condition, Deployment, Event, Node, Pod, ReplicaSet
from tui.facts.nodes import NodeSpec, Taint
from tui.facts.pods import ContainerState, PodSpec, TerminatedState, Toleration
from tui.reconcile.chain import chain
from tui.reconcile.gap import measure
from tui.reconcile.links import ChainLink

NOW = 1_800_000_000.0
TRIES = "the ReplicaSet controller's next try (it never gives up; up to 17 min apart)"
MEND_IMAGE = "somebody has to change the template or provide the image"
UNREACHABLE = "node.kubernetes.io/unreachable"


def ago(seconds: float) -> str:
    """A stamp of the server that many seconds before NOW."""
    return datetime.fromtimestamp(NOW - seconds, UTC).isoformat().replace("+00:00", "Z")


def links(
    deployment: Deployment,
    pods: list[Pod],
    *,
    replicasets: list[ReplicaSet] | None = None,
    nodes: list[Node] | None = None,
    events: list[Event] | None = None,
) -> tuple[ChainLink, ...]:
    replicasets = [a_replicaset(replicas=len(pods))] if replicasets is None else replicasets
    gap = measure(deployment, replicasets, pods, NOW)
    by_name = {node.metadata.name: node for node in ([a_node()] if nodes is None else nodes)}
    return chain(deployment, replicasets, pods, gap, nodes=by_name, events=events or [], budgets=[], now=NOW)


def below(*found: ChainLink) -> tuple[ChainLink, ...]:
    """The links under Deployment and ReplicaSet."""
    assert [link.subject for link in found[:2]] == ["Deployment web", "ReplicaSet web-1"]
    assert not any(link.text for link in found[:2])
    return found[2:]


def crash(
    exit_code: int = 1, *, ended_ago_s: float, ran_s: float = 1, reason: str = "Error"
) -> ContainerState:
    ended = TerminatedState(
        exit_code=exit_code, reason=reason, started_at=ago(ended_ago_s + ran_s), finished_at=ago(ended_ago_s)
    )
    return ContainerState(terminated=ended)


# ------------------------------------------------------------------ the Deployment itself


def test_where_all_is_as_asked_for_there_is_no_chain() -> None:
    assert links(a_deployment(1), [a_pod()]) == ()
    assert links(a_deployment(1, paused=True), [a_pod()]) == ()


def test_a_spec_that_its_controller_has_not_seen() -> None:
    text = "its spec is at generation 2, its controller has seen 1"
    assert links(a_deployment(1, generation=2), [a_pod()]) == (
        ChainLink("Deployment web", text, "the deployment controller"),
    )


def test_a_paused_rollout_waits_for_a_person_and_a_lost_pod_of_it_does_not() -> None:
    rolling = [
        a_replicaset("web-1", revision="2", replicas=0),
        a_replicaset("web-0", revision="1", replicas=2),
    ]
    old = [a_pod(f"o{n}", owner="uid-web-0") for n in range(2)]
    paused = a_deployment(2, revision="2", paused=True)
    assert links(paused, old, replicasets=rolling) == (
        ChainLink(
            "Deployment web",
            "paused with 2 pods of an older template",
            "somebody has to resume it",
            hopeless=True,
        ),
    )
    assert links(paused, old[:1], replicasets=rolling) == (
        ChainLink("Deployment web", "paused, 1 outdated"),
        ChainLink("ReplicaSet web-0", "1 pod not created yet", "the ReplicaSet controller"),
    )


def test_a_rollout_has_a_deadline_which_counts_from_its_last_progress() -> None:
    progressing = Condition(
        type="Progressing", status="True", reason="ReplicaSetUpdated", last_update_time=ago(100)
    )
    starting = a_pod(ready=False, state=waiting("ContainerCreating"))
    top, *_ = links(a_deployment(1, conditions=(progressing,)), [starting])
    assert top == ChainLink("Deployment web", "1 of 1 updated", "progress deadline", NOW + 500)
    over = msgspec.structs.replace(progressing, reason="NewReplicaSetAvailable")
    assert links(a_deployment(1, conditions=(over,)), [starting])[0] == ChainLink("Deployment web")
    patient = a_deployment(1, conditions=(progressing,))
    spec = msgspec.structs.replace(patient.spec, progress_deadline_seconds=2**31 - 1)
    endless = msgspec.structs.replace(patient, spec=spec)
    assert links(endless, [starting])[0] == ChainLink("Deployment web"), "so long a deadline means none"


def test_a_deadline_that_is_exceeded_stops_nobody() -> None:
    late = Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded")
    starting = a_pod(ready=False, state=waiting("ContainerCreating"))
    found = links(a_deployment(1, conditions=(late,)), [starting])
    assert found[0].text == "progress deadline of 600 s exceeded: it goes on trying, nothing rolls it back"
    assert not any(link.hopeless for link in found)
    assert found[-1] == ChainLink("pod web-1-a", "starting", "the kubelet of node worker")


# ------------------------------------------------------------------ creation


def refusal(message: str) -> Condition:
    return Condition(
        type="ReplicaFailure",
        status="True",
        reason="FailedCreate",
        message=message,
        last_transition_time=ago(20),
    )


def refused(message: str) -> tuple[ChainLink, ...]:
    return links(a_deployment(2), [a_pod()], replicasets=[a_replicaset(conditions=(refusal(message),))])


def test_a_quota_is_named_with_what_it_allows() -> None:
    found = refused(
        'pods "x" is forbidden: exceeded quota: four, requested: pods=1, used: pods=5, limited: pods=4'
    )
    assert below(*found) == (
        ChainLink("quota four", "pods: 1 requested, 5 used, 4 allowed", TRIES, since=NOW - 20),
    )


def test_a_rollout_that_may_create_nothing_says_so_also_while_no_pod_is_missing() -> None:
    fresh = a_replicaset("web-2", revision="2", replicas=1, conditions=(refusal("no room"),))
    old = [a_pod("web-1-a"), a_pod("web-1-b")]
    found = links(a_deployment(2, revision="2"), old, replicasets=[a_replicaset(replicas=2), fresh])
    assert found[1:] == (ChainLink("ReplicaSet web-2", "can't create pods: no room", TRIES, since=NOW - 20),)


def test_a_refusal_is_tried_again_but_a_template_that_is_invalid_is_tried_in_vain() -> None:
    assert refused("admission webhook denied")[1:] == (
        ChainLink("ReplicaSet web-1", "can't create pods: admission webhook denied", TRIES, since=NOW - 20),
    )
    found = refused('Pod "x" is invalid: spec.containers: Required value')[1]
    assert (found.waits_for, found.hopeless) == ("somebody has to change the template", True)


# ------------------------------------------------------------------ pods that are held back


def test_the_scheduler_tells_for_each_group_of_nodes_why() -> None:
    message = (
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}. "
        "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    )
    unschedulable = Condition(
        type="PodScheduled",
        status="False",
        reason="Unschedulable",
        message=message,
        last_transition_time=ago(7),
    )
    pod = a_pod(ready=False, node=None, conditions=(unschedulable,))
    assert below(*links(a_deployment(1), [pod])) == (
        ChainLink(
            "pod web-1-a",
            "unschedulable (none of 3 nodes fits)",
            "the scheduler (at any change, or after 5 min)",
            since=NOW - 7,
        ),
        ChainLink("2 nodes", "had untolerated taint {a: b}"),
        ChainLink("1 node", "Insufficient cpu"),
    )


@pytest.mark.parametrize(
    ("reason", "message", "text", "waits_for", "hopeless"),
    [
        (
            "ImagePullBackOff",
            'Back-off pulling image "shop/web:1": ErrImagePull: dial tcp: i/o timeout',
            "can't pull shop/web:1 (ImagePullBackOff)",
            "the kubelet's next pull (10 s to 5 min apart)",
            False,
        ),
        (
            "ErrImagePull",
            'rpc error: code = NotFound desc = "shop/web:1": not found',
            "no such image: shop/web:1, tried in vain (ErrImagePull)",
            MEND_IMAGE,
            True,
        ),
        (
            "ErrImagePull",
            "failed to authorize: 401 Unauthorized",
            "no right to pull shop/web:1, tried in vain (ErrImagePull)",
            MEND_IMAGE,
            True,
        ),
        (
            "ErrImageNeverPull",
            "",
            "shop/web:1 is not on the node, and its pull policy is Never",
            MEND_IMAGE,
            True,
        ),
        (
            "InvalidImageName",
            "",
            "shop/web:1 is no name of an image",
            "somebody has to change the template",
            True,
        ),
        (
            "CreateContainerConfigError",
            'secret "x" not found',
            'can\'t start: secret "x" not found',
            "somebody has to provide what is missing, or change the template",
            True,
        ),
        (
            "RunContainerError",
            "device busy",
            "can't start: device busy",
            "the kubelet's next try",
            False,
        ),
    ],
)
def test_what_a_container_waits_for(
    reason: str, message: str, text: str, waits_for: str, hopeless: bool
) -> None:
    pod = a_pod(ready=False, state=waiting(reason, message))
    assert below(*links(a_deployment(1), [pod])) == (
        ChainLink("pod web-1-a"),
        ChainLink("container web", text, waits_for, hopeless=hopeless),
    )


def test_a_crash_has_a_countdown_to_the_next_try_and_its_rung() -> None:
    said = "back-off 40s restarting failed container=web pod=web-1-a_shop(uid)"
    last = crash(137, ended_ago_s=2, reason="OOMKilled")
    pod = a_pod(ready=False, state=waiting("CrashLoopBackOff", said), last=last, restarts=3)
    text, due = "crashed, exit 137 (OOMKilled)", NOW - 2 + 40
    assert below(*links(a_deployment(1), [pod])) == (
        ChainLink("pod web-1-a"),
        ChainLink("container web", text, "next try (4th: 40 to 60 s)", due),
    )


def test_the_first_restart_comes_at_once() -> None:
    pod = a_pod(ready=False, state=crash(3, ended_ago_s=1))
    assert below(*links(a_deployment(1), [pod]))[-1] == ChainLink(
        "container web", "crashed, exit 3", "a restart at once (the 1st)"
    )


def test_a_probe_that_fails_is_quoted_and_since_when() -> None:
    pod = a_pod(ready=False, since=ago(33))
    probe = an_event(pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    assert below(*links(a_deployment(1), [pod], events=[probe]))[-1] == ChainLink(
        "container web", probe.message, "its readiness probe to succeed", since=NOW - 33
    )
    assert below(*links(a_deployment(1), [pod]))[-1].text == "running, but no longer ready"


# ------------------------------------------------------------------ nodes


def lost(*taints: Taint, ready: str = "Unknown", since_s: float = 30) -> list[Node]:
    """A node that is lost beside one that is not."""
    node = a_node(ready=ready)
    condition = msgspec.structs.replace(node.status.conditions[0], last_transition_time=ago(since_s))
    status = msgspec.structs.replace(node.status, conditions=(condition,))
    return [msgspec.structs.replace(node, spec=NodeSpec(taints=taints), status=status), a_node("other")]


def tolerating(seconds: int | None, *, key: str = UNREACHABLE) -> Pod:
    toleration = Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=seconds)
    return msgspec.structs.replace(
        a_pod(ready=False), spec=PodSpec(node_name="worker", tolerations=(toleration,))
    )


EVICTING = Taint(key=UNREACHABLE, effect="NoExecute", time_added=ago(30))
SILENT = "silent: its kubelet sends no heartbeat"


def test_a_lost_node_evicts_its_pods_when_their_patience_is_over() -> None:
    schedule_only = Taint(key=UNREACHABLE, effect="NoSchedule", time_added=ago(30))
    found = links(a_deployment(1), [tolerating(300)], nodes=lost(schedule_only, EVICTING))
    assert below(*found) == (
        ChainLink("pod web-1-a"),
        ChainLink("node worker", SILENT, "eviction (then a replacement)", NOW + 270, NOW - 30),
    )
    at_once = links(a_deployment(1), [a_pod(ready=False)], nodes=lost(EVICTING))[-1]
    assert at_once.due == NOW - 30
    not_ready = Taint(key="node.kubernetes.io/not-ready", effect="NoExecute", time_added=ago(10))
    of_two = links(a_deployment(1), [tolerating(300)], nodes=lost(EVICTING, not_ready))[-1]
    assert of_two.due == NOW - 10, "whichever taint it tolerates for the shortest time"
    untainted = links(a_deployment(1), [tolerating(300)], nodes=lost(schedule_only))[-1]
    assert (untainted.waits_for, untainted.due) == (
        "the node controller's taint, which evicts its pods",
        None,
    )


def test_nobody_evicts_a_pod_that_tolerates_the_loss_for_ever_nor_any_when_all_nodes_are_lost() -> None:
    for_ever = links(a_deployment(1), [tolerating(None)], nodes=lost(EVICTING))[-1]
    assert for_ever.text == f"{SILENT}; the pod tolerates that for ever"
    assert (for_ever.waits_for, for_ever.due) == ("somebody has to mend the node, or delete the pod", None)
    assert for_ever.hopeless
    alone = links(a_deployment(1), [tolerating(300)], nodes=lost(EVICTING)[:1])[-1]
    assert alone.text == f"{SILENT}; no node is ready, so nothing is evicted"
    assert (alone.due, alone.hopeless) == (None, False)


def test_a_kubelet_that_says_so_itself_is_not_silent() -> None:
    found = links(a_deployment(1), [tolerating(300)], nodes=lost(ready="False"))[-1]
    assert found.text == "its kubelet says that it is not ready"


# ------------------------------------------------------------------ on the way


def test_the_pod_that_is_furthest_behind_is_told() -> None:
    unbound = a_pod("web-1-c", ready=False, node=None)
    creating = a_pod("web-1-a", ready=False, state=waiting("ContainerCreating"))
    running = a_pod("web-1-b", ready=False, since="2025-12-31T23:59:59Z")
    deployment = a_deployment(3)
    assert below(*links(deployment, [running, creating, unbound])) == (
        ChainLink("pod web-1-c and 2 more", "has no node yet", "the scheduler"),
    )
    assert below(*links(deployment, [running, creating]))[0].text == "starting"
    assert below(*links(deployment, [running]))[1].text == "running, but not ready"


def test_a_pod_that_is_ready_counts_as_available_after_min_ready_seconds() -> None:
    pods = [a_pod("web-1-a", since=ago(4)), a_pod("web-1-b", since=ago(2))]
    found = links(a_deployment(2, min_ready_seconds=30), pods)
    assert below(*found) == (
        ChainLink(
            "pod web-1-b and 1 more", "ready, and has to stay so for 30 s", "counts as available", NOW + 28
        ),
    )


def test_a_pod_that_has_become_available_since_it_was_measured_is_not_one_of_none_too_many() -> None:
    deployment, pods, replicasets = (
        a_deployment(1, min_ready_seconds=30),
        [a_pod(since=ago(4))],
        [a_replicaset(replicas=1)],
    )
    gap = measure(deployment, replicasets, pods, NOW)
    assert gap.size
    found = chain(deployment, replicasets, pods, gap, nodes={}, events=[], budgets=[], now=NOW + 27)
    assert [link.subject for link in found] == ["Deployment web"]


def test_pods_not_created_too_many_and_of_an_older_template() -> None:
    few = links(a_deployment(3), [a_pod()], replicasets=[a_replicaset(replicas=3)])
    assert few[-1] == ChainLink("ReplicaSet web-1", "2 pods not created yet", "the ReplicaSet controller")
    many = links(a_deployment(1), [a_pod("a"), a_pod("b")])
    assert many[-1] == ChainLink("its ReplicaSet", "1 pod too many", "the ReplicaSet controller")
    rolling = [
        a_replicaset("web-1", revision="2", replicas=1),
        a_replicaset("web-0", revision="1", replicas=1),
    ]
    outdated = links(
        a_deployment(2, revision="2"), [a_pod("n"), a_pod("o", owner="uid-web-0")], replicasets=rolling
    )
    assert outdated[-1] == ChainLink(
        "rollout", "1 pod of an older template", "the deployment controller's next step"
    )


def leaving(name: str, grace_left_s: float) -> Pod:
    pod = a_pod(name, terminating=True)
    metadata = msgspec.structs.replace(pod.metadata, deletion_timestamp=ago(-grace_left_s))
    return msgspec.structs.replace(pod, metadata=metadata)


def test_where_the_old_pods_have_to_end_first_their_grace_counts_down() -> None:
    nothing_new = [a_replicaset(replicas=0)]
    pods = [leaving("web-1-a", 12), leaving("web-1-b", 25)]
    found = links(a_deployment(2), pods, replicasets=nothing_new)
    assert found[-1] == ChainLink("pod web-1-b and 1 more", "terminating", "end of its grace", NOW + 25)
    on_a_lost_node = links(a_deployment(2), pods, replicasets=nothing_new, nodes=lost())
    assert on_a_lost_node[-1].waits_for == "the node's return"


# ------------------------------------------------------------------ properties


def test_the_worst_cause_is_told_with_how_many_share_it_in_any_order() -> None:
    pods = [
        a_pod("s", ready=False, state=waiting("ContainerCreating")),
        a_pod("c1", ready=False, state=waiting("CrashLoopBackOff"), last=crash(ended_ago_s=1), restarts=1),
        a_pod("i2", ready=False, state=waiting("ErrImagePull")),
        a_pod("i1", ready=False, state=waiting("ErrImagePull")),
    ]
    rng, told = random.Random(7), set()
    for _ in range(20):
        rng.shuffle(pods)
        told.add(links(a_deployment(4), list(pods)))
    assert [[link.subject for link in found] for found in told] == [
        ["Deployment web", "ReplicaSet web-1", "pod i1 and 1 more", "container web"]
    ]


def test_only_the_last_link_can_be_hopeless_and_every_chain_says_what_it_waits_for() -> None:
    pods = [
        a_pod(ready=False, state=waiting("ErrImageNeverPull")),
        a_pod(ready=False, state=crash(ended_ago_s=1)),
        a_pod(ready=False, node=None),
        tolerating(None),
    ]
    for pod in pods:
        found = links(a_deployment(1), [pod], nodes=lost(EVICTING))
        assert not any(link.hopeless for link in found[:-1])
        assert found[-1].waits_for


# ------------------------------------------------------------------ facts


def test_of_tolerations_only_those_for_a_lost_node_are_kept_and_shared() -> None:
    bears = {"operator": "Exists", "effect": "NoExecute"}
    tolerations = [
        {"key": "real", "operator": "Exists"},
        {"key": "node.kubernetes.io/not-ready", "tolerationSeconds": 20, **bears},
        {"key": UNREACHABLE, "tolerationSeconds": 300, **bears},
    ]
    raw = msgspec.json.encode({"nodeName": "a", "tolerations": tolerations})
    first, second = (msgspec.json.decode(raw, type=PodSpec) for _ in range(2))
    assert first.tolerations is second.tolerations
    assert [one.toleration_seconds for one in first.tolerations] == [20, 300]
    assert first.tolerates_s(EVICTING) == 300
    assert PodSpec().tolerates_s(EVICTING) == 0
    everything = PodSpec(tolerations=(Toleration(operator="Exists"),))
    assert everything.tolerates_s(EVICTING) == math.inf
    negative = PodSpec(
        tolerations=(
            Toleration(key=UNREACHABLE, operator="Exists", toleration_seconds=-5),
            *everything.tolerations,
        )
    )
    assert negative.tolerates_s(EVICTING) == 0
