"""How long to wait after a failure: exponential, with jitter, and forgetful after quiet."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tui.steady import steady

FIRST_S = 0.8
FACTOR = 2.0
CAP_S = 30.0
RESET_AFTER_S = 120.0


@dataclass
class Backoff:
    """Follows client-go's reflector (tools/cache/reflector.go): 0.8 s, doubled up to 30 s, reset after 2 min.

    Each wait is drawn from [d, 2d), so that many clients don't come back in step.
    """

    rng: random.Random = field(default_factory=random.Random)
    clock: Callable[[], float] = steady
    _base_s: float = FIRST_S
    _last: float = float("-inf")

    def next_s(self) -> float:
        """The seconds to wait now, and a step up for the next time."""
        now = self.clock()
        if now - self._last > RESET_AFTER_S:
            self._base_s = FIRST_S
        self._last = now
        wait = self._base_s * (1.0 + self.rng.random())
        self._base_s = min(self._base_s * FACTOR, CAP_S)
        return wait
