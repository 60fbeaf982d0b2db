"""TLS as a kubeconfig asks for it: whom to believe, and what to show."""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tui.cluster.errors import ClusterError

_CA = "certificate-authority"
_CERTIFICATE, _KEY = "client-certificate", "client-key"


def tls_context(
    cluster: Mapping[str, Any], user: Mapping[str, Any], private: Path, asked: str
) -> ssl.SSLContext:
    """The context for that cluster and user; ClusterError names the field that can't be used.

    TLS wants certificates and keys in files: they are in the folder `private` until it is removed, and may be at once.
    """
    context = _authorities(cluster, private, asked)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate = _to_file(user, _CERTIFICATE, private, asked)
    key = _to_file(user, _KEY, private, asked)
    if bool(certificate) != bool(key):
        given, wanting = (_CERTIFICATE, _KEY) if certificate else (_KEY, _CERTIFICATE)
        raise ClusterError(asked, f"its {given} comes without a {wanting}", "look at the kubeconfig's user")
    if certificate and key:
        try:
            # An empty password: without one, OpenSSL would ask for it at the terminal.
            context.load_cert_chain(certificate, key, password="")
        except ssl.SSLError as error:
            said = f"its {_name(user, _CERTIFICATE)} and {_name(user, _KEY)} can't be used ({error.reason or 'no PEM'})"
            raise ClusterError(asked, said, "look at the kubeconfig's user") from None
    return context


def _authorities(cluster: Mapping[str, Any], private: Path, asked: str) -> ssl.SSLContext:
    file = _to_file(cluster, _CA, private, asked)
    if file is None:
        context = httpx.create_ssl_context()
        context.load_default_certs()  # Go's clients believe the system's authorities
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=file)
    except ssl.SSLError:
        said = f"its {_name(cluster, _CA)} holds no certificate"
        raise ClusterError(asked, said, "look at the kubeconfig's cluster") from None
    return context


def _name(section: Mapping[str, Any], field: str) -> str:
    return f"{field}-data" if section.get(f"{field}-data") else field


def _to_file(section: Mapping[str, Any], field: str, private: Path, asked: str) -> Path | None:
    """The field's content in a private file, from its `-data` or else from the file that it names."""
    content = _content(section, field, asked)
    if content is None:
        return None
    path = private / field
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def _content(section: Mapping[str, Any], field: str, asked: str) -> bytes | None:
    encoded, file = section.get(f"{field}-data"), section.get(field)
    if encoded:
        try:
            return base64.b64decode("".join(str(encoded).split()), validate=True)
        except (binascii.Error, ValueError):
            raise ClusterError(asked, f"{field}-data is not base64", "look at the kubeconfig") from None
    return read_file(str(file), field, asked) if file else None


def read_file(path: str, field: str, asked: str) -> bytes:
    """A file that the kubeconfig names; ClusterError says which field did, and what is wrong with it."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise ClusterError(asked, f"{path} does not exist", f"the kubeconfig names it as {field}") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no file can be named so"
        raise ClusterError(
            asked, f"{path} can't be read: {why}", f"the kubeconfig names it as {field}"
        ) from None
