"""Which source is chosen, and every way of not reaching one: one line, exit 2, nothing half done."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Cluster, Run, Target, called, gapwatch, k8s
from tests.waiting import PATIENCE_S
from tui.sandbox.tls import make_identity


def refused(run: Run, *said: str) -> None:
    assert run.code == 2
    assert run.out == ""
    assert run.err.count("\n") == 1, run.err
    for words in said:
        assert words in run.err


def test_no_kubeconfig_at_all_is_the_sandbox_and_says_so(tmp_path: Path) -> None:
    run = gapwatch("--once", HOME=str(tmp_path))
    assert run.code == 0
    assert "no kubeconfig found" in run.err
    assert "sandbox" in run.err
    assert "payments" in run.out


def test_the_sandbox_has_a_settled_shop_in_two_namespaces(tmp_path: Path) -> None:
    run = called("--sandbox", "--once", "-o", "json", HOME=str(tmp_path))
    assert run.code == 0
    found = run.document
    assert found["source"]["kind"] == "sandbox"
    assert found["totals"]["deployments"] >= 4
    assert found["totals"]["gap"] == 0
    assert len({one["namespace"] for one in found["deployments"]}) >= 2


def test_a_heal_in_a_sandbox_of_its_own(tmp_path: Path) -> None:
    args = ["--sandbox", "chaos", "delete-pod", "shop/web", "--wait", "-o", "json"]
    told = gapwatch(*args, HOME=str(tmp_path)).document
    moments = list(told["heal"]["moments_s"].values())
    assert moments == sorted(moments)
    assert told["source"]["kind"] == "sandbox"


def test_a_given_context_that_does_not_exist_never_falls_back(tmp_path: Path) -> None:
    refused(called("--context", "nope", "--once", HOME=str(tmp_path)), 'context "nope"', "no kubeconfig")
    refused(called("--kubeconfig", str(tmp_path / "x"), "--once"), "no such file")


def test_the_sandbox_and_a_context_contradict_each_other() -> None:
    refused(called("--sandbox", "--context", "x", "--once"), "--sandbox brings its own cluster")
    refused(called("-A", "-n", "x", "--sandbox", "--once"), "contradict")
    refused(called("--frobnicate"), "No such option", "--help")
    refused(called("--sandbox", "-o", "json"), "-o goes with --once")


@pytest.fixture
def kubeconfig(fast: Target, tmp_path: Path) -> dict[str, Any]:
    """The cluster's kubeconfig as plain data, to be broken."""
    loaded: dict[str, Any] = yaml.safe_load(Path(fast.kubeconfig).read_text())
    return loaded


def broken(tmp_path: Path, kubeconfig: dict[str, Any]) -> list[str]:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(kubeconfig))
    return ["--kubeconfig", str(path), "--once"]


