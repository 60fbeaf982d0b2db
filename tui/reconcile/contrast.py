"""What a step function adds up to: how long something held, how long it did not, and how often it stopped holding.

Whatever holds or not can be fed to it: whether a service is up, whether an object is as it was declared. Steps stand
at true moments and hold until the next one; a time of which nothing is known counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

Known = bool | None
"""Whether it holds; None is not known."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The sums from the first step until `at` (monotonic seconds), and what has held since the last step."""

    at: float
    holds: Known = None
    held_s: float = 0.0
    lapsed_s: float = 0.0
    """So long it did not hold."""
    unknown_s: float = 0.0
    lapses: int = 0
    """How often it stopped holding. A lapse that goes on after a time of which nothing is known is the same one."""
    longest_s: float = 0.0
    """The longest lapse, the present one included; of each as much as is known."""
    lapse_s: float | None = None
    """How long the present lapse is; None where there is none."""

    def then(self, at: float, holds: Known) -> Reading:
        """The sums with a step at that moment; one that lies before the last step counts as made with it."""
        known = self.until(at)
        if holds is None:
            return replace(known, holds=None)
        if holds:
            return replace(known, holds=True, lapse_s=None)
        if known.lapse_s is not None:
            return replace(known, holds=False)
        return replace(known, holds=False, lapses=known.lapses + 1, lapse_s=0.0)

    def until(self, now: float) -> Reading:
        """The sums with the time until `now`, in which nothing has changed."""
        passed_s = max(0.0, now - self.at)
        at = max(now, self.at)
        if self.holds is None:
            return replace(self, at=at, unknown_s=self.unknown_s + passed_s)
        if self.holds:
            return replace(self, at=at, held_s=self.held_s + passed_s)
        lapse_s = (self.lapse_s or 0.0) + passed_s
        return replace(
            self,
            at=at,
            lapsed_s=self.lapsed_s + passed_s,
            lapse_s=lapse_s,
            longest_s=max(self.longest_s, lapse_s),
        )

    @property
    def known_s(self) -> float:
        """The time of which it is known."""
        return self.held_s + self.lapsed_s

    @property
    def share(self) -> float | None:
        """Of the time that is known, the part in which it held, from 0 to 1; None before there is any."""
        return self.held_s / self.known_s if self.known_s > 0 else None


def replay(steps: Iterable[tuple[float, Known]], until: float) -> Reading:
    """A whole step function at once: (at, holds) in the order of time; ValueError where there is no step."""
    every = list(steps)
    if not every:
        raise ValueError("a step function without steps")
    start = Reading(every[0][0])
    return reduce(lambda reading, step: reading.then(*step), every, start).until(until)
