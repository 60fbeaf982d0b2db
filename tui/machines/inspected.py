"""What the container engines say of a container, each in its own way, read into one shape."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

# kind v0.33, pkg/cluster/internal/providers/*/constants.go
CLUSTER_LABEL = "io.x-k8s.kind.cluster"
ROLE_LABEL = "io.x-k8s.kind.role"


class Life(Enum):
    """What a node's container is doing."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """It is there, but has not been started, has ended, or is on its way from one to the other."""
    ABSENT = "absent"


_LIVES = {"running": Life.RUNNING, "paused": Life.PAUSED, "pausing": Life.PAUSED}


@dataclass(frozen=True, slots=True)
class State:
    """A container as the engine knows it; all but `life` is empty for one that is absent."""

    life: Life
    cluster: str = ""
    """The kind cluster it is a node of; empty when kind did not make it."""
    role: str = ""
    """control-plane, worker, or external-load-balancer, which is no node of Kubernetes."""
    container: str = ""
    """The id, which a namesake does not have."""


def states(out: str) -> dict[str, State]:
    """The containers in what `container inspect` wrote, by name; ValueError when it is no list of JSON.

    docker puts a slash before the name; podman, nerdctl and finch do not. The names of the fields are docker's in all
    of them.
    """
    listed = json.loads(out)
    if not isinstance(listed, list):
        raise ValueError("no list")
    return {_name(each): _state(each) for each in listed if isinstance(each, dict)}


def says_missing(name: str, err: str) -> bool:
    """Whether the engine wrote that it has no container of that very name.

    docker: `No such container: NAME`, podman: `no such container "NAME"`, nerdctl and finch: all of them in one
    quoted line, `msg="2 errors:\\nno such container: NAME\\nno such container: …"`.
    """
    wanted = rf'no such (?:container|object):?[\s\\"]*{re.escape(name)}(?![\w.-])'
    return re.search(wanted, err, re.IGNORECASE) is not None


def _name(container: Mapping[str, Any]) -> str:
    return str(container.get("Name") or "").removeprefix("/")


def _state(container: Mapping[str, Any]) -> State:
    status = str((container.get("State") or {}).get("Status") or "")
    labels = (container.get("Config") or {}).get("Labels") or {}
    return State(
        life=_LIVES.get(status.lower(), Life.STOPPED),
        cluster=str(labels.get(CLUSTER_LABEL) or ""),
        role=str(labels.get(ROLE_LABEL) or ""),
        container=str(container.get("Id") or ""),
    )
