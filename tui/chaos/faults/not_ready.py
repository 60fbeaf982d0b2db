"""Make pods not ready: their readiness probe answers 503."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.played import NOT, READY
from tui.chaos.faults.pods import COUNT, PERCENT, POD, hit, in_words, named, need, several
from tui.chaos.faults.programs import (
    NO_PODINFO,
    any_podinfo,
    containers_of,
    need_podinfo,
    podinfo_in,
    speak,
)
from tui.chaos.guard import FaultRefused
from tui.chaos.sight import Sight, pod_ref
from tui.chaos.steps import AnyStep, SetField
from tui.cluster.contexts import Nature
from tui.facts import Pod


class NotReady(Fault):
    """POST /readyz/disable where podinfo runs; in the sandbox the probe of other programs is told to fail."""

    name = "not-ready"
    title = "Not ready"
    group = Group.SERVICE
    does = "Has pods answer 503 to their readiness probe, while they run on."
    teaches = (
        "Ready is a promise to users, not life: the pod gets no requests, and nobody restarts or replaces it."
    )
    actors = ("kubelet",)
    success = (
        "the gap is open while it lasts, with no pod ended; after the undo the same pods are ready again"
    )
    settings = (POD, COUNT, PERCENT)
    lasts_s = 60.0

    async def unable(self, sight: Sight) -> str:
        """Only podinfo can be told to, but in the sandbox."""
        possible = sight.nature is Nature.SANDBOX or any_podinfo(sight)
        return "" if possible else f"{NO_PODINFO} answer 503"

    def rights(self, target: Target) -> tuple[Need, ...]:
        """What is needed depends on the program, and is known with the plan."""
        return ()

    def ways(self, target: Target, nature: Nature) -> tuple[tuple[Need, ...], ...]:
        """By podinfo's own switch; in the sandbox other probes can be played."""
        played = ((need("patch", target.namespace),),) if nature is Nature.SANDBOX else ()
        return ((need("create", target.namespace, "proxy"),), *played)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """The selected or named pod, or so many random ones; refused for what is not ready already."""
        deployment = sight.deployment(target.uid)
        pods, how = self._chosen(target, settings, sight)
        idle = [pod.metadata.name for pod in pods if not pod.ready]
        if idle:
            raise FaultRefused(f"pod {idle[0]} is not ready already")
        steps, needs = await self._steps(target, pods, sight)
        return Plan(
            fault=self.name,
            target=target,
            title=f"have {in_words(pods)} of {target.key} answer 503 to the readiness probe",
            done=f"had {in_words(pods)} answer 503 to the readiness probe",
            steps=steps,
            victims=named(pods),
            hits=(hit(deployment, pods),),
            needs=needs,
            undo="the probe is answered as before",
            for_s=self.lasts_s,
            remarks=tuple(filter(None, (how, "it is noticed after failureThreshold probes"))),
        )

    @staticmethod
    def _chosen(target: Target, settings: Mapping[str, Any], sight: Sight) -> tuple[list[Pod], str]:
        count, percent, name = settings["count"], settings["percent"], settings["pod"] or ""
        if count is None and percent is None:
            return [sight.pod(target.uid, "" if name else target.pod_uid, name)], ""
        if name:
            raise FaultRefused("pod contradicts count and percent: give one of them")
        return several(sight, sight.deployment(target.uid), count, percent)

    @staticmethod
    async def _steps(
        target: Target, pods: list[Pod], sight: Sight
    ) -> tuple[tuple[AnyStep, ...], tuple[Need, ...]]:
        containers = await containers_of(sight, target)
        podinfo = podinfo_in(containers)
        asked = next((one for one in containers if podinfo and one["name"] == podinfo.container), None)
        if not any(one.get("readinessProbe") for one in ([asked] if asked else containers)):
            raise FaultRefused(f"{target.key} has no readiness probe: nobody would notice")
        if podinfo is None and sight.nature is Nature.SANDBOX:
            played = tuple(SetField(pod_ref(pod), READY, (), (NOT,)) for pod in pods)
            return played, (need("patch", target.namespace),)
        podinfo = need_podinfo(containers, target)
        told = tuple(speak(pod, podinfo, "/readyz/disable", "/readyz/enable") for pod in pods)
        return told, (need("create", target.namespace, "proxy"),)
