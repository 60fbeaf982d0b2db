"""Which clusters there are: kubeconfig contexts as kubectl reads them, without changing a byte of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tui.cluster.errors import KubeconfigError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TLS_FIELDS = ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify")
_SECRETS = ("token", "password", "client-key-data", "auth-provider")
_FILE_FIELDS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def without_credentials(url: str) -> str:
    """A URL without the user and password that it may carry; the password may hold slashes, as it never should."""
    scheme, mark, rest = url.partition("://")
    if ":" in rest.partition("/")[0]:
        rest = rest.rpartition("@")[2]
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


class Nature(StrEnum):
    """What a source is, as far as that decides how careful one has to be."""

    SANDBOX = "sandbox"
    LOCAL = "local cluster"
    REAL = "real cluster"


@dataclass(frozen=True)
class Context:
    """One kubeconfig context with its cluster and user, file names made absolute.

    `namespace` is None where the context names none. The credentials in `user` never reach repr or a log.
    """

    name: str
    cluster: Mapping[str, Any] = field(repr=False)
    user: Mapping[str, Any] = field(repr=False)
    namespace: str | None = None
    sandbox: bool = False
    missing: str = ""
    """What the kubeconfig refers to without defining it, in words, or ""."""
    exposed: Path | None = None
    """The file that its credentials stand in, where others on this machine may read it."""

    @property
    def server(self) -> str:
        """The API server's URL. Where it names no scheme, it is taken as client-go's DefaultServerURL does."""
        given = str(self.cluster.get("server") or "").strip()
        if not given or "://" in given:
            return given
        return f"https://{given}" if any(map(self.cluster.get, _TLS_FIELDS)) else f"http://{given}"

    @property
    def uses_tls(self) -> bool:
        """Whether what is sent there can't be read on the way."""
        return self.server.lower().startswith("https://")

    @property
    def shown_server(self) -> str:
        """The server without a user or password that its URL may carry."""
        return without_credentials(self.server)

    @property
    def on_loopback(self) -> bool:
        """Whether the API server listens on this very machine."""
        try:
            host = urlsplit(self.server).hostname or ""
        except ValueError:
            return False
        if host == "localhost":
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def nature(self) -> Nature:
        """Sandbox, a kind/minikube/k3d cluster on loopback, or a real cluster: when in doubt, real."""
        if self.sandbox and self.on_loopback:
            return Nature.SANDBOX
        local = self.name.startswith(("kind-", "k3d-")) or self.name == "minikube"
        return Nature.LOCAL if local and self.on_loopback else Nature.REAL


@dataclass(frozen=True)
class Contexts:
    """All contexts of the kubeconfig files that apply, in their order. `current` may be empty."""

    files: tuple[Path, ...]
    by_name: Mapping[str, Context]
    current: str

    def choose(self, name: str | None = None) -> Context:
        """The context of that name, or the current one; KubeconfigError names the alternatives."""
        wanted = name or self.current
        known = ", ".join(self.by_name)
        if not wanted and not known:
            where = ", ".join(map(str, self.files))
            said = "no current context is set, and it names none at all"
            raise KubeconfigError(f"kubeconfig {where}", said, "--sandbox needs none")
        if not wanted:
            raise KubeconfigError(
                "kubeconfig", "no current context is set", f"choose with --context: {known}"
            )
        if wanted not in self.by_name:
            hint = f"there is: {known}" if known else "it names none; --sandbox needs none"
            raise KubeconfigError(f'context "{wanted}"', "no such context in the kubeconfig", hint)
        return self.by_name[wanted]


