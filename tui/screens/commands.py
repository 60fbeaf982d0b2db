"""Every command is declared once: its key, its button, its palette entry and its line in the help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Command:
    """`action` is Textual's action; `label` is the key as people read it; `button` puts it on the action bar."""

    action: str
    key: str
    label: str
    title: str
    help: str
    button: bool = False
    chaos: bool = False
    """Changes a cluster: not bound at all with --read-only."""


DELETE_POD = Command(
    "delete_pod",
    "d",
    "d",
    "Delete pod",
    "Delete the selected pod, or a random one of the selected Deployment. Not undone: replaced",
    button=True,
    chaos=True,
)
ARM = Command(
    "arm",
    "a",
    "a",
    "Arm",
    "Take the safety catch off this context: from then on faults are real",
    button=True,
    chaos=True,
)
DISARM = replace(ARM, title="Disarm", help="Put the safety catch back on")
OPEN = Command("open_selected", "enter", "enter", "Open", "Open the selected Deployment", button=True)
BACK = Command("back", "escape", "esc", "Back", "Back to the screen before", button=True)
FILTER = Command(
    "filter",
    "slash",
    "/",
    "Filter",
    "Show only Deployments whose name, namespace or why holds this text",
    button=True,
)
FILTER_HEALS = replace(FILTER, help="Show only heals whose Deployment, kind or cause holds this text")
GAPS_ONLY = Command(
    "gaps_only",
    "ctrl+z",
    "^z",
    "Gaps",
    "Show only Deployments with a gap: fewer available pods than desired; or all again",
    button=True,
)
SORT = Command("sort_next", "o", "o", "Order", "Sort by the next column; at the end gaps first again")
TURN = Command("sort_other_way", "O", "O", "Turn order", "Sort by the same column the other way round")
ALL_NAMESPACES = Command("namespace(0)", "0", "0", "All namespaces", "Show all namespaces", button=True)
CONTEXT = Command("switch_context", "x", "x", "Context", "Watch another cluster", button=True)
STREAMS = Command(
    "streams",
    "w",
    "w",
    "Streams",
    "How each kind's watch is doing, and what it has lived through",
    button=True,
)
HEALS = Command(
    "heals",
    "h",
    "h",
    "Heals",
    "Every gap since the start: its phases, how long it took, what it cost",
    button=True,
)
EXPORT = Command(
    "export",
    "e",
    "e",
    "Export",
    "Write the heals that are shown to a file, as JSON Lines",
    button=True,
)
EXPORT_TABLE = Command(
    "export_table",
    "E",
    "E",
    "Export as CSV",
    "Write the heals that are shown to a file, as a table",
)
PALETTE = Command(
    "command_palette",
    "colon",
    ":",
    "Commands",
    "Every command by name, themes among them (also ctrl+p)",
    button=True,
)
HELP = Command("help", "question_mark", "?", "Help", "Keys and the legend of the glyphs", button=True)
QUIT = Command("quit", "ctrl+q", "^q", "Quit", "Leave; the terminal is put back as it was", button=True)


def bindings(commands: Iterable[Command]) -> list[Binding]:
    """The commands as Textual bindings, their ids being what a keymap can refer to."""
    return [
        Binding(command.key, command.action, command.title, key_display=command.label, id=command.action)
        for command in commands
    ]
