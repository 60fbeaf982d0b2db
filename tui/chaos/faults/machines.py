"""What the faults on the machines under the nodes have in common: the sandbox plays them, kind's are containers."""

from __future__ import annotations

from tui.chaos.faults.played import HEARTBEATS, STOPPED
from tui.chaos.guard import FaultRefused
from tui.chaos.pointers import fetch
from tui.chaos.sight import Sight, node_ref
from tui.chaos.steps import AnyStep, PauseMachine, SetField
from tui.cluster.contexts import Nature
from tui.facts import Node

LOST_FOR_S = 420.0
"""Long enough to see all of it: 40 to 50 s until the node controller misses it, then 300 s until its pods go."""
MISSED = "missed after 40 to 50 s; pods that bear it for 300 s, as nearly all do, are replaced after that"
COMES_BACK = "the node comes back; pods that were replaced meanwhile are not moved back"


def why_no_machines(sight: Sight) -> str:
    """Why the machines under this source's nodes can't be reached, or ""."""
    if sight.nature is Nature.SANDBOX or sight.reach.machines is not None:
        return ""
    if sight.nature is Nature.LOCAL:
        return (
            "the machines under its nodes can't be reached: only those of a kind cluster can, as containers"
        )
    return "the machines of a real cluster can't be reached from here, only its API"


async def silenced(sight: Sight, node: Node) -> AnyStep:
    """The step that cuts that node off."""
    if sight.nature is not Nature.SANDBOX:
        await require_machine(sight, node.metadata.name)
        return PauseMachine(node.metadata.name)
    ref = node_ref(node)
    before = fetch(await sight.whole(ref), HEARTBEATS)
    if before == (STOPPED,):
        raise FaultRefused(f"node {node.metadata.name} is silent already")
    return SetField(ref, HEARTBEATS, before, (STOPPED,))


async def require_machine(sight: Sight, node: str) -> None:
    """FaultRefused where that node's machine can't be reached."""
    why = why_no_machines(sight)
    if not why and sight.reach.machines is not None:
        why = await sight.reach.machines.why_not(node)
    if why:
        raise FaultRefused(why)
