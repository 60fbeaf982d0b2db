"""Whether a fault may be injected at all, and in words why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tui.clean import PlainError
from tui.cluster.contexts import Context, Nature
from tui.facts import Node

PROTECTED_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
CONTROL_PLANE_LABELS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
OPT_OUT_LABEL, OPTED_OUT = "gapwatch/chaos", "off"
"""A namespace or a node that carries this label is never a target."""


class FaultRefused(PlainError):
    """A fault that was not injected: nothing was sent, and the text says why."""


@dataclass
class Guard:
    """The safety catch of one context. It starts armed only where nothing can be hurt: in the sandbox.

    Arming a real cluster asks for its context's name to be typed; a local one (kind, minikube or k3d on
    loopback) only for the key. A new context gets a new guard, so a switch disarms.
    """

    context: Context
    read_only: bool = False
    also_protected: frozenset[str] = frozenset()
    """The namespaces of --protect."""

    def __post_init__(self) -> None:
        self.armed_since: float | None = None
        if self.context.nature is Nature.SANDBOX and not self.read_only:
            self.armed_since = 0.0

    @property
    def armed(self) -> bool:
        """Whether faults may be injected."""
        return self.armed_since is not None

    @property
    def must_type(self) -> bool:
        """Whether arming asks for the context's name."""
        return self.context.nature is Nature.REAL

    def arm(self, at: float, typed: str = "") -> None:
        """Takes the safety catch off; raises FaultRefused when read-only or when the name is not the context's.

        A name that was typed has to be right everywhere: whoever types another one means another cluster.
        """
        if self.read_only:
            raise FaultRefused("started with --read-only: chaos can't be armed")
        if (self.must_type or typed) and typed != self.context.name:
            raise FaultRefused(f'not armed: type the context\'s name, "{self.context.name}", exactly')
        self.armed_since = at

    def disarm(self) -> None:
        """Puts the safety catch back on."""
        self.armed_since = None

    @property
    def protected(self) -> frozenset[str]:
        """The namespaces that nothing is ever done to."""
        return PROTECTED_NAMESPACES | self.also_protected

    def objection(self, *namespaces: str) -> str:
        """Why nothing may be done now, or nothing in one of those namespaces, or ""."""
        if self.read_only:
            return "started with --read-only"
        for namespace in namespaces:
            if namespace in self.protected:
                return f"{namespace} is protected"
        if not self.armed:
            return f"disarmed on {self.context.nature.value} {self.context.name}"
        return ""

    def node_objection(self, node: Node) -> str:
        """Why that node is never a target, or ""."""
        return self.labels_objection(node.metadata.name, node.metadata.labels or {})

    def labels_objection(self, node: str, labels: Mapping[str, str]) -> str:
        """The same by its labels."""
        if any(label in labels for label in CONTROL_PLANE_LABELS):
            return f"node {node} belongs to the control plane"
        if labels.get(OPT_OUT_LABEL) == OPTED_OUT:
            return f"node {node} has opted out ({OPT_OUT_LABEL}={OPTED_OUT})"
        return ""


def protected_among(pods: Iterable[str], guard: Guard) -> list[str]:
    """Those of the pods, by namespace/name, that stand in a protected namespace."""
    return [key for key in pods if key.partition("/")[0] in guard.protected]
