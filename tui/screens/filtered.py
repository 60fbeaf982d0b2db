"""What screens with a filter have in common: the box in which one types what a table's rows must hold."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.reactive import var
from textual.widgets import Input

from tui.screens.base import NewsScreen
from tui.widgets.line_table import LineTable


class FilteredScreen(NewsScreen):
    """A screen whose table shows only rows that hold `needle`; a subclass watches it, and puts `a_filter_box` up."""

    DEFAULT_CSS = """
    FilteredScreen LineTable.filtered { border-bottom: solid $warning; border-subtitle-color: $text; }
    FilteredScreen #filter { display: none; height: 1; border: none; padding: 0 1; background: $surface; }
    """
    FILTERS_BY: ClassVar[str]
    """What of a row the filter reads, as the empty box says it."""

    table = getters.query_one(LineTable)
    filter_box = getters.query_one("#filter", Input)

    needle = var("")
    """What is typed in the box; words that all have to be found, in any case and order."""

    def a_filter_box(self) -> Input:
        """The box, hidden until somebody asks for it."""
        return Input(placeholder=f"filter: {self.FILTERS_BY}", id="filter", select_on_focus=False)

    def action_filter(self) -> None:
        """Opens the filter box."""
        self.filter_box.display = True
        # At once, not after the next refresh: what is typed next belongs to the filter.
        self.set_focus(self.filter_box)

    def end_filter(self) -> bool:
        """Takes the box with its text away; False where there was nothing to take away."""
        if not self.filter_box.display and not self.needle:
            return False
        self.filter_box.value = ""
        self.filter_box.display = False
        self.table.focus()
        return True

    @on(Input.Changed)
    def _type_filter(self, event: Input.Changed) -> None:
        self.needle = event.value

    @on(Input.Submitted)
    def _keep_filter(self) -> None:
        self.filter_box.display = False
        self.table.focus()
