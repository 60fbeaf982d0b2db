"""The container engine that kind would use, and what it says about itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui.clean import one_line
from tui.machines.machine import Machine
from tui.machines.process import Finished

PROVIDER = "KIND_EXPERIMENTAL_PROVIDER"
ANSWER_S = 20.0

# What -v has to start with for kind to take a program for the engine of that name (kind v0.33, pkg/cluster/internal/
# providers/*/util.go): podman's stand-in for docker says "podman version", and is passed over.
_SAYS = {
    "docker": "Docker version",
    "nerdctl": "nerdctl version",
    "finch": "finch version",
    "podman": "podman version",
    "nerdctl.lima": "nerdctl version",
}
_LOOKED_FOR = ("docker", "nerdctl", "finch", "podman")
"""In kind's order; the first that is installed is used, whether it answers or not."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that is installed. `problem` is why it does not answer, or ""; then the rest is empty."""

    name: str
    problem: str = ""
    version: str = ""
    memory_bytes: int = 0
    """What the engine may use: the whole machine, or the virtual machine it keeps."""
    cgroup: str = ""
    """The version of the control groups, 1 or 2; empty when it does not say."""
    root: str = ""
    """Where it keeps images and containers, as seen by the engine."""
    own_kernel: bool = False
    """Whether it runs in a virtual machine of its own (Docker Desktop, podman machine)."""


async def find_engine(machine: Machine) -> Engine | None:
    """The engine kind would use, by KIND_EXPERIMENTAL_PROVIDER or as the first that is installed; or None."""
    wanted = machine.environ.get(PROVIDER, "")
    for name in (wanted,) if wanted in _SAYS else _LOOKED_FOR:
        if await _is_installed(machine, name):
            return await _ask(machine, name)
    return None


async def _is_installed(machine: Machine, name: str) -> bool:
    finished = await _run(machine, name, "-v")
    return finished is not None and finished.out.startswith(_SAYS[name])


async def _run(machine: Machine, *argv: str) -> Finished | None:
    """What the program said, or None when it could not be started or did not end in time."""
    try:
        return await machine.run(argv, timeout_s=ANSWER_S)
    except (OSError, TimeoutError):
        return None


async def _ask(machine: Machine, name: str) -> Engine:
    finished = await _run(machine, name, "info", "--format", "json" if name == "podman" else "{{json .}}")
    if finished is None:
        return Engine(name, problem=f"no answer to `{name} info` in {ANSWER_S:.0f} s")
    try:
        info = json.loads(finished.out)
    except ValueError:
        info = None
    if finished.code or not isinstance(info, dict):
        return Engine(name, problem=finished.reason)
    return _podman(info) if name == "podman" else _docker(name, info, finished)


def _docker(name: str, info: Mapping[str, Any], finished: Finished) -> Engine:
    """`docker info` ends well without a daemon too, with nothing in it; nerdctl uses docker's field names."""
    if not info.get("ServerVersion"):
        said = [str(error) for error in info.get("ServerErrors") or []]
        return Engine(name, problem=one_line(" ".join(said)) or finished.reason)
    return Engine(
        name,
        version=one_line(str(info["ServerVersion"])),
        memory_bytes=int(info.get("MemTotal") or 0),
        cgroup=str(info.get("CgroupVersion") or ""),
        root=str(info.get("DockerRootDir") or ""),
        own_kernel=info.get("OperatingSystem") == "Docker Desktop",
    )


def _podman(info: Mapping[str, Any]) -> Engine:
    host, store, version = (info.get(part) or {} for part in ("host", "store", "version"))
    return Engine(
        "podman",
        version=one_line(str(version.get("Version") or "")),
        memory_bytes=int(host.get("memTotal") or 0),
        cgroup=str(host.get("cgroupVersion") or "").removeprefix("v"),
        root=str(store.get("graphRoot") or ""),
        own_kernel=bool(host.get("serviceIsRemote")),
    )