def test_a_refused_connection(tmp_path: Path, kubeconfig: dict[str, Any]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    for cluster in kubeconfig["clusters"]:
        cluster["cluster"]["server"] = f"https://127.0.0.1:{port}"
    refused(called(*broken(tmp_path, kubeconfig)), f"127.0.0.1:{port}", "connection refused", "--sandbox")


def test_a_wrong_ca(tmp_path: Path, kubeconfig: dict[str, Any]) -> None:
    stranger = base64.b64encode(make_identity(datetime.now(UTC)).authority).decode()
    for cluster in kubeconfig["clusters"]:
        cluster["cluster"].pop("certificate-authority", None)
        cluster["cluster"]["certificate-authority-data"] = stranger
    refused(called(*broken(tmp_path, kubeconfig)), "certificate is not trusted", "certificate-authority")


def test_an_expired_token(tmp_path: Path, kubeconfig: dict[str, Any]) -> None:
    for user in kubeconfig["users"]:
        user["user"] = {"token": "expired-canary"}
    run = called(*broken(tmp_path, kubeconfig))
    refused(run, "401", "log in again")
    assert "canary" not in run.err


def test_a_malformed_kubeconfig(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("clusters: [\n")
    refused(called("--kubeconfig", str(path), "--once"), str(path), "line 2")


@pytest.fixture
def viewer(fast: Target, cluster: Cluster, tmp_path: Path, kubeconfig: dict[str, Any]) -> list[str]:
    """Options for somebody who may look into the test's namespace and nothing else: ours, or an impersonated one."""
    if fast.context == "gapwatch-sandbox":
        return ["--kubeconfig", fast.kubeconfig, "--context", "gapwatch-sandbox-viewer"]
    name = f"viewer-of-{cluster.namespace}"
    subject = {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    role = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {"metadata": {"name": "viewer"}, "subjects": [subject], "roleRef": role}
    k8s.RbacAuthorizationV1Api(cluster.core.api_client).create_namespaced_role_binding(
        cluster.namespace, binding
    )
    for user in kubeconfig["users"]:
        user["user"]["as"] = name
    path = tmp_path / "viewer"
    path.touch(0o600)
    path.write_text(yaml.safe_dump(kubeconfig))
    return ["--kubeconfig", str(path), "--context", fast.context or kubeconfig["current-context"]]


def test_a_viewer_may_look_but_not_delete(cluster: Cluster, viewer: list[str]) -> None:
    cluster.deploy("web", 1)
    before = cluster.pods("web")
    look = called(*viewer, "-n", cluster.namespace, "--once", "-o", "json")
    assert look.code == 0, look.err
    armed = ["--arm", look.document["source"]["context"]]
    run = called(*viewer, "chaos", "delete-pod", f"{cluster.namespace}/web", *armed)
    refused(run, "you may not delete pods")
    assert cluster.pods("web") == before


def test_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(called("sandbox", "--port", port), port, "in use")


def test_sandbox_alone_prints_what_to_export() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "sandbox", "--no-shop"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    name, _, path = process.stdout.readline().strip().partition("=")
    try:
        assert name == "export KUBECONFIG"
        assert Path(path).stat().st_mode & 0o777 == 0o600
        run = called("--kubeconfig", path, "--once", "-o", "json")
        assert run.code == 0
        assert run.document["source"]["kind"] == "sandbox"
        assert json.loads(run.out)["deployments"] == []
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert not Path(path).exists()


def test_a_plugin_that_waits_does_not_make_us_deaf(tmp_path: Path, kubeconfig: dict[str, Any]) -> None:
    ready = tmp_path / "ready"
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "interactiveMode": "Never"}
    for user in kubeconfig["users"]:
        user["user"] = {"exec": plugin | {"args": ["-c", f"echo >{ready}; sleep 77"]}}
    (tmp_path / "temp").mkdir()
    for number in (signal.SIGINT, signal.SIGTERM):
        ready.unlink(missing_ok=True)
        run = subprocess.Popen(
            [sys.executable, "-m", "tui", *broken(tmp_path, kubeconfig)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"TMPDIR": str(tmp_path / "temp")},
        )
        while not ready.exists():
            time.sleep(0.01)
        run.send_signal(number)
        assert run.communicate(timeout=PATIENCE_S) == (b"", b"")
        assert run.returncode == 128 + number
        assert list((tmp_path / "temp").iterdir()) == []


def test_where_the_sandbox_comes_from_is_told_with_json_too(tmp_path: Path) -> None:
    run = called("--once", "-o", "json", HOME=str(tmp_path), KUBECONFIG=str(tmp_path / "nope"))
    assert f"$KUBECONFIG names nothing that exists ({tmp_path}/nope)" in run.err
    assert run.document["source"]["note"] in run.err


def test_a_sandbox_whose_reader_has_gone_leaves_in_silence(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "tui", "sandbox", "--no-shop"],
        stdout=write,
        stderr=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        timeout=PATIENCE_S,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")
    assert list(tmp_path.iterdir()) == []
