"""Break the service while the gap stays 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Target
from tui.chaos.faults.pods import counted, hit, named, need
from tui.chaos.faults.programs import NO_PODINFO, any_podinfo, containers_of, is_podinfo, need_podinfo, speak
from tui.chaos.guard import FaultRefused
from tui.chaos.sight import Sight

SINCE = (6, 13)
"""The podinfo that first had /fault_injection (pkg/api/http/fault_injection.go)."""


class ServiceBroken(Fault):
    """POST /fault_injection/enable to the podinfo in every pod."""

    name = "service-broken"
    title = "Broken, gap 0"
    group = Group.SERVICE
    does = "Has every pod answer 500 to users, while its probes stay green."
    teaches = "Desired = actual is about pods, not about users: a gap of 0 can hide a service that is down."
    actors = ()
    success = "nothing happens: no controller sees it, and the gap stays 0 while users get errors"
    lasts_s = 120.0

    async def unable(self, sight: Sight) -> str:
        """Only podinfo can be told to."""
        return "" if any_podinfo(sight) else f"{NO_PODINFO} answer 500"

    def rights(self, target: Target) -> tuple[Need, ...]:
        """As its requests need them."""
        return (need("create", target.namespace, "proxy"),)

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """All its ready pods that run podinfo."""
        podinfo = need_podinfo(await containers_of(sight, target), target)
        if podinfo.version and podinfo.version < SINCE:
            version = ".".join(map(str, podinfo.version))
            raise FaultRefused(f"podinfo {version} of {target.key} can't inject faults: 6.13 and later can")
        pods = [
            pod
            for pod in sight.pods(target.uid)
            if pod.ready and any(is_podinfo(one.image) for one in pod.status.container_statuses)
        ]
        if not pods:
            raise FaultRefused(f"{target.key} has no ready pod that runs podinfo")
        return Plan(
            fault=self.name,
            target=target,
            title=f"have every pod of {target.key} ({counted(pods)}) answer 500 to users",
            done="had every pod answer 500 to users",
            steps=tuple(
                speak(pod, podinfo, "/fault_injection/enable", "/fault_injection/disable") for pod in pods
            ),
            victims=named(pods),
            hits=(hit(sight.deployment(target.uid), pods),),
            needs=self.rights(target),
            undo="they answer users as before",
            for_s=self.lasts_s,
            remarks=("a pod that is restarted or replaced meanwhile works again", "its probes stay green"),
        )
