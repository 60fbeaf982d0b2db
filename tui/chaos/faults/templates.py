"""What the faults on a Deployment's pod template have in common."""

from __future__ import annotations

from typing import Any

from tui.chaos.fault import Need
from tui.chaos.guard import FaultRefused
from tui.chaos.pointers import fetch
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight, deployment_ref
from tui.chaos.steps import SetField
from tui.chaos.steps.fields import told
from tui.cluster.kinds import DEPLOYMENTS

CONTAINER = Setting("container", "this container; otherwise the template's first")
CONTAINERS = ("spec", "template", "spec", "containers")
FORMER = "exactly the former template: a rollout back to the ReplicaSet that had it"


async def container_of(
    sight: Sight, deployment_uid: str, wanted: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The Deployment as it is now, and the named or first container of its template."""
    whole = await sight.whole(deployment_ref(sight.deployment(deployment_uid)))
    containers = fetch(whole, CONTAINERS)
    every = [one for one in (containers[0] if containers else []) if isinstance(one, dict)]
    chosen = [one for one in every if wanted in (None, one.get("name"))]
    if not chosen:
        there = ", ".join(str(one.get("name")) for one in every)
        raise FaultRefused(f"there is no container {wanted} (there is: {there or 'none'})")
    return whole, chosen[0]


def set_in_container(
    sight: Sight,
    deployment_uid: str,
    whole: dict[str, Any],
    container: str,
    field: tuple[str, ...],
    after: Any,
) -> SetField:
    """The step that sets one field of that container; FaultRefused where it is so already, for that is no fault."""
    pointer = (*CONTAINERS, f"name={container}", *field)
    ref = deployment_ref(sight.deployment(deployment_uid))
    step = SetField(ref, pointer, fetch(whole, pointer), (after,))
    if not step.undoable:
        raise FaultRefused(f"{step.what} is {told((after,))} already")
    return step


def all_at_once(whole: dict[str, Any]) -> tuple[str, ...]:
    """What is to be known of a rollout to a new template where no old pod waits for a new one; () where they do."""
    if fetch(whole, ("spec", "strategy", "type")) != ("Recreate",):
        return ()
    return ("its strategy is Recreate: all its pods end first, and once more at the undo",)


def need_patch(namespace: str, subresource: str = "") -> Need:
    """The right to patch Deployments."""
    return Need("patch", DEPLOYMENTS.resource, namespace, subresource)
