"""The recorder: what loops say about their work, as core/v1 Events, with upstream's restraint.

Follows client-go tools/record (events_cache.go): the same event again raises its count; after
ten that differ only in their words the rest are combined into one; more than 25 on one object
are dropped but for one every five minutes. So a missing Event proves nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from tui.sandbox.loops.client import EVENTS, ApiClient, ApiError
from tui.sandbox.loops.clock import Clock, rfc3339_micro
from tui.sandbox.loops.objects import Obj, name_of, namespace_of, uid_of

log = logging.getLogger(__name__)

SIMILAR_BEFORE_COMBINING = 10
COMBINING_WINDOW_S = 600.0
BURST = 25
REFILL_S = 300.0
REMEMBERED = 4096
QUEUE_LENGTH = 1000

EventType = Literal["Normal", "Warning"]


@dataclass(frozen=True)
class Note:
    """One thing said about one object."""

    about: Obj
    type: EventType
    reason: str
    message: str
    container: str = ""
    action: str = ""

    @property
    def similar(self) -> tuple[str, ...]:
        """What notes have in common that differ only in their words."""
        return (namespace_of(self.about), uid_of(self.about), self.container, self.type, self.reason)


@dataclass
class _Similar:
    messages: set[str] = field(default_factory=set)
    last: float = 0.0


@dataclass
class _Tokens:
    left: float = BURST
    at: float = 0.0


@dataclass
class Written:
    """An Event that stands in the cluster, to be counted up."""

    name: str
    count: int = 1


class Correlator:
    """Decides for each note: a new Event, one more on an old one, or silence."""

    def __init__(self) -> None:
        self._similar: dict[tuple[str, ...], _Similar] = {}
        self._tokens: dict[str, _Tokens] = {}

    def place(self, note: Note, now: float) -> tuple[tuple[str, ...], str] | None:
        """The key under which to count this note and its words, or None to drop it; now in cluster seconds."""
        record = self._similar.get(note.similar)
        if record is None or now - record.last > COMBINING_WINDOW_S:
            record = self._similar[note.similar] = _Similar()
            _trim(self._similar)
        record.last = now
        record.messages.add(note.message)
        key, words = (*note.similar, note.message), note.message
        if len(record.messages) >= SIMILAR_BEFORE_COMBINING:
            record.messages.remove(note.message)
            key, words = note.similar, f"(combined from similar events): {note.message}"
        return (key, words) if self._affords(uid_of(note.about), now) else None

    def _affords(self, uid: str, now: float) -> bool:
        tokens = self._tokens.setdefault(uid, _Tokens(at=now))
        _trim(self._tokens)
        tokens.left = min(BURST, tokens.left + (now - tokens.at) / REFILL_S)
        tokens.at = now
        if tokens.left < 1:
            return False
        tokens.left -= 1
        return True


def _trim(table: dict[Any, Any]) -> None:
    """Forget the oldest entry of a table that has grown too long (upstream keeps an LRU of 4096)."""
    if len(table) > REMEMBERED:
        del table[next(iter(table))]


class Recorder:
    """Writes Events for one component, in the background and in order; telling never delays doing."""

    def __init__(self, client: ApiClient, clock: Clock, component: str, *, host: str = "") -> None:
        self.component = component
        self._client = client
        self._clock = clock
        self._host = host
        self._correlator = Correlator()
        self._written: dict[tuple[str, ...], Written] = {}
        self._notes: deque[Note] = deque()
        self._serial = itertools.count()
        self._news = asyncio.Event()

    def event(
        self, about: Obj, kind: EventType, reason: str, message: str, *, container: str = "", action: str = ""
    ) -> None:
        """Say something about an object. With an action it becomes a scheduler's kind of Event, without a count."""
        if len(self._notes) < QUEUE_LENGTH:
            self._notes.append(Note(about, kind, reason, message, container, action))
            self._news.set()

    async def run(self) -> None:
        """Write what was said until cancelled."""
        while True:
            while not self._notes:
                self._news.clear()
                await self._news.wait()
            note = self._notes.popleft()
            try:
                await self._write(note)
            except (ApiError, aiohttp.ClientError, TimeoutError) as error:
                log.debug("%s: event %s not written: %s", self.component, note.reason, error)

    async def _write(self, note: Note) -> None:
        placed = self._correlator.place(note, self._clock.monotonic())
        if placed is None:
            return
        key, words = placed
        before = self._written.get(key)
        if before is not None:
            try:
                await self._count_up(note, words, before)
            except ApiError as error:
                if error.status != 404:
                    raise
            else:
                return
        obj = self._new(note, words)
        await self._client.create(EVENTS, obj)
        self._written[key] = Written(name_of(obj))
        _trim(self._written)

    async def _count_up(self, note: Note, words: str, before: Written) -> None:
        before.count += 1
        if note.action:
            now = rfc3339_micro(self._clock.now())
            patch: Obj = {"series": {"count": before.count, "lastObservedTime": now}}
        else:
            patch = {"count": before.count, "lastTimestamp": self._clock.stamp(), "message": words}
        namespace = namespace_of(note.about) or "default"
        await self._client.patch(EVENTS, namespace, before.name, patch, kind="strategic-merge")

    def _new(self, note: Note, words: str) -> Obj:
        about, now = note.about, self._clock.now()
        involved = {
            "kind": about["kind"],
            "apiVersion": about["apiVersion"],
            "namespace": namespace_of(about) or None,
            "name": name_of(about),
            "uid": uid_of(about),
            "resourceVersion": about["metadata"].get("resourceVersion"),
            "fieldPath": f"spec.containers{{{note.container}}}" if note.container else None,
        }
        obj: Obj = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{name_of(about)}.{int(now.timestamp() * 1e9) + next(self._serial) % 1000:x}",
                "namespace": namespace_of(about) or "default",
            },
            "involvedObject": {key: value for key, value in involved.items() if value is not None},
            "reason": note.reason,
            "message": words,
            "type": note.type,
            "reportingComponent": self.component,
            "reportingInstance": self._host,
        }
        if note.action:
            instance = f"{self.component}-{self._host}" if self._host else self.component
            modern = {"source": {}, "action": note.action, "reportingInstance": instance}
            return obj | modern | {"eventTime": rfc3339_micro(now)}
        stamp = self._clock.stamp()
        source = {"component": self.component} | ({"host": self._host} if self._host else {})
        return obj | {
            "source": source,
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": 1,
            "eventTime": None,
        }
