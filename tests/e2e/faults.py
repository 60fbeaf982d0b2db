"""Every fault of the catalogue as a scenario: what is injected, and how the official client sees that it was felt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes.client.exceptions import ApiException

from tests.e2e.conftest import Cluster
from tests.e2e.kubelets import LAB_MISSING, LabKubelets, kubelets_of
from tests.waiting import PATIENCE_S, until
from tui.chaos import catalogue
from tui.chaos.fault import Aim, Plan, Target
from tui.chaos.faults.bad_image import MISSING_TAG
from tui.chaos.faults.crash_loop import COMMAND
from tui.chaos.running import Running
from tui.facts.nodes import ZONE_LABEL
from tui.session.engine import Engine

NAME = "web"
REPLICAS = 3
PODINFO = "ghcr.io/stefanprodan/podinfo:6.14.1"
OURS = "gapwatch"


@dataclass
class Scene:
    """One Deployment of podinfo with a Service, in a namespace of its own: the engine acts, the client judges."""

    cluster: Cluster
    engine: Engine
    fault: str
    running: Running | None = None
    """What lasts of what was injected."""
    pods_before: dict[str, Any] = field(default_factory=dict)

    async def ask(self, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Has the official client, which blocks, do it on a thread."""
        return await asyncio.to_thread(call, *args, **named)

    async def inject(self, target: Target | None = None, **settings: Any) -> Plan:
        """Plans and fires it."""
        self.pods_before = await self.pods()
        target = target or self.engine.target(self.engine.find(self.cluster.namespace, NAME).metadata.uid)
        given = {name.replace("_", "-"): str(value) for name, value in settings.items()}
        plan = await self.engine.desk.plan(self.fault, target, given)
        injected = await self.engine.desk.fire(plan)
        self.running = self.engine.desk.keeper.running.get(injected.entry.id)
        return plan

    async def until(self, fact: Callable[[], Awaitable[object]]) -> None:
        """Asks the official client again and again until it holds."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await fact():  # noqa: ASYNC110 - what is waited for is not ours to signal
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{self.fault}: it did not come to be as expected") from None

    async def deployment(self) -> Any:
        """The Deployment now."""
        return await self.ask(self.cluster.apps.read_namespaced_deployment, NAME, self.cluster.namespace)

    async def container(self) -> Any:
        """The one container of the Deployment's template now."""
        (found,) = (await self.deployment()).spec.template.spec.containers
        return found

    async def pods(self) -> dict[str, Any]:
        """The pods of its labels that are not being ended, by uid."""
        listed = await self.ask(
            self.cluster.core.list_namespaced_pod, self.cluster.namespace, label_selector=f"app={NAME}"
        )
        return {
            one.metadata.uid: one
            for one in listed.items
            if one.metadata.deletion_timestamp is None and one.status.phase not in ("Failed", "Succeeded")
        }

    async def replicasets(self) -> dict[str, Any]:
        """Its ReplicaSets, by uid."""
        listed = await self.ask(self.cluster.apps.list_namespaced_replica_set, self.cluster.namespace)
        return {one.metadata.uid: one for one in listed.items}

    async def nodes(self) -> dict[str, Any]:
        """All nodes, by name."""
        return {one.metadata.name: one for one in (await self.ask(self.cluster.core.list_node)).items}

    async def lost(self, count: int) -> None:
        """Waits until so many of the former pods are gone, and as many as desired are ready again."""

        async def replaced() -> bool:
            pods = await self.pods()
            return (
                len(self.pods_before.keys() - pods.keys()) >= count
                and sum(map(is_ready, pods.values())) >= REPLICAS
            )

        await self.until(replaced)

    def node_of_a_pod(self) -> str:
        """A node that one of its pods runs on."""
        pods = self.engine.world.pods_of(self.engine.find(self.cluster.namespace, NAME).metadata.uid)
        return min(pod.spec.node_name for pod in pods if pod.spec.node_name)

    async def users_get(self) -> int:
        """The HTTP status that a user of the Service gets."""
        try:
            await self.ask(
                self.cluster.core.connect_get_namespaced_service_proxy_with_path,
                f"{NAME}:http",
                self.cluster.namespace,
                "version",
                _preload_content=False,
            )
        except ApiException as error:
            return int(error.status)
        return 200


