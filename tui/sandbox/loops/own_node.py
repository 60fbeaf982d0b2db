"""A kubelet's view of the Node that is itself, and the faults that annotations of that Node play.

- `sandbox.gapwatch.dev/heartbeats: stopped` makes the kubelet fall silent: no lease, no status, and
  nothing is done for its pods, whose statuses freeze, until the annotation is taken away;
- `sandbox.gapwatch.dev/disk: full` fills its disk: DiskPressure, and evictions one by one, until then.

Both are told by the Node itself, so any client plays them: `kubectl annotate node node-a1 …`.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.sandbox.loops.behaviour import PREFIX
from tui.sandbox.loops.cache import Cache
from tui.sandbox.loops.client import NODES, ApiClient
from tui.sandbox.loops.objects import Obj, annotations_of

HEARTBEATS, STOPPED = PREFIX + "heartbeats", "stopped"
DISK, FULL = PREFIX + "disk", "full"


def is_stopped(node: Obj) -> bool:
    """The node was told to fall silent."""
    return annotations_of(node).get(HEARTBEATS) == STOPPED


def has_full_disk(node: Obj) -> bool:
    """The node was told that its disk is full."""
    return annotations_of(node).get(DISK) == FULL


class OwnNode:
    """Keeps the Node of one kubelet, and tells when a fault begins or ends.

    A Node that is deleted changes nothing for the machine: what was silent stays so.
    """

    def __init__(self, client: ApiClient, name: str) -> None:
        self.name = name
        self.cache = Cache(client, NODES, field_selector=f"metadata.name={name}")
        self.is_silent = False
        self.disk_is_full = False
        self._handlers: list[Callable[[], None]] = []
        self.cache.subscribe(self._on_node)

    @property
    def node(self) -> Obj | None:
        """The Node as last seen; None while there is none."""
        return self.cache.get(self.name)

    def on_fault(self, handler: Callable[[], None]) -> None:
        """Have it told whenever a fault has begun or ended."""
        self._handlers.append(handler)

    def _on_node(self, old: Obj | None, new: Obj | None) -> None:
        if new is None:
            return
        before = (self.is_silent, self.disk_is_full)
        self.is_silent, self.disk_is_full = is_stopped(new), has_full_disk(new)
        if before != (self.is_silent, self.disk_is_full):
            for handler in self._handlers:
                handler()
