"""List + watch + resume + relist of one kind: three small generators around one raw stream.

`reflect` goes on for ever and backs off; `_generation` lists once and then watches until the version is lost;
`_watch` is one stream. What they yield is everything the world learns: a complete `Listed`, then `Changed`
batches. Nothing is yielded before a list is complete, and a frame that arrived in half is never yielded.

Follows client-go's tools/cache/reflector.go and tools/pager; the promises A1-A15 name the figures.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import httpx
import msgspec

from tui.cluster.backoff import Backoff
from tui.cluster.connection import Connection, NetworkErrors, retry_after
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.kinds import UNDECODABLE, Bookmark, Envelope, Kind, Status, read_status
from tui.cluster.liveness import Liveness
from tui.cluster.stream_status import StreamStatus
from tui.facts import Fact

F = TypeVar("F", bound=Fact)
Change = tuple[Literal["ADDED", "MODIFIED", "DELETED"], F]

PAGE_SIZE = 500
WATCH_TIMEOUT_S = (300, 600)
SILENCE_S = 70.0
"""Bookmarks come about once a minute: a longer silence is a half-open connection."""
SHORT_WATCH_S = 1.0
"""A watch that ends sooner has failed, or at least must not be asked for again at once."""
FAILURES_BEFORE_RELIST = 3
MAX_PAGES = 2000
MAX_FRAME_BYTES = 64 << 20
"""etcd takes no object of more than about 1.5 MB: what is this long on one line is no frame."""


@dataclass(frozen=True)
class Listed(Generic[F]):
    """A complete list: it replaces everything that was known of this kind."""

    kind: Kind[F]
    objects: list[F]


@dataclass(frozen=True)
class Changed(Generic[F]):
    """The frames of one read, in order."""

    kind: Kind[F]
    changes: list[Change[F]]


class _Expired(Exception):
    """The server no longer knows the version we stand at: only a list helps."""


class _TooLarge(Exception):
    """The server is behind the version we asked for: ask for its newest instead."""


@dataclass
class Reflector(Generic[F]):
    """One kind's stream. Clock, sleep and randomness are parameters, so that tests own the time."""

    connection: Connection
    kind: Kind[F]
    namespace: str | None = None
    selector: str = ""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.status = StreamStatus(self.kind.name, self.kind.needed, since=self.clock())
        self._backoff = Backoff(self.rng, self.clock)
        self._version: str | None = None
        self._retry_after_s = 0.0
        self._expiries_in_a_row = 0
        self._told = 0
        """Changes that the watch under way has delivered."""
        self._bookmarks = False
        """Whether bookmarks came: not from every server, nor for every kind. Events have no watch cache."""
        self._silences_in_a_row = 0

    # ---------------------------------------------------------------- for ever

    async def reflect(self) -> AsyncIterator[Listed[F] | Changed[F]]:
        """Everything that happens to this kind, until cancelled."""
        while True:
            try:
                async for news in self._generation():
                    yield news
            except _Expired:
                # The next list asks for the newest (""), and what is known stays until it is complete.
                self._version = ""
                self.status.turn(Liveness.STALE, self.clock())
                self._expiries_in_a_row += 1
                if self._expiries_in_a_row == 1:
                    continue
            except ClusterError as error:
                self._failed(error)
            except NetworkErrors as error:
                self._failed(self.connection.unreachable(error))
            await self._pause()

    async def _generation(self) -> AsyncIterator[Listed[F] | Changed[F]]:
        """One complete list, then watches that resume from one another until the version is lost."""
        objects = await self._list()
        self._touch()
        yield Listed(self.kind, objects)
        failures_in_a_row = 0
        while True:
            begun, self._told = self.clock(), 0
            try:
                async for changed in self._watch():
                    yield changed
                ended: ClusterError | None = None
            except NetworkErrors as error:
                ended = self.connection.unreachable(error)
            except Refused as error:
                if error.code != 429 and error.code < 500:
                    raise
                ended = error
            if ended is not None:
                self._failed(ended)
            lasted_s = self.clock() - begun
            if lasted_s >= SHORT_WATCH_S and not isinstance(ended, Refused):
                failures_in_a_row = 0  # it has worked: whatever ended it, the version stands
            elif self._told and not isinstance(ended, Refused):
                failures_in_a_row = 0
                await self.sleep(SHORT_WATCH_S - lasted_s)
            else:
                # Refused connections and 429 say nothing of our version; ends without a word and 500 may.
                failures_in_a_row += ended is None or (isinstance(ended, Refused) and ended.code >= 500)
                if failures_in_a_row >= FAILURES_BEFORE_RELIST:
                    raise ended or ClusterError(
                        self.connection.asked, f"{self.kind.name} watches end at once, empty"
                    )
                await self._pause()

    # ---------------------------------------------------------------- list

    async def _list(self) -> list[F]:
        """All pages of one consistent list; sets the version to watch from."""
        try:
            first = "0" if self._version is None else self._version
            return await self._pages(first, limit=PAGE_SIZE)
        except _TooLarge:
            return await self._pages("", limit=PAGE_SIZE)
        except _Expired:
            # A continue token ran out on the way, or the version did: one full list instead.
            return await self._pages("", limit=None)

    async def _pages(self, version: str, *, limit: int | None) -> list[F]:
        objects: list[F] = []
        token = ""
        for number in range(MAX_PAGES):
            params = self._list_params(version, limit, token)
            try:
                answer = await self.connection.call(
                    "GET", self.kind.resource, namespace=self.namespace, params=params
                )
            except Refused as error:
                if error.code == 410 and (number > 0 or version):
                    raise _Expired from None
                if version and "too large resource version" in error.said.lower():
                    raise _TooLarge from None
                raise
            try:
                meta, items, skipped = self.kind.page(answer.body)
            except UNDECODABLE:
                raise ClusterError(self.connection.asked, f"its {self.kind.name} list is no list") from None
            objects += items
            self.status.undecodable += skipped
            if meta.continue_ and meta.continue_ == token:
                break
            if not meta.continue_:
                self._version = meta.resource_version
                self.status.lists += 1
                return objects
            token = meta.continue_
        raise ClusterError(self.connection.asked, f"its {self.kind.name} list does not end")

    def _list_params(self, version: str, limit: int | None, token: str) -> dict[str, str]:
        params = {"labelSelector": self.selector} if self.selector else {}
        if limit:
            params["limit"] = str(limit)
        if token:
            return params | {"continue": token}
        return params | ({"resourceVersion": version} if version else {})

    # ---------------------------------------------------------------- watch

    async def _watch(self) -> AsyncIterator[Changed[F]]:
        """One stream from the version we stand at; returns when the server ends it."""
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version or "",
            "timeoutSeconds": str(self.rng.randint(*WATCH_TIMEOUT_S)),
        }
        if self.selector:
            params["labelSelector"] = self.selector
        self.status.watches += 1
        async with self.connection.stream(
            self.kind.resource, namespace=self.namespace, params=params, read_timeout_s=SILENCE_S
        ) as response:
            if response.status_code != 200:
                await self._refuse(response)
            if not (self._bookmarks and self._silences_in_a_row):
                self._touch()
            rest = b""
            try:
                async for chunk in response.aiter_bytes():
                    *lines, rest = (rest + chunk).split(b"\n")
                    changes, refusal = self._read_all(lines)
                    if changes:
                        yield Changed(self.kind, changes)
                    if refusal is not None:
                        raise refusal
                    if len(rest) > MAX_FRAME_BYTES:
                        raise ClusterError(self.connection.asked, f"a {self.kind.name} frame has no end")
            except httpx.ReadTimeout:
                self._fell_silent()

    def _fell_silent(self) -> None:
        """Nothing came for too long: where bookmarks were to be expected, the connection is but half open.

        What is shown is stale then until a frame comes: the answer to the next watch alone proves nothing. A second
        silence leads to a new list, which does.
        """
        self._silences_in_a_row += 1
        if self._bookmarks:
            self.status.turn(Liveness.STALE, self.clock())
        if self._silences_in_a_row > 1 and (self._bookmarks or self.kind.needed):
            self._silences_in_a_row = 0
            raise ClusterError(
                self.connection.asked, f"no word of its {self.kind.name}s, not even a bookmark"
            )

    def _read_all(self, lines: list[bytes]) -> tuple[list[Change[F]], Exception | None]:
        """The changes of one read, and the refusal that ends them, if one does: what came before it counts."""
        changes: list[Change[F]] = []
        for line in lines:
            try:
                change = self._read(line) if line else None
            except (_Expired, Refused) as refusal:
                return changes, refusal
            if change is not None:
                changes.append(change)
        return changes, None

    def _read(self, line: bytes) -> Change[F] | None:
        """One frame; None for a bookmark and for what can't be decoded, which is counted."""
        try:
            frame = self.kind.frame(line)
        except UNDECODABLE:
            return self._read_odd(line)
        if frame.type not in ("ADDED", "MODIFIED", "DELETED"):
            return self._read_odd(line)
        self._understood()
        self._told += 1
        version = getattr(frame.object, "metadata", None)
        self._version = (version.resource_version if version else "") or self._version
        return frame.type, frame.object  # type: ignore[return-value]

    def _read_odd(self, line: bytes) -> Change[F] | None:
        """A frame that holds no object of this kind: an ERROR is raised, a BOOKMARK moves us on, noise is counted.

        Of an object that can't be read it is enough to know that it is gone.
        """
        try:
            envelope = msgspec.json.decode(line, type=Envelope)
            if envelope.type == "ERROR":
                self._refused_in_stream(msgspec.json.decode(envelope.object, type=Status))
            elif envelope.type == "BOOKMARK":
                bookmark = msgspec.json.decode(envelope.object, type=Bookmark)
                self._version = bookmark.metadata.resource_version or self._version
                self._bookmarks = True
                self._understood()
            else:
                self.status.undecodable += 1
                if envelope.type == "DELETED":
                    return "DELETED", self.kind.last_of(envelope.object)
        except UNDECODABLE:
            self.status.undecodable += 1
        return None

    def _understood(self) -> None:
        """A frame of the API's own making came: the stream is alive, and our version with it."""
        now = self.clock()
        self.status.count_frame(now)
        self.status.heard(now)
        self._expiries_in_a_row = self._silences_in_a_row = 0

    def _refused_in_stream(self, status: Status) -> None:
        if status.code == 410 or status.reason in ("Expired", "Gone"):
            raise _Expired
        raise Refused(self.connection.asked, status.code, status.reason, status.message)

    async def _refuse(self, response: httpx.Response) -> None:
        body = await response.aread()
        status = read_status(body, response.status_code)
        if response.status_code == 410:
            raise _Expired
        retry_after_s = retry_after(response)
        raise Refused(
            self.connection.asked,
            response.status_code,
            status.reason,
            status.message,
            retry_after_s=retry_after_s,
        )

    # ---------------------------------------------------------------- state

    def _touch(self) -> None:
        """Bytes came: we are live, whatever went wrong before."""
        self.status.heard(self.clock())

    def _failed(self, error: ClusterError) -> None:
        self.status.failed(error, self.clock())
        self._retry_after_s = error.retry_after_s if isinstance(error, Refused) else 0.0

    async def _pause(self) -> None:
        wait_s = max(self._backoff.next_s(), self._retry_after_s)
        self._retry_after_s = 0.0
        await self.sleep(wait_s)
