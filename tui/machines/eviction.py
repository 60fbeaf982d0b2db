"""From how little free disk on a kubelet calls it full, by the files kubeadm keeps on the node."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

SIGNAL = "nodefs.available"
DEFAULT = "10%"
"""What a kubelet takes where its configuration has no evictionHard at all (pkg/kubelet/eviction/defaults_linux.go)."""

_IGNORED = ("0%", "100%")
_FLAG = re.compile(r"--eviction-hard[= ]([^\s\"']*)")
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)%")
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(?:([KMGTPE]i|[kMGTPE])|[eE](\d{1,2}))?")
_DECIMAL = {unit: 1000**power for power, unit in enumerate(("", "k", "M", "G", "T", "P", "E"))}
_BINARY = {f"{unit}i": 1024**power for power, unit in enumerate("KMGTPE", 1)}
_UNITS = _DECIMAL | _BINARY


def disk_threshold(config: str, flags: str = "") -> str:
    """The threshold of nodefs.available as it is written, "10%" or "1Gi"; "0%" where the kubelet heeds none.

    `config` is /var/lib/kubelet/config.yaml, `flags` is /var/lib/kubelet/kubeadm-flags.env, whose --eviction-hard
    takes the place of the whole evictionHard. A signal that evictionHard leaves out is off, unless
    mergeDefaultEvictionSettings is set. Raises ValueError for what is no KubeletConfiguration.
    """
    try:
        read = yaml.safe_load(config)
    except yaml.YAMLError as error:
        raise ValueError("it is not YAML") from error
    if not isinstance(read, dict) or read.get("kind") != "KubeletConfiguration":
        raise ValueError("it is no KubeletConfiguration")
    given = _of_flags(flags) or read.get("evictionHard")
    if given is None:
        return DEFAULT
    if not isinstance(given, dict):
        raise ValueError("its evictionHard is no mapping")
    return str(given.get(SIGNAL, DEFAULT if read.get("mergeDefaultEvictionSettings") else "0%"))


def threshold_bytes(written: str, size_bytes: int) -> int:
    """How little may be free on a disk of that size before it counts as full; 0 when nothing is too little.

    As pkg/kubelet/eviction/helpers.go reads it: "0%" and "100%" are ignored, and so are 0 bytes here, which stop a
    kubelet from starting. Raises ValueError for what is neither a percentage nor a quantity.
    """
    if written in _IGNORED:
        return 0
    if percentage := _PERCENTAGE.fullmatch(written):
        return int(size_bytes * Decimal(percentage[1]) / 100)
    if quantity := _QUANTITY.fullmatch(written):
        number, unit, exponent = quantity.groups()
        return int(Decimal(number) * (10 ** int(exponent) if exponent else _UNITS[unit or ""]))
    raise ValueError(f'its {SIGNAL} is "{written}"')


def _of_flags(flags: str) -> Mapping[str, Any]:
    """The last --eviction-hard, `signal<value,signal<value`; empty without one."""
    last = (_FLAG.findall(flags) or [""])[-1]
    return {
        signal: value for signal, less, value in (part.partition("<") for part in last.split(",")) if less
    }
