"""What a cluster has before anybody asks for anything: the four namespaces."""

from __future__ import annotations

from tui.sandbox import kinds
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Write

SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def bootstrap(registry: Registry) -> None:
    """Create the namespaces that the API server of every cluster creates for itself."""
    for name in SYSTEM_NAMESPACES:
        registry.create(kinds.NAMESPACES, "", {"metadata": {"name": name}}, Write("kube-apiserver"))
