"""What was asked for, before anything is opened: cheap to import, so that the first paint waits for nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def is_namespace_name(text: str) -> bool:
    """Whether a namespace can be called so: a DNS label (RFC 1123), as Kubernetes has it."""
    return _NAMESPACE.fullmatch(text) is not None


@dataclass(frozen=True)
class Options:
    """What the command line says about the source, with kubectl's meanings."""

    context: str | None = None
    kubeconfig: str | None = None
    namespace: str | None = None
    all_namespaces: bool = False
    selector: str = ""
    sandbox: bool = False
    read_only: bool = False
    protect: tuple[str, ...] = ()
    """More namespaces that nothing is done to."""
    manifests: tuple[str, ...] = ()
    """What was declared: files, folders, or "-" for standard input."""
    recursive: bool = False
    """Whether folders in those folders are read too, as with kubectl's -R."""
