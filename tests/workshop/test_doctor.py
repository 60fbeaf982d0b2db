"""The doctor on machines that lack one thing at a time; none of them is this one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tui.machines.machine import Machine, System
from tui.machines.process import Finished
from tui.workshop.doctor import GB, Finding, Grade, checks, exit_code, render

from .fakes import FakeRunner

Answers = dict[str, Finished | BaseException]

DOCKER = {
    "ServerVersion": "29.0.1",
    "MemTotal": 16 * GB,
    "CgroupVersion": "2",
    "DockerRootDir": "/var/lib/docker",
    "OperatingSystem": "Debian GNU/Linux 13",
}
PODMAN: dict[str, Any] = {
    "host": {"memTotal": 16 * GB, "cgroupVersion": "v2", "serviceIsRemote": False},
    "store": {"graphRoot": "/home/me/.local/share/containers/storage"},
    "version": {"Version": "5.6.0"},
}
FILES = {
    "/proc/version": "Linux version 6.12 (Debian)",
    "/proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable:   12000000 kB\n",
    "/proc/sys/fs/inotify/max_user_watches": "524288\n",
    "/proc/sys/fs/inotify/max_user_instances": "512\n",
}
WSL = "Linux version 6.6.87.2-microsoft-standard-WSL2"


def docker(**changes: Any) -> Answers:
    return {
        "docker -v": Finished(0, "Docker version 29.0.1, build abc\n"),
        "docker info": Finished(0, json.dumps(DOCKER | changes)),
    }


def podman(**changes: Any) -> Answers:
    host = PODMAN["host"] | changes
    return {
        "podman -v": Finished(0, "podman version 5.6.0\n"),
        "podman info": Finished(0, json.dumps(PODMAN | {"host": host})),
    }


TOOLS: Answers = {
    "kind version": Finished(0, "kind v0.33.0 go1.26.4 linux/amd64\n"),
    "kubectl version": Finished(0, "Client Version: v1.35.2\nKustomize Version: v5.7.1\n"),
}


def machine(
    answers: Answers | None = None,
    *,
    files: Mapping[str, str] | None = None,
    free: int | OSError = 100 * GB,
    port: int | OSError = 40001,
    **rest: Any,
) -> Machine:
    """A fine machine with docker, but for what is given."""
    known = FILES | dict(files or {})

    def read(path: str) -> str:
        if not known.get(path):
            raise FileNotFoundError(path)
        return known[path]

    def free_bytes(path: str) -> int:
        if isinstance(free, OSError):
            raise free
        return free

    def free_loopback_port() -> int:
        if isinstance(port, OSError):
            raise port
        return port

    settings = {"environ": {}, "kernel": "Linux", "architecture": "x86_64"} | rest
    return Machine(
        run=FakeRunner(TOOLS | docker() if answers is None else answers),
        read=read,
        free_bytes=free_bytes,
        free_loopback_port=free_loopback_port,
        **settings,
    )


async def finding(subject: str, on: Machine) -> Finding:
    (found,) = [finding for finding in await checks(on) if finding.subject == subject]
    return found


async def test_a_machine_that_has_everything() -> None:
    findings = await checks(machine())
    assert {finding.grade for finding in findings} == {Grade.OK}
    assert not any(finding.fix for finding in findings)
    assert [finding.subject for finding in findings] == [
        "docker",
        "kind",
        "cgroups",
        "memory",
        "inotify watches",
        "inotify instances",
        "disk",
        "loopback port",
        "kubectl",
    ]
    assert exit_code(findings) == 0
    assert render(findings)[-1] == "Ready for: gapwatch workshop up"


async def test_a_machine_that_has_nothing() -> None:
    findings = await checks(
        machine({}, files=dict.fromkeys(FILES, ""), free=OSError("no"), port=OSError(99, "Cannot assign"))
    )
    assert exit_code(findings) == 1
    lines = render(findings)
    assert lines[-1] == "Missing: container engine, kind, loopback port."
    for bad in (finding for finding in findings if finding.grade is Grade.MISSING):
        assert bad.fix
        assert any(line.endswith(f"try: {bad.fix}") for line in lines)


def test_warnings_alone_are_no_reason_to_stop() -> None:
    only_warned = [Finding("memory", Grade.WARNING, "3.0 GB free", "close other programs")]
    assert exit_code(only_warned) == 0
    assert render(only_warned) == [
        "warning  memory  3.0 GB free",
        "                 try: close other programs",
        "Ready for: gapwatch workshop up",
    ]


NO_DAEMON = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
)
NO_RIGHT = "permission denied while trying to connect to the Docker daemon socket"


@pytest.mark.parametrize(
    ("info", "files", "problem", "fix"),
    [
        (
            Finished(0, json.dumps({"ServerVersion": ""}), NO_DAEMON),
            {},
            NO_DAEMON,
            "sudo systemctl start docker",
        ),
        (Finished(1, "", NO_DAEMON), {}, NO_DAEMON, "sudo systemctl start docker"),
        (Finished(1, "", NO_DAEMON), {"/proc/version": WSL}, NO_DAEMON, "sudo service docker start"),
        (
            Finished(0, json.dumps({"ServerErrors": [NO_RIGHT]})),
            {},
            NO_RIGHT,
            "sudo usermod -aG docker $USER && newgrp docker",
        ),
        (TimeoutError(), {}, "no answer to `docker info` in 20 s", "sudo systemctl start docker"),
    ],
    ids=["empty answer", "error", "WSL", "no right", "hangs"],
)
async def test_a_docker_that_does_not_answer(
    info: Finished | BaseException, files: Mapping[str, str], problem: str, fix: str
) -> None:
    silent = TOOLS | docker() | {"docker info": info}
    found = await finding("docker", machine(silent, files=files))
    assert (found.grade, found.found) == (Grade.MISSING, problem)
    assert found.fix.startswith(fix)


async def test_a_docker_that_does_not_answer_on_a_mac() -> None:
    silent = TOOLS | docker() | {"docker info": Finished(1, "", NO_DAEMON)}
    assert (await finding("docker", machine(silent, kernel="Darwin"))).fix == "open -a Docker"


async def test_podman_serves_where_there_is_no_docker() -> None:
    assert (await finding("podman", machine(TOOLS | podman()))).found == "version 5.6.0 answers"


async def test_podman_in_dockers_clothes_is_podman_to_kind() -> None:
    disguised = TOOLS | podman() | {"docker -v": Finished(0, "podman version 5.6.0\n")}
    assert (await finding("podman", machine(disguised))).grade is Grade.OK


async def test_the_provider_that_is_asked_for_is_the_one_looked_at() -> None:
    both = TOOLS | docker() | podman()
    wants_podman = {"KIND_EXPERIMENTAL_PROVIDER": "podman"}
    assert (await finding("podman", machine(both, environ=wants_podman))).grade is Grade.OK
    found = await finding("container engine", machine(TOOLS | docker(), environ=wants_podman))
    assert found.found == "podman is not installed, and KIND_EXPERIMENTAL_PROVIDER asks for it"
    assert found.fix == "install podman, or: unset KIND_EXPERIMENTAL_PROVIDER"


async def test_a_provider_that_kind_does_not_know_is_ignored_as_kind_does() -> None:
    found = await finding("docker", machine(environ={"KIND_EXPERIMENTAL_PROVIDER": "rkt"}))
    assert found.grade is Grade.OK


@pytest.mark.parametrize(
    ("said", "grade"),
    [
        ("kind v0.34.1-alpha+abc go1.27 linux/amd64", Grade.OK),
        ("kind v0.33.0 go1.26 linux/amd64", Grade.OK),
        ("kind v0.31.0 go1.25 linux/amd64", Grade.WARNING),
        ("kind v0.30.0 go1.25 linux/amd64", Grade.MISSING),
        ("kind v0.9.0 go1.15 linux/amd64", Grade.MISSING),
        ("", Grade.WARNING),
    ],
)
async def test_kinds_version(said: str, grade: Grade) -> None:
    answers = TOOLS | docker() | {"kind version": Finished(0, said)}
    assert (await finding("kind", machine(answers))).grade is grade


@pytest.mark.parametrize(
    ("kernel", "architecture", "fix"),
    [
        (
            "Linux",
            "aarch64",
            "curl -fLo kind https://kind.sigs.k8s.io/dl/v0.33.0/kind-linux-arm64"
            " && sudo install kind /usr/local/bin/",
        ),
        ("Linux", "riscv64", "go install sigs.k8s.io/kind@v0.33.0"),
        ("Darwin", "arm64", "brew install kind"),
        ("Windows", "AMD64", "go install sigs.k8s.io/kind@v0.33.0"),
    ],
)
async def test_how_to_get_kind(kernel: str, architecture: str, fix: str) -> None:
    found = await finding("kind", machine(docker(), kernel=kernel, architecture=architecture))
    assert (found.grade, found.found, found.fix) == (Grade.MISSING, "not on the PATH", fix)


@pytest.mark.parametrize(
    ("on", "grade", "says"),
    [
        (machine(files={"/proc/meminfo": "MemAvailable: 3000000 kB"}), Grade.WARNING, "3.1 GB free"),
        (machine(files={"/proc/meminfo": "MemAvailable: 1000000 kB"}), Grade.MISSING, "1.0 GB free"),
        (machine(TOOLS | docker(MemTotal=3 * GB)), Grade.WARNING, "12.3 GB free"),
        (machine(files={"/proc/meminfo": ""}), Grade.OK, "16.0 GB for docker"),
        (
            machine(TOOLS | docker(MemTotal=2 * GB, OperatingSystem="Docker Desktop"), kernel="Darwin"),
            Grade.WARNING,
            "2.0 GB for docker, 4 GB are wanted",
        ),
        (
            machine(TOOLS | podman(memTotal=1 * GB, serviceIsRemote=True), kernel="Darwin"),
            Grade.MISSING,
            "1.0 GB for podman",
        ),
        (
            machine(TOOLS | docker(MemTotal=0), kernel="Darwin", files={"/proc/meminfo": ""}),
            Grade.WARNING,
            "not say",
        ),
    ],
    ids=["low", "too low", "engine limited", "no meminfo", "Docker Desktop", "podman machine", "unknown"],
)
async def test_memory_is_what_the_engine_may_use_and_what_is_free(
    on: Machine, grade: Grade, says: str
) -> None:
    found = await finding("memory", on)
    assert found.grade is grade
    assert says in found.found


@pytest.mark.parametrize(("version", "grade"), [("2", Grade.OK), ("1", Grade.MISSING)])
async def test_control_groups(version: str, grade: Grade) -> None:
    assert (await finding("cgroups", machine(TOOLS | docker(CgroupVersion=version)))).grade is grade


@pytest.mark.parametrize(("limit", "grade"), [(128, Grade.MISSING), (256, Grade.WARNING), (512, Grade.OK)])
async def test_inotify_limits(limit: int, grade: Grade) -> None:
    found = await finding(
        "inotify instances", machine(files={"/proc/sys/fs/inotify/max_user_instances": f"{limit}\n"})
    )
    assert found.grade is grade
    assert found.fix == ("" if grade is Grade.OK else "sudo sysctl fs.inotify.max_user_instances=512")


@pytest.mark.parametrize(
    ("on", "looked_at"),
    [
        (machine(), True),
        (machine(files={"/proc/version": WSL}), True),
        (machine(TOOLS | docker(OperatingSystem="Docker Desktop")), False),
        (machine(TOOLS | docker(OperatingSystem="Docker Desktop"), files={"/proc/version": WSL}), True),
        (machine(kernel="Darwin"), False),
        (machine(kernel="Windows"), False),
    ],
    ids=["Linux", "WSL", "Docker Desktop on Linux", "Docker Desktop on WSL", "macOS", "Windows"],
)
async def test_inotify_is_looked_at_only_where_the_nodes_share_our_kernel(
    on: Machine, looked_at: bool
) -> None:
    assert any(finding.subject.startswith("inotify") for finding in await checks(on)) is looked_at


async def test_an_inotify_limit_that_cannot_be_read_is_a_warning_and_no_zero() -> None:
    found = await finding("inotify watches", machine(files={"/proc/sys/fs/inotify/max_user_watches": ""}))
    assert (found.grade, found.found) == (Grade.WARNING, "fs.inotify.max_user_watches can't be read")


@pytest.mark.parametrize(
    ("free", "grade"), [(5 * GB, Grade.MISSING), (8 * GB, Grade.WARNING), (10 * GB, Grade.OK)]
)
async def test_disk_space(free: int, grade: Grade) -> None:
    found = await finding("disk", machine(free=free))
    assert found.grade is grade
    assert found.fix == ("" if grade is Grade.OK else "docker system prune")
    assert "/var/lib/docker" in found.found


async def test_disk_space_of_the_nearest_folder_that_can_be_read() -> None:
    def free_bytes(path: str) -> int:
        if path == "/var/lib/docker":
            raise PermissionError(path)
        return 80 * GB

    fine = machine()
    on = Machine(fine.run, fine.environ, "Linux", "x86_64", fine.read, free_bytes, fine.free_loopback_port)
    assert (await finding("disk", on)).found == "80.0 GB free at /var/lib"


async def test_kubectl_is_optional() -> None:
    without = await checks(machine({**docker(), "kind version": TOOLS["kind version"]}))
    assert exit_code(without) == 0
    assert without[-1].grade is Grade.WARNING
    assert without[-1].fix


@pytest.mark.parametrize(
    ("kernel", "version", "system"),
    [
        ("Linux", FILES["/proc/version"], System.LINUX),
        ("Linux", WSL, System.WSL),
        ("Linux", "", System.LINUX),
        ("Darwin", "", System.MACOS),
        ("Windows", "", System.OTHER),
    ],
)
def test_the_system_is_known_by_its_kernel(kernel: str, version: str, system: System) -> None:
    assert machine(kernel=kernel, files={"/proc/version": version}).system is system


async def test_this_machine_is_looked_at_without_a_fall() -> None:
    """Whatever it lacks: every subject is there, and each has been given a verdict in words."""
    findings = await checks()
    assert {"kind", "disk", "loopback port", "kubectl"} <= {finding.subject for finding in findings}
    assert all(finding.found for finding in findings)
