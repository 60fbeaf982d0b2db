"""What a machine lacks for the workshop's kind cluster, and the command that helps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath

from tui.machines.engine import ANSWER_S, PROVIDER, Engine, find_engine
from tui.machines.machine import Machine, System
from tui.workshop import remedies

KIND_PUBLISHED_WITH = (0, 33, 0)
"""The kind release whose notes name the node image in kind-config.yaml."""
KIND_OLDEST = (0, 31, 0)
"""The first kind release that was published with images of Kubernetes 1.35."""

GB = 10**9
MEMORY_ENOUGH, MEMORY_LEAST = 4 * GB, 2 * GB
"""Bytes for four nodes and the shop; between the two it runs, and swaps."""
DISK_ENOUGH, DISK_LEAST = 10 * GB, 6 * GB
"""Bytes for the node image, of about 1 GB, and each of four nodes' own copy of the images in it."""
INOTIFY = {"max_user_watches": (524288, 65536), "max_user_instances": (512, 256)}
"""What kind's known issues ask for ("Pod errors due to too many open files"), and what four nodes can't do without:
more than the 8192 and 128 that older and stock kernels give."""


class Grade(Enum):
    """How bad a finding is: a warning may do, what is missing will not."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at the machine: what was looked at, what was found, and what to do about it ("" when fine)."""

    subject: str
    grade: Grade
    found: str
    fix: str = ""


async def checks(machine: Machine | None = None) -> list[Finding]:
    """Everything kind and the workshop need, looked at on this machine; changes nothing."""
    machine = machine or Machine()
    engine = await find_engine(machine)
    findings = [_engine(machine, engine), await _kind(machine)]
    if engine and not engine.problem:
        findings += _control_groups(machine, engine)
        findings.append(_memory(machine, engine))
    findings += _inotify(machine, engine)
    return [*findings, _disk(machine, engine), _port(machine), await _kubectl(machine)]


def exit_code(findings: Iterable[Finding]) -> int:
    """1 when something is missing; warnings are no reason."""
    return int(any(finding.grade is Grade.MISSING for finding in findings))


