"""Taking a fault back: its steps in reverse, each to what the journal says it was before."""

from __future__ import annotations

from tui.chaos.journal import Entry
from tui.chaos.reach import Reach
from tui.chaos.steps import AnyStep, Contested, Restored
from tui.clean import PlainError


class MayArrive(PlainError):
    """A write that was not answered has left no trace, and may arrive yet: that is no undo."""


async def undo(entry: Entry, reach: Reach, *, force: bool = False, unanswered: AnyStep | None = None) -> str:
    """Undoes every step that can be, and says what was found; safe to do any number of times.

    All steps are tried even where one can't be undone. Raises the first Contested there was, else the first other
    error, always a PlainError: the fault is outstanding still. Of a step that is `unanswered` yet, no trace is no end.
    """
    contested: list[Contested] = []
    failed: list[PlainError] = []
    found: list[Restored] = []
    for step in reversed(entry.steps):
        if not step.undoable:
            continue
        try:
            how = await step.undo(reach, entry.id, force=force)
            if how is Restored.ALREADY and step is unanswered:
                raise MayArrive("no answer came, and nothing of it is there: it may arrive yet")
            found.append(how)
        except Contested as error:
            contested.append(error)
        except PlainError as error:
            failed.append(error)
        except Exception as error:
            failed.append(PlainError(f"gapwatch itself failed: {type(error).__name__}"))
    if contested or failed:
        raise [*contested, *failed][0]
    return _told(found)


def _told(found: list[Restored]) -> str:
    """What was found, in words: the least usual of it."""
    if found and all(one is Restored.GONE for one in found):
        return "nothing to undo: what was changed is gone"
    if found and all(one is not Restored.UNDONE for one in found):
        return "nothing to undo: all was as before already"
    return "undone"
