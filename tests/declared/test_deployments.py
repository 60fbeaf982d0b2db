"""What was declared: which documents count, where each stands, and one line for everything that is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tui.declared.deployments import Declared, read_deployments
from tui.declared.manifest_files import STDIN, ManifestError

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 3}
"""
BARE = WEB.replace(", namespace: shop", "").replace("web", "bare")
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
"""


def read(
    *paths: Path, namespace: str = "default", only: str | None = None, recursive: bool = False
) -> Declared:
    return read_deployments(paths, recursive=recursive).declared(namespace, only)


def a_file(folder: Path, content: str, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.write_text(content)
    return path


def test_several_documents_each_with_its_place(tmp_path: Path) -> None:
    declared = read(a_file(tmp_path, f"{WEB}---\n\n---\n{BARE}"), namespace="warehouse")
    assert {key: one.line for key, one in declared.deployments.items()} == {
        "shop/web": 1,
        "warehouse/bare": 8,
    }
    assert declared.deployments["shop/web"].place == f"{tmp_path}/shop.yaml:1"
    assert declared.deployments["warehouse/bare"].document["metadata"]["namespace"] == "warehouse"


def test_the_items_of_a_list_have_places_of_their_own(tmp_path: Path) -> None:
    items = "".join("- " + one.replace("\n", "\n  ").rstrip(" ") for one in (WEB, BARE))
    declared = read(a_file(tmp_path, f"apiVersion: v1\nkind: List\nitems:\n{items}"))
    assert {key: one.line for key, one in declared.deployments.items()} == {"shop/web": 4, "default/bare": 8}


def test_json_from_kubectl_is_read_without_what_the_server_added(tmp_path: Path) -> None:
    meta = {
        "name": "web",
        "namespace": "shop",
        "uid": "1",
        "resourceVersion": "2",
        "generation": 3,
        "managedFields": [{}],
        "creationTimestamp": "now",
        "labels": {"app": "web"},
        "annotations": {"deployment.kubernetes.io/revision": "1", "mine": "yes"},
    }
    one: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {},
        "status": {},
    }
    path = a_file(tmp_path, json.dumps({"apiVersion": "v1", "kind": "List", "items": [one]}), "all.json")
    document = read(path).deployments["shop/web"].document
    assert "status" not in document
    assert document["metadata"] == {
        "name": "web",
        "namespace": "shop",
        "labels": {"app": "web"},
        "annotations": {"mine": "yes"},
    }


def test_a_folder_is_read_as_kubectl_reads_one(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    a_file(below, BARE)
    with pytest.raises(ManifestError, match=r"no manifests here .*folders in it are read with -R"):
        read(tmp_path)
    a_file(tmp_path, WEB)
    a_file(tmp_path, "no manifest at all", "README.md")
    assert list(read(tmp_path).deployments) == ["shop/web"]
    assert sorted(read(tmp_path, recursive=True).deployments) == ["default/bare", "shop/web"]


def test_standard_input_is_a_stream_like_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"---\n{WEB}".encode())))
    assert read(STDIN).deployments["shop/web"].place == "standard input:2"


def test_other_kinds_are_left_out_and_counted_in_one_line(tmp_path: Path) -> None:
    path = a_file(tmp_path, "---\n".join([WEB, *[SERVICE] * 4, "kind: Kustomization\nresources: []\n"]))
    (remark,) = read(path).remarks
    assert remark == (
        f"left out: 5 documents of other kinds (Service shop/web at {path}:6, Service shop/web at {path}:10, "
        f"Service shop/web at {path}:14, and 2 more)"
    )


def test_what_is_outside_of_the_namespace_is_left_out_and_said(tmp_path: Path) -> None:
    path = a_file(tmp_path, f"{WEB}---\n{BARE}")
    declared = read(path, namespace="warehouse", only="warehouse")
    assert list(declared.deployments) == ["warehouse/bare"]
    assert declared.remarks == (
        f"left out: 1 Deployment outside of namespace warehouse (Deployment shop/web at {path}:1)",
    )


def test_what_is_not_selected_is_left_out_and_said(tmp_path: Path) -> None:
    labelled = WEB.replace("name: web", "labels: {tier: front}, name: web")
    path = a_file(tmp_path, f"{labelled}---\n{BARE}")
    found = read_deployments([path]).declared("shop", None, "tier=front")
    assert list(found.deployments) == ["shop/web"]
    assert found.remarks == (
        f"left out: 1 Deployment that -l tier=front does not select (Deployment bare at {path}:6)",
    )


def test_a_duplicate_names_both_places(tmp_path: Path) -> None:
    one, other = a_file(tmp_path, WEB, "a.yaml"), a_file(tmp_path, f"{SERVICE}---\n{WEB}", "b.yaml")
    with pytest.raises(ManifestError) as caught:
        read(one, other)
    assert str(caught.value) == f"{other}:5: Deployment shop/web is declared twice, first at {one}:1"


WRONG = {
    "broken YAML": (WEB + "---\nkind: [", r":6: "),
    "no object": ("- 1\n", ":1: a Kubernetes object is a mapping, this is a list"),
    "no kind": ("---\napiVersion: v1\n", ":2: kind is missing or no string"),
    "no name": (WEB.replace("name: web, ", ""), ":1: metadata.name is missing"),
    "no spec": (WEB.replace("spec: {replicas: 3}", "spec: 3"), ":1: spec is missing or no mapping"),
    "labels": (WEB.replace("name: web", "labels: 1, name: web"), ":1: metadata.labels is no mapping"),
    "old version": (
        WEB.replace("apps/v1", "extensions/v1beta1"),
        ":1: no server has .* any more: write apps/v1",
    ),
    "a template's block": (
        WEB + "{{- if .Values.on }}\nx: 1\n{{- end }}\n",
        ":5: this is a template: render it first",
    ),
    "a template's value": (
        WEB.replace("3", "{{ .Values.replicas }}"),
        ":4: this is a template: render it first",
    ),
    "a template's string": (
        WEB.replace("name: web", 'name: "{{ .Release.Name }}"'),
        ":1: this is a template",
    ),
}


@pytest.mark.parametrize(
    "name",
    ["web/scale", "../../kube-system/deployments/coredns", ".", "..", "web?x=1", "Web", "web\n", "w" * 254],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    path = a_file(tmp_path, WEB.replace("name: web", f"name: {json.dumps(name)}"))
    with pytest.raises(ManifestError, match=r":1: metadata\.name: no Deployment can be called"):
        read(path)


@pytest.mark.parametrize("namespace", ["shop/deployments/web", "..", "Shop", "shop.old", "s" * 64])
def test_a_namespace_that_leads_elsewhere_is_refused(namespace: str, tmp_path: Path) -> None:
    path = a_file(tmp_path, WEB.replace("namespace: shop", f"namespace: {json.dumps(namespace)}"))
    with pytest.raises(ManifestError, match=r":1: metadata\.namespace: no namespace can be called"):
        read(path)


def test_a_name_may_have_dots_and_digits(tmp_path: Path) -> None:
    path = a_file(tmp_path, WEB.replace("name: web", "name: 4.web-2.x"))
    assert list(read(path).deployments) == ["shop/4.web-2.x"]


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line_with_file_and_line(case: str, tmp_path: Path) -> None:
    content, complaint = WRONG[case]
    path = a_file(tmp_path, content)
    with pytest.raises(ManifestError, match=complaint) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:")
    assert "\n" not in str(caught.value)


def test_braces_that_are_meant_are_no_template(tmp_path: Path) -> None:
    meant = 'annotations: {summary: "{{ $labels.pod }} is down"}, name: web'
    assert list(read(a_file(tmp_path, WEB.replace("name: web", meant))).deployments) == ["shop/web"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"nothing\.yaml: No such file or directory"):
        read(tmp_path / "nothing.yaml")


def test_ten_thousand_documents_are_read(tmp_path: Path) -> None:
    path = a_file(tmp_path, "---\n".join(WEB.replace("web", f"web-{at}") for at in range(10_000)))
    declared = read(path).deployments
    assert len(declared) == 10_000
    assert declared["shop/web-9999"].line == 9_999 * 5 + 1


def test_the_items_of_a_list_of_deployments_need_no_kind(tmp_path: Path) -> None:
    """As `kubectl get --raw` has it from the server."""
    bare = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 3}}
    answer = {"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {}, "items": [bare]}
    (found,) = read(a_file(tmp_path, json.dumps(answer), "got.json")).deployments.values()
    assert (found.key, found.document["kind"], found.document["apiVersion"]) == (
        "shop/web",
        "Deployment",
        "apps/v1",
    )


def test_objects_of_json_stand_one_after_the_other(tmp_path: Path) -> None:
    """As `kubectl get -o json` twice in one file: no separators, and escapes that YAML has not."""
    web: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"note": "a\U0001f600"}},
        "spec": {"replicas": 3},
    }
    bare = {**web, "metadata": {"name": "bare", "namespace": "shop"}}
    path = a_file(
        tmp_path, f"{json.dumps(web)}\n{json.dumps({'kind': 'List', 'items': [bare]})}\n", "got.json"
    )
    found = read(path).deployments
    assert [(one.key, one.line) for one in found.values()] == [("shop/web", 1), ("shop/bare", 2)]
    assert found["shop/web"].document["metadata"]["annotations"] == {"note": "a\U0001f600"}


def test_braces_that_are_neither_json_nor_yaml_are_complained_of(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=":2: "):
        read(a_file(tmp_path, '{"apiVersion": "apps/v1",\n"kind" "Deployment"}\n', "broken.json"))


def test_braces_in_quotes_are_not_blamed_for_another_mistake(tmp_path: Path) -> None:
    path = a_file(tmp_path, f"# {{{{ x }}}}\n{WEB}  note: '{{{{ $labels.pod }}}}'\n\tb: 1\n")
    with pytest.raises(ManifestError, match=r":6: (?!this is a template)"):
        read(path)
