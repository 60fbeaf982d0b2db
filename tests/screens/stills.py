"""A session in which nothing happens but what a test gives it: for screens that are told by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from tests.screens.details import a_row
from tui.cluster.contexts import Nature
from tui.cluster.liveness import Liveness
from tui.reconcile.heal import HealKind, Phase
from tui.session.chaos_news import RunningNews, SurveyNews
from tui.session.contrast_news import ContrastNews
from tui.session.drift_news import AppliedNews, PlannedNews
from tui.session.heal_news import HealNews
from tui.session.news import DeploymentDetail, FleetRow, News
from tui.session.options import Options
from tui.session.session import Session
from tui.session.source_news import SourceNews
from tui.steady import steady

SOURCE = SourceNews(
    context="gapwatch-sandbox",
    nature=Nature.SANDBOX,
    server="https://127.0.0.1:6443",
    version="v1.36.0",
    namespace=None,
    selector="",
    state=Liveness.LIVE,
    age_s=0.2,
    error="",
    note="",
    armed_for_s=3.0,
    read_only=False,
    must_type=False,
)


@dataclass
class StillSession:
    """Tells these rows at its start and that detail whenever a Deployment is in focus; keeps what it was asked."""

    rows: dict[str, FleetRow] = field(default_factory=dict)
    heals_kept: tuple[HealNews, ...] = ()
    detail: DeploymentDetail | None = None
    focused: list[str | None] = field(default_factory=list)
    surveyed: SurveyNews | None = None
    running: tuple[RunningNews, ...] = ()
    undone: list[tuple[str, bool]] = field(default_factory=list)
    """The faults that were asked to be undone, and whether by force."""
    forgotten: list[str] = field(default_factory=list)
    stops: int = 0
    contrast_told: ContrastNews | None = None
    asked_of_contrast: list[object] = field(default_factory=list)
    """What was asked of the contrast, in order."""
    plan: tuple[PlannedNews, ...] = ()
    applies: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)
    """What was asked to be applied, and whether by force."""
    loops: list[tuple[float, bool] | None] = field(default_factory=list)
    """The loops that were asked for: how often and whether by force; None is its end."""
    source_told: SourceNews = SOURCE
    options: Options = field(default_factory=Options)
    _notify: Callable[[], None] = lambda: None
    _news: News = field(default_factory=News)

    def open(self, options: Options, notify: Callable[[], None]) -> Session:
        """Stands in for the class of a real session."""
        self._notify, self.options = notify, options
        return cast(Session, self)

    def start(self) -> None:
        """Tells all rows."""
        self._news = News(rows=dict(self.rows), running=self.running, synced=True)
        self._notify()

    def close(self) -> None:
        """Nothing to end."""

    def take(self) -> News:
        """What waits."""
        news, self._news = self._news, News()
        return news

    def source(self) -> SourceNews | None:
        """A sandbox that is live and armed, unless told otherwise."""
        return self.source_told

    def heals(self) -> tuple[HealNews, ...]:
        """The heals that the test gave."""
        return self.heals_kept

    def focus(self, deployment_uid: str | None) -> None:
        """Tells the detail."""
        self.focused.append(deployment_uid)
        if self.detail is not None and self.detail.row.uid == deployment_uid:
            self.tell(self.detail)

    def survey(self, deployment_uid: str | None, pod_uid: str | None = None) -> None:
        """Tells the catalogue that the test gave."""
        self._news.survey = self.surveyed
        self._notify()

    def go_on(self, *running: RunningNews) -> None:
        """Tells that these faults go on."""
        self.running = self._news.running = running
        self._notify()

    @property
    def contrast(self) -> StillContrast:
        """The orders to the contrast."""
        return StillContrast(self)

    def undo(self, fault_id: str, *, force: bool = False) -> None:
        """Keeps what was asked."""
        self.undone.append((fault_id, force))

    def forget(self, fault_id: str) -> None:
        """Keeps what was asked."""
        self.forgotten.append(fault_id)

    def tell_contrast(self, contrast: ContrastNews) -> None:
        """Tells another contrast."""
        self.contrast_told = self._news.contrast = contrast
        self._notify()

    def stop_everything(self) -> None:
        """Counts how often."""
        self.stops += 1

    def planned(self) -> tuple[PlannedNews, ...]:
        """The plan that the test gave."""
        return self.plan

    def apply(self, *keys: str, force: bool = False) -> None:
        """Keeps what was asked."""
        self.applies.append((keys, force))

    def answer(self, *applied: AppliedNews) -> None:
        """Tells what came of it."""
        self._news.applied += applied
        self._notify()

    def start_loop(self, every_s: float, *, force: bool = False) -> None:
        """Keeps what was asked."""
        self.loops.append((every_s, force))

    def stop_loop(self) -> None:
        """Keeps what was asked."""
        self.loops.append(None)

    def arm(self, typed: str = "") -> None:
        """Arms it."""
        self.source_told = replace(self.source_told, armed_for_s=0.0)
        self._notify()

    def left_undone(self) -> tuple[RunningNews, ...]:
        """Of this run, what still goes on."""
        return tuple(one for one in self.running if not one.left_behind)

    def tell(self, detail: DeploymentDetail) -> None:
        """Tells another detail."""
        self.detail = detail
        self._news.detail = detail
        self._notify()


@dataclass(frozen=True)
class StillContrast:
    """Tells the contrast that the test gave, and keeps what was asked of it."""

    still: StillSession

    def look(self) -> None:
        """Tells it."""
        if self.still.contrast_told is not None:
            self.still.tell_contrast(self.still.contrast_told)

    def start(self) -> None:
        """Keeps what was asked."""
        self.still.asked_of_contrast.append("start")

    def stop(self) -> None:
        """Keeps what was asked."""
        self.still.asked_of_contrast.append("stop")

    def strike(self, stroke: str) -> None:
        """Keeps what was asked."""
        self.still.asked_of_contrast.append(str(stroke))

    def reapply(self, copy: str) -> None:
        """Keeps what was asked."""
        self.still.asked_of_contrast.append(("reapply", copy))

    def keep_day(self, day_s: float | None) -> None:
        """Keeps what was asked."""
        self.still.asked_of_contrast.append(("day", day_s))

    def keep_applying(self, every_s: float | None) -> None:
        """Keeps what was asked."""
        self.still.asked_of_contrast.append(("interval", every_s))


def some_rows(*names: str) -> dict[str, FleetRow]:
    """A row for each of these Deployments in namespace shop, whose uid is uid-NAME."""
    return {f"uid-{name}": replace(a_row(name=name), uid=f"uid-{name}") for name in names}


def a_running_fault(**other: Any) -> RunningNews:
    """A Deployment that was scaled by hand, for half a minute still, unless told otherwise."""
    scaled = RunningNews(
        id="c613b306",
        fault="scale",
        title="scale shop/web from 5 to 2",
        target="shop/web",
        state="lasting",
        until=steady() + 30.0,
        undo="back to 5 replicas",
    )
    return replace(scaled, **other)


def a_heal_told(
    name: str = "web",
    *,
    opened: float | None = None,
    total_s: float | None = 2.2,
    kind: HealKind = HealKind.FAULT,
    cause: str = "you deleted pod web-7d-x2k4c",
    phases: Sequence[tuple[str, float]] = (
        ("noticed", 0.02),
        ("replacement created", 0.01),
        ("scheduled", 0.03),
        ("started", 0.9),
        ("ready", 1.2),
        ("available", 0.04),
    ),
    overshoot: int = 0,
    depth: int = 1,
    guessed: bool = False,
) -> HealNews:
    """A heal of shop/NAME with phases that took so many seconds each; the last goes on where `total_s` is None."""
    began = opened = steady() - 60.0 if opened is None else opened
    made = []
    for phase, took_s in phases:
        made.append(Phase(phase, began, began + took_s))
        began += took_s
    if total_s is None and made:
        made[-1] = replace(made[-1], ended=None)
    return HealNews(
        deployment_uid=f"uid-{name}",
        namespace="shop",
        deployment=name,
        kind=kind,
        cause=cause,
        opened=opened,
        opened_at="2026-01-01T12:00:00.000Z",
        phases=tuple(made),
        dead_s=0.01,
        depth=depth,
        total_s=total_s,
        overshoot=overshoot,
        lost_pod_s=2.2 * depth,
        settled=None if total_s is None else opened + total_s + 5.0,
        guessed=guessed,
    )
