"""PodDisruptionBudgets off the wire, and which labels their selectors select."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.build import a_budget, a_pod
from tui.cluster.kinds import BUDGETS
from tui.facts.budgets import LabelSelector

WEB = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        ({"matchLabels": None, "matchExpressions": None}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "back"}}, False),
        ({"matchLabels": {"zone": ""}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "zone", "operator": "Exists", "values": None}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Newer", "values": ["web"]}]}, False),
        (
            {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "zone", "operator": "Exists"}]},
            False,
        ),
    ],
)
def test_a_selector_is_all_of_its_terms(selector: dict[str, Any], selected: bool) -> None:
    assert msgspec.convert(selector, LabelSelector).matches(WEB) is selected


def test_a_budget_selects_pods_of_its_own_namespace_and_none_without_a_selector() -> None:
    pod = a_pod(labels=WEB)
    assert a_budget(healthy=1, needed=1, expected=1).selects(pod)
    assert a_budget(healthy=1, needed=1, expected=1, selector=LabelSelector()).selects(a_pod())
    assert not a_budget(healthy=1, needed=1, expected=1, selector=None).selects(pod)
    elsewhere = msgspec.structs.replace(pod.metadata, namespace="warehouse")
    moved = msgspec.structs.replace(pod, metadata=elsewhere)
    assert not a_budget(healthy=1, needed=1, expected=1, selector=LabelSelector()).selects(moved)


def test_a_budget_is_read_off_the_wire() -> None:
    wire = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "generation": 2},
        "spec": {
            "minAvailable": "100%",
            "selector": {"matchLabels": {"app": "web"}},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
        "status": {
            "conditions": [],
            "currentHealthy": 3,
            "desiredHealthy": 3,
            "disruptionsAllowed": 0,
            "disruptedPods": {"web-1-a": "2026-01-01T00:00:00Z"},
            "expectedPods": 4,
            "observedGeneration": 1,
        },
    }
    budget = BUDGETS.item.decode(json.dumps(wire))
    assert budget.selects(a_pod(labels=WEB))
    assert budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow"
    assert not budget.observed
    status = budget.status
    figures = (
        status.disruptions_allowed,
        status.current_healthy,
        status.desired_healthy,
        status.expected_pods,
    )
    assert figures == (0, 3, 3, 4)


def test_a_budget_that_nobody_has_worked_out_yet_has_no_status_worth_the_name() -> None:
    fresh = b'{"metadata":{"name":"web","namespace":"shop","generation":1},"spec":{"maxUnavailable":1}}'
    assert not BUDGETS.item.decode(fresh).observed