Play = Callable[[Scene], Awaitable[Plan]]


def is_ready(pod: Any) -> bool:
    """Whether its Ready condition is True."""
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())


def restarts(pods: Mapping[str, Any]) -> int:
    """Of all containers of these pods."""
    return sum(one.restart_count for pod in pods.values() for one in pod.status.container_statuses or ())


# ---------------------------------------------------------------- pods


async def one_replaced(scene: Scene) -> Plan:
    plan = await scene.inject()
    await scene.lost(1)
    ((victim, _),) = plan.victims
    assert victim not in await scene.pods()
    return plan


async def two_replaced(scene: Scene) -> Plan:
    plan = await scene.inject(count=2)
    await scene.lost(2)
    assert not {uid for uid, _ in plan.victims} & (await scene.pods()).keys()
    return plan


async def restarted(scene: Scene) -> Plan:
    plan = await scene.inject()

    async def is_up_again() -> bool:
        pods = await scene.pods()
        return restarts(pods) == 1 and all(map(is_ready, pods.values()))

    await scene.until(is_up_again)
    pods = await scene.pods()
    assert pods.keys() == scene.pods_before.keys(), "no pod was lost"
    assert restarts({uid: pods[uid] for uid, _ in plan.victims}) == 1
    return plan


async def crashes_on_schedule(scene: Scene) -> Plan:
    plan = await scene.inject(a_day=20, day="20s")
    assert scene.running is not None

    async def have_struck() -> bool:
        return restarts(await scene.pods()) >= 2

    await scene.until(have_struck)
    await until(lambda: scene.running is not None and scene.running.struck >= 2)
    assert (await scene.pods()).keys() == scene.pods_before.keys()
    return plan


async def deletions_on_schedule(scene: Scene) -> Plan:
    plan = await scene.inject(a_day=20, day="20s", what="delete-pod")
    await scene.lost(2)
    return plan


async def orphaned(scene: Scene) -> Plan:
    plan = await scene.inject()
    ((victim, _),) = plan.victims

    async def is_replaced() -> bool:
        pods = await scene.pods()
        return len(pods) == REPLICAS + 1 and not pods[victim].metadata.owner_references

    await scene.until(is_replaced)
    return plan


# ---------------------------------------------------------------- workload


async def image_not_found(scene: Scene) -> Plan:
    kubelets = await scene.ask(kubelets_of, scene.cluster)
    plan = await (scene.inject(image=LAB_MISSING) if isinstance(kubelets, LabKubelets) else scene.inject())

    async def waits_for_image() -> bool:
        return any("ImagePull" in reason for reason in waiting(await scene.pods()))

    await scene.until(waits_for_image)
    assert (await scene.container()).image in (LAB_MISSING, f"{PODINFO.partition(':')[0]}:{MISSING_TAG}")
    assert sum(map(is_ready, (await scene.pods()).values())) >= REPLICAS - 1, "the old ones go on serving"
    return plan


async def crash_looping(scene: Scene) -> Plan:
    plan = await scene.inject()
    kubelets = await scene.ask(kubelets_of, scene.cluster)
    obedient: set[str] = set()

    async def loops() -> bool:
        pods = await scene.pods()
        if isinstance(kubelets, LabKubelets):  # they run no command, and are told what becomes of it
            for uid in pods.keys() - scene.pods_before.keys() - obedient:
                if await scene.ask(kubelets.exits_for_ever, pods[uid].metadata.name):
                    obedient.add(uid)
        return "CrashLoopBackOff" in waiting(pods)

    await scene.until(loops)
    assert (await scene.container()).command == COMMAND
    return plan


