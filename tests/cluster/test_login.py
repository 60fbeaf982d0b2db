"""Logging in: credentials go over TLS and to their server only, leave no file, and are told by name, never by value."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import Reply, ScriptedApi, a_list
from tui.cluster.connection import Connection
from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError
from tui.cluster.kinds import PODS
from tui.sandbox.tls import make_identity

NOWHERE = {"server": "https://127.0.0.1:9"}
IDENTITY = make_identity(datetime.now(UTC))


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def refused(cluster: dict[str, Any], user: dict[str, Any]) -> str:
    with pytest.raises(ClusterError) as caught:
        await Connection.open(Context("one", cluster, user))
    text = str(caught.value)
    assert text.startswith('context "one" at ')
    assert "\n" not in text
    assert "canary" not in text
    return text


async def sent(api: ScriptedApi, user: dict[str, Any]) -> str | None:
    """The Authorization that such a user's requests carry."""
    connection = await Connection.open(Context("one", api.cluster, user))
    await connection.call("GET", PODS.resource)
    await connection.close()
    return api.headers[-1].get("Authorization")


# ---------------------------------------------------------------- what is sent


async def test_a_token_file_is_read(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("from-a-file\n")
    async with ScriptedApi([a_list()], tls=True) as api:
        assert await sent(api, {"tokenFile": str(token)}) == "Bearer from-a-file"
        assert api.headers[-1]["User-Agent"].startswith("gapwatch/")


async def test_a_user_name_and_its_password_are_sent_as_client_go_does() -> None:
    async with ScriptedApi([a_list()], tls=True) as api:
        user = {"username": "me", "password": "secret"}
        assert await sent(api, user) == f"Basic {b64(b'me:secret')}"
        assert await sent(api, user | {"token": "t"}) == "Bearer t"


async def test_the_token_of_an_oidc_auth_provider_is_used_and_other_providers_are_named() -> None:
    async with ScriptedApi([a_list()], tls=True) as api:
        provider = {"name": "oidc", "config": {"id-token": "t"}}
        assert await sent(api, {"auth-provider": provider}) == "Bearer t"
    text = await refused(NOWHERE, {"auth-provider": {"name": "gcp", "config": {"access-token": "canary"}}})
    assert 'its auth-provider "gcp" is not supported' in text


@pytest.mark.parametrize("user", [{"token": "canary"}, {"username": "me", "password": "canary"}])
async def test_d08_no_credentials_in_clear(user: dict[str, Any]) -> None:
    async with ScriptedApi([a_list()]) as api:
        assert await sent(api, user) is None


async def test_d08_a_redirect_takes_no_credentials_elsewhere() -> None:
    async with ScriptedApi([a_list()], tls=True) as elsewhere, ScriptedApi(tls=True) as api:
        there = {"Location": f"{elsewhere.cluster['server']}/api/v1/pods"}
        api.lists[0] = Reply("", 307, headers=there)
        cluster = api.cluster | {"insecure-skip-tls-verify": True}  # only the header is at stake
        connection = await Connection.open(Context("one", cluster, {"token": "canary"}))
        await connection.call("GET", PODS.resource)
        await connection.close()
        assert api.headers[-1]["Authorization"] == "Bearer canary"
        assert "Authorization" not in elsewhere.headers[-1]


async def test_nothing_is_taken_from_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with ScriptedApi([a_list()], tls=True) as api:
        assert await sent(api, {}) is None


async def test_d07_certificates_of_people_stay_where_they_are(tmp_path: Path) -> None:
    files = {"client-certificate": tmp_path / "own.crt", "client-key": tmp_path / "own.key"}
    for path, content in zip(files.values(), (IDENTITY.certificate, IDENTITY.key), strict=True):
        path.write_bytes(content)
    async with ScriptedApi([a_list()], tls=True) as api:
        await sent(api, {name: str(path) for name, path in files.items()})
    assert files["client-key"].read_bytes() == IDENTITY.key


async def test_a_server_without_a_scheme_is_taken_as_client_go_takes_it() -> None:
    async with ScriptedApi([a_list()], tls=True) as api:
        cluster = api.cluster | {"server": f"127.0.0.1:{api.port}"}
        connection = await Connection.open(Context("one", cluster, {}))
        await connection.close()
    assert Context("one", {"server": "example.com"}, {}).server == "http://example.com"


# ---------------------------------------------------------------- what can't be used


async def test_what_is_no_base64_or_no_certificate_is_told_by_its_field() -> None:
    pair = {"client-key-data": b64(b"canary"), "client-certificate-data": b64(b"canary")}
    assert "client-key-data is not base64" in await refused(
        NOWHERE, {"client-certificate-data": b64(IDENTITY.certificate), "client-key-data": "canary!"}
    )
    assert "its client-certificate-data and client-key-data can't be used" in await refused(NOWHERE, pair)
    for name, wrong in (("is not base64", "%%%"), ("holds no certificate", b64(b"canary"))):
        text = await refused(NOWHERE | {"certificate-authority-data": wrong}, {})
        assert f"certificate-authority-data {name}" in text


@pytest.mark.parametrize("name", ["certificate-authority", "client-certificate", "tokenFile"])
async def test_a_file_that_is_missing_is_named_and_what_names_it(name: str, tmp_path: Path) -> None:
    missing = {name: str(tmp_path / "nope"), "client-key": str(tmp_path / "nope")}
    text = await refused(NOWHERE | missing, missing)
    assert f"{tmp_path}/nope does not exist (the kubeconfig names it as " in text


async def test_a_file_that_is_none_says_why(tmp_path: Path) -> None:
    text = await refused(NOWHERE | {"certificate-authority": str(tmp_path)}, {})
    assert f"{tmp_path} can't be read: Is a directory" in text


async def test_half_a_pair_is_not_left_out_in_silence() -> None:
    text = await refused(NOWHERE, {"client-certificate-data": b64(IDENTITY.certificate)})
    assert "its client-certificate comes without a client-key" in text


async def test_an_encrypted_key_does_not_ask_at_the_terminal() -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(IDENTITY.key, None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"canary"),
    )
    user = {"client-certificate-data": b64(IDENTITY.certificate), "client-key-data": b64(locked)}
    assert "can't be used" in await refused(NOWHERE, user)
