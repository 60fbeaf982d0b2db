"""The settings of a fault as boxes to type in, with what they are unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from tui.session.chaos_news import SettingNews

BOXES = 8
"""More than any fault has settings: boxes are made once and shown as needed."""


class SettingBox(Input):
    """One value. Enter keeps it, and is no yes to anything."""


class SettingRow(Horizontal):
    """A name, a box, and what it means: in one line, and in full while one types, or under the mouse."""

    box = getters.query_one(SettingBox)
    title = getters.query_one(".name", Static)
    help = getters.query_one(".help", Static)

    def compose(self) -> ComposeResult:
        """Side by side."""
        yield Static("", classes="name", markup=False)
        yield SettingBox(compact=True, select_on_focus=True)
        yield Static("", classes="help", markup=False)


class SettingsForm(Vertical):
    """The boxes of one fault."""

    class Changed(Message):
        """Another value has been typed."""

    class Kept(Message):
        """Enter was pressed in a box."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """All the boxes there may be; none is shown yet."""
        for _ in range(BOXES):
            row = SettingRow()
            row.display = False
            yield row

    def offer(self, settings: Sequence[SettingNews]) -> None:
        """Shows empty boxes for these settings; what they are by default stands in them as a hint."""
        self._names = tuple(one.name for one in settings)
        rows = list(self.query(SettingRow))
        with self.prevent(Input.Changed):
            for row, one in zip(rows, settings, strict=False):
                row.box.value = ""
                row.box.placeholder = one.default
                row.title.update(one.name)
                row.help.update(one.help)
                row.tooltip = Text(one.help)
        for place, row in enumerate(rows):
            row.display = place < len(settings)

    @property
    def chosen(self) -> dict[str, str]:
        """What was typed, by name; a box that is empty says nothing."""
        rows = zip(self._names, self.query(SettingRow), strict=False)
        return {name: row.box.value for name, row in rows if row.box.value.strip()}

    @on(Input.Changed)
    def _change(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Kept())
