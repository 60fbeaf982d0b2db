"""What we did to a Deployment, for as long as a gap may come of it: our own write is the best evidence there is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tui.chaos import catalogue
from tui.chaos.fault import Hit, Plan
from tui.chaos.steps import SetField
from tui.cluster.gateway import FIELD_MANAGER
from tui.cluster.kinds import NODES, REPLICASETS
from tui.reconcile.evidence import OWN_WRITE, SOMEONE, YOU, Grade, Step
from tui.reconcile.heal import HealKind

FRAMES_LEAD_S = 5.0
"""So long before the answers to all our requests have come can their first consequence be seen."""
FELT_FOR_S = 30.0
"""So long after what is done at once can a pod show it, and after an undo what that fault still did."""
WRITES_LEAD_S = 1.0
"""So long before the answer to a single write can the frame come that shows it."""
WRITES_SHOW_WITHIN_S = 5.0
"""So long after the answer can it come."""
SHOWS_WITHIN_S = 5.0
"""A loss that is seen so soon after our deed began with it: until then nobody had noticed."""
_MOVING = (("spec", "replicas"), ("spec", "template"))
_NAMED = (NODES.resource.plural, REPLICASETS.resource.plural)


@dataclass(frozen=True)
class Deed:
    """One fault of ours, or its undo, done `at` that moment (monotonic seconds)."""

    at: float
    text: str
    """What "you" did, as it stands on the chart."""
    pods: frozenset[str] = frozenset()
    """The pods, by uid, that may be lost by it, without our having asked for their end."""
    moves: bool = False
    """Whether it asked for another number or another template."""
    objects: frozenset[str] = frozenset()
    """The names of what else it wrote to: nodes, ReplicaSets."""
    kind: HealKind = HealKind.FAULT
    """What a loss by it is."""
    until: float | None = 0.0
    """Until when pods may be lost by it; None while it goes on."""

    def explains_loss(self, pod_uids: Iterable[str], opened: float) -> bool:
        """Whether the loss of one of these pods, seen at that moment, is its doing."""
        return self._covers(opened) and not self.pods.isdisjoint(pod_uids)

    def explains_move(self, began: float) -> bool:
        """Whether a rollout or scaling that was first seen at that moment is its doing."""
        return self.moves and self.is_about(began)

    def over(self, at: float) -> Deed:
        """The same, undone at that moment."""
        return replace(self, until=at + FELT_FOR_S)

    def tells(self, step: Step) -> Step:
        """The step, as ours if it was: what bears our name, or what somebody did to what we wrote to."""
        anonymous = step.actor == SOMEONE and any(
            re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", step.text) for name in self.objects
        )
        if step.actor != FIELD_MANAGER and not anonymous:
            return step
        return replace(step, actor=YOU, grade=Grade.PROOF, evidence=OWN_WRITE)

    def is_about(self, at: float) -> bool:
        """Whether what was seen at that moment may be what we wrote itself."""
        return self.at - WRITES_LEAD_S <= at <= self.at + WRITES_SHOW_WITHIN_S

    def _covers(self, moment: float) -> bool:
        return self.at - FRAMES_LEAD_S <= moment and (self.until is None or moment <= self.until)


def deed_of(plan: Plan, hit: Hit, text: str, at: float, *, undoes: bool = False) -> Deed:
    """What that plan, which was carried out (or undone) at that moment, is for one of the Deployments it hits."""
    refs = [step.ref for step in plan.steps if hasattr(step, "ref")]
    moves = any(
        isinstance(step, SetField) and step.ref.uid == hit.deployment_uid and step.pointer[:2] in _MOVING
        for step in plan.steps
    )
    return Deed(
        at,
        text,
        pods=frozenset() if undoes else hit.pod_uids - plan.ends_pods,
        moves=moves,
        objects=frozenset(ref.name for ref in refs if ref.plural in _NAMED),
        kind=HealKind.NODE_LOSS if catalogue.find(plan.fault).loses_nodes else HealKind.FAULT,
        until=None if plan.lasting and not undoes else at + FELT_FOR_S,
    )
