"""Creating one object, and deleting it again: only what carries the mark of its fault."""

from __future__ import annotations

from typing import Any

from tui.chaos.need import Need
from tui.chaos.reach import Reach
from tui.chaos.steps.base import Restored, Step
from tui.chaos.steps.objects import CONFLICT, Gone, Ref, read
from tui.clean import PlainError
from tui.cluster.errors import Refused
from tui.cluster.gateway import Gateway

FAULT_ANNOTATION = "gapwatch/fault"
"""What we create carries it, with the fault's id: nothing else of that name is ever deleted by us."""


class Create(Step, frozen=True, tag="create"):
    """Creates one object, marked as this fault's; the undo deletes it, if it is still that one."""

    ref: Ref
    """Its uid is not known before it has been created, and stays ""."""
    document: dict[str, Any]

    @property
    def needs(self) -> tuple[Need, ...]:
        """To create it, and for the undo to look at it and to delete it."""
        return self.ref.may("create", "get", "delete")

    @property
    def holds(self) -> str:
        """The name."""
        return str(self.ref)

    async def send(self, reach: Reach, fault: str) -> None:
        """Refused (409) where something of that name is there already, unless it is this fault's own."""
        marked = {**(self.document.get("metadata") or {}), "name": self.ref.name}
        marked["annotations"] = {**(marked.get("annotations") or {}), FAULT_ANNOTATION: fault}
        document = {**self.document, "metadata": marked}
        try:
            await reach.gateway.create(self.ref.resource, document, namespace=self.ref.namespace or None)
        except Refused as error:
            if error.code != CONFLICT or not await self._is_there(reach.gateway, fault):
                raise

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """Deletes what carries this fault's mark, by its uid; what does not is not ours."""
        try:
            found = await read(reach.gateway, self.ref)
        except Gone:
            return Restored.ALREADY
        meta = found.get("metadata") or {}
        if (meta.get("annotations") or {}).get(FAULT_ANNOTATION) != fault:
            return Restored.GONE
        try:
            await reach.gateway.delete(
                self.ref.resource,
                self.ref.name,
                namespace=self.ref.namespace or None,
                uid=str(meta.get("uid")),
            )
        except Refused as error:
            if not error.is_not_found:
                raise
        if await self._is_left(reach.gateway, str(meta.get("uid"))):
            raise PlainError(f"{self.ref} was deleted, and is there still")
        return Restored.UNDONE

    async def _is_left(self, gateway: Gateway, uid: str) -> bool:
        """Whether that very object is there, and not on its way out: finalizers and namespaces take their time."""
        try:
            meta = (await read(gateway, self.ref))["metadata"]
        except Gone:
            return False
        return meta["uid"] == uid and not meta.get("deletionTimestamp")

    async def _is_there(self, gateway: Gateway, fault: str) -> bool:
        found = await read(gateway, self.ref)
        annotations = (found.get("metadata") or {}).get("annotations") or {}
        return bool(annotations.get(FAULT_ANNOTATION) == fault)
