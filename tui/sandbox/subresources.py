"""What lies below an object: binding, scale, finalize. Status is a plain write; evictions are in `disruption`."""

from __future__ import annotations

from collections.abc import Callable

from tui.sandbox import kinds
from tui.sandbox.admission import label_with_topology
from tui.sandbox.field_errors import Errors
from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.negotiation import decode_object
from tui.sandbox.objects import Object, deep_copy, dig, items, mapping, metadata
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.rendering import answer, object_answer
from tui.sandbox.requests import Answer, Call, json_answer, write_of
from tui.sandbox.schema import PLAIN
from tui.sandbox.status import OBJECT_MODIFIED, ApiError, bad_request, conflict, invalid, not_found
from tui.sandbox.tables import NONE, selector_text
from tui.sandbox.tidy import tidy
from tui.sandbox.validation import validate_scale
from tui.sandbox.writing import decode_body, patcher

_SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


def bind(registry: Registry, kind: Kind, call: Call) -> Answer:
    """POST to pods/binding: give the pod its node, once (BindingREST.setPodNodeAndMetadata)."""
    body = decode_object(call.content_type, call.body)
    namespace, name = call.resource.namespace, call.resource.name
    if metadata(body).get("name") != name:
        raise bad_request("name in URL does not match name in Binding object")
    node = dig(body, "target", "name")
    errors = Errors()
    if dig(body, "target", "kind") not in (None, "", "Node"):
        errors.not_supported("target.kind", dig(body, "target", "kind"), ("Node", "<empty>"))
    if not node or not isinstance(node, str):
        errors.required("target.name")
    if errors.causes:
        raise invalid(kind, name, errors.causes)
    current = registry.store.get(kind, namespace, name)
    _check_bindable(current, mapping(body, "metadata").get("uid"))
    if not write_of(call).dry_run:
        registry.store.replace(current, _bound(registry, current.obj, node))
    return json_answer(_SUCCESS, 201)


def _check_bindable(pod: Version, uid: str | None) -> None:
    name, spec = pod.key[1], mapping(pod.obj, "spec")
    why = ""
    if uid and uid != metadata(pod.obj)["uid"]:
        why = (
            f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata(pod.obj)['uid']}"
        )
    elif "deletionTimestamp" in metadata(pod.obj):
        why = f"pod {name} is being deleted, cannot be assigned to a host"
    elif spec.get("nodeName"):
        why = f"pod {name} is already assigned to node {go_quote(spec['nodeName'])}"
    elif spec.get("schedulingGates"):
        why = f"pod {name} has non-empty .spec.schedulingGates"
    if why:
        error = conflict(pod.kind, name, why)
        error.message = f"Operation cannot be fulfilled on pods/binding {go_quote(name)}: {why}"
        raise error


def _bound(registry: Registry, pod: Object, node: str) -> Object:
    obj: Object = deep_copy(pod)
    obj["spec"]["nodeName"] = node
    conditions = [
        entry for entry in items(obj, "status", "conditions") if entry.get("type") != "PodScheduled"
    ]
    scheduled = {
        "type": "PodScheduled",
        "status": "True",
        "lastTransitionTime": registry.now(),
    }
    obj.setdefault("status", {})["conditions"] = [*conditions, scheduled]
    label_with_topology(registry.store, obj)
    return obj


def get_scale(registry: Registry, kind: Kind, call: Call) -> Answer:
    """GET on /scale: an autoscaling/v1 Scale."""
    current = registry.store.get(kind, call.resource.namespace, call.resource.name)
    return object_answer(_scale_of(current), call, registry.clock())


def update_scale(registry: Registry, kind: Kind, call: Call) -> Answer:
    """PUT on /scale."""
    body = decode_object(call.content_type, call.body)
    return _write_scale(registry, kind, call, lambda _: body)


def patch_scale(registry: Registry, kind: Kind, call: Call) -> Answer:
    """PATCH on /scale, in the forms that need no owner."""
    return _write_scale(registry, kind, call, patcher(call, PLAIN))


def _write_scale(registry: Registry, kind: Kind, call: Call, change: Callable[[Object], Object]) -> Answer:
    current = registry.store.get(kind, call.resource.namespace, call.resource.name)
    scale = change(_scale_of(current).obj)
    tidy(scale)
    replicas = mapping(scale, "spec").get("replicas", 0)
    errors = Errors()
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request(
            'Scale in version "v1" cannot be handled as a Scale: spec.replicas is no whole number'
        )
    validate_scale(scale, errors)
    if errors.causes:
        raise ApiError(
            422,
            "Invalid",
            f"Scale.autoscaling {go_quote(current.key[1])} is invalid: {errors.causes[0]}",
            {
                "name": current.key[1],
                "group": "autoscaling",
                "kind": "Scale",
                "causes": [cause.wire() for cause in errors.causes],
            },
        )
    version = mapping(scale, "metadata").get("resourceVersion")
    if version and version != str(current.resource_version):
        raise conflict(kind, current.key[1], OBJECT_MODIFIED)

    def set_replicas(obj: Object) -> Object:
        obj["spec"]["replicas"] = replicas
        return obj

    version = registry.modify(current, set_replicas, write_of(call))
    return object_answer(_scale_of(version), call, registry.clock())


def _scale_of(version: Version) -> Version:
    obj, meta = version.obj, version.obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = selector_text(dig(obj, "spec", "selector"))
    scale = {
        "metadata": {key: meta[key] for key in kept if key in meta},
        "spec": {"replicas": dig(obj, "spec", "replicas") or 0},
        "status": {
            "replicas": dig(obj, "status", "replicas") or 0,
            "selector": "" if selector == NONE else selector,
        },
    }
    return Version(kinds.SCALES, scale, version.resource_version)


def nothing_inside(what: str) -> Callable[[Registry, Kind, Call], Answer]:
    """The handler of everything that wants to get into a container: an answer that says why it can't."""

    def refuse(registry: Registry, kind: Kind, call: Call) -> Answer:
        registry.store.get(kind, call.resource.namespace, call.resource.name)
        raise bad_request(f"containers are simulated here: there is nothing to {what}")

    return refuse


def finalize_namespace(registry: Registry, kind: Kind, call: Call) -> Answer:
    """PUT on namespaces/finalize: take finalizers from a namespace's spec; the last one lets it go."""
    body = decode_body(kind, call)
    current = registry.store.find(kind, "", call.resource.name)
    if current is None:
        raise not_found(kind, call.resource.name)
    finalizers = items(body, "spec", "finalizers")

    def set_finalizers(obj: Object) -> Object:
        obj.setdefault("spec", {})["finalizers"] = finalizers
        return obj

    version = registry.modify(current, set_finalizers, write_of(call))
    return answer(version.whole, call.accept)