async def scaled(scene: Scene) -> Plan:
    plan = await scene.inject(replicas=1)

    async def is_one() -> bool:
        return len(await scene.pods()) == 1

    await scene.until(is_one)
    return plan


async def rolled_out(scene: Scene) -> Plan:
    plan = await scene.inject()
    await scene.lost(REPLICAS)
    assert len(await scene.replicasets()) == 2
    return plan


async def paused(scene: Scene) -> Plan:
    plan = await scene.inject()

    async def is_noticed() -> bool:
        found = await scene.deployment()
        conditions = {one.type: one.reason for one in found.status.conditions}
        return bool(found.spec.paused) and conditions.get("Progressing") == "DeploymentPaused"

    await scene.until(is_noticed)
    return plan


async def replicaset_recreated(scene: Scene) -> Plan:
    before = await scene.replicasets()
    plan = await scene.inject()
    await scene.lost(REPLICAS)
    after = await scene.replicasets()
    assert not before.keys() & after.keys()
    assert [one.metadata.name for one in after.values()] == [one.metadata.name for one in before.values()]
    return plan


async def squeezed(scene: Scene) -> Plan:
    plan = await scene.inject()

    async def is_refused() -> bool:
        conditions = (await scene.deployment()).status.conditions
        return any(one.type == "ReplicaFailure" and one.status == "True" for one in conditions)

    await scene.until(is_refused)
    assert len(await scene.pods()) == REPLICAS - 1
    return plan


# ---------------------------------------------------------------- service


async def not_ready(scene: Scene) -> Plan:
    plan = await scene.inject(count=2)

    async def are_not_ready() -> bool:
        return sum(map(is_ready, (await scene.pods()).values())) == REPLICAS - 2

    await scene.until(are_not_ready)
    pods = await scene.pods()
    assert pods.keys() == scene.pods_before.keys()
    assert restarts(pods) == 0, "nobody restarts what is only not ready"
    return plan


async def broken_at_gap_0(scene: Scene) -> Plan:
    assert await scene.users_get() == 200
    plan = await scene.inject()
    for _ in range(5):
        assert await scene.users_get() == 500
    found = await scene.deployment()
    assert found.status.available_replicas == found.spec.replicas == REPLICAS
    assert scene.running is not None
    await scene.engine.desk.undo(scene.running.id)
    assert await scene.users_get() == 200
    return plan


# ---------------------------------------------------------------- nodes


async def cordoned(scene: Scene) -> Plan:
    name = scene.node_of_a_pod()
    plan = await scene.inject(Target(Aim.NODE, name))
    assert (await scene.nodes())[name].spec.unschedulable
    assert (await scene.pods()).keys() == scene.pods_before.keys(), "a cordon ends no pod"
    return plan


async def emptied(scene: Scene) -> Plan:
    name = scene.node_of_a_pod()
    plan = await scene.inject(Target(Aim.NODE, name))

    async def run_elsewhere() -> bool:
        pods = (await scene.pods()).values()
        return name not in {pod.spec.node_name for pod in pods} and sum(map(is_ready, pods)) == REPLICAS

    await scene.until(run_elsewhere)
    return plan


async def node_gone(scene: Scene) -> Plan:
    name = scene.node_of_a_pod()
    plan = await scene.inject(Target(Aim.NODE, name))
    await replaced_elsewhere(scene, {name})
    return plan


async def zone_gone(scene: Scene) -> Plan:
    nodes = await scene.nodes()
    zones = {name: (node.metadata.labels or {}).get(ZONE_LABEL, "") for name, node in nodes.items()}
    zone = zones[scene.node_of_a_pod()]
    plan = await scene.inject(Target(Aim.ZONE, zone))
    await replaced_elsewhere(scene, {name for name, its in zones.items() if its == zone})
    return plan


