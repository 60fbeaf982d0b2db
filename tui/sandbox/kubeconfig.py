"""The kubeconfig that leads to the sandbox: 0600 in a 0700 folder of its own, removed when the server closes."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import yaml

CONTEXT = "gapwatch-sandbox"
VIEWER_CONTEXT = "gapwatch-sandbox-viewer"


def write_kubeconfig(path: Path, *, url: str, authority: bytes, tokens: dict[str, str]) -> None:
    """Write one context for each of `tokens` (context name → token), the first being the current one."""
    document = _document(url, authority, tokens)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(document, file, sort_keys=False)


def _document(url: str, authority: bytes, tokens: dict[str, str]) -> dict[str, Any]:
    cluster = {
        "server": url,
        "certificate-authority-data": base64.b64encode(authority).decode(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": next(iter(tokens)),
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}} for name, token in tokens.items()],
        "contexts": [{"name": name, "context": {"cluster": CONTEXT, "user": name}} for name in tokens],
    }
