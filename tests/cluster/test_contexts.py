"""Contexts as kubectl reads them, and every wrong kubeconfig as one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tui.cluster.contexts import Context, Nature, in_cluster, kubeconfig_files, read_contexts
from tui.cluster.errors import ClusterError, KubeconfigError


def write(path: Path, **over: Any) -> Path:
    document = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        "clusters": [
            {"name": "c", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority": "ca.crt"}}
        ],
        "users": [{"name": "u", "user": {"token": "canary-token"}}],
    }
    path.write_text(yaml.safe_dump(document | over))
    return path


def test_reads_a_context_and_makes_file_names_absolute(tmp_path: Path) -> None:
    context = read_contexts((write(tmp_path / "config"),)).choose()
    assert (context.name, context.server, context.namespace) == ("one", "https://127.0.0.1:6443", "shop")
    assert context.cluster["certificate-authority"] == str(tmp_path / "ca.crt")


def test_credentials_never_reach_repr(tmp_path: Path) -> None:
    assert "canary-token" not in repr(read_contexts((write(tmp_path / "config"),)))


def test_several_files_merge_and_the_first_one_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "a", **{"current-context": ""})
    second = write(
        tmp_path / "b",
        **{
            "current-context": "two",
            "contexts": [
                {"name": "one", "context": {"cluster": "other", "user": "u"}},
                {"name": "two", "context": {"cluster": "c", "user": "u"}},
            ],
        },
    )
    contexts = read_contexts((first, second))
    assert list(contexts.by_name) == ["one", "two"]
    assert contexts.choose().name == "two"
    assert contexts.choose("one").namespace == "shop"


def test_which_files(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one"), write(tmp_path / "two")
    env = {"KUBECONFIG": f"{one}:{tmp_path / 'missing'}:{two}", "HOME": str(tmp_path)}
    assert kubeconfig_files(None, env) == (one, two)
    assert kubeconfig_files(str(two), env) == (two,)
    assert kubeconfig_files(None, {"HOME": str(tmp_path)}) == ()
    (tmp_path / ".kube").mkdir()
    assert kubeconfig_files(None, {"HOME": str(tmp_path)}) == ()
    default = write(tmp_path / ".kube" / "config")
    assert kubeconfig_files(None, {"HOME": str(tmp_path)}) == (default,)
    with pytest.raises(ClusterError, match="no such file"):
        kubeconfig_files(str(tmp_path / "missing"), env)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [b\nc: d", "not valid YAML: line 2"),
        ("a: \x00b", "not valid YAML: "),
        ("a: !!int x", "not valid YAML: "),
        ("just a string", "a mapping was expected"),
        ("contexts: {}", "no current context"),
        ("contexts: 5", "a list of name"),
        ("contexts: [5]", "a list of name"),
        ("contexts: [{name: x, context: [1]}]", "a list of name"),
        ("", "no current context"),
        ("current-context: nope", 'context "nope": no such context'),
    ],
)
def test_a_wrong_kubeconfig_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(ClusterError) as caught:
        read_contexts((path,)).choose()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_and_unreadable_files_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClusterError, match="UTF-8"):
        read_contexts((path,))
    with pytest.raises(ClusterError, match="directory"):
        read_contexts((tmp_path,))


def test_an_unknown_context_names_the_others(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r'"nope": no such context.*there is: one'):
        read_contexts((write(tmp_path / "config"),)).choose("nope")


@pytest.mark.parametrize(
    ("name", "server", "sandbox", "nature"),
    [
        ("kind-gapwatch", "https://127.0.0.1:5000", False, Nature.LOCAL),
        ("k3d-x", "https://localhost:5000", False, Nature.LOCAL),
        ("minikube", "https://[::1]:5000", False, Nature.LOCAL),
        ("kind-gapwatch", "https://10.0.0.1:5000", False, Nature.REAL),
        ("prod", "https://127.0.0.1:5000", False, Nature.REAL),
        ("minikube-prod", "https://127.0.0.1:5000", False, Nature.REAL),
        ("gapwatch-sandbox", "https://127.0.0.1:5000", True, Nature.SANDBOX),
        ("gapwatch-sandbox", "https://10.0.0.1:5000", True, Nature.REAL),
        ("gapwatch-sandbox", "https://127.0.0.1:5000", False, Nature.REAL),
        ("kind-x", "", False, Nature.REAL),
    ],
)
def test_c01_when_in_doubt_a_cluster_is_real(name: str, server: str, sandbox: bool, nature: Nature) -> None:
    assert Context(name, {"server": server}, {}, sandbox=sandbox).nature is nature


def test_in_a_pod_the_service_account(tmp_path: Path) -> None:
    env = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_cluster(tmp_path, env) is None
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("shop\n")
    assert in_cluster(tmp_path, {}) is None
    context = in_cluster(tmp_path, env)
    assert context is not None
    assert (context.server, context.namespace) == ("https://10.0.0.1:443", "shop")
    assert context.user == {"tokenFile": str(tmp_path / "token")}
    six = in_cluster(tmp_path, env | {"KUBERNETES_SERVICE_HOST": "fd00::1"})
    assert six is not None
    assert six.server == "https://[fd00::1]:443"


def test_d07_credentials_that_others_may_read_are_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "config")
    for mode, exposed in ((0o600, None), (0o640, path), (0o604, path), (0o700, None)):
        path.chmod(mode)
        assert read_contexts((path,)).choose().exposed == exposed
    write(path, users=[{"name": "u", "user": {"tokenFile": "elsewhere"}}]).chmod(0o644)
    assert read_contexts((path,)).choose().exposed is None


def test_a_kubeconfig_without_contexts_points_to_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    contexts = read_contexts((tmp_path / "config",))
    for name in (None, "one"):
        with pytest.raises(KubeconfigError, match="--sandbox needs none"):
            contexts.choose(name)
