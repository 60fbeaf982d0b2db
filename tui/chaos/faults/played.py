"""The misfortunes that the sandbox plays: annotations of pods and nodes, as `tui/sandbox/loops` knows them."""

from __future__ import annotations

_PREFIX = "sandbox.gapwatch.dev/"
CRASH = f"{_PREFIX}crash"
"""On a pod, each new value: its containers exit 1, once."""
READY, NOT = ("metadata", "annotations", f"{_PREFIX}ready"), "false"
"""On a pod: its readiness probe fails."""
HEARTBEATS, STOPPED = ("metadata", "annotations", f"{_PREFIX}heartbeats"), "stopped"
"""On a node: its kubelet falls silent, and nothing on it answers."""
DISK, FULL = ("metadata", "annotations", f"{_PREFIX}disk"), "full"
"""On a node: its disk is full."""
