"""The objects of the embedded cluster: one global resourceVersion, every version kept as long as the history reaches.

Only in memory. All of it runs on one event loop and nothing here awaits, so each operation is atomic by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from tui.sandbox.history import ADDED, DELETED, MODIFIED, Change, ChangeLog, Version
from tui.sandbox.kinds import KINDS, Kind
from tui.sandbox.objects import Key, Object
from tui.sandbox.status import already_exists, not_found

_log = logging.getLogger(__name__)

Observer = Callable[[Change], None]


class Store:
    """What exists now, and what led to it: `history` is the number of changes kept for each kind."""

    def __init__(self, *, history: int = 1000) -> None:
        self._objects: dict[Kind, dict[Key, Version]] = {kind: {} for kind in KINDS if kind.stored}
        self._logs = {kind: ChangeLog(history) for kind in self._objects}
        self._resource_version = 0
        self._observers: list[Observer] = []

    @property
    def resource_version(self) -> int:
        """The newest version given to anything."""
        return self._resource_version

    def log(self, kind: Kind) -> ChangeLog:
        """The changes of one kind."""
        return self._logs[kind]

    def observe(self, observer: Observer) -> None:
        """Call the observer after each change, before anything else can happen."""
        self._observers.append(observer)

    def find(self, kind: Kind, namespace: str, name: str) -> Version | None:
        """The newest version of an object, or None."""
        return self._objects[kind].get((namespace, name))

    def get(self, kind: Kind, namespace: str, name: str) -> Version:
        """The newest version of an object; 404 where there is none."""
        found = self.find(kind, namespace, name)
        if found is None:
            raise not_found(kind, name)
        return found

    def all(self, kind: Kind, namespace: str = "") -> list[Version]:
        """Every object of a kind, in one namespace or in all, in the order of namespace and name."""
        return _in_order(self._objects[kind], namespace)

    def all_at(self, kind: Kind, namespace: str, resource_version: int) -> list[Version]:
        """The same list as it was at an older version, rebuilt backwards; 410 Expired if the history is too short."""
        if resource_version >= self._resource_version:
            return self.all(kind, namespace)
        past = dict(self._objects[kind])
        for change in self._logs[kind].newest_first_after(resource_version):
            if change.previous is None:
                past.pop(change.version.key, None)
            else:
                past[change.version.key] = change.previous
        return _in_order(past, namespace)

    def add(self, kind: Kind, obj: Object) -> Version:
        """Keep a new object; 409 where its name is taken. The store owns `obj` from here on."""
        meta = obj["metadata"]
        self.check_absent(kind, meta.get("namespace", ""), meta["name"])
        version = self._version(kind, obj)
        self._objects[kind][version.key] = version
        self._record(Change(ADDED, version, None))
        return version

    def check_absent(self, kind: Kind, namespace: str, name: str) -> None:
        """409 where the name is taken."""
        if (namespace, name) in self._objects[kind]:
            raise already_exists(kind, name)

    def replace(self, current: Version, obj: Object) -> Version:
        """Put a new version in the place of the current one. The store owns `obj` from here on."""
        version = self._version(current.kind, obj)
        self._objects[current.kind][current.key] = version
        self._record(Change(MODIFIED, version, current))
        return version

    def remove(self, current: Version) -> Version:
        """Take the object away; returns its last state under the version of its removal."""
        self._resource_version += 1
        last = current.with_resource_version(self._resource_version)
        del self._objects[current.kind][current.key]
        self._record(Change(DELETED, last, current))
        return last

    def _version(self, kind: Kind, obj: Object) -> Version:
        self._resource_version += 1
        obj["metadata"]["resourceVersion"] = str(self._resource_version)
        return Version(kind, obj, self._resource_version)

    def _record(self, change: Change) -> None:
        self._logs[change.version.kind].append(change)
        for observer in self._observers:
            try:
                observer(change)
            except Exception:  # the change is made and stays made, whatever those who hear of it do
                _log.exception("what follows from a change of %s failed", "/".join(change.version.key))


def _in_order(objects: dict[Key, Version], namespace: str) -> list[Version]:
    if not namespace:
        return [objects[key] for key in sorted(objects)]
    return [objects[key] for key in sorted(key for key in objects if key[0] == namespace)]
