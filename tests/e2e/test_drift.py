"""`gapwatch drift` on a cluster, with `kubectl diff --server-side` as the judge of what is drift."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.waiting import PATIENCE_S

from .conftest import Cluster

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

Object = dict[str, Any]
KEYS = ("containerPort", "mountPath", "ip", "topologyKey", "name")
"""What names an element of a list in the flat view below: written apart from what is judged."""
NOT_COUNTED = ("metadata.generation", "metadata.resourceVersion", "metadata.managedFields", "status")


def manifest(cluster: Cluster, **web: Any) -> Object:
    labels = {"app": "web"}
    container = {
        "name": "web",
        "image": "example.com/shop/web:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "COLOR", "value": "blue"}, {"name": "EMPTY", "value": ""}],
        "resources": {"requests": {"cpu": "10m", "memory": "1024Ki"}, "limits": {"cpu": "1000m"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        **web,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": cluster.namespace,
            "labels": labels,
            "annotations": {"a": "1"},
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [container],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                    "tolerations": [{"key": "a", "operator": "Exists"}],
                    "nodeSelector": {"kubernetes.io/os": "linux"},
                    "terminationGracePeriodSeconds": 2,
                },
            },
        },
    }


def kubectl(
    cluster: Cluster, *arguments: str, given: Any = None, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["kubectl", *cluster.target.options, "-n", cluster.namespace, *arguments],
        input="" if given is None else json.dumps(given),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=os.environ | env,
        check=False,
    )


def changed(cluster: Cluster, *arguments: str, given: Any = None, **env: str) -> None:
    done = kubectl(cluster, *arguments, given=given, **env)
    assert done.returncode == 0, done.stderr


def written(folder: Path, *documents: Object) -> str:
    path = folder / "declared.yaml"
    path.write_text(yaml.safe_dump_all(documents))
    return str(path)


@pytest.fixture
def declared(cluster: Cluster, tmp_path: Path) -> str:
    """The manifest, applied as `gapwatch drift --apply` does it."""
    path = written(tmp_path, manifest(cluster))
    cluster.core.read_namespace(cluster.namespace)
    done = cluster.gapwatch(
        "drift", "--manifests", path, "-n", cluster.namespace, "--apply", *arming(cluster)
    )
    assert (done.code, "created" in done.out) == (0, True), (done.out, done.err)
    return path


def arming(cluster: Cluster) -> list[str]:
    return ["--arm", cluster.target.context] if cluster.target.context else []


def look(cluster: Cluster, path: str, *more: str) -> Any:
    return cluster.gapwatch("drift", "--manifests", path, "-n", cluster.namespace, "-o", "json", *more)


def found(document: Object) -> dict[str, Object]:
    (one,) = document["deployments"]
    return {field["path"]: field for field in one["fields"]}


# ---------------------------------------------------------------- the judge


def judged(cluster: Cluster, path: str, tmp_path: Path) -> dict[str, tuple[Any, Any]]:
    """What `kubectl diff --server-side` would change, leaf by leaf: path to (declared, desired)."""
    kept = tmp_path / "kept"
    script = tmp_path / "keep.sh"
    script.write_text(
        f'#!/bin/sh\nrm -rf {kept}; mkdir {kept}\ncp -r "$1" {kept}/live; cp -r "$2" {kept}/merged\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    arguments = ("diff", "--server-side", "--force-conflicts", "--field-manager=gapwatch", "-f", path)
    done = kubectl(cluster, *arguments, KUBECTL_EXTERNAL_DIFF=str(script))
    assert done.returncode in (0, 1), done.stderr
    sides = []
    for side in ("live", "merged"):
        (file,) = (kept / side).iterdir()
        sides.append(leaves(yaml.safe_load(file.read_text())))
    live, merged = sides
    paths = {path for path in live.keys() | merged.keys() if live.get(path) != merged.get(path)}
    return {
        path: (merged.get(path), live.get(path)) for path in sorted(paths) if not path.startswith(NOT_COUNTED)
    }


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Every scalar by its path."""
    if isinstance(value, dict) and value:
        return {
            k: v for name, one in value.items() for k, v in leaves(one, f"{path}.{name}".lstrip(".")).items()
        }
    if isinstance(value, list) and value:
        told: dict[str, Any] = {}
        for at, one in enumerate(value):
            key = next((one[key] for key in KEYS if isinstance(one, dict) and key in one), at)
            told |= leaves(one, f"{path}[{key}]")
        return told
    return {path: value}


def as_leaves(fields: dict[str, Object]) -> dict[str, tuple[Any, Any]]:
    """The same view of what gapwatch says."""
    told: dict[str, tuple[Any, Any]] = {}
    for path, field in fields.items():
        path = path.replace("/TCP]", "]")
        declared, desired = leaves(field["declared"], path), leaves(field["desired"], path)
        for leaf in declared.keys() | desired.keys():
            if declared.get(leaf) != desired.get(leaf):
                told[leaf] = (declared.get(leaf), desired.get(leaf))
    return dict(sorted(told.items()))


