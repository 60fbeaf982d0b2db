"""Paths to single fields of a Deployment, through lists whose elements have keys, as the API server counts them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "imagePullSecrets": ("name",),
    "schedulingGates": ("name",),
    "resourceClaims": ("name",),
    "claims": ("name",),
    "ports": ("containerPort", "protocol"),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
"""By the list's name: `x-kubernetes-list-map-keys` of apps/v1 Deployment. All other lists of it are one value."""
_DEFAULTS = {"protocol": "TCP"}
_MAPS = frozenset({"labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "overhead"})
"""What has keys of people's own choice; every other mapping has fields."""
_QUANTITIES = frozenset({"limits", "requests", "overhead"})
_QUANTITY_FIELDS = frozenset({"sizeLimit", "divisor"})
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_SERVERS_KEYS = re.compile(r'\[((?:\w+=(?:"[^"]*"|[^",\]]*),?)+)\]')
_PAIR = re.compile(r'(\w+)=("[^"]*"|[^",\]]*)')


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list with keys: their names and values, in the list's order."""

    keys: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        """As people write it: `[web]`, `[8080/TCP]`."""
        separator = "/" if self.keys[0][0] == "containerPort" else ","
        return f"[{separator.join(str(value) for _, value in self.keys)}]"


Path = tuple[str | Element, ...]


def words(path: Path) -> str:
    """As people read it: `spec.template.spec.containers[web].image`, `metadata.labels[app.kubernetes.io/name]`."""
    told = ""
    for step in path:
        if isinstance(step, Element):
            told += str(step)
        elif _PLAIN.fullmatch(step):
            told += f".{step}" if told else step
        else:
            told += f"[{step}]"
    return told


def words_of(field: str) -> str:
    """A path in the API server's words, such as `.spec.ports[containerPort=80,protocol="TCP"]`, in ours: `[80/TCP]`."""

    def keys(found: re.Match[str]) -> str:
        pairs = _PAIR.findall(found[1])
        separator = "/" if pairs[0][0] == "containerPort" else ","
        return f"[{separator.join(value.strip(chr(34)) for _, value in pairs)}]"

    return _SERVERS_KEYS.sub(keys, field).lstrip(".")


def is_map(path: Path) -> bool:
    """Whether it leads to a mapping whose keys people choose: an empty one is as none."""
    return bool(path) and path[-1] in _MAPS


def is_quantity(path: Path) -> bool:
    """Whether what it leads to is compared by value: "1000m" is "1"."""
    return path[-1] in _QUANTITY_FIELDS or (len(path) > 1 and path[-2] in _QUANTITIES)


def elements(path: Path, value: Any) -> dict[Element, Any] | None:
    """The list's elements by their keys, in order; None where the list is one value, or its keys are not unique."""
    keys = _KEYS.get(path[-1]) if path and isinstance(path[-1], str) else None
    if keys is None or not isinstance(value, list | None):
        return None
    found: dict[Element, Any] = {}
    for one in value or ():
        if not isinstance(one, dict):
            return None
        element = Element(tuple((key, one.get(key) or _DEFAULTS.get(key, one.get(key))) for key in keys))
        if any(isinstance(of, dict | list | None) for _, of in element.keys) or element in found:
            return None
        found[element] = one
    return found
