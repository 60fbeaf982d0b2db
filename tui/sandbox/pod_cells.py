"""The cells of a pod in a Table: upstream's `printPod`, which sums a pod up in one word of status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui.sandbox.durations import age
from tui.sandbox.objects import Object, condition, dig, items, mapping

_NONE = "<none>"
_FINISHED = ("Succeeded", "Failed")


@dataclass(slots=True)
class _Summary:
    reason: str
    ready: int = 0
    restarts: int = 0
    last_restart: str = ""

    def count(self, status: Object) -> None:
        self.restarts += status.get("restartCount", 0)
        self.last_restart = max(
            self.last_restart, str(dig(status, "lastState", "terminated", "finishedAt") or "")
        )


def pod_cells(pod: Object, now: datetime) -> list[Any]:
    """Name, ready, status, restarts, age; then IP, node, nominated node and readiness gates."""
    summary = _summarise(pod)
    restarts = str(summary.restarts)
    if summary.restarts and summary.last_restart:
        restarts = f"{restarts} ({age(summary.last_restart, now)} ago)"
    sidecars = [
        container for container in items(pod, "spec", "initContainers") if _restarts_always(container)
    ]
    addresses = items(pod, "status", "podIPs")
    return [
        pod["metadata"]["name"],
        f"{summary.ready}/{len(items(pod, 'spec', 'containers')) + len(sidecars)}",
        summary.reason,
        restarts,
        age(dig(pod, "metadata", "creationTimestamp"), now),
        (addresses[0].get("ip") if addresses else dig(pod, "status", "podIP")) or _NONE,
        dig(pod, "spec", "nodeName") or _NONE,
        dig(pod, "status", "nominatedNodeName") or _NONE,
        _gates(pod),
    ]


def _summarise(pod: Object) -> _Summary:
    status = mapping(pod, "status")
    phase = status.get("phase", "")
    summary = _Summary(status.get("reason") or phase)
    scheduled = condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        summary.reason = "SchedulingGated"
    initializing = _summarise_init(pod, summary)
    if not initializing or _is_true(condition(pod, "Initialized")):
        _summarise_containers(pod, summary)
    if "deletionTimestamp" in pod["metadata"]:
        if status.get("reason") == "NodeLost":
            summary.reason = "Unknown"
        elif phase not in _FINISHED:
            summary.reason = "Terminating"
    return summary


def _summarise_init(pod: Object, summary: _Summary) -> bool:
    """Whether the pod still initializes, in which case the summary's reason says how far it is."""
    containers = {container.get("name"): container for container in items(pod, "spec", "initContainers")}
    for index, status in enumerate(items(pod, "status", "initContainerStatuses")):
        summary.count(status)
        terminated = dig(status, "state", "terminated")
        if terminated is not None and terminated.get("exitCode") == 0:
            continue
        if _restarts_always(containers.get(status.get("name"), {})) and status.get("started"):
            summary.ready += bool(status.get("ready"))
            continue
        waiting = dig(status, "state", "waiting", "reason")
        if terminated is not None:
            summary.reason = f"Init:{_ended(terminated)}"
        elif waiting and waiting != "PodInitializing":
            summary.reason = f"Init:{waiting}"
        else:
            summary.reason = f"Init:{index}/{len(containers)}"
        return True
    return False


def _summarise_containers(pod: Object, summary: _Summary) -> None:
    summary.restarts, summary.last_restart = 0, ""
    running = False
    failure = ""
    for status in reversed(items(pod, "status", "containerStatuses")):
        summary.count(status)
        waiting = dig(status, "state", "waiting", "reason")
        terminated = dig(status, "state", "terminated")
        if waiting:
            summary.reason = waiting
        elif terminated is not None:
            summary.reason = _ended(terminated)
            if terminated.get("exitCode"):
                failure = summary.reason
        elif status.get("ready") and dig(status, "state", "running") is not None:
            running = True
            summary.ready += 1
    if summary.reason == "Completed":
        if running and _is_true(condition(pod, "Ready")):
            summary.reason = "Running"
        elif failure:
            summary.reason = failure
        elif running:
            summary.reason = "NotReady"


def _ended(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _gates(pod: Object) -> str:
    gates = items(pod, "spec", "readinessGates")
    if not gates:
        return _NONE
    return f"{sum(_is_true(condition(pod, gate.get('conditionType', ''))) for gate in gates)}/{len(gates)}"


def _restarts_always(container: Object) -> bool:
    return container.get("restartPolicy") == "Always"


def _is_true(found: Object | None) -> bool:
    return found is not None and found.get("status") == "True"
