"""When a kubelet tries again: the back-off of a container that crashed.

Follows upstream's kuberuntime_manager.go (doBackOff) and pod_workers.go (completeWork): the back-off counts from
the container's end; once it is over, the kubelet looks again after what was left of it times a random number
from 1 to 1.5, and at least once in one to one and a half minutes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.facts import ContainerStatus, parse_time

RUNGS_S = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""How long the kubelet waits before the first, second, ... restart; before all further ones as before the last."""
FORGIVEN_AFTER_S = 600.0
"""After a run this long the count begins anew."""
_LONGEST_LOOK_S = 60.0
_SAID = re.compile(r"back-off (?:([0-9]{1,3})h)?(?:([0-9]{1,3})m)?([0-9]{1,6}(?:\.[0-9]{1,9})?)s ")


@dataclass(frozen=True, slots=True)
class Retry:
    """The next try: it is the `nth`, not before `due` (epoch seconds) and at most `late_s` after that."""

    nth: int
    wait_s: float
    due: float | None

    @property
    def late_s(self) -> float:
        """How long after the back-off's end the kubelet may look."""
        return min(self.wait_s, _LONGEST_LOOK_S) / 2

    @property
    def rung(self) -> str:
        """The try and how long it may take from the crash on, as in "4th: 40 to 60 s"."""
        return f"{ordinal(self.nth)}: {self.wait_s:.0f} to {self.wait_s + self.late_s:.0f} s"


def crash_retry(container: ContainerStatus) -> Retry | None:
    """When a container that has ended is started again; None where it has not ended.

    The kubelet's own word for its back-off comes first. Before it has spoken the rung follows from the number of
    restarts, unless the last run was long enough to be forgiven.
    """
    ended = container.state.terminated or container.last_state.terminated
    if ended is None:
        return None
    finished = parse_time(ended.finished_at)
    wait_s = _said(container)
    if wait_s is None:
        started = parse_time(ended.started_at)
        ran_s = finished - started if finished is not None and started is not None else 0.0
        wait_s = 0.0 if ran_s > FORGIVEN_AFTER_S else RUNGS_S[min(container.restart_count, len(RUNGS_S) - 1)]
    return Retry(
        _nth(wait_s, container.restart_count), wait_s, None if finished is None else finished + wait_s
    )


def _said(container: ContainerStatus) -> float | None:
    """The seconds in the kubelet's "back-off 2m40s restarting failed container=...", if it says so."""
    waiting = container.state.waiting
    found = _SAID.match(waiting.message) if waiting is not None else None
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def _nth(wait_s: float, restarts: int) -> int:
    """Which try comes after this wait: restarts that have been forgiven don't count."""
    if wait_s in RUNGS_S[:-1]:
        return RUNGS_S.index(wait_s) + 1
    return max(restarts + 1, len(RUNGS_S)) if wait_s == RUNGS_S[-1] else restarts + 1


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, ..."""
    last = number % 10 if number % 100 not in (11, 12, 13) else 0
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"
