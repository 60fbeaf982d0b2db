"""What every dialog has in common: whoever has a mouse only gets out of it too."""

from __future__ import annotations

from typing import TypeVar

from textual import events, on
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A box over the screen that asked for it; a click beside it is esc: it closes with no answer."""

    @on(events.Click)
    def _close_from_beside(self, event: events.Click) -> None:
        # What bubbles up from the box says that it is from us too.
        widget, _ = self.get_widget_at(*event.screen_offset)
        if widget is self:
            self.dismiss(None)
