"""The main job end to end, on a sandbox or with `--context NAME` on any cluster: the same scenarios everywhere."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.e2e.conftest import Cluster, Target, called, is_complete
from tests.waiting import PATIENCE_S

BAD_IMAGE = "registry.invalid/bad-missing:does-not-exist"
MOMENTS = ["deleted", "replacement_created", "scheduled", "started", "ready", "settled"]


def look(cluster: Cluster, *args: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """One look at the test's namespace: exit code, and Deployments by name."""
    run = cluster.gapwatch("-n", cluster.namespace, "--once", "-o", "json", *args)
    assert run.err == ""
    return run.code, {one["name"]: one for one in run.document["deployments"]}


def arm(cluster: Cluster) -> list[str]:
    """Real clusters want their context's name; the others take it too."""
    return ["--arm", context_of(cluster.target)]


@cache
def context_of(target: Target) -> str:
    """Its context's name, as gapwatch tells it."""
    run = called(*target.options, "-n", "default", "--once", "-o", "json")
    return str(run.document["source"]["context"])


def delete_pod(cluster: Cluster, name: str, *args: str) -> Any:
    return cluster.gapwatch("chaos", "delete-pod", f"{cluster.namespace}/{name}", *args, *arm(cluster))


def test_a_settled_fleet_has_no_gap(cluster: Cluster) -> None:
    cluster.deploy("web", 3)
    code, found = look(cluster)
    assert code == 0
    web = found["web"]
    counts = {name: web[name] for name in ("desired", "updated", "ready", "available", "gap")}
    assert counts == {"desired": 3, "updated": 3, "ready": 3, "available": 3, "gap": 0}
    assert web["why"] is None
    assert web["revision"] == "1"


def test_delete_a_random_pod_and_see_it_replaced(cluster: Cluster) -> None:
    cluster.deploy("web", 3)
    before = cluster.pods("web")
    run = delete_pod(cluster, "web", "--wait", "-o", "json")
    assert run.code == 0, run.err
    told = run.document
    assert before[told["target"]["pod"]] == told["target"]["uid"]
    assert told["settled"] is True
    moments = told["heal"]["moments_s"]
    assert list(moments) == MOMENTS
    assert list(moments.values()) == sorted(moments.values())
    assert moments["deleted"] == 0
    after = cluster.pods("web")
    assert after[told["heal"]["replacement"]["pod"]] == told["heal"]["replacement"]["uid"]
    assert told["target"]["uid"] not in after.values()
    assert len(after) == 3


def test_delete_a_named_pod_as_text(cluster: Cluster) -> None:
    cluster.deploy("web", 2)
    victim = min(cluster.pods("web"))
    run = delete_pod(cluster, "web", "--pod", victim, "--wait")
    assert run.code == 0, run.err
    assert f"deleted pod {victim} ({cluster.namespace}/web)" in run.out
    assert "not undone: replaced" in run.out
    assert "settled" in run.out
    assert victim not in cluster.pods("web")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["{ns}/nope"], "no Deployment {ns}/nope (there is: web)"),
        (["{ns}/web", "--pod", "web-x"], "{ns}/web has no pod web-x"),
        (["kube-system/web"], "no Deployment kube-system/web"),
        (["web"], "say NAMESPACE/DEPLOYMENT"),
        (["{ns}/web", "--read-only"], "--read-only"),
        (["{ns}/web", "--timeout", "soon"], "is no duration"),
        (["{ns}/web", "-n", "other"], "contradict each other"),
    ],
)
def test_what_cannot_be_deleted_changes_nothing(cluster: Cluster, args: list[str], said: str) -> None:
    cluster.deploy("web", 1)
    before = cluster.pods("web")
    run = cluster.gapwatch("chaos", "delete-pod", *(arg.format(ns=cluster.namespace) for arg in args))
    assert run.code == 2
    assert said.format(ns=cluster.namespace) in run.err
    assert run.err.count("\n") == 1
    assert run.out == ""
    assert cluster.pods("web") == before


def test_an_image_that_does_not_exist_is_named(cluster: Cluster) -> None:
    cluster.deploy("web", 2)
    cluster.set_image("web", BAD_IMAGE)
    cluster.until("web", lambda web: (web.status.unavailable_replicas or 0) > 0)
    code, found = poll(cluster, "web", "image")
    assert code == 1
    assert BAD_IMAGE in found["why"]
    assert found["settled"] is False


def test_a_quota_in_the_way_is_named_and_its_end_closes_the_gap(cluster: Cluster) -> None:
    cluster.deploy("web", 2)
    quota = {"metadata": {"name": "tight"}, "spec": {"hard": {"pods": "1"}}}
    cluster.core.create_namespaced_resource_quota(cluster.namespace, quota)
    run = delete_pod(cluster, "web", "--wait", "--timeout", "3s", "-o", "json")
    assert run.code == 1
    assert run.document["settled"] is False
    _, found = poll(cluster, "web", "create")
    assert found["why"].startswith('quota "tight": pods exceeded')
    assert found["gap"] == 1
    cluster.core.delete_namespaced_resource_quota("tight", cluster.namespace)
    cluster.patch("web", {"replicas": 3})  # a change of spec ends the ReplicaSet's back-off
    cluster.until("web", is_complete)
    assert look(cluster)[0] == 0


def test_a_paused_rollout_says_so(cluster: Cluster) -> None:
    cluster.deploy("web", 2)
    cluster.patch("web", {"paused": True})
    cluster.set_image("web", "example.com/shop/web:2")
    cluster.until("web", lambda web: web.status.observed_generation >= web.metadata.generation)
    _, found = look(cluster)
    assert found["web"]["paused"] is True
    assert found["web"]["cause"] == "paused"


def test_lines_tell_a_gap_opened_and_closed(cluster: Cluster) -> None:
    cluster.deploy("web", 2)
    process = cluster.watching("-n", cluster.namespace)
    try:
        assert process.stdout is not None
        assert "1 Deployment" in process.stdout.readline()
        cluster.patch("web", {"replicas": 4})
        said = list(until_line(process, "closed"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
    assert f"{cluster.namespace}/web: gap opened" in said[0]
    assert "4 of 4 available" in said[-1]
    assert process.returncode == 128 + signal.SIGTERM


def test_a_selector_chooses_deployments(cluster: Cluster) -> None:
    cluster.deploy("web", 1)
    cluster.deploy("api", 1)
    _, found = look(cluster, "-l", "app in (api)")
    assert list(found) == ["api"]
    assert found["api"]["ready"] == 1  # its pods are not filtered away


def test_a_bad_selector_is_one_line(cluster: Cluster) -> None:
    run = cluster.gapwatch("-n", cluster.namespace, "--once", "-l", "app in (")
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1
    assert "400" in run.err


def until_line(process: subprocess.Popen[str], word: str) -> Iterator[str]:
    """The process' lines up to the first with that word."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if word in line:
            return
    raise AssertionError(f"it ended without saying {word!r}")


def poll(cluster: Cluster, name: str, cause: str) -> tuple[int, dict[str, Any]]:
    """Looks until that cause is given: controllers write their conditions when they get to it."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        code, found = look(cluster)
        if found[name]["cause"] == cause:
            return code, found[name]
    raise AssertionError(f"{name}: {found[name]['cause']} instead of {cause}: {found[name]['why']}")
