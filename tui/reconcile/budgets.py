"""What keeps pods from being evicted from nodes that are being emptied: their PodDisruptionBudgets.

Nobody can see from outside that somebody tries to evict; that a node is cordoned is the sign of it. Follows
upstream's registry/core/pod/storage/eviction.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.facts import Node, Pod, PodDisruptionBudget
from tui.reconcile.links import ChainLink, counted

_REFUSED = "evictions are refused: 429"


def budget_links(
    pods: Sequence[Pod],
    nodes: Mapping[str, Node],
    budgets: Sequence[PodDisruptionBudget],
    *,
    more_to_come: bool,
) -> tuple[ChainLink, ...]:
    """The pods that can't be evicted from cordoned nodes, and the budget in the way; empty where none is.

    `budgets`: those of the pods' namespace. `more_to_come`: pods are missing that somebody is about to create.
    """
    held: dict[tuple[str, ...], list[Pod]] = {}
    selecting: dict[tuple[str, ...], list[PodDisruptionBudget]] = {}
    for pod in pods:
        if on_cordoned_node(pod, nodes):
            found = sorted((one for one in budgets if one.selects(pod)), key=lambda one: one.metadata.name)
            if _refuse(found, pod):
                names = tuple(one.metadata.name for one in found)
                held.setdefault(names, []).append(pod)
                selecting[names] = found
    return tuple(
        link
        for names in sorted(held)
        for link in (_held(held[names]), _in_the_way(selecting[names], more_to_come=more_to_come))
    )


def on_cordoned_node(pod: Pod, nodes: Mapping[str, Node]) -> bool:
    """Whether its node takes no new pods, as when it is being drained."""
    node = nodes.get(pod.spec.node_name or "")
    return node is not None and node.spec.unschedulable


def _refuse(budgets: Sequence[PodDisruptionBudget], pod: Pod) -> bool:
    """Whether the API server refuses to evict the pod that these budgets select."""
    if not pod.active or pod.status.phase == "Pending" or not budgets:
        return False
    if len(budgets) > 1:
        return True
    (budget,) = budgets
    if not budget.observed:
        return True
    return budget.status.disruptions_allowed <= 0 and (pod.ready or not _lets_unready_go(budget))


def _lets_unready_go(budget: PodDisruptionBudget) -> bool:
    status = budget.status
    has_enough = status.current_healthy >= status.desired_healthy > 0
    return has_enough or budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow"


def _held(pods: Sequence[Pod]) -> ChainLink:
    """How many pods there are, and where."""
    names = sorted({pod.spec.node_name or "" for pod in pods})
    where = f"cordoned node {names[0]}" if len(names) == 1 else f"{len(names)} cordoned nodes"
    return ChainLink(f"{counted(len(pods), 'pod')} on {where}", aside=True)


def _in_the_way(budgets: Sequence[PodDisruptionBudget], *, more_to_come: bool) -> ChainLink:
    """Why the budget, or that there is more than one, keeps them there."""
    if len(budgets) > 1:
        names = " and ".join(one.metadata.name for one in budgets)
        text = "select the same pods: the API evicts no pod of more than one (500)"
        mend = "somebody has to delete one of them"
        return ChainLink(f"PodDisruptionBudgets {names}", text, mend, hopeless=True, aside=True)
    (budget,) = budgets
    subject, status = f"PodDisruptionBudget {budget.metadata.name}", budget.status
    if not budget.observed:
        awaited = f"the disruption controller ({_REFUSED})"
        return ChainLink(subject, "not worked out yet", awaited, aside=True)
    text = f"allows 0 disruptions: {status.current_healthy} of {status.desired_healthy} needed are healthy"
    if status.desired_healthy >= status.expected_pods and not more_to_come:
        mend = f"somebody has to loosen it ({_REFUSED})"
        return ChainLink(subject, text, mend, hopeless=True, aside=True)
    if status.current_healthy > status.desired_healthy:
        return ChainLink(subject, text, f"the disruption controller's next look ({_REFUSED})", aside=True)
    awaited = f"another ready pod, or a looser budget ({_REFUSED})"
    return ChainLink(subject, text, awaited, aside=True)
