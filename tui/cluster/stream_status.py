"""How one stream is doing: what the reflector counts while it runs, for the line and the panel that show it."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field

from tui.cluster.errors import ClusterError, Refused
from tui.cluster.liveness import Liveness

logger = logging.getLogger("gapwatch.streams")

RATE_OVER_S = 10
"""Events a second are the mean of so many whole seconds."""


class EventRate:
    """How many events a second came lately, from one counter a second."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque(maxlen=RATE_OVER_S + 1)

    def count(self, at: float) -> None:
        """One event, at monotonic seconds."""
        second = int(at)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + 1)
        else:
            self._seconds.append((second, 1))

    def per_second(self, at: float) -> float:
        """The mean over the last whole seconds; the second that is under way is left out."""
        now = int(at)
        seconds = tuple(self._seconds)  # whoever asks is on another thread than what counts
        return sum(events for second, events in seconds if now - RATE_OVER_S <= second < now) / RATE_OVER_S


@dataclass
class StreamStatus:
    """One kind's stream. Times are monotonic seconds; counters begin with the process."""

    kind: str
    needed: bool
    """Whether there is no honest picture without it."""
    state: Liveness = Liveness.SYNCING
    since: float = 0.0
    """When `state` began."""
    last_frame: float | None = None
    """When bytes last came: a list, a change, a bookmark or the answer to a watch."""
    frames: int = 0
    lists: int = 0
    watches: int = 0
    undecodable: int = 0
    """Objects and frames that could not be read, and were left out."""
    repeated: int = 0
    """Frames of versions that had been told already, and were left out."""
    unseen_deaths: int = 0
    """Objects that a relist no longer held: deleted while nobody looked, so their final state is unknown."""
    streamed_list: bool = False
    """Whether the last list came as a stream (`sendInitialEvents`)."""
    error: ClusterError | None = None
    """What is wrong now."""
    last_error: str = ""
    """What was wrong last, also when it has long been mended; "" while nothing was."""
    last_error_at: float | None = None
    rate: EventRate = field(default_factory=EventRate)

    def count_frame(self, at: float) -> None:
        """One frame of a watch arrived."""
        self.frames += 1
        self.rate.count(at)

    def leave_out(self, count: int = 1) -> None:
        """So many objects or frames could not be read. The log learns of it at 1, 2, 4, 8 …: it may go on for ever."""
        before, self.undecodable = self.undecodable, self.undecodable + count
        if count and before.bit_length() != self.undecodable.bit_length():
            logger.warning("%s: %d objects or frames could not be read so far", self.kind, self.undecodable)

    def heard(self, at: float) -> None:
        """Bytes came: it is live, whatever went wrong before."""
        self.turn(Liveness.LIVE, at)
        self.error = None
        self.last_frame = at

    def failed(self, error: ClusterError, at: float) -> None:
        """Something went wrong: what was known is stale from now, or denied, where asking again would not help."""
        if self.error is None:
            code = error.code if isinstance(error, Refused) else 0
            logger.warning("%s: the stream failed (%s)", self.kind, f"HTTP {code}" if code else "no answer")
        self.error, self.last_error, self.last_error_at = error, str(error), at
        if isinstance(error, Refused) and error.code in (400, 401, 403, 404):
            self.turn(Liveness.DENIED, at)
        elif self.lists:
            self.turn(Liveness.STALE, at)

    def turn(self, state: Liveness, at: float) -> None:
        """Changes the state, if it is another one."""
        if state is not self.state:
            self.state, self.since = state, at
