"""What a session tells of heals, in numbers: frozen values whose text has been cleaned."""

from __future__ import annotations

from dataclasses import dataclass

from tui.reconcile.heal import HealKind, Phase


@dataclass(frozen=True, slots=True)
class HealNews:
    """One heal in numbers. Moments are monotonic seconds, durations seconds; None is not known (yet)."""

    deployment_uid: str
    namespace: str
    deployment: str
    kind: HealKind
    cause: str
    opened: float
    opened_at: str
    """The same by the server's clock, RFC 3339 with milliseconds."""
    phases: tuple[Phase, ...]
    """In order, without holes, from the opening on."""
    dead_s: float | None
    """From the opening to the first visible drop of available pods."""
    depth: int
    """The largest gap, in pods."""
    total_s: float | None
    """From the opening until the gap was closed for good."""
    overshoot: int
    """The most pods there were beyond what was desired (a rollout's surge)."""
    lost_pod_s: float
    """Pod-seconds lost: the integral of max(0, desired − available) from the opening on."""
    settled: float | None
    """When the gap had been closed for long enough; None while it has not."""
    guessed: bool = False
    """Whether which pod replaced which is a guess: several were lost at once."""

    @property
    def key(self) -> str:
        """namespace/name"""
        return f"{self.namespace}/{self.deployment}"
