"""Exec plugins: what they are told, what is taken from them, and that neither they nor their keys stay behind."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import ScriptedApi, a_list
from tests.waiting import PATIENCE_S, is_gone, until
from tui.cluster.connection import Connection
from tui.cluster.contexts import Context
from tui.cluster.errors import ClusterError
from tui.cluster.kinds import PODS
from tui.cluster.plugin import ask_plugin
from tui.sandbox.tls import make_identity

V1 = "client.authentication.k8s.io/v1"
SERVER = {"server": "https://127.0.0.1:9"}


def shell(script: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": V1, "command": "sh", "args": ["-c", script], "interactiveMode": "Never", **more}


def giving(**status: Any) -> dict[str, Any]:
    return shell(f"printf %s '{json.dumps({'status': status})}'")


async def refused(plugin: Any) -> str:
    with pytest.raises(ClusterError) as caught:
        await ask_plugin(plugin, SERVER, "context one")
    text = str(caught.value)
    assert text.startswith("context one: ")
    assert "canary" not in text
    return text


async def test_its_token_is_sent() -> None:
    async with ScriptedApi([a_list()], tls=True) as api:
        connection = await Connection.open(Context("one", api.cluster, {"exec": giving(token="t")}))
        await connection.call("GET", PODS.resource)
        await connection.close()
        assert api.headers[-1]["Authorization"] == "Bearer t"


@pytest.mark.parametrize("authority", ["", "!", "eA=="])
async def test_d07_its_certificate_leaves_no_file_whether_or_not_the_login_succeeds(authority: str) -> None:
    identity = make_identity(datetime.now(UTC))
    pair = {"clientCertificateData": identity.certificate.decode(), "clientKeyData": identity.key.decode()}
    user = {"exec": giving(**pair)}
    async with ScriptedApi([a_list()], tls=True) as api:
        if not authority:
            await (await Connection.open(Context("one", api.cluster, user))).close()
            return
        with pytest.raises(ClusterError, match="certificate-authority-data"):
            await Connection.open(
                Context("one", api.cluster | {"certificate-authority-data": authority}, user)
            )


async def test_it_is_told_what_it_is_asked_for(tmp_path: Path) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_text("CA")
    cluster = SERVER | {
        "certificate-authority": str(authority),
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}],
    }
    script = (
        f'echo "$KUBERNETES_EXEC_INFO" >{tmp_path}/info; echo "{{\\"status\\":{{\\"token\\":\\"$MINE\\"}}}}"'
    )
    plugin = shell(script, provideClusterInfo=True, env=[{"name": "MINE", "value": "from-env"}])
    assert await ask_plugin(plugin, cluster, "") == {"token": "from-env"}
    told = json.loads((tmp_path / "info").read_text())
    assert (told["kind"], told["apiVersion"], told["spec"]["interactive"]) == ("ExecCredential", V1, False)
    assert told["spec"]["cluster"] == SERVER | {
        "certificate-authority-data": "Q0E=",
        "config": {"audience": "a"},
    }
    del plugin["provideClusterInfo"]
    await ask_plugin(plugin, cluster, "")
    assert "cluster" not in json.loads((tmp_path / "info").read_text())["spec"]


async def test_d08_its_failure_is_told_without_its_arguments_and_its_words() -> None:
    text = await refused(shell("echo canary; echo canary >&2; exit 3"))
    assert 'its plugin "sh" failed (exit 3)' in text


async def test_one_that_does_not_exist_says_how_it_is_installed() -> None:
    missing = {"apiVersion": V1, "command": "no-such-plugin", "args": ["--canary"]}
    assert 'its plugin "no-such-plugin" does not exist (is it' in await refused(missing)
    text = await refused(missing | {"installHint": "see example.com"})
    assert text.endswith("(see example.com)")


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        (shell("echo canary"), "is no ExecCredential"),
        (shell("echo '[1]'"), "is no ExecCredential"),
        (shell("echo '{\"status\": null}'"), "is no ExecCredential"),
        (giving(), "gave neither a token nor a certificate"),
        (giving(clientKeyData="canary"), "without the other"),
        (shell("", interactiveMode="Always"), "wants to ask at the terminal"),
        (shell("", apiVersion="client.authentication.k8s.io/v1alpha1"), "v1alpha1"),
        (shell("", env={"canary": "x"}), "are lists"),
        (shell("", command="sh\0"), "can't be started"),
        ({"apiVersion": V1}, "has no command"),
        ("canary", "has no command"),
    ],
)
async def test_what_can_not_be_used(plugin: Any, said: str) -> None:
    assert said in await refused(plugin)


async def test_who_has_a_token_asks_no_plugin() -> None:
    async with ScriptedApi([a_list()], tls=True) as api:
        user = {"token": "t", "exec": shell("exit 1")}
        await (await Connection.open(Context("one", api.cluster, user))).close()


async def test_one_that_waits_is_ended_with_all_it_has_started_when_the_login_is_given_up(
    tmp_path: Path,
) -> None:
    pids = tmp_path / "pids"
    plugin = shell(f"sleep 77 & echo $! >{pids}; echo $$ >>{pids}; wait")
    login = asyncio.ensure_future(Connection.open(Context("one", SERVER, {"exec": plugin})))
    await until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    login.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(login, return_exceptions=True)
    assert login.cancelled()
    for pid in pids.read_text().split():
        await until(partial(is_gone, int(pid)))
