"""What a session tells of the contrast: frozen values whose text has been cleaned. Moments are monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tui.reconcile.contrast import Reading

STROKES_A_DAY = 30
DAY_S = 24 * 3600.0


class ContrastPhase(StrEnum):
    """Where the contrast stands."""

    OFF = "not started"
    STARTING = "starting"
    """Both copies are being created, or are not both ready yet: nothing is counted."""
    RUNNING = "running"
    ENDED = "ended"
    """Its namespace is gone, or on its way out; what was counted stays."""


@dataclass(frozen=True, slots=True)
class LanePoint:
    """The pods of one copy from `at` on."""

    at: float
    ready: int


@dataclass(frozen=True, slots=True)
class LaneLife:
    """One pod's states in order, each by the word of `PodState`; "gone" is its end."""

    uid: str
    name: str
    spans: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class LaneMark:
    """Something that was done to one copy: "deleted", "crashed", "edited", "re-applied"; or could not be."""

    at: float
    text: str
    hit: bool = True


@dataclass(frozen=True, slots=True)
class FieldNews:
    """One field that is not as declared: both values as text, None is "not there"."""

    path: str
    declared: str | None
    desired: str | None


@dataclass(frozen=True, slots=True)
class LaneNews:
    """One of the two copies."""

    name: str
    state: str = ""
    """How its service does now, in a few words."""
    uptime: Reading | None = None
    """Of "at least one of its pods is ready"; None before the count has begun."""
    drift: Reading | None = None
    """Of "its object is as it was declared"."""
    missing: bool = False
    """Whether the object that was declared does not exist: then all of it is drift."""
    fields: tuple[FieldNews, ...] = ()
    by_hand: int = 0
    """How often a person has re-applied it."""
    by_loop: int = 0
    """How often the interval has, where there was something to put back."""
    struck: int = 0
    missed: int = 0
    """Strokes that found nothing to hit."""
    healed_s: float | None = None
    """How long its last gap was, once it is closed."""
    points: tuple[LanePoint, ...] = ()
    lives: tuple[LaneLife, ...] = ()
    marks: tuple[LaneMark, ...] = ()


@dataclass(frozen=True, slots=True)
class DayNews:
    """The schedule of thirty strokes a day, in a day of `day_s` seconds."""

    day_s: float
    began: float
    due: float | None
    """When the next stroke comes."""
    next_stroke: str
    struck: int

    @property
    def every_s(self) -> float:
        """How far apart the strokes are."""
        return self.day_s / STROKES_A_DAY

    def clock(self, now: float) -> tuple[int, int, int]:
        """The day, from 1 on, and the time of day in hours and minutes, as compressed as the day is."""
        passed_s = max(0.0, now - self.began) * DAY_S / self.day_s
        day, second = divmod(passed_s, DAY_S)
        return int(day) + 1, int(second // 3600), int(second % 3600 // 60)


@dataclass(frozen=True, slots=True)
class ContrastNews:
    """All of it as of now."""

    phase: ContrastPhase
    once: LaneNews
    reconciled: LaneNews
    namespace: str = ""
    image: str = ""
    fault_id: str = ""
    """Under which it goes on, for its undo."""
    began: float | None = None
    """Since when it is counted: from the moment on when both were ready."""
    ended: float | None = None
    day: DayNews | None = None
    apply_every_s: float | None = None
    """How often the bare pod is re-applied by itself; None is never."""
    apply_due: float | None = None
    last: str = ""
    """What was done last: "delete", "crash", "edit", "re-apply", or ""."""
    last_at: float | None = None
    note: str = ""
    """Why what was asked for last could not be done, or ""."""
    objection: str = ""
    """Why it can't be started here, or ""."""
