"""Apply every N seconds: a GitOps loop in miniature, started and stopped here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.dialog import Dialog
from tui.screens.drift_rows import counted, holding_off_words, next_round, pace
from tui.session.drift_news import LoopNews

INTERVALS_S = (5.0, 15.0, 60.0, 300.0, 600.0)
USUAL_S = 15.0
_ASKS = (
    "A GitOps loop in miniature: every so often it applies what is not as declared any more. It ends with this "
    "session, and when chaos is disarmed. What others manage it leaves to them, unless it is started by force."
)
_HELD = 2
"""So many of those that it leaves alone for a while are told."""


class ApplyLoopScreen(Dialog[None]):
    """The interval, and how the loop does that runs already; enter on an interval never forces."""

    @dataclass
    class StartAsked(Message):
        """Apply now and every so many seconds; `force` takes the fields that others manage."""

        every_s: float
        force: bool

    class StopAsked(Message):
        """End it."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]

    intervals = getters.query_one(OptionList)
    about = getters.query_one("#why", Static)
    state = getters.query_one("#state", Static)
    starting = getters.query_one("#start", Button)
    stopping = getters.query_one("#stop", Button)

    def __init__(self, loop: LoopNews, now: float) -> None:
        super().__init__()
        self._loop = loop
        self._now = now
        self._is_armed = False

    def compose(self) -> ComposeResult:
        """What it is, how often, how it does, and three buttons."""
        with Vertical(classes="dialog"):
            yield Static("The apply loop: apply every …", classes="title", markup=False)
            yield Static(_ASKS, id="why", markup=False)
            yield OptionList(*(Option(pace(every_s), id=f"{every_s:g}") for every_s in INTERVALS_S))
            yield Static("", id="state", markup=False)
            with Horizontal(classes="buttons low"):
                yield Button("Start", id="start", variant="warning", compact=True)
                yield Button("By force", id="force", variant="error", compact=True)
                yield Button("Stop", id="stop", variant="primary", compact=True)
                yield Button("Close", id="close", compact=True)

    def on_mount(self) -> None:
        """A loop that runs is stopped by enter; else the interval is chosen."""
        chosen = self._loop.every_s if self._loop.every_s in INTERVALS_S else USUAL_S
        self.intervals.highlighted = INTERVALS_S.index(chosen)
        self.show_loop(self._loop, self._now, is_armed=self._is_armed)
        (self.stopping if self._loop.running else self.intervals).focus()

    def show_loop(self, loop: LoopNews, now: float, *, is_armed: bool) -> None:
        """Tells how it does now."""
        self._loop, self._now, self._is_armed = loop, now, is_armed
        if not self.is_mounted:
            return
        self.state.update(state_words(loop, now))
        self.about.display = not loop.running
        self.stopping.disabled = not loop.running
        start = "Start anew" if loop.running else "Start"
        self.starting.label = Content(start if is_armed else f"Arm, then {start.lower()}")

    @property
    def chosen_s(self) -> float:
        """The interval under the cursor."""
        return INTERVALS_S[self.intervals.highlighted or 0]

    @on(OptionList.OptionSelected)
    @on(Button.Pressed, "#start")
    def _start(self) -> None:
        self.post_message(self.StartAsked(self.chosen_s, force=False))

    @on(Button.Pressed, "#force")
    def _start_by_force(self) -> None:
        self.post_message(self.StartAsked(self.chosen_s, force=True))

    @on(Button.Pressed, "#stop")
    def _stop(self) -> None:
        self.post_message(self.StopAsked())

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss()


def state_words(loop: LoopNews, now: float) -> str:
    """Whether it runs, what came of it, and whom it leaves alone for a while."""
    counts = f"{loop.applied} applied, {loop.refused} refused in {counted(loop.rounds, 'round')}"
    if not loop.running:
        return f"Off ({loop.note})" if loop.note else f"Off; {counts}" if loop.rounds else "Off"
    forced = ", by force" if loop.force else ""
    lines = [f"Runs every {pace(loop.every_s)}{forced}: {counts}, {next_round(loop, now)}"]
    held = holding_off_words(loop, now)
    lines += held[:_HELD]
    lines += [f"and {len(held) - _HELD} more"] if len(held) > _HELD else []
    return "\n".join(lines)
