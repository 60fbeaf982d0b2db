"""The single writes that faults are made of: each knows how to do itself, and how to undo itself exactly.

Steps are plain data, so that the journal can hold them: what a gapwatch that was killed left behind is undone by the
next one from what stands there. An undo reads before it writes and afterwards, so it can be done any number of times.
"""

from __future__ import annotations

from tui.chaos.steps.base import Contested, Restored, Step
from tui.chaos.steps.creations import Create
from tui.chaos.steps.ends import Delete, Evict
from tui.chaos.steps.fields import SetField
from tui.chaos.steps.machines import FillDisk, PauseMachine
from tui.chaos.steps.objects import Gone, Ref
from tui.chaos.steps.orphans import Orphan
from tui.chaos.steps.programs import Poke, Run, Speak
from tui.chaos.steps.taints import AddTaint

AnyStep = (
    Delete | Evict | SetField | Orphan | AddTaint | Create | Speak | Run | Poke | PauseMachine | FillDisk
)
"""What a journal line can hold."""

__all__ = [
    "AddTaint",
    "AnyStep",
    "Contested",
    "Create",
    "Delete",
    "Evict",
    "FillDisk",
    "Gone",
    "Orphan",
    "PauseMachine",
    "Poke",
    "Ref",
    "Restored",
    "Run",
    "SetField",
    "Speak",
    "Step",
]
