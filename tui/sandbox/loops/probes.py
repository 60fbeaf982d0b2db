"""A container's probes: when the next one is due, and what follows from its answer. Pure functions.

Follows k8s/pkg/kubelet/prober (worker.go, prober.go): every 10 s, three failures in a row turn the answer,
one success turns it back, and every failure is an Event. Probes that only confirm what is known are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from tui.sandbox.loops.objects import Obj

PERIOD_S = 10
FAILURES = 3


@dataclass(frozen=True)
class Probing:
    """One probe of one run of a container: when it last asked and next asks, in cluster seconds, and its failures."""

    probed: float = -math.inf
    due: float = math.inf
    failures: int = 0

    def asked(self, now: float, *, passed: bool) -> Probing:
        """After one more answer."""
        return Probing(probed=now, failures=0 if passed else self.failures + 1)

    def scheduled(self, probe: Obj | None, first_at: float, now: float, *, steady: bool) -> Probing:
        """With its next moment; never, if it would only hear what it knows and nothing is to be forgotten.

        first_at: when the kubelet would first ask, but for the probe's initialDelaySeconds.
        """
        if probe is None or (steady and not self.failures):
            return replace(self, due=math.inf)
        return self if self.due < math.inf else replace(self, due=self._next(probe, first_at, now))

    def gives_up(self, probe: Obj) -> bool:
        """So many failures in a row that the kubelet believes them."""
        return self.failures >= (probe.get("failureThreshold") or FAILURES)

    def _next(self, probe: Obj, first_at: float, now: float) -> float:
        first = first_at + (probe.get("initialDelaySeconds") or 0)
        period = probe.get("periodSeconds") or PERIOD_S
        ticks = max(0, math.ceil((now - first) / period))
        due = first + ticks * period
        return float(due if due > self.probed else due + period)


NEVER_ASKED: Final = Probing()


def refusal(probe: Obj, ip: str) -> str:
    """What the kubelet tells of a probe that failed."""
    if probe.get("httpGet"):
        return "HTTP probe failed with statuscode: 503"
    if probe.get("tcpSocket"):
        return f"dial tcp {ip}:{probe['tcpSocket'].get('port')}: connect: connection refused"
    return "command exited with 1"
