"""The machine a workshop is to run on, as far as kind cares; every look at it can be replaced in a test."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tui.machines.process import Runner, run


class System(Enum):
    """Where we are, for what can be looked at and which commands help."""

    LINUX = "linux"
    WSL = "wsl"
    MACOS = "macos"
    OTHER = "other"


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")


def _free_bytes(path: str) -> int:
    return shutil.disk_usage(path).free


def _free_loopback_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@dataclass(frozen=True)
class Machine:
    """Ways to look at a machine; the defaults look at this one. All but `run` raise OSError when they can't."""

    run: Runner = run
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    kernel: str = field(default_factory=platform.system)
    architecture: str = field(default_factory=platform.machine)
    read: Callable[[str], str] = _read
    """The text of a file, such as one below /proc."""
    free_bytes: Callable[[str], int] = _free_bytes
    """What is free on the disk that holds a path."""
    free_loopback_port: Callable[[], int] = _free_loopback_port

    @property
    def system(self) -> System:
        """WSL is a Linux whose kernel Microsoft builds, and says so in /proc/version."""
        if self.kernel == "Darwin":
            return System.MACOS
        if self.kernel != "Linux":
            return System.OTHER
        try:
            version = self.read("/proc/version")
        except OSError:
            return System.LINUX
        return System.WSL if "microsoft" in version.lower() else System.LINUX
