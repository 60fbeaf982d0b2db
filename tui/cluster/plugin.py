"""Exec plugins: programs that give credentials. Follows client-go's plugin/pkg/client/auth/exec."""

from __future__ import annotations

import base64
import json
import os
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui.children import child
from tui.cluster.errors import ClusterError
from tui.cluster.tls import read_file

API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_CA = "certificate-authority"
_CLUSTER_FIELDS = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
)
_EXTENSION = "client.authentication.k8s.io/exec"
_LOOK = "look at the kubeconfig's user"


async def ask_plugin(plugin: Any, cluster: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """The user fields that the plugin gives: `token`, or certificate and key as `…-data`.

    ClusterError tells the program's name only: its arguments and its output may hold secrets. It can't ask
    anybody anything, because the terminal is ours. A plugin that we don't wait for any longer is ended.
    """
    program = _program(plugin, asked)
    arguments = map(str, plugin.get("args") or ())
    streams = {"stdin": DEVNULL, "stdout": PIPE, "stderr": DEVNULL}
    env = _environment(plugin, cluster, asked)
    try:
        async with child(plugin["command"], *arguments, env=env, **streams) as process:
            output, _ = await process.communicate()
    except (OSError, ValueError) as error:
        raise _not_started(program, plugin, error, asked) from None
    if process.returncode:
        hint = "try kubectl with the same context"
        raise ClusterError(asked, f'its plugin "{program}" failed (exit {process.returncode})', hint)
    return _credentials(output, program, asked)


def _program(plugin: Any, asked: str) -> str:
    """The plugin's name for people, once it is known to be one that can be run."""
    if not isinstance(plugin, dict) or not isinstance(plugin.get("command"), str) or not plugin["command"]:
        raise ClusterError(asked, "its exec plugin has no command", _LOOK)
    program = Path(plugin["command"]).name
    lists = (plugin.get("args") or [], plugin.get("env") or [])
    if not all(isinstance(one, list) for one in lists) or not all(_is_variable(one) for one in lists[1]):
        said = f'its plugin "{program}" can\'t be run: args and env (of name + value) are lists'
        raise ClusterError(asked, said, _LOOK)
    if plugin.get("apiVersion") not in API_VERSIONS:
        said = f'its plugin "{program}" speaks "{plugin.get("apiVersion")}", which is not supported'
        raise ClusterError(asked, said, f"supported: {', '.join(API_VERSIONS)}")
    if plugin.get("interactiveMode") == "Always":
        said = f'its plugin "{program}" wants to ask at the terminal, which is taken'
        raise ClusterError(asked, said, "log in with it first, or use another context")
    return program


def _is_variable(entry: Any) -> bool:
    return isinstance(entry, dict) and "name" in entry and "value" in entry


def _not_started(program: str, plugin: Mapping[str, Any], error: Exception, asked: str) -> ClusterError:
    if isinstance(error, FileNotFoundError):
        hint = str(plugin.get("installHint") or "is it installed, and on the PATH?")
        return ClusterError(asked, f'its plugin "{program}" does not exist', hint)
    why = error.strerror if isinstance(error, OSError) else "no program can be started so"
    return ClusterError(asked, f'its plugin "{program}" can\'t be started: {why}', _LOOK)


def _environment(plugin: Mapping[str, Any], cluster: Mapping[str, Any], asked: str) -> dict[str, str]:
    """Ours, the plugin's own variables, and KUBERNETES_EXEC_INFO with what it is asked for."""
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = _cluster_info(cluster, asked)
    info = {"kind": "ExecCredential", "apiVersion": plugin["apiVersion"], "spec": spec}
    own = {str(one["name"]): str(one["value"]) for one in plugin.get("env") or ()}
    return {**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info, default=str)}


def _cluster_info(cluster: Mapping[str, Any], asked: str) -> dict[str, Any]:
    info = {name: cluster[name] for name in _CLUSTER_FIELDS if cluster.get(name)}
    file = cluster.get(_CA)
    if file and f"{_CA}-data" not in info:
        info[f"{_CA}-data"] = base64.b64encode(read_file(str(file), _CA, asked)).decode()
    for one in cluster.get("extensions") or ():
        if isinstance(one, dict) and one.get("name") == _EXTENSION:
            info["config"] = one.get("extension")
    return info


def _credentials(output: bytes, program: str, asked: str) -> dict[str, Any]:
    try:
        status = json.loads(output)["status"]
        token, pair = status.get("token"), (status.get("clientCertificateData"), status.get("clientKeyData"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        said = f'what its plugin "{program}" gave is no ExecCredential with a status'
        raise ClusterError(asked, said, "try kubectl with the same context") from None
    if any(pair) and not all(pair):
        raise ClusterError(asked, f'its plugin "{program}" gave a certificate or a key without the other')
    if not token and not any(pair):
        raise ClusterError(asked, f'its plugin "{program}" gave neither a token nor a certificate')
    found = {"token": token} if token else {}
    if all(pair):
        names = ("client-certificate-data", "client-key-data")
        found |= {
            name: base64.b64encode(str(pem).encode()).decode() for name, pem in zip(names, pair, strict=True)
        }
    return found
