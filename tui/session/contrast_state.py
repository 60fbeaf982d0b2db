"""How the contrast stands: what its parts share. Moments are monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.chaos.contrast import ONCE, RECONCILED
from tui.chaos.guard import FaultRefused
from tui.session.contrast_lane import Lane
from tui.session.contrast_news import ContrastPhase

_LIVE = (ContrastPhase.STARTING, ContrastPhase.RUNNING)


def _lanes() -> dict[str, Lane]:
    return {name: Lane(name) for name in (ONCE, RECONCILED)}


@dataclass
class ContrastState:
    """What is true of it now; every field is as `ContrastNews` tells it."""

    phase: ContrastPhase = ContrastPhase.OFF
    namespace: str = ""
    fault_id: str = ""
    lanes: dict[str, Lane] = field(default_factory=_lanes)
    """By copy."""
    began: float | None = None
    ended: float | None = None
    last: str = ""
    last_at: float | None = None
    note: str = ""

    @property
    def is_live(self) -> bool:
        """Whether its copies are there, or on their way."""
        return self.phase in _LIVE

    @property
    def is_running(self) -> bool:
        """Whether it is counted."""
        return self.phase is ContrastPhase.RUNNING

    def goes_on(self, fault_id: str) -> bool:
        """Whether it is live still, and the same."""
        return self.is_live and self.fault_id == fault_id

    def require_running(self) -> None:
        """FaultRefused where it is not counted."""
        if not self.is_running:
            raise FaultRefused(f"the contrast is {self.phase.value}")

    def forget(self) -> None:
        """Everything from 0."""
        self.lanes = _lanes()
        self.fault_id = ""
        self.began = self.ended = None
        self.last, self.last_at, self.note = "", None, ""
