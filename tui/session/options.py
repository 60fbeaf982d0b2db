"""What was asked for, before anything is opened: cheap to import, so that the first paint waits for nothing."""

from __future__ import annotations

from dataclasses import dataclass


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
