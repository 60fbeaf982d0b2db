"""PDB in the way: pods on a cordoned node whose eviction the API server refuses, and what would change that."""

from __future__ import annotations

import msgspec
import pytest

from tests.build import a_budget, a_deployment, a_node, a_pod, a_replicaset, waiting
from tui.facts import Node, Pod, PodDisruptionBudget
from tui.reconcile.chain import chain
from tui.reconcile.gap import measure
from tui.reconcile.links import ChainLink

REFUSED = "(evictions are refused: 429)"
ANOTHER = f"another ready pod, or a looser budget {REFUSED}"
LOOSEN = f"somebody has to loosen it {REFUSED}"
WEB = {"app": "web"}
CORDONED = a_node(cordoned=True)
TOP = ChainLink("Deployment web", aside=True)
ONE_HELD = ChainLink("1 pod on cordoned node worker", aside=True)
SPENT = a_budget(healthy=1, needed=1, expected=1)


def links(
    pods: list[Pod],
    *budgets: PodDisruptionBudget,
    nodes: tuple[Node, ...] = (CORDONED,),
    replicas: int | None = None,
    terminating: bool = False,
) -> tuple[ChainLink, ...]:
    wanted = len(pods) if replicas is None else replicas
    deployment, replicasets = a_deployment(wanted), [a_replicaset(replicas=wanted)]
    if terminating:
        ended = msgspec.structs.replace(deployment.metadata, deletion_timestamp="2026-01-01T00:00:00Z")
        deployment = msgspec.structs.replace(deployment, metadata=ended)
    gap = measure(deployment, replicasets, pods, 0.0)
    by_name = {node.metadata.name: node for node in nodes}
    return chain(deployment, replicasets, pods, gap, nodes=by_name, events=[], budgets=budgets, now=0.0)


def web(name: str = "web-1-a", *, ready: bool = True, node: str = "worker", phase: str = "Running") -> Pod:
    return a_pod(name, ready=ready, node=node, phase=phase, labels=WEB)


def budget_link(text: str, waits_for: str, *, hopeless: bool = False) -> ChainLink:
    return ChainLink("PodDisruptionBudget web", text, waits_for, hopeless=hopeless, aside=True)


def test_a_budget_that_can_never_allow_anything_is_hopeless_though_there_is_no_gap() -> None:
    text = "allows 0 disruptions: 1 of 1 needed are healthy"
    assert links([web()], SPENT) == (TOP, ONE_HELD, budget_link(text, LOOSEN, hopeless=True))


@pytest.mark.parametrize(
    ("healthy", "needed", "expected", "waits_for", "is_hopeless"),
    [
        (3, 3, 3, LOOSEN, True),
        (3, 4, 3, LOOSEN, True),  # minAvailable of more than there are
        (2, 3, 3, LOOSEN, True),  # also once all are ready
        (2, 2, 3, ANOTHER, False),
        (1, 2, 3, ANOTHER, False),
        (3, 2, 3, f"the disruption controller's next look {REFUSED}", False),  # it could not work it out
    ],
)
def test_what_a_spent_budget_waits_for(
    healthy: int, needed: int, expected: int, waits_for: str, is_hopeless: bool
) -> None:
    spent = a_budget(healthy=healthy, needed=needed, expected=expected)
    link = links([web()], spent)[-1]
    text = f"allows 0 disruptions: {healthy} of {needed} needed are healthy"
    assert link == budget_link(text, waits_for, hopeless=is_hopeless)


@pytest.mark.parametrize(
    ("pod", "budget", "node"),
    [
        (web(), SPENT, a_node()),
        (web(), a_budget(healthy=2, needed=1, expected=2, allowed=1), CORDONED),
        (web(), a_budget(healthy=1, needed=1, expected=1, selector=None), CORDONED),
        (a_pod(labels={"app": "api"}), SPENT, CORDONED),
        (web(node="elsewhere"), SPENT, CORDONED),
    ],
    ids=["not cordoned", "not spent", "selects nothing", "selects others", "on another node"],
)
def test_nothing_is_said_where_nothing_is_in_the_way(
    pod: Pod, budget: PodDisruptionBudget, node: Node
) -> None:
    assert links([pod], budget, nodes=(node, a_node("elsewhere"))) == ()


def test_a_budget_that_is_new_or_changed_refuses_until_its_controller_has_seen_it() -> None:
    new = a_budget(healthy=0, needed=0, expected=0, observed=0)
    assert links([web()], new)[-1] == budget_link(
        "not worked out yet", f"the disruption controller {REFUSED}"
    )


def test_two_budgets_for_one_pod_are_one_too_many_even_if_both_would_allow_it() -> None:
    generous = [a_budget(name, healthy=2, needed=1, expected=2, allowed=1) for name in ("b", "a")]
    assert links([web()], *generous)[-1] == ChainLink(
        "PodDisruptionBudgets a and b",
        "select the same pods: the API evicts no pod of more than one (500)",
        "somebody has to delete one of them",
        hopeless=True,
        aside=True,
    )


def test_pods_on_several_nodes_are_counted() -> None:
    pods = [web("a"), web("b", node="worker2"), web("c", node="free")]
    nodes = (CORDONED, a_node("worker2", cordoned=True), a_node("free"))
    spent = a_budget(healthy=3, needed=3, expected=3)
    assert [link.subject for link in links(pods, spent, nodes=nodes)] == [
        "Deployment web",
        "2 pods on 2 cordoned nodes",
        "PodDisruptionBudget web",
    ]


def besides(pod: Pod, budget: PodDisruptionBudget) -> tuple[ChainLink, ...]:
    return tuple(link for link in links([pod], budget) if link.aside)


def test_a_pod_that_is_not_ready_may_go_as_the_policy_says() -> None:
    crashed = a_pod(ready=False, labels=WEB, state=waiting("CrashLoopBackOff"))
    short = a_budget(healthy=1, needed=2, expected=3)
    assert besides(crashed, short)
    assert not besides(crashed, a_budget(healthy=2, needed=2, expected=3))
    assert not besides(crashed, a_budget(healthy=1, needed=2, expected=3, policy="AlwaysAllow"))
    assert besides(crashed, a_budget(healthy=0, needed=0, expected=3))
    assert not besides(web(ready=False, phase="Pending"), short), "upstream lets what is pending go"


def test_with_a_gap_it_comes_after_the_gaps_reasons() -> None:
    pods = [web("a"), web("b", node="free"), web("c", ready=False, node="free")]
    spent = a_budget(healthy=2, needed=2, expected=3)
    found = links(pods, spent, nodes=(CORDONED, a_node("free")))
    assert found[-1] == budget_link("allows 0 disruptions: 2 of 2 needed are healthy", ANOTHER)
    assert found[-2].subject == "besides, 1 pod on cordoned node worker"
    assert found[-3].waits_for == "its readiness probe to succeed"
    assert [link.aside for link in found[-3:]] == [False, True, True]


def test_a_budget_is_not_hopeless_while_a_pod_that_it_may_count_is_still_to_come() -> None:
    found = links([web()], SPENT, replicas=2)
    assert not found[-1].hopeless
    assert found[-1].waits_for == ANOTHER


def test_a_deployment_that_is_being_deleted_needs_no_eviction() -> None:
    assert not any(link.aside for link in links([web()], SPENT, terminating=True))
