"""The small shop the sandbox opens with: two namespaces, five Deployments with Services, four nodes in three zones.

The same names and numbers as the manifests for kind, so that one lesson works on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tui.sandbox.loops.node import NodePlan

IMAGE = "ghcr.io/stefanprodan/podinfo:6.14.1"
NAMESPACES = ("shop", "warehouse")

NODES = tuple(
    NodePlan(name, zone, number, images=(IMAGE,))
    for number, (name, zone) in enumerate(
        (("node-a1", "zone-a"), ("node-a2", "zone-a"), ("node-b1", "zone-b"), ("node-c1", "zone-c")), start=1
    )
)


@dataclass(frozen=True)
class Workload:
    """One Deployment of the shop, as far as they differ."""

    namespace: str
    name: str
    replicas: int
    ready_after_s: int = 0
    probe_every_s: int = 1
    cpu: str = "100m"
    memory: str = "64Mi"


WORKLOADS = (
    Workload("shop", "web", 5),
    Workload("shop", "api", 3),
    Workload("shop", "payments", 3, ready_after_s=5, cpu="250m", memory="128Mi"),
    Workload("warehouse", "stock", 2),
    Workload("warehouse", "reports", 2, cpu="250m", memory="256Mi"),
)


def manifests() -> list[dict[str, Any]]:
    """Everything that is applied at the start, in order."""
    namespaces: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES
    ]
    return namespaces + [deployment(one) for one in WORKLOADS] + [service(one) for one in WORKLOADS]


def deployment(workload: Workload) -> dict[str, Any]:
    """The Deployment of one workload."""
    labels = {"app": workload.name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": workload.name, "namespace": workload.namespace, "labels": labels},
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec(workload)},
        },
    }


def service(workload: Workload) -> dict[str, Any]:
    """The Service of one workload: where its users ask."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {
            "selector": {"app": workload.name},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }


def _pod_spec(workload: Workload) -> dict[str, Any]:
    return {
        "terminationGracePeriodSeconds": 10,
        "containers": [
            {
                "name": "podinfo",
                "image": IMAGE,
                "ports": [{"name": "http", "containerPort": 9898}],
                "readinessProbe": {
                    "httpGet": {"path": "/readyz", "port": "http"},
                    "initialDelaySeconds": workload.ready_after_s,
                    "periodSeconds": workload.probe_every_s,
                    "failureThreshold": 2,
                },
                "resources": {
                    "requests": {"cpu": workload.cpu, "memory": workload.memory},
                    "limits": {"memory": "512Mi"},
                },
            }
        ],
    }
