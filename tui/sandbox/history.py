"""What happened to one kind: a bounded log of changes that every watch reads at its own pace.

The log follows apiserver `storage/cacher/watch_cache.go`: it keeps the newest `limit` changes, and whoever asks for
an older version is told that it has expired. Watches hold a position in the log and no queue of their own, so a
slow one costs nothing and can hold nobody up.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Key, Object, encode
from tui.sandbox.status import expired

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"


class Version:
    """One version of one object, never changed once it is made; its JSON is encoded once, for every reader."""

    __slots__ = ("__dict__", "kind", "obj", "resource_version")

    def __init__(self, kind: Kind, obj: Object, resource_version: int) -> None:
        self.kind = kind
        self.obj = obj
        self.resource_version = resource_version

    @property
    def key(self) -> Key:
        """(namespace, name)."""
        meta = self.obj["metadata"]
        return meta.get("namespace", ""), meta["name"]

    @cached_property
    def item(self) -> bytes:
        """The JSON as lists hold it: without kind and apiVersion, which the list says once."""
        return encode(self.obj)

    @cached_property
    def whole(self) -> bytes:
        """The JSON with kind and apiVersion."""
        head = f'{{"kind":"{self.kind.kind}","apiVersion":"{self.kind.api_version}",'
        return head.encode() + self.item[1:]

    def with_resource_version(self, resource_version: int) -> Version:
        """The same content under another version: what a selector watch says of an object that stopped matching."""
        meta = {**self.obj["metadata"], "resourceVersion": str(resource_version)}
        return Version(self.kind, {**self.obj, "metadata": meta}, resource_version)


@dataclass(slots=True, frozen=True)
class Change:
    """One step of one object: `version` is the state after it (for DELETED the last state, with a new version)."""

    type: str
    version: Version
    previous: Version | None
    _frames: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def frame(self, as_type: str) -> bytes:
        """One line of a watch's answer, encoded once for all watches that send it as this type."""
        found = self._frames.get(as_type)
        if found is None:
            found = self._frames[as_type] = frame(as_type, self.version.whole)
        return found


def frame(event_type: str, whole: bytes) -> bytes:
    """A watch frame: one JSON object and a newline."""
    return b'{"type":"' + event_type.encode() + b'","object":' + whole + b"}\n"


class ChangeLog:
    """The changes of one kind, oldest first, the newest `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: list[Change] = []
        self._resource_versions: list[int] = []
        self._first_position = 0
        self._forgotten_version = 0
        self._listeners: set[asyncio.Event] = set()

    @property
    def end(self) -> int:
        """The position after the newest change."""
        return self._first_position + len(self._entries)

    @property
    def oldest_position(self) -> int:
        """The position of the oldest change that can still be read."""
        return max(self._first_position, self.end - self._limit)

    def append(self, change: Change) -> None:
        """Keep a change, forget the oldest beyond the limit (in large steps), and wake the watches."""
        self._entries.append(change)
        self._resource_versions.append(change.version.resource_version)
        surplus = len(self._entries) - self._limit
        if surplus > 0:
            self._forgotten_version = self._resource_versions[surplus - 1]
        if surplus >= max(self._limit, 64):
            del self._entries[:surplus]
            del self._resource_versions[:surplus]
            self._first_position += surplus
        for listener in self._listeners:
            listener.set()

    def position_after(self, resource_version: int) -> int:
        """The position of the first change newer than the version; 410 Expired if some of those are forgotten."""
        if resource_version < self._forgotten_version:
            raise expired(f"too old resource version: {resource_version} ({self._forgotten_version})")
        return self._first_position + bisect_right(self._resource_versions, resource_version)

    def read(self, position: int, count: int) -> list[Change]:
        """Up to `count` changes from a position on; 410 Expired if the reader was overtaken."""
        if position < self.oldest_position:
            raise expired("too old resource version: the watch was slower than the history is long")
        start = position - self._first_position
        return self._entries[start : start + count]

    def newest_first_after(self, resource_version: int) -> Iterator[Change]:
        """Every change newer than the version, newest first; 410 Expired if some are forgotten."""
        start = self.position_after(resource_version) - self._first_position
        return reversed(self._entries[start:])

    def listen(self) -> asyncio.Event:
        """An event that is set whenever there is something new to read; hand it back with `leave`."""
        listener = asyncio.Event()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: asyncio.Event) -> None:
        """Stop waking this listener."""
        self._listeners.discard(listener)
