"""Setting one field of an object, and setting it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tui.chaos.guard import FaultRefused
from tui.chaos.need import Need
from tui.chaos.pointers import Value, as_merge, fetch
from tui.chaos.quantities import amount
from tui.chaos.reach import Reach
from tui.chaos.steps.base import Contested, Restored, Step
from tui.chaos.steps.objects import Gone, Ref, against_others, merge, read
from tui.clean import one_line
from tui.cluster.gateway import Gateway

_AMOUNTS = ("requests", "limits")
"""Maps whose values are quantities."""


class SetField(Step, frozen=True, tag="set"):
    """Sets one field. `pointer` leads to it, "name=web" chooses from a list; () is absent, (value,) is there."""

    ref: Ref
    pointer: tuple[str, ...]
    before: Value
    after: Value
    subresource: str = ""

    @property
    def undoable(self) -> bool:
        """Not where it was so before: then nothing is changed, and it stays as it was."""
        return not self._same(self.before, self.after)

    @property
    def needs(self) -> tuple[Need, ...]:
        """To look at it and to patch it."""
        return self.ref.may("get", "patch", subresource=self.subresource)

    @property
    def holds(self) -> str:
        """The field."""
        return self.what if self.undoable else ""

    @property
    def node(self) -> str:
        """The node whose field it is, or ""."""
        return self.ref.node

    async def send(self, reach: Reach, fault: str) -> None:
        """Only where the field still is as it was when this was planned: what others set is not ours to undo."""

        def wanted(found: Value) -> Value | None:
            if not self._same(found, self.before):
                raise FaultRefused(
                    f"{self.what} is {told(found)} by now, not {told(self.before)}: plan again"
                )
            return self.after if self.undoable else None

        await self._write(reach.gateway, wanted)

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """Back to what it was, and a read that proves it."""

        def wanted(found: Value) -> Value | None:
            if self._same(found, self.before):
                return None
            if not self._same(found, self.after) and not force:
                raise Contested(
                    f"{self.what} was {told(self.before)}, we made it {told(self.after)}, and now it is {told(found)}"
                )
            return self.before

        try:
            written = await self._write(reach.gateway, wanted)
            if not written:
                return Restored.ALREADY
            now = fetch(await self._read(reach.gateway), self.pointer)
        except Gone:
            return Restored.GONE
        if not self._same(now, self.before):
            raise Contested(f"{self.what} was set back to {told(self.before)} and is {told(now)} already")
        return Restored.UNDONE

    @property
    def what(self) -> str:
        """The field in words."""
        return f"{'.'.join(one.removeprefix('name=') for one in self.pointer)} of {self.ref}"

    def _same(self, one: Value, other: Value) -> bool:
        """Whether the two mean the same: an API server writes amounts in its own way."""
        if one == other:
            return True
        if not (one and other and len(self.pointer) > 1 and self.pointer[-2] in _AMOUNTS):
            return False
        number = amount(str(one[0]))
        return number is not None and number == amount(str(other[0]))

    async def _read(self, gateway: Gateway) -> dict[str, Any]:
        return await read(gateway, self.ref, self.subresource)

    async def _write(self, gateway: Gateway, wanted: Callable[[Value], Value | None]) -> bool:
        async def once() -> bool:
            found = await self._read(gateway)
            value = wanted(fetch(found, self.pointer))
            if value is None:
                return False
            patch = as_merge(found, self.pointer, value)
            await merge(gateway, self.ref, found, patch, self.subresource)
            return True

        return await against_others(once)


def told(value: Value) -> str:
    """A field's value in a few words."""
    if not value:
        return "not set"
    text = one_line(msgspec.json.encode(value[0]).decode())
    return text if len(text) <= 60 else f"{text[:59]}…"
