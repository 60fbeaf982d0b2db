"""The safety catch: asked before faults become real."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from tui.cluster.contexts import Nature
from tui.screens.dialog import Dialog

_STAKES = {
    Nature.SANDBOX: "This is the sandbox: it is only in memory, and nothing that anybody needs can be lost.",
    Nature.LOCAL: "This is a local cluster on this machine. Its pods will really be deleted.",
    Nature.REAL: "This is a real cluster, and people may depend on it. Its pods will really be deleted.",
}
_RULES = (
    "Arming alone deletes nothing: it lets the button work until you disarm or switch the context. "
    "Protected namespaces stay protected."
)


class ArmScreen(Dialog[str]):
    """Asks for consent, and on a real cluster for its context's name. Gives what was typed, or None.

    `purpose` is what is to be done once it is armed, such as "delete a pod of shop/web", or "".
    """

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]

    typed = getters.query_one(Input)
    button = getters.query_one("#arm", Button)
    complaint = getters.query_one("#complaint", Static)

    def __init__(self, context: str, nature: Nature, *, must_type: bool, purpose: str = "") -> None:
        super().__init__()
        self._context_name = context
        self._nature = nature
        self._must_type = must_type
        self._purpose = purpose

    def compose(self) -> ComposeResult:
        """The question, the name where it is asked for, and two buttons."""
        with Vertical(classes="dialog"):
            yield Static(f"Arm chaos on {self._context_name}?", classes="title", markup=False)
            if self._purpose:
                yield Static(f"It has to be armed to {self._purpose}.", classes="purpose", markup=False)
            yield Static(f"{_STAKES[self._nature]} {_RULES}", markup=False)
            if self._must_type:
                yield Static("Type the context's name to arm it:", markup=False, classes="label")
                yield Input(placeholder=self._context_name)
                yield Static("", id="complaint", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Arm", id="arm", variant="warning", disabled=self._must_type)
                yield Button("Cancel", id="cancel")

    @on(Input.Changed)
    def _compare(self, event: Input.Changed) -> None:
        self.button.disabled = event.value != self._context_name
        self.complaint.update("")

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if event.value == self._context_name:
            self.dismiss(event.value)
        else:
            self.complaint.update(f'that is not "{self._context_name}"')

    @on(Button.Pressed, "#arm")
    def _arm(self) -> None:
        self.dismiss(self.typed.value if self._must_type else "")

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leaves everything as it was."""
        self.dismiss(None)
