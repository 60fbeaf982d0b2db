"""Tables, as kubectl asks for them: upstream's columns and cells (`pkg/printers/internalversion/printers.go`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui.sandbox import kinds
from tui.sandbox.durations import age
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, condition, dig, items, mapping
from tui.sandbox.pod_cells import pod_cells

NONE, UNKNOWN = "<none>", "<unknown>"
_ROLE_PREFIX = "node-role.kubernetes.io/"

Cells = Callable[[Object, datetime], list[Any]]


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str = "string"
    wide: bool = False

    def definition(self, *, is_name: bool) -> Object:
        return {
            "name": self.name,
            "type": self.type,
            "format": "name" if is_name else "",
            "description": "",
            "priority": 1 if self.wide else 0,
        }


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[_Column, ...]
    cells: Cells


def _columns(names: str, wide: str = "") -> tuple[_Column, ...]:
    """Column names between bars; a trailing # marks a whole number."""
    return tuple(
        _Column(name.rstrip("#"), "integer" if name.endswith("#") else "string", is_wide)
        for part, is_wide in ((names, False), (wide, True))
        for name in part.split("|")
        if name
    )


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Object, now: datetime) -> str:
    return age(dig(obj, "metadata", "creationTimestamp"), now)


def _containers(obj: Object) -> tuple[str, str]:
    containers = items(obj, "spec", "template", "spec", "containers")
    return (
        ",".join(str(container.get("name", "")) for container in containers),
        ",".join(str(container.get("image", "")) for container in containers),
    )


def selector_text(selector: Any) -> str:
    """metav1.FormatLabelSelector: the selector as `-l` would take it."""
    if not isinstance(selector, dict):
        return NONE
    terms = [f"{key}={value}" for key, value in sorted(mapping(selector, "matchLabels").items())]
    for expression in items(selector, "matchExpressions"):
        key, operator = expression.get("key", ""), expression.get("operator", "")
        values = f"({','.join(sorted(expression.get('values') or ()))})"
        words = {"In": f"{key} in {values}", "NotIn": f"{key} notin {values}", "DoesNotExist": f"!{key}"}
        terms.append(words.get(operator, key))
    return ",".join(terms) or NONE


def _deployment(obj: Object, now: datetime) -> list[Any]:
    status = mapping(obj, "status")
    return [
        _name(obj),
        f"{status.get('readyReplicas', 0)}/{dig(obj, 'spec', 'replicas') or 0}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        _age(obj, now),
        *_containers(obj),
        selector_text(dig(obj, "spec", "selector")),
    ]


def _replica_set(obj: Object, now: datetime) -> list[Any]:
    status = mapping(obj, "status")
    return [
        _name(obj),
        dig(obj, "spec", "replicas") or 0,
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        _age(obj, now),
        *_containers(obj),
        selector_text(dig(obj, "spec", "selector")),
    ]


