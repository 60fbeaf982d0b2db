"""Who sits where: the pods of each node, kept as they come and go.

A look at one pod must not cost a look at all the others, so a node's figures are added up again
only when somebody sits down there or gets up.
"""

from __future__ import annotations

from collections import defaultdict

from tui.sandbox.loops.fitting import Seat
from tui.sandbox.loops.objects import Obj, controller_of, key_of, name_of, uid_of


class Seating:
    """The pods bound or promised to every node, each pod in one place."""

    def __init__(self) -> None:
        self._pods: dict[str, dict[str, Obj]] = defaultdict(dict)
        self._node_of: dict[str, str] = {}
        self._seats: dict[str, Seat] = {}

    def put(self, pod: Obj, node: str) -> None:
        """The pod sits on this node, and nowhere else."""
        key = key_of(pod)
        before = self._pods[node].get(key)
        if before is not None and _what_counts(before) == _what_counts(pod):
            return
        self.take(key)
        self._pods[node][key] = pod
        self._node_of[key] = node
        self._seats.pop(node, None)

    def take(self, key: str) -> None:
        """The pod sits nowhere any more."""
        node = self._node_of.pop(key, None)
        if node is not None:
            del self._pods[node][key]
            self._seats.pop(node, None)

    def seat(self, node: Obj) -> Seat:
        """This node with its pods; the same Seat as before where neither has changed."""
        name = name_of(node)
        known = self._seats.get(name)
        if known is None or known.node is not node:
            known = self._seats[name] = Seat(node, tuple(self._pods[name].values()))
        return known


def _what_counts(pod: Obj) -> tuple[str, Obj, Obj | None]:
    """What a seat's figures are made of; a pod's status is not."""
    return uid_of(pod), pod["spec"], controller_of(pod)
