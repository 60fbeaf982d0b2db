"""Manifests on disk: YAML or JSON files, several documents in each, read into plain objects with their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tui.clean import PlainError, one_line

SUFFIXES = (".yaml", ".yml", ".json")


class ManifestError(PlainError):
    """One line that names the file, the line where there is one, and what is wrong there."""

    def __init__(self, path: Path, line: int | None, wrong: str) -> None:
        where = f"{path}:{line}" if line else str(path)
        super().__init__(one_line(f"{where}: {wrong}"))


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as somebody wrote it down; `line` (from 1) is where its document starts in `path`."""

    document: Mapping[str, Any]
    path: Path
    line: int

    @property
    def title(self) -> str:
        """For people: `Deployment shop/web`, `Namespace shop`."""
        meta = self.document["metadata"]
        key = f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else meta["name"]
        return one_line(f"{self.document['kind']} {key}")


class _Loader(yaml.SafeLoader):
    """SafeLoader that leaves dates as strings: JSON, and so Kubernetes, has no dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_manifests(path: Path) -> list[Manifest]:
    """All manifests of a file, or of a folder's files in the order of their names (as kubectl reads one).

    Empty documents are skipped and a `List` is its items. Raises ManifestError.
    """
    if not path.is_dir():
        return list(_read_file(path))
    files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    if not files:
        raise ManifestError(path, None, f"no manifests here ({', '.join(SUFFIXES)})")
    return [manifest for file in files for manifest in _read_file(file)]


def _read_file(path: Path) -> Iterator[Manifest]:
    for line, document in _documents(path, _read_text(path)):
        items = (
            document.get("items") if isinstance(document, dict) and document.get("kind") == "List" else None
        )
        for item in items if isinstance(items, list) else [document]:
            if wrong := _what_is_wrong(item):
                raise ManifestError(path, line, wrong)
            yield Manifest(item, path, line)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(path, None, "not UTF-8 text") from error
    except OSError as error:
        raise ManifestError(path, None, error.strerror or str(error)) from error


def _documents(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Each document that is not empty, with the line it starts on."""
    line = 1
    try:
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            assert node is not None  # check_node() has just said so
            line = node.start_mark.line + 1
            document = loader.construct_document(node)
            if document is not None:
                yield line, document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        wrong = error.problem or error.context or "not YAML"
        raise ManifestError(path, mark.line + 1 if mark else line, wrong) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ManifestError(path, line, str(error) or "not YAML") from error


def _what_is_wrong(document: Any) -> str:
    """What keeps `document` from being a Kubernetes object, or ""."""
    if not isinstance(document, dict):
        return f"a Kubernetes object is a mapping, this is a {type(document).__name__}"
    for field in ("apiVersion", "kind"):
        if not isinstance(document.get(field), str) or not document[field]:
            return f"{field} is missing or no string"
    meta = document.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str) or not meta["name"]:
        return "metadata.name is missing or no string"
    if not isinstance(meta.get("namespace", ""), str):
        return "metadata.namespace is no string"
    return ""
