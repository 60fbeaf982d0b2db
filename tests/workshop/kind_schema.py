"""kind's rules for a v1alpha4 Cluster, and ours on top, as a checker: what is wrong with a config, in words.

The fields are those of kind v0.33.0, pkg/apis/config/v1alpha4/types.go, which kind decodes strictly; the rules for
values follow its pkg/internal/apis/config/validate.go, those for patches pkg/internal/patch.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

Fields = Mapping[str, Any]
"""Field name → the type of its value: a Python type, Fields, a one-element list of either, or ANY_MAP."""

ANY_MAP: Fields = {"*": str}
ANY_FLAGS: Fields = {"*": bool}
PATCH_6902: Fields = {"group": str, "version": str, "kind": str, "patch": str}
MOUNT: Fields = {
    "containerPath": str,
    "hostPath": str,
    "readOnly": bool,
    "selinuxRelabel": bool,
    "propagation": str,
}
PORT: Fields = {"containerPort": int, "hostPort": int, "listenAddress": str, "protocol": str}
NODE: Fields = {
    "role": str,
    "image": str,
    "labels": ANY_MAP,
    "extraMounts": [MOUNT],
    "extraPortMappings": [PORT],
    "kubeadmConfigPatches": [str],
    "kubeadmConfigPatchesJSON6902": [PATCH_6902],
}
NETWORKING: Fields = {
    "ipFamily": str,
    "apiServerPort": int,
    "apiServerAddress": str,
    "podSubnet": str,
    "serviceSubnet": str,
    "disableDefaultCNI": bool,
    "kubeProxyMode": str,
    "dnsSearch": [str],
}
CLUSTER: Fields = {
    "kind": str,
    "apiVersion": str,
    "name": str,
    "nodes": [NODE],
    "networking": NETWORKING,
    "featureGates": ANY_FLAGS,
    "runtimeConfig": ANY_MAP,
    "kubeadmConfigPatches": [str],
    "kubeadmConfigPatchesJSON6902": [PATCH_6902],
    "containerdConfigPatches": [str],
    "containerdConfigPatchesJSON6902": [str],
}

PINNED = re.compile(r"kindest/node:v1\.\d+\.\d+@sha256:[0-9a-f]{64}")
ZONE = "topology.kubernetes.io/zone"
KUBEADM_KINDS = {
    "ClusterConfiguration",
    "InitConfiguration",
    "JoinConfiguration",
    "KubeletConfiguration",
    "KubeProxyConfiguration",
}


def problems(text: str) -> list[str]:
    """Everything that is wrong with the kind config `text`; none for a good one."""
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return [f"not YAML: {error}"]
    if wrong := list(_unknown_or_mistyped(config, CLUSTER, "")):
        return wrong  # the rules below read fields by name and type
    if (config.get("apiVersion"), config.get("kind")) != ("kind.x-k8s.io/v1alpha4", "Cluster"):
        return ["not a kind.x-k8s.io/v1alpha4 Cluster"]
    return [
        *_cluster(config),
        *_nodes(config.get("nodes", [])),
        *_host_ports(config.get("nodes", [])),
        *_patches(config),
    ]


def _unknown_or_mistyped(value: Any, expected: Any, where: str) -> Iterator[str]:
    if isinstance(expected, list):
        if not isinstance(value, list):
            yield f"{where}: not a list"
            return
        for index, item in enumerate(value):
            yield from _unknown_or_mistyped(item, expected[0], f"{where}[{index}]")
    elif isinstance(expected, Mapping):
        if not isinstance(value, dict):
            yield f"{where or 'config'}: not a mapping"
            return
        for key, item in value.items():
            path = f"{where}.{key}".lstrip(".")
            known = expected.get("*") or expected.get(key)
            if known is None:
                yield f"{path}: unknown field"
            else:
                yield from _unknown_or_mistyped(item, known, path)
    elif type(value) is not expected:
        yield f"{where}: {type(value).__name__}, not {expected.__name__}"


def _cluster(config: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9.-]+", config.get("name", "")):
        yield "name: not a cluster name"
    networking = config.get("networking", {})
    if not _is_loopback(networking.get("apiServerAddress", "")):
        yield "networking.apiServerAddress: not a loopback address"
    if not -1 <= networking.get("apiServerPort", 0) <= 65535:
        yield "networking.apiServerPort: not a port"
    if networking.get("ipFamily", "ipv4") not in {"ipv4", "ipv6", "dual"}:
        yield "networking.ipFamily: unknown"
    if networking.get("kubeProxyMode", "iptables") not in {"iptables", "ipvs", "nftables", "none"}:
        yield "networking.kubeProxyMode: unknown"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _nodes(nodes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    roles = [node.get("role", "control-plane") for node in nodes]
    if unknown := set(roles) - {"control-plane", "worker"}:
        yield f"nodes: unknown role {sorted(unknown)}"
    if roles.count("control-plane") != 1:
        yield "nodes: not exactly one control plane"
    zones = [node.get("labels", {}).get(ZONE) for node in nodes if node.get("role") == "worker"]
    if zones != ["zone-a", "zone-b", "zone-c"]:
        yield f"nodes: workers in zones {zones}"
    images = [node.get("image", "") for node in nodes]
    for index, image in enumerate(images):
        if not PINNED.fullmatch(image):
            yield f"nodes[{index}].image: not a kindest/node release pinned by digest"
    if len(set(images)) > 1:
        yield "nodes: not all of one image"


def _host_ports(nodes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Two nodes are two containers on one host, so a port may be taken once in the whole cluster.

    The wildcard addresses stand for every address; -1 and 0 leave the choice to the engine.
    """
    taken: list[tuple[str, int, str]] = []
    for node in nodes:
        for mapping in node.get("extraPortMappings", []):
            port, protocol = mapping.get("hostPort", 0), mapping.get("protocol", "TCP").upper()
            address = mapping.get("listenAddress") or "0.0.0.0"
            if protocol not in {"TCP", "UDP", "SCTP"}:
                yield f"extraPortMappings: unknown protocol {protocol}"
            if not all(-1 <= p <= 65535 for p in (port, mapping.get("containerPort", 0))):
                yield f"extraPortMappings: not a port: {mapping}"
            if port <= 0:
                continue
            address = "*" if address in {"0.0.0.0", "::"} else address
            for other, other_port, other_protocol in taken:
                if (other_port, other_protocol) == (port, protocol) and (
                    address == other or "*" in (address, other)
                ):
                    yield f"extraPortMappings: host port {port}/{protocol} twice"
            taken.append((address, port, protocol))