PATCHES: dict[str, Object] = {
    "replicas": {"spec": {"replicas": 0}},
    "image": {
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "example.com/shop/web:2"}]}}}
    },
    "quantities": {
        "spec": {
            "template": {"spec": {"containers": [{"name": "web", "resources": {"limits": {"cpu": "2"}}}]}}
        }
    },
    "env changed and more": {
        "spec": {
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "env": [{"name": "COLOR", "value": "red"}, {"name": "MORE", "value": "1"}],
                        }
                    ]
                }
            }
        }
    },
    "labels": {"metadata": {"labels": {"app": "other", "mine": "x"}, "annotations": {"a": "2"}}},
    "a declared env taken away": {
        "spec": {
            "template": {
                "spec": {"containers": [{"name": "web", "env": [{"name": "COLOR", "$patch": "delete"}]}]}
            }
        }
    },
    "strategy": {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 2}}, "minReadySeconds": 1}},
    "an atomic list": {"spec": {"template": {"spec": {"tolerations": [{"key": "b", "operator": "Exists"}]}}}},
    "a sidecar is another's": {
        "spec": {"template": {"spec": {"containers": [{"name": "side", "image": "example.com/side:1"}]}}}
    },
    "a port's name": {
        "spec": {
            "template": {
                "spec": {"containers": [{"name": "web", "ports": [{"containerPort": 8080, "name": "web"}]}]}
            }
        }
    },
}


@pytest.mark.parametrize("what", PATCHES)
def test_drift_is_what_kubectl_diff_says(what: str, cluster: Cluster, declared: str, tmp_path: Path) -> None:
    assert look(cluster, declared).code == 0
    changed(cluster, "patch", "deploy/web", "-p", json.dumps(PATCHES[what]))
    run = look(cluster, declared)
    expected = judged(cluster, declared, tmp_path)
    assert as_leaves(found(run.document)) == expected
    assert run.code == (1 if expected else 0)
    by = {field["by"] for field in found(run.document).values() if field["change"] != "removed"}
    assert by <= {"kubectl-patch"}


def test_only_what_is_selected_is_held_against_the_cluster(
    cluster: Cluster, declared: str, tmp_path: Path
) -> None:
    changed(cluster, "scale", "deploy/web", "--replicas=3")
    run = look(cluster, declared, "-l", "app=nothing")
    assert run.code == 2, "what was meant to be checked was not"
    assert "that -l app=nothing does not select" in run.err
    assert look(cluster, declared, "-l", "app!=nothing").code == 1
    assert look(cluster, declared, "-l", "app=").code == 2
    assert "no label selector" in look(cluster, declared, "-l", "app in").err


def test_what_is_declared_no_more_is_taken_away(cluster: Cluster, declared: str, tmp_path: Path) -> None:
    less = manifest(cluster, env=[{"name": "COLOR", "value": "blue"}])
    del less["metadata"]["annotations"]
    path = written(tmp_path, less)
    run = look(cluster, path)
    assert as_leaves(found(run.document)) == judged(cluster, path, tmp_path)
    assert {of["change"] for of in found(run.document).values()} == {"added"}


@pytest.mark.parametrize(
    ("replicas", "by"), [(2, "kubectl"), (0, None)], ids=["to 2", "to 0, which nobody owns"]
)
def test_the_local_way_says_the_same_of_what_was_edited_and_that_it_is_local(
    replicas: int, by: str | None, cluster: Cluster, declared: str
) -> None:
    changed(cluster, "scale", "deploy/web", f"--replicas={replicas}")
    changed(cluster, "set", "image", "deploy/web", "web=example.com/shop/web:3")
    told = look(cluster, declared).document
    local = look(cluster, declared, "--local").document
    assert found(local) == found(told)
    assert {path: one["by"] for path, one in found(told).items()} == {
        "spec.replicas": by,
        "spec.template.spec.containers[web].image": "kubectl-set",
    }
    assert [one["locally"] for one in local["deployments"]] == ["asked for"]
    assert [one["locally"] for one in told["deployments"]] == [None]


# ---------------------------------------------------------------- as a check, and applied


def test_as_a_check_in_a_script(cluster: Cluster, declared: str) -> None:
    arguments = ("drift", "--manifests", declared, "-n", cluster.namespace)
    clear = cluster.gapwatch(*arguments)
    assert (clear.code, clear.out, clear.err) == (0, "1 Deployment as declared\n", "")
    changed(cluster, "scale", "deploy/web", "--replicas=0")
    drifted = cluster.gapwatch(*arguments)
    assert drifted.code == 1
    row = drifted.out.splitlines()[1].split()
    assert row[:4] == [f"{cluster.namespace}/web", "spec.replicas", "1", "0"]
    assert "nothing will bring back what was declared" in drifted.out
    broken = cluster.gapwatch("drift", "--manifests", f"{declared}.gone")
    assert (broken.code, broken.err) == (2, f"gapwatch: {declared}.gone: No such file or directory\n")


