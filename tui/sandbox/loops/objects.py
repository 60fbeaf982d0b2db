"""Words for Kubernetes objects as the loops hold them: plain JSON, read but never changed in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Obj = dict[str, Any]
"""One Kubernetes object, or a part of one, as it came over the wire."""


def name_of(obj: Obj) -> str:
    """metadata.name."""
    return str(obj["metadata"]["name"])


def namespace_of(obj: Obj) -> str:
    """metadata.namespace; empty for cluster-scoped objects."""
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Obj) -> str:
    """metadata.uid: the identity of an object; a name can be used again, a uid can't."""
    return str(obj["metadata"].get("uid", ""))


def key_of(obj: Obj) -> str:
    """`namespace/name`, or `name` alone: what a work queue carries."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def split_key(key: str) -> tuple[str, str]:
    """A key's (namespace, name)."""
    namespace, _, name = key.rpartition("/")
    return namespace, name


def labels_of(obj: Obj) -> dict[str, str]:
    """metadata.labels."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Obj) -> dict[str, str]:
    """metadata.annotations."""
    return obj["metadata"].get("annotations") or {}


def status_of(obj: Obj) -> Obj:
    """status, empty until somebody has written one."""
    return obj.get("status") or {}


def version_of(obj: Obj) -> int:
    """metadata.resourceVersion as the number it is since Kubernetes 1.35 promises so; 0 for none."""
    return int(obj["metadata"].get("resourceVersion") or 0)


def is_deleting(obj: Obj) -> bool:
    """Somebody has asked for this object to go."""
    return bool(obj["metadata"].get("deletionTimestamp"))


# ------------------------------------------------------------------ owners


def owners_of(obj: Obj) -> list[Obj]:
    """metadata.ownerReferences."""
    return obj["metadata"].get("ownerReferences") or []


def controller_of(obj: Obj) -> Obj | None:
    """The one ownerReference that controls this object."""
    return next((ref for ref in owners_of(obj) if ref.get("controller")), None)


def is_controlled_by(obj: Obj, owner: Obj) -> bool:
    """The controlling ownerReference names this owner's uid."""
    ref = controller_of(obj)
    return ref is not None and ref["uid"] == uid_of(owner)


def controller_ref(owner: Obj) -> Obj:
    """The ownerReference that a controller puts on what it creates or adopts."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


# ------------------------------------------------------------------ selectors


def selects(selector: Obj | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches; an absent one matches nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(meets(expression, labels) for expression in selector.get("matchExpressions") or ())


def meets(expression: Obj, labels: Mapping[str, str]) -> bool:
    """Whether labels meet one {key, operator, values} requirement (also a node selector's)."""
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    match operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case "Gt" | "Lt":
            return _compares(operator, labels.get(key), values)
    return False


def _compares(operator: str, label: str | None, values: list[str]) -> bool:
    try:
        found, bound = int(label or ""), int(values[0])
    except (ValueError, IndexError):
        return False
    return found > bound if operator == "Gt" else found < bound


# ------------------------------------------------------------------ conditions


def condition(obj: Obj, kind: str) -> Obj | None:
    """The condition of this type in an object's status."""
    return find_condition(status_of(obj).get("conditions") or (), kind)


def find_condition(conditions: Iterable[Obj], kind: str) -> Obj | None:
    """The condition of this type among these."""
    return next((c for c in conditions if c["type"] == kind), None)


# ------------------------------------------------------------------ pods


def is_ready(pod: Obj) -> bool:
    """The pod's Ready condition is True."""
    found = condition(pod, "Ready")
    return found is not None and found["status"] == "True"


def is_finished(pod: Obj) -> bool:
    """The pod has run to its end and will never run again."""
    return status_of(pod).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Obj) -> bool:
    """Counts as a replica: neither finished nor asked to go (controller_utils.go, IsPodActive)."""
    return not is_finished(pod) and not is_deleting(pod)


def is_terminating(pod: Obj) -> bool:
    """Asked to go and not finished yet (controller_utils.go, IsPodTerminating)."""
    return is_deleting(pod) and not is_finished(pod)


def node_of(pod: Obj) -> str:
    """spec.nodeName; empty until the scheduler has bound the pod."""
    return str(pod["spec"].get("nodeName") or "")


def ready_since(pod: Obj) -> str | None:
    """When the pod's Ready condition last became True; None while it isn't."""
    found = condition(pod, "Ready")
    return found.get("lastTransitionTime") if found and found["status"] == "True" else None
