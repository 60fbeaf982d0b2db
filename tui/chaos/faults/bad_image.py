"""A rollout to an image that can't be pulled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import hit
from tui.chaos.faults.templates import (
    CONTAINER,
    FORMER,
    all_at_once,
    container_of,
    need_patch,
    set_in_container,
)
from tui.chaos.settings import Setting
from tui.chaos.sight import Sight

MISSING_TAG = "does-not-exist"


class BadImage(Fault):
    """A patch of one container's image; the undo is the former image."""

    name = "bad-image"
    title = "Bad image"
    key = "i"
    group = Group.WORKLOAD
    does = "Rolls out an image that can't be pulled."
    teaches = "A rollout that can't succeed stops by itself: old pods stay until new ones are ready."
    actors = ("deployment controller", "ReplicaSet controller", "scheduler", "kubelet")
    success = "the old pods go on serving while the new ones wait for their image; the undo rolls back"
    settings = (Setting("image", f"an image; otherwise its own, tag {MISSING_TAG}"), CONTAINER)
    lasts_s = 120.0

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need_patch(target.namespace),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The named container's image, or the first one's."""
        whole, container = await container_of(sight, target.uid, settings["container"])
        before = str(container.get("image", ""))
        image = settings["image"] or f"{without_tag(before)}:{MISSING_TAG}"
        name = str(container["name"])
        return Plan(
            fault=self.name,
            target=target,
            title=f"roll out {image} in container {name} of {target.key}",
            done=f"rolled out {image}",
            steps=(set_in_container(sight, target.uid, whole, name, ("image",), image),),
            victims=((target.uid, target.key),),
            hits=(hit(sight.deployment(target.uid)),),
            needs=self.rights(target),
            undo=FORMER,
            for_s=self.lasts_s,
            remarks=(f"the image is {before} now", *all_at_once(whole)),
        )


def without_tag(image: str) -> str:
    """The image's name without tag and digest: a colon before the last slash is a registry's port."""
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"