def kubeconfig_files(explicit: str | None, env: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """The files kubectl would read: --kubeconfig, else $KUBECONFIG's list, else ~/.kube/config.

    A file that was named with --kubeconfig has to exist; the others may be missing, as with kubectl.
    """
    env = os.environ if env is None else env
    if explicit:
        path = Path(explicit).expanduser()
        if not path.exists():
            raise KubeconfigError(f"kubeconfig {path}", "no such file", "see --kubeconfig")
        return (path,)
    candidates = named_by_environment(env)
    if not env.get("KUBECONFIG"):
        candidates = (Path(env.get("HOME") or os.path.expanduser("~")) / ".kube" / "config",)
    return tuple(path for path in candidates if path.exists())


def named_by_environment(env: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """The files that $KUBECONFIG names, whether they exist or not."""
    named = (os.environ if env is None else env).get("KUBECONFIG", "")
    return tuple(Path(part).expanduser() for part in named.split(os.pathsep) if part)


def read_contexts(files: tuple[Path, ...]) -> Contexts:
    """Merges the files as kubectl does: for each name, and for current-context, the first one wins."""
    merged: dict[str, dict[str, dict[str, Any]]] = {"contexts": {}, "clusters": {}, "users": {}}
    current, exposed = "", dict[str, Path]()
    for path in files:
        document = _load(path)
        others_may_read = bool(path.stat().st_mode & 0o044)
        current = current or str(document.get("current-context") or "")
        for section, singular in (("contexts", "context"), ("clusters", "cluster"), ("users", "user")):
            for name, value in _named(path, document, section, singular):
                first = merged[section].setdefault(name, value) is value
                if first and others_may_read and section == "users" and any(map(value.get, _SECRETS)):
                    exposed[name] = path
    by_name = {
        name: Context(
            name=name,
            cluster=merged["clusters"].get(str(context.get("cluster")), {}),
            user=merged["users"].get(str(context.get("user")), {}),
            namespace=str(context["namespace"]) if context.get("namespace") else None,
            missing=_missing(context, merged),
            exposed=exposed.get(str(context.get("user"))),
        )
        for name, context in merged["contexts"].items()
    }
    return Contexts(files=files, by_name=by_name, current=current)


def in_cluster(root: Path = SERVICE_ACCOUNT, env: Mapping[str, str] | None = None) -> Context | None:
    """The service account's context when running in a pod, else None. Follows client-go's InClusterConfig."""
    env = os.environ if env is None else env
    host, port = env.get("KUBERNETES_SERVICE_HOST"), env.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (root / "token").is_file():
        return None
    namespace = root / "namespace"
    return Context(
        name="in-cluster",
        cluster={
            "server": f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
            "certificate-authority": str(root / "ca.crt"),
        },
        user={"tokenFile": str(root / "token")},
        namespace=namespace.read_text().strip() if namespace.is_file() else None,
    )


def _missing(context: Mapping[str, Any], merged: Mapping[str, Mapping[str, Any]]) -> str:
    for singular in ("cluster", "user"):
        wanted = context.get(singular)
        if wanted and str(wanted) not in merged[f"{singular}s"]:
            return f'its {singular} "{wanted}" is not defined'
    return ""


def _load(path: Path) -> dict[str, Any]:
    import yaml  # here, so that the first paint does not wait for it

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except OSError as error:
        raise KubeconfigError(f"kubeconfig {path}", error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise KubeconfigError(f"kubeconfig {path}", "is not UTF-8 text") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        wrong = getattr(error, "problem", None) or getattr(error, "reason", None) or "it can't be read"
        raise KubeconfigError(f"kubeconfig {path}", f"is not valid YAML: {where}{wrong}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise KubeconfigError(f"kubeconfig {path}", "is not a kubeconfig: a mapping was expected")
    return document


def _named(
    path: Path, document: dict[str, Any], section: str, singular: str
) -> list[tuple[str, dict[str, Any]]]:
    entries = document.get(section) or []
    found = []
    for entry in entries if isinstance(entries, list) else [None]:
        if (
            not isinstance(entry, dict)
            or not isinstance(entry.get(singular) or {}, dict)
            or "name" not in entry
        ):
            raise KubeconfigError(
                f"kubeconfig {path}", f"{section}: a list of name + {singular} was expected"
            )
        found.append((str(entry["name"]), _absolute(entry.get(singular) or {}, path.parent)))
    return found


def _absolute(value: dict[str, Any], folder: Path) -> dict[str, Any]:
    """File names in a kubeconfig are relative to the file they stand in."""
    files = {name: str((folder / str(value[name])).resolve()) for name in _FILE_FIELDS if value.get(name)}
    found = {**value, **files}
    plugin = value.get("exec")
    command = plugin.get("command") if isinstance(plugin, dict) else None
    if isinstance(command, str) and "/" in command:
        found["exec"] = {**plugin, "command": str(folder / command)}  # type: ignore[dict-item]
    return found
