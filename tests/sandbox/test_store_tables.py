"""The cells that kubectl prints: upstream's own cases, retyped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tui.sandbox import kinds
from tui.sandbox.durations import age, human_duration
from tui.sandbox.kinds import KINDS, Kind
from tui.sandbox.tables import columns_of, row_of, selector_text

NOW = datetime(2026, 1, 2, tzinfo=UTC)
Obj = dict[str, Any]

SECOND, MINUTE, HOUR, DAY, YEAR = 1, 60, 3600, 86400, 86400 * 365


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (SECOND, "1s"),
        (70 * SECOND, "70s"),
        (2 * MINUTE, "2m"),
        (190 * SECOND, "3m10s"),
        (10 * MINUTE, "10m"),
        (70 * MINUTE, "70m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (5 * HOUR + 20 * MINUTE, "5h20m"),
        (8 * HOUR, "8h"),
        (47 * HOUR + 59 * MINUTE, "47h"),
        (49 * HOUR, "2d1h"),
        (8 * DAY, "8d"),
        (367 * DAY, "367d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + 2 * DAY, "2y2d"),
        (8 * YEAR + 5 * DAY, "8y"),
        (-1, "0s"),
        (-2, "<invalid>"),
        (0.4, "0s"),
    ],
)
def test_durations_in_two_units_at_most(seconds: float, words: str) -> None:
    assert human_duration(seconds) == words


def test_ages() -> None:
    assert age("2026-01-01T23:59:00Z", NOW) == "60s"
    assert age("2026-01-01T23:59:30.500000Z", NOW) == "29s"
    assert age(None, NOW) == age("yesterday", NOW) == "<unknown>"


def status(
    name: str = "c", *, ready: bool = False, restarts: int = 0, ended: Obj | None = None, **state: Any
) -> Obj:
    """A container's status."""
    last = {"lastState": {"terminated": ended}} if ended else {}
    return {"name": name, "ready": ready, "restartCount": restarts, "state": state, **last}


def pod(*statuses: Obj, phase: str = "Running", containers: int = 2, **more: Any) -> Obj:
    """A pod of so many containers with these statuses."""
    spec = {"containers": [{"name": f"c{count}"} for count in range(containers)]}
    return {
        "metadata": {"name": "p", **more.pop("metadata", {})},
        "spec": {**spec, **more.pop("spec", {})},
        "status": {"phase": phase, "containerStatuses": list(statuses), **more},
    }


