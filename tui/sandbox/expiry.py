"""Events do not stay: an hour after its last write an Event is gone, as with the API server's `--event-ttl`."""

from __future__ import annotations

from datetime import datetime, timedelta

from tui.sandbox import kinds
from tui.sandbox.history import DELETED, Change
from tui.sandbox.objects import Key
from tui.sandbox.registry import Clock
from tui.sandbox.store import Store

EVENT_LIFE = timedelta(hours=1)
_LOOK_EVERY = timedelta(minutes=1)


class EventExpiry:
    """Watches the store for Events, and looks through them once a minute while new ones come."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._written: dict[Key, datetime] = {}
        self._next_look = clock() + _LOOK_EVERY

    def after(self, change: Change) -> None:
        """Remember when the Event was written; take away the ones whose time is up."""
        if change.version.kind is not kinds.EVENTS:
            return
        if change.type == DELETED:
            self._written.pop(change.version.key, None)
            return
        now = self._clock()
        self._written[change.version.key] = now
        if now >= self._next_look:
            self._next_look = now + _LOOK_EVERY
            self._remove_written_before(now - EVENT_LIFE)

    def _remove_written_before(self, limit: datetime) -> None:
        for key in [key for key, written in self._written.items() if written < limit]:
            self._store.remove(self._store.get(kinds.EVENTS, *key))
