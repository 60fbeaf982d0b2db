"""How lists and maps merge, for strategic merge patch and for server-side apply.

Retyped from upstream's types (the markers patchStrategy, patchMergeKey, listType, listMapKey, structType), as far as
they differ from the rule: maps merge key by key, and lists are replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.sandbox import kinds
from tui.sandbox.kinds import Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """How one field merges.

    `merge_key` is the key of strategic merge for a list of maps; `keys` are those of server-side apply, with
    `key_defaults` for the ones that may be left out. A `set` is a list of plain values that merges as a set,
    `atomic` is owned as a whole by server-side apply, and with `atomic_elements` each element of the list is.
    `retain_keys` marks unions whose other members go, `replace` a map that strategic merge replaces.
    """

    merge_key: str = ""
    keys: tuple[str, ...] = ()
    key_defaults: Mapping[str, str] = field(default_factory=dict)
    set: bool = False
    atomic: bool = False
    atomic_elements: bool = False
    retain_keys: bool = False
    replace: bool = False
    fields: Mapping[str, Shape] = field(default_factory=dict)

    def child(self, name: str) -> Shape:
        """The shape of a field; a plain one where the table says nothing."""
        return self.fields.get(name, PLAIN)

    @property
    def merges_list(self) -> bool:
        """Whether strategic merge merges this list instead of replacing it."""
        return bool(self.merge_key) or self.set

    @property
    def element(self) -> Shape:
        """The shape of an element of a list that merges by keys."""
        return Shape(fields=self.fields, atomic=self.atomic_elements)


PLAIN = Shape()
_ATOMIC = Shape(atomic=True)


def _by(key: str, *more: str, fields: Mapping[str, Shape] | None = None, **options: bool) -> Shape:
    keys = (key, *more)
    defaults = {"protocol": "TCP"} if "protocol" in keys else {}
    return Shape(merge_key=key, keys=keys, key_defaults=defaults, fields=fields or {}, **options)


_KEY_REFERENCE = Shape(
    fields=dict.fromkeys(
        ("configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"), _ATOMIC
    )
)
_CONTAINER = {
    "env": _by("name", fields={"valueFrom": _KEY_REFERENCE}),
    "ports": _by("containerPort", "protocol"),
    "volumeDevices": _by("devicePath"),
    "volumeMounts": _by("mountPath"),
    "resources": Shape(fields={"claims": Shape(keys=("name",))}),
}
_VOLUME_SOURCES = ("cephfs", "cinder", "csi", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
_VOLUME = {
    name: Shape(fields={"secretRef": _ATOMIC, "nodePublishSecretRef": _ATOMIC}) for name in _VOLUME_SOURCES
}
_POD_SPEC = Shape(
    fields={
        "affinity": Shape(
            fields={
                "nodeAffinity": Shape(fields={"requiredDuringSchedulingIgnoredDuringExecution": _ATOMIC}),
            }
        ),
        "containers": _by("name", fields=_CONTAINER),
        "ephemeralContainers": _by("name", fields=_CONTAINER),
        "hostAliases": _by("ip"),
        "imagePullSecrets": _by("name", atomic_elements=True),
        "initContainers": _by("name", fields=_CONTAINER),
        "nodeSelector": _ATOMIC,
        "resourceClaims": _by("name", retain_keys=True),
        "schedulingGates": _by("name"),
        "topologySpreadConstraints": _by(
            "topologyKey", "whenUnsatisfiable", fields={"labelSelector": _ATOMIC}
        ),
        "volumes": _by("name", fields=_VOLUME, retain_keys=True),
    }
)
_METADATA = Shape(
    fields={
        "finalizers": Shape(set=True),
        "managedFields": _ATOMIC,
        "ownerReferences": _by("uid", atomic_elements=True),
    }
)
_TEMPLATE = Shape(fields={"metadata": _METADATA, "spec": _POD_SPEC})
_CONDITIONS = _by("type")
_STATUS = Shape(fields={"conditions": _CONDITIONS})
_WORKLOAD = {
    "spec": Shape(fields={"selector": _ATOMIC, "strategy": Shape(retain_keys=True), "template": _TEMPLATE}),
    "status": _STATUS,
}
_POD_STATUS = Shape(
    fields={
        "conditions": _CONDITIONS,
        "hostIPs": Shape(merge_key="ip", atomic=True),
        "podIPs": _by("ip"),
        "resourceClaimStatuses": _by("name", retain_keys=True),
    }
)

_BY_KIND: Mapping[Kind, Mapping[str, Shape]] = {
    kinds.DEPLOYMENTS: _WORKLOAD,
    kinds.REPLICA_SETS: _WORKLOAD,
    kinds.PODS: {"spec": _POD_SPEC, "status": _POD_STATUS},
    kinds.NODES: {
        "spec": Shape(fields={"podCIDRs": Shape(set=True)}),
        "status": Shape(fields={"addresses": _by("type"), "conditions": _CONDITIONS}),
    },
    kinds.NAMESPACES: {"status": _STATUS},
    kinds.SERVICES: {
        "spec": Shape(fields={"ports": _by("port", "protocol"), "selector": _ATOMIC}),
        "status": _STATUS,
    },
    kinds.RESOURCE_QUOTAS: {"spec": Shape(fields={"scopeSelector": _ATOMIC})},
    kinds.SERVICE_ACCOUNTS: {"secrets": _by("name", atomic_elements=True)},
    kinds.EVENTS: {"involvedObject": _ATOMIC, "related": _ATOMIC},
    kinds.DISRUPTION_BUDGETS: {
        "spec": Shape(fields={"selector": Shape(atomic=True, replace=True)}),
        "status": _STATUS,
    },
}


def shape_of(kind: Kind) -> Shape:
    """The shape of a whole object of the kind."""
    return _SHAPES[kind]


_SHAPES = {kind: Shape(fields={"metadata": _METADATA, **_BY_KIND.get(kind, {})}) for kind in kinds.KINDS}