RUNNING = status(ready=True, running={})
FINISHED_AT = {"finishedAt": (NOW - timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%SZ"), "exitCode": 1}


@pytest.mark.parametrize(
    ("obj", "cells"),
    [
        (pod(RUNNING, status(running={})), ["1/2", "Running", "0"]),
        (pod(status(), status(ready=True), phase="Pending"), ["0/2", "Pending", "0"]),
        (pod(status(restarts=6, ended=FINISHED_AT), phase="x"), ["0/2", "x", "6 (10s ago)"]),
        (pod(status(waiting={"reason": "ContainerCreating"})), ["0/2", "ContainerCreating", "0"]),
        (pod(status(waiting={"reason": "CrashLoopBackOff"}, restarts=3)), ["0/2", "CrashLoopBackOff", "3"]),
        (pod(status(terminated={"reason": "Error", "exitCode": 1})), ["0/2", "Error", "0"]),
        (pod(status(terminated={"signal": 9})), ["0/2", "Signal:9", "0"]),
        (pod(status(terminated={"exitCode": 137})), ["0/2", "ExitCode:137", "0"]),
        (pod(phase="Failed", reason="Evicted"), ["0/2", "Evicted", "0"]),
        (pod(RUNNING, metadata={"deletionTimestamp": "x"}), ["1/2", "Terminating", "0"]),
        (pod(RUNNING, metadata={"deletionTimestamp": "x"}, reason="NodeLost"), ["1/2", "Unknown", "0"]),
        (pod(phase="Succeeded", metadata={"deletionTimestamp": "x"}), ["0/2", "Succeeded", "0"]),
        (
            pod(status(terminated={"reason": "Completed", "exitCode": 0}), RUNNING),
            ["1/2", "NotReady", "0"],
        ),
        (
            pod(
                status(terminated={"reason": "Completed", "exitCode": 0}),
                RUNNING,
                conditions=[{"type": "Ready", "status": "True"}],
            ),
            ["1/2", "Running", "0"],
        ),
        (
            pod(
                status(terminated={"reason": "Completed", "exitCode": 0}),
                status(terminated={"reason": "Error", "exitCode": 1}),
            ),
            ["0/2", "Error", "0"],
        ),
        (
            pod(phase="Pending", conditions=[{"type": "PodScheduled", "reason": "SchedulingGated"}]),
            ["0/2", "SchedulingGated", "0"],
        ),
    ],
)
def test_a_pod_in_one_word(obj: Obj, cells: list[str]) -> None:
    assert row_of(kinds.PODS, obj, NOW)[1:4] == cells


INIT = {"initContainers": [{"name": "i0"}, {"name": "i1"}]}


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        ([status("i0", running={}), status("i1")], "Init:0/2"),
        ([status("i0", terminated={"exitCode": 0}), status("i1", running={})], "Init:1/2"),
        ([status("i0", terminated={"exitCode": 1, "reason": "Error"})], "Init:Error"),
        ([status("i0", terminated={"exitCode": 2})], "Init:ExitCode:2"),
        ([status("i0", waiting={"reason": "ImagePullBackOff"})], "Init:ImagePullBackOff"),
        ([status("i0", waiting={"reason": "PodInitializing"})], "Init:0/2"),
        ([status("i0", terminated={"exitCode": 0}), status("i1", terminated={"exitCode": 0})], "Pending"),
    ],
)
def test_a_pod_that_initializes(statuses: list[Obj], word: str) -> None:
    obj = pod(phase="Pending", spec=INIT, initContainerStatuses=statuses)
    assert row_of(kinds.PODS, obj, NOW)[2] == word


def test_a_sidecar_counts_among_the_containers() -> None:
    sidecar = {"initContainers": [{"name": "s", "restartPolicy": "Always"}]}
    started = {**status("s", ready=True, running={}), "started": True}
    obj = pod(RUNNING, containers=1, spec=sidecar, initContainerStatuses=[started])
    assert row_of(kinds.PODS, obj, NOW)[1:3] == ["2/2", "Running"]


def test_what_wide_shows_of_a_pod() -> None:
    gates = {"nodeName": "n1", "readinessGates": [{"conditionType": "a"}, {"conditionType": "b"}]}
    conditions = [{"type": "a", "status": "True"}]
    obj = pod(spec=gates, conditions=conditions, podIPs=[{"ip": "10.0.0.1"}], nominatedNodeName="n2")
    assert row_of(kinds.PODS, obj, NOW)[5:] == ["10.0.0.1", "n1", "n2", "1/2"]


def named(**more: Any) -> Obj:
    """Any other object."""
    return {
        "metadata": {
            "name": "x",
            "creationTimestamp": "2026-01-01T23:59:00Z",
            "labels": more.pop("labels", {}),
        },
        **more,
    }


