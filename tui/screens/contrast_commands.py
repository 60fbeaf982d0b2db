"""The commands of the contrast, each declared once, and what its counters mean."""

from __future__ import annotations

from dataclasses import replace

from tui.screens.commands import Command
from tui.screens.help import HelpLine

START = Command(
    "start_or_stop",
    "s",
    "s",
    "Start",
    "Create a bare pod and a Deployment of one pod, in a namespace of their own",
    button=True,
    chaos=True,
)
STOP_CONTRAST = replace(START, title="End", help="Delete both copies with their namespace")
DELETE_BOTH = Command(
    "stroke('delete')",
    "d",
    "d",
    "Delete",
    "Delete the pod of each at the same moment",
    button=True,
    chaos=True,
)
CRASH_BOTH = Command(
    "stroke('crash')",
    "c",
    "c",
    "Crash",
    "End the program in the pod of each at the same moment",
    button=True,
    chaos=True,
    weight=1,
)
EDIT_BOTH = Command(
    "stroke('edit')",
    "e",
    "e",
    "Edit",
    "Set another image by hand in both: no controller puts it back",
    button=True,
    chaos=True,
)
REAPPLY_ONCE = Command(
    "reapply('once')",
    "r",
    "r",
    "Re-apply",
    "Apply the bare pod's manifest again, by hand: a person was needed",
    button=True,
    chaos=True,
)
REAPPLY_RECONCILED = Command(
    "reapply('reconciled')",
    "R",
    "R",
    "Re-apply Deployment",
    "Apply the Deployment's manifest again, by hand: drift is closed by nothing else",
    button=True,
    chaos=True,
    weight=2,
)
DAY = Command(
    "next_day",
    "t",
    "t",
    "Day",
    "Thirty strokes a day, in turn delete, crash and edit: off, or a day in 2 min, 10 min, 1 h or 24 h",
    button=True,
    chaos=True,
    weight=1,
)
INTERVAL = Command(
    "next_interval",
    "l",
    "l",
    "Loop",
    "Re-apply the bare pod by itself: off, or every 30, 10, 5 or 3 s. Then it is a loop too",
    button=True,
    chaos=True,
    weight=1,
)
LEGEND = (
    HelpLine("", "up", "at least one pod of the copy is ready and not on its way out", always=True),
    HelpLine("", "gap", "the seconds in which it was not, in how many gaps, and the longest", always=True),
    HelpLine("", "drift", "fields otherwise than declared; nothing but a re-apply closes it", always=True),
    HelpLine(
        "", "hand", "how often a person has re-applied it; loop: how often the interval has", always=True
    ),
    HelpLine("", "missed", "strokes that found no pod to hit: what is gone can't be hit again", always=True),
)
