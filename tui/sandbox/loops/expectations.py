"""What a loop has done and not yet seen: so that a stale view never makes it do it twice.

Follows k8s/pkg/controller/controller_utils.go (UIDTrackingControllerExpectations). A cache is
always a little behind. A loop that has just created two pods and sees none would create two
more. So it notes what it expects to see, and counts no replicas until it has seen it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.sandbox.loops.clock import Clock

TIMEOUT_S = 300.0


@dataclass
class _Expected:
    since: float
    creations: int = 0
    deletions: set[str] = field(default_factory=set)


class Expectations:
    """Creations (a count) and deletions (uids) that each key still waits to see."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: dict[str, _Expected] = {}

    def expect_creations(self, key: str, count: int) -> None:
        """So many creations are about to be asked for."""
        self._expected[key] = _Expected(self._clock.monotonic(), creations=count)

    def expect_deletions(self, key: str, uids: set[str]) -> None:
        """These objects are about to be deleted."""
        self._expected[key] = _Expected(self._clock.monotonic(), deletions=set(uids))

    def creation_seen(self, key: str, count: int = 1) -> None:
        """So many creations were seen, or will never be."""
        if key in self._expected:
            self._expected[key].creations -= count

    def deletion_seen(self, key: str, uid: str) -> None:
        """This deletion was seen (the request is enough), or will never be."""
        if key in self._expected:
            self._expected[key].deletions.discard(uid)

    def fulfilled(self, key: str) -> bool:
        """Everything expected was seen, or it is so long ago that the news must have been lost."""
        return self.given_up_in(key) is None

    def given_up_in(self, key: str) -> float | None:
        """Cluster seconds until what is expected counts as lost; None if nothing is waited for.

        Upstream looks again only when something else happens; lost news must not need any.
        """
        expected = self._expected.get(key)
        if expected is None or (expected.creations <= 0 and not expected.deletions):
            return None
        left = expected.since + TIMEOUT_S - self._clock.monotonic()
        return left if left > 0 else None

    def forget(self, key: str) -> None:
        """The key is gone, and nothing is expected of it."""
        self._expected.pop(key, None)
