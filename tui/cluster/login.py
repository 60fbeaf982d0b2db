"""Logging in: from a context to a session of kr8s', with no credential left lying about on the way."""

from __future__ import annotations

import base64
import binascii
import shutil
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from kr8s._api import Api  # kr8s.asyncio.api() caches by loop and warns of versions: we need neither

from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError


async def log_in(context: Context, asked: str) -> Api:
    """An authenticated session; ClusterError, beginning with who was `asked`, where the credentials can't be used.

    TLS wants certificates and keys in files: those that stand in the kubeconfig as data are in a private folder
    for the moment in which the session is made, and gone again before the first request.
    """
    private = Path(tempfile.mkdtemp(prefix="gapwatch-"))  # mkdtemp makes it 0700
    try:
        api = Api(bypass_factory=True, kubeconfig=_single_context(context, private, asked), serviceaccount="")
        await api.auth
        api._session = await _new_session(api, context)
        _remove_leaks(api, context.user)
    except ClusterError:
        raise
    except FileNotFoundError as error:
        missing = error.filename or "a credential file or program"
        raise ClusterError(asked, f"{missing} does not exist", "the kubeconfig's user needs it") from None
    except ssl.SSLError as error:
        said = f"its certificate or key can't be used ({error.reason or 'no PEM'})"
        raise ClusterError(asked, said, "look at the kubeconfig's user") from None
    except Exception as error:
        # kr8s lets any exception of an exec plugin or a decoder through; its text may hold arguments.
        said = f"credentials can't be read ({type(error).__name__})"
        raise ClusterError(asked, said, "try kubectl with the same context") from None
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return api


async def log_out(api: Api) -> None:
    """Ends the session with all its streams."""
    if api._session is not None:
        await api._session.aclose()


async def _new_session(api: Api, context: Context) -> httpx.AsyncClient:
    """The session as kr8s would make it, but without a proxy for loopback, as Go's clients have it."""
    auth = api.auth
    verify = await auth.ssl_context()  # type: ignore[no-untyped-call]
    if isinstance(verify, ssl.SSLContext) and auth.server_ca_file is None:
        verify.load_default_certs()
    return httpx.AsyncClient(
        base_url=auth.server,
        headers={"Authorization": f"Bearer {auth.token}"} if auth.token else {},
        verify=verify,
        follow_redirects=True,
        proxy=auth.proxy,
        trust_env=not context.on_loopback,
    )


def _single_context(context: Context, private: Path, asked: str) -> dict[str, Any]:
    """A kubeconfig of one context for kr8s: data fields become files of ours, so that none leak."""
    cluster, user = dict(context.cluster), dict(context.user)
    _to_file(private / "ca.crt", cluster, "certificate-authority-data", "certificate-authority", asked)
    _to_file(private / "client.crt", user, "client-certificate-data", "client-certificate", asked)
    _to_file(private / "client.key", user, "client-key-data", "client-key", asked)
    token_file = user.pop("tokenFile", None)
    if token_file:
        user["token"] = Path(token_file).read_text(encoding="utf-8")
    if "token" in user:
        user["token"] = str(user["token"] or "").strip()
    name = context.name
    where = {"cluster": name, "user": name, "namespace": context.namespace or "default"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": where}],
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
    }


def _to_file(path: Path, section: dict[str, Any], data: str, file: str, asked: str) -> None:
    encoded = section.pop(data, None)
    if not encoded:
        return
    try:
        content = base64.b64decode("".join(str(encoded).split()), validate=True)
    except (binascii.Error, ValueError):
        raise ClusterError(asked, f"{data} is not base64", "look at the kubeconfig") from None
    path.touch(mode=0o600)
    path.write_bytes(content)
    section[file] = str(path)


def impersonation(user: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The headers for `as`, `as-groups`, `as-uid` and `as-user-extra`, as client-go's transport sends them."""
    if not user.get("as"):
        return []
    headers = [("Impersonate-User", str(user["as"]))]
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    headers += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
    for key, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)) for value in values]
    return headers


def _remove_leaks(api: Api, user: Mapping[str, Any]) -> None:
    """kr8s writes what an exec plugin gave as data to temporary files and forgets them; files of people stay."""
    theirs = {str(user.get("client-certificate")), str(user.get("client-key"))}
    for file in (api.auth.client_cert_file, api.auth.client_key_file):
        path = Path(str(file))
        if "exec" in user and str(file) not in theirs and path.parent == Path(tempfile.gettempdir()):
            path.unlink(missing_ok=True)