def test_where_no_deployment_is_declared_there_is_no_answer(
    cluster: Cluster, declared: str, tmp_path: Path
) -> None:
    """What renders nothing must not pass a check."""
    nothing = tmp_path / "nothing.yaml"
    nothing.write_text("", encoding="utf-8")
    empty = cluster.gapwatch("drift", "--manifests", str(nothing))
    assert (empty.code, empty.out) == (2, "")
    assert f"{nothing}: no Deployment is declared there" in empty.err
    elsewhere = cluster.gapwatch("drift", "--manifests", declared, "-n", "default")
    assert elsewhere.code == 2
    assert (
        "no Deployment is declared there; left out: 1 Deployment outside of namespace default"
        in elsewhere.err
    )


def test_what_is_not_there_has_no_fields_to_count(cluster: Cluster, tmp_path: Path) -> None:
    other = manifest(cluster)
    other["metadata"]["name"] = "nowhere"
    run = cluster.gapwatch("drift", "--manifests", written(tmp_path, other))
    assert run.code == 1
    assert "1 of 1 Deployment not as declared. Controllers hold this" in run.out


def test_an_apply_says_the_plan_first_and_what_it_left(cluster: Cluster, declared: str) -> None:
    changed(cluster, "scale", "deploy/web", "--replicas=2")
    arguments = ("drift", "--manifests", declared, "-n", cluster.namespace, "--apply", *arming(cluster))
    refused = cluster.gapwatch(*arguments)
    assert refused.code == 1
    plan, _, outcome = refused.out.partition("1 of 1 Deployment not as declared")
    assert "spec.replicas" in plan
    assert "kubectl manages spec.replicas (--force takes what others manage)" in outcome
    assert outcome.endswith("applied 0 of 1 that were not as declared\n")
    forced = cluster.gapwatch(*arguments, "--force", "-o", "json")
    assert forced.code == 0
    assert forced.document["applied"] == [
        {
            "deployment": f"{cluster.namespace}/web",
            "applied": True,
            "created": False,
            "fields": ["spec.replicas"],
            "conflicts": [],
            "error": None,
        }
    ]
    assert "spec.replicas" in forced.err, "the plan comes first"
    assert look(cluster, declared).code == 0


def test_a_0_written_to_scale_is_nobodys_and_an_apply_takes_it_back_without_force(
    cluster: Cluster, declared: str
) -> None:
    changed(cluster, "scale", "deploy/web", "--replicas=0")
    arguments = ("drift", "--manifests", declared, "-n", cluster.namespace, "--apply", *arming(cluster))
    applied = cluster.gapwatch(*arguments, "-o", "json")
    assert applied.code == 0, applied.err
    (one,) = applied.document["applied"]
    assert (one["fields"], one["conflicts"]) == (["spec.replicas"], [])
    assert look(cluster, declared).code == 0


def test_what_the_server_would_refuse_is_an_error_that_names_its_place(
    cluster: Cluster, declared: str, tmp_path: Path
) -> None:
    other = manifest(cluster)
    other["spec"]["selector"]["matchLabels"] = {"app": "else"}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "else"}
    path = written(tmp_path, other)
    run = look(cluster, path)
    assert run.code == 2
    assert run.err.startswith(f"gapwatch: {path}:1: {cluster.namespace}/web: the server would refuse it: 422")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "what was declared? say --manifests PATH"),
        (("--manifests", "x", "--force"), "--force goes with --apply"),
        (("--manifests", "x", "--arm", "y"), "--arm goes with --apply"),
        (("--manifests", "x", "--apply", "--read-only"), "--apply and --read-only contradict each other"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    arguments: tuple[str, ...], complaint: str, cluster: Cluster
) -> None:
    run = cluster.gapwatch("drift", *arguments)
    assert run.code == 2
    assert complaint in run.err


def test_lines_tell_when_it_drifts_and_when_it_is_as_declared_again(cluster: Cluster, declared: str) -> None:
    watching = cluster.watching("--manifests", declared, "-n", cluster.namespace)
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline().split(" ", 1)[1].startswith("watching ")
        changed(cluster, "scale", "deploy/web", "--replicas=0")
        line = f"{cluster.namespace}/web: drifted, 1 field not as declared\n"
        assert any(told.endswith(line) for told in watching.stdout)
        changed(cluster, "scale", "deploy/web", "--replicas=1")
        line = f"{cluster.namespace}/web: as declared again\n"
        assert any(told.endswith(line) for told in watching.stdout)
    finally:
        watching.terminate()
        watching.communicate()


def test_once_leaves_drift_to_the_command_that_is_for_it(cluster: Cluster) -> None:
    run = cluster.gapwatch("--once", "--manifests", "x")
    assert run.code == 2
    assert "gapwatch drift --manifests PATH" in run.err
