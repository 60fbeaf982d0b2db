"""One authenticated connection to one API server, on kr8s' session; everything else here speaks through it."""

from __future__ import annotations

import base64
import binascii
import shutil
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from kr8s import APITimeoutError
from kr8s._api import Api  # kr8s.asyncio.api() caches by loop and warns of versions: we need neither

from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.kinds import Resource, read_status

USER_AGENT = f"gapwatch/{version('gapwatch')}"
SANDBOX_BUILD = "+gapwatch"
"""How the embedded cluster ends its version: it is told from a real one wherever its kubeconfig came from."""
CONNECT_S = 10.0
CALL = httpx.Timeout(CONNECT_S, read=30.0)
REFRESH_AT_MOST_EVERY_S = 60.0

NetworkErrors = (httpx.HTTPError, httpx.InvalidURL, APITimeoutError, ssl.SSLError, OSError)
"""What kr8s lets through when a server can't be reached or hangs up."""


@dataclass(frozen=True)
class Answer:
    """A complete response: HTTP status and body."""

    code: int
    body: bytes

    def json(self) -> Any:
        """The body as plain data."""
        return msgspec.json.decode(self.body)


class Connection:
    """Use `await Connection.open(context)`, and close it.

    TLS wants certificates and keys in files: those that stand in the kubeconfig as data are in a private folder
    for the moment in which the session is made, and gone again before the first request.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.server_version = ""
        self.clock_offset_s = 0.0
        """Server's wall clock minus ours, from the Date header (whole seconds)."""
        self._api: Api | None = None
        self._token: str | None = None
        self._refreshed_at = float("-inf")

    @classmethod
    async def open(cls, context: Context) -> Connection:
        """Authenticates and asks for /version; ClusterError says who was asked, what it said, what to try."""
        connection = cls(context)
        try:
            await connection._authenticate()
            connection.server_version = await connection._ask_version()
            if connection.server_version.endswith(SANDBOX_BUILD):
                connection.context = replace(context, sandbox=True)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _ask_version(self) -> str:
        """The server's version; "" where it is kept from us, which is no reason to refuse the rest."""
        try:
            answer = await self.get_path("/version")
            return str(msgspec.convert(answer.json(), dict).get("gitVersion", ""))
        except Refused as error:
            if error.code in (403, 404):
                return ""
            raise
        except (msgspec.DecodeError, msgspec.ValidationError):
            hint = "is the kubeconfig's server address right?"
            raise ClusterError(self.asked, "what answers there is no Kubernetes API server", hint) from None

    async def close(self) -> None:
        """Ends the session; safe to call twice."""
        if self._api is not None:
            await _end_session(self._api)

    @property
    def asked(self) -> str:
        """Who is asked, for error lines."""
        return f'context "{self.context.name}" at {self.context.shown_server or "no server"}'

    def server_now(self) -> float:
        """The server's wall clock, in epoch seconds, as well as the Date header tells."""
        return time.time() + self.clock_offset_s

    async def get_path(self, path: str) -> Answer:
        """GET of a bare path such as /version."""
        return await self._call("GET", {"version": "", "base": path, "url": ""}, path)

    async def call(
        self,
        method: str,
        resource: Resource,
        path: str = "",
        *,
        namespace: str | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One request to `resource` (and `path` below it); raises Refused for 4xx/5xx, else ClusterError."""
        where: dict[str, Any] = {"version": resource.version, "url": f"{resource.plural}/{path}".rstrip("/")}
        if namespace:
            where["namespace"] = namespace
        extra: dict[str, Any] = {"params": dict(params or {})}
        if body is not None:
            extra |= {"content": msgspec.json.encode(body), "content_type": content_type}
        return await self._call(method, where, where["url"], **extra)

    @asynccontextmanager
    async def stream(
        self, resource: Resource, *, namespace: str | None, params: Mapping[str, str], read_timeout_s: float
    ) -> AsyncIterator[httpx.Response]:
        """An open GET whose body is read as it comes; errors come as a status, never as an exception."""
        async with self._open_api().call_api(
            "GET",
            version=resource.version,
            url=resource.plural,
            namespace=namespace,
            params=dict(params),
            headers=self._headers(),
            stream=True,
            raise_for_status=False,
            timeout=httpx.Timeout(CONNECT_S, read=read_timeout_s),
        ) as response:
            self._note_clock(response)
            yield response

    async def refresh_credentials(self) -> bool:
        """Reads the credentials anew after a 401 (exec plugins run again), at most once a minute."""
        now = time.monotonic()
        if now - self._refreshed_at < REFRESH_AT_MOST_EVERY_S:
            return False
        self._refreshed_at = now
        # The old session serves other streams: keep it, and override its token call by call.
        fresh = await self._new_api()
        self._token = fresh.auth.token
        await _end_session(fresh)
        return True

    # ---------------------------------------------------------------- inside

    def _open_api(self) -> Api:
        assert self._api is not None, "Connection.open() comes first"
        return self._api

    async def _authenticate(self) -> None:
        if not self.context.server:
            raise ClusterError(self.asked, "the context's cluster has no server", "look at the kubeconfig")
        try:
            _ = urlsplit(self.context.server).port
        except ValueError:
            raise ClusterError(self.asked, "its address is no URL", "look at the kubeconfig") from None
        if self.context.missing:
            raise ClusterError(self.asked, self.context.missing, "look at the kubeconfig")
        self._api = await self._new_api()

    async def _new_api(self) -> Api:
        private = Path(tempfile.mkdtemp(prefix="gapwatch-"))  # mkdtemp makes it 0700
        try:
            api = Api(bypass_factory=True, kubeconfig=self._single_context(private), serviceaccount="")
            await api.auth
            api._session = await self._new_session(api)
            _remove_leaks(api, self.context.user)
        except ClusterError:
            raise
        except FileNotFoundError as error:
            missing = error.filename or "a credential file or program"
            raise ClusterError(
                self.asked, f"{missing} does not exist", "the kubeconfig's user needs it"
            ) from None
        except ssl.SSLError as error:
            said = f"its certificate or key can't be used ({error.reason or 'no PEM'})"
            raise ClusterError(self.asked, said, "look at the kubeconfig's user") from None
        except Exception as error:
            # kr8s lets any exception of an exec plugin or a decoder through; its text may hold arguments.
            said = f"credentials can't be read ({type(error).__name__})"
            raise ClusterError(self.asked, said, "try kubectl with the same context") from None
        finally:
            shutil.rmtree(private, ignore_errors=True)
        return api

    async def _new_session(self, api: Api) -> httpx.AsyncClient:
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
            trust_env=not self.context.on_loopback,
        )

    def _single_context(self, private: Path) -> dict[str, Any]:
        """A kubeconfig of one context for kr8s: data fields become files of ours, so that none leak."""
        cluster, user = dict(self.context.cluster), dict(self.context.user)
        self._to_file(private / "ca.crt", cluster, "certificate-authority-data", "certificate-authority")
        self._to_file(private / "client.crt", user, "client-certificate-data", "client-certificate")
        self._to_file(private / "client.key", user, "client-key-data", "client-key")
        token_file = user.pop("tokenFile", None)
        if token_file:
            user["token"] = Path(token_file).read_text(encoding="utf-8")
        if "token" in user:
            user["token"] = str(user["token"] or "").strip()
        name = self.context.name
        context = {"cluster": name, "user": name, "namespace": self.context.namespace or "default"}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": context}],
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
        }

    def _to_file(self, path: Path, section: dict[str, Any], data: str, file: str) -> None:
        encoded = section.pop(data, None)
        if not encoded:
            return
        try:
            content = base64.b64decode("".join(str(encoded).split()), validate=True)
        except (binascii.Error, ValueError):
            raise ClusterError(self.asked, f"{data} is not base64", "look at the kubeconfig") from None
        path.touch(mode=0o600)
        path.write_bytes(content)
        section[file] = str(path)

    def _headers(self, content_type: str | None = None) -> list[tuple[str, str]]:
        headers = [
            ("User-Agent", USER_AGENT),
            ("Accept", "application/json"),
            *impersonation(self.context.user),
        ]
        if content_type:
            headers.append(("Content-Type", content_type))
        if self._token:
            headers.append(("Authorization", f"Bearer {self._token}"))
        return headers

    async def _call(
        self, method: str, where: dict[str, Any], label: str, *, content_type: str | None = None, **extra: Any
    ) -> Answer:
        try:
            async with self._open_api().call_api(
                method,
                raise_for_status=False,
                headers=self._headers(content_type),
                timeout=CALL,
                **where,
                **extra,
            ) as response:
                self._note_clock(response)
                code, body, retry_after_s = response.status_code, response.content, retry_after(response)
        except NetworkErrors as error:
            raise self.unreachable(error) from None
        if code >= 400:
            status = read_status(body, code)
            hint = _hint(code, label)
            raise Refused(self.asked, code, status.reason, status.message, hint, retry_after_s=retry_after_s)
        return Answer(code, body)

    def unreachable(self, error: BaseException) -> ClusterError:
        """The line for a server that can't be reached."""
        said, hint = _explain(error)
        return ClusterError(self.asked, said, hint)

    def _note_clock(self, response: httpx.Response) -> None:
        stamp = response.headers.get("Date")
        if stamp:
            try:
                server = parsedate_to_datetime(stamp).timestamp()
            except ValueError:
                return
            # The header has whole seconds: its middle is the best guess, and only a larger change is one.
            offset = server + 0.5 - time.time()
            if abs(offset - self.clock_offset_s) > 2.0:
                self.clock_offset_s = offset


def retry_after(response: httpx.Response) -> float:
    """The seconds that the server asks us to wait, 0 where it does not say."""
    stamp = response.headers.get("Retry-After", "")
    return float(stamp) if stamp.isdigit() else 0.0


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


async def _end_session(api: Api) -> None:
    if api._session is not None:
        await api._session.aclose()


def _remove_leaks(api: Api, user: Mapping[str, Any]) -> None:
    """kr8s writes what an exec plugin gave as data to temporary files and forgets them; files of people stay."""
    theirs = {str(user.get("client-certificate")), str(user.get("client-key"))}
    for file in (api.auth.client_cert_file, api.auth.client_key_file):
        path = Path(str(file))
        if "exec" in user and str(file) not in theirs and path.parent == Path(tempfile.gettempdir()):
            path.unlink(missing_ok=True)


def _hint(code: int, label: str) -> str:
    if code == 401:
        return "the token or certificate has expired or is not known there: log in again"
    if code == 403:
        return f"ask for the right to use {label}, or choose a namespace with -n"
    if code == 400:
        return "look at -l and -n"
    return ""


def _explain(error: BaseException) -> tuple[str, str]:
    if isinstance(error, (httpx.LocalProtocolError, httpx.InvalidURL)):
        # Its text may quote a header, and so a token.
        return "its address or credentials can't be sent", "look at the kubeconfig's server and user"
    text = str(error) or type(error).__name__
    lowered = text.lower()
    if "certificate" in lowered or "ssl" in lowered:
        reason = text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or text
        return (
            f"its certificate is not trusted: {reason}",
            "is the kubeconfig's certificate-authority the right one?",
        )
    if "connection attempts failed" in lowered or "refused" in lowered:
        return "connection refused", "is the cluster running? --sandbox needs none"
    if "name or service not known" in lowered or "getaddrinfo" in lowered or "name resolution" in lowered:
        return "its host name is not known", "look at the server in the kubeconfig"
    if isinstance(error, (httpx.TimeoutException, APITimeoutError)):
        return "no answer in time", "is a VPN or a firewall in between?"
    return text, ""
