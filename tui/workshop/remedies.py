"""The commands that mend what the doctor finds, for the system they are to run on."""

from __future__ import annotations

from tui.machines.engine import PROVIDER, Engine
from tui.machines.machine import Machine, System

_DESKTOP_WSL = "start Docker Desktop, and switch on Settings > Resources > WSL integration"
_GO_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def install_engine(machine: Machine) -> str:
    """Whichever engine KIND_EXPERIMENTAL_PROVIDER asks for, docker otherwise."""
    if wanted := machine.environ.get(PROVIDER):
        return f"install {wanted}, or: unset {PROVIDER}"
    return {
        System.LINUX: "sudo apt-get install docker.io   (or: sudo dnf install podman)",
        System.WSL: f"sudo apt-get install docker.io   (or {_DESKTOP_WSL})",
        System.MACOS: "brew install --cask docker",
        System.OTHER: "install Docker Desktop",
    }[machine.system]


def start_engine(machine: Machine, engine: Engine) -> str:
    """Start the daemon, or join the group that may speak to it."""
    if "permission denied" in engine.problem.lower() and machine.system in (System.LINUX, System.WSL):
        return f"sudo usermod -aG {engine.name} $USER && newgrp {engine.name}"
    if engine.name == "podman":
        return "podman info" if machine.system in (System.LINUX, System.WSL) else "podman machine start"
    if engine.name != "docker":
        return f"{engine.name} info"
    return {
        System.LINUX: "sudo systemctl start docker",
        System.WSL: f"sudo service docker start   (or {_DESKTOP_WSL})",
        System.MACOS: "open -a Docker",
        System.OTHER: "start Docker Desktop",
    }[machine.system]


def install_kind(machine: Machine, version: str) -> str:
    """kind's own binary of that version, as its quick start has it; a package manager where one is usual."""
    if machine.system is System.MACOS:
        return "brew install kind"
    architecture = _GO_ARCHITECTURES.get(machine.architecture.lower())
    if machine.system is System.OTHER or architecture is None:
        return f"go install sigs.k8s.io/kind@v{version}"
    url = f"https://kind.sigs.k8s.io/dl/v{version}/kind-linux-{architecture}"
    return f"curl -fLo kind {url} && sudo install kind /usr/local/bin/"


def install_kubectl(machine: Machine) -> str:
    """The package that is usual there."""
    return "brew install kubectl" if machine.system is System.MACOS else "sudo snap install kubectl --classic"


def cgroup_v2(machine: Machine) -> str:
    """A switch of the kernel, which takes a restart."""
    if machine.system is System.WSL:
        return "in %UserProfile%\\.wslconfig, below [wsl2]: kernelCommandLine=cgroup_no_v1=all; then: wsl --shutdown"
    if machine.system is System.LINUX:
        return "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
    return "update the container engine"


def memory(machine: Machine, engine: Engine) -> str:
    """More for the virtual machine, or fewer other programs."""
    if engine.own_kernel or machine.system is System.MACOS:
        if engine.name == "podman":
            return "podman machine stop && podman machine set --memory 6144 && podman machine start"
        return "Docker Desktop > Settings > Resources > Memory: 6 GB"
    if machine.system is System.WSL:
        return "in %UserProfile%\\.wslconfig, below [wsl2]: memory=6GB; then: wsl --shutdown"
    return "close other programs; see which with: ps aux --sort=-rss | head"


def loopback(machine: Machine) -> str:
    """Bring the loopback interface up."""
    return (
        "sudo ip link set lo up" if machine.system in (System.LINUX, System.WSL) else "sudo ifconfig lo0 up"
    )