def render(findings: Sequence[Finding]) -> list[str]:
    """The findings as plain lines, each remedy below its finding, and a closing line that says what now."""
    width = max((len(finding.subject) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.grade.value:<8} {finding.subject:<{width}}  {finding.found}")
        if finding.fix:
            lines.append(f"{'':<8} {'':<{width}}  try: {finding.fix}")
    missing = [finding.subject for finding in findings if finding.grade is Grade.MISSING]
    lines.append(f"Missing: {', '.join(missing)}." if missing else "Ready for: gapwatch workshop up")
    return lines


def _engine(machine: Machine, engine: Engine | None) -> Finding:
    if engine is None:
        wanted = machine.environ.get(PROVIDER)
        found = (
            f"{wanted} is not installed, and {PROVIDER} asks for it"
            if wanted
            else "neither docker nor podman"
        )
        return Finding("container engine", Grade.MISSING, found, remedies.install_engine(machine))
    if engine.problem:
        return Finding(engine.name, Grade.MISSING, engine.problem, remedies.start_engine(machine, engine))
    return Finding(engine.name, Grade.OK, f"version {engine.version} answers")


def _control_groups(machine: Machine, engine: Engine) -> list[Finding]:
    """From Kubernetes 1.35 a kubelet does not start on cgroup v1 (KEP 5573); an engine may not tell."""
    if not engine.cgroup:
        return []
    if engine.cgroup == "2":
        return [Finding("cgroups", Grade.OK, "version 2")]
    found = f"version {engine.cgroup}, on which the kubelet of Kubernetes 1.35 does not start"
    return [Finding("cgroups", Grade.MISSING, found, remedies.cgroup_v2(machine))]


async def _kind(machine: Machine) -> Finding:
    said = await _ask(machine, "kind", "version")
    install = remedies.install_kind(machine, _dotted(KIND_PUBLISHED_WITH))
    if said is None:
        return Finding("kind", Grade.MISSING, "not on the PATH", install)
    version = re.search(r"v?(\d+)\.(\d+)\.(\d+)", said)
    if version is None:
        return Finding("kind", Grade.WARNING, "does not say which version it is", install)
    number = tuple(map(int, version.groups()))
    if number < KIND_OLDEST:
        found = f"{_dotted(number)} is older than Kubernetes 1.35, which it is to run"
        return Finding("kind", Grade.MISSING, found, install)
    if number < KIND_PUBLISHED_WITH:
        found = (
            f"{_dotted(number)} should do; the node image was published with {_dotted(KIND_PUBLISHED_WITH)}"
        )
        return Finding("kind", Grade.WARNING, found, install)
    return Finding("kind", Grade.OK, _dotted(number))


def _memory(machine: Machine, engine: Engine) -> Finding:
    """What the engine may use, and no more of it than is free where it shares the machine's memory."""
    usable, found = engine.memory_bytes, f"{engine.memory_bytes / GB:.1f} GB for {engine.name}"
    free = None if engine.own_kernel else _free_memory(machine)
    if free is not None:
        usable, found = min(usable or free, free), f"{free / GB:.1f} GB free"
    if not usable:
        return Finding("memory", Grade.WARNING, f"{engine.name} does not say how much it may use")
    if usable >= MEMORY_ENOUGH:
        return Finding("memory", Grade.OK, found)
    grade = Grade.WARNING if usable >= MEMORY_LEAST else Grade.MISSING
    return Finding(
        "memory", grade, f"{found}, {MEMORY_ENOUGH // GB} GB are wanted", remedies.memory(machine, engine)
    )


def _free_memory(machine: Machine) -> int | None:
    """MemAvailable in bytes, or None where there is no /proc/meminfo."""
    try:
        available = re.search(r"^MemAvailable:\s+(\d+) kB$", machine.read("/proc/meminfo"), re.MULTILINE)
    except OSError:
        return None
    return int(available[1]) * 1024 if available else None


def _inotify(machine: Machine, engine: Engine | None) -> list[Finding]:
    """Limits of the kernel that the nodes will share: ours on Linux and WSL, out of sight in a virtual machine."""
    elsewhere = engine is not None and engine.own_kernel and machine.system is not System.WSL
    if elsewhere or machine.system not in (System.LINUX, System.WSL):
        return []
    findings = []
    for name, (wanted, least) in INOTIFY.items():
        subject = f"inotify {name.removeprefix('max_user_')}"
        try:
            limit = int(machine.read(f"/proc/sys/fs/inotify/{name}"))
        except (OSError, ValueError):
            findings.append(Finding(subject, Grade.WARNING, f"fs.inotify.{name} can't be read"))
            continue
        if limit >= wanted:
            findings.append(Finding(subject, Grade.OK, str(limit)))
        else:
            grade = Grade.WARNING if limit >= least else Grade.MISSING
            found = f'{limit}, {wanted} are wanted: pods may fail with "too many open files"'
            findings.append(Finding(subject, grade, found, f"sudo sysctl fs.inotify.{name}={wanted}"))
    return findings


def _disk(machine: Machine, engine: Engine | None) -> Finding:
    """Free space where the engine keeps images, or around there; its own disk, if it has one, lies on ours."""
    root = engine.root if engine and not engine.own_kernel else ""
    path = PurePath(root or ".")
    for place in (path, *path.parents):
        try:
            free = machine.free_bytes(str(place))
        except OSError:
            continue
        found = f"{free / GB:.1f} GB free at {place}" if root else f"{free / GB:.1f} GB free"
        if free >= DISK_ENOUGH:
            return Finding("disk", Grade.OK, found)
        grade = Grade.WARNING if free >= DISK_LEAST else Grade.MISSING
        fix = f"{engine.name} system prune" if engine else "df -h"
        return Finding("disk", grade, f"{found}, {DISK_ENOUGH // GB} GB are wanted", fix)
    return Finding("disk", Grade.WARNING, "free space can't be read")


def _port(machine: Machine) -> Finding:
    try:
        machine.free_loopback_port()
    except OSError as error:
        found = f"no port to be had on 127.0.0.1: {error.strerror or error}"
        return Finding("loopback port", Grade.MISSING, found, remedies.loopback(machine))
    return Finding("loopback port", Grade.OK, "free ones on 127.0.0.1")


async def _kubectl(machine: Machine) -> Finding:
    said = await _ask(machine, "kubectl", "version", "--client")
    version = re.search(r"v\d+\.\d+\.\d+", said or "")
    if said is None:
        found = "not on the PATH; gapwatch does without, some lessons use it"
        return Finding("kubectl", Grade.WARNING, found, remedies.install_kubectl(machine))
    return Finding("kubectl", Grade.OK, version[0] if version else "found")


async def _ask(machine: Machine, *argv: str) -> str | None:
    """What a program writes, or None when it can't be run."""
    try:
        finished = await machine.run(argv, timeout_s=ANSWER_S)
    except (OSError, TimeoutError):
        return None
    return finished.out


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))
