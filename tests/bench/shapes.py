"""Objects of realistic size as bytes: templates that are filled in, so that 50,000 pods cost nothing to prepare."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

POD_BYTES = 7800
"""A pod as a real API server sends it, its managedFields included."""

_PLACE = re.compile(rb"@(\w+)@")
_STAMP = "2026-01-05T08:00:00Z"


class Template:
    """JSON with places such as @name@; a quoted `"@bare_replicas@"` stands for a bare number or word."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        text = json.dumps(document, separators=(",", ":"))
        text = re.sub(r'"@bare_(\w+)@"', r"@\1@", text)
        pieces = _PLACE.split(text.encode())
        self._literals, self._names = pieces[0::2], [name.decode() for name in pieces[1::2]]

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The document with every place filled."""
        parts = [self._literals[0]]
        for name, literal in zip(self._names, self._literals[1:], strict=True):
            parts += (values[name], literal)
        return b"".join(parts)


def _managed_fields(depth: int) -> list[dict[str, Any]]:
    """Who wrote which field, as wordy as the real ones."""
    fields: dict[str, Any] = {f"f:annotation-{i:02d}.example.com/some-setting": {} for i in range(depth)}
    conditions: dict[str, Any] = {
        f'k:{{"type":"{kind}"}}': {
            ".": {},
            "f:lastProbeTime": {},
            "f:lastTransitionTime": {},
            "f:status": {},
            "f:type": {},
        }
        for kind in ("ContainersReady", "Initialized", "PodReadyToStartContainers", "PodScheduled", "Ready")
    }
    return [
        {
            "manager": "kube-controller-manager",
            "operation": "Update",
            "apiVersion": "v1",
            "time": _STAMP,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:annotations": fields}, "f:spec": {"f:containers": fields}},
        },
        {
            "manager": "kubelet",
            "operation": "Update",
            "apiVersion": "v1",
            "time": _STAMP,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:status": {"f:conditions": conditions, "f:containerStatuses": {}}},
            "subresource": "status",
        },
    ]


def _owner(kind: str, name: str, uid: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _container() -> dict[str, Any]:
    return {
        "name": "app",
        "image": "registry.example/shop/app:1.4.2",
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": [{"name": f"SETTING_{i}", "value": f"value-of-setting-{i}"} for i in range(8)],
        "resources": {
            "limits": {"cpu": "500m", "memory": "256Mi"},
            "requests": {"cpu": "50m", "memory": "64Mi"},
        },
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"},
            "periodSeconds": 10,
        },
        "terminationMessagePath": "/dev/termination-log",
        "imagePullPolicy": "IfNotPresent",
        "volumeMounts": [
            {"name": "kube-api-access", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io"}
        ],
    }


def _condition(type_: str, status: str) -> dict[str, Any]:
    return {
        "type": type_,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": _STAMP,
        "observedGeneration": 1,
    }


def _pod(depth: int, filling: str) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": "@name@",
            "generateName": "@owner_name@-",
            "namespace": "@namespace@",
            "uid": "@uid@",
            "resourceVersion": "@version@",
            "generation": 1,
            "creationTimestamp": _STAMP,
            "labels": {"app": "@app@", "pod-template-hash": "5d89bdfbf9"},
            "annotations": {"example.com/filling": filling},
            "ownerReferences": [_owner("ReplicaSet", "@owner_name@", "@owner_uid@")],
            "managedFields": _managed_fields(depth),
        },
        "spec": {
            "volumes": [
                {
                    "name": "kube-api-access",
                    "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]},
                }
            ],
            "containers": [_container()],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default",
            "nodeName": "@node@",
            "schedulerName": "default-scheduler",
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"},
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},
            ],
        },
        "status": {
            "phase": "Running",
            "conditions": [
                _condition("PodReadyToStartContainers", "True"),
                _condition("Initialized", "True"),
                _condition("Ready", "@ready_word@"),
                _condition("ContainersReady", "@ready_word@"),
                _condition("PodScheduled", "True"),
            ],
            "hostIP": "10.0.0.7",
            "podIP": "10.244.3.17",
            "startTime": _STAMP,
            "containerStatuses": [
                {
                    "name": "app",
                    "state": {"running": {"startedAt": _STAMP}},
                    "lastState": {},
                    "ready": "@bare_ready@",
                    "restartCount": 0,
                    "image": "registry.example/shop/app:1.4.2",
                    "imageID": "registry.example/shop/app@sha256:" + "ab" * 32,
                    "containerID": "containerd://" + "cd" * 32,
                    "started": True,
                }
            ],
            "qosClass": "Burstable",
        },
    }


def _sized_pod() -> dict[str, Any]:
    """As many managed fields as there is room for, then filling up to the size."""
    depth = 10
    while len(json.dumps(_pod(depth + 2, ""), separators=(",", ":"))) < POD_BYTES:
        depth += 2
    missing = POD_BYTES - len(json.dumps(_pod(depth, ""), separators=(",", ":")))
    return _pod(depth, "x" * max(0, missing))


def _owned_meta(depth: int, owners: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "@name@",
        "namespace": "@namespace@",
        "uid": "@uid@",
        "resourceVersion": "@version@",
        "generation": 1,
        "creationTimestamp": _STAMP,
        "labels": {"app": "@app@"},
        "annotations": {"deployment.kubernetes.io/revision": "1"},
        "ownerReferences": owners,
        "managedFields": _managed_fields(depth),
    }


def _counts() -> dict[str, Any]:
    return {
        "observedGeneration": 1,
        "replicas": "@bare_pods@",
        "readyReplicas": "@bare_pods@",
        "availableReplicas": "@bare_pods@",
    }


def _spec() -> dict[str, Any]:
    return {
        "replicas": "@bare_replicas@",
        "selector": {"matchLabels": {"app": "@app@"}},
        "template": {"metadata": {"labels": {"app": "@app@"}}, "spec": {"containers": [_container()]}},
    }


POD = Template(_sized_pod())
REPLICASET = Template(
    {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": _owned_meta(20, [_owner("Deployment", "@app@", "@owner_uid@")]),
        "spec": _spec(),
        "status": _counts(),
    }
)
DEPLOYMENT = Template(
    {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": _owned_meta(24, []),
        "spec": _spec()
        | {
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": _counts()
        | {
            "updatedReplicas": "@bare_pods@",
            "conditions": [
                {
                    "type": "Available",
                    "status": "True",
                    "reason": "MinimumReplicasAvailable",
                    "message": "Deployment has minimum availability.",
                    "lastTransitionTime": _STAMP,
                    "lastUpdateTime": _STAMP,
                }
            ],
        },
    }
)
NODE = Template(
    {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": "@name@",
            "uid": "@uid@",
            "resourceVersion": "@version@",
            "creationTimestamp": _STAMP,
            "labels": {"kubernetes.io/hostname": "@name@", "topology.kubernetes.io/zone": "zone-a"},
            "managedFields": _managed_fields(20),
        },
        "spec": {},
        "status": {"conditions": [_condition("Ready", "True")]},
    }
)
