"""Help: the keys, and what the glyphs mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.commands import Command
from tui.widgets.glyphs import Glyphs

_STORY = (
    "Desired is what was asked for: the spec. Actual is what there is: the pods. The gap between them is closed "
    "by controllers that run one loop for ever: read desired, read actual, compare, take the smallest action, wait. "
    "Delete a pod and watch them do it."
)


class HelpScreen(ModalScreen[None]):
    """Says what can be pressed here, and what is drawn."""

    CSS_PATH = "../styles/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        (key, "dismiss", "Close") for key in ("escape", "question_mark", "q")
    ]

    def __init__(self, commands: Sequence[Command], glyphs: Glyphs) -> None:
        super().__init__()
        self._commands = commands
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The idea, the keys, the legend."""
        with VerticalScroll(classes="dialog wide"):
            yield Static("gapwatch", classes="title", markup=False)
            yield Static(_STORY, markup=False)
            yield Static("Keys", classes="heading", markup=False)
            yield Static(self._keys())
            yield Static("Legend", classes="heading", markup=False)
            yield Static(self._legend())
            yield Static("esc closes", classes="hint", markup=False)

    def _keys(self) -> Table:
        keys = [(command.label, command.title, command.help) for command in self._commands]
        keys.append(("1…9", "Namespace", "Show only that namespace, in alphabetical order"))
        keys.append(("^p", "Palette", "Every command by name"))
        return _grid(keys)

    def _legend(self) -> Table:
        glyphs = self._glyphs
        return _grid(
            [
                (glyphs.ready, "ready", "available, as asked for"),
                (glyphs.starting, "starting", "created, scheduled or running, but not ready"),
                (glyphs.missing, "missing", "asked for, but not created yet"),
                (glyphs.terminating, "terminating", "on its way out; counted apart"),
                (glyphs.surplus, "surplus", "more than asked for, as in a rollout's surge"),
                (glyphs.not_ready, "not ready", "was ready before, and is not now"),
                (
                    glyphs.grade_full * 3,
                    "evidence",
                    f"{glyphs.grade_full * 3} proof, {glyphs.grade_full * 2}{glyphs.grade_empty} a hint, "
                    f"{glyphs.grade_full}{glyphs.grade_empty * 2} a guess about who acted",
                ),
            ]
        )


def _grid(rows: Sequence[tuple[str, str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column()
    for key, title, text in rows:
        grid.add_row(Text(key, "bold"), Text(title), Text(text, "dim"))
    return grid
