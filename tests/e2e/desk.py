"""`gapwatch chaos` on a Deployment of a test's own: the commands, in this process or in one that can be ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cluster, Run, called, k8s_watch
from tests.e2e.test_scenarios import arm, until_line
from tests.waiting import PATIENCE_S


@dataclass
class Desk:
    """`gapwatch chaos` on a test's Deployment web, with a state folder of its own."""

    cluster: Cluster
    state: Path
    armed: list[str]

    @property
    def web(self) -> str:
        return f"{self.cluster.namespace}/web"

    @property
    def replicas(self) -> int:
        """What the API server says is desired."""
        found = self.cluster.apps.read_namespaced_deployment("web", self.cluster.namespace)
        return int(found.spec.replicas)

    @property
    def version(self) -> str:
        """The API server's version of all Deployments there."""
        listed = self.cluster.apps.list_namespaced_deployment(self.cluster.namespace)
        return str(listed.metadata.resource_version)

    def wishes(self, since: str, count: int) -> list[int]:
        """How many pods were desired, one after the other, from that version on until it has changed so often."""
        found: list[int] = []
        for event in k8s_watch.Watch().stream(
            self.cluster.apps.list_namespaced_deployment,
            self.cluster.namespace,
            field_selector="metadata.name=web",
            resource_version=since,
            timeout_seconds=int(PATIENCE_S),
        ):
            desired = event["object"].spec.replicas
            found += [desired] if found[-1:] != [desired] else []
            if len(found) == count:
                break
        return found

    def look(self, *args: str) -> Run:
        """A command that changes nothing, and is not armed."""
        return called("chaos", *args, *self.cluster.target.options, XDG_STATE_HOME=str(self.state))

    def run(self, *args: str) -> Run:
        """A command that may change something."""
        return self.look(*args, *self.armed)

    def undo(self, *args: str) -> Run:
        return self.look("undo", *args)

    def journal(self) -> list[dict[str, Any]]:
        run = called("chaos", "journal", "-o", "json", XDG_STATE_HOME=str(self.state))
        faults: list[dict[str, Any]] = run.document["faults"]
        return faults

    @contextmanager
    def running(self, *args: str) -> Iterator[subprocess.Popen[str]]:
        """A command that has not ended; it is killed with the block, if it still has not then."""
        env = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
        process = subprocess.Popen(
            [sys.executable, "-m", "tui", "chaos", *args, *self.cluster.target.options, *self.armed],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env | {"XDG_STATE_HOME": str(self.state)},
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE_S)

    def leave_behind(self) -> str:
        """Scales web from 3 to 1, and is killed before it can undo that; the fault's id."""
        with self.running("run", "scale", self.web, "replicas=1", "--for", "5m") as process:
            list(until_line(process, "scaled"))
            process.kill()
            process.wait(timeout=PATIENCE_S)
        (left,) = self.journal()
        assert left["state"] == "outstanding"
        return str(left["id"])


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Desk:
    cluster.deploy("web", 3)
    return Desk(cluster, tmp_path, arm(cluster))
