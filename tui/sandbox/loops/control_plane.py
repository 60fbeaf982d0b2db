"""All the loops together, as a real cluster runs them: three kinds of process, each with its own identity.

kube-controller-manager   the controllers, on one shared set of caches
kube-scheduler            the scheduler, on its own
kubelet                   one for each node
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tui.sandbox.loops.behaviour import KubeletDelays
from tui.sandbox.loops.cache import Cache, Caches
from tui.sandbox.loops.client import CONFIG_MAPS, DEPLOYMENTS, PODS, REPLICASETS, SERVICES, ApiClient
from tui.sandbox.loops.clock import Clock
from tui.sandbox.loops.deployment import DeploymentLoop
from tui.sandbox.loops.disk_pressure import EvictionManager
from tui.sandbox.loops.disruption import DisruptionLoop
from tui.sandbox.loops.events import Recorder
from tui.sandbox.loops.garbage_collector import GarbageCollectorLoop
from tui.sandbox.loops.kubelet import KubeletLoop
from tui.sandbox.loops.namespace import NamespaceLoop
from tui.sandbox.loops.node import NodeAgent, NodePlan
from tui.sandbox.loops.node_lifecycle import NodeLifecycleLoop
from tui.sandbox.loops.own_node import OwnNode
from tui.sandbox.loops.pod_gc import PodCollectorLoop
from tui.sandbox.loops.quota import QuotaLoop
from tui.sandbox.loops.replicaset import ReplicaSetLoop
from tui.sandbox.loops.scheduler import SCHEDULER, SchedulerLoop
from tui.sandbox.loops.taint_eviction import TaintEvictionLoop
from tui.sandbox.pod_network import PodNetwork

MANAGER, SCHEDULER_PROCESS, KUBELET = "kube-controller-manager", "kube-scheduler", "kubelet"
COLLECTED = (DEPLOYMENTS, REPLICASETS, PODS, SERVICES, CONFIG_MAPS)

IssueToken = Callable[[str, Sequence[str]], str]
Work = Callable[[], Coroutine[Any, Any, None]]


class ControlPlane:
    """The loops of one cluster, made but not yet turning; `running()` turns them."""

    def __init__(
        self,
        client: ApiClient,
        issue_token: IssueToken,
        clock: Clock,
        *,
        nodes: Sequence[NodePlan],
        delays: KubeletDelays,
        network: PodNetwork | None = None,
        seed: int = 0,
    ) -> None:
        self._client = client
        self._issue_token = issue_token
        self._clock = clock
        self._network = network or PodNetwork()
        self._seed = seed
        self._caches: list[Cache] = []
        self._work: list[Work] = []
        self._agents: list[NodeAgent] = []
        self.deployments = self._add_controllers()
        self._add_scheduler()
        for plan in nodes:
            self._add_kubelet(plan, delays)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Register the nodes, fill the caches, and turn every loop until the block ends.

        Gives the task that turns them: it ends before the block does only if something broke,
        and then the end of the block raises what it was.
        """
        for agent in self._agents:
            await agent.register()
        turning = asyncio.create_task(self._turn(), name="control plane")
        try:
            await self._synced(turning)
            yield turning
        finally:
            turning.cancel()
            await asyncio.wait([turning])
        if not turning.cancelled():
            turning.result()

    async def _synced(self, turning: asyncio.Task[None]) -> None:
        """Wait until every cache is filled, unless what fills them breaks first: then raise its error."""
        filled = asyncio.create_task(self._filled())
        await asyncio.wait([filled, turning], return_when=asyncio.FIRST_COMPLETED)
        if not filled.done():
            filled.cancel()
            turning.result()

    async def _filled(self) -> None:
        for cache in self._caches:
            await cache.synced.wait()

    async def _turn(self) -> None:
        async with asyncio.TaskGroup() as group:
            for cache in self._caches:
                group.create_task(cache.run(), name=f"cache/{cache.resource.plural}")
            for work in self._work:
                group.create_task(work())

    # -------------------------------------------------------------- who there is

    def _add_controllers(self) -> Cache:
        token = self._issue_token(f"system:{MANAGER}", ())
        process = self._client.acting_as(
            token, agent=f"{MANAGER}/gapwatch (shared-informers)", manager=MANAGER
        )
        caches = Caches(process)

        def client(name: str) -> ApiClient:
            return process.called(f"{MANAGER}/gapwatch ({name})")

        def voiced(name: str) -> tuple[ApiClient, Caches, Clock, Recorder]:
            return client(name), caches, self._clock, self._recorder(client(name), name)

        clock = self._clock
        self._work += [
            DeploymentLoop(*voiced(DeploymentLoop.name)).run,
            ReplicaSetLoop(*voiced(ReplicaSetLoop.name)).run,
            GarbageCollectorLoop(client(GarbageCollectorLoop.name), caches, clock, COLLECTED).run,
            PodCollectorLoop(client(PodCollectorLoop.name), caches, clock).run,
            NamespaceLoop(client(NamespaceLoop.name), caches, clock).run,
            NodeLifecycleLoop(*voiced(NodeLifecycleLoop.name)).run,
            TaintEvictionLoop(*voiced(TaintEvictionLoop.name)).run,
            QuotaLoop(client(QuotaLoop.name), caches, clock).run,
            DisruptionLoop(client(DisruptionLoop.name), caches, clock).run,
        ]
        self._caches += caches.all()
        return caches.of(DEPLOYMENTS)

    def _add_scheduler(self) -> None:
        token = self._issue_token(f"system:{SCHEDULER_PROCESS}", ())
        agent = f"{SCHEDULER_PROCESS}/gapwatch (scheduler)"
        client = self._client.acting_as(token, agent=agent, manager=SCHEDULER_PROCESS)
        caches = Caches(client)
        loop = SchedulerLoop(client, caches, self._clock, self._recorder(client, SCHEDULER), self._seed)
        self._work.append(loop.run)
        self._caches += caches.all()

    def _add_kubelet(self, plan: NodePlan, delays: KubeletDelays) -> None:
        token = self._issue_token(f"system:node:{plan.name}", ("system:nodes",))
        client = self._client.acting_as(token, agent=f"{KUBELET}/gapwatch ({plan.name})", manager=KUBELET)
        recorder = self._recorder(client, KUBELET, host=plan.name)
        own = OwnNode(client, plan.name)
        kubelet = KubeletLoop(client, self._clock, recorder, plan, delays, self._network, self._seed, own)
        agent = NodeAgent(client, self._clock, plan, own)
        evictions = EvictionManager(self._clock, recorder, own, kubelet)
        self._agents.append(agent)
        self._work += [kubelet.run, agent.run, evictions.run]
        self._caches += [kubelet.pods, own.cache]

    def _recorder(self, client: ApiClient, component: str, *, host: str = "") -> Recorder:
        recorder = Recorder(client, self._clock, component, host=host)
        self._work.append(recorder.run)
        return recorder
