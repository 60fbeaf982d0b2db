"""The workshop's own manifests, and what reading manifests makes of other people's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest

from tui.declared.manifest_files import ManifestError, read_manifests
from tui.workshop.kind import PACKAGED

Object = dict[str, Any]
OURS = [manifest.document for manifest in read_manifests(PACKAGED)]
DEPLOYMENTS = [document for document in OURS if document["kind"] == "Deployment"]
MODELS = {
    "Namespace": "V1Namespace",
    "Service": "V1Service",
    "Deployment": "V1Deployment",
    "PodDisruptionBudget": "V1PodDisruptionBudget",
}


def name_of(document: Any) -> str:
    meta = document["metadata"]
    return f"{document['kind']}-{meta.get('namespace', '')}-{meta['name']}"


def pods_of(deployment: Any) -> Any:
    return deployment["spec"]["template"]["spec"]


@pytest.mark.parametrize("document", OURS, ids=name_of)
def test_the_official_client_reads_every_field_of_ours(document: Object) -> None:
    """Its models drop what they don't know and insist on what is required; nothing may be lost on the way."""
    client: Any = kubernetes.client.ApiClient()
    read = client._ApiClient__deserialize(
        document, MODELS[document["kind"]]
    )  # same in every major, unlike its caller
    assert client.sanitize_for_serialization(read) == document


def test_the_shop_is_the_one_the_lessons_speak_of() -> None:
    replicas = {
        f"{d['metadata']['namespace']}/{d['metadata']['name']}": d["spec"]["replicas"] for d in DEPLOYMENTS
    }
    assert replicas == {"shop/web": 5, "shop/api": 3, "shop/payments": 3, "warehouse/stock": 2}


