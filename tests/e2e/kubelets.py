"""Simulated kubelets, which can be told to crash a container or to fall silent; a real one can't be."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import urlencode

from tests.e2e.conftest import Cluster

CRASH = "sandbox.gapwatch.dev/crash"
HEARTBEATS = "sandbox.gapwatch.dev/heartbeats"
LAB = "http://127.0.0.1:10900"
"""Where the lab's simulated nodes take orders; its nodes carry the label `fakelet`."""
LAB_MISSING = "registry.invalid/bad-missing:does-not-exist"
"""An image that the lab's kubelets can't pull: a tag alone does not tell them so."""


class Kubelets(Protocol):
    """What simulated kubelets can be told."""

    def crash(self, pod: str, time: int) -> None:
        """Has the running container of that pod exit with 1, for that time."""

    def silence(self, node: str) -> None:
        """Has the node fall silent, pods and all."""

    def wake(self, node: str) -> None:
        """Has it speak again."""


class SandboxKubelets:
    """The sandbox' own: annotations play what happens to a container, or to a node."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def crash(self, pod: str, time: int) -> None:
        """As in the protocol."""
        patch = {"metadata": {"annotations": {CRASH: str(time)}}}
        self._cluster.core.patch_namespaced_pod(pod, self._cluster.namespace, patch)

    def silence(self, node: str) -> None:
        """As in the protocol."""
        self._cluster.core.patch_node(node, {"metadata": {"annotations": {HEARTBEATS: "stopped"}}})

    def wake(self, node: str) -> None:
        """As in the protocol."""
        self._cluster.core.patch_node(node, {"metadata": {"annotations": {HEARTBEATS: None}}})


class LabKubelets:
    """The lab's: told over HTTP."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def crash(self, pod: str, time: int) -> None:
        """As in the protocol."""
        _tell("crash", ns=self._cluster.namespace, pod=pod)

    def exits_for_ever(self, pod: str) -> bool:
        """Has the container of that pod exit with 1 a second after each start, never ready; whether it is known yet."""
        try:
            _tell("unready", ns=self._cluster.namespace, pod=pod)
            _tell("crash", ns=self._cluster.namespace, pod=pod, times=-1, after=1, backoff=1)
        except HTTPError as error:
            if error.code != 404:
                raise
            return False
        return True

    def silence(self, node: str) -> None:
        """As in the protocol."""
        _tell(f"node/{node}/stop")

    def wake(self, node: str) -> None:
        """As in the protocol."""
        _tell(f"node/{node}/start")


def kubelets_of(cluster: Cluster) -> Kubelets | None:
    """Those of this cluster, or None where they are real."""
    node = cluster.core.list_node(limit=1).items[0]
    if node.status.node_info.kernel_version == "sandbox":
        return SandboxKubelets(cluster)
    return LabKubelets(cluster) if "fakelet" in node.metadata.labels else None


@contextmanager
def short_back_offs(cluster: Cluster, first_s: float) -> Iterator[None]:
    """The lab's kubelets wait so long after a second crash instead of 10 s, while the block is open."""
    if not isinstance(kubelets_of(cluster), LabKubelets):
        yield
        return
    before = _tell("config")["backoff_base"]
    _tell("config", backoff_base=first_s)
    try:
        yield
    finally:
        _tell("config", backoff_base=before)


def _tell(path: str, **words: Any) -> dict[str, Any]:
    request = urllib.request.Request(f"{LAB}/{path}?{urlencode(words)}", method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        said: dict[str, Any] = json.loads(answer.read())
    return said
