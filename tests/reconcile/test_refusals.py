"""Messages of the API server and the scheduler, as real ones write them, taken apart."""

from __future__ import annotations

import pytest

from tui.reconcile.refusals import Excess, QuotaRefusal, Verdict, quota_refusal, verdict


def test_a_quota_names_each_resource_with_what_is_asked_used_and_allowed() -> None:
    message = (
        'pods "web-1-x" is forbidden: exceeded quota: tight, requested: pods=1,requests.cpu=500m, '
        "used: pods=2,requests.cpu=1, limited: pods=2,requests.cpu=1200m"
    )
    assert quota_refusal(message) == QuotaRefusal(
        "tight", (Excess("pods", "1", "2", "2"), Excess("requests.cpu", "500m", "1", "1200m"))
    )
    assert quota_refusal("admission webhook denied the request") is None


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("0/4 nodes are available: 4 Insufficient cpu.", Verdict(0, 4, ((4, "Insufficient cpu"),))),
        (
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint "
            "{node.kubernetes.io/unreachable: }. preemption: 0/3 nodes are available: "
            "1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
            Verdict(
                0,
                3,
                ((2, "had untolerated taint {node.kubernetes.io/unreachable: }"), (1, "Insufficient cpu")),
            ),
        ),
        (
            "0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/1 "
            "nodes are available: 1 Preemption is not helpful for scheduling.",
            Verdict(0, 1, ((1, "were unschedulable"),)),
        ),
        ("no nodes available to schedule pods", None),
        ("", None),
    ],
)
def test_the_schedulers_message_gives_a_reason_for_each_group_of_nodes(
    message: str, found: Verdict | None
) -> None:
    assert verdict(message) == found
