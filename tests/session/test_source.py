"""The sandbox as a child: it comes, it goes, and it leaves nothing behind."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scripted import Reply, ScriptedApi, status
from tests.waiting import until
from tui.cluster.connection import Connection
from tui.cluster.errors import ClusterError
from tui.session.options import Options
from tui.session.source import SandboxProcess, choose, is_missing, scoped, why_the_sandbox


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The child's folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_a_sandbox_that_is_stopped_leaves_nothing(temp: Path) -> None:
    sandbox = await SandboxProcess.start()
    assert sandbox.context.server.startswith("https://127.0.0.1:")
    assert sandbox.context.sandbox
    assert list(temp.iterdir()) != []
    await sandbox.stop()
    assert list(temp.iterdir()) == []


async def test_a_sandbox_that_is_given_up_while_it_starts_leaves_nothing(temp: Path) -> None:
    starting = asyncio.ensure_future(SandboxProcess.start())
    await until(lambda: list(temp.iterdir()))
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert starting.cancelled()
    assert list(temp.iterdir()) == []


# ---------------------------------------------------------------- which one


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a kubeconfig."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_kubeconfig_that_names_no_context_is_as_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = home / "empty"
    empty.write_text("apiVersion: v1\nkind: Config\n")
    monkeypatch.setenv("KUBECONFIG", str(empty))
    assert choose(Options()) is None
    for given in (Options(kubeconfig=str(empty)), Options(context="one")):
        with pytest.raises(ClusterError, match="--sandbox needs none"):
            choose(given)
    empty.write_text("current-context: gone\n")
    with pytest.raises(ClusterError, match='context "gone"'):
        choose(Options())


def test_a_sandbox_that_nobody_asked_for_says_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_the_sandbox(Options(sandbox=True)) == ""
    assert why_the_sandbox(Options()).startswith("no kubeconfig found: this is a sandbox of our own")
    monkeypatch.setenv("KUBECONFIG", f"{home}/a:{home}/b")
    assert f"$KUBECONFIG names nothing that exists ({home}/a, {home}/b):" in why_the_sandbox(Options())
    (home / "b").touch()
    assert why_the_sandbox(Options()).startswith(f"{home}/b names no context: ")


async def test_d07_an_exposed_kubeconfig_is_noted(tmp_path: Path) -> None:
    async with ScriptedApi() as api:
        connection = await Connection.open(replace(api.context, exposed=tmp_path / "config"))
        source = await scoped(connection, Options(namespace="shop"))
        assert source.note == f"others may read the credentials in {tmp_path}/config: chmod 600 it"
        await source.close()


async def test_a_namespace_of_the_kubeconfig_that_can_be_none_is_refused() -> None:
    async with ScriptedApi() as api:
        connection = await Connection.open(replace(api.context, namespace="a/b"))
        with pytest.raises(ClusterError, match="can't be the name of a namespace"):
            await scoped(connection, Options())
        await connection.close()


async def test_only_the_api_servers_own_404_says_that_a_namespace_is_missing() -> None:
    not_found, gateway = status(404, "NotFound"), Reply("<html>nothing here</html>", 404)
    answers = [not_found, status(403, "Forbidden"), gateway, Reply({"kind": "Namespace"})]
    async with ScriptedApi(answers) as api:
        assert [await is_missing(api.connection, "shop") for _ in answers] == [True, False, False, False]
