"""List + watch + resume + relist of one kind: three small generators around one raw stream.

`reflect` goes on for ever and backs off; `_generation` lists once and then watches until the version is lost;
`_watch` is one stream. What they yield is everything the world learns: a complete `Listed`, then `Changed`
batches. Nothing is yielded before a list is complete, and a frame that arrived in half is never yielded.
Where the server can, the list comes as the first part of the watch.

Follows client-go's tools/cache/reflector.go; the promises A1-A16 name the figures.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NoReturn, TypeVar

import httpx
import msgspec

from tui.cluster.backoff import RESET_AFTER_S, Backoff
from tui.cluster.connection import Connection, NetworkErrors, retry_after
from tui.cluster.errors import ClusterError, Refused, Unreachable
from tui.cluster.kinds import UNDECODABLE, Bookmark, Envelope, Kind, Status, read_status
from tui.cluster.listing import Expired, list_all
from tui.cluster.liveness import Liveness
from tui.cluster.stream_status import StreamStatus
from tui.cluster.trouble import hint_for
from tui.facts import Fact
from tui.steady import steady

F = TypeVar("F", bound=Fact)
Change = tuple[Literal["ADDED", "MODIFIED", "DELETED"], F]

WATCH_TIMEOUT_S = (300, 600)
SILENCE_S = 70.0
"""Bookmarks come about once a minute: a longer silence is a half-open connection."""
SHORT_WATCH_S = 1.0
"""A watch that ends sooner has failed, or at least must not be asked for again at once."""
FAILURES_BEFORE_RELIST = 3
MAX_DIGITS = 20
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


class _NoStreamedLists(Exception):
    """The server does not send lists as streams."""


@dataclass
class Reflector(Generic[F]):
    """One kind's stream. Clock, sleep and randomness are parameters, so that tests own the time."""

    connection: Connection
    kind: Kind[F]
    namespace: str | None = None
    selector: str = ""
    clock: Callable[[], float] = steady
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.status = StreamStatus(self.kind.name, self.kind.needed, since=self.clock())
        self._backoff = Backoff(self.rng, self.clock)
        self._version: str | None = None
        self._retry_after_s = 0.0
        self._expired_at = float("-inf")
        self.streams_lists = True
        """Whether the server sends lists of this kind as streams (`sendInitialEvents`), as far as we know."""
        self._complete = False
        """Whether this generation's list is."""
        self._told = 0
        """Changes that the watch under way has delivered."""
        self._is_accepted = False
        """Whether the server has answered it with a stream: what takes long to be refused has not lasted."""
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
            except _NoStreamedLists:
                self.streams_lists = False
                continue
            except Expired:
                # The next list asks for the newest (""), and what is known stays until it is complete.
                self._version = ""
                now = self.clock()
                self.status.turn(Liveness.STALE, now)
                was_quiet, self._expired_at = now - self._expired_at > RESET_AFTER_S, now
                if was_quiet:
                    continue
            except ClusterError as error:
                self._failed(error)
            except NetworkErrors as error:
                self._failed(self.connection.unreachable(error))
            await self._pause()

    async def _generation(self) -> AsyncIterator[Listed[F] | Changed[F]]:
        """One complete list, then watches that resume from one another until the version is lost."""
        self._complete = False
        if not self.streams_lists:
            self._version, objects = await list_all(
                self.connection, self.kind, self.namespace, self.selector, self._version, self.status
            )
            yield self._listed(objects)
        failures_in_a_row = 0
        while True:
            begun, self._told, self._is_accepted = self.clock(), 0, False
            ended: ClusterError | None = None
            try:
                async for news in self._watch():
                    yield news
            except NetworkErrors as error:
                ended = self.connection.unreachable(error)
            except Refused as error:
                self._judge(error)
                ended = error
            if ended is not None:
                self._failed(ended)
            lasted_s = self.clock() - begun
            if self._has_worked(ended, lasted_s):
                failures_in_a_row = 0
                if lasted_s < SHORT_WATCH_S:
                    await self.sleep(SHORT_WATCH_S - lasted_s)
                continue
            # Refused connections and 429 say nothing of our version; ends without a word and 500 may.
            failures_in_a_row += ended is None or (isinstance(ended, Refused) and ended.code >= 500)
            ended = ended or self._ended_empty()
            if failures_in_a_row >= FAILURES_BEFORE_RELIST:
                self._give_up(ended)
            await self._pause()

    def _has_worked(self, ended: ClusterError | None, lasted_s: float) -> bool:
        """Whether the watch was of use: whatever ended it, the version stands, and it may be resumed."""
        accepted = self._is_accepted and not isinstance(ended, Refused)
        return self._complete and accepted and (bool(self._told) or lasted_s >= SHORT_WATCH_S)

    def _judge(self, error: Refused) -> None:
        """Whether a refused watch may be asked for again; raises what says no."""
        if "too large resource version" in error.said.lower():
            raise Expired  # its history has gone back: a watch from "" would not tell what is gone since
        if not self._complete and error.code not in (401, 403, 429):
            raise _NoStreamedLists  # 422 where the feature is off, 500 where etcd is too old for it
        if error.code != 429 and error.code < 500:
            raise error

    def _ended_empty(self) -> ClusterError:
        """It was answered, and not a word came: nobody watches during the wait that follows, and that is not live."""
        error = Unreachable(self.connection.asked, f"{self.kind.name} watches end at once, empty")
        self._failed(error)
        return error

    def _give_up(self, ended: ClusterError) -> NoReturn:
        """Enough watches have failed: only a list helps."""
        if not self._complete:
            raise _NoStreamedLists
        raise ended

    def _listed(self, objects: list[F]) -> Listed[F]:
        self._complete = True
        self.status.lists += 1
        self._touch()
        return Listed(self.kind, objects)

    # ---------------------------------------------------------------- watch

    async def _watch(self) -> AsyncIterator[Listed[F] | Changed[F]]:
        """One stream from the version we stand at, which begins with the list where there is none yet.

        Returns when the server ends it.
        """
        initial: dict[str, F] | None = None if self._complete else {}
        async with self.connection.stream(
            self.kind.resource,
            namespace=self.namespace,
            params=self._watch_params(),
            read_timeout_s=SILENCE_S,
        ) as response:
            if response.status_code != 200:
                await self._refuse(response)
            self.status.watches += 1
            self._is_accepted = True
            if not (self._bookmarks and self._silences_in_a_row):
                self._touch()
            rest = b""
            try:
                async for chunk in response.aiter_bytes():
                    *lines, rest = (rest + chunk).split(b"\n")
                    changes, refusal = self._read_all(lines)
                    if initial is not None:
                        _fold(initial, changes)
                        if self._complete:
                            self.status.streamed_list = True
                            yield self._listed(list(initial.values()))
                            initial = None
                    elif changes:
                        yield Changed(self.kind, changes)
                    if refusal is not None:
                        raise refusal
                    if len(rest) > MAX_FRAME_BYTES:
                        raise ClusterError(self.connection.asked, f"a {self.kind.name} frame has no end")
            except httpx.ReadTimeout:
                self._fell_silent()

    def _watch_params(self) -> dict[str, str]:
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version or "",
            "timeoutSeconds": str(self.rng.randint(*WATCH_TIMEOUT_S)),
        }
        if not self._complete:
            params |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        return params | ({"labelSelector": self.selector} if self.selector else {})

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
            except (Expired, Refused) as refusal:
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
        if self._complete and not self._advance(frame.object.metadata.resource_version):  # type: ignore[attr-defined]
            self.status.repeated += 1
            return None
        self._told += 1
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
                bookmark = msgspec.json.decode(envelope.object, type=Bookmark).metadata
                if self._complete:
                    self._advance(bookmark.resource_version)
                elif bookmark.ends_initial_events:
                    self._complete, self._version = True, bookmark.resource_version
                self._bookmarks = True
                self._understood()
            else:
                self.status.leave_out()
                if envelope.type == "DELETED":
                    return "DELETED", self.kind.last_of(envelope.object)
        except UNDECODABLE:
            self.status.leave_out()
        return None

    def _advance(self, version: str) -> bool:
        """Moves on to that version; False for what we are past already, so that nothing old is told again.

        Before the list is complete versions are those of single objects, in any order; after it they only grow
        (resourceVersions of one kind can be compared: KEP-5504).
        """
        known = self._version or ""
        if _is_number(version) and _is_number(known) and int(version) <= int(known):
            return False
        self._version = version or known
        return True

    def _understood(self) -> None:
        """A frame of the API's own making came: the stream is alive, and our version with it."""
        self.status.count_frame(self.clock())
        self._touch()
        self._silences_in_a_row = 0

    def _refused_in_stream(self, status: Status) -> None:
        if status.code == 410 or status.reason in ("Expired", "Gone"):
            raise Expired
        raise self._refusal(status.code, status)

    async def _refuse(self, response: httpx.Response) -> None:
        body = await self.connection.body_of(response)
        status = read_status(body, response.status_code)
        if response.status_code == 410:
            raise Expired
        raise self._refusal(response.status_code, status, retry_after(response))

    def _refusal(self, code: int, status: Status, retry_after_s: float = 0.0) -> Refused:
        """A no to a watch, with the same advice as a no to a list: where lists are streamed, there is no other."""
        hint = hint_for(code, self.kind.resource.plural, retry_after_s)
        return Refused(
            self.connection.asked, code, status.reason, status.message, hint, retry_after_s=retry_after_s
        )

    # ---------------------------------------------------------------- state

    def _touch(self) -> None:
        """Word came: we are live, whatever went wrong before, once the list is complete."""
        if self._complete:
            self.status.heard(self.clock())
        else:
            self.status.last_frame = self.clock()

    def _failed(self, error: ClusterError) -> None:
        self.status.failed(error, self.clock())
        self._retry_after_s = error.retry_after_s if isinstance(error, Refused) else 0.0

    async def _pause(self) -> None:
        wait_s = max(self._backoff.next_s(), self._retry_after_s)
        self._retry_after_s = 0.0
        await self.sleep(wait_s)


def _is_number(version: str) -> bool:
    """Whether it can be compared: etcd counts in 64 bits, and what is longer is opaque, or nonsense."""
    return version.isdecimal() and len(version) <= MAX_DIGITS


def _fold(initial: dict[str, F], changes: Sequence[Change[F]]) -> None:
    """The first part of a stream as a list; the changes that came in the same read as its end are in it already."""
    for type_, fact in changes:
        meta = fact.metadata  # type: ignore[attr-defined]
        key = meta.uid or meta.key
        if type_ == "DELETED":
            initial.pop(key, None)
        else:
            initial[key] = fact
