"""From a request to its answer: authorize, find the kind, and hand over to the handler of verb and subresource."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.sandbox import disruption, kinds, logs, pod_exec, proxy, reading, subresources, writing
from tui.sandbox.auth import Tokens, authorize
from tui.sandbox.discovery import describe
from tui.sandbox.kinds import Kind
from tui.sandbox.paths import Target
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Answer, Call
from tui.sandbox.reviews import review
from tui.sandbox.status import method_not_allowed, no_such_path

Handler = Callable[[Registry, Kind, Call], Answer]

_HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "": {
        "get": reading.get_object,
        "list": reading.list_objects,
        "create": writing.create_object,
        "update": writing.update_object,
        "patch": writing.patch_object,
        "delete": writing.delete_object,
        "deletecollection": writing.delete_collection,
    },
    "status": {
        "get": reading.get_object,
        "update": writing.update_object,
        "patch": writing.patch_object,
    },
    "scale": {
        "get": subresources.get_scale,
        "update": subresources.update_scale,
        "patch": subresources.patch_scale,
    },
    "binding": {"create": subresources.bind},
    "eviction": {"create": disruption.evict},
    "attach": dict.fromkeys(("create", "get"), subresources.nothing_inside("attach to")),
    "exec": dict.fromkeys(("create", "get"), pod_exec.want_websocket),
    "portforward": dict.fromkeys(("create", "get"), subresources.nothing_inside("forward to")),
    "ephemeralcontainers": dict.fromkeys(("get", "patch", "update"), subresources.nothing_inside("debug")),
    "log": {"get": logs.read_log},
    "finalize": {"update": subresources.finalize_namespace},
}
_OBJECT_VERBS = ("get", "update", "patch", "delete")
_WHOLE_COLLECTION_VERBS = ("list", "watch", "deletecollection")


def served_kind(call: Call) -> Kind:
    """The kind that a request is about; 404 and 405 where the path or the verb on it is not served."""
    target = call.resource
    kind = target.kind
    if kind is None or (target.subresource and target.subresource not in kind.subresources):
        raise no_such_path()
    if not kind.namespaced and target.namespace and kind is not kinds.NAMESPACES:
        raise no_such_path()
    if not target.subresource and not _fits(target, kind):
        raise method_not_allowed()
    if kind.namespaced and not target.namespace and target.verb not in _WHOLE_COLLECTION_VERBS:
        raise method_not_allowed() if target.verb == "create" else no_such_path()
    return kind


def _fits(target: Target, kind: Kind) -> bool:
    """Whether a verb is served on this kind of path: on one object, or on a collection."""
    if target.verb in ("list", "watch"):
        return target.verb in kind.verbs
    return target.verb in kind.verbs and bool(target.name) == (target.verb in _OBJECT_VERBS)


async def answer(registry: Registry, tokens: Tokens, network: PodNetwork, call: Call) -> Answer:
    """The answer to everything but a watch."""
    authorize(call.user, call.target, call.method, call.path)
    if call.target is None:
        if call.method not in ("GET", "HEAD"):
            raise method_not_allowed()
        return describe(call)
    kind = served_kind(call)
    if not kind.stored:
        return review(kind, call, tokens)
    if call.target.subresource == "proxy":
        return await proxy.forward(registry, network, kind, call)
    handler = _HANDLERS[call.target.subresource].get(call.target.verb)
    if handler is None:
        raise method_not_allowed()
    return handler(registry, kind, call)
