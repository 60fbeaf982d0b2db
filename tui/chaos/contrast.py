"""Once against for ever: two copies of one small service in a namespace of their own, and what is done to both.

One is applied once: a bare pod, which no controller knows of. The other is reconciled: a Deployment of one pod with
the very same template. All that is created is one plan, so that its undo takes the whole namespace away, whoever asks
for it: the button, the end of gapwatch, or the next start after a kill.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tui.chaos.fault import Aim, Hit, Plan, Target
from tui.chaos.faults.crash import way
from tui.chaos.guard import FaultRefused
from tui.chaos.pointers import fetch
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import AnyStep, Create, Delete, Ref, SetField
from tui.chaos.steps.creations import FAULT_ANNOTATION
from tui.cluster.errors import Refused
from tui.cluster.kinds import DEPLOYMENTS, PODS, Resource
from tui.facts import Pod

NAME = "contrast"
"""What the journal calls it."""
NAMESPACE = "gapwatch-contrast"
ONCE, RECONCILED = "once", "reconciled"
"""The two copies, by the names of their objects."""
LASTS_S = 24 * 3600.0
CONTAINER = "podinfo"
REPOSITORY = "ghcr.io/stefanprodan/podinfo"
IMAGE = f"{REPOSITORY}:6.14.1"
EDITED_IMAGES = (f"{REPOSITORY}:6.9.1", f"{REPOSITORY}:6.9.0")
"""What somebody sets it to by hand: each time another one than it is."""
GOES_WITH_IT = "goes with the namespace"
_NAMESPACES = Resource("v1", "namespaces", namespaced=False)


class Stroke(StrEnum):
    """What can be done to both copies."""

    DELETE = "delete"
    CRASH = "crash"
    EDIT = "edit"


DONE = {Stroke.DELETE: "deleted", Stroke.CRASH: "crashed", Stroke.EDIT: "edited"}
"""What was done then, in a word."""


def declared(copy: str, namespace: str, fault_id: str = "") -> dict[str, Any]:
    """The manifest of one copy; with `fault_id` it carries the mark by which our own objects are known."""
    labels = {"app": copy, "app.kubernetes.io/managed-by": "gapwatch"}
    meta: dict[str, Any] = {"name": copy, "namespace": namespace, "labels": labels}
    if fault_id:
        meta["annotations"] = {FAULT_ANNOTATION: fault_id}
    if copy == ONCE:
        return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": _pod_spec()}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": copy}},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec()},
        },
    }


def resource(copy: str) -> Resource:
    """Where the object of that copy lives in the API."""
    return PODS.resource if copy == ONCE else DEPLOYMENTS.resource


async def free_name(sight: Sight) -> str:
    """A name for the namespace that nothing has yet; reads only."""
    name = NAMESPACE
    while True:
        try:
            await sight.reach.gateway.read(_NAMESPACES, name, namespace=None)
        except Refused as error:
            if error.is_not_found:
                return name
            raise
        name = f"{NAMESPACE}-{sight.rng.randrange(16**4):04x}"


def creation(namespace: str) -> Plan:
    """Creates both copies together; the undo deletes them with their namespace."""
    document = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": namespace, "labels": {"app.kubernetes.io/managed-by": "gapwatch"}},
    }
    space = Create(Ref(_NAMESPACES.version, _NAMESPACES.plural, "", namespace, ""), document)
    copies = tuple(
        Create(
            Ref(resource(copy).version, resource(copy).plural, namespace, copy, ""), declared(copy, namespace)
        )
        for copy in (ONCE, RECONCILED)
    )
    return Plan(
        fault=NAME,
        target=Target(Aim.DEPLOYMENT, RECONCILED, namespace),
        title=f"contrast in namespace {namespace}",
        done=f"created namespace {namespace}",
        steps=(space, *copies),
        victims=(),
        hits=(),
        needs=(),
        undo=f"namespace {namespace} is deleted with all that is in it",
        for_s=LASTS_S,
    )


# ---------------------------------------------------------------- what is done to the bare pod


async def against_pod(stroke: Stroke, pod: Pod | None, sight: Sight) -> Plan:
    """That stroke on the bare pod; FaultRefused where there is none. The Deployment's are those of the catalogue."""
    if pod is None or not pod.active:
        raise FaultRefused("there is no bare pod that could be hit")
    meta, ref = pod.metadata, pod_ref(pod)
    needs, remarks, ends = (), tuple[str, ...](), frozenset[str]()
    step: AnyStep
    if stroke is Stroke.DELETE:
        step, ends = Delete(ref), frozenset({meta.uid})
        title, fault = f"delete bare pod {meta.key}", "delete-pod"
    elif stroke is Stroke.CRASH:
        whole = await sight.whole(ref)
        container, step, needs, remarks = way(pod, whole["spec"], sight.nature)  # type: ignore[assignment]
        title, fault = f"crash container {container} of bare pod {meta.key}", "crash"
    else:
        step = _edit(ref, await sight.whole(ref), ("spec", "containers"))
        title, fault = f"edit the image of bare pod {meta.key} by hand", "hand-edit"
    return Plan(
        fault=fault,
        target=Target(Aim.DEPLOYMENT, meta.name, meta.namespace),
        title=title,
        done=f"{DONE[stroke]} bare pod {meta.name}",
        steps=(step,),
        victims=((meta.uid, meta.name),),
        hits=(),
        needs=needs,
        undo=f"not undone: {GOES_WITH_IT}",
        ends_pods=ends,
        remarks=remarks,
    )


async def edit_of_deployment(target: Target, sight: Sight) -> Plan:
    """Another image by hand, and nobody who puts it back: unlike the fault of the catalogue it does not end."""
    deployment = sight.deployment(target.uid)
    ref = Ref(
        DEPLOYMENTS.resource.version, DEPLOYMENTS.resource.plural, target.namespace, target.name, target.uid
    )
    step = _edit(ref, await sight.whole(ref), ("spec", "template", "spec", "containers"))
    return Plan(
        fault="hand-edit",
        target=target,
        title=f"edit the image of {target.key} by hand",
        done="edited the image by hand",
        steps=(step,),
        victims=((target.uid, target.key),),
        hits=(Hit(target.uid, deployment.metadata.key),),
        needs=(),
        undo=f"not undone: {GOES_WITH_IT}",
    )


def _edit(ref: Ref, whole: dict[str, Any], containers: tuple[str, ...]) -> SetField:
    pointer = (*containers, f"name={CONTAINER}", "image")
    before = fetch(whole, pointer)
    after = next(image for image in EDITED_IMAGES if (image,) != before)
    return SetField(ref, pointer, before, (after,))


def _pod_spec() -> dict[str, Any]:
    """The same for both; as the shop's, with a shorter grace, so that a namesake can come soon."""
    return {
        "terminationGracePeriodSeconds": 2,
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": CONTAINER,
                "image": IMAGE,
                "ports": [{"name": "http", "containerPort": 9898}],
                "readinessProbe": {
                    "httpGet": {"path": "/readyz", "port": "http"},
                    "periodSeconds": 1,
                    "failureThreshold": 2,
                },
                "resources": {
                    "requests": {"cpu": "50m", "memory": "32Mi"},
                    "limits": {"memory": "256Mi"},
                },
            }
        ],
    }
