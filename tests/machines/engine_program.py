"""What the fake engine does with a command line: called by tests, or run as a program that needs nothing but Python."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

Said = tuple[int, str, str]
"""Its exit code, stdout and stderr."""


class Program:
    """One engine by its name, on a world of containers that it may change."""

    def __init__(self, engine: str, world: dict[str, Any]) -> None:
        self._engine, self._world = engine, world
        self._containers, self._disk = world["containers"], world["disk"]

    def answer(self, verb: str, *args: str) -> Said:
        """Does what it is told, or says why not, as the engine of that name would."""
        if verb in self._world["failing"]:
            return self._fail(self._world["failing"][verb])
        if verb == "-v":
            return 0, {"docker": "Docker"}.get(self._engine, self._engine) + " version 28.0\n", ""
        if verb == "info":
            return 0, json.dumps({"ServerVersion": "28.0", "version": {"Version": "5.0"}}), ""
        if verb == "container":
            return self._inspect(args[1:])
        _, each = self._find(args[0])
        if each is None:
            return self._fail("No such container: " + args[0])
        if verb == "exec":
            return self._execute(each, *args[1:])
        before, after = {"pause": ("running", "paused"), "unpause": ("paused", "running")}[verb]
        if each["status"] != before:
            return self._fail(f"container {args[0]} is not {before}")
        if verb not in self._world["idle"]:
            each["status"] = after
        return 0, "", ""

    def _fail(self, text: str, code: int = 1) -> Said:
        prefix = {"docker": "Error response from daemon: ", "podman": "Error: "}.get(self._engine)
        fatal = 'time="2026-01-01T00:00:00Z" level=fatal msg=' + json.dumps(text)
        return 125 if self._engine == "podman" else code, "", (prefix + text if prefix else fatal) + "\n"

    def _find(self, name: str) -> Any:
        for key, each in self._containers.items():
            if name in (key, each["id"]):
                return key, each
        return None, None

    def _free(self) -> int:
        taken = sum(each["files"].get("ballast", 0) for each in self._containers.values())
        return int(self._disk["free"] - taken)

    def _inspect(self, names: tuple[str, ...]) -> Said:
        out, missing = [], []
        for name in names:
            key, each = self._find(name)
            if each is None:
                missing.append(name)
                continue
            out.append(
                {
                    "Id": each["id"],
                    "Name": "/" + key if self._engine == "docker" else key,
                    "State": {"Status": each["status"], "Paused": each["status"] == "paused"},
                    "Config": {"Labels": each["labels"]},
                }
            )
        text = json.dumps(out) + "\n"
        if not missing:
            return 0, text, ""
        if self._engine == "docker":
            said = (f"Error response from daemon: No such container: {name}\n" for name in missing)
            return 1, text, "".join(said)
        if self._engine == "podman":
            first, *rest = [f'no such container "{name}"\n' for name in missing]
            return 125, text, "".join(rest) + "Error: " + first
        lines = "\n".join(f"no such container: {name}" for name in missing)
        return self._fail(f"{len(missing)} errors:\n{lines}")

    def _execute(self, each: dict[str, Any], program: str, *args: str) -> Said:
        files, idle = each["files"], self._world["idle"]
        if each["status"] != "running":
            return self._fail("container is not running")
        if program in self._world["inside"]:
            code, text = self._world["inside"][program]
            log = 'time="2026-01-01T00:00:00Z" level=fatal msg="exec failed with exit code 1"\n'
            return code, "" if code else text, text + log if code else ""
        if program == "cat":
            text = files.get(args[0])
            return (1, "", f"cat: {args[0]}: No such file or directory\n") if text is None else (0, text, "")
        if program == "df":
            size, free = self._disk["size"], self._free()
            head = "Filesystem 1-blocks Used Available Capacity Mounted on\n"
            return 0, f"{head}/dev/vda1 {size} {size - free} {free} {100 * (size - free) // size}% /var\n", ""
        if program == "find":
            return 0, str(files.get("ballast", "")), ""
        if program == "rm":
            if "rm" not in idle:
                files.pop("ballast", None)
            return 0, "", ""
        if program == "fallocate":
            size = int(args[1])
            if size - files.get("ballast", 0) > self._free():
                files["ballast"] = self._free()
                return 1, "", "fallocate: fallocate failed: No space left on device\n"
            if "fallocate" not in idle:
                files["ballast"] = size
            return 0, "", ""
        return self._fail(f"no {program} in the image", 127)


def serve(folder: str, engine: str, argv: list[str]) -> Said:
    """One command line on the world that is kept in that folder, noted beside it."""
    path = os.path.join(folder, "world.json")
    with open(os.path.join(folder, "asked"), "a") as file:
        file.write(" ".join(argv) + "\n")
    with open(path) as file:
        world = json.load(file)
    said = Program(engine, world).answer(*argv)
    with open(path, "w") as file:
        json.dump(world, file)
    return said


def main() -> int:
    """As the program of its name, in the folder in which it is."""
    program = os.path.abspath(__file__)
    code, out, err = serve(os.path.dirname(program), os.path.basename(program), sys.argv[1:])
    sys.stdout.write(out)
    sys.stderr.write(err)
    return code


if __name__ == "__main__":
    sys.exit(main())
