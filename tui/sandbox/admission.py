"""What a new object has to get past besides its own rules: its namespace, the pod admission, and the quotas."""

from __future__ import annotations

from ipaddress import IPv4Network

from tui.sandbox import kinds
from tui.sandbox.defaults import admit_pod
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, mapping, metadata
from tui.sandbox.quota import check_quota
from tui.sandbox.status import Cause, forbidden
from tui.sandbox.store import Store

_TOPOLOGY = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
_SERVICE_RANGE = IPv4Network("10.96.0.0/16")


def admit_create(store: Store, kind: Kind, namespace: str, obj: Object) -> None:
    """Fill in what admission fills in; 404, 403 where the object may not be made here and now."""
    if kind.namespaced:
        _check_namespace(store, kind, namespace, obj)
    if kind is kinds.PODS:
        admit_pod(obj)
        label_with_topology(store, obj)
    if kind is kinds.SERVICES:
        _allocate_address(store, obj)
    check_quota(store, kind, namespace, obj)


def label_with_topology(store: Store, pod: Object) -> None:
    """Give a pod on a node that node's region and zone, whatever it bore (plugin/admission/podtopologylabels)."""
    node = store.find(kinds.NODES, "", mapping(pod, "spec").get("nodeName", ""))
    where = mapping(node.obj, "metadata").get("labels", {}) if node is not None else {}
    found = {label: where[label] for label in _TOPOLOGY if label in where}
    if found:
        meta = metadata(pod)
        meta["labels"] = meta.get("labels", {}) | found


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


def _allocate_address(store: Store, service: Object) -> None:
    """The first free address of the service range, unless the service has one, wants none, or is only a name."""
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return
    if not spec.get("clusterIP"):
        taken = {mapping(one.obj, "spec").get("clusterIP") for one in store.all(kinds.SERVICES)}
        spec["clusterIP"] = next(str(ip) for ip in _SERVICE_RANGE.hosts() if str(ip) not in taken)
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
