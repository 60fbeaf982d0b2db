"""Manifests on disk: YAML or JSON files, several documents in each, read into plain objects with their place."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tui.clean import PlainError, one_line
from tui.declared.loader import ClearLoader, Loader, documents

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = Path("-")
"""Stands for standard input, as kubectl has it."""
_QUOTED_OR_COMMENT = re.compile(r"""'[^']*'|"[^"]*"|(?:^|\s)#.*""")
_SPACE = re.compile(r"\s*")


class ManifestError(PlainError):
    """One line that names the file, the line where there is one, and what is wrong there."""

    def __init__(self, path: Path, line: int | None, wrong: str) -> None:
        super().__init__(one_line(f"{place(path, line)}: {wrong}"))


@dataclass(frozen=True, slots=True)
class Document:
    """One thing as somebody wrote it down, whatever it is; `line` (from 1) is where it starts in `path`."""

    content: Any
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as somebody wrote it down; `line` (from 1) is where its document starts in `path`."""

    document: Mapping[str, Any]
    path: Path
    line: int

    @property
    def title(self) -> str:
        """For people: `Deployment shop/web`, `Namespace shop`."""
        return title_of(self.document)


def read_manifests(path: Path) -> list[Manifest]:
    """All manifests of a file, or of a folder's files in the order of their names (as kubectl reads one).

    Empty documents are skipped and a `List` is its items. Raises ManifestError.
    """
    manifests = []
    for one in read_documents(path):
        if wrong := what_is_wrong(one.content):
            raise ManifestError(one.path, one.line, wrong)
        manifests.append(Manifest(one.content, one.path, one.line))
    return manifests


def read_documents(path: Path, *, recursive: bool = False) -> Iterator[Document]:
    """Everything that stands in a file, in a folder's files in the order of their names, or on standard input (`-`).

    As kubectl has it, a folder in a folder is passed over unless `recursive`. Raises ManifestError.
    """
    files = [path] if path == STDIN else files_of(path, recursive=recursive)
    if not files:
        folders = "" if recursive else "; folders in it are read with -R"
        raise ManifestError(path, None, f"no manifests here ({', '.join(SUFFIXES)}){folders}")
    for file in files:
        yield from _read_file(file)


def files_of(path: Path, *, recursive: bool = False) -> list[Path]:
    """That file itself, whatever it is called, or a folder's manifests in the order of their names."""
    if not path.is_dir():
        return [path]
    found = path.rglob("*") if recursive else path.iterdir()
    return sorted(file for file in found if file.suffix in SUFFIXES and not file.is_dir())


def place(path: Path, line: int | None) -> str:
    """Where something stands, for people: `shop.yaml:12`."""
    shown = "standard input" if path == STDIN else str(path)
    return one_line(f"{shown}:{line}" if line else shown)


def title_of(document: Mapping[str, Any]) -> str:
    """What an object is called, for people; of one without a name only the kind."""
    meta = document.get("metadata")
    named = meta if isinstance(meta, dict) else {}
    key = "/".join(str(named[field]) for field in ("namespace", "name") if named.get(field))
    return one_line(f"{document['kind']} {key}")


def _read_file(path: Path) -> Iterator[Document]:
    text = _read_text(path)
    if text.lstrip().startswith("{"):
        yield from _read_braces(path, text)
    else:
        yield from _read_yaml(path, text)


def _read_braces(path: Path, text: str) -> Iterator[Document]:
    """JSON is YAML but for its escapes, and objects one after the other, as kubectl reads them."""
    try:
        yield from list(_read_yaml(path, text))
    except ManifestError:
        found = _read_json(path, text)
        if found is None:
            raise
        yield from found


def _read_json(path: Path, text: str) -> list[Document] | None:
    """The objects of a stream of JSON, those of a List at its place; None where it is none."""
    found: list[Document] = []
    decoder, line, at, end = json.JSONDecoder(), 1, 0, len(text.rstrip())
    try:
        while at < end:
            begins = at + len(_SPACE.match(text, at)[0])  # type: ignore[index]
            line += text.count("\n", at, begins)
            content, at = decoder.raw_decode(text, begins)
            found += _documents(content, path, line)
            line += text.count("\n", begins, at)
    except (ValueError, RecursionError):
        return None
    return found


