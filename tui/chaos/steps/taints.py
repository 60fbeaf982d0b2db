"""Putting a taint on a node, and taking that one away again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.chaos.guard import FaultRefused
from tui.chaos.need import Need
from tui.chaos.reach import Reach
from tui.chaos.steps.base import Contested, Restored, Step
from tui.chaos.steps.objects import Gone, Ref, against_others, merge, read
from tui.cluster.gateway import Gateway


class AddTaint(Step, frozen=True, tag="taint"):
    """Puts a taint on a node; the others there are left alone, also by the undo."""

    ref: Ref
    key: str
    value: str
    effect: str

    @property
    def needs(self) -> tuple[Need, ...]:
        """To look at the node and to patch it."""
        return self.ref.may("get", "patch")

    @property
    def holds(self) -> str:
        """The taint."""
        return f"the taint {self.key}:{self.effect} of {self.ref}"

    @property
    def node(self) -> str:
        """The node that gets it."""
        return self.ref.name

    async def send(self, reach: Reach, fault: str) -> None:
        """Refused where a taint of that key and effect is there already: its undo would take away theirs."""

        def change(taints: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
            if any(map(self._is_it, taints)):
                raise FaultRefused(f"{self.ref} has a taint {self.key}:{self.effect} already")
            return [*taints, self._taint]

        await self._write(reach.gateway, change)

    async def undo(self, reach: Reach, fault: str, *, force: bool = False) -> Restored:
        """Takes our taint away, and no other."""

        def change(taints: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
            mine = [one for one in taints if self._is_it(one)]
            if mine and mine[0].get("value", "") != self.value and not force:
                raise Contested(f"somebody has changed the taint {self.key} of {self.ref}")
            return [one for one in taints if not self._is_it(one)] if mine else None

        try:
            written = await self._write(reach.gateway, change)
            if not written:
                return Restored.ALREADY
            left = _taints(await read(reach.gateway, self.ref))
        except Gone:
            return Restored.GONE
        if any(map(self._is_it, left)):
            raise Contested(f"the taint {self.key} of {self.ref} was taken away and is back already")
        return Restored.UNDONE

    @property
    def _taint(self) -> dict[str, Any]:
        return {"key": self.key, "value": self.value, "effect": self.effect}

    def _is_it(self, taint: dict[str, Any]) -> bool:
        return taint.get("key") == self.key and taint.get("effect") == self.effect

    async def _write(
        self, gateway: Gateway, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]] | None]
    ) -> bool:
        async def once() -> bool:
            found = await read(gateway, self.ref)
            taints = change(_taints(found))
            if taints is None:
                return False
            await merge(gateway, self.ref, found, {"spec": {"taints": taints or None}})
            return True

        return await against_others(once)


def _taints(node: dict[str, Any]) -> list[dict[str, Any]]:
    return list((node.get("spec") or {}).get("taints") or [])
