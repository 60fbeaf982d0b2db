"""Two panels that both main screens show of one Deployment: its step response with its pods, and its story."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize

from tui.cluster.liveness import Liveness
from tui.screens import pictures
from tui.screens.names import Names
from tui.screens.spans import Sight, sight
from tui.session.news import DeploymentDetail, Told
from tui.session.source_news import SourceNews
from tui.widgets import lifecycle
from tui.widgets.glyphs import Glyphs
from tui.widgets.lifecycle import LifecycleBars
from tui.widgets.narrative import Narrative
from tui.widgets.runs import cut
from tui.widgets.series import StepData
from tui.widgets.step_chart import StepChart
from tui.widgets.timeaxis import Blank, TimeWindow

_LEAST_CHART, _LEAST_BARS = 6, 3
_UNWATCHED_KEPT = 20
_CORNERS = 6
"""Cells of its upper edge that a frame keeps for itself: corners, rails, and a blank at either side."""


class StepPanel(Vertical):
    """Step chart over lifecycle bars, on one time axis."""

    chart = getters.query_one(StepChart)
    bars = getters.query_one(LifecycleBars)

    def __init__(self, glyphs: Glyphs, *, label_width: int = 8) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._label_width = label_width
        self._detail: DeploymentDetail | None = None
        self._data = StepData()
        self._lives: tuple[lifecycle.Lifeline, ...] = ()
        self._unwatched: tuple[Blank, ...] = ()
        self._entitled = ("", "", 0)

    def compose(self) -> ComposeResult:
        """The chart without an axis of its own: the bars under it carry it for both."""
        yield StepChart(label_width=self._label_width, show_axis=False, glyphs=self._glyphs)
        yield LifecycleBars(label_width=self._label_width, glyphs=self._glyphs)

    def show(self, detail: DeploymentDetail | None, now: float) -> None:
        """Shows that Deployment up to `now`."""
        self._detail = detail
        self._data = pictures.step_data(detail, self._glyphs) if detail is not None else StepData()
        self._lives = pictures.lifelines(detail) if detail is not None else ()
        self._share_rows()
        self.tick(now)

    def show_source(self, source: SourceNews | None, now: float) -> None:
        """Remembers when nobody watched."""
        self._unwatched = unwatched_after(self._unwatched, source, now)

    def tick(self, now: float) -> None:
        """Moves the window on; where nothing happened in it, nothing is painted."""
        detail = self._detail
        if detail is None:
            self._entitle("", "")
            self.chart.show(StepData(), TimeWindow(now, 60.0))
            self.bars.show((), TimeWindow(now, 60.0))
            return
        row = detail.row
        seen = sight(detail, now, self._unwatched)
        title = f"{row.key} {self._glyphs.separator} rev {row.revision}" if row.revision else row.key
        self._entitle(title, _told_of(seen, now))
        bracket = pictures.bracket(detail.heal, now) if detail.heal is not None else None
        brackets = (bracket,) if bracket is not None else ()
        told_at_s = min(now, seen.window.now_s) if seen.heal is not None else None
        data = replace(self._data, brackets=brackets, blanks=seen.blanks, told_at_s=told_at_s)
        self.chart.show(data, seen.window)
        self.bars.show(self._lives, seen.window, seen.blanks)

    def _entitle(self, title: str, subtitle: str) -> None:
        """Other words in the frame; only then, for a title has the whole panel painted anew.

        A long namespace must not hide whose panel it is: a title loses its middle where it has no room.
        """
        room = max(0, self.outer_size.width - _CORNERS)
        if (title, subtitle, room) != self._entitled:
            self._entitled = title, subtitle, room
            shown = cut(title, room, self._glyphs.ellipsis, keep="ends")
            self.border_title, self.border_subtitle = Content(shown), Content(subtitle)

    @on(Resize)
    def _share_rows(self) -> None:
        """The chart gets a row for each replica, the bars one for each pod, as far as there is room."""
        rows = self.size.height
        if self._detail is None or not rows:
            return
        desired = self._detail.row.gap.desired
        chart, bars = desired + 4, desired + 3
        if chart + bars > rows:
            bars = max(_LEAST_BARS, min(bars, rows - max(_LEAST_CHART, min(chart, rows * 3 // 5))))
        if self.bars.styles.height is None or self.bars.styles.height.value != bars:
            self.bars.styles.height = bars


def unwatched_after(unwatched: tuple[Blank, ...], source: SourceNews | None, now: float) -> tuple[Blank, ...]:
    """When nobody watched, up to now: each from the last moment known until the source was live again."""
    since = unwatched[-1] if unwatched and unwatched[-1].end_s == math.inf else None
    if source is None:
        return ()
    if since is None and source.state in (Liveness.STALE, Liveness.DENIED):
        began = Blank(now - (source.age_s or 0.0), math.inf, "not watched")
        return (*unwatched, began)[-_UNWATCHED_KEPT:]
    if since is not None and source.state is Liveness.LIVE:
        return (*unwatched[:-1], replace(since, end_s=now))
    return unwatched


def _told_of(seen: Sight, now: float) -> str:
    """Which heal is held in sight; nothing where the chart ends now."""
    if seen.heal is None or not seen.is_held:
        return ""
    opened = datetime.now() - timedelta(seconds=now - seen.heal.opened)
    return f"the heal of {opened:%H:%M:%S}"


class StoryPanel(Narrative):
    """What happened to one Deployment, and who did it."""

    BORDER_TITLE = "what happened"

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs=glyphs, empty_message="no Deployment is selected")
        self._of: str | None = None
        self._story: tuple[Told, ...] = ()

    def show(self, detail: DeploymentDetail | None, now: float) -> None:
        """Tells only what is new or has better evidence now, as long as it is the same Deployment's story."""
        self.empty_message = _emptiness(detail)
        story = detail.told if detail is not None else ()
        of = detail.row.uid if detail is not None else None
        if of == self._of and story == self._story:
            return
        known = len(self._story)
        continues = (
            of == self._of and known and [one.at for one in story[:known]] == [one.at for one in self._story]
        )
        self._of, self._story = of, story
        if detail is None:
            self.set_told(())
            return
        lines = pictures.narration(story, now, datetime.now(), Names.of(detail))
        if continues:
            self.amend(lines)
        else:
            self.set_told(lines)


def _emptiness(detail: DeploymentDetail | None) -> str:
    """Why there is no story, and how to begin one where that is possible."""
    if detail is None:
        return "no Deployment is selected"
    if detail.objection:
        return "nothing has happened yet"
    if not any(replicaset.pods for replicaset in detail.replicasets):
        return "nothing yet: no pod to delete"
    return "nothing yet: d deletes a pod"
