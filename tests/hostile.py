"""A cluster that means harm: escape sequences, invisible letters and markup in every text that people get to see."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import yaml

from tests.scripted import HELD, Reply, ScriptedApi, a_list, review, status

MARKUP = "[@click=app.bell]x[/x][b"
"""Shown as it stands, it does no harm; taken for markup it would press buttons, raise, or vanish."""
ESCAPES = "\x1b[31m\x1b]0;owned\x07\x9b5A\x1bc\x00\x07\x7f\u202e\u200b\ufeff\r\n\t"
"""Moves the cursor, changes the title, resets the terminal, writes right to left, hides."""
EVIL = ESCAPES + MARKUP + ESCAPES
FORBIDDEN = frozenset("\x1b\x9b\x9d\x90\x07\x00\x7f\u202e\u200b\ufeff\r\n")

CREATE, SCHEDULE, IMAGE, CONFIG, NODE, PROBE = "create", "schedule", "image", "config", "node", "probe"
DEPLOYMENTS = (CREATE, SCHEDULE, IMAGE, CONFIG, NODE, PROBE)
"""One Deployment for each way in which a text of theirs becomes the reason for a gap."""
CONTEXT = f"context{EVIL}"


def condition(type_: str, state: str, **more: str) -> dict[str, str]:
    """A condition."""
    return {"type": type_, "status": state, **more}


def meta(name: str, *, owner: str = "", uid: str = "") -> dict[str, Any]:
    """Metadata whose name means harm, but for what belongs to PROBE: that can be spoken of in a URL."""
    is_honest = name.startswith(PROBE)
    return {
        "name": name if is_honest else f"{name}{EVIL}",
        "namespace": "shop" if is_honest else f"shop{EVIL}",
        "uid": uid or f"uid-{name}",
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"deployment.kubernetes.io/revision": f"7{EVIL}"},
        "ownerReferences": [{"uid": owner, "controller": True}] if owner else [],
    }


def deployment(name: str) -> dict[str, Any]:
    """A Deployment that asks for one pod."""
    return {"metadata": meta(name), "spec": {"replicas": 1}, "status": {"observedGeneration": 1}}


def replicaset(name: str) -> dict[str, Any]:
    """Its ReplicaSet; one of them can't create its pod."""
    failure = condition("ReplicaFailure", "True", reason="FailedCreate", message=f"create refused{EVIL}")
    return {
        "metadata": meta(f"{name}-1", owner=f"uid-{name}"),
        "spec": {"replicas": 1},
        "status": {"conditions": [failure] if name == CREATE else []},
    }


def pod(name: str) -> dict[str, Any]:
    """Its pod, in trouble of one kind."""
    conditions, state = [condition("Ready", "False")], {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    waiting: dict[str, Any] = {}
    if name == SCHEDULE:
        message = f"no node{EVIL}"
        conditions.append(condition("PodScheduled", "False", reason=f"Unschedulable{EVIL}", message=message))
    if name == IMAGE:
        waiting = {"reason": "ErrImagePull", "message": f"pull{EVIL}"}
    if name == CONFIG:
        waiting = {"reason": "CreateContainerConfigError", "message": f"secret{EVIL}"}
    container = {
        "name": f"c{EVIL}",
        "image": f"registry/image{EVIL}",
        "state": {"waiting": waiting} if waiting else state,
    }
    return {
        "metadata": meta(f"{name}-1-p", owner=f"uid-{name}-1", uid=f"uid-{name}-p"),
        "spec": {"nodeName": f"{'broken' if name == NODE else 'worker'}{EVIL}"},
        "status": {
            "phase": "Running",
            "reason": f"reason{EVIL}",
            "message": f"message{EVIL}",
            "conditions": conditions,
            "containerStatuses": [container],
        },
    }


def node(name: str, ready: str) -> dict[str, Any]:
    """A node, which is being drained."""
    return {
        "metadata": meta(name) | {"namespace": ""},
        "spec": {"unschedulable": True},
        "status": {"conditions": [condition("Ready", ready, message=f"kubelet{EVIL}")]},
    }


def namespace(name: str) -> dict[str, Any]:
    """One with a label of ours that says nothing we know."""
    labels = {"gapwatch": EVIL}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "uid": "n", "labels": labels}}


def budget() -> dict[str, Any]:
    """What keeps all pods of the namespace where they are."""
    return {
        "metadata": meta("budget"),
        "spec": {"selector": {}},
        "status": {"observedGeneration": 1, "desiredHealthy": 2, "currentHealthy": 0, "expectedPods": 6},
    }


def event() -> dict[str, Any]:
    """What a kubelet says of a failing probe."""
    return {
        "metadata": meta("event"),
        "involvedObject": {"kind": "Pod", "name": "x", "uid": f"uid-{PROBE}-p"},
        "reason": "Unhealthy",
        "message": f"Readiness probe failed{EVIL}",
        "source": {"component": f"kubelet{EVIL}"},
    }


def one_frame(type_: str, obj: dict[str, Any], after: asyncio.Event) -> list[Reply]:
    """A watch that tells of one change as soon as it may, and then stays open."""
    frame = json.dumps({"type": type_, "object": obj}).encode() + b"\n"
    return [Reply(chunks=[frame], then="hold", after=after), HELD]


def hostile_api(*, may_delete: bool = True) -> ScriptedApi:
    """The cluster: it answers reviews and deletes too, with words of its own."""
    api = ScriptedApi(
        routes={
            "GET deployments": [a_list(*map(deployment, DEPLOYMENTS))],
            "GET replicasets": [a_list(*map(replicaset, DEPLOYMENTS))],
            "GET pods": [a_list(*(pod(name) for name in DEPLOYMENTS if name != CREATE))],
            "GET nodes": [a_list(node("worker", "True"), node("broken", "False"))],
            "GET events": [a_list(event())],
            "GET poddisruptionbudgets": [a_list(budget())],
            "GET namespaces": [Reply(namespace("shop"))],
            "POST selfsubjectaccessreviews": [review(may_delete, f"reason{EVIL}")],
            "DELETE pods": [status(403, f"Forbidden{EVIL}", f"no{EVIL}")],
        },
        watches=[HELD],
    )
    api.version_reply = Reply({"gitVersion": f"v1.36.0{EVIL}"})
    return api


def kubeconfig_for(api: ScriptedApi, folder: Path) -> str:
    """A kubeconfig whose context names mean harm too."""
    path = folder / "kubeconfig"
    server = f"http://127.0.0.1:{api.port}"
    document = {
        "current-context": CONTEXT,
        "contexts": [
            {"name": name, "context": {"cluster": "one", "user": "me"}} for name in (CONTEXT, f"other{EVIL}")
        ],
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "canary"}}],
    }
    path.write_text(yaml.safe_dump(document))
    return str(path)