def _read_yaml(path: Path, text: str) -> Iterator[Document]:
    begins = 1
    try:
        for content, node in documents(text, Loader):
            begins = node.start_mark.line + 1
            yield from _documents(content, path, begins, node)
    except (yaml.YAMLError, RecursionError) as error:
        line, wrong = _complaint(text, begins) or (begins, _said(error))
        _refuse_template(path, text, begins, line)
        raise ManifestError(path, line, wrong) from error


def _documents(content: Any, path: Path, begins: int, node: Any = None) -> Iterator[Document]:
    """One document, or the items of a List, each at its line where there is the List's node."""
    if content is None:
        return
    if not _is_list(content):
        yield Document(content, path, begins)
        return
    places = _places_of_items(node) if node is not None else []
    kind = {"apiVersion": content.get("apiVersion"), "kind": content["kind"].removesuffix("List")}
    for at, item in enumerate(content["items"]):
        # In a list of one kind, as the API answers, the items don't say it themselves.
        whole = kind | item if isinstance(item, dict) and "kind" not in item and kind["kind"] else item
        yield Document(whole, path, places[at] if at < len(places) else begins)


def _complaint(text: str, begins: int) -> tuple[int, str] | None:
    """On which line what is wrong, from the document that begins on line `begins` on."""
    rest = "\n" * (begins - 1) + "".join(text.splitlines(keepends=True)[begins - 1 :])
    line = begins
    try:
        for _, node in documents(rest, ClearLoader):
            line = node.start_mark.line + 1
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return mark.line + 1 if mark else line, error.problem or error.context or "not YAML"
    except (yaml.YAMLError, RecursionError) as error:
        return line, _said(error)
    return None


def _said(error: Exception) -> str:
    return "nested far too deeply" if isinstance(error, RecursionError) else str(error) or "not YAML"


def _is_list(content: Any) -> bool:
    """Whether it is a List, or a list of one kind, as `kubectl get -o yaml` writes them."""
    kind = content.get("kind") if isinstance(content, dict) else None
    return isinstance(kind, str) and kind.endswith("List") and isinstance(content.get("items"), list)


def _places_of_items(node: Any) -> list[int]:
    """The lines on which the items of a List start."""
    items = [value for key, value in node.value if key.value == "items"]
    return [item.start_mark.line + 1 for item in items[-1].value] if items else []


def _refuse_template(path: Path, text: str, begins: int, line: int) -> None:
    """An error that says more than YAML's, if between these lines there is what a renderer would have replaced.

    Braces in quotes and comments are not: YAML takes them.
    """
    for at, one in enumerate(text.splitlines()[begins - 1 : line], begins):
        if "{{" in _QUOTED_OR_COMMENT.sub("", one):
            raise ManifestError(path, at, NOT_RENDERED)


NOT_RENDERED = "this is a template: render it first (helm template, kustomize build)"


def _read_text(path: Path) -> str:
    try:
        if path == STDIN:
            return sys.stdin.buffer.read().decode("utf-8")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(path, None, "not UTF-8 text") from error
    except OSError as error:
        raise ManifestError(path, None, error.strerror or str(error)) from error


def what_is_wrong(document: Any) -> str:
    """What keeps `document` from being a Kubernetes object, or ""."""
    if wrong := what_is_no_kind(document):
        return wrong
    meta = document.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str) or not meta["name"]:
        return "metadata.name is missing or no string"
    if not isinstance(meta.get("namespace", ""), str):
        return "metadata.namespace is no string"
    return ""


def what_is_no_kind(document: Any) -> str:
    """What keeps `document` from having a kind, or ""."""
    if not isinstance(document, dict):
        return f"a Kubernetes object is a mapping, this is a {type(document).__name__}"
    for field in ("apiVersion", "kind"):
        if not isinstance(document.get(field), str) or not document[field]:
            return f"{field} is missing or no string"
    return ""
