"""The cluster that the scenarios run against, and a namespace of their own on it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, watch

from tests.waiting import PATIENCE_S
from tui import cli

SPEED = "20"

# The official client's annotations cover a part of it only, and differ from release to release.
k8s: Any = client
k8s_config: Any = config
k8s_watch: Any = watch


@dataclass(frozen=True)
class Target:
    """A cluster by kubeconfig and context; None is its current context."""

    kubeconfig: str
    context: str | None

    @property
    def options(self) -> list[str]:
        """The target as options of gapwatch or of kubectl."""
        return ["--kubeconfig", self.kubeconfig] + (["--context", self.context] if self.context else [])


@dataclass
class Run:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Its stdout as JSON."""
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


@dataclass
class Cluster:
    """The official client on the target, in a namespace of this test's own: the independent judge."""

    target: Target
    namespace: str
    core: Any = field(repr=False)
    apps: Any = field(repr=False)

    def gapwatch(self, *args: str) -> Run:
        """Runs the command against the target and waits for it."""
        return called(*self.target.options, *args)

    def watching(self, *args: str) -> subprocess.Popen[str]:
        """Starts the command with its stdout as a pipe."""
        return subprocess.Popen(
            [sys.executable, "-m", "tui", *self.target.options, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def deploy(self, name: str, replicas: int, image: str = "example.com/shop/web:1") -> None:
        """A Deployment, and a wait until it is complete."""
        labels = {"app": name}
        container = {"name": "web", "image": image, "resources": {"requests": {"cpu": "10m"}}}
        body = {
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [container], "terminationGracePeriodSeconds": 2},
                },
            },
        }
        self.apps.create_namespaced_deployment(self.namespace, body)
        self.until(name, is_complete)

    def patch(self, name: str, spec: dict[str, Any]) -> None:
        """A strategic merge patch of a Deployment's spec."""
        self.apps.patch_namespaced_deployment(name, self.namespace, {"spec": spec})

    def set_image(self, name: str, image: str) -> None:
        """What `kubectl set image` does."""
        self.patch(name, {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}})

    def pods(self, name: str) -> dict[str, str]:
        """The pods of that Deployment that are not being deleted: uid by name."""
        listed = self.core.list_namespaced_pod(self.namespace, label_selector=f"app={name}").items
        return {
            one.metadata.name: one.metadata.uid for one in listed if one.metadata.deletion_timestamp is None
        }

    def until(self, name: str, fact: Callable[[Any], bool]) -> None:
        """Looks at that Deployment, and watches it until the fact holds.

        A watch that asks for the newest state by itself is refused (504, Too large resource version) where an API
        server's cache is slow to hear how far its etcd has come: a list is answered from etcd then.
        """
        one = f"metadata.name={name}"
        listed = self.apps.list_namespaced_deployment(self.namespace, field_selector=one)
        if any(map(fact, listed.items)):
            return
        stream = k8s_watch.Watch().stream(
            self.apps.list_namespaced_deployment,
            self.namespace,
            field_selector=one,
            resource_version=listed.metadata.resource_version,
            timeout_seconds=int(PATIENCE_S),
        )
        for event in stream:
            if fact(event["object"]):
                return
        raise AssertionError(f"{name} did not come to be as expected")


def is_complete(deployment: Any) -> bool:
    """As `kubectl rollout status` means it."""
    status, wanted = deployment.status, deployment.spec.replicas
    counts = (status.updated_replicas or 0, status.replicas or 0, status.available_replicas or 0)
    return (status.observed_generation or 0) >= deployment.metadata.generation and counts == (wanted,) * 3


def gapwatch(*args: str, **env: str) -> Run:
    """Runs `gapwatch` as a person would, without their environment."""
    outer = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    done = subprocess.run(
        [sys.executable, "-m", "tui", *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=outer | env,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def called(*args: str, **env: str) -> Run:
    """The same without the start of an interpreter: by the entry point of the installed command, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KUBECONFIG", raising=False)
        for name, value in env.items():
            patch.setenv(name, value)
        ours = {"argv": ["gapwatch", *args], "stdin": io.StringIO(), "stdout": out, "stderr": err}
        for name, instead in ours.items():
            patch.setattr(sys, name, instead)
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert isinstance(ended.value.code, int)
    return Run(ended.value.code, _written(out), _written(err))


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The cluster of `--context`, or else a sandbox in a process of its own."""
    context, kubeconfig = request.config.getoption("--context"), request.config.getoption("--kubeconfig")
    if context or kubeconfig:
        theirs = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
        yield Target(theirs, context)
        return
    with sandbox() as ours:
        yield ours


@contextmanager
def sandbox(*args: str) -> Iterator[Target]:
    """A sandbox in a process of its own, with these options, for as long as the block is open."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.sandbox", "--until-eof", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    where = json.loads(process.stdout.readline())
    try:
        yield Target(where["kubeconfig"], where["context"])
    finally:
        process.stdin.close()
        process.wait(timeout=PATIENCE_S)
        process.stdout.close()
    assert not Path(where["kubeconfig"]).exists(), "the sandbox left its kubeconfig behind"


@pytest.fixture(scope="session")
def fast(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The cluster of `--context`, or else a sandbox in which time flies: where nobody asks how long it took."""
    if request.config.getoption("--context") or request.config.getoption("--kubeconfig"):
        yield request.getfixturevalue("target")
        return
    with sandbox("--no-shop", "--speed", SPEED) as ours:
        yield ours


@pytest.fixture
def cluster(fast: Target) -> Iterator[Cluster]:
    """The official client, and a namespace that goes with the test."""
    with namespace_on(fast) as ours:
        yield ours


@contextmanager
def namespace_on(target: Target) -> Iterator[Cluster]:
    """The official client, and a namespace that goes with the block."""
    api = k8s_config.new_client_from_config(target.kubeconfig, target.context)
    core = k8s.CoreV1Api(api)
    made = core.create_namespace({"metadata": {"generateName": "gapwatch-e2e-"}})
    namespace = made.metadata.name
    try:
        yield Cluster(target, namespace, core, k8s.AppsV1Api(api))
    finally:
        core.delete_namespace(namespace)
        api.close()
