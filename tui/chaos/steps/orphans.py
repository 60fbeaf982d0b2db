"""Taking a pod out of its owner's sight by a label, and giving it back."""

from __future__ import annotations

from msgspec import structs

from tui.chaos.need import Need
from tui.chaos.reach import Reach
from tui.chaos.steps.base import Contested, Restored
from tui.chaos.steps.fields import SetField
from tui.chaos.steps.objects import Gone, Ref, read


class Orphan(SetField, frozen=True, kw_only=True, tag="orphan"):
    """Sets the label by which `owner` knows the pod. The label alone is no undo: somebody has to adopt the pod."""

    owner: Ref

    @property
    def needs(self) -> tuple[Need, ...]:
        """To look at both, and to patch the pod."""
        return (*super().needs, *self.owner.may("get"))

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """The label as it was; Contested where the owner is gone, for then the pod is nobody's.

        A ReplicaSet of that name has the same template and the same label, whoever created it anew: it adopts the pod.
        """
        found = await super().undo(reach, fault, force=force)
        if found is Restored.GONE or force:
            return found
        try:
            await read(reach.gateway, structs.replace(self.owner, uid=""))
        except Gone:
            raise Contested(
                f"{self.ref} has its label again, but {self.owner} is gone: delete the pod, or leave it as it is"
            ) from None
        return found