def _patches(config: Mapping[str, Any]) -> Iterator[str]:
    sources = [("", config), *((f"nodes[{i}].", node) for i, node in enumerate(config.get("nodes", [])))]
    for prefix, source in sources:
        for index, text in enumerate(source.get("kubeadmConfigPatches", [])):
            where = f"{prefix}kubeadmConfigPatches[{index}]"
            try:
                documents = list(yaml.safe_load_all(text))
            except yaml.YAMLError as error:
                yield f"{where}: not YAML: {error}"
                continue
            for patch in documents:
                yield from _patch(patch, where)


def _patch(patch: Any, where: str) -> Iterator[str]:
    if not isinstance(patch, dict):
        yield f"{where}: not a mapping"
        return
    if patch.get("kind") not in KUBEADM_KINDS:
        yield f"{where}: kind {patch.get('kind')!r} matches nothing that kind generates"
    if "apiVersion" in patch:
        yield f"{where}: apiVersion ties it to one kubeadm version, and kind converts no other"
    for component, fields in patch.items():
        for name in ("extraArgs", "kubeletExtraArgs"):
            args = fields.get(name, {}) if isinstance(fields, dict) else {}
            if not isinstance(args, dict):
                yield f"{where}: {component}.{name} is no map, which is what kubeadm v1beta3 takes"
            elif any(type(value) is not str for value in args.values()):
                yield f"{where}: {component}.{name} has a value that is no string"
