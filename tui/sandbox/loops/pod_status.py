"""A pod's status as its kubelet reports it, worked out from its containers. Pure functions.

Follows k8s/pkg/kubelet/kubelet_pods.go (getPhase, convertToAPIContainerStatuses) and
status/generate.go (conditions).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tui.sandbox.loops.container_run import Run
from tui.sandbox.loops.objects import Obj, condition, find_condition, status_of

Written = tuple[str, str, str]
"""A condition's status, reason and message."""


@dataclass(frozen=True)
class Report:
    """What the kubelet knows of one pod beside its spec."""

    runs: Mapping[str, Run]
    network: bool
    stopped: bool
    ip: str
    host_ip: str
    stamp: str


@dataclass(frozen=True)
class Eviction:
    """Why a kubelet ends a pod for good, and whether the pod is the victim: only then it counts as disrupted."""

    why: str
    is_disruption: bool = True


def pod_status(pod: Obj, report: Report) -> Obj:
    """The part of the status that the kubelet owns; conditions of others are left alone."""
    generation = pod["metadata"].get("generation")
    observed = {"observedGeneration": generation} if generation else {}
    status: Obj = {
        **observed,
        "phase": phase_of(pod, report),
        "conditions": [
            _condition(pod, kind, written, report.stamp, observed)
            for kind, written in _conditions(pod, report).items()
        ],
        "hostIP": report.host_ip,
        "hostIPs": [{"ip": report.host_ip}],
        "startTime": status_of(pod).get("startTime") or report.stamp,
        "containerStatuses": [_container(container, report) for container in pod["spec"]["containers"]],
    }
    init = [
        _init_container(container, status["startTime"], report)
        for container in pod["spec"].get("initContainers") or ()
    ]
    if init:
        status["initContainerStatuses"] = init
    if report.ip and (report.network or status_of(pod).get("podIP")):
        status |= {"podIP": report.ip, "podIPs": [{"ip": report.ip}]}
    return status


def status_patch(pod: Obj, status: Obj) -> Obj:
    """A status as a strategic merge patch: our conditions in our order, what they no longer say taken out.

    Conditions of other writers (DisruptionTarget) are not ours to touch, and stay.
    """
    ours = status["conditions"]
    others = [c for c in status_of(pod).get("conditions") or () if find_condition(ours, c["type"]) is None]
    nothing: Obj = {"reason": None, "message": None}
    return status | {
        "conditions": [nothing | told for told in ours],
        "$setElementOrder/conditions": [{"type": c["type"]} for c in (*ours, *others)],
    }


def evicted_status(status: Obj, eviction: Eviction, stamp: str) -> Obj:
    """The status of a pod that its kubelet has ended for good (eviction_manager.go, evictPod)."""
    told = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": stamp,
        "reason": "TerminationByKubelet",
        "message": eviction.why,
    }
    conditions = [*status["conditions"], *([told] if eviction.is_disruption else [])]
    return status | {
        "phase": "Failed",
        "reason": "Evicted",
        "message": eviction.why,
        "conditions": conditions,
    }


def phase_of(pod: Obj, report: Report) -> str:
    """Pending, Running, Succeeded or Failed (getPhase)."""
    runs = list(report.runs.values())
    ends_for_good = report.stopped or pod["spec"].get("restartPolicy") == "Never"
    if all(run.has_ended for run in runs):
        codes = [run.shown["terminated"]["exitCode"] for run in runs]
        if ends_for_good:
            return "Failed" if any(codes) else "Succeeded"
        if pod["spec"].get("restartPolicy") == "OnFailure" and not any(codes):
            return "Succeeded"
    return "Running" if all(run.runs for run in runs) else "Pending"


def _conditions(pod: Obj, report: Report) -> dict[str, Written]:
    unready = [name for name, run in report.runs.items() if not run.ready]
    completed = phase_of(pod, report) == "Succeeded" or (report.stopped and not _failed(report))
    if completed:
        ready: Written = ("False", "PodCompleted", "")
    elif phase_of(pod, report) == "Failed":
        ready = ("False", "PodFailed", "")
    elif unready:
        ready = ("False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    else:
        ready = ("True", "", "")
    return {
        "PodReadyToStartContainers": (str(report.network and not report.stopped), "", ""),
        "Initialized": ("True", "PodCompleted" if completed else "", ""),
        "Ready": ready,
        "ContainersReady": ready,
        "PodScheduled": ("True", "", ""),
    }


def _failed(report: Report) -> bool:
    return any(run.has_ended and run.shown["terminated"]["exitCode"] for run in report.runs.values())


def _condition(pod: Obj, kind: str, written: Written, stamp: str, observed: Obj) -> Obj:
    status, reason, message = written
    standing = condition(pod, kind)
    kept = standing is not None and standing["status"] == status
    since = standing["lastTransitionTime"] if standing is not None and kept else stamp
    told = {"type": kind, **observed, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    return told | ({"reason": reason} if reason else {}) | ({"message": message} if message else {})


def _container(container: Obj, report: Report) -> Obj:
    run = report.runs[container["name"]]
    running = "running" in run.shown
    seen = run.runs > 0
    return {
        "name": container["name"],
        "state": run.shown,
        "lastState": run.last,
        "ready": run.ready,
        "restartCount": run.restarts,
        "image": container["image"],
        "imageID": f"{container['image']}@sandbox" if seen else "",
        "started": running,
    } | ({"containerID": run.id} if seen else {})


def _init_container(container: Obj, since: str, report: Report) -> Obj:
    """Init containers of the sandbox do nothing, well: they have ended when the network is there."""
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": since, "finishedAt": since}
    return {
        "name": container["name"],
        "state": {"terminated": ended} if report.network else {"waiting": {"reason": "PodInitializing"}},
        "lastState": {},
        "ready": report.network,
        "restartCount": 0,
        "image": container["image"],
        "imageID": "",
    }