def test_every_object_comes_after_its_namespace_and_only_once() -> None:
    seen: set[str] = set()
    for document in OURS:
        namespace = document["metadata"].get("namespace")
        assert namespace is None or f"Namespace--{namespace}" in seen
        assert name_of(document) not in seen
        seen.add(name_of(document))


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_selectors_find_the_pods(deployment: Object) -> None:
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    (spread,) = pods_of(deployment)["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    assert spread["labelSelector"]["matchLabels"].items() <= labels.items()
    (service,) = [
        d for d in OURS if d["kind"] == "Service" and name_of(d) == name_of({**deployment, "kind": "Service"})
    ]
    assert service["spec"]["selector"].items() <= labels.items()
    ports = {port["name"] for container in pods_of(deployment)["containers"] for port in container["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_pods_leave_a_lost_node_after_20_seconds(deployment: Object) -> None:
    tolerated = {(t["key"], t["effect"], t["tolerationSeconds"]) for t in pods_of(deployment)["tolerations"]}
    assert tolerated == {
        ("node.kubernetes.io/not-ready", "NoExecute", 20),
        ("node.kubernetes.io/unreachable", "NoExecute", 20),
    }


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_containers_are_pinned_small_and_probed_over_http(deployment: Object) -> None:
    (container,) = pods_of(deployment)["containers"]
    assert re.fullmatch(r"ghcr\.io/stefanprodan/podinfo:6\.\d+\.\d+", container["image"])
    assert container["resources"]["requests"] == {"cpu": "10m", "memory": "32Mi"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}


def test_payments_alone_takes_its_time() -> None:
    delays = {
        d["metadata"]["name"]: pods_of(d)["containers"][0]["readinessProbe"]["initialDelaySeconds"]
        for d in DEPLOYMENTS
    }
    assert delays.pop("payments") >= 5
    assert max(delays.values()) <= 2


def test_the_budget_guards_web_and_lets_one_go() -> None:
    (budget,) = [document for document in OURS if document["kind"] == "PodDisruptionBudget"]
    (web,) = [d for d in DEPLOYMENTS if d["metadata"]["name"] == "web"]
    assert budget["metadata"]["namespace"] == web["metadata"]["namespace"]
    assert budget["spec"] == {"maxUnavailable": 1, "selector": web["spec"]["selector"]}


GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


def test_a_file_may_hold_several_documents_and_empty_ones(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"# nothing yet\n---\n{GOOD}---\n---\n{GOOD}")
    assert [(m.title, m.line) for m in read_manifests(file)] == [("ConfigMap a", 3), ("ConfigMap a", 9)]


def test_a_folder_is_read_in_the_order_of_its_files_names(tmp_path: Path) -> None:
    for name in ("20.yml", "10.yaml", "30.json"):
        (tmp_path / name).write_text(GOOD)
    (tmp_path / "README.md").write_text("not a manifest")
    assert [m.path.name for m in read_manifests(tmp_path)] == ["10.yaml", "20.yml", "30.json"]


def test_a_list_is_its_items(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    item = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s", "namespace": "n"}}'
    file.write_text(f'{{"apiVersion": "v1", "kind": "List", "items": [{item % "a"}, {item % "b"}]}}')
    assert [m.title for m in read_manifests(file)] == ["ConfigMap n/a", "ConfigMap n/b"]


def test_a_date_stays_the_text_it_is(tmp_path: Path) -> None:
    file = tmp_path / "dated.yaml"
    file.write_text(GOOD + "  annotations:\n    since: 2026-01-01\n")
    (manifest,) = read_manifests(file)
    assert manifest.document["metadata"]["annotations"] == {"since": "2026-01-01"}


BROKEN = {
    "indentation": (b"kind: A\n metadata: {}\n", r":2: mapping values are not allowed here"),
    "tab": (b"kind:\n\t- a\n", r":2: found character '\\t' that cannot start any token"),
    "second document": (GOOD.encode() + b"---\nkind: [\n", r":7: expected the node content"),
    "unknown tag": (
        GOOD.encode() + b"data: !!python/object:os.system {}\n",
        r":5: could not determine a constructor",
    ),
    "no mapping": (b"---\n- just\n- a list\n", r":2: a Kubernetes object is a mapping, this is a list"),
    "no kind": (b"\n\napiVersion: v1\nmetadata: {name: a}\n", r":3: kind is missing or no string"),
    "no name": (b"apiVersion: v1\nkind: Pod\n", r":1: metadata.name is missing or no string"),
    "name a number": (b"{apiVersion: v1, kind: Pod, metadata: {name: 1}}", r":1: metadata.name is missing"),
    "namespace a number": (
        b"{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: 1}}",
        r":1: metadata.namespace is no string",
    ),
    "list of rubbish": (b"{apiVersion: v1, kind: List, items: [1]}", r":1: .* this is a int"),
    "too deep": (b"[" * 700, r":1: nested far too deeply"),
    "not UTF-8": (b"kind: \xff\xfe", r": not UTF-8 text"),
    "control characters": (b"kind: \x1b[31m", r":1: unacceptable character"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_manifest_is_one_line_with_file_and_line(case: str, tmp_path: Path) -> None:
    content, complaint = BROKEN[case]
    file = tmp_path / "broken.yaml"
    file.write_bytes(content)
    with pytest.raises(ManifestError, match=f"^{re.escape(str(file))}{complaint}") as caught:
        read_manifests(file)
    assert "\n" not in str(caught.value)


def missing(folder: Path) -> Path:
    return folder / "none.yaml"


def empty(folder: Path) -> Path:
    return folder


def looping(folder: Path) -> Path:
    (folder / "loop.yaml").symlink_to("loop.yaml")
    return folder / "loop.yaml"


@pytest.fixture(
    params=[
        (missing, "No such file or directory"),
        (empty, "no manifests here"),
        (looping, "symbolic links"),
    ],
    ids=["missing", "empty folder", "link to itself"],
)
def unreadable(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    make, complaint = request.param
    return make(tmp_path), complaint


def test_an_unreadable_path_is_named(unreadable: tuple[Path, str]) -> None:
    path, complaint = unreadable
    with pytest.raises(ManifestError, match=f"^{re.escape(str(path))}: .*{complaint}"):
        read_manifests(path)
