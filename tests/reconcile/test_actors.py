"""Who acted: what speaks for it, how well, and in which order."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.build import a_deployment, a_node, a_pod, a_replicaset, ended, waiting
from tui.facts import Condition, Event, ManagedFields, Node, ObjectReference, Pod
from tui.facts.events import EventSource
from tui.facts.nodes import NodeSpec, Taint
from tui.facts.pods import PodStatus
from tui.reconcile.actors import Circumstances, deployment_steps, node_steps, pod_steps, replicaset_steps
from tui.reconcile.authors import PAUSED, REPLICAS, SPEC, TEMPLATE, author
from tui.reconcile.evidence import Act, Claim, Grade, Step, backed, claim, heard

NOON, LATER = "2026-11-22T12:00:00Z", "2026-11-22T12:00:09Z"
PROOF, HINT, GUESS = Grade.PROOF, Grade.HINT, Grade.GUESS


def entry(
    manager: str, *paths: str, time: str | None = NOON, subresource: str = "", operation: str = "Update"
) -> ManagedFields:
    return ManagedFields(manager, operation, time, subresource, tuple(f"spec.{path}" for path in paths))


APPLIED = entry("kubectl-client-side-apply", "replicas", "template")
STATUS = ManagedFields("kube-controller-manager", "Update", NOON, "status", ("metadata", "status"))
LATER_STATUS = ManagedFields("kube-controller-manager", "Update", LATER, "status", ("metadata", "status"))
SCALED = entry("kubectl", "replicas", time=None, subresource="scale")
GITOPS = entry("gitops", "replicas", "template", operation="Apply")


# ---------------------------------------------------------------- managedFields


@pytest.mark.parametrize(
    ("before", "after", "path", "manager"),
    [
        ([APPLIED], [SCALED, entry("kubectl-client-side-apply", "template")], REPLICAS, "kubectl"),
        ([SCALED], [SCALED], REPLICAS, "kubectl"),
        ([GITOPS, STATUS], [entry("gitops", "template", operation="Apply"), SCALED], REPLICAS, "kubectl"),
        ([SCALED], [entry("gitops", "replicas", time=LATER, operation="Apply")], REPLICAS, "gitops"),
        ([APPLIED], [APPLIED, entry("kubectl-rollout", "paused")], PAUSED, "kubectl-rollout"),
        ([APPLIED], [APPLIED, entry("kubectl-set", "template", time=LATER)], TEMPLATE, "kubectl-set"),
        ([APPLIED], [APPLIED, entry("kubectl-set", "template", time=LATER)], SPEC, "kubectl-set"),
        ([APPLIED, STATUS], [APPLIED, LATER_STATUS], SPEC, None),
        ([APPLIED], [entry("kubectl-client-side-apply", "replicas")], SPEC, None),
        ([APPLIED], [entry("a", "template"), entry("b", "strategy")], SPEC, None),
        ([APPLIED], [entry("a", "template", time=LATER), entry("b", "strategy")], SPEC, "a"),
        ([APPLIED], [entry("a", "template", time=None), entry("b", "strategy")], SPEC, None),
        ([], [], REPLICAS, None),
        ([APPLIED], [], SPEC, None),
    ],
    ids=[
        "kubectl scale takes replicas from the applied",
        "scaled again: nothing but the number differs",
        "another's entry with less is not another's write",
        "a forced apply stamps its own entry",
        "a pause adds an entry",
        "a template has several owners, and one that wrote",
        "so has the spec",
        "a status is nobody's wish",
        "who takes a field away leaves nothing",
        "two at once",
        "the newer of two",
        "one of two may be the newer",
        "no account at all",
        "an account that was cleared",
    ],
)
def test_who_wrote_is_who_owns_the_field_afterwards(
    before: list[ManagedFields], after: list[ManagedFields], path: str, manager: str | None
) -> None:
    found = author(before, after, path)
    assert (found.manager if found else None) == manager


def test_a_change_of_the_spec_is_hinted_at_by_its_managers_name() -> None:
    old = a_deployment(5, managed=(APPLIED,))
    new = a_deployment(9, managed=(SCALED,), generation=2)
    assert deployment_steps(old, new) == [
        Step("kubectl", "asked for 9 instead of 5", HINT, "managedFields"),
    ]


def test_a_change_of_the_spec_that_nobody_signed_was_someones() -> None:
    told = deployment_steps(a_deployment(5), a_deployment(9, generation=2))
    assert told == [Step("someone", "asked for 9 instead of 5", GUESS, "a guess")]


@pytest.mark.parametrize(
    ("after", "actor", "grade"),
    [
        ((APPLIED,), "kubectl-rollout", GUESS),
        ((APPLIED, entry("kubectl-edit", "paused", time=LATER)), "kubectl-edit", HINT),
    ],
    ids=["its entry is gone", "another wrote false"],
)
def test_who_resumes_leaves_little(after: tuple[ManagedFields, ...], actor: str, grade: Grade) -> None:
    old = a_deployment(paused=True, managed=(APPLIED, entry("kubectl-rollout", "paused")))
    (step,) = deployment_steps(old, a_deployment(generation=2, managed=after))
    assert (step.actor, step.text, step.grade) == (actor, "resumed the rollout", grade)


@pytest.mark.parametrize("name", ["you", "someone", "kubelet", "pod gc"])
def test_no_manager_passes_for_one_of_ours(name: str) -> None:
    new = a_deployment(9, generation=2, managed=(entry(name, "replicas"),))
    (step,) = deployment_steps(a_deployment(5), new)
    assert step.actor == f'"{name}"'


def test_a_status_is_no_step() -> None:
    old = a_deployment(managed=(APPLIED, STATUS))
    assert deployment_steps(old, a_deployment(available=1, managed=(APPLIED, LATER_STATUS))) == []


@pytest.mark.parametrize(
    ("managed", "actor", "grade"),
    [
        ((entry("kube-controller-manager", "replicas", "template", time=LATER),), "deployment", HINT),
        ((entry("k3s", "replicas", "template", time=LATER),), "deployment", HINT),
        ((entry("kube-controller-manager", "template"), SCALED), "kubectl", HINT),
        ((), "deployment", GUESS),
    ],
    ids=["whoever made it", "under any name", "somebody's hand", "no account"],
)
def test_a_replicaset_is_scaled_by_whoever_made_it_or_by_hand(
    managed: tuple[ManagedFields, ...], actor: str, grade: Grade
) -> None:
    made = entry("kube-controller-manager", "replicas", "template")
    old = a_replicaset(replicas=3, managed=(made,))
    (step,) = replicaset_steps(old, a_replicaset(replicas=5, managed=managed))
    assert (step.actor, step.text, step.grade) == (actor, "scaled web-1 from 3 to 5", grade)
    assert (step.act, step.about) == (Act.SCALE, "web-1:5")


@pytest.mark.parametrize(("replicas", "actor"), [(0, "deployment"), (3, "someone")])
def test_the_deployment_controller_clears_away_only_what_is_empty(replicas: int, actor: str) -> None:
    (step,) = replicaset_steps(a_replicaset(replicas=replicas), None)
    assert (step.actor, step.grade) == (actor, GUESS)


# ---------------------------------------------------------------- what only one actor does


def told(
    old: Pod | None, new: Pod | None, around: Circumstances | None = None
) -> list[tuple[str, Grade, str]]:
    steps = pod_steps(old, new, around or Circumstances(replicaset=a_replicaset()))
    return [(step.actor, step.grade, step.evidence) for step in steps]


def doomed(reason: str) -> Pod:
    return a_pod(terminating=True, conditions=(Condition("DisruptionTarget", "True", reason),))


def test_a_new_pod_is_its_owners_its_binding_the_schedulers_and_its_containers_the_kubelets() -> None:
    made = a_pod(node=None, ready=False, state=waiting(""))
    bound = a_pod(ready=False, state=waiting("ContainerCreating"))
    started = a_pod(ready=False)
    assert told(None, made) == [("replicaset", PROOF, "its owner")]
    assert told(made, bound) == [("scheduler", PROOF, "its binding")]
    assert told(bound, started) == [("kubelet", PROOF, "container state")]
    assert told(started, a_pod()) == [("kubelet", PROOF, "container state")]
    assert told(None, bound)[1] == ("scheduler", HINT, "its binding"), "it may have been made with its node"


@pytest.mark.parametrize(
    ("reason", "actor"),
    [
        ("EvictionByEvictionAPI", "eviction"),
        ("DeletionByTaintManager", "taint eviction"),
        ("PreemptionByScheduler", "scheduler"),
        ("DeletionByPodGC", "pod gc"),
        ("TerminationByKubelet", "kubelet"),
    ],
)
def test_a_disrupted_pod_names_who_disrupted_it(reason: str, actor: str) -> None:
    assert told(a_pod(), doomed(reason)) == [(actor, PROOF, "DisruptionTarget")]


def test_our_own_write_goes_before_everything_else() -> None:
    ours = Circumstances(ours=True, unwanted=True)
    assert told(a_pod(), doomed("EvictionByEvictionAPI"), ours) == [("you", PROOF, "our own write")]


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        (Circumstances(unwanted=True), ("replicaset", GUESS, "a guess")),
        (Circumstances(), ("someone", GUESS, "a guess")),
        (Circumstances(seen=False), ("someone", GUESS, "nobody looked")),
    ],
    ids=["one too many", "none too many", "gone from a list"],
)
def test_a_deletion_that_leaves_no_trace_is_guessed(
    around: Circumstances, expected: tuple[str, Grade, str]
) -> None:
    assert told(a_pod(), None, around) == [expected]


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (a_pod(terminating=True, state=ended(0)), [("kubelet", PROOF, "container state")]),
        (a_pod(terminating=True), [("kubelet", GUESS, "a guess")]),
        (a_pod(terminating=True, state=waiting("ContainerCreating")), [("kubelet", GUESS, "a guess")]),
        (
            structs.replace(a_pod(terminating=True), status=PodStatus(phase="Pending")),
            [("kubelet", GUESS, "a guess")],
        ),
        (a_pod(terminating=True, node=None), []),
    ],
    ids=["stopped", "forced while it ran", "before it ran", "before its kubelet said a word", "on no node"],
)
def test_a_kubelet_lets_go_of_what_has_stopped(pod: Pod, expected: list[tuple[str, Grade, str]]) -> None:
    assert told(pod, None) == expected


def marked(*taints: Taint, unschedulable: bool = False) -> Node:
    """A node that is well, with these taints, or cordoned."""
    return structs.replace(a_node(), spec=NodeSpec(unschedulable, taints))


SILENT, WELL = a_node(ready="Unknown"), a_node()


def turned(*, ready: bool, container: bool, reason: str = "") -> Pod:
    """A pod whose condition and whose container need not say the same."""
    pod = a_pod(ready=container)
    conditions = (Condition("Ready", "True" if ready else "False", reason),)
    return structs.replace(pod, status=structs.replace(pod.status, conditions=conditions))


@pytest.mark.parametrize(
    ("pod", "node", "expected"),
    [
        (turned(ready=False, container=False), WELL, ("kubelet", PROOF, "container state")),
        (turned(ready=False, container=False), SILENT, ("kubelet", PROOF, "container state")),
        (
            turned(ready=False, container=True, reason="ReadinessGatesNotReady"),
            WELL,
            ("kubelet", PROOF, "container state"),
        ),
        (turned(ready=False, container=True), SILENT, ("node controller", PROOF, "silent node")),
        (turned(ready=False, container=True), WELL, ("node controller", HINT, "a guess")),
        (turned(ready=False, container=True), None, ("node controller", HINT, "a guess")),
    ],
    ids=[
        "a container",
        "a container on a node that fell",
        "a gate",
        "a silent node",
        "its frame is late",
        "no nodes",
    ],
)
def test_a_pod_that_is_not_ready_any_more_tells_whose_word_that_is(
    pod: Pod, node: Node | None, expected: tuple[str, Grade, str]
) -> None:
    assert told(turned(ready=True, container=True), pod, Circumstances(node=node)) == [expected]


# ---------------------------------------------------------------- nodes

UNREACHABLE = Taint("node.kubernetes.io/unreachable", "", "NoExecute")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (WELL, SILENT, [("node controller", PROOF, "its condition")]),
        (WELL, a_node(ready="False"), [("kubelet", PROOF, "its condition")]),
        (SILENT, WELL, [("kubelet", PROOF, "its condition")]),
        (WELL, marked(unschedulable=True), [("someone", GUESS, "a guess")]),
        (marked(unschedulable=True), WELL, [("someone", GUESS, "a guess")]),
        (WELL, marked(UNREACHABLE), [("node controller", HINT, "its taint")]),
        (WELL, marked(Taint("gpu", "", "NoExecute")), [("someone", GUESS, "a guess")]),
        (WELL, marked(Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")), []),
        (marked(UNREACHABLE), WELL, []),
        (WELL, WELL, []),
        (None, WELL, []),
        (WELL, None, [("someone", GUESS, "a guess")]),
    ],
)
def test_what_happens_to_a_node_tells_whose_doing_it_was(
    old: Node | None, new: Node | None, expected: list[tuple[str, Grade, str]]
) -> None:
    steps = node_steps(old, new)
    assert [(step.actor, step.grade, step.evidence) for step in steps] == expected


# ---------------------------------------------------------------- Events


def an_event(
    reason: str, component: str, message: str = "", *, about: str = "web-1-a", old: bool = False
) -> Event:
    return Event(
        involved_object=ObjectReference("Pod", "shop", about, "uid"),
        reason=reason,
        message=message,
        source=EventSource(component if old else ""),
        reporting_component="" if old else component,
    )


@pytest.mark.parametrize(
    ("reason", "component", "message", "expected"),
    [
        ("SuccessfulDelete", "replicaset-controller", "Deleted pod: x", Claim("replicaset", Act.DELETE, "x")),
        (
            "SuccessfulDelete",
            "replicaset-controller",
            "(combined from similar events): Deleted pod: x",
            Claim("replicaset", Act.DELETE, "x"),
        ),
        ("SuccessfulCreate", "replicaset-controller", "Created pod: x", Claim("replicaset", Act.CREATE, "x")),
        ("Scheduled", "default-scheduler", "Successfully assigned", Claim("scheduler", Act.BIND, "web-1-a")),
        ("Preempted", "default-scheduler", "Preempted by y", Claim("scheduler", Act.DELETE, "web-1-a")),
        ("Evicted", "kubelet", "The node was low on", Claim("kubelet", Act.DELETE, "web-1-a")),
        (
            "TaintManagerEviction",
            "taint-eviction-controller",
            "Marking for deletion Pod shop/web-1-a",
            Claim("taint eviction", Act.DELETE, "web-1-a"),
        ),
        (
            "TaintManagerEviction",
            "taint-eviction-controller",
            "Cancelling deletion of Pod shop/web-1-a",
            None,
        ),
        (
            "NodeNotReady",
            "node-controller",
            "Node is not ready",
            Claim("node controller", Act.UNREADY, "web-1-a"),
        ),
        ("Unhealthy", "kubelet", "Readiness probe failed: ", Claim("kubelet", Act.UNREADY, "web-1-a")),
        ("Unhealthy", "kubelet", "Liveness probe failed: ", None),
        (
            "ScalingReplicaSet",
            "deployment-controller",
            "Scaled up replica set web-1 from 3 to 5",
            Claim("deployment", Act.SCALE, "web-1:5"),
        ),
        (
            "ScalingReplicaSet",
            "deployment-controller",
            "Scaled down replica set web-1 to 0 from 1",
            Claim("deployment", Act.SCALE, "web-1:0"),
        ),
        ("SuccessfulDelete", "my-operator", "Deleted pod: x", None),
        ("SuccessfulDelete", "replicaset-controller", "", None),
        ("Pulled", "kubelet", "Container image already present", None),
    ],
)
def test_an_event_claims_what_its_sender_can_know(
    reason: str, component: str, message: str, expected: Claim | None
) -> None:
    assert claim(an_event(reason, component, message)) == expected
    assert claim(an_event(reason, component, message, old=True)) == expected, "in the older spelling"


def deletion(
    actor: str = "someone", grade: Grade = GUESS, evidence: str = "a guess", about: str = "web-1-a"
) -> Step:
    return Step(actor, f"deleted pod {about}", grade, evidence, Act.DELETE, about)


ITS_OWN = Claim("replicaset", Act.DELETE, "web-1-a")


@pytest.mark.parametrize(
    ("step", "actor", "grade", "evidence"),
    [
        (deletion(), "replicaset", PROOF, "an Event"),
        (deletion("replicaset"), "replicaset", PROOF, "an Event"),
        (deletion(grade=HINT, evidence="no delete Event"), "replicaset", PROOF, "an Event"),
        (deletion("you", PROOF, "our own write"), "you", PROOF, "our own write"),
        (deletion("eviction", PROOF, "DisruptionTarget"), "eviction", PROOF, "DisruptionTarget"),
        (deletion(about="web-1-b"), "someone", GUESS, "a guess"),
    ],
    ids=["a guess at someone", "a guess at it", "it was only late", "ours", "proven", "of another pod"],
)
def test_an_event_betters_a_guess_and_never_what_is_better_known(
    step: Step, actor: str, grade: Grade, evidence: str
) -> None:
    better = backed(step, ITS_OWN)
    assert (better.actor, better.grade, better.evidence) == (actor, grade, evidence)
    assert better.text == step.text


def created(about: str) -> Step:
    return Step("replicaset", f"created pod {about}", PROOF, "its owner", Act.CREATE, about)


def test_who_tells_of_a_later_pod_and_not_of_the_deletion_has_not_deleted() -> None:
    steps = [deletion(), created("web-1-x"), deletion(about="web-1-b"), deletion(about="api-1-a")]
    better = heard(steps, Claim("replicaset", Act.CREATE, "web-1-x"))
    assert [(step.grade, step.evidence) for step in better] == [
        (HINT, "no delete Event"),
        (PROOF, "its owner"),
        (GUESS, "a guess"),  # it came after that pod
        (GUESS, "a guess"),
    ]


@pytest.mark.parametrize(
    "step",
    [deletion("replicaset"), deletion(evidence="nobody looked"), deletion(about="api-1-a")],
    ids=["guessed to be its own", "gone unseen", "another ReplicaSet's"],
)
def test_silence_says_nothing_of_others(step: Step) -> None:
    steps = [step, created("web-1-x")]
    assert heard(steps, Claim("replicaset", Act.CREATE, "web-1-x")) == steps


def test_silence_says_nothing_where_the_later_pod_was_not_seen() -> None:
    assert heard([deletion()], Claim("replicaset", Act.CREATE, "web-1-x")) == [deletion()]
