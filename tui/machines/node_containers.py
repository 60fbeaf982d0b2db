"""The nodes of a kind cluster as what they are: containers of an engine, that can be paused and whose disk can fill.

kind names the container as Kubernetes names the node, and marks it with labels; nothing without them is touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tui.clean import one_line
from tui.machines import eviction
from tui.machines.engine import ANSWER_S
from tui.machines.inspected import Life, State, says_missing, states
from tui.machines.node_errors import (
    DiskNotFilled,
    EngineFailed,
    NodeAbsent,
    NodeContainerError,
    NoDiskPressure,
    NotANode,
    NotRunning,
)
from tui.machines.process import Finished, Runner, run

BALLAST = "/var/lib/kubelet/gapwatch-ballast"
"""The one file that fills a disk, in the node's container."""

MARGIN_BYTES = 64 * 2**20
"""So far below the threshold a disk is filled: logs and images come and go on it all the time."""

_KUBELET = "/var/lib/kubelet"
_LOOK = "see how the engine is: gapwatch workshop doctor"
_GB = 10**9
_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_DF = re.compile(r"\s(?P<size>\d+)\s+\d+\s+(?P<free>\d+)\s+(?:\d+%|-)\s")
_LOG_LINE = re.compile(r"time=\S+ level=")


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk below a kubelet, in bytes. All nodes of a kind cluster share it with the machine they run on."""

    size: int
    free: int
    """As the kubelet counts it: what others than root may still write."""
    threshold: int
    """With less than this free, the kubelet reports DiskPressure."""
    ballast: int
    """What of it is taken by our file; 0 when it had less free than the threshold without us."""


class NodeContainers:
    """The nodes of kind that one engine keeps: "docker", "podman", "nerdctl" or "finch", as find_engine names it.

    Every method may raise EngineFailed; all but `find` raise NodeAbsent and NotANode too.
    """

    def __init__(self, engine: str, run: Runner = run) -> None:
        self.engine = engine
        self._run = run

    async def find(self, nodes: Sequence[str]) -> dict[str, State]:
        """The state of each of these nodes, in the same order.

        One call, unless some are absent: nerdctl then tells nothing of the others, and is asked once more.
        """
        found = {node: State(Life.ABSENT) for node in nodes if not _CONTAINER_NAME.fullmatch(node)}
        while asked := [node for node in dict.fromkeys(nodes) if node not in found]:
            found |= await self._inspect(asked)
        return {node: found[node] for node in nodes}

    async def pause(self, name: str) -> None:
        """Freezes all that runs on the node; one that is paused already stays so. NotRunning when it is stopped."""
        await self._bring(name, "pause", Life.PAUSED)

    async def unpause(self, name: str) -> None:
        """Lets the node run on; one that runs already goes on. NotRunning when it is stopped."""
        await self._bring(name, "unpause", Life.RUNNING)

    async def disk(self, name: str) -> Disk:
        """The disk below that node's kubelet as it is now; NoDiskPressure when it heeds no threshold."""
        tried = f"look at the disk of {name}"
        disk, _ = await self._heeded(await self._running(name, tried), tried)
        return disk

    async def fill_disk(self, name: str, *, limit_bytes: int, until_free_fraction: float) -> Disk:
        """Writes a file as large as it takes for the kubelet to report DiskPressure, and returns the disk after it.

        Raises DiskNotFilled, with nothing left behind, when our file would be larger than `limit_bytes`, when less
        than `until_free_fraction` (0 to 1) of the disk would stay free, and when the file can't be written;
        NoDiskPressure when the kubelet heeds no threshold. A disk that is too full already is left as it is. Again on
        a filled one, it fills up what has been freed. After a cancellation, `free_disk` puts things right.
        """
        tried = f"fill the disk of {name}"
        node = await self._running(name, tried)
        disk, written = await self._heeded(node, tried)
        if disk.free < disk.threshold:
            return disk
        leave = disk.threshold - min(MARGIN_BYTES, disk.threshold // 2)
        size = disk.ballast + disk.free - leave
        if leave < until_free_fraction * disk.size:
            raise DiskNotFilled(
                tried,
                f"only {_gb(leave)} of {_gb(disk.size)} would stay free, and {_gb(until_free_fraction * disk.size)} "
                "have to",
                f"its kubelet has {eviction.SIGNAL} {written} in evictionHard, and the disk is this machine's too",
            )
        if size > limit_bytes:
            raise DiskNotFilled(
                tried,
                f"it takes {_gb(size)} until only {written} are free, and {_gb(limit_bytes)} is the limit",
                "the disk is shared by all nodes and this machine",
            )
        return await self._write(node, tried, size, written)

    async def free_disk(self, name: str) -> None:
        """Removes what `fill_disk` wrote, and looks that it is gone. NotRunning when the node is paused or stopped.

        The kubelet keeps DiskPressure for its evictionPressureTransitionPeriod after that, 5 minutes by default.
        """
        tried = f"free the disk of {name}"
        node = await self._running(name, tried)
        await self._exec(node, tried, "rm", "-f", BALLAST)
        if left := await self._ballast(node, tried):
            raise EngineFailed(tried, f"{_gb(left)} are still there", self._by_hand(name))

    async def ballast(self, name: str) -> int:
        """How many bytes of the node's disk our file takes; 0 without one. NotRunning when paused or stopped."""
        tried = f"look for ballast on {name}"
        return await self._ballast(await self._running(name, tried), tried)

    async def _inspect(self, nodes: Sequence[str]) -> dict[str, State]:
        """What one call tells of them: of at least one."""
        tried = " ".join((self.engine, "container inspect", *nodes))
        finished = await self._ask(tried, "container", "inspect", *nodes)
        try:
            told = states(finished.out)
        except ValueError as error:
            if not finished.code:
                raise EngineFailed(tried, f"no JSON: {finished.out[:80]}", _LOOK) from error
            told = {}  # nerdctl writes nothing when one of several is missing
        told = {node: told[node] for node in nodes if node in told}
        # An engine that is content, but names none so, has found another container by its id.
        gone = [n for n in nodes if n not in told and (not finished.code or says_missing(n, finished.err))]
        told |= dict.fromkeys(gone, State(Life.ABSENT))
        if not told:
            raise EngineFailed(tried, finished.reason, _LOOK)
        return told

    async def _node(self, name: str, tried: str) -> State:
        """The state of a container that is there and was made by kind."""
        state = (await self.find([name]))[name]
        if state.life is Life.ABSENT:
            hint = f"is the cluster deleted, or kept by another engine? {self.engine} ps --all"
            raise NodeAbsent(tried, f"{self.engine} has no container of that name", hint)
        if not state.cluster:
            raise NotANode(tried, "that container is no node of a kind cluster", "nothing was done to it")
        return state

    async def _running(self, name: str, tried: str) -> State:
        """The same, running: the engines refuse to start a program in a paused container, or wait for ever."""
        state = await self._node(name, tried)
        if state.life is Life.PAUSED:
            raise NotRunning(
                tried, "its container is paused, and nothing can run in it", self._by_verb("unpause", name)
            )
        if state.life is Life.STOPPED:
            raise NotRunning(tried, "its container is stopped", self._by_verb("start", name))
        return state

    async def _bring(self, name: str, verb: str, wanted: Life) -> None:
        tried = f"{verb} {name}"
        before = await self._node(name, tried)
        if before.life is wanted:
            return
        if before.life is Life.STOPPED:
            raise NotRunning(tried, "its container is stopped", self._by_verb("start", name))
        try:
            finished = await self._ask(tried, verb, before.container)
            said = finished.reason if finished.code else ""
        except EngineFailed as error:
            said = error.said
        after = (await self.find([name]))[name]
        if (after.life, after.container) != (wanted, before.container):
            raise EngineFailed(
                tried, said or f"done, said {self.engine}, but it is {after.life.value}", _LOOK
            )

    async def _heeded(self, node: State, tried: str) -> tuple[Disk, str]:
        """The disk, and its kubelet's threshold as it is written; NoDiskPressure when that is none."""
        written = await self._threshold(node, tried)
        disk = await self._disk(node, tried, written)
        if not disk.threshold:
            raise NoDiskPressure(
                tried,
                f"DiskPressure can't happen on it: its kubelet has {eviction.SIGNAL} {written} in evictionHard, which "
                "switches the signal off",
                "kind does so because all its nodes share one disk with this machine; "
                "let a pod outgrow its limit of ephemeral-storage instead",
            )
        return disk, written

    async def _threshold(self, node: State, tried: str) -> str:
        config = await self._exec(node, tried, "cat", f"{_KUBELET}/config.yaml")
        flags = await self._ask(tried, "exec", node.container, "cat", f"{_KUBELET}/kubeadm-flags.env")
        try:
            written = eviction.disk_threshold(config, "" if flags.code else flags.out)
            eviction.threshold_bytes(written, 0)
        except ValueError as error:
            raise DiskNotFilled(
                tried, f"its {_KUBELET}/config.yaml can't be read: {error}", "was it edited by hand?"
            ) from error
        return written

    async def _disk(self, node: State, tried: str, written: str) -> Disk:
        out = await self._exec(node, tried, "df", "-P", "-B1", _KUBELET)
        line = _DF.search(out.strip().rpartition("\n")[2])
        if line is None:
            raise DiskNotFilled(tried, f"df wrote: {out}", "is it a node image of kind's?")
        size = int(line["size"])
        threshold = eviction.threshold_bytes(written, size)
        return Disk(size, int(line["free"]), threshold, await self._ballast(node, tried))

    async def _ballast(self, node: State, tried: str) -> int:
        """find, and not stat, because it is content when there is no such file."""
        argv = ("find", _KUBELET, "-maxdepth", "1", "-name", BALLAST.rpartition("/")[2], "-printf", "%s")
        out = await self._exec(node, tried, *argv)
        if out and not out.isdecimal():
            raise EngineFailed(tried, f"find wrote: {out}", "is it a node image of kind's?")
        return int(out or 0)

    async def _write(self, node: State, tried: str, size: int, written: str) -> Disk:
        try:
            await self._exec(node, tried, "fallocate", "-l", str(size), BALLAST)
            disk = await self._disk(node, tried, written)
        except NodeContainerError as error:
            raise DiskNotFilled(tried, error.said, await self._cleared(node, tried)) from error
        if disk.free >= disk.threshold:
            said = f"after {_gb(size)} {_gb(disk.free)} are free, not less than {_gb(disk.threshold)}"
            raise DiskNotFilled(tried, said, await self._cleared(node, tried))
        return disk

    async def _cleared(self, node: State, tried: str) -> str:
        """Removes the file after a failure, and says whether it is gone."""
        try:
            await self._exec(node, tried, "rm", "-f", BALLAST)
        except EngineFailed:
            return f"and {BALLAST} may be left: {self._by_hand(node.container[:12])}"
        return "what was written is removed again"

    async def _exec(self, node: State, tried: str, *argv: str) -> str:
        """What the program wrote in the node's container; EngineFailed with its first complaint when it failed.

        The first one that is no log line of the engine's: docker adds advertisements, nerdctl the exit code.
        """
        finished = await self._ask(tried, "exec", node.container, *argv)
        if finished.code:
            lines = [line for line in map(one_line, finished.err.splitlines()) if line]
            said = next((line for line in lines if not _LOG_LINE.match(line)), finished.reason)
            raise EngineFailed(tried, f"{argv[0]} in its container: {said}", _LOOK)
        return finished.out

    async def _ask(self, tried: str, *argv: str) -> Finished:
        try:
            return await self._run((self.engine, *argv), timeout_s=ANSWER_S)
        except FileNotFoundError as error:
            raise EngineFailed(tried, f"there is no {self.engine} on the PATH", _LOOK) from error
        except TimeoutError as error:  # an OSError too
            said = f"no answer from {self.engine} in {ANSWER_S:.0f} s"
            raise EngineFailed(tried, said, _LOOK) from error
        except OSError as error:
            raise EngineFailed(tried, f"{self.engine}: {error.strerror or error}", _LOOK) from error

    def _by_verb(self, verb: str, name: str) -> str:
        return f"first: {self.engine} {verb} {name}"

    def _by_hand(self, container: str) -> str:
        return f"by hand: {self.engine} exec {container} rm -f {BALLAST}"


def _gb(count: float) -> str:
    return f"{count / _GB:.1f} GB"
