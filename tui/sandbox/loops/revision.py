"""Revisions: which ReplicaSet is the new one, what it is called, and what of the past is kept. Pure functions.

A Deployment's revisions *are* its ReplicaSets. `kubectl rollout undo` copies an old one's
template back, and equality of templates finds that old ReplicaSet again.
Follows k8s/pkg/controller/deployment/util/deployment_util.go and sync.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tui.sandbox.loops.objects import (
    Obj,
    annotations_of,
    controller_ref,
    is_controlled_by,
    is_deleting,
    name_of,
    namespace_of,
    status_of,
)
from tui.sandbox.loops.rollout import (
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    annotation_number,
    by_age,
    limits,
    new_size,
    size,
    total,
)

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
}
LONGEST_HISTORY = 2000
LONGEST_NAME = 253
NO_LIMIT = 2**31 - 1
SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def find_new(deployment: Obj, replica_sets: Iterable[Obj]) -> Obj | None:
    """The ReplicaSet with the Deployment's template; of several the oldest."""
    wanted = essence(deployment["spec"]["template"])
    return next((one for one in by_age(replica_sets) if essence(one["spec"]["template"]) == wanted), None)


def find_old(new: Obj | None, replica_sets: Iterable[Obj]) -> list[Obj]:
    """Every other ReplicaSet."""
    return [one for one in replica_sets if new is None or name_of(one) != name_of(new)]


def essence(template: Obj) -> Any:
    """A pod template as far as it tells revisions apart: no hash label, nothing empty or null."""
    meta = template.get("metadata") or {}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH_LABEL}
    return _without_nothing(template | {"metadata": meta | {"labels": labels}})


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_nothing(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item != {} and item != []}
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    return value


def template_hash(template: Obj, collisions: int | None) -> str:
    """The pod-template-hash: FNV-1a over the template (and the collision count), in letters that spell no words."""
    text = json.dumps(essence(template), sort_keys=True, separators=(",", ":"))
    if collisions is not None:
        text += str(collisions)
    digest = 0x811C9DC5
    for byte in text.encode():
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(SAFE_LETTERS[ord(digit) % len(SAFE_LETTERS)] for digit in str(digest))


def new_replica_set(deployment: Obj, old: Sequence[Obj]) -> Obj:
    """The ReplicaSet for the Deployment's template; its name follows from the template, so it can't be made twice."""
    spec, template = deployment["spec"], deployment["spec"]["template"]
    digest = template_hash(template, status_of(deployment).get("collisionCount"))
    meta = template.get("metadata") or {}
    labels = (meta.get("labels") or {}) | {HASH_LABEL: digest}
    selector = spec["selector"]
    annotations = copied_annotations(deployment) | {REVISION: str(max_revision(old) + 1)}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)[: LONGEST_NAME - len(digest) - 1]}-{digest}",
            "namespace": namespace_of(deployment),
            "labels": labels,
            "annotations": annotations | size_annotations(deployment),
            "ownerReferences": [controller_ref(deployment)],
        },
        "spec": {
            "replicas": new_size(deployment, 0, total(old)),
            **_min_ready(deployment),
            "selector": selector
            | {"matchLabels": (selector.get("matchLabels") or {}) | {HASH_LABEL: digest}},
            "template": template | {"metadata": meta | {"labels": labels}},
        },
    }


def is_same_revision(deployment: Obj, replica_set: Obj) -> bool:
    """This Deployment's own ReplicaSet for its present template, not a namesake by a hash collision."""
    same_template: bool = essence(deployment["spec"]["template"]) == essence(replica_set["spec"]["template"])
    return same_template and is_controlled_by(replica_set, deployment)


# ------------------------------------------------------------------ annotations


def revision_of(obj: Obj) -> int:
    """The revision annotation as a number; 0 where it is absent or none."""
    return annotation_number(obj, REVISION) or 0


def max_revision(replica_sets: Iterable[Obj]) -> int:
    """The highest revision among these; 0 for none."""
    return max(map(revision_of, replica_sets), default=0)


def copied_annotations(deployment: Obj) -> dict[str, str]:
    """The Deployment's annotations that its ReplicaSets carry too."""
    return {key: value for key, value in annotations_of(deployment).items() if key not in NOT_COPIED}


def size_annotations(deployment: Obj) -> dict[str, str]:
    """What size a ReplicaSet was last made for: tells a scaling from a rollout."""
    desired = size(deployment)
    return {DESIRED_REPLICAS: str(desired), MAX_REPLICAS: str(desired + limits(deployment)[0])}


def refreshed(deployment: Obj, new: Obj, old: Sequence[Obj]) -> Obj | None:
    """The new ReplicaSet with its annotations, revision and minReadySeconds brought up to date; None if they are.

    A ReplicaSet that becomes the new one again (an undo) gets a new revision; the old ones
    stay in its history.
    """
    annotations = annotations_of(new) | copied_annotations(deployment)
    revision = max_revision(old) + 1
    if revision_of(new) < revision:
        if REVISION in annotations:
            annotations[REVISION_HISTORY] = _history(annotations)
        annotations[REVISION] = str(revision)
    if annotations == annotations_of(new) and _min_ready(deployment) == _min_ready(new):
        return None
    spec = {field: value for field, value in new["spec"].items() if field != "minReadySeconds"}
    return new | {
        "metadata": new["metadata"] | {"annotations": annotations},
        "spec": spec | _min_ready(deployment),
    }


def _min_ready(obj: Obj) -> Obj:
    """That field of its spec, where it is not 0: upstream's types leave a 0 out."""
    found = obj["spec"].get("minReadySeconds")
    return {"minReadySeconds": found} if found else {}


def _history(annotations: dict[str, str]) -> str:
    earlier = annotations.get(REVISION_HISTORY, "")
    history = [*(earlier.split(",") if earlier else []), annotations[REVISION]]
    while len(",".join(history)) > LONGEST_HISTORY:
        history.pop(0)
    return ",".join(history)


# ------------------------------------------------------------------ what of the past is kept


def outlived(deployment: Obj, old: Iterable[Obj]) -> list[Obj]:
    """Old ReplicaSets beyond revisionHistoryLimit, oldest revision first; never one that still has replicas."""
    limit = deployment["spec"].get("revisionHistoryLimit", 10)
    if limit is None or limit == NO_LIMIT:
        return []
    alive = sorted(
        (one for one in old if not is_deleting(one)), key=lambda one: (revision_of(one), name_of(one))
    )
    surplus = alive[: max(0, len(alive) - limit)]
    return [one for one in surplus if _is_empty_and_observed(one)]


def _is_empty_and_observed(replica_set: Obj) -> bool:
    status, generation = status_of(replica_set), replica_set["metadata"].get("generation", 0)
    return (
        not size(replica_set)
        and not status.get("replicas")
        and status.get("observedGeneration", 0) >= generation
    )
