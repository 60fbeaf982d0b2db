"""A container engine as a program on the PATH: it keeps its containers in a file, and speaks in four dialects."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

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

_PROGRAM = r"""
import json, os, sys

here = os.path.dirname(os.path.abspath(__file__))
engine, argv = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(os.path.join(here, "world.json")) as file:
    world = json.load(file)
containers, disk = world["containers"], world["disk"]
with open(os.path.join(here, "asked"), "a") as file:
    file.write(" ".join(argv) + "\n")


def end(code=0, out="", err=""):
    with open(os.path.join(here, "world.json"), "w") as file:
        json.dump(world, file)
    sys.stdout.write(out)
    sys.stderr.write(err)
    sys.exit(code)


def fail(text, code=1):
    prefix = {"docker": "Error response from daemon: ", "podman": "Error: "}.get(engine)
    fatal = 'time="2026-01-01T00:00:00Z" level=fatal msg=' + json.dumps(text)
    end(125 if engine == "podman" else code, err=(prefix + text if prefix else fatal) + "\n")


def find(name):
    for key, each in containers.items():
        if name in (key, each["id"]):
            return key, each
    return None, None


def free():
    return disk["free"] - sum(each["files"].get("ballast", 0) for each in containers.values())


def inspect(names):
    out, missing = [], []
    for name in names:
        key, each = find(name)
        if each is None:
            missing.append(name)
            continue
        out.append({
            "Id": each["id"],
            "Name": "/" + key if engine == "docker" else key,
            "State": {"Status": each["status"], "Paused": each["status"] == "paused"},
            "Config": {"Labels": each["labels"]},
        })
    text = json.dumps(out) + "\n"
    if not missing:
        end(0, text)
    if engine == "docker":
        end(1, text, "".join(f"Error response from daemon: No such container: {name}\n" for name in missing))
    if engine == "podman":
        first, *rest = [f'no such container "{name}"\n' for name in missing]
        end(125, text, "".join(rest) + "Error: " + first)
    lines = "\n".join(f"no such container: {name}" for name in missing)
    fail(f"{len(missing)} errors:\n{lines}")


def execute(each, program, *args):
    if each["status"] != "running":
        fail("container is not running")
    if program in world["inside"]:
        code, text = world["inside"][program]
        log = 'time="2026-01-01T00:00:00Z" level=fatal msg="exec failed with exit code 1"\n'
        end(code, "" if code else text, text + log if code else "")
    if program == "cat":
        text = each["files"].get(args[0])
        end(*((1, "", f"cat: {args[0]}: No such file or directory\n") if text is None else (0, text)))
    if program == "df":
        used = disk["size"] - free()
        end(0, "Filesystem 1-blocks Used Available Capacity Mounted on\n"
               f"/dev/vda1 {disk['size']} {used} {free()} {100 * used // disk['size']}% /var\n")
    if program == "find":
        ballast = each["files"].get("ballast")
        end(0, "" if ballast is None else str(ballast))
    if program == "rm":
        if "rm" not in world["idle"]:
            each["files"].pop("ballast", None)
        end()
    if program == "fallocate":
        size = int(args[1])
        if size - each["files"].get("ballast", 0) > free():
            each["files"]["ballast"] = free()
            end(1, "", "fallocate: fallocate failed: No space left on device\n")
        if "fallocate" not in world["idle"]:
            each["files"]["ballast"] = size
        end()
    fail(f"no {program} in the image", 127)


verb = argv[0]
if verb in world["failing"]:
    fail(world["failing"][verb])
if verb == "-v":
    end(0, {"docker": "Docker"}.get(engine, engine) + " version 28.0\n")
if verb == "info":
    end(0, json.dumps({"ServerVersion": "28.0", "version": {"Version": "5.0"}}))
if verb == "container":
    inspect(argv[2:])
key, each = find(argv[1])
if each is None:
    fail("No such container: " + argv[1])
if verb == "exec":
    execute(each, *argv[2:])
before, after = {"pause": ("running", "paused"), "unpause": ("paused", "running")}[verb]
if each["status"] != before:
    fail(f"container {argv[1]} is not {before}")
if verb not in world["idle"]:
    each["status"] = after
end()
"""


class FakeEngine:
    """The program's other side: what it keeps, what it is told to get wrong, and what it was asked."""

    def __init__(self, folder: Path, engine: str) -> None:
        """The program `engine` in that folder."""
        self.engine = engine
        self._world, self._asked = folder / "world.json", folder / "asked"
        program = folder / engine
        program.write_text(f"#!{sys.executable} -IS\n{_PROGRAM}")
        program.chmod(0o755)
        self.write(
            {
                "containers": {},
                "disk": {"size": 100 * GIB, "free": 30 * GIB},
                "failing": {},  # verb → what it complains of
                "idle": [],  # verbs and programs that claim success and do nothing
                "inside": {},  # program in a container → its exit code and what it says
            }
        )

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
