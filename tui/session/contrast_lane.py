"""One of the two copies of the contrast: what is seen of its pods and of its object, step by step, and its counters."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.clean import one_line
from tui.facts import Pod
from tui.reconcile.contrast import Known, Reading
from tui.reconcile.drift import FieldDrift
from tui.session.contrast_news import FieldNews, LaneLife, LaneMark, LaneNews, LanePoint
from tui.session.drift_views import value
from tui.session.news import PodState
from tui.session.records import pod_state
from tui.session.views import pod_note

POINTS_KEPT, MARKS_KEPT, LIVES_KEPT, SPANS_KEPT = 400, 60, 12, 40
NOT_THERE = "not there"
UNSEEN = "not watched"


@dataclass
class _Life:
    name: str
    was_ready: bool = False
    spans: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=SPANS_KEPT))

    def turns(self, at: float, state: PodState) -> None:
        """It is in that state from now on."""
        self.was_ready |= state is PodState.READY
        if not self.spans or self.spans[-1][1] != state.value:
            self.spans.append((at, state.value))


@dataclass
class Lane:
    """The memory of one copy. Everything is told to it in the order of time."""

    name: str
    uptime: Reading | None = None
    drift: Reading | None = None
    by_hand: int = 0
    by_loop: int = 0
    struck: int = 0
    missed: int = 0
    is_up: bool = False
    """Whether at least one of its pods is ready and not on its way out."""
    _state: str = NOT_THERE
    _is_as_declared: Known = None
    _missing: bool = False
    _fields: tuple[FieldNews, ...] = ()
    _healed_s: float | None = None
    _points: deque[LanePoint] = field(default_factory=lambda: deque(maxlen=POINTS_KEPT))
    _marks: deque[LaneMark] = field(default_factory=lambda: deque(maxlen=MARKS_KEPT))
    _lives: OrderedDict[str, _Life] = field(default_factory=OrderedDict)

    def begin(self, at: float) -> None:
        """From now on it is counted."""
        self.uptime = Reading(at).then(at, self.is_up)
        self.drift = Reading(at).then(at, self._is_as_declared)

    def measure(self, at: float, pods: Sequence[Pod], *, known: bool) -> None:
        """Its pods as they are now; `known` is False while nobody watches them."""
        ready = sum(pod.ready and pod.active for pod in pods)
        self.is_up = ready > 0
        self._state = _state_of(pods) if known else UNSEEN
        if self.uptime is not None:
            before = self.uptime.until(at)
            self.uptime = self.uptime.then(at, self.is_up if known else None)
            if before.lapse_s is not None and self.uptime.lapse_s is None and known:
                self._healed_s = before.lapse_s
        if not self._points or self._points[-1].ready != ready:
            self._points.append(LanePoint(at, ready))

    def turn(self, at: float, old: Pod | None, new: Pod | None) -> None:
        """One of its pods has changed."""
        pod = new or old
        assert pod is not None
        life = self._lives.setdefault(pod.metadata.uid, _Life(pod.metadata.name))
        state = PodState.GONE if new is None else pod_state(new, was_ready=life.was_ready)
        life.turns(at, state)
        while len(self._lives) > LIVES_KEPT:
            self._lives.popitem(last=False)

    def compare(self, at: float, drifted: Sequence[FieldDrift] | None, *, missing: bool) -> None:
        """Its object against what was declared; None is that it can't be told."""
        self._missing = missing
        self._fields = tuple(
            FieldNews(one_line(one.path), value(one.declared), value(one.desired)) for one in drifted or ()
        )
        self._is_as_declared = None if drifted is None else not missing and not drifted
        if self.drift is not None:
            self.drift = self.drift.then(at, self._is_as_declared)

    @property
    def is_compared(self) -> bool:
        """Whether it is known to be as declared or not."""
        return self._is_as_declared is not None

    def mark(self, at: float, text: str, *, hit: bool = True) -> None:
        """Something was done to it."""
        self._marks.append(LaneMark(at, text, hit))

    def news(self) -> LaneNews:
        """As it is now."""
        return LaneNews(
            name=self.name,
            state=self._state,
            uptime=self.uptime,
            drift=self.drift,
            missing=self._missing,
            fields=self._fields,
            by_hand=self.by_hand,
            by_loop=self.by_loop,
            struck=self.struck,
            missed=self.missed,
            healed_s=self._healed_s,
            points=tuple(self._points),
            lives=tuple(
                LaneLife(uid, one_line(life.name), tuple(life.spans)) for uid, life in self._lives.items()
            ),
            marks=tuple(self._marks),
        )


def _state_of(pods: Sequence[Pod]) -> str:
    """How its service does, in a few words."""
    active = [pod for pod in pods if pod.active]
    if not active:
        return "ending" if pods else NOT_THERE
    best = max(active, key=lambda pod: (pod.ready, pod.started, pod.metadata.creation_timestamp))
    state = pod_state(best, was_ready=best.restarts > 0)
    return state.value if state is PodState.READY else one_line(pod_note(best)) or state.value
