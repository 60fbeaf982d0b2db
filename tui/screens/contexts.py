"""The context switcher: which cluster to watch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.clean import one_line

SANDBOX_CHOICE = "\0sandbox"


class ContextsScreen(ModalScreen[str | None]):
    """Offers contexts as (name, server) and the sandbox. Gives the chosen name, SANDBOX_CHOICE or None."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]

    def __init__(self, contexts: Sequence[tuple[str, str]], current: str) -> None:
        super().__init__()
        self._contexts = list(contexts)
        self._current = current

    def compose(self) -> ComposeResult:
        """The list, with the current one marked."""
        with Vertical(classes="dialog"):
            yield Static("Watch another cluster", classes="title", markup=False)
            options = [
                Option(self._prompt(name, server), id=str(i))
                for i, (name, server) in enumerate(self._contexts)
            ]
            options.append(Option(Text("a sandbox of our own  in memory, nothing to install"), id="sandbox"))
            yield OptionList(*options)
            yield Static("Chaos starts disarmed there.", classes="hint", markup=False)

    def _prompt(self, name: str, server: str) -> Text:
        # A kubeconfig is somebody else's text too; the current name comes cleaned already.
        name = one_line(name)
        mark = "● " if name == self._current else "  "
        return Text.assemble(mark + name, "  ", (one_line(server), "dim"))

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        chosen = event.option_id
        self.dismiss(SANDBOX_CHOICE if chosen == "sandbox" else self._contexts[int(chosen or 0)][0])

    def action_cancel(self) -> None:
        """Stays where we are."""
        self.dismiss(None)
