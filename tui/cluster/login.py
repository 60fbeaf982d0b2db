"""Logging in: from a context to a session of kr8s', with no credential left lying about on the way."""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from kr8s._api import Api  # kr8s.asyncio.api() caches by loop and warns of versions: we need neither

from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError
from tui.cluster.plugin import ask_plugin
from tui.cluster.proxy import check_proxy, proxy_for
from tui.cluster.tls import read_file, tls_context

_OWN_CREDENTIALS = ("token", "tokenFile", "username", "client-certificate", "client-certificate-data")
"""Who has one of these asks no plugin, as in client-go."""


async def log_in(context: Context, asked: str) -> Api:
    """An authenticated session; ClusterError, beginning with who was `asked`, where the credentials can't be used.

    Certificates and keys that stand in the kubeconfig, or come from a plugin, are in a private folder for the moment
    in which the session is made, and gone again before the first request.
    """
    private = Path(tempfile.mkdtemp(prefix="gapwatch-"))  # mkdtemp makes it 0700
    try:
        user = await _identified(context, asked)
        api = Api(bypass_factory=True, kubeconfig=_for_kr8s(context), serviceaccount="")
        await api.auth
        api._session = _new_session(context, user, private, asked)
    except ClusterError:
        raise
    except Exception as error:
        # Whatever else is odd about a kubeconfig: its text may hold credentials.
        said = f"its kubeconfig can't be used ({type(error).__name__})"
        raise ClusterError(asked, said, "try kubectl with the same context") from None
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return api


async def log_out(api: Api) -> None:
    """Ends the session with all its streams."""
    if api._session is not None:
        await api._session.aclose()


async def _identified(context: Context, asked: str) -> dict[str, Any]:
    """The context's user, with what its plugin gives and its token file holds."""
    user = dict(context.user)
    if user.get("exec") and not any(user.get(name) for name in _OWN_CREDENTIALS):
        user |= await ask_plugin(user["exec"], {**context.cluster, "server": context.server}, asked)
    if user.get("tokenFile"):
        user["token"] = read_file(str(user["tokenFile"]), "tokenFile", asked).decode("utf-8", "replace")
    provider = user.get("auth-provider")
    if provider and not user.get("token"):
        user["token"] = _id_token(provider, asked)
    return user


def _id_token(provider: Any, asked: str) -> str:
    """The token that the auth-provider `oidc` keeps in the kubeconfig; client-go has no other one left."""
    config = provider.get("config") if isinstance(provider, dict) else None
    if isinstance(config, dict) and provider.get("name") == "oidc" and config.get("id-token"):
        return str(config["id-token"])
    name = provider.get("name") if isinstance(provider, dict) else provider
    hint = "Kubernetes has replaced auth-providers with exec plugins: log in anew with your provider's tool"
    raise ClusterError(asked, f'its auth-provider "{name}" is not supported', hint)


def _for_kr8s(context: Context) -> dict[str, Any]:
    """A kubeconfig of one context that says where to go; the credentials are in the session that we make."""
    name = context.name
    cluster = {"server": context.server}
    if context.cluster.get("tls-server-name"):
        cluster["tls-server-name"] = str(context.cluster["tls-server-name"])
    where = {"cluster": name, "user": name, "namespace": context.namespace or "default"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": where}],
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {}}],
    }


def _new_session(context: Context, user: Mapping[str, Any], private: Path, asked: str) -> httpx.AsyncClient:
    """The session. It takes nothing from the environment by itself: not a proxy, nor a password from ~/.netrc."""
    proxy = proxy_for(context, os.environ)
    if proxy is not None:
        check_proxy(proxy, asked)
    return httpx.AsyncClient(
        base_url=context.server,
        # httpx takes this header off when a redirect leaves the server, or TLS.
        headers=_authorization(user) if context.uses_tls else {},
        verify=tls_context(context.cluster, user, private, asked),
        follow_redirects=True,
        proxy=proxy.url if proxy is not None else None,
        trust_env=False,
    )


def _authorization(user: Mapping[str, Any]) -> dict[str, str]:
    """The header for a token, or else for a user name; sent over TLS only, as kubectl does."""
    token = str(user.get("token") or "").strip()
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password') or ''}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


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
