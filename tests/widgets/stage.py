"""An app with nothing in it but the widget under test, and an ear for what that widget says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

HOSTILE = ("[@click=app.bell]x", "[/x]", "[b", "[bold red]y[/]", "\\[x")
"""Texts that would press buttons, raise or vanish if anything took them for markup."""


class Stage(App[None]):
    """Shows one widget, focused if it can be."""

    def __init__(self, widget: Widget, theme: str = "textual-dark") -> None:
        super().__init__()
        self._widget = widget
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield self._widget

    def on_mount(self) -> None:
        if self._widget.focusable:
            self._widget.focus()


@dataclass
class Ear:
    """Keeps every message of some types once, in the order they were posted."""

    types: tuple[type[Message], ...]
    heard: list[Any] = field(default_factory=list)

    def __call__(self, message: Message) -> None:
        if isinstance(message, self.types) and not any(message is known for known in self.heard):
            self.heard.append(message)


@asynccontextmanager
async def on_stage(
    widget: Widget, *types: type[Message], size: tuple[int, int] = (80, 12), theme: str = "textual-dark"
) -> AsyncIterator[tuple[Pilot[None], list[Any]]]:
    """The widget in a running app; yields its pilot and the messages of these types, as they come in."""
    ear = Ear(types)
    async with Stage(widget, theme).run_test(size=size, message_hook=ear) as pilot:
        await pilot.pause()
        yield pilot, ear.heard


def shown(widget: Widget) -> list[str]:
    """The widget's lines as plain text, without blanks at their ends."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]
