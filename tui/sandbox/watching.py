"""Watches: what one client is told, frame by frame, at its own pace.

Follows apiserver `endpoints/handlers/watch.go` and `storage/cacher`: initial ADDED events unless a version is given,
selector semantics, bookmarks, streaming lists, and errors inside the stream once the request has been understood.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from random import Random

from tui.sandbox.history import ADDED, DELETED, MODIFIED, Change, Version, frame
from tui.sandbox.kinds import Kind
from tui.sandbox.lists import Selection, invalid_option, resource_version_of, selection_of
from tui.sandbox.objects import Object, encode
from tui.sandbox.paths import is_true
from tui.sandbox.registry import Registry
from tui.sandbox.rendering import Render, renderer
from tui.sandbox.requests import Call
from tui.sandbox.status import ApiError, bad_request, resource_version_too_large

_BATCH = 500
_SHORTEST_S, _LONGEST_S = 1800, 3600
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What a watch asks for; `resource_version` None or 0 means: start with what is there."""

    resource_version: int | None
    bookmarks: bool
    timeout_s: float
    initial_events: bool | None


def watch_options(call: Call, random: Random) -> WatchOptions:
    """The options of a watch; 400 and 422 where they make no sense. Without a time-out it lasts 30 to 60 minutes."""
    query = call.query
    match = query.get("resourceVersionMatch", "")
    initial = is_true(query["sendInitialEvents"]) if query.get("sendInitialEvents") else None
    if initial is not None and match != "NotOlderThan":
        raise invalid_option(
            "resourceVersionMatch",
            "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )
    if initial is None and match:
        raise invalid_option(
            "resourceVersionMatch",
            "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )
    try:
        timeout_s = float(query.get("timeoutSeconds") or 0)
    except ValueError:
        raise bad_request(f"timeoutSeconds: Invalid value: {query['timeoutSeconds']}") from None
    return WatchOptions(
        resource_version=resource_version_of(query),
        bookmarks=is_true(query.get("allowWatchBookmarks")),
        timeout_s=timeout_s if timeout_s > 0 else random.uniform(_SHORTEST_S, _LONGEST_S),
        initial_events=initial,
    )


class Watch:
    """One watch: iterate over `chunks()`, each a run of whole frames, until it is over."""

    def __init__(
        self, registry: Registry, kind: Kind, call: Call, options: WatchOptions, *, bookmark_interval_s: float
    ) -> None:
        self._store = registry.store
        self._kind = kind
        self._options = options
        self._bookmark_interval_s = bookmark_interval_s
        self._selection: Selection = selection_of(kind, call.resource, call.query)
        self._plain = not (call.accept.table or call.accept.metadata_only)
        self._registry = registry
        self._call = call
        self._headers = True
        self._closing = False
        self._log = self._store.log(kind)
        self._listener = self._log.listen()
        self._bookmarked = 0

    def close(self) -> None:
        """End the watch: its client sees the end of the stream."""
        self._closing = True
        self._listener.set()

    def leave(self) -> None:
        """Let go of the history: the watch is over."""
        self._log.leave(self._listener)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Runs of frames, until the time is up, the server closes, or the history no longer reaches back far enough."""
        try:
            position, initial = self._start()
            for chunk in _in_batches(initial):
                yield chunk
            async for chunk in self._follow(position):
                yield chunk
        except ApiError as error:
            yield frame("ERROR", encode(error.body()))

    def _start(self) -> tuple[int, list[bytes]]:
        """Where to read on, and the frames that tell what is there already."""
        options = self._options
        asked = options.resource_version or 0
        if options.initial_events and asked > self._store.resource_version:
            raise resource_version_too_large(asked, self._store.resource_version)
        wants_state = not asked if options.initial_events is None else options.initial_events
        if not wants_state:
            if not asked:
                return self._log.end, []
            return self._log.position_after(asked), []
        versions = self._store.all(self._kind, self._selection.namespace)
        frames = [self._frame(ADDED, version) for version in versions if self._selection.matches(version)]
        if options.initial_events and options.bookmarks:
            frames.append(self._bookmark(initial_events_end=True))
        return self._log.end, frames

    async def _follow(self, position: int) -> AsyncIterator[bytes]:
        now = asyncio.get_running_loop().time
        ends = now() + self._options.timeout_s
        next_bookmark = now() + self._bookmark_interval_s
        while not self._closing:
            self._listener.clear()
            changes = self._log.read(position, _BATCH)
            if changes:
                position += len(changes)
                chunk = b"".join(self._frames(changes))
                if chunk:
                    yield chunk
                continue
            if now() >= ends:
                if self._options.bookmarks and self._bookmarked < self._store.resource_version:
                    yield self._bookmark()
                return
            if self._options.bookmarks and now() >= next_bookmark:
                yield self._bookmark()
                next_bookmark = now() + self._bookmark_interval_s
            await self._wait(min(ends, next_bookmark) - now() if self._options.bookmarks else ends - now())

    async def _wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(max(timeout_s, 0)):
                await self._listener.wait()
        except TimeoutError:
            return

    def _frames(self, changes: list[Change]) -> Iterator[bytes]:
        for change in changes:
            was = change.previous is not None and self._selection.matches(change.previous)
            is_now = change.type != DELETED and self._selection.matches(change.version)
            if is_now:
                event_type = MODIFIED if was else ADDED
                yield change.frame(event_type) if self._plain else self._frame(event_type, change.version)
            elif was and change.type == DELETED:
                yield change.frame(DELETED) if self._plain else self._frame(DELETED, change.version)
            elif was and change.previous is not None:
                gone = change.previous.with_resource_version(change.version.resource_version)
                yield self._frame(DELETED, gone)

    def _frame(self, event_type: str, version: Version) -> bytes:
        return frame(event_type, self._render(version))

    def _render(self, version: Version) -> bytes:
        if self._plain:
            return version.whole
        render: Render = renderer(self._kind, self._call, self._registry.clock(), headers=self._headers)
        self._headers = False
        return render(version)

    def _bookmark(self, *, initial_events_end: bool = False) -> bytes:
        """The promise that everything up to the newest version has been told."""
        self._bookmarked = self._store.resource_version
        meta: Object = {"resourceVersion": str(self._bookmarked)}
        if initial_events_end:
            meta["annotations"] = {_INITIAL_EVENTS_END: "true"}
        kind, api_version = self._kind.kind, self._kind.api_version
        if self._call.accept.table:
            kind, api_version = "Table", "meta.k8s.io/v1"
        elif self._call.accept.metadata_only:
            kind, api_version = "PartialObjectMetadata", "meta.k8s.io/v1"
        return frame("BOOKMARK", encode({"kind": kind, "apiVersion": api_version, "metadata": meta}))


def _in_batches(frames: list[bytes]) -> Iterator[bytes]:
    for start in range(0, len(frames), _BATCH):
        yield b"".join(frames[start : start + _BATCH])
