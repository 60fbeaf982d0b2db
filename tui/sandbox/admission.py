"""What a new object has to get past besides its own rules: its namespace, the pod admission, and the quotas."""

from __future__ import annotations

from tui.sandbox import kinds
from tui.sandbox.defaults import admit_pod
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, metadata
from tui.sandbox.quota import check_quota
from tui.sandbox.status import Cause, forbidden
from tui.sandbox.store import Store


def admit_create(store: Store, kind: Kind, namespace: str, obj: Object) -> None:
    """Fill in what admission fills in; 404, 403 where the object may not be made here and now."""
    if kind.namespaced:
        _check_namespace(store, kind, namespace, obj)
    if kind is kinds.PODS:
        admit_pod(obj)
    check_quota(store, kind, namespace, obj)


def _check_namespace(store: Store, kind: Kind, namespace: str, obj: Object) -> None:
    found = store.get(kinds.NAMESPACES, "", namespace)
    if "deletionTimestamp" in metadata(found.obj):
        cause = Cause(
            "NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace"
        )
        raise forbidden(
            kind,
            metadata(obj).get("name", ""),
            f"unable to create new content in namespace {namespace} because it is being terminated",
            [cause],
        )
