"""The types of the fields that the server itself reads: a body of another shape is refused before anything looks at it.

Upstream decodes into Go structs and answers 400 where that fails; these structs are our share of that, and every
field that they do not name may hold whatever the client likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tui.sandbox import kinds
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object
from tui.sandbox.quoting import go_quote
from tui.sandbox.status import bad_request

_Text = dict[str, str]
_Struct = dict[str, Any]
_IntOrString = int | str


class _OwnerReference(msgspec.Struct):
    apiVersion: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    blockOwnerDeletion: bool = False


class _Metadata(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    generateName: str = ""
    uid: str = ""
    resourceVersion: str = ""
    labels: _Text = {}
    annotations: _Text = {}
    finalizers: list[str] = []
    ownerReferences: list[_OwnerReference] = []
    managedFields: list[_Struct] = []


class _Expression(msgspec.Struct):
    key: str = ""
    operator: str = ""
    values: list[str] = []


class _Selector(msgspec.Struct):
    matchLabels: _Text = {}
    matchExpressions: list[_Expression] = []


class _Port(msgspec.Struct):
    name: str = ""
    containerPort: int = 0
    protocol: str = ""


class _Variable(msgspec.Struct):
    name: str = ""
    value: str = ""
    valueFrom: _Struct = {}


class _Resources(msgspec.Struct):
    limits: dict[str, str | int | float] = {}
    requests: dict[str, str | int | float] = {}


class _Container(msgspec.Struct):
    name: str = ""
    image: str = ""
    command: list[str] = []
    args: list[str] = []
    env: list[_Variable] = []
    ports: list[_Port] = []
    resources: _Resources = msgspec.field(default_factory=_Resources)
    livenessProbe: _Struct = {}
    readinessProbe: _Struct = {}
    startupProbe: _Struct = {}


class _PodSpec(msgspec.Struct):
    containers: list[_Container] = []
    initContainers: list[_Container] = []
    volumes: list[_Struct] = []
    nodeName: str = ""
    nodeSelector: _Text = {}
    restartPolicy: str = ""
    terminationGracePeriodSeconds: int = 0
    tolerations: list[_Struct] = []
    serviceAccountName: str = ""


class _PlainMetadata(msgspec.Struct):
    labels: _Text = {}
    annotations: _Text = {}


class _Template(msgspec.Struct):
    metadata: _PlainMetadata = msgspec.field(default_factory=_PlainMetadata)
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)


class _RollingUpdate(msgspec.Struct):
    maxSurge: _IntOrString = 0
    maxUnavailable: _IntOrString = 0


class _Strategy(msgspec.Struct):
    type: str = ""
    rollingUpdate: _RollingUpdate = msgspec.field(default_factory=_RollingUpdate)


class _WorkloadSpec(msgspec.Struct):
    replicas: int = 0
    minReadySeconds: int = 0
    revisionHistoryLimit: int = 0
    progressDeadlineSeconds: int = 0
    paused: bool = False
    selector: _Selector | None = None
    strategy: _Strategy = msgspec.field(default_factory=_Strategy)
    template: _Template = msgspec.field(default_factory=_Template)


class _Status(msgspec.Struct):
    conditions: list[_Struct] = []
    containerStatuses: list[_Struct] = []
    podIPs: list[_Struct] = []


class _Anything(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _Workload(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _WorkloadSpec = msgspec.field(default_factory=_WorkloadSpec)
    status: _Status = msgspec.field(default_factory=_Status)


class _Pod(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)
    status: _Status = msgspec.field(default_factory=_Status)


class _NodeSpec(msgspec.Struct):
    unschedulable: bool = False
    taints: list[_Struct] = []


class _Node(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _NodeSpec = msgspec.field(default_factory=_NodeSpec)
    status: _Status = msgspec.field(default_factory=_Status)


class _BudgetSpec(msgspec.Struct):
    minAvailable: _IntOrString | None = None
    maxUnavailable: _IntOrString | None = None
    selector: _Selector | None = None


class _Budget(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _BudgetSpec = msgspec.field(default_factory=_BudgetSpec)
    status: _Status = msgspec.field(default_factory=_Status)


class _NamespaceSpec(msgspec.Struct):
    finalizers: list[str] = []


class _Namespace(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _NamespaceSpec = msgspec.field(default_factory=_NamespaceSpec)
    status: _Struct = {}


class _QuotaSpec(msgspec.Struct):
    hard: dict[str, str | int | float] = {}


class _Quota(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _QuotaSpec = msgspec.field(default_factory=_QuotaSpec)
    status: _Struct = {}


class _ServiceSpec(msgspec.Struct):
    ports: list[_Struct] = []
    selector: _Text = {}
    type: str = ""


class _Service(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _ServiceSpec = msgspec.field(default_factory=_ServiceSpec)


class _ConfigMap(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    data: _Text = {}


class _Review(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _Struct = {}


class _Event(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    involvedObject: _Struct = {}
    source: _Struct = {}
    reason: str = ""
    message: str = ""
    type: str = ""
    count: int = 0


_SHAPES: Mapping[Kind, type[msgspec.Struct]] = {
    kinds.DEPLOYMENTS: _Workload,
    kinds.REPLICA_SETS: _Workload,
    kinds.PODS: _Pod,
    kinds.NODES: _Node,
    kinds.EVENTS: _Event,
    kinds.DISRUPTION_BUDGETS: _Budget,
    kinds.NAMESPACES: _Namespace,
    kinds.RESOURCE_QUOTAS: _Quota,
    kinds.SERVICES: _Service,
    kinds.CONFIG_MAPS: _ConfigMap,
    kinds.SECRETS: _ConfigMap,
    kinds.ACCESS_REVIEWS: _Review,
    kinds.RULES_REVIEWS: _Review,
}


def check_shape(kind: Kind, obj: Object) -> None:
    """400 where a field that the server reads has a wrong type; nulls have to be gone already."""
    try:
        msgspec.convert(obj, _SHAPES.get(kind, _Anything))
    except msgspec.ValidationError as error:
        what = str(error).replace("`", "'").replace("'$.", "'")
        raise bad_request(
            f"{kind.kind} in version {go_quote(kind.version)} cannot be handled as a {kind.kind}: {what}"
        ) from None