def _node(obj: Object, now: datetime) -> list[Any]:
    ready = condition(obj, "Ready")
    states = ["Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"]
    if dig(obj, "spec", "unschedulable"):
        states.append("SchedulingDisabled")
    info = mapping(obj, "status", "nodeInfo")
    kernel = info.get("kernelVersion") or UNKNOWN
    if info.get("architecture"):
        kernel += f" ({info['architecture']})"
    return [
        _name(obj),
        ",".join(states),
        ",".join(_roles(mapping(obj, "metadata", "labels"))) or NONE,
        _age(obj, now),
        info.get("kubeletVersion", ""),
        _address(obj, "InternalIP"),
        _address(obj, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        kernel,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _roles(labels: Mapping[str, str]) -> list[str]:
    roles = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    if labels.get("kubernetes.io/role"):
        roles.add(labels["kubernetes.io/role"])
    return sorted(role for role in roles if role)


def _address(node: Object, kind: str) -> str:
    found = (
        entry.get("address") for entry in items(node, "status", "addresses") if entry.get("type") == kind
    )
    return str(next(found, NONE))


def _event(obj: Object, now: datetime) -> list[Any]:
    first = age(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = age(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    series = mapping(obj, "series")
    if series:
        last = age(series.get("lastObservedTime"), now)
    about = mapping(obj, "involvedObject")
    target = str(about.get("kind", "")).lower()
    if about.get("name"):
        target = f"{target}/{about['name']}"
    source = [
        dig(obj, "source", "component") or obj.get("reportingComponent", ""),
        dig(obj, "source", "host") or obj.get("reportingInstance", ""),
    ]
    return [
        last,
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        about.get("fieldPath", ""),
        ", ".join(part for part in source if part),
        str(obj.get("message", "")).strip(),
        first,
        series.get("count") or obj.get("count") or 1,
        _name(obj),
    ]


def _service(obj: Object, now: datetime) -> list[Any]:
    spec = mapping(obj, "spec")
    ports = ",".join(f"{port.get('port')}/{port.get('protocol', 'TCP')}" for port in items(spec, "ports"))
    selector = ",".join(f"{key}={value}" for key, value in sorted(mapping(spec, "selector").items()))
    return [
        _name(obj),
        spec.get("type", ""),
        spec.get("clusterIP") or NONE,
        spec.get("externalName") or NONE,
        ports or NONE,
        _age(obj, now),
        selector or NONE,
    ]


def _quota(obj: Object, now: datetime) -> list[Any]:
    hard, used = mapping(obj, "status", "hard"), mapping(obj, "status", "used")
    figures = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    return [
        _name(obj),
        ", ".join(text for name, text in figures.items() if not name.startswith("limits.")),
        ", ".join(text for name, text in figures.items() if name.startswith("limits.")),
        _age(obj, now),
    ]


def _budget(obj: Object, now: datetime) -> list[Any]:
    spec = mapping(obj, "spec")
    return [
        _name(obj),
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        dig(obj, "status", "disruptionsAllowed") or 0,
        _age(obj, now),
    ]


def _config_map(obj: Object, now: datetime) -> list[Any]:
    return [_name(obj), len(mapping(obj, "data")) + len(mapping(obj, "binaryData")), _age(obj, now)]


def _secret(obj: Object, now: datetime) -> list[Any]:
    return [_name(obj), obj.get("type", ""), len(mapping(obj, "data")), _age(obj, now)]


def _other(obj: Object, now: datetime) -> list[Any]:
    return [_name(obj), _age(obj, now)]


_WORKLOAD_WIDE = "Containers|Images|Selector"
_EVENT_COLUMNS = tuple(
    _Column(name, wide=name in ("Subobject", "Source", "First Seen", "Count", "Name"))
    for name in (
        "Last Seen",
        "Type",
        "Reason",
        "Object",
        "Subobject",
        "Source",
        "Message",
        "First Seen",
        "Count",
        "Name",
    )
)
_OTHER = _Table(_columns("Name|Age"), _other)

_TABLES: Mapping[Kind, _Table] = {
    kinds.PODS: _Table(
        _columns("Name|Ready|Status|Restarts|Age", "IP|Node|Nominated Node|Readiness Gates"), pod_cells
    ),
    kinds.DEPLOYMENTS: _Table(_columns("Name|Ready|Up-to-date#|Available#|Age", _WORKLOAD_WIDE), _deployment),
    kinds.REPLICA_SETS: _Table(_columns("Name|Desired#|Current#|Ready#|Age", _WORKLOAD_WIDE), _replica_set),
    kinds.NODES: _Table(
        _columns(
            "Name|Status|Roles|Age|Version",
            "Internal-IP|External-IP|OS-Image|Kernel-Version|Container-Runtime",
        ),
        _node,
    ),
    kinds.EVENTS: _Table(_EVENT_COLUMNS, _event),
    kinds.NAMESPACES: _Table(
        _columns("Name|Status|Age"),
        lambda obj, now: [_name(obj), mapping(obj, "status").get("phase", ""), _age(obj, now)],
    ),
    kinds.SERVICES: _Table(_columns("Name|Type|Cluster-IP|External-IP|Port(s)|Age", "Selector"), _service),
    kinds.RESOURCE_QUOTAS: _Table(_columns("Name|Request|Limit|Age"), _quota),
    kinds.DISRUPTION_BUDGETS: _Table(
        _columns("Name|Min Available|Max Unavailable|Allowed Disruptions#|Age"), _budget
    ),
    kinds.CONFIG_MAPS: _Table(_columns("Name|Data#|Age"), _config_map),
    kinds.SECRETS: _Table(_columns("Name|Type|Data#|Age"), _secret),
    kinds.SCALES: _Table(
        _columns("Name|Desired#|Available#|Age"),
        lambda obj, now: [_name(obj), obj["spec"]["replicas"], obj["status"]["replicas"], _age(obj, now)],
    ),
    kinds.LEASES: _Table(
        _columns("Name|Holder|Age"),
        lambda obj, now: [_name(obj), mapping(obj, "spec").get("holderIdentity", ""), _age(obj, now)],
    ),
}


def columns_of(kind: Kind) -> list[Object]:
    """The column definitions of a kind; priority 1 is shown by `-o wide` only."""
    columns = _TABLES.get(kind, _OTHER).columns
    return [column.definition(is_name=column.name == "Name") for column in columns]


def row_of(kind: Kind, obj: Object, now: datetime) -> list[Any]:
    """The cells of one object, one for each column."""
    return _TABLES.get(kind, _OTHER).cells(obj, now)
