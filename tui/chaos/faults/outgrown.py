"""One pod that outgrows its limit of ephemeral storage: what is left of a full disk where no machine is in reach."""

from __future__ import annotations

from typing import Any

from tui.chaos.fault import Plan, Target
from tui.chaos.faults.nodes import LIST_PODS
from tui.chaos.faults.pods import REPLACED, hit, named, need
from tui.chaos.guard import FaultRefused
from tui.chaos.quantities import in_bytes
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import Run
from tui.facts import Pod

RESOURCE = "ephemeral-storage"
MIB = 2**20
MORE_MIB = 16
"""So much beyond the limit is written: the kubelet counts whole blocks, and looks every ten seconds."""
MOST_MIB = 8192
"""A limit above that is not outgrown: the disk is the node's, and others live on it."""
FOLDER = "/tmp"
FILE = f"{FOLDER}/gapwatch-ballast"


async def outgrow(fault: str, target: Target, sight: Sight, why: str) -> Plan:
    """A plan for one pod on that node; `why` the whole disk can't be filled is told, also when no pod has a limit."""
    found = await _one_with_limit(target.name, sight)
    if found is None:
        raise FaultRefused(
            f"{why}; and no pod on {target.name} has a limit of {RESOURCE} up to 8Gi to outgrow, and its own {FOLDER}"
        )
    pod, container, limit = found
    owner = sight.owner(pod)
    count = -(-limit // MIB) + MORE_MIB
    name, space = pod.metadata.name, pod.metadata.namespace
    return Plan(
        fault=fault,
        target=target,
        title=f"write {count} MiB in pod {pod.metadata.key}, beyond its limit of {RESOURCE}",
        done=f"wrote {count} MiB in pod {name}, beyond its limit of {RESOURCE}",
        steps=(Run(pod_ref(pod), container, writing(count)),),
        victims=named([pod]),
        hits=(hit(owner, [pod]),) if owner is not None else (),
        needs=(LIST_PODS, need("get", space, "exec"), need("create", space, "exec")),
        undo=f"{REPLACED}, and the file goes with it",
        ends_pods=frozenset({pod.metadata.uid}),
        remarks=(why, "its kubelet looks every 10 s, and evicts it"),
    )


def writing(count: int) -> tuple[str, ...]:
    """The command that writes so many MiB; what can be written in part only evicts nobody, and is taken away again."""
    wanted = f"dd if=/dev/zero of={FILE} bs=1048576 count={count}"
    return ("sh", "-c", f"{wanted} || {{ code=$?; rm -f {FILE}; exit $code; }}")


async def _one_with_limit(node: str, sight: Sight) -> tuple[Pod, str, int] | None:
    """A random pod of ours on that node with the container that can write, and how many bytes all may."""
    whole = {(one.get("metadata") or {}).get("uid"): one for one in await sight.all_pods_on(node)}
    found = []
    for pod in sight.pods_on(node):
        if pod.metadata.namespace in sight.guard.protected or not pod.ready or sight.owner(pod) is None:
            continue
        spec = (whole.get(pod.metadata.uid) or {}).get("spec") or {}
        containers = _containers(spec)
        limits = [limit for _, limit in containers if limit]
        # The kubelet adds up the limits there are; a container without one makes the pod's no larger.
        if limits and sum(limits) <= MOST_MIB * MIB and not _is_elsewhere(spec):
            found.append((pod, containers[0][0], sum(limits)))
    return sight.rng.choice(found) if found else None


def _is_elsewhere(spec: dict[str, Any]) -> bool:
    """Whether the first container's /tmp is a volume that outlives the pod, or memory."""
    mounts = spec["containers"][0].get("volumeMounts") or ()
    mounted = {one.get("name") for one in mounts if str(one.get("mountPath")).rstrip("/") in (FOLDER, FILE)}
    volumes = [one for one in spec.get("volumes") or () if one.get("name") in mounted]
    return any("emptyDir" not in one or (one["emptyDir"] or {}).get("medium") for one in volumes)


def _containers(spec: dict[str, Any]) -> list[tuple[str, int]]:
    """Each container with its limit in bytes; 0 is none."""
    found = []
    for one in spec.get("containers") or ():
        limits = (one.get("resources") or {}).get("limits") or {}
        found.append((str(one.get("name")), in_bytes(str(limits.get(RESOURCE, "0")))))
    return found
