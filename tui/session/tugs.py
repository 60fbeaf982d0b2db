"""Who has written which field of which Deployment of late: what a tug of war is known by."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from tui.facts import Deployment
from tui.reconcile.tug import Tug, Write, tug, written
from tui.world import Update

WRITES_KEPT = 60
"""Of one field: enough for one that is pulled at every half minute, for as long as it matters."""


class Tugs:
    """Takes the world's updates with the moment they arrived (monotonic seconds)."""

    def __init__(self) -> None:
        self._writes: dict[str, dict[str, deque[Write]]] = {}

    def note(self, updates: Iterable[Update], at: float) -> list[tuple[str, Tug]]:
        """Remembers who wrote what; gives the tugs of war that these updates show to have begun, each with its uid."""
        began: list[tuple[str, Tug]] = []
        for update in updates:
            old, new = update.old, update.new
            if isinstance(old, Deployment) and new is None:
                self._writes.pop(old.metadata.uid, None)
            elif isinstance(old, Deployment) and isinstance(new, Deployment) and (wrote := written(old, new)):
                before = {one.path for one in self.of(new.metadata.uid, at)}
                fields = self._writes.setdefault(new.metadata.uid, defaultdict(_writes))
                for path, manager in wrote:
                    fields[path].append(Write(at, manager))
                began += [
                    (new.metadata.uid, one) for one in self.of(new.metadata.uid, at) if one.path not in before
                ]
        return began

    def of(self, deployment_uid: str, now: float) -> tuple[Tug, ...]:
        """The tugs of war that are going on, the one with the most writes first."""
        found = [tug(path, list(of), now) for path, of in self._writes.get(deployment_uid, {}).items()]
        return tuple(sorted(filter(None, found), key=lambda one: (-one.writes, one.path)))

    def all(self, now: float) -> dict[str, tuple[Tug, ...]]:
        """The same of every Deployment that has one, by uid."""
        found = {uid: self.of(uid, now) for uid in list(self._writes)}
        return {uid: tugs for uid, tugs in found.items() if tugs}


def _writes() -> deque[Write]:
    return deque(maxlen=WRITES_KEPT)
