"""The kubelet: on one node, the containers that the pods bound to it ask for. Simulated containers.

desired   the pods with this node's name
actual    their containers, as the (simulated) runtime has them
compare   what is due by now: a pull, a start, a probe, an exit, an end
act       let it happen, say so, and report the pod's status
wait      until the next thing is due, or the pod changes

It is the only loop that makes anything *run*; all the others move words. What containers do is
in `containers.py`, what their programs do in `behaviour.py`.
Follows k8s/pkg/kubelet (pod_workers.go, status/status_manager.go).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from tui.sandbox.commands import Outcome, outcome_of
from tui.sandbox.loops.behaviour import CRASH, KubeletDelays, Timing
from tui.sandbox.loops.cache import Cache
from tui.sandbox.loops.client import PODS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.container_run import Run, Said, State, Surroundings
from tui.sandbox.loops.containers import advance, crash, look_again, next_due, renew, stop, terminate
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.loop import Loop
from tui.sandbox.loops.node import NodePlan
from tui.sandbox.loops.objects import (
    Obj,
    annotations_of,
    is_deleting,
    key_of,
    name_of,
    namespace_of,
    status_of,
    uid_of,
    version_of,
)
from tui.sandbox.loops.own_node import OwnNode
from tui.sandbox.loops.pod_status import Eviction, Report, evicted_status, pod_status, status_patch
from tui.sandbox.loops.programs import Programs
from tui.sandbox.pod_network import PodNetwork


@dataclass(frozen=True)
class PodRun:
    """One pod on this node, as the simulated runtime has it; times in cluster seconds."""

    uid: str
    ip: str
    timing: Timing
    network_at: float
    runs: dict[str, Run]
    crash_asked: str
    stop_at: float = math.inf
    stopped: bool = False
    remove_at: float = math.inf

    @property
    def due(self) -> float:
        """When something next happens by itself."""
        ending = min(self.stop_at, self.remove_at)
        return ending if self.stopped or ending < math.inf else next_due(self.runs.values())


@dataclass(frozen=True)
class Turn:
    """What happens to one pod in this cycle."""

    run: PodRun
    said: tuple[tuple[str, Said], ...]
    pulled: frozenset[str]
    status: Obj | None
    remove: bool


class KubeletLoop(Loop[Obj, PodRun, Turn]):
    """Runs the pods of one node."""

    name: ClassVar[str] = "kubelet"
    workers = 4

    def __init__(
        self,
        client: ApiClient,
        clock: Clock,
        recorder: Recorder,
        plan: NodePlan,
        delays: KubeletDelays,
        network: PodNetwork,
        seed: int,
        own: OwnNode,
    ) -> None:
        super().__init__(client, clock)
        self.plan = plan
        self.pods = Cache(client, PODS, field_selector=f"spec.nodeName={plan.name}")
        self._recorder = recorder
        self._delays = delays
        self._seed = seed
        self._own = own
        self._network = network
        self._programs = Programs(network)
        self._runs: dict[str, PodRun] = {}
        self._images: frozenset[str] = frozenset(plan.images)
        self._latest: dict[str, Obj] = {}
        self._evicting: dict[str, Eviction] = {}
        self._terminated: dict[str, set[str]] = {}
        self._admitted = 0
        self.watch(self.pods, lambda pod: [key_of(pod)])
        self.look_at(own.cache)
        own.on_fault(self._on_fault)
        network.execute_by(plan.name, self.execute)

    def evict(self, pod: Obj, eviction: Eviction) -> None:
        """End this pod at once and for good, saying why."""
        self._evicting[uid_of(pod)] = eviction
        self.queue.add(key_of(pod))

    def execute(self, uid: str, container: str, command: Sequence[str]) -> Outcome | None:
        """Run a command in a container of this node; None if it does not run here."""
        key, run = next(((key, run) for key, run in self._runs.items() if run.uid == uid), ("", None))
        inside = run.runs.get(container) if run is not None else None
        if inside is None or inside.state is not State.RUNNING:
            return None
        outcome = outcome_of(command)
        if outcome.terminates:
            self._terminated.setdefault(uid, set()).add(inside.id)
            self.queue.add(key)
        return outcome

    # -------------------------------------------------------------- the cycle

    async def cycle(self, key: str) -> None:
        """One turn for one pod; on a node that has fallen silent, none until it is back."""
        if not self._own.is_silent:
            await super().cycle(key)

    def read_desired(self, key: str) -> Obj | None:
        """A pod bound to this node, as we last saw or wrote it."""
        seen, written = self.pods.get(key), self._latest.get(key)
        if seen is None or written is None or uid_of(seen) != uid_of(written):
            return seen
        return written if version_of(written) > version_of(seen) else seen

    def read_actual(self, pod: Obj) -> PodRun:
        """Its containers; a pod that is new here has none running yet."""
        run = self._runs.get(key_of(pod))
        return run if run is not None and run.uid == uid_of(pod) else self._admit(pod)

    def compare(self, pod: Obj, run: PodRun) -> Turn | None:
        """Everything that is due by now, and the status that follows from it."""
        if status_of(pod).get("phase") in ("Succeeded", "Failed") and not is_deleting(pod):
            return None
        now, stamp = self.clock.monotonic(), self.clock.stamp()
        if uid_of(pod) in self._evicting and not is_deleting(pod):
            return self._evicted(pod, run, now, stamp)
        said: list[tuple[str, Said]] = []
        pulled: set[str] = set()
        if is_deleting(pod):  # what has not started by now never will
            run, goodbyes = self._end(pod, run, now)
            said += goodbyes
        else:
            for container in pod["spec"]["containers"]:
                around = self._around(pod, run, container, now, stamp)
                after, news = self._step(pod, run, container["name"], around)
                run = replace(run, runs=run.runs | {container["name"]: after})
                said += [(container["name"], one) for one in news]
                pulled.update(container["image"] for one in news if one.reason == "Pulled")
        if run.stop_at <= now and not run.stopped:
            run = self._stop(pod, run, now, stamp)
        run = replace(run, crash_asked=annotations_of(pod).get(CRASH, ""))
        status = self._status(pod, run, now, stamp)
        return Turn(run, tuple(said), frozenset(pulled), status, remove=run.remove_at <= now)

    async def act(self, pod: Obj, turn: Turn) -> None:
        """Let it happen, say so, report it; and when all has ended, let the pod go."""
        key = key_of(pod)
        self._runs[key] = turn.run
        self._images |= turn.pulled
        self._programs.keep(pod, turn.run.ip, turn.run.runs, lambda: self.queue.add(key))
        for container, one in turn.said:
            self._recorder.event(pod, one.type, one.reason, one.message, container=container)
        if turn.status is not None:
            await self._report(pod, turn.status)
        if turn.remove:
            await self._remove(pod)
            self._runs[key] = replace(turn.run, remove_at=math.inf)

    def wait(self, pod: Obj, run: PodRun) -> float | None:
        """Until the next thing is due."""
        due = self._runs[key_of(pod)].due if key_of(pod) in self._runs else math.inf
        return max(0.001, due - self.clock.monotonic()) if due < math.inf else None

    def forget(self, key: str) -> None:
        """The pod is gone."""
        run = self._runs.pop(key, None)
        if run is not None:
            self._evicting.pop(run.uid, None)
            self._terminated.pop(run.uid, None)
        self._latest.pop(key, None)
        self._programs.forget(key)

    # -------------------------------------------------------------- comparing

    def _admit(self, pod: Obj) -> PodRun:
        """A new pod: draw its delays and give it an address; nothing has happened yet."""
        self._admitted += 1
        timing = self._delays.draw(random.Random(f"{self._seed}/{self.plan.name}/{self._admitted}"))
        network_at = self.clock.monotonic() + timing.network
        runs = {container["name"]: Run(due=network_at) for container in pod["spec"]["containers"]}
        ip = self.plan.pod_ip(self._admitted)
        return PodRun(uid_of(pod), ip, timing, network_at, runs, annotations_of(pod).get(CRASH, ""))

    def _around(self, pod: Obj, run: PodRun, container: Obj, now: float, stamp: str) -> Surroundings:
        return Surroundings(
            pod_id=f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})",
            ip=run.ip,
            container=container,
            behaviour=self._programs.behaviour(pod, container, run.runs[container["name"]]),
            timing=run.timing,
            images=self._images,
            restart_policy=pod["spec"].get("restartPolicy", "Always"),
            now=now,
            stamp=stamp,
        )

    def _step(self, pod: Obj, run: PodRun, name: str, around: Surroundings) -> tuple[Run, list[Said]]:
        container, said = advance(run.runs[name], around)
        asked = annotations_of(pod).get(CRASH, "")
        if asked and asked != run.crash_asked:
            container = crash(container, around)
        if container.id in self._terminated.get(uid_of(pod), ()):
            container = terminate(container, around)
        code = self._programs.exit_code(pod, container)
        if code is not None:
            container = crash(container, around, code)
        container, news = renew(container, around)
        return look_again(container, around), [*said, *news]

    def _end(self, pod: Obj, run: PodRun, now: float) -> tuple[PodRun, list[tuple[str, Said]]]:
        """Somebody asked for the pod to go: its containers get SIGTERM, and the grace period to end."""
        if run.stopped:
            return run, []
        grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        if run.stop_at < math.inf:
            return replace(run, stop_at=min(run.stop_at, now + grace)), []
        return replace(run, stop_at=now + min(run.timing.stop, grace)), self._killing(run)

    @staticmethod
    def _killing(run: PodRun) -> list[tuple[str, Said]]:
        running = [name for name, container in run.runs.items() if container.state is State.RUNNING]
        return [(name, Said("Normal", "Killing", f"Stopping container {name}")) for name in running]

    def _stop(self, pod: Obj, run: PodRun, now: float, stamp: str) -> PodRun:
        """The containers have ended: by themselves if the grace period was long enough, else killed."""
        in_time = run.timing.stop <= float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        ended = {
            container["name"]: stop(
                run.runs[container["name"]], self._around(pod, run, container, now, stamp), in_time=in_time
            )
            for container in pod["spec"]["containers"]
        }
        return replace(run, runs=ended, stop_at=math.inf, stopped=True, remove_at=now + run.timing.cleanup)

    def _evicted(self, pod: Obj, run: PodRun, now: float, stamp: str) -> Turn:
        """The pod has to go from here: its containers are killed, and its object stays, Failed, to tell of it."""
        eviction = self._evicting[uid_of(pod)]
        killed = self._stop(pod, run, now, stamp)
        report = Report(killed.runs, run.network_at <= now, True, run.ip, self.plan.ip, stamp)
        said = [*self._killing(run), ("", Said("Warning", "Evicted", eviction.why))]
        status = evicted_status(pod_status(pod, report), eviction, stamp)
        return Turn(replace(run, runs=killed.runs), tuple(said), frozenset(), status, remove=False)

    def _status(self, pod: Obj, run: PodRun, now: float, stamp: str) -> Obj | None:
        """The status to report, if it says anything new."""
        report = Report(run.runs, run.network_at <= now, run.stopped, run.ip, self.plan.ip, stamp)
        status = pod_status(pod, report)
        standing = status_of(pod)
        same = all(standing.get(part) == value for part, value in status.items() if part != "conditions")
        told = {c["type"]: c for c in standing.get("conditions") or ()}
        unchanged = all(told.get(c["type"]) == c for c in status["conditions"])
        return None if same and unchanged else status

    # -------------------------------------------------------------- acting

    def _on_fault(self) -> None:
        """A fault has begun or ended: nothing of what this node has or had here is as it was left.

        A silent node is a lost one: its containers go on, but nobody reaches them.
        """
        switch = self._network.cut_off if self._own.is_silent else self._network.rejoin
        switch(self.plan.pod_subnet)
        for key in {*map(key_of, self.pods), *self._runs}:
            self.queue.add(key)

    async def _report(self, pod: Obj, status: Obj) -> None:
        patch = {"metadata": {"uid": uid_of(pod)}, "status": status_patch(pod, status)}
        try:
            self._latest[key_of(pod)] = await self.client.patch(
                PODS, namespace_of(pod), name_of(pod), patch, subresource="status", kind="strategic-merge"
            )
        except ApiError as error:
            if error.status != 404:
                raise

    async def _remove(self, pod: Obj) -> None:
        """Nothing of the pod is left here: its object may go now."""
        try:
            await self.client.delete(PODS, pod, grace=0)
        except ApiError as error:
            if error.status not in (404, 409):
                raise
