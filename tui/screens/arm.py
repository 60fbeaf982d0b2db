"""The safety catch: asked before faults become real."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static


class ArmScreen(ModalScreen[str | None]):
    """Asks for consent, and on a real cluster for its context's name. Gives what was typed, or None."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]

    typed = getters.query_one(Input)

    def __init__(self, context: str, nature: str, *, must_type: bool) -> None:
        super().__init__()
        self._context_name = context
        self._nature = nature
        self._must_type = must_type

    def compose(self) -> ComposeResult:
        """The question, the name where it is asked for, and two buttons."""
        with Vertical(classes="dialog"):
            yield Static(f"Arm chaos on {self._context_name}?", classes="title", markup=False)
            yield Static(
                f"It is a {self._nature}. From here on faults are real: pods will be deleted there when you "
                "press the button. Protected namespaces stay protected; switching the context disarms.",
                markup=False,
            )
            if self._must_type:
                yield Static("Type the context's name to arm it:", markup=False, classes="label")
                yield Input(placeholder=self._context_name)
            with Horizontal(classes="buttons"):
                yield Button("Arm", id="arm", variant="warning", disabled=self._must_type)
                yield Button("Cancel", id="cancel")

    @on(Input.Changed)
    def _compare(self, event: Input.Changed) -> None:
        self.query_one("#arm", Button).disabled = event.value != self._context_name

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if event.value == self._context_name:
            self.dismiss(event.value)

    @on(Button.Pressed, "#arm")
    def _arm(self) -> None:
        self.dismiss(self.typed.value if self._must_type else "")

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leaves everything as it was."""
        self.dismiss(None)
