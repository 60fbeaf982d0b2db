"""Whether a plan may be carried out as things are now: the guard, the rights, its nodes, the world, other faults."""

from __future__ import annotations

from collections.abc import Callable

from tui.chaos import catalogue
from tui.chaos.fault import Aim, Plan
from tui.chaos.faults.nodes import swept
from tui.chaos.guard import FaultRefused, Guard
from tui.chaos.journal import Entry, Journal
from tui.chaos.keeper import Keeper
from tui.chaos.rights import Rights
from tui.chaos.sight import Sight, node_ref
from tui.world import World


class StillOpen(FaultRefused):
    """No new fault on a gap that is open: the one refusal that one may insist against."""


class Clearance:
    """One source's. `is_here`: whether a fault was injected into this very cluster. `doubt`: as the desk has it."""

    def __init__(
        self,
        guard: Guard,
        rights: Rights,
        world: World,
        sight: Sight,
        keeper: Keeper,
        journal: Journal,
        is_here: Callable[[Entry], bool],
        doubt: Callable[[], str],
    ) -> None:
        self._guard = guard
        self._rights = rights
        self._world = world
        self._sight = sight
        self._keeper = keeper
        self._journal = journal
        self._is_here = is_here
        self._doubt = doubt
        self.is_closing = False

    async def require(self, plan: Plan, *, anyway: bool) -> None:
        """FaultRefused for the first no. `anyway`: also where a gap is open already."""
        self.require_guard(plan)
        armed_since = self._guard.armed_since
        await self._rights.require(plan.rights)
        await self._rights.require_consent(plan.asks_consent_of)
        await self._ask_nodes(plan)
        # Both the safety catch and the world may have moved while we asked.
        self.require_guard(plan)
        if self._guard.armed_since != armed_since:
            raise FaultRefused("disarmed meanwhile")
        self._ask_world(plan, anyway=anyway)

    def require_guard(self, plan: Plan) -> None:
        """The safety catch alone, asked again before each single step: it may come back at any time."""
        if self.is_closing:
            raise FaultRefused("gapwatch is ending")
        objection = self._guard.objection(*plan.namespaces)
        if objection:
            raise FaultRefused(objection)
        for node in plan.nodes:
            self._sight.node(node)

    async def _ask_nodes(self, plan: Plan) -> None:
        """Whether its nodes may be touched still, and who stands on them by now: pods move, and people label nodes."""
        for name in plan.nodes:
            whole = await self._sight.whole(node_ref(self._sight.node(name)))
            objection = self._guard.labels_objection(name, whole["metadata"].get("labels") or {})
            if objection:
                raise FaultRefused(objection)
        if plan.sweep is not None:
            pods = await swept(self._sight, plan.sweep)
            await self._rights.require_consent(sorted({pod.namespace for pod in pods} - {*plan.namespaces}))

    def _ask_world(self, plan: Plan, *, anyway: bool) -> None:
        """Whether things still are what the plan was made for; a uid alone does not tell."""
        doubt = self._doubt()
        if doubt:
            raise FaultRefused(doubt)
        self._ask_the_running(plan)
        for hit in plan.hits if plan.target.aim is Aim.DEPLOYMENT else ():
            deployment = self._world.deployments.by_uid.get(hit.deployment_uid)
            objection = catalogue.find(plan.fault).objection(deployment) if deployment is not None else ""
            if objection:
                raise FaultRefused(objection)
            there = {pod.metadata.uid: pod for pod in self._world.pods_of(hit.deployment_uid)}
            for uid, name in plan.victims:
                if uid not in hit.pod_uids:
                    continue
                pod = self._world.pods.by_uid.get(uid)
                if pod is None or not pod.active:
                    raise FaultRefused(f"pod {name} is gone already")
                if uid not in there:
                    raise FaultRefused(f"pod {name} does not belong to {hit.name} any more")
        if anyway or not catalogue.find(plan.fault).steady:
            return
        still = [hit.key for hit in plan.hits if self._sight.is_open(hit.deployment_uid)]
        if still:
            more = f" and {len(still) - 3} more" if len(still) > 3 else ""
            raise StillOpen(f"the gap of {', '.join(still[:3])}{more} is open still")

    def _ask_the_running(self, plan: Plan) -> None:
        """Two faults on one field could not be undone in any order."""
        wanted = {step.holds for step in plan.steps} - {""}
        for running in self._keeper.running.values():
            for held in wanted & {step.holds for step in running.entry.steps}:
                raise FaultRefused(f"{held} is changed already: {running.plan.title}: undo that first")
        if not wanted:
            return
        for entry in (one.entry for one in self._journal.outstanding()):
            if entry.run == self._journal.run or entry.ephemeral or not self._is_here(entry):
                continue
            for held in wanted & {step.holds for step in entry.steps}:
                whose = "by another gapwatch" if self._journal.lives(entry.run) else "and was left behind"
                raise FaultRefused(
                    f"{held} is changed already {whose}: {entry.title} (fault {entry.id}): undo that first"
                )
