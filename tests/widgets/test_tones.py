"""Tones get their colours from the theme: every tone in every theme, and anew when the theme changes."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.widget import Widget

from tui.widgets.buttons import ActionBar
from tui.widgets.columns import Column
from tui.widgets.fleet_strip import FleetStrip
from tui.widgets.lifecycle import LifecycleBars
from tui.widgets.line_table import LineTable, Row
from tui.widgets.narrative import Narrative
from tui.widgets.runs import Cell
from tui.widgets.step_chart import StepChart
from tui.widgets.tones import TONES
from tui.widgets.top_bar import SourceLine
from tui.widgets.tree_list import OwnershipTree

from .stage import on_stage

THEMES = ("textual-dark", "textual-light", "ansi-dark", "ansi-light", "nord")


def table() -> LineTable:
    return LineTable([Column("name", "NAME", 20)])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "make",
    [table, OwnershipTree, Narrative, FleetStrip, StepChart, LifecycleBars, SourceLine, ActionBar],
)
async def test_every_widget_has_every_tone_in_every_theme(theme: str, make: type[Widget]) -> None:
    widget = make()
    async with on_stage(widget, theme=theme):
        palette = widget.palette  # type: ignore[attr-defined]
        styles = {tone: palette.tone(tone) for tone in TONES}
        assert palette.base.bgcolor is not None
        assert all(style != Style.null() for style in styles.values())
        for tone in ("good", "busy", "bad", "leaving", "extra", "accent"):
            assert styles[tone].color != palette.base.bgcolor
            assert styles[tone].bgcolor is None
        assert len({styles[tone].color for tone in ("good", "busy", "bad", "extra")}) == 4
        for tone in ("alarm", "caution"):
            assert styles[tone].bgcolor not in (None, palette.base.bgcolor)


async def test_an_unknown_tone_is_plain_and_a_style_is_itself() -> None:
    widget = table()
    async with on_stage(widget):
        assert widget.palette.tone("no-such-tone") == Style.null()
        assert widget.palette.tone(Style(italic=True)) == Style(italic=True)


def segment_with(text: str, widget: LineTable, y: int) -> Segment:
    return next(segment for segment in widget.render_line(y) if text in segment.text)


async def test_rows_take_the_colours_of_a_new_theme_without_being_set_again() -> None:
    widget = table()
    async with on_stage(widget) as (pilot, _):
        widget.set_rows({"a": Row({"name": Cell("web", "bad")}), "b": Row({"name": Cell("api", "bad")})})
        await pilot.pause()
        dark = segment_with("api", widget, 2).style
        pilot.app.theme = "textual-light"
        await pilot.pause()
        light = segment_with("api", widget, 2).style
        assert dark is not None
        assert light is not None
        assert dark.color != light.color
        assert dark.bgcolor != light.bgcolor


@pytest.mark.parametrize("theme", THEMES)
async def test_the_cursor_is_seen_with_and_without_the_focus(theme: str) -> None:
    widget = table()
    async with on_stage(widget, theme=theme) as (pilot, _):
        widget.set_rows({"a": Row({"name": Cell("web", "bad")}), "b": Row({"name": Cell("api", "bad")})})
        await pilot.pause()
        focused, other = segment_with("web", widget, 1).style, segment_with("api", widget, 2).style
        pilot.app.screen.set_focus(None)
        await pilot.pause()
        blurred = segment_with("web", widget, 1).style
        assert len({focused, other, blurred}) == 3 or theme.startswith("ansi")
        assert focused != other
        assert widget.render_line(1).text.startswith("▸")


async def test_a_theme_may_insist_on_the_text_colour_of_the_cursor() -> None:
    widget = table()
    async with on_stage(widget, theme="ansi-dark") as (pilot, _):
        widget.set_rows({"a": Row({"name": Cell("web", "bad")})})
        await pilot.pause()
        style = segment_with("web", widget, 1).style
        assert style is not None
        assert style.color == widget.palette.insists("lines--cursor").color
        assert style.color != widget.palette.tone("bad").color
