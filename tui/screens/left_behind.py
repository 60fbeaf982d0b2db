"""What earlier runs have left behind, offered at the start: undo it, or leave it as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.screens.base import NewsScreen
from tui.screens.chaos_pictures import RUNNING, running_rows
from tui.session.chaos_news import RunningNews
from tui.widgets.glyphs import Glyphs
from tui.widgets.line_table import LineTable

_ASKS = (
    "An earlier gapwatch has ended before it could undo this. Undo puts back what the journal recorded; where others "
    "have changed it since, nothing is done unless you force it. Leave keeps things as they are now."
)


class LeftBehindScreen(ModalScreen[None]):
    """A row for each fault; it closes by itself when nothing is left."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "Later"),
        ("u", "undo", "Undo"),
        ("f", "force", "Force"),
        ("l", "leave", "Leave"),
    ]

    table = getters.query_one(LineTable)

    def __init__(
        self, left: tuple[RunningNews, ...], glyphs: Glyphs, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._left = left
        self._glyphs = glyphs
        self._clock = clock

    def compose(self) -> ComposeResult:
        """What is left behind, what can be done about it."""
        with Vertical(classes="dialog wide"):
            yield Static("Left behind by an earlier run", classes="title", markup=False)
            yield Static(_ASKS, markup=False)
            yield LineTable(RUNNING, glyphs=self._glyphs, classes="left")
            with Horizontal(classes="buttons"):
                yield Button("u Undo", id="undo", variant="primary")
                yield Button("f Force", id="force", variant="warning")
                yield Button("l Leave", id="leave")
                yield Button("esc Later", id="later")

    def on_mount(self) -> None:
        """Shows them."""
        self.table.focus()
        self.show_running(self._left)

    def show_running(self, running: tuple[RunningNews, ...]) -> None:
        """Shows those that are left still, and closes when there are none."""
        self._left = tuple(one for one in running if one.left_behind)
        if not self._left:
            self.dismiss()
            return
        self.table.set_rows(running_rows(self._left, self._clock()))
        self.query_one("#force", Button).disabled = not any(one.insists for one in self._left)

    def _selected(self) -> RunningNews | None:
        return next((one for one in self._left if one.id == self.table.cursor_key), None)

    @on(Button.Pressed, "#undo")
    def action_undo(self) -> None:
        """Puts back what was recorded."""
        one = self._selected()
        if one is not None:
            self.post_message(NewsScreen.UndoAsked(one.id))

    @on(Button.Pressed, "#force")
    def action_force(self) -> None:
        """The same, although others have changed it since."""
        one = self._selected()
        if one is None:
            return
        if one.insists:
            self.post_message(NewsScreen.UndoAsked(one.id, force=True))
        else:
            self.notify("undo it first: nothing is known to stand in its way", markup=False)

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Leaves it as it is."""
        one = self._selected()
        if one is not None:
            self.post_message(NewsScreen.LeaveAsked(one.id))

    @on(Button.Pressed, "#later")
    def _later(self) -> None:
        self.dismiss()
