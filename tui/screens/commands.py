"""Every command is declared once: its key, its button, its palette entry and its line in the help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from textual.binding import Binding

from tui.session.chaos_news import FaultNews


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
    weight: int = 0
    """Where there is no room for all buttons, those with the higher weight give way first."""
    at_right: bool = False
    """Whether its button stands at the right, where it is always to be seen."""
    leads_to_rest: bool = False
    """Whether all the others are found behind it."""
    drift: bool = False
    """Whether it is about what was declared: offered only where something was."""


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
CHAOS = Command(
    "chaos",
    "x",
    "x",
    "Chaos…",
    "Every fault with a preview, and what goes on with an undo each",
    button=True,
    chaos=True,
)
NODE_FAULTS = Command(
    "node_faults",
    "n",
    "n",
    "Node…",
    "The faults that a node can have, with a preview",
    button=True,
    chaos=True,
    weight=1,
)
UNDO = Command(
    "undo",
    "u",
    "u",
    "Undo",
    "Undo the fault that goes on, the one that is told",
    button=True,
    chaos=True,
    weight=2,
)
UNDO_SELECTED = replace(UNDO, help="Undo the selected one of the faults that go on", weight=0)
FORCE = Command(
    "force_undo",
    "f",
    "f",
    "Force",
    "Undo it although others have changed it since: what was recorded is put back",
    button=True,
    chaos=True,
    weight=1,
)
LEAVE = Command(
    "leave",
    "l",
    "l",
    "Leave",
    "Leave it as it is now: it is not undone any more",
    button=True,
    chaos=True,
    weight=1,
)
INJECT = Command(
    "inject", "enter", "enter", "Inject", "Inject exactly what the preview says", button=True, chaos=True
)
STOP = Command(
    "stop_everything",
    "exclamation_mark",
    "!",
    "Stop everything",
    "No new faults from now on, and all lasting ones undone; works everywhere",
    button=True,
    chaos=True,
    at_right=True,
)
DISARM = replace(ARM, title="Disarm", help="Put the safety catch back on")
PLAN = Command(
    "plan",
    "p",
    "p",
    "Plan…",
    "What an apply of what was declared would change, field by field; apply it by hand",
    button=True,
    chaos=True,
    drift=True,
)
APPLY_LOOP = Command(
    "apply_loop",
    "P",
    "P",
    "Apply every…",
    "A GitOps loop in miniature: apply what has drifted every few seconds, or stop that",
    button=True,
    chaos=True,
    weight=1,
    drift=True,
)
DECLARED = Command(
    "show_declared",
    "v",
    "v",
    "Declared",
    "Declared against desired, field by field, and who changed it; or the story again",
    button=True,
    drift=True,
)
OPEN = Command(
    "open_selected", "enter", "enter", "Open", "Open the selected Deployment", button=True, weight=2
)
BACK = Command("back", "escape", "esc", "Back", "Back to the screen before", button=True)
FILTER = Command(
    "filter",
    "slash",
    "/",
    "Filter",
    "Show only Deployments whose name, namespace or why holds this text",
    button=True,
    weight=2,
)
FILTER_HEALS = replace(FILTER, help="Show only heals whose Deployment, kind or cause holds this text")
GAPS_ONLY = Command(
    "gaps_only",
    "ctrl+z",
    "^z",
    "Gaps",
    "Show only Deployments with a gap: fewer available pods than desired; or all again",
    button=True,
    weight=2,
)
SORT = Command("sort_next", "o", "o", "Order", "Sort by the next column; at the end gaps first again")
TURN = Command("sort_other_way", "O", "O", "Turn order", "Sort by the same column the other way round")
ALL_NAMESPACES = Command(
    "namespace(0)", "0", "0", "All namespaces", "Show all namespaces", button=True, weight=2
)
CONTEXT = Command("switch_context", "X", "X", "Context", "Watch another cluster", button=True)
STREAMS = Command(
    "streams",
    "w",
    "w",
    "Streams",
    "How each kind's watch is doing, and what it has lived through",
    button=True,
    weight=2,
)
HEALS = Command(
    "heals",
    "h",
    "h",
    "Heals",
    "Every gap since the start: its phases, how long it took, what it cost",
    button=True,
    weight=2,
)
CONTRAST = Command(
    "contrast",
    "V",
    "V",
    "Contrast",
    "Once against for ever: a bare pod and a Deployment under the same faults, side by side",
    button=True,
    chaos=True,
    weight=2,
)
EXPORT = Command(
    "export",
    "e",
    "e",
    "Export",
    "Write the heals that are shown to a file, as JSON Lines",
    button=True,
    weight=2,
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
    weight=2,
    leads_to_rest=True,
)
HELP = Command("help", "question_mark", "?", "Help", "What is here, its keys and legend", button=True)
TOUR = Command("tour", "t", "t", "Tour", "The idea in five steps, live")
QUIT = Command(
    "quit", "ctrl+q", "^q", "Quit", "Leave; the terminal is put back as it was", button=True, weight=2
)


FAULT_KEYS = frozenset("ceis")
"""What the catalogue's faults are pressed with: whoever does so before it is known is told that it was too early."""
APPS_OWN = (STOP, INJECT)
"""Bound by the app or by one widget, and not by screens."""


def fault_command(fault: FaultNews) -> Command:
    """A fault that has a key on the main screens; what lasts is previewed first."""
    ends = "Previewed first" if fault.lasts_s is not None else "At once. Not undone: replaced"
    return Command(
        f"fault({fault.name!r})",
        fault.key,
        fault.key,
        fault.title,
        f"{fault.does} {ends}",
        button=True,
        chaos=True,
        weight=1,
    )


def bindings(commands: Iterable[Command]) -> list[Binding]:
    """The commands as Textual bindings, their ids being what a keymap can refer to."""
    return [
        Binding(command.key, command.action, command.title, key_display=command.label, id=command.action)
        for command in commands
        if command not in APPS_OWN
    ]
