"""The Events of the last moments, for they come before what they are about as often as after it."""

from __future__ import annotations

from collections.abc import Iterable

from tui.facts import Event
from tui.reconcile.evidence import Act, Claim, Step, backed, claim

EARLY_S = 10.0
"""So long before a step can its Event come: readiness fails some probes before it is lost."""
LATE_S = 30.0
"""So long after it can one come."""
CLAIMS_KEPT = 2000


class Witnesses:
    """What Events have said, for as long as a step may come that it is about."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, Act, str], tuple[float, Claim]] = {}
        """By namespace, act and object, the oldest first."""

    def hear(self, event: Event, at: float) -> Claim | None:
        """Remembers what the Event says of who did what, and gives it."""
        said = claim(event)
        if said is not None:
            key = (event.metadata.namespace, said.act, said.about)
            self._claims.pop(key, None)
            self._claims[key] = at, said
            self._forget(at)
        return said

    def back(self, steps: Iterable[Step], namespace: str, at: float) -> list[Step]:
        """The steps with what has been heard of them just before."""
        return [self._backed(step, namespace, at) for step in steps]

    def _backed(self, step: Step, namespace: str, at: float) -> Step:
        if step.act is None:
            return step
        heard_at, said = self._claims.get((namespace, step.act, step.about), (at, None))
        return backed(step, said) if said is not None and at - heard_at <= EARLY_S else step

    def _forget(self, at: float) -> None:
        while self._claims:
            oldest = next(iter(self._claims))
            if len(self._claims) <= CLAIMS_KEPT and at - self._claims[oldest][0] <= EARLY_S:
                return
            del self._claims[oldest]
