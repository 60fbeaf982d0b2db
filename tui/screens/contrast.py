"""Contrast: once against for ever. What is the difference between applying and reconciling?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static

from tui.screens import about
from tui.screens.base import NewsScreen, Tally
from tui.screens.commands import ARM, BACK, HELP, PALETTE, QUIT, STOP, Command, bindings
from tui.screens.contrast_commands import (
    CRASH_BOTH,
    DAY,
    DELETE_BOTH,
    EDIT_BOTH,
    INTERVAL,
    LEGEND,
    REAPPLY_ONCE,
    REAPPLY_RECONCILED,
    START,
    STOP_CONTRAST,
)
from tui.screens.contrast_lane import LanePanel
from tui.screens.contrast_words import lesson, settings
from tui.screens.help import HelpLine
from tui.screens.panels import unwatched_after
from tui.screens.running_line import running_line
from tui.session.chaos_news import RunningNews
from tui.session.contrast_news import ContrastNews, ContrastPhase, LaneNews
from tui.session.news import FleetRow, News
from tui.session.source_news import SourceNews
from tui.steady import steady
from tui.widgets.buttons import ActionBar
from tui.widgets.glyphs import Glyphs
from tui.widgets.headline import Headline, Paragraph
from tui.widgets.runs import Cell
from tui.widgets.timeaxis import Blank, TimeWindow
from tui.widgets.tones import BAD, MUTED, PLAIN, STRONG
from tui.widgets.top_bar import SourceLine

_STROKES = (DELETE_BOTH, CRASH_BOTH, EDIT_BOTH)
_WHILE_RUNNING = (*_STROKES, REAPPLY_ONCE, REAPPLY_RECONCILED, DAY, INTERVAL)
_HERE = (
    START,
    *(DELETE_BOTH, CRASH_BOTH, EDIT_BOTH, REAPPLY_ONCE, DAY, INTERVAL, REAPPLY_RECONCILED),
    *(ARM, BACK, PALETTE, QUIT, STOP, HELP),
)
DAYS_S: tuple[float | None, ...] = (None, 120.0, 600.0, 3600.0, 86_400.0)
"""What one key goes through: off, and a day as short as two minutes first."""
INTERVALS_S: tuple[float | None, ...] = (None, 30.0, 10.0, 5.0, 3.0)
SPANS_S = (30.0, 60.0, 120.0)
LOW_HEIGHT = 30
_LIVE = (ContrastPhase.STARTING, ContrastPhase.RUNNING)
_INTRO = (
    ("Once against for ever\n", STRONG),
    ("Two copies of one small service, started together:\n\n", PLAIN),
    ("  once         ", STRONG),
    ("a bare pod, applied once; nobody looks after it\n", PLAIN),
    ("  reconciled   ", STRONG),
    ("a Deployment of one pod: a loop that never stops\n\n", PLAIN),
    ("Then the same is done to both at the same moment, by you or thirty times a day. ", PLAIN),
    ("Uptime, gap, drift, and how often a person was needed count up side by side.\n\n", PLAIN),
)


class ContrastScreen(NewsScreen):
    """Two lanes on one time axis, under the same strokes."""

    ABOUT = about.CONTRAST

    class StartAsked(Message):
        """Create both copies."""

    class EndAsked(Message):
        """Delete both with their namespace."""

    @dataclass
    class StrokeAsked(Message):
        """Do that to both: "delete", "crash" or "edit"."""

        stroke: str
        key: str

    @dataclass
    class ReapplyAsked(Message):
        """Apply what was declared of that copy: "once" or "reconciled"."""

        copy: str
        key: str

    @dataclass
    class DayAsked(Message):
        """Thirty strokes in so many seconds; None is none."""

        day_s: float | None

    @dataclass
    class IntervalAsked(Message):
        """Re-apply the bare pod every so many seconds; None is never."""

        every_s: float | None

    CSS_PATH = "../styles/contrast.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = _HERE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_HERE)]

    state_line = getters.query_one("#state", Headline)
    intro = getters.query_one("#intro", Static)
    once = getters.query_one("#once", LanePanel)
    reconciled = getters.query_one("#reconciled", LanePanel)
    lesson = getters.query_one("#lesson", Paragraph)
    running_line = getters.query_one("#running", Headline)

    def __init__(
        self,
        contrast: ContrastNews | None,
        glyphs: Glyphs,
        *,
        read_only: bool,
        clock: Callable[[], float] = steady,
    ) -> None:
        """`contrast`: what was told of it last."""
        super().__init__(read_only=read_only)
        nothing = ContrastNews(ContrastPhase.OFF, LaneNews("once"), LaneNews("reconciled"))
        self._contrast = contrast or nothing
        self._glyphs = glyphs
        self._clock = clock
        self._unwatched: tuple[Blank, ...] = ()
        self._day_s = self._contrast.day.day_s if self._contrast.day is not None else None
        self._every_s = self._contrast.apply_every_s
        """What was chosen last: keys can come faster than news."""
        self._said = ""
        """The answer to a key, before anything has come of it."""

    def compose(self) -> ComposeResult:
        """Source, settings, what it is about or both lanes, what is to be learnt, other faults, actions."""
        yield SourceLine(glyphs=self._glyphs)
        yield Headline(id="state", glyphs=self._glyphs)
        yield Static("", id="intro")
        once = once_title(None, self._glyphs)
        yield LanePanel(self._glyphs, title=once, set_point="declared", id="once")
        loop = f"reconciled {self._glyphs.separator} a Deployment of 1"
        yield LanePanel(self._glyphs, title=loop, set_point="desired", id="reconciled")
        yield Paragraph(id="lesson", glyphs=self._glyphs)
        yield Headline(id="running", glyphs=self._glyphs)
        yield ActionBar(glyphs=self._glyphs)

    def on_mount(self) -> None:
        """Lets the counters run."""
        self.running_line.display = False
        self._show()
        self.set_interval(0.2, self.tick)

    # ---------------------------------------------------------------- news

    def show_news(self, news: News, rows: dict[str, FleetRow]) -> None:
        """Shows how both do now."""
        if news.contrast is not None:
            self._contrast, self._said = news.contrast, ""
            if news.contrast.phase is not ContrastPhase.RUNNING:
                self._day_s = self._every_s = None
            self._show()

    def show_source(self, source: SourceNews | None, tally: Tally, failed: str = "") -> None:
        """Remembers too when nobody watched."""
        super().show_source(source, tally, failed)
        self._unwatched = unwatched_after(self._unwatched, source, self._clock())

    def show_running(self, running: tuple[RunningNews, ...], now: float) -> None:
        """Tells in a line of its own what else goes on: the contrast itself fills the screen, unless it is stuck."""
        super().show_running(running, now)
        others = tuple(one for one in running if one.id != self._contrast.fault_id or one.insists)
        self.running_line.line = running_line(others, now, self._glyphs, read_only=True)
        self.running_line.display = bool(others)

    def answer_press(self, words: str, *, busy: str = "") -> None:
        """Answers where the settings stand."""
        self._said = words
        super().answer_press(words, busy=busy)
        self._show()

    def tick(self) -> None:
        """Lets the counters run and the charts move."""
        if self.is_on_show:
            self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        told = self._contrast
        is_begun = told.phase is not ContrastPhase.OFF
        for widget in (self.once, self.reconciled, self.lesson):
            widget.display = is_begun
        self.intro.display = not is_begun
        clock = self._clock()
        now = clock if told.ended is None else told.ended
        line = settings(told, now, self._glyphs, width=self.size.width)
        self.state_line.line = [*line, (f"  {self._said}", MUTED)] if self._said else line
        if not is_begun:
            self.intro.update(_intro(told))
        else:
            window = _window(told, now)
            self.once.entitle(once_title(told.apply_every_s, self._glyphs))
            for panel, lane in ((self.once, told.once), (self.reconciled, told.reconciled)):
                panel.show(lane, told.began, now, window, self._unwatched)
            self.lesson.text = Cell(lesson(told, now), PLAIN)
        self._tell_actions()

    @on(Resize)
    def _give_way(self) -> None:
        """On a small terminal the charts need the lines of the words."""
        is_low = self.size.height < LOW_HEIGHT
        self.set_class(is_low, "low")
        self.lesson.most_rows = 2 if is_low and self.size.width >= 100 else 3

    # ---------------------------------------------------------------- what people do

    @property
    def commands(self) -> tuple[Command, ...]:
        """The first key starts it, or ends it where it goes on."""
        is_live = self._contrast.phase in _LIVE
        return tuple(STOP_CONTRAST if one is START and is_live else one for one in super().commands)

    @property
    def more_keys(self) -> tuple[HelpLine, ...]:
        """Nothing here has a cursor."""
        return ()

    @property
    def more_legend(self) -> tuple[HelpLine, ...]:
        """What is counted."""
        return LEGEND

    def objection(self, command: Command) -> str:
        """Most of it needs both copies."""
        if command is START:
            return self._contrast.objection
        if command in _WHILE_RUNNING and self._contrast.phase is not ContrastPhase.RUNNING:
            return f"the contrast is {self._contrast.phase.value}"
        return ""

    def action_start_or_stop(self) -> None:
        """Creates both copies, or deletes them."""
        if self._contrast.phase in _LIVE:
            self.post_message(self.EndAsked())
        elif self._may(START):
            self.post_message(self.StartAsked())

    def action_stroke(self, stroke: str) -> None:
        """Does that to both at the same moment."""
        command = next(one for one in _STROKES if one.action == f"stroke({stroke!r})")
        if self._may(command):
            self.post_message(self.StrokeAsked(stroke, command.key))

    def action_reapply(self, copy: str) -> None:
        """Applies what was declared of that copy, by hand."""
        command = REAPPLY_ONCE if copy == "once" else REAPPLY_RECONCILED
        if self._may(command):
            self.post_message(self.ReapplyAsked(copy, command.key))

    def action_next_day(self) -> None:
        """Goes on to the next length of a day."""
        if self._may(DAY):
            day_s = _next(DAYS_S, self._day_s)
            self._day_s = day_s if self._is_armed else self._day_s
            self.post_message(self.DayAsked(day_s))

    def action_next_interval(self) -> None:
        """Goes on to the next interval."""
        if self._may(INTERVAL):
            every_s = _next(INTERVALS_S, self._every_s)
            self._every_s = every_s if self._is_armed else self._every_s
            self.post_message(self.IntervalAsked(every_s))

    def action_back(self) -> None:
        """Back to the screen before; what goes on goes on, and is told there."""
        if self._contrast.phase in _LIVE:
            self.notify("the contrast goes on: V shows it again, u ends it", markup=False)
        self.dismiss()

    def _may(self, command: Command) -> bool:
        why_not = self.objection(command)
        if why_not:
            self.notify(why_not, severity="warning", markup=False)
        return not why_not


def _next(choices: tuple[float | None, ...], now: float | None) -> float | None:
    """The one after that, and after the last the first."""
    index = choices.index(now) if now in choices else 0
    return choices[(index + 1) % len(choices)]


def once_title(every_s: float | None, glyphs: Glyphs) -> str:
    """What the first lane is; with an interval it is applied once no more."""
    if every_s is None:
        return f"applied once {glyphs.separator} a bare pod"
    return f"applied every {every_s:g} s {glyphs.separator} a bare pod, and that is a loop too"


def _window(told: ContrastNews, now: float) -> TimeWindow:
    """Up to two minutes: the shortest span that holds all there is."""
    points = [lane.points[0].at for lane in (told.once, told.reconciled) if lane.points]
    passed_s = now - min(points, default=now)
    return TimeWindow(now, next((span for span in SPANS_S if span >= passed_s), SPANS_S[-1]))


def _intro(told: ContrastNews) -> Text:
    styles = {STRONG: "bold", PLAIN: "", MUTED: "dim", BAD: "bold red"}
    text = Text()
    for words, tone in _INTRO:
        text.append(words, styles[tone])
    text.append("s ", styles[STRONG])
    text.append(
        "creates namespace gapwatch-contrast with Pod once and Deployment reconciled "
        f"({told.image or 'podinfo'}). All of it is deleted when you end it or leave gapwatch; "
        "after a crash the next start offers to."
    )
    if told.objection:
        text.append(f"\n\nIt can't be started here: {told.objection}", styles[BAD])
    elif told.note:
        text.append(f"\n\n{told.note}", styles[BAD])
    return text
