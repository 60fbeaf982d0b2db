"""Short ways to write the Kubernetes objects that loops are tried on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from tui.sandbox.loops.client import ApiClient
from tui.sandbox.loops.clock import Clock, rfc3339
from tui.sandbox.loops.objects import Obj
from tui.sandbox.loops.rollout import DESIRED_REPLICAS, MAX_REPLICAS

NO_CLIENT = cast(ApiClient, None)
"""For loops that are looked at and never run."""
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class ManualTime:
    """A wall clock and a monotonic one that stand still until they are moved on."""

    def __init__(self) -> None:
        self.wall = NOW
        self.seconds = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds

    def clock(self, speed: float = 1.0) -> Clock:
        return Clock(speed, wall=lambda: self.wall, monotonic=lambda: self.seconds)


def ago(seconds: float) -> str:
    """A stamp so many seconds before NOW."""
    return rfc3339(NOW - timedelta(seconds=seconds))


def template(image: str = "shop/web:1", **labels: str) -> Obj:
    return {
        "metadata": {"labels": {"app": "web", **labels}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }


def deployment(replicas: int = 10, *, surge: Any = 0, unavailable: Any = 0, **spec: Any) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "d-uid",
            "generation": 1,
            "resourceVersion": "1",
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template(),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            },
            **spec,
        },
        "status": {},
    }


def replica_set(
    name: str = "web-1",
    replicas: int = 1,
    *,
    available: int | None = None,
    age: float = 0,
    sized_for: tuple[int, int] | None = None,
    image: str = "shop/web:1",
    **meta: Any,
) -> Obj:
    """available: all of its replicas if not said; sized_for: (desired, max) as its annotations tell."""
    ready = replicas if available is None else available
    annotations = {}
    if sized_for is not None:
        annotations = {DESIRED_REPLICAS: str(sized_for[0]), MAX_REPLICAS: str(sized_for[1])}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"{name}-uid",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": ago(age),
            "labels": {"app": "web", "pod-template-hash": name},
            "annotations": annotations,
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "uid": "d-uid",
                    "controller": True,
                }
            ],
            **meta,
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web", "pod-template-hash": name}},
            "template": template(image, **{"pod-template-hash": name}),
        },
        "status": {
            "replicas": replicas,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": 1,
        },
    }


def pod(
    name: str = "web-1-abcde",
    *,
    node: str = "node-a1",
    phase: str = "Running",
    ready_for: float | None = 60,
    age: float = 60,
    restarts: int = 0,
    owner: str | None = "web-1",
    labels: dict[str, str] | None = None,
    spec: Obj | None = None,
    **meta: Any,
) -> Obj:
    """ready_for: how many seconds it has been ready, None for not ready; owner: a ReplicaSet's name."""
    conditions = [] if ready_for is None else [_ready(ready_for)]
    owners = [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": owner,
            "uid": f"{owner}-uid",
            "controller": True,
        }
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"{name}-uid",
            "resourceVersion": "1",
            "creationTimestamp": ago(age),
            "labels": labels if labels is not None else {"app": "web", "pod-template-hash": "web-1"},
            "ownerReferences": owners if owner else [],
            **meta,
        },
        "spec": {"nodeName": node, "containers": [{"name": "web", "image": "shop/web:1"}], **(spec or {})},
        "status": {
            "phase": phase,
            "conditions": conditions,
            "containerStatuses": [{"name": "web", "restartCount": restarts}],
        },
    }


def _ready(seconds: float) -> Obj:
    return {"type": "Ready", "status": "True", "lastTransitionTime": ago(seconds)}


def node(
    name: str = "node-a1", *, zone: str = "zone-a", cpu: str = "4", pods: str = "110", **spec: Any
) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "uid": f"{name}-uid",
            "resourceVersion": "1",
            "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone},
        },
        "spec": spec,
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": pods}},
    }
