"""What we have done ourselves, told to the chronicle at its moment: faults, their undo, and what was applied."""

from __future__ import annotations

from collections.abc import Callable

from tui.chaos.fault import Plan
from tui.session.chronicle import Chronicle
from tui.session.deeds import deed_of


class OwnWrites:
    """`mark` is given the uid of each Deployment of which there is something new to tell."""

    def __init__(self, chronicle: Chronicle, mark: Callable[[str], None]) -> None:
        self._chronicle = chronicle
        self._mark = mark

    def injected(self, plan: Plan, at: float) -> None:
        """A fault was injected."""
        text = f"you {plan.done}"
        for hit in plan.hits:
            victims = hit.pod_uids & plan.ends_pods
            if victims:
                self._chronicle.fault(hit.deployment_uid, victims, text, at)
            else:
                self._chronicle.mark(hit.deployment_uid, text, at)
            self._chronicle.deed(hit.deployment_uid, deed_of(plan, hit, text, at))
            self._mark(hit.deployment_uid)

    def undone(self, plan: Plan, at: float) -> None:
        """It was undone."""
        text = f"undone: {plan.title}"
        for hit in plan.hits:
            self._chronicle.mark(hit.deployment_uid, text, at)
            self._chronicle.undone(hit.deployment_uid, f"you {plan.done}", at)
            self._chronicle.deed(hit.deployment_uid, deed_of(plan, hit, text, at, undoes=True))
            self._mark(hit.deployment_uid)

    def applied(self, deployment_uid: str, fields: int, actor: str, at: float) -> None:
        """So many fields of it were applied as they had been declared."""
        text = f"{actor} applied what was declared: {fields} fields"
        self._chronicle.mark(deployment_uid, text, at)
        self._mark(deployment_uid)
