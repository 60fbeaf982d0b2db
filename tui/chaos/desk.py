"""The chaos desk: every press of a button passes the guard, the access review and the plan, in this order."""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from tui.chaos import delete_pod
from tui.chaos.delete_pod import Plan
from tui.chaos.guard import FaultRefused, Guard
from tui.cluster import access
from tui.cluster.access import Permission
from tui.cluster.connection import Connection
from tui.cluster.errors import Refused
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import PODS
from tui.world import World

REMEMBERED_VICTIMS = 1000


@dataclass(frozen=True)
class Injected:
    """A fault that the API server has accepted, `at` that moment (monotonic seconds)."""

    plan: Plan
    at: float


@dataclass
class ChaosDesk:
    """One source's desk. Permissions are asked for once a namespace, and kept."""

    connection: Connection
    gateway: Gateway
    guard: Guard
    world: World
    rng: random.Random = field(default_factory=random.Random)
    clock: Callable[[], float] = time.monotonic
    doubt: Callable[[], str] = lambda: ""
    """Why what the world says must not be acted upon now, or ""."""

    def __post_init__(self) -> None:
        self._permissions: dict[str, Permission] = {}
        self._victims: OrderedDict[str, None] = OrderedDict()

    def is_ours(self, pod_uid: str) -> bool:
        """Whether we asked for the end of that pod."""
        return pod_uid in self._victims

    def known_permission(self, namespace: str) -> Permission | None:
        """The answer of the access review for deleting pods there, if it has been asked."""
        return self._permissions.get(namespace)

    async def permission(self, namespace: str) -> Permission:
        """Asks the API server, once, whether pods may be deleted there; a failed review is asked again."""
        known = self._permissions.get(namespace)
        if known is None or not known.allowed:
            known = await access.review(self.connection, "delete", PODS.resource, namespace=namespace)
            self._permissions[namespace] = known
        return known

    def objection(self, namespace: str) -> str:
        """Why the button is off for that namespace, or ""; unknown rights are an objection too."""
        guarded = self.guard.objection(namespace)
        if guarded:
            return guarded
        known = self._permissions.get(namespace)
        if known is None:
            return "asking the API server for permission"
        return "" if known.allowed else known.why

    def plan_delete(
        self, deployment_uid: str, *, pod_name: str | None = None, pod_uid: str | None = None
    ) -> Plan:
        """Who would be deleted: the pod of that name, the very pod of that uid, or a random one; sends nothing."""
        deployment = self.world.deployments.by_uid.get(deployment_uid)
        if deployment is None:
            raise FaultRefused("that Deployment is gone")
        pods = self.world.pods_of(deployment_uid)
        if pod_uid is not None:
            chosen = next((pod for pod in pods if pod.metadata.uid == pod_uid), None)
            if chosen is None:
                raise FaultRefused("the selected pod is gone already")
            pods, pod_name = [chosen], chosen.metadata.name
        return delete_pod.plan(deployment, pods, pod_name=pod_name, rng=self.rng)

    async def delete_pod(self, plan: Plan) -> Injected:
        """Injects it; FaultRefused when the guard, the rights or the world say no, Refused when the server does."""
        self._ask_guard(plan.namespace)
        permission = await self.permission(plan.namespace)
        if not permission.allowed:
            raise FaultRefused(permission.why)
        # Both the safety catch and the world may have moved while we asked.
        self._ask_guard(plan.namespace)
        self._ask_world(plan)
        # Before it is sent: the watch may tell of its end sooner than the answer comes.
        self._remember(plan.pod_uid)
        try:
            await delete_pod.inject(self.gateway, plan)
        except Refused as error:
            self._victims.pop(plan.pod_uid, None)  # whoever ends it later, it is not our doing
            if error.code == 403:
                self._permissions.pop(plan.namespace, None)  # the yes of the access review holds no more
            raise
        return Injected(plan, self.clock())

    def _ask_guard(self, namespace: str) -> None:
        guarded = self.guard.objection(namespace)
        if guarded:
            raise FaultRefused(guarded)

    def _ask_world(self, plan: Plan) -> None:
        """Whether the victim is still what it was chosen for; a uid alone does not tell."""
        doubt = self.doubt()
        if doubt:
            raise FaultRefused(doubt)
        pod = self.world.pods.by_uid.get(plan.pod_uid)
        if pod is None or not pod.active:
            raise FaultRefused(f"pod {plan.pod} is gone already")
        if all(one.metadata.uid != plan.pod_uid for one in self.world.pods_of(plan.deployment_uid)):
            raise FaultRefused(f"pod {plan.pod} does not belong to {plan.deployment} any more")

    def _remember(self, pod_uid: str) -> None:
        self._victims[pod_uid] = None
        while len(self._victims) > REMEMBERED_VICTIMS:
            self._victims.popitem(last=False)
