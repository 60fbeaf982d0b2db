"""The context switcher: which cluster to watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.clean import one_line
from tui.cluster.contexts import Context, Nature, kubeconfig_files, read_contexts
from tui.screens.dialog import Dialog
from tui.session.source_news import nature_word
from tui.widgets.glyphs import Glyphs

SANDBOX_CHOICE = "\0sandbox"


@dataclass(frozen=True)
class Offer:
    """One cluster that could be watched."""

    name: str
    server: str
    nature: Nature


def offered_contexts(kubeconfig: str | None) -> list[Offer]:
    """Every context of that kubeconfig, or of the usual ones; ClusterError where they can't be read."""
    contexts = read_contexts(kubeconfig_files(kubeconfig))
    return [Offer(one.name, one.shown_server, _likely_nature(one)) for one in contexts.by_name.values()]


def _likely_nature(context: Context) -> Nature:
    """What a context probably is; only its server can say whether it is a sandbox."""
    is_ours = context.on_loopback and context.name.startswith("gapwatch-sandbox")
    return Nature.SANDBOX if is_ours else context.nature


class ContextsScreen(Dialog[str]):
    """Offers contexts and the sandbox. Gives the chosen name, SANDBOX_CHOICE or None."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]

    def __init__(self, offers: Sequence[Offer], current: str, glyphs: Glyphs, *, read_only: bool) -> None:
        super().__init__()
        self._offers = list(offers)
        self._current = current
        self._glyphs = glyphs
        self._read_only = read_only

    def compose(self) -> ComposeResult:
        """The list, with the current one marked."""
        with Vertical(classes="dialog"):
            yield Static("Watch another cluster", classes="title", markup=False)
            options = [Option(self._prompt(offer), id=str(i)) for i, offer in enumerate(self._offers)]
            ours = Offer("a sandbox of our own", "only in memory", Nature.SANDBOX)
            options.append(Option(self._prompt(ours), id="sandbox"))
            yield OptionList(*options)
            yield Static("enter watches it, esc stays here", classes="hint", markup=False)

    def _prompt(self, offer: Offer) -> Text:
        # A kubeconfig is somebody else's text too; the current name comes cleaned already.
        name = one_line(offer.name)
        mark = f"{self._glyphs.live} " if name == self._current else "  "
        about = f"{nature_word(offer.nature)}, {self._arming(offer.nature)}"
        return Text.assemble(mark, (name, "bold"), " \n  ", about, ("  " + one_line(offer.server), "dim"))

    def _arming(self, nature: Nature) -> str:
        if self._read_only:
            return "read-only"
        return "chaos starts armed" if nature is Nature.SANDBOX else "chaos starts disarmed"

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        chosen = event.option_id
        self.dismiss(SANDBOX_CHOICE if chosen == "sandbox" else self._offers[int(chosen or 0)].name)

    def action_cancel(self) -> None:
        """Stays where we are."""
        self.dismiss(None)
