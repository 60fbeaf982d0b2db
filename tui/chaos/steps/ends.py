"""Steps that end a pod or another object. They have no undo: a controller replaces what went."""

from __future__ import annotations

from tui.chaos.need import Need
from tui.chaos.reach import Reach
from tui.chaos.steps.base import Final
from tui.chaos.steps.objects import Ref


class Delete(Final, frozen=True, tag="delete"):
    """Deletes that very object; `grace_s` 0 is a forced delete."""

    ref: Ref
    grace_s: int | None = None

    @property
    def needs(self) -> tuple[Need, ...]:
        """To delete."""
        return self.ref.may("delete")

    async def send(self, reach: Reach, fault: str) -> None:
        """A DELETE on condition that the uid is still the planned one."""
        ref = self.ref
        await reach.gateway.delete(
            ref.resource, ref.name, namespace=ref.namespace or None, uid=ref.uid, grace_s=self.grace_s
        )


class Evict(Final, frozen=True, tag="evict"):
    """Has that very pod evicted. `patient`: a budget's no is asked again until the fault ends."""

    ref: Ref
    patient: bool = False

    @property
    def needs(self) -> tuple[Need, ...]:
        """To create an eviction."""
        return self.ref.may("create", subresource="eviction")

    async def send(self, reach: Reach, fault: str) -> None:
        """Through the eviction API, which respects PodDisruptionBudgets."""
        await reach.gateway.evict(self.ref.namespace, self.ref.name, uid=self.ref.uid)
