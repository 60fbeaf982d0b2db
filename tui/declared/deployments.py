"""The Deployments that somebody declared: read from manifests, each with its place, ready to be held against a cluster.

Other kinds are left out and named. Whatever is wrong is one line with file and line, and then nothing is declared:
half of a declaration would look like drift.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.clean import one_line
from tui.declared.manifest_files import (
    NOT_RENDERED,
    Document,
    ManifestError,
    place,
    read_documents,
    title_of,
    what_is_no_kind,
    what_is_wrong,
)
from tui.declared.selector import selector_of

VERSION, KIND = "apps/v1", "Deployment"
_GONE_VERSIONS = ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")
_SERVERS_OWN = (
    "managedFields",
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "generation",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
_OTHERS_NOTES = (
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
)
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_SUBDOMAIN = 253
_NAMED_LEFT_OUT = 3
"""So many of what is left out are named, the rest is counted."""


@dataclass(frozen=True, slots=True)
class DeclaredDeployment:
    """One Deployment as it was declared; `document` is what an apply sends."""

    namespace: str
    name: str
    document: Mapping[str, Any]
    path: Path
    line: int

    @property
    def key(self) -> str:
        """namespace/name"""
        return f"{self.namespace}/{self.name}"

    @property
    def place(self) -> str:
        """Where it was written down: `shop.yaml:12`."""
        return place(self.path, self.line)


@dataclass(frozen=True)
class Declared:
    """What is declared, by namespace/name, and in words what was left out of it."""

    deployments: Mapping[str, DeclaredDeployment] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """What the files hold, before it is known which cluster and which namespace it is for."""

    deployments: tuple[Document, ...]
    others: tuple[Document, ...]

    def declared(self, default_namespace: str, only: str | None = None, selector: str = "") -> Declared:
        """With kubectl's meaning of a Deployment without a namespace.

        Those outside of the namespace `only`, and those whose labels `selector` does not select, are left out. Raises
        ManifestError for what is declared twice, PlainError for what is no selector.
        """
        selects = selector_of(selector)
        found: dict[str, DeclaredDeployment] = {}
        outside: list[Document] = []
        unselected: list[Document] = []
        for one in self.deployments:
            deployment = _deployment(one, default_namespace)
            if only is not None and deployment.namespace != only:
                outside.append(one)
                continue
            if not selects(deployment.document["metadata"].get("labels") or {}):
                unselected.append(one)
                continue
            twin = found.get(deployment.key)
            if twin is not None:
                said = f"Deployment {deployment.key} is declared twice, first at {twin.place}"
                raise ManifestError(one.path, one.line, said)
            found[deployment.key] = deployment
        remarks = (
            _left_out(self.others, "document", "of other kinds"),
            _left_out(outside, "Deployment", f"outside of namespace {only}"),
            _left_out(unselected, "Deployment", f"that -l {selector} does not select"),
        )
        return Declared(found, tuple(filter(None, remarks)))


def read_deployments(paths: Iterable[Path], *, recursive: bool = False) -> Written:
    """Reads files, folders (and, only if `recursive`, the folders in them) and `-`. Raises ManifestError."""
    deployments: list[Document] = []
    others: list[Document] = []
    for path in paths:
        for one in read_documents(path, recursive=recursive):
            (deployments if _is_deployment(one) else others).append(one)
    return Written(tuple(deployments), tuple(others))


def _is_deployment(one: Document) -> bool:
    """Raises ManifestError for a Deployment that can't be used, and for what is no Kubernetes object."""
    content = one.content
    if isinstance(content, dict) and content.get("kind") == "Kustomization":
        return False
    if wrong := what_is_no_kind(content):
        raise ManifestError(one.path, one.line, wrong)
    if content["kind"] != KIND or content["apiVersion"] not in (VERSION, *_GONE_VERSIONS):
        return False
    if content["apiVersion"] != VERSION:
        said = f"no server has Deployments of {content['apiVersion']} any more: write {VERSION}"
        raise ManifestError(one.path, one.line, said)
    if _is_template(content):
        raise ManifestError(one.path, one.line, NOT_RENDERED)
    if wrong := what_is_wrong(content) or _what_is_misnamed(content) or _what_is_wrong_with(content):
        raise ManifestError(one.path, one.line, wrong)
    return True


def _what_is_misnamed(content: Mapping[str, Any]) -> str:
    """A name that no server takes, or "": as a part of an address it would lead to something else than this."""
    name, namespace = content["metadata"]["name"], content["metadata"].get("namespace")
    if len(name) > _LONGEST_SUBDOMAIN or not _SUBDOMAIN.fullmatch(name):
        return f'metadata.name: no Deployment can be called "{name}" (RFC 1123: a-z, 0-9, "-" and ".")'
    if namespace and not _LABEL.fullmatch(namespace):
        return f'metadata.namespace: no namespace can be called "{namespace}" (RFC 1123: a-z, 0-9 and "-")'
    return ""


def _what_is_wrong_with(content: Mapping[str, Any]) -> str:
    if not isinstance(content.get("spec"), dict):
        return "spec is missing or no mapping"
    for name in ("labels", "annotations"):
        if not isinstance(content["metadata"].get(name) or {}, dict):
            return f"metadata.{name} is no mapping"
    return ""


def _is_template(content: Mapping[str, Any]) -> bool:
    """Whether braces stand where no server takes them; in arguments and annotations they may be meant."""
    meta, spec = _mapping(content.get("metadata")), _mapping(content.get("spec"))
    pod = _mapping(_mapping(spec.get("template")).get("spec"))
    containers = pod.get("containers") if isinstance(pod.get("containers"), list) else []
    suspects: list[Any] = [meta.get("name"), meta.get("namespace"), spec.get("replicas")]
    suspects += _mapping(meta.get("labels")).values()
    for container in containers or ():
        suspects += [_mapping(container).get("image"), _mapping(container).get("name")]
    return any(isinstance(one, str) and "{{" in one for one in suspects)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _deployment(one: Document, default_namespace: str) -> DeclaredDeployment:
    meta = {name: value for name, value in one.content["metadata"].items() if name not in _SERVERS_OWN}
    meta["namespace"] = meta.get("namespace") or default_namespace
    if meta.get("annotations"):
        kept = {name: value for name, value in meta["annotations"].items() if name not in _OTHERS_NOTES}
        meta["annotations"] = kept
    document = {name: value for name, value in one.content.items() if name != "status"} | {"metadata": meta}
    return DeclaredDeployment(meta["namespace"], meta["name"], document, one.path, one.line)


def _left_out(ones: Sequence[Document], what: str, why: str) -> str:
    """In one line: "left out: 3 documents of other kinds (Service shop/web at shop.yaml:12, …)", or ""."""
    if not ones:
        return ""
    named = [f"{title_of(one.content)} at {place(one.path, one.line)}" for one in ones[:_NAMED_LEFT_OUT]]
    if len(ones) > _NAMED_LEFT_OUT:
        named.append(f"and {len(ones) - _NAMED_LEFT_OUT} more")
    count = f"{len(ones)} {what}{'' if len(ones) == 1 else 's'}"
    return one_line(f"left out: {count} {why} ({', '.join(named)})")
