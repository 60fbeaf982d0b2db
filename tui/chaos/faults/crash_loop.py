"""A rollout to a command that ends at once."""

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
from tui.chaos.sight import Sight

COMMAND = ["sh", "-c", "sleep 1; exit 1"]


class CrashLoop(Fault):
    """A patch of one container's command; the undo is the former command, or none."""

    name = "crash-loop"
    title = "Crash loop"
    group = Group.WORKLOAD
    does = "Rolls out a command that exits 1 after a second."
    teaches = "The kubelet restarts for ever, ever more slowly: 10 s, 20 s, 40 s, up to 5 minutes between two tries."
    actors = ("deployment controller", "ReplicaSet controller", "kubelet")
    success = "the old pods go on serving while the new ones crash; the undo rolls back"
    settings = (CONTAINER,)
    lasts_s = 120.0

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need_patch(target.namespace),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The named container, or the first."""
        whole, container = await container_of(sight, target.uid, settings["container"])
        name = str(container["name"])
        return Plan(
            fault=self.name,
            target=target,
            title=f"roll out a command that crashes in container {name} of {target.key}",
            done="rolled out a command that crashes",
            steps=(set_in_container(sight, target.uid, whole, name, ("command",), COMMAND),),
            victims=((target.uid, target.key),),
            hits=(hit(sight.deployment(target.uid)),),
            needs=self.rights(target),
            undo=FORMER,
            for_s=self.lasts_s,
            remarks=all_at_once(whole),
        )