async def replaced_elsewhere(scene: Scene, lost: set[str]) -> None:
    """Waits until the node controller misses these nodes, and as many pods as desired are ready on the others."""

    async def are_replaced() -> bool:
        nodes, pods = await scene.nodes(), (await scene.pods()).values()
        unknown = {name for name, node in nodes.items() if ready_condition(node) == "Unknown"}
        elsewhere = [pod for pod in pods if pod.spec.node_name not in lost]
        return unknown == lost and sum(map(is_ready, elsewhere)) == REPLICAS

    await scene.until(are_replaced)


async def under_pressure(scene: Scene) -> Plan:
    name = scene.node_of_a_pod()
    there = {uid for uid, pod in (await scene.pods()).items() if pod.spec.node_name == name}
    plan = await scene.inject(Target(Aim.NODE, name))

    async def are_evicted() -> bool:
        conditions = (await scene.nodes())[name].status.conditions
        has_pressure = any(one.type == "DiskPressure" and one.status == "True" for one in conditions)
        pods = await scene.pods()
        return has_pressure and not there & pods.keys() and sum(map(is_ready, pods.values())) == REPLICAS

    await scene.until(are_evicted)
    return plan


def ready_condition(node: Any) -> str:
    """The status of its Ready condition."""
    return next((str(one.status) for one in node.status.conditions if one.type == "Ready"), "")


def waiting(pods: Mapping[str, Any]) -> list[str]:
    """What containers of these pods wait for."""
    states = [one.state for pod in pods.values() for one in pod.status.container_statuses or ()]
    return [str(state.waiting.reason) for state in states if state is not None and state.waiting is not None]


# ---------------------------------------------------------------- all of them


@dataclass(frozen=True)
class Scenario:
    """`simulated`: it needs a program that really runs, or a machine, and so runs in the sandbox only.

    `instead`: what of it is played where that can't be.
    """

    play: Play
    opens_gap: bool = True
    simulated: bool = False
    instead: Play | None = None


SCENARIOS: dict[str, Scenario] = {
    "delete-pod": Scenario(one_replaced),
    "delete-pods": Scenario(two_replaced),
    "evict": Scenario(one_replaced),
    "crash": Scenario(restarted, simulated=True),
    "thirty-a-day": Scenario(
        crashes_on_schedule, opens_gap=False, simulated=True, instead=deletions_on_schedule
    ),
    "orphan-pod": Scenario(orphaned),
    "bad-image": Scenario(image_not_found),
    "crash-loop": Scenario(crash_looping),
    "scale": Scenario(scaled),
    "hand-edit": Scenario(rolled_out),
    "pause-rollout": Scenario(paused, opens_gap=False),
    "delete-replicaset": Scenario(replicaset_recreated),
    "quota-squeeze": Scenario(squeezed),
    "not-ready": Scenario(not_ready, simulated=True),
    "service-broken": Scenario(broken_at_gap_0, opens_gap=False, simulated=True),
    "cordon": Scenario(cordoned, opens_gap=False),
    "drain": Scenario(emptied),
    "taint": Scenario(emptied),
    "node-lost": Scenario(node_gone, simulated=True),
    "zone-lost": Scenario(zone_gone, simulated=True),
    "disk-full": Scenario(under_pressure, simulated=True),
}
"""By the fault's name; with `--context` all run but those that are `simulated` and have no `instead`."""
MISSING = {fault.name for fault in catalogue.FAULTS} ^ SCENARIOS.keys()


def podinfo() -> dict[str, Any]:
    """The Deployment: its pods bear a lost node for a short while only, so that nobody has to wait for minutes."""
    labels = {"app": NAME}
    bears = [
        {
            "key": f"node.kubernetes.io/{key}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 10,
        }
        for key in ("unreachable", "not-ready")
    ]
    container = {
        "name": "podinfo",
        "image": PODINFO,
        "ports": [{"name": "http", "containerPort": 9898}],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m"}},
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 2, "tolerations": bears}
    return {
        "metadata": {"name": NAME, "labels": labels},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def service() -> dict[str, Any]:
    """What its users ask."""
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {"metadata": {"name": NAME}, "spec": {"selector": {"app": NAME}, "ports": ports}}