KERNEL = ("<unknown>", "6.1 (amd64)", "<unknown>")
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
TEMPLATE = {"spec": {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j:2"}]}}


@pytest.mark.parametrize(
    ("kind", "obj", "cells"),
    [
        (
            kinds.DEPLOYMENTS,
            named(
                spec={"replicas": 5, "template": TEMPLATE, "selector": {"matchLabels": {"b": "2", "a": "1"}}},
                status={"readyReplicas": 3, "updatedReplicas": 4, "availableReplicas": 2},
            ),
            ["x", "3/5", 4, 2, "60s", "a,b", "i:1,j:2", "a=1,b=2"],
        ),
        (
            kinds.REPLICA_SETS,
            named(spec={"replicas": 5, "template": TEMPLATE}, status={"replicas": 4, "readyReplicas": 3}),
            ["x", 5, 4, 3, "60s", "a,b", "i:1,j:2", "<none>"],
        ),
        (
            kinds.NODES,
            named(
                labels={"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "boss"},
                spec={"unschedulable": True},
                status={
                    **READY,
                    "addresses": [{"type": "InternalIP", "address": "10.0.0.9"}],
                    "nodeInfo": {"kubeletVersion": "v1", "kernelVersion": "6.1", "architecture": "amd64"},
                },
            ),
            [
                "x",
                "Ready,SchedulingDisabled",
                "boss,control-plane",
                "60s",
                "v1",
                "10.0.0.9",
                "<none>",
                *KERNEL,
            ],
        ),
        (
            kinds.NODES,
            named(status={"conditions": [{"type": "Ready", "status": "Unknown"}]}),
            ["x", "NotReady", "<none>", "60s", "", "<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"],
        ),
        (
            kinds.EVENTS,
            named(
                involvedObject={"kind": "Pod", "name": "web", "fieldPath": "spec.containers{c}"},
                source={"component": "kubelet", "host": "n1"},
                firstTimestamp="2026-01-01T23:58:20Z",
                lastTimestamp="2026-01-01T23:59:50Z",
                count=4,
                type="Warning",
                reason="BackOff",
                message=" hello ",
            ),
            [
                "10s",
                "Warning",
                "BackOff",
                "pod/web",
                "spec.containers{c}",
                "kubelet, n1",
                "hello",
                "100s",
                4,
                "x",
            ],
        ),
        (
            kinds.EVENTS,
            named(
                involvedObject={"kind": "Node"},
                reportingComponent="default-scheduler",
                eventTime="2026-01-01T23:59:50.000000Z",
                series={"count": 7, "lastObservedTime": "2026-01-01T23:59:59.000000Z"},
            ),
            ["1s", "", "", "node", "", "default-scheduler", "", "10s", 7, "x"],
        ),
        (kinds.NAMESPACES, named(status={"phase": "Active"}), ["x", "Active", "60s"]),
        (
            kinds.SERVICES,
            named(
                spec={
                    "type": "ClusterIP",
                    "clusterIP": "10.0.0.1",
                    "ports": [{"port": 80}],
                    "selector": {"a": "1"},
                }
            ),
            ["x", "ClusterIP", "10.0.0.1", "<none>", "80/TCP", "60s", "a=1"],
        ),
        (
            kinds.RESOURCE_QUOTAS,
            named(status={"hard": {"pods": "3", "limits.cpu": "4"}, "used": {"pods": "1"}}),
            ["x", "pods: 1/3", "limits.cpu: 0/4", "60s"],
        ),
        (
            kinds.DISRUPTION_BUDGETS,
            named(spec={"maxUnavailable": "50%"}, status={"disruptionsAllowed": 2}),
            ["x", "N/A", "50%", 2, "60s"],
        ),
        (kinds.CONFIG_MAPS, named(data={"a": "", "b": ""}, binaryData={"c": ""}), ["x", 3, "60s"]),
        (kinds.SECRETS, named(data={"a": ""}, type="Opaque"), ["x", "Opaque", 1, "60s"]),
        (kinds.LEASES, named(spec={"holderIdentity": "n1"}), ["x", "n1", "60s"]),
        (kinds.SERVICE_ACCOUNTS, named(), ["x", "60s"]),
    ],
)
def test_the_cells_of_other_kinds(kind: Kind, obj: Obj, cells: list[Any]) -> None:
    assert row_of(kind, obj, NOW) == cells


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.stored], ids=lambda kind: kind.plural)
def test_every_cell_has_its_column_even_for_an_empty_object(kind: Kind) -> None:
    columns = columns_of(kind)
    assert len(row_of(kind, named(), NOW)) == len(columns)
    assert [column["name"] for column in columns if column["format"] == "name"] == ["Name"]


def test_selectors_as_text() -> None:
    expressions = [
        {"key": "a", "operator": "In", "values": ["2", "1"]},
        {"key": "b", "operator": "NotIn", "values": ["1"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]
    text = selector_text({"matchLabels": {"x": "y"}, "matchExpressions": expressions})
    assert text == "x=y,a in (1,2),b notin (1),c,!d"
    assert selector_text(None) == selector_text({}) == "<none>"
