"""Processes that a benchmark starts: the synthetic server, commands with what they cost, code in a fresh Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: bench
clusters: [{{name: bench, cluster: {{server: "{url}"}}}}]
users: [{{name: bench, user: {{token: bench}}}}]
contexts: [{{name: bench, context: {{cluster: bench, user: bench}}}}]
"""

LONGEST_S = 300
"""No single measurement may take longer."""


@dataclass(frozen=True)
class Server:
    """A running synthetic server."""

    url: str
    kubeconfig: Path

    def ask(self, path: str, *, post: bool = False) -> Any:
        """Its answer to one of /bench/…, as plain data."""
        request = urllib.request.Request(self.url + path, method="POST" if post else "GET")
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None


@contextmanager
def synthetic_server(deployments: int, replicas: int) -> Iterator[Server]:
    """A synthetic server on loopback with so many Deployments, each with so many pods."""
    command = [sys.executable, "-m", "tests.bench.synthetic"]
    command += ["--deployments", str(deployments), "--replicas", str(replicas)]
    with (
        tempfile.TemporaryDirectory(prefix="gapwatch-bench-") as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        kubeconfig = Path(folder) / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(_KUBECONFIG.format(url=url))
        try:
            yield Server(url, kubeconfig)
        finally:
            process.stdin.close()
            process.wait(10)


@dataclass(frozen=True)
class Cost:
    """What a command cost: wall and CPU seconds, and the most memory it held, in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def run(command: Sequence[str], env: dict[str, str] | None = None, *, quiet: bool = False) -> Cost:
    """Runs a command to its end; what it prints is kept, or thrown away with `quiet`."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else output,
            stderr=subprocess.DEVNULL if quiet else None,
            env={**os.environ, **(env or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.monotonic() - begun
        if process.returncode:
            raise RuntimeError(f"{command[0]} {command[1]} ended with {process.returncode}")
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def in_fresh_python(module: str, **arguments: Any) -> Any:
    """`measure(**arguments)` of a module in a Python that did nothing before; its answer is plain data."""
    code = (
        "import importlib, json, sys\n"
        "module = importlib.import_module(sys.argv[1])\n"
        "print(json.dumps(module.measure(**json.loads(sys.argv[2]))))\n"
    )
    command = [sys.executable, "-c", code, module, json.dumps(arguments)]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_S
    )
    if ended.returncode:
        raise RuntimeError(f"{module} failed:\n{ended.stderr}")
    return json.loads(ended.stdout.splitlines()[-1])


def resident_kb(pid: int | str = "self") -> int:
    """What a process holds in memory now, in KB."""
    return _status(pid, "VmRSS")


def peak_mb(pid: int | str = "self") -> float:
    """The most that a process has held, in MB."""
    return _status(pid, "VmHWM") / 1024


def _status(pid: int | str, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])
