"""The logs of pods: there are none, but who asks for one learns of the container what upstream would tell.

Follows `pkg/registry/core/pod/strategy.go` (LogLocation) and the kubelet's validateContainerLogStatus.
"""

from __future__ import annotations

from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, dig, items
from tui.sandbox.paths import is_true
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Answer, Call
from tui.sandbox.status import bad_request

_LOG = b"gapwatch sandbox: containers are simulated here and write no log\n"
_CANNOT_PULL = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


def read_log(registry: Registry, kind: Kind, call: Call) -> Answer:
    """GET on pods/log: says that there is none; 400 in upstream's words where no run of the container has one."""
    pod = registry.store.get(kind, call.resource.namespace, call.resource.name)
    name = container_meant(pod.obj, pod.key[1], call.query.get("container", ""))
    if not dig(pod.obj, "spec", "nodeName"):
        return Answer(200, b"", "text/plain")
    subject = f"container {go_quote(name)} in pod {go_quote(pod.key[1])}"
    what = _missing(_status(pod.obj, name), subject, previous=is_true(call.query.get("previous")))
    if what:
        raise bad_request(what)
    return Answer(200, _LOG, "text/plain")


def container_meant(pod: Object, pod_name: str, asked: str) -> str:
    """The container that is meant: the only one, unless the client names one."""
    containers = items(pod, "spec", "containers")
    names = [str(one["name"]) for one in (*items(pod, "spec", "initContainers"), *containers)]
    if asked and asked not in names:
        raise bad_request(f"container {asked} is not valid for pod {pod_name}")
    if not asked and len(containers) > 1:
        raise bad_request(
            f"a container name must be specified for pod {pod_name}, choose one of: [{' '.join(names)}]"
        )
    return asked or str(containers[0]["name"])


def _status(pod: Object, name: str) -> Object:
    """What the kubelet says of a container; one that it has not spoken of yet is being created."""
    told = (*items(pod, "status", "containerStatuses"), *items(pod, "status", "initContainerStatuses"))
    creating: Object = {"state": {"waiting": {"reason": "ContainerCreating"}}}
    return next((status for status in told if status.get("name") == name), creating)


def _missing(status: Object, subject: str, *, previous: bool) -> str:
    """Why there is no log to show, or nothing; the order of the cases is upstream's."""
    last_id = dig(status, "lastState", "terminated", "containerID")
    if previous:
        return "" if last_id else f"previous terminated {subject} not found"
    if dig(status, "state", "running") is not None:
        return ""
    ended = dig(status, "state", "terminated")
    if ended is not None or dig(status, "lastState", "terminated") is not None:
        has_run = (ended or {}).get("containerID") or last_id
        return "" if has_run else f"{subject} is terminated"
    reason = dig(status, "state", "waiting", "reason")
    if reason:
        return f"{subject} is waiting to start: {_CANNOT_PULL.get(reason, reason)}"
    return f"{subject} is waiting to start - no logs yet"
