"""Two panels that both main screens show of one Deployment: its step response with its pods, and its story."""

from __future__ import annotations

from datetime import datetime

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from tui.screens import pictures
from tui.session.news import DeploymentDetail, Told
from tui.widgets.glyphs import Glyphs
from tui.widgets.lifecycle import LifecycleBars
from tui.widgets.narrative import Narrative
from tui.widgets.series import StepData
from tui.widgets.step_chart import StepChart
from tui.widgets.timeaxis import TimeWindow

SPANS_S = (15.0, 30.0, 60.0)
"""The window widens in these steps while there is more to look back on."""
ROOMY = 70
"""From this width on the story tells whole names."""


class StepPanel(Vertical):
    """Step chart over lifecycle bars, on one time axis."""

    chart = getters.query_one(StepChart)
    bars = getters.query_one(LifecycleBars)

    def __init__(self, glyphs: Glyphs, *, label_width: int = 7) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._label_width = label_width
        self._detail: DeploymentDetail | None = None

    def compose(self) -> ComposeResult:
        """The chart without an axis of its own: the bars under it carry it for both."""
        yield StepChart(label_width=self._label_width, show_axis=False, glyphs=self._glyphs)
        yield LifecycleBars(label_width=self._label_width, glyphs=self._glyphs)

    def show(self, detail: DeploymentDetail | None, now: float) -> None:
        """Shows that Deployment up to `now`."""
        self._detail = detail
        self.tick(now)

    def tick(self, now: float) -> None:
        """Moves the window on; where nothing happened in it, nothing is painted."""
        detail = self._detail
        watched_s = now - detail.points[0].at if detail is not None and detail.points else 0.0
        span_s = next((span for span in SPANS_S if span >= watched_s), SPANS_S[-1])
        window = TimeWindow(now, span_s)
        if detail is None:
            self.border_title = None
            self.chart.show(StepData(), window)
            self.bars.show((), window)
            return
        row = detail.row
        title = f"{row.key} · rev {row.revision}" if row.revision else row.key
        self.border_title = Content(title)
        self.chart.show(pictures.step_data(detail, self._glyphs), window)
        self.bars.show(pictures.lifelines(detail), window)


class StoryPanel(Narrative):
    """What happened to one Deployment, and who did it."""

    BORDER_TITLE = "what happened"

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs=glyphs, empty_message="nothing yet: d deletes a pod")
        self._of: tuple[str, bool] | None = None
        self._story: tuple[Told, ...] = ()

    def show(self, detail: DeploymentDetail | None, now: float) -> None:
        """Tells only what is new, as long as it is the same Deployment's story."""
        story = detail.told if detail is not None else ()
        narrow = self.size.width < ROOMY
        of = (detail.row.uid, narrow) if detail is not None else None
        if of == self._of and story == self._story:
            return
        shorten = pictures.shortener(detail) if detail is not None and narrow else str
        lines = pictures.narration(story, now, datetime.now(), shorten)
        known = len(self._story)
        if of == self._of and known and story[:known] == self._story:
            self.tell(lines[known:])
        else:
            self.set_told(lines)
        self._of, self._story = of, story
