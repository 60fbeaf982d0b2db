"""What every step is: plain data that knows how to do itself, and how to undo itself exactly."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tui.chaos.need import Need
from tui.chaos.reach import Reach
from tui.clean import PlainError


class Restored(StrEnum):
    """How an undo found things."""

    UNDONE = "undone"
    ALREADY = "was so already"
    GONE = "what was changed is gone"


class Contested(PlainError):
    """Somebody else has changed the field since: nothing was undone, a person has to say what holds."""


class Step(msgspec.Struct, frozen=True, tag_field="step"):
    """One write. `fault` is the id of the fault it belongs to, as the journal has it."""

    @property
    def undoable(self) -> bool:
        """Whether it leaves something behind that an undo has to take away."""
        return True

    @property
    def needs(self) -> tuple[Need, ...]:
        """The rights for what it sends, its undo included: whoever may do it must be able to take it back."""
        return ()

    @property
    def holds(self) -> str:
        """What no other fault may change before this one is undone, in words; "" where others do no harm."""
        return ""

    @property
    def node(self) -> str:
        """The node that it is done to, or ""."""
        return ""

    async def send(self, reach: Reach, fault: str) -> None:
        """Does it; raises FaultRefused when things are not as planned, else what the gateway raises."""
        raise NotImplementedError

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """Restores what was before; Contested when others have been there, unless `force`."""
        raise NotImplementedError


class Final(Step, frozen=True):
    """A step with no undo: what it ends is replaced by a controller, not restored."""

    @property
    def undoable(self) -> bool:
        """Never."""
        return False

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """There is nothing to do."""
        return Restored.ALREADY
