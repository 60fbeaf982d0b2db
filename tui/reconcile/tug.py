"""A tug of war: managers that write one field in turn, each undoing what the other did. No loop ever ends it.

Known from the facts alone: at each generation, who has written what. Managers name themselves: that is a hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from tui.facts import Deployment
from tui.reconcile.authors import PAUSED, REPLICAS, SPEC, author

WINDOW_S = 900.0
"""Writes that are older are forgotten: who comes back once in a quarter of an hour pulls at nothing."""
LEAST_WRITES = 4
"""A B A B: each has come back once."""
_OVER_AFTER_PERIODS = 3
_OVER_AFTER_S = 30.0
"""It is over when nobody has written for so many periods, and at least for so long."""


@dataclass(frozen=True, slots=True)
class Write:
    """One manager's write to the field, `at` that moment (monotonic seconds)."""

    at: float
    manager: str


@dataclass(frozen=True, slots=True)
class Tug:
    """Who pulls at which field; `period_s` is the median time after which one of them comes back."""

    path: str
    managers: tuple[str, ...]
    """In the order in which they first wrote."""
    period_s: float
    writes: int
    since: float
    last: float


def written(old: Deployment, new: Deployment) -> list[tuple[str, str]]:
    """Which fields of the spec were written between two versions and by which manager; those of the template as one."""
    if old.metadata.generation == new.metadata.generation:
        return []
    before, after = old.metadata.managed_fields, new.metadata.managed_fields
    changed = {REPLICAS} if old.spec.replicas != new.spec.replicas else set()
    changed |= {PAUSED} if old.spec.paused != new.spec.paused else set()
    changed |= {
        path
        for entry in after
        for path in entry.paths or ()
        if path.startswith(f"{SPEC}.") and path not in (REPLICAS, PAUSED)
    }
    writers = [(path, author(before, after, path)) for path in sorted(changed)]
    return [(path, entry.manager) for path, entry in writers if entry is not None and entry.manager]


def tug(path: str, writes: Sequence[Write], now: float) -> Tug | None:
    """The tug of war that these writes of one field, oldest first, show to be going on, or None."""
    recent = _in_turn([one for one in writes if now - one.at <= WINDOW_S])
    times = {manager: [one.at for one in recent if one.manager == manager] for manager in _managers(recent)}
    pulling = _in_turn([one for one in recent if len(times[one.manager]) > 1])
    managers = _managers(pulling)
    if len(managers) < 2 or len(pulling) < LEAST_WRITES:
        return None
    period_s = median(later - earlier for manager in managers for earlier, later in pairwise(times[manager]))
    last = pulling[-1].at
    if now - last > max(_OVER_AFTER_S, _OVER_AFTER_PERIODS * period_s):
        return None
    return Tug(path, managers, period_s, len(pulling), pulling[0].at, last)


def _in_turn(writes: Sequence[Write]) -> list[Write]:
    """Several writes of one manager in a row count once: it was alone."""
    return [next(row) for _, row in groupby(writes, key=lambda one: one.manager)]


def _managers(writes: Sequence[Write]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.manager for one in writes))
