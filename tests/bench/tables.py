"""Tables as kubectl asks for them: a row of cells for each object, and its metadata beside it."""

from __future__ import annotations

from typing import Any

import msgspec

_COLUMNS = ("Name", "Ready", "Status", "Restarts", "Age")


class _Item(msgspec.Struct):
    kind: str
    metadata: msgspec.Raw


class _Named(msgspec.Struct):
    name: str


class _List(msgspec.Struct):
    metadata: msgspec.Raw
    items: list[_Item]


def as_table(body: bytes) -> bytes:
    """The Table (meta.k8s.io/v1) of a list, with PartialObjectMetadata, as upstream's default includes it."""
    listed = msgspec.json.decode(body, type=_List)
    columns = [
        {"name": name, "type": "string", "format": "name" if name == "Name" else "", "priority": 0}
        for name in _COLUMNS
    ]
    rows = [_row(item) for item in listed.items]
    return msgspec.json.encode(
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": listed.metadata,
            "columnDefinitions": columns,
            "rows": rows,
        }
    )


def _row(item: _Item) -> dict[str, Any]:
    name = msgspec.json.decode(item.metadata, type=_Named).name
    partial = {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": item.metadata,
    }
    return {"cells": [name, "1/1", "Running", "0", "3d"], "object": partial}
