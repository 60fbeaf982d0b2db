"""The programs in one node's running containers that can be spoken to, and what they make of their containers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from tui.sandbox.loops.behaviour import Behaviour, behaviour_of
from tui.sandbox.loops.container_run import Run, State
from tui.sandbox.loops.objects import Obj, annotations_of, key_of, name_of
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.podinfo import Podinfo, is_podinfo, is_told_to_fail, options_of, version_of_image


@dataclass(frozen=True)
class Running:
    """A program and the address it is reached at."""

    program: Podinfo
    ip: str


class Programs:
    """What runs on one node, by pod and by run of a container; each run starts it anew."""

    def __init__(self, network: PodNetwork) -> None:
        self._network = network
        self._running: dict[str, dict[str, Running]] = {}

    def behaviour(self, pod: Obj, container: Obj, run: Run) -> Behaviour:
        """What the container does: as its spec says, and as its program answers."""
        said, program = behaviour_of(pod, container), self._of(pod, run)
        if program is None:
            return said
        return replace(
            said,
            answers=said.answers and program.passes(container.get("readinessProbe")),
            lives=said.lives and program.passes(container.get("livenessProbe")),
        )

    def exit_code(self, pod: Obj, run: Run) -> int | None:
        """The code that the program in this run has ended with, if it has ended by itself."""
        program = self._of(pod, run)
        return None if program is None else program.exit_code

    def keep(self, pod: Obj, ip: str, runs: Mapping[str, Run], on_change: Callable[[], None]) -> None:
        """Start the programs of the containers that run, and end those of all others of this pod."""
        before = self._running.pop(key_of(pod), {})
        running: dict[str, Running] = {}
        for container in pod["spec"]["containers"]:
            run = runs[container["name"]]
            if run.state is State.RUNNING and is_podinfo(container):
                known = before.pop(run.id, None)
                running[run.id] = known or self._start(pod, container, run, ip, on_change)
                running[run.id].program.is_broken = is_told_to_fail(container, annotations_of(pod))
        self._end(before)
        if running:
            self._running[key_of(pod)] = running

    def forget(self, key: str) -> None:
        """The pod is gone, and its programs with it."""
        self._end(self._running.pop(key, {}))

    def _of(self, pod: Obj, run: Run) -> Podinfo | None:
        found = self._running.get(key_of(pod), {}).get(run.id)
        return found.program if found is not None else None

    def _start(self, pod: Obj, container: Obj, run: Run, ip: str, on_change: Callable[[], None]) -> Running:
        version, options = version_of_image(container["image"]), options_of(container)
        program = Podinfo(name_of(pod), version, options, on_change, Random(run.id))
        self._network.listen(ip, program)
        return Running(program, ip)

    def _end(self, ended: Mapping[str, Running]) -> None:
        for one in ended.values():
            self._network.hang_up(one.ip, one.program)
