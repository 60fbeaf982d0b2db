"""Crash the container of one pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.played import CRASH
from tui.chaos.faults.pods import POD, hit, named, need
from tui.chaos.faults.programs import podinfo_in
from tui.chaos.faults.templates import container_of
from tui.chaos.guard import FaultRefused
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import AnyStep, Poke, Run, Speak
from tui.cluster.contexts import Nature
from tui.facts import Pod

KILL = ("sh", "-c", "kill 1")
SHARED = {"hostPID": "its node", "shareProcessNamespace": "all of its containers"}
"""Whose process 1 a container sees where it has none of its own."""


class Crash(Fault):
    """GET /panic where podinfo runs; elsewhere SIGTERM to its first process; in the sandbox its kubelet is told so."""

    name = "crash"
    title = "Crash container"
    key = "c"
    group = Group.PODS
    does = "Ends the program in one pod, without a word to Kubernetes."
    teaches = "A crash loses no pod: the kubelet on its node restarts the container, and no controller moves."
    actors = ("kubelet",)
    success = "the same pod is ready again, with one more restart"
    settings = (POD,)

    def rights(self, target: Target) -> tuple[Need, ...]:
        """What is needed depends on the program, and is known with the plan."""
        return ()

    def ways(self, target: Target, nature: Nature) -> tuple[tuple[Need, ...], ...]:
        """By podinfo's own page, or as other programs are."""
        space = target.namespace
        others = (need("patch", space),) if nature is Nature.SANDBOX else _exec(space)
        return ((need("get", space, "proxy"),), others)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The selected pod, else the named, else a random one."""
        deployment = sight.deployment(target.uid)
        pod = sight.pod(target.uid, "" if settings["pod"] else target.pod_uid, settings["pod"] or "")
        whole, _ = await container_of(sight, target.uid, None)
        container, step, needs, remarks = way(pod, whole["spec"]["template"]["spec"], sight.nature)
        name = pod.metadata.name
        return Plan(
            fault=self.name,
            target=target,
            title=f"crash container {container} of pod {name} of {target.key}",
            done=f"crashed container {container} of pod {name}",
            steps=(step,),
            victims=named([pod]),
            hits=(hit(deployment, [pod]),),
            needs=needs,
            undo="not undone: restarted by its kubelet",
            remarks=(
                *remarks,
                "after each further crash the kubelet waits longer: 10 s, 20 s, up to 5 minutes",
            ),
        )


def way(
    pod: Pod, spec: dict[str, Any], nature: Nature
) -> tuple[str, AnyStep, tuple[Need, ...], tuple[str, ...]]:
    """Which of the pod's containers, how, what it needs, and what is to be said of it; `spec` is the pod's.

    FaultRefused where process 1 is not the container's own: it is the node's init, or the pause that holds the pod.
    """
    ref, space, containers = pod_ref(pod), pod.metadata.namespace, spec["containers"]
    podinfo = podinfo_in(containers)
    if podinfo is not None:
        step = Speak(ref, podinfo.port, "/panic", "GET", hangs_up=True)
        return podinfo.container, step, (need("get", space, "proxy"),), ("asks podinfo for /panic",)
    name = str(containers[0]["name"])
    if nature is Nature.SANDBOX:
        return name, Poke(ref, CRASH), (need("patch", space),), ("played by the sandbox",)
    for shared, whose in SHARED.items():
        if spec.get(shared):
            raise FaultRefused(f"pod {pod.metadata.name} has {shared}: {KILL[2]} in it would hit {whose}")
    said = f"runs {' '.join(KILL[:2])} '{KILL[2]}' in it: what does not heed SIGTERM lives on"
    return name, Run(ref, name, KILL, hangs_up=True), _exec(space), (said,)


def _exec(namespace: str) -> tuple[Need, ...]:
    """The handshake of a websocket is a GET; since 1.35 the right to create is asked for too."""
    return (need("get", namespace, "exec"), need("create", namespace, "exec"))
