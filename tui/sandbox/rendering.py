"""Objects and lists in the form that the client prefers: as they are, as a Table, as metadata alone, as YAML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import yaml

from tui.sandbox.history import Version
from tui.sandbox.kinds import Kind
from tui.sandbox.lists import Page
from tui.sandbox.negotiation import YAML
from tui.sandbox.objects import Object, encode
from tui.sandbox.requests import Accept, Answer, Call
from tui.sandbox.tables import columns_of, row_of

_TABLE_HEAD: Object = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}
_PARTIAL_HEAD: Object = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}

Render = Callable[[Version], bytes]


def object_answer(version: Version, call: Call, now: datetime, code: int = 200) -> Answer:
    """One object."""
    return answer(renderer(version.kind, call, now)(version), call.accept, code)


def renderer(kind: Kind, call: Call, now: datetime, *, headers: bool = True) -> Render:
    """How a single object is written for this client."""
    if call.accept.table:
        include = call.query.get("includeObject", "Metadata")
        return lambda version: encode(_table(kind, [version], {}, include, now, headers=headers))
    if call.accept.metadata_only:
        return lambda version: encode({**_PARTIAL_HEAD, "metadata": version.obj["metadata"]})
    return lambda version: version.whole


def list_answer(kind: Kind, page: Page, call: Call, now: datetime) -> Answer:
    """A page of a list."""
    meta: Object = {"resourceVersion": str(page.resource_version)}
    if page.next_token:
        meta["continue"] = page.next_token
    if page.remaining is not None:
        meta["remainingItemCount"] = page.remaining
    if call.accept.table:
        include = call.query.get("includeObject", "Metadata")
        return answer(encode(_table(kind, page.versions, meta, include, now)), call.accept)
    if call.accept.metadata_only:
        items = [encode({**_PARTIAL_HEAD, "metadata": version.obj["metadata"]}) for version in page.versions]
        return answer(_list("PartialObjectMetadataList", "meta.k8s.io/v1", meta, items), call.accept)
    items = [version.item for version in page.versions]
    return answer(_list(f"{kind.kind}List", kind.api_version, meta, items), call.accept)


def _list(kind: str, api_version: str, meta: Object, items: Sequence[bytes]) -> bytes:
    head = f'{{"kind":"{kind}","apiVersion":"{api_version}","metadata":'.encode()
    return b"".join((head, encode(meta), b',"items":[', b",".join(items), b"]}"))


def _table(
    kind: Kind,
    versions: Sequence[Version],
    meta: Object,
    include: str,
    now: datetime,
    *,
    headers: bool = True,
) -> Object:
    rows = []
    for version in versions:
        row: Object = {"cells": row_of(kind, version.obj, now)}
        if include == "Object":
            row["object"] = msgspec.Raw(version.whole)
        elif include != "None":
            row["object"] = {**_PARTIAL_HEAD, "metadata": version.obj["metadata"]}
        rows.append(row)
    if not meta and versions:
        meta = {"resourceVersion": str(versions[-1].resource_version)}
    columns: Any = columns_of(kind) if headers else None
    return {**_TABLE_HEAD, "metadata": meta, "columnDefinitions": columns, "rows": rows}


def answer(body: bytes, accept: Accept, code: int = 200) -> Answer:
    """JSON as an answer, turned into YAML for the client that prefers it."""
    if accept.yaml:
        text = yaml.safe_dump(msgspec.json.decode(body), sort_keys=False)
        return Answer(code, text.encode(), YAML)
    return Answer(code, body)
