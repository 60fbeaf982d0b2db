"""A crash again and again, thirty times a day, in compressed time if asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tui.chaos.fault import Fault, Group, Need, Plan, Repeat, Target
from tui.chaos.faults.crash import Crash
from tui.chaos.faults.delete_pod import DeletePod
from tui.chaos.faults.pods import hit
from tui.chaos.guard import FaultRefused
from tui.chaos.settings import Setting, in_time, read_settings
from tui.chaos.sight import Sight
from tui.cluster.contexts import Nature
from tui.cluster.kinds import DEPLOYMENTS

STROKES: Mapping[str, Fault] = {fault.name: fault for fault in (Crash(), DeletePod())}
DAY_S = 86_400.0


class ThirtyADay(Fault):
    """Sends nothing itself: each stroke is a fault of its own, with its own plan, review and journal entry."""

    name = "thirty-a-day"
    title = "Thirty a day"
    group = Group.PODS
    does = "Crashes a random pod of a Deployment thirty times a day; a day can be as short as you like."
    teaches = "What heals thirty times a day without anybody is no incident any more: it is how it works."
    actors = ("kubelet",)
    success = "every stroke has its heal, and between two strokes the gap is 0"
    settings = (
        Setting("a-day", "how many strokes a day", default=30, kind=int, least=1, most=10_000),
        Setting("day", "how long that day is", default=DAY_S, kind=float, least=1, most=DAY_S, unit="s"),
        Setting("what", f"what happens each time: {' or '.join(STROKES)}", default="crash"),
    )
    lasts_s = DAY_S

    def rights(self, target: Target) -> tuple[Need, ...]:
        """Those of its strokes, which are known with the plan."""
        return ()

    def ways(self, target: Target, nature: Nature) -> tuple[tuple[Need, ...], ...]:
        """Those of any of its strokes."""
        return tuple(way for stroke in STROKES.values() for way in stroke.ways(target, nature))

    async def plan(self, target: Target, settings: Mapping[str, Any], sight: Sight) -> Plan:
        """One day of them; the first stroke is planned too, so that what it would be refused for is told now."""
        stroke = STROKES.get(settings["what"])
        if stroke is None:
            raise FaultRefused(f"what={settings['what']}: say {' or '.join(STROKES)}")
        times, day_s = settings["a-day"], settings["day"]
        every_s = day_s / times
        # A pod that was selected could be struck once only: each stroke chooses its own.
        target = replace(target, pod_uid="")
        first = await stroke.plan(target, read_settings(stroke.settings, {}), sight)
        what = "crash" if stroke.name == Crash.name else "delete"
        return Plan(
            fault=self.name,
            target=target,
            title=f"{what} a pod of {target.key} every {in_time(every_s)}, {times} times in {in_time(day_s)}",
            done=f"began to {what} a pod every {in_time(every_s)}",
            steps=(),
            victims=((target.uid, target.key),),
            hits=(hit(sight.deployment(target.uid)),),
            # Each stroke is planned anew, and looks at the template for that.
            needs=(*first.rights, Need("get", DEPLOYMENTS.resource, target.namespace)),
            undo="no more strokes; what was struck is restarted or replaced",
            for_s=day_s,
            remarks=(
                f"every {in_time(every_s)} for {in_time(day_s)}, the first at once, at even distances",
                "each time another random pod",
                "a stroke on a gap that is still open is left out, and counted",
            ),
            repeat=Repeat(stroke.name, every_s, times),
        )
