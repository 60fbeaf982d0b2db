"""What runs leave behind: that of earlier ones, offered at the start, and the words for our own at the end."""

from __future__ import annotations

import shlex
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from tui.screens.base import NewsScreen
from tui.screens.dialog import Dialog
from tui.session.chaos_news import RunningNews
from tui.session.options import Options
from tui.widgets.columns import Column
from tui.widgets.glyphs import Glyphs
from tui.widgets.line_table import LineTable, Row
from tui.widgets.runs import BothEnds, Cell
from tui.widgets.tones import BAD, MUTED, STRONG

COLUMNS = (
    Column("title", "FAULT", 24, flex=3),
    Column("began", "INJECTED BY", 20, flex=2, most=48),
    Column("state", "STATE", 10),
)
_ASKS = (
    "An earlier gapwatch has ended before it could undo this. Undo puts back what the journal recorded; where others "
    "have changed it since, nothing is done unless you force it. Leave keeps things as they are now."
)


class LeftBehindScreen(Dialog[None]):
    """A row for each fault; it closes by itself when nothing is left."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "Later"),
        ("u", "undo", "Undo"),
        ("f", "force", "Force"),
        ("l", "leave", "Leave"),
    ]

    table = getters.query_one(LineTable)
    about = getters.query_one("#about", Static)

    def __init__(self, left: tuple[RunningNews, ...], glyphs: Glyphs) -> None:
        super().__init__()
        self._left = left
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """What is left behind, what can be done about it."""
        with Vertical(classes="dialog wide"):
            yield Static("Left behind by an earlier run", classes="title", markup=False)
            yield Static(_ASKS, markup=False)
            yield LineTable(COLUMNS, glyphs=self._glyphs, classes="left")
            yield Static("", id="about", markup=False)
            with Horizontal(classes="buttons low"):
                yield Button("u Undo", id="undo", variant="primary", compact=True)
                yield Button("f Force", id="force", variant="warning", compact=True)
                yield Button("l Leave", id="leave", compact=True)
                yield Button("esc Later", id="later", compact=True)

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
        self.table.set_rows({one.id: _row(one, place) for place, one in enumerate(self._left)})
        self._tell_about()

    @on(LineTable.Highlighted)
    def _tell_about(self) -> None:
        """The selected one in full: what its undo does, and what stood in its way."""
        one = self._selected()
        self.query_one("#force", Button).disabled = one is None or not one.insists
        if one is not None:
            why = f"\nNot undone: {one.note}" if one.note else ""
            self.about.update(f"{one.title}\nUndo: {one.undo}{why}")

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


def _row(left: RunningNews, place: int) -> Row:
    state = Cell("not undone", BAD) if left.insists else Cell("not tried", MUTED)
    return Row({"title": BothEnds(left.title, STRONG), "began": left.began, "state": state}, place)


def left_undone_line(running: RunningNews, options: Options) -> str:
    """What was not undone at the end, why, and how to do it."""
    why = f": {running.note}" if running.note else ""
    command = ["gapwatch", *(["--kubeconfig", options.kubeconfig] if options.kubeconfig else [])]
    command += ["--context", options.context] if options.context else []
    command += ["chaos", "undo", running.id]
    return f"not undone: {running.title}{why} (fault {running.id}; undo it with: {shlex.join(command)})"
