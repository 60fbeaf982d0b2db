"""A container engine that keeps its containers in a file and speaks in four dialects: called, or on the PATH."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.machines import engine_program
from tui.machines.process import Finished, Say

GIB = 2**30
ENGINES = ("docker", "podman", "nerdctl", "finch")
KIND_DEFAULT = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
evictionHard:
  imagefs.available: 0%
  nodefs.available: 0%
  nodefs.inodesFree: 0%
imageGCHighThresholdPercent: 100
"""
"""As kind has written it since v0.5, pkg/cluster/internal/kubeadm/config.go."""

BALLAST = "/var/lib/kubelet/gapwatch-ballast"
CONFIG = "/var/lib/kubelet/config.yaml"
FLAGS = "/var/lib/kubelet/kubeadm-flags.env"


class FakeEngine:
    """What it keeps, what it is told to get wrong, and what it was asked."""

    def __init__(self, folder: Path, engine: str) -> None:
        """The engine of that name, with all it keeps in that folder."""
        self.engine = engine
        self._folder = folder
        self._world, self._asked = folder / "world.json", folder / "asked"
        self.write(
            {
                "containers": {},
                "disk": {"size": 100 * GIB, "free": 30 * GIB},
                "failing": {},  # verb → what it complains of
                "idle": [],  # verbs and programs that claim success and do nothing
                "inside": {},  # program in a container → its exit code and what it says
            }
        )

    async def run(
        self, argv: Sequence[str], *, say: Say | None = None, timeout_s: float | None = None
    ) -> Finished:
        """A Runner on a machine that has no other program than this one, and needs no process for it."""
        program, *args = argv
        if program != self.engine:
            raise FileNotFoundError(program)
        return Finished(*engine_program.serve(str(self._folder), program, args))

    def install(self) -> None:
        """Puts it into its folder as a program, for those who start one."""
        program = self._folder / self.engine
        program.write_text(f"#!{sys.executable} -IS\n{Path(engine_program.__file__).read_text()}")
        program.chmod(0o755)

    def read(self) -> Any:
        """All of it; hand it back to `write` when it is changed."""
        return json.loads(self._world.read_text())

    def write(self, world: Any) -> None:
        self._world.write_text(json.dumps(world))

    def add(
        self, name: str, status: str = "running", *, role: str = "worker", config: str = KIND_DEFAULT
    ) -> str:
        """Another node of the cluster gapwatch; with no role a container of somebody else's. Returns its id."""
        world = self.read()
        labels = {"io.x-k8s.kind.cluster": "gapwatch", "io.x-k8s.kind.role": role} if role else {}
        container = f"{len(world['containers']) + 1:064x}"
        world["containers"][name] = {
            "id": container,
            "status": status,
            "labels": labels,
            "files": {CONFIG: config, FLAGS: 'KUBELET_KUBEADM_ARGS="--node-ip=172.18.0.3"\n'},
        }
        self.write(world)
        return container

    def spoil(self, part: str, **changes: Any) -> None:
        """Changes entries of "failing", "inside" or "disk"."""
        world = self.read()
        world[part].update(changes)
        self.write(world)

    def claim_only(self, verb: str) -> None:
        """That verb says it is done from now on, and does nothing."""
        world = self.read()
        world["idle"].append(verb)
        self.write(world)

    def file(self, node: str, path: str, content: str | None) -> None:
        """Puts a file on a node, or takes it away."""
        world = self.read()
        world["containers"][node]["files"][path] = content
        self.write(world)

    def status(self, node: str) -> str:
        return str(self.read()["containers"][node]["status"])

    def ballast(self, node: str) -> int:
        return int(self.read()["containers"][node]["files"].get("ballast", 0))

    def asked(self, verb: str = "") -> list[str]:
        """Its command lines so far that begin with the verb, without the name of the engine."""
        lines = self._asked.read_text().splitlines() if self._asked.exists() else []
        return [line for line in lines if line.startswith(verb)]
