"""GET on one object and on a list."""

from __future__ import annotations

from tui.sandbox.kinds import Kind
from tui.sandbox.lists import list_page, resource_version_of, selection_of
from tui.sandbox.registry import Registry
from tui.sandbox.rendering import list_answer, object_answer
from tui.sandbox.requests import Answer, Call
from tui.sandbox.status import resource_version_too_large


def get_object(registry: Registry, kind: Kind, call: Call) -> Answer:
    """The newest version of one object; 404 where there is none."""
    target = call.resource
    asked = resource_version_of(call.query)
    if asked is not None and asked > registry.store.resource_version:
        raise resource_version_too_large(asked, registry.store.resource_version)
    version = registry.store.get(kind, target.namespace if kind.namespaced else "", target.name)
    return object_answer(version, call, registry.clock())


def list_objects(registry: Registry, kind: Kind, call: Call) -> Answer:
    """A page of the objects that the selectors mean."""
    selection = selection_of(kind, call.resource, call.query)
    page = list_page(registry.store, kind, selection, call.query)
    return list_answer(kind, page, call, registry.clock())
