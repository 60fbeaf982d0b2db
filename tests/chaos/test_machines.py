"""Lost nodes and zones, and full disks: by annotation in the sandbox, by container on kind, elsewhere not at all."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.elsewhere import KIND, REAL, engine_on, node, plan, zone
from tests.machines.fake_engine import FakeEngine
from tests.sandbox.live import NAMESPACE, Live, live
from tui.chaos import catalogue
from tui.chaos.fault import Plan
from tui.chaos.faults.outgrown import writing
from tui.chaos.guard import FaultRefused
from tui.chaos.machines import KindMachines
from tui.chaos.steps import FillDisk, PauseMachine, Run, SetField
from tui.clean import PlainError
from tui.cluster.execution import Executed
from tui.facts import Node
from tui.machines.machine import Machine
from tui.machines.node_errors import EngineFailed, NodeAbsent
from tui.machines.process import Finished
from tui.sandbox.loops.client import DEPLOYMENTS, NAMESPACES, NODES, PODS
from tui.sandbox.loops.objects import Obj
from tui.session.engine import Engine

WITH_THRESHOLD = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
evictionHard:
  nodefs.available: 20Gi
"""
ANNOTATION = "sandbox.gapwatch.dev/heartbeats"
NOBODY = Node()
LIMITED = {"resources": {"limits": {"ephemeral-storage": "100Mi"}}}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """docker, on the machine that our engines on kind have."""
    docker = FakeEngine(tmp_path, "docker")
    monkeypatch.setattr("tui.session.engine.KindMachines", partial(on, docker))
    return docker


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """docker as a program, first on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    docker = FakeEngine(tmp_path, "docker")
    docker.install()
    return docker


async def written_on(shop: Live, name: str) -> dict[str, str]:
    found = await shop.api.get(NODES, "", name)
    return dict(found["metadata"].get("annotations") or {})


async def label(shop: Live, name: str, **labels: Any) -> None:
    await shop.api.patch(NODES, "", name, {"metadata": {"labels": labels}})


async def protected_pod_on(shop: Live, name: str) -> None:
    """A pod in kube-system that stands on that node."""
    pod = {
        "metadata": {"name": "dns", "namespace": "kube-system"},
        "spec": {"nodeName": name, "containers": [{"name": "dns", "image": "example.com/dns:1"}]},
    }
    await shop.api.create(PODS, pod)


# ---------------------------------------------------------------- in the sandbox


async def test_a_nodes_heartbeats_stop_and_come_back(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            before = await written_on(shop, "node-a1")
            planned = await plan(engine, "node-lost", node("node-a1"))
            assert [type(step) for step in planned.steps] == [SetField]
            injected = await engine.desk.fire(planned, anyway=True)
            assert await written_on(shop, "node-a1") == {**before, ANNOTATION: "stopped"}
            with pytest.raises(FaultRefused, match="node node-a1 is silent already"):
                await plan(engine, "node-lost", node("node-a1"))
            assert await engine.desk.undo(injected.entry.id) == "undone"
            assert await written_on(shop, "node-a1") == before


@pytest.mark.parametrize("fault", ["node-lost", "disk-full", "taint"])
async def test_c03_a_node_with_protected_pods_is_left_alone(tmp_path: Path, fault: str) -> None:
    async with live() as shop:
        await shop.deploy()
        await protected_pod_on(shop, "node-a1")
        async with engine_on(shop, tmp_path) as engine:
            with pytest.raises(FaultRefused, match="node node-a1 has kube-system/dns, which is protected"):
                await plan(engine, fault, node("node-a1"))


async def daemon_on(shop: Live, name: str, namespace: str, *tolerations: Obj, **spec: Any) -> None:
    """A pod of a DaemonSet on that node."""
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "net", "uid": "net", "controller": True}
    pod = {
        "metadata": {"name": "net-x", "namespace": namespace, "ownerReferences": [owner]},
        "spec": {
            "nodeName": name,
            "tolerations": [{"operator": "Exists", **one} for one in tolerations],
            "containers": [{"name": "net", "image": "example.com/net:1"}],
            **spec,
        },
    }
    await shop.api.create(PODS, pod)


async def test_c03_a_taint_ends_pods_of_daemonsets_too(tmp_path: Path) -> None:
    """What tolerates only what the DaemonSet controller has it tolerate, or no new pods, does not bear ours."""
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "taint", node("node-a1"))
            lost = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
            await daemon_on(shop, "node-a1", "kube-system", {"effect": "NoSchedule"}, lost)
            said = "node node-a1 has kube-system/net-x, which is protected"
            with pytest.raises(FaultRefused, match=said):
                await plan(engine, "taint", node("node-a1"))
            with pytest.raises(FaultRefused, match=said):
                await engine.desk.fire(planned, anyway=True)
            await untouched(shop, engine)
            assert await plan(engine, "drain", node("node-a1"))
            assert await plan(engine, "node-lost", node("node-a1"))


async def test_c03_a_full_disk_ends_pods_of_daemonsets_too_but_for_critical_ones(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        await daemon_on(shop, "node-a1", NAMESPACE, {})
        await daemon_on(shop, "node-a2", "kube-system", {}, priority=2_000_001_000)
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "disk-full", node("node-a1"))
            assert f"{NAMESPACE}/net-x" in {name for _, name in planned.victims}
            await daemon_on(shop, "node-a1", "kube-public", {})
            said = "node node-a1 has kube-public/net-x, which is protected"
            with pytest.raises(FaultRefused, match=said):
                await plan(engine, "disk-full", node("node-a1"))
            with pytest.raises(FaultRefused, match=said):
                await engine.desk.fire(planned, anyway=True)
            await untouched(shop, engine)
            planned = await plan(engine, "disk-full", node("node-a2"))
            assert "kube-system/net-x" not in {name for _, name in planned.victims}


async def test_a_taint_names_whom_it_ends_and_nobody_else(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(replicas=8)
        await daemon_on(shop, "node-a1", "kube-system", {})
        await daemon_on(shop, "node-a1", NAMESPACE, {"effect": "NoExecute", "tolerationSeconds": 5})
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "taint", node("node-a1"))
            names = {name for _, name in planned.victims}
            assert f"{NAMESPACE}/net-x" in names
            assert "kube-system/net-x" not in names
            assert all(hit.pod_uids <= {uid for uid, _ in planned.victims} for hit in planned.hits)
            assert {hit.name for hit in planned.hits} == {"web"}
            await engine.desk.fire(planned, anyway=True)


async def test_a_taint_is_not_felt_by_what_tolerates_it(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        bearing = {"spec": {"template": {"spec": {"tolerations": [{"operator": "Exists"}]}}}}
        await shop.patch(DEPLOYMENTS, "web", bearing)
        await shop.complete()
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "taint", node("node-a1"))
            assert (planned.victims, planned.hits) == ((), ())


async def test_c03_a_zone_is_left_alone_for_one_protected_pod(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        await protected_pod_on(shop, "node-a2")
        async with engine_on(shop, tmp_path) as engine:
            with pytest.raises(FaultRefused, match="node node-a2 has kube-system/dns, which is protected"):
                await plan(engine, "zone-lost", zone("zone-a"))


async def test_c03_nodes_that_have_opted_out_stay_and_are_named(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        await label(shop, "node-a1", **{"gapwatch/chaos": "off"})
        async with engine_on(shop, tmp_path) as engine:
            await engine.until(lambda: bool((engine.world.nodes.named("node-a1") or NOBODY).metadata.labels))
            planned = await plan(engine, "zone-lost", zone("zone-a"))
            assert planned.nodes == ("node-a2",)
            assert "left alone, of the control plane or opted out: node-a1" in planned.remarks
            with pytest.raises(FaultRefused, match="node node-a1 has opted out"):
                await plan(engine, "node-lost", node("node-a1"))


async def test_c03_a_node_of_the_zone_that_opts_out_before_it_is_fired_stops_it(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "zone-lost", zone("zone-a"))
            assert planned.nodes == ("node-a1", "node-a2")
            await label(shop, "node-a2", **{"gapwatch/chaos": "off"})
            await engine.until(
                lambda: bool(engine.guard.node_objection(engine.world.nodes.named("node-a2") or NOBODY))
            )
            with pytest.raises(FaultRefused, match="node node-a2 has opted out"):
                await engine.desk.fire(planned, anyway=True)
            assert ANNOTATION not in await written_on(shop, "node-a1")


SWEEPING = {"node-lost": node("node-a1"), "zone-lost": zone("zone-a"), "disk-full": node("node-a1")}
SWEEPING |= {"taint": node("node-a1")}


async def bare_pod_on(shop: Live, name: str, namespace: str = NAMESPACE) -> None:
    """A pod that no controller owns, on that node."""
    pod = {
        "metadata": {"name": "by-hand", "namespace": namespace},
        "spec": {"nodeName": name, "containers": [{"name": "it", "image": "example.com/it:1"}]},
    }
    await shop.api.create(PODS, pod)


async def untouched(shop: Live, engine: Engine) -> None:
    """Nothing was begun, and nothing written on the nodes."""
    assert engine.desk.journal.told() == []
    for each in ("node-a1", "node-a2"):
        found = await shop.api.get(NODES, "", each)
        assert not found["spec"].get("taints")
        assert not found["spec"].get("unschedulable")
        assert not {name for name in found["metadata"].get("annotations") or {} if "gapwatch" in name}


@pytest.mark.parametrize("fault", SWEEPING)
async def test_c04_who_has_moved_in_since_the_plan_is_protected_too(tmp_path: Path, fault: str) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, fault, SWEEPING[fault])
            await protected_pod_on(shop, "node-a1")
            with pytest.raises(FaultRefused, match="node node-a1 has kube-system/dns, which is protected"):
                await engine.desk.fire(planned, anyway=True)
            await untouched(shop, engine)


async def test_c04_a_namespace_that_has_moved_in_since_the_plan_is_asked_too(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        labels = {"gapwatch/chaos": "off"}
        await shop.api.create(NAMESPACES, {"metadata": {"name": "quiet", "labels": labels}})
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "taint", node("node-a1"), bare="true")
            await bare_pod_on(shop, "node-a1", "quiet")
            with pytest.raises(FaultRefused, match="namespace quiet has opted out"):
                await engine.desk.fire(planned, anyway=True)
            await untouched(shop, engine)


@pytest.mark.parametrize("fault", ["cordon", "drain", "taint"])
async def test_c03_a_nodes_labels_are_read_when_it_is_fired(tmp_path: Path, fault: str) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, fault, node("node-a1"))
            known = engine.world.nodes.named("node-a1")
            assert known is not None
            await label(shop, "node-a1", **{"node-role.kubernetes.io/control-plane": ""})
            # What is known of nodes may be old: their stream is none that the picture waits for.
            engine.world.replace("Node", [known])
            with pytest.raises(FaultRefused, match="node node-a1 belongs to the control plane"):
                await engine.desk.fire(planned, anyway=True)
            await untouched(shop, engine)


@pytest.mark.parametrize("fault", [*SWEEPING, "drain"])
async def test_what_nobody_would_replace_is_not_ended_unless_told_to(tmp_path: Path, fault: str) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            target = SWEEPING.get(fault, node("node-a1"))
            planned = await plan(engine, fault, target)
            await bare_pod_on(shop, "node-a1")
            said = f"node node-a1 has {NAMESPACE}/by-hand, which no controller would replace"
            with pytest.raises(FaultRefused, match=said):
                await plan(engine, fault, target)
            if planned.sweep is not None:
                with pytest.raises(FaultRefused, match=said):
                    await engine.desk.fire(planned, anyway=True)
                await untouched(shop, engine)
            planned = await plan(engine, fault, target, bare="true")
            assert any(name == f"{NAMESPACE}/by-hand" for _, name in planned.victims)
            await engine.desk.undo((await engine.desk.fire(planned, anyway=True)).entry.id)


async def test_a_zone_that_there_is_not(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            with pytest.raises(
                FaultRefused, match=r"there is no zone \"mars\" \(there is: zone-a, zone-b, zone-c\)"
            ):
                await plan(engine, "zone-lost", zone("mars"))


# ---------------------------------------------------------------- on kind


def kind_of(fake: FakeEngine, *, config: str = WITH_THRESHOLD) -> None:
    """The sandbox' nodes as containers of kind."""
    for name in ("node-a1", "node-a2", "node-b1", "node-c1"):
        fake.add(name, config=config)


async def undone(engine: Engine, planned: Plan) -> None:
    """Fires it, and undoes it at once."""
    injected = await engine.desk.fire(planned, anyway=True)
    assert await engine.desk.undo(injected.entry.id) == "undone"


async def test_on_kind_a_nodes_container_is_paused(tmp_path: Path, installed: FakeEngine) -> None:
    kind_of(installed)
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, KIND) as engine:
            planned = await plan(engine, "node-lost", node("node-b1"))
            assert planned.steps == (PauseMachine("node-b1"),)
            injected = await engine.desk.fire(planned, anyway=True)
            assert [installed.status(name) for name in ("node-a1", "node-b1")] == ["running", "paused"]
            with pytest.raises(FaultRefused, match="the container of node node-b1 is paused"):
                await plan(engine, "node-lost", node("node-b1"))
            assert await engine.desk.undo(injected.entry.id) == "undone"
            assert installed.status("node-b1") == "running"


async def test_on_kind_all_containers_of_a_zone_are_paused(tmp_path: Path, fake: FakeEngine) -> None:
    kind_of(fake)
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, KIND) as engine:
            await undone(engine, await plan(engine, "zone-lost", zone("zone-a")))
    asked = [*fake.asked("pause"), *fake.asked("unpause")]
    assert len(asked) == 4
    assert {fake.status(name) for name in ("node-a1", "node-a2")} == {"running"}


async def test_on_kind_what_one_pause_refuses_is_all_taken_back(tmp_path: Path, fake: FakeEngine) -> None:
    kind_of(fake)
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, KIND) as engine:
            planned = await plan(engine, "zone-lost", zone("zone-a"))
            fake.add("node-a2", "exited")
            with pytest.raises(PlainError, match="pause node-a2"):
                await engine.desk.fire(planned, anyway=True)
    assert fake.status("node-a1") == "running"


async def test_on_kind_a_disk_is_filled_up_to_its_threshold(tmp_path: Path, fake: FakeEngine) -> None:
    kind_of(fake)
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, KIND) as engine:
            planned = await plan(engine, "disk-full", node("node-b1"))
            assert planned.steps == (FillDisk("node-b1"),)
            injected = await engine.desk.fire(planned, anyway=True)
            assert fake.ballast("node-b1") > 10 * 2**30
            assert await engine.desk.undo(injected.entry.id) == "undone"
            assert fake.ballast("node-b1") == 0


async def test_on_kind_as_it_comes_a_pod_outgrows_its_limit_instead(tmp_path: Path, fake: FakeEngine) -> None:
    fake.add("node-b1")  # with kind's own configuration, under which no disk is ever full
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, KIND) as engine:
            with pytest.raises(FaultRefused) as refused:
                await plan(engine, "disk-full", node("node-b1"))
    said = str(refused.value)
    assert "DiskPressure can't happen on it" in said
    assert "no pod on node-b1 has a limit of ephemeral-storage" in said


@pytest.mark.parametrize("fault", ["node-lost", "disk-full"])
async def test_c09_a_container_that_this_engine_does_not_have_is_gone_only_with_its_node(
    tmp_path: Path, fake: FakeEngine, fault: str
) -> None:
    kind_of(fake)
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, KIND) as engine:
            planned = await plan(engine, fault, node("node-b1"))
            fault_id = (await engine.desk.fire(planned, anyway=True)).entry.id
            world = fake.read()
            del world["containers"]["node-b1"]
            fake.write(world)
            with pytest.raises(PlainError, match="kept by another engine"):
                await engine.desk.undo(fault_id)
            assert [one.outstanding for one in engine.desk.journal.told()] == [True]
            await shop.api.delete(NODES, await shop.api.get(NODES, "", "node-b1"))
            assert await engine.desk.undo(fault_id) == "nothing to undo: what was changed is gone"


async def test_on_kind_without_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, KIND) as engine:
            with pytest.raises(FaultRefused, match="no docker, podman, nerdctl or finch is installed"):
                await plan(engine, "node-lost", node("node-b1"))


# ---------------------------------------------------------------- elsewhere


@pytest.mark.parametrize("fault", ["node-lost", "zone-lost"])
async def test_on_a_real_cluster_no_machine_is_within_reach(tmp_path: Path, fault: str) -> None:
    target = node("node-a1") if fault == "node-lost" else zone("zone-a")
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, REAL) as engine:
            why = await catalogue.find(fault).unable(engine.desk.sight)
            assert why == "the machines of a real cluster can't be reached from here, only its API"
            with pytest.raises(FaultRefused, match=why):
                await plan(engine, fault, target)


async def test_on_another_local_cluster_there_are_no_containers_of_kind(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, "k3d-mine") as engine:
            with pytest.raises(FaultRefused, match="only those of a kind cluster can, as containers"):
                await plan(engine, "node-lost", node("node-a1"))


async def test_on_a_real_cluster_a_pod_outgrows_its_limit(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(pod=LIMITED)
        async with engine_on(shop, tmp_path, REAL) as engine:
            uid = engine.find(NAMESPACE, "web").metadata.uid
            pod = engine.world.pods_of(uid)[0]
            planned = await plan(engine, "disk-full", node(pod.spec.node_name or ""))
            (step,) = planned.steps
            assert isinstance(step, Run)
            assert step.command[:2] == ("sh", "-c")
            assert step.command[2].startswith(
                "dd if=/dev/zero of=/tmp/gapwatch-ballast bs=1048576 count=116 || "
            )
            assert planned.ends_pods == {victim for victim, _ in planned.victims}
            assert planned.undo == "not undone: replaced, and the file goes with it"
            assert not planned.lasting
            with pytest.raises(
                FaultRefused, match="there is no sh in container web"
            ):  # so it is in the sandbox
                await engine.desk.fire(planned, anyway=True)


async def test_a_command_that_fails_half_way_is_not_told_as_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> Executed:
        return Executed(1, err=b"dd: writing '/tmp/gapwatch-ballast': No space left on device")

    async with live() as shop:
        await shop.deploy(pod=LIMITED)
        async with engine_on(shop, tmp_path, REAL) as engine:
            uid = engine.find(NAMESPACE, "web").metadata.uid
            name = engine.world.pods_of(uid)[0].spec.node_name or ""
            planned = await plan(engine, "disk-full", node(name))
            monkeypatch.setattr("tui.cluster.gateway.Gateway.run_in_pod", fail)
            with pytest.raises(PlainError, match="ended with code 1: dd: writing"):
                await engine.desk.fire(planned, anyway=True)
            assert [one.how for one in engine.desk.journal.told()] == ["unanswered"]


def test_what_can_be_written_in_part_only_is_taken_away_again(tmp_path: Path) -> None:
    file, full = tmp_path / "ballast", tmp_path / "bin"
    full.mkdir()
    (full / "dd").write_text(f"#!/bin/sh\necho some > {file}\nexit 7\n")
    (full / "dd").chmod(0o755)
    shell, option, script = writing(3)
    script = script.replace("/tmp/gapwatch-ballast", str(file))
    env = {"PATH": f"{full}:{os.environ['PATH']}"}
    ended = subprocess.run([shell, option, script], env=env, check=False)
    assert (ended.returncode, file.exists()) == (7, False)


async def test_a_limit_that_is_too_large_is_not_outgrown(tmp_path: Path) -> None:
    limits = {"resources": {"limits": {"ephemeral-storage": "50Gi"}}}
    async with live() as shop:
        await shop.deploy(pod=limits)
        async with engine_on(shop, tmp_path, REAL) as engine:
            uid = engine.find(NAMESPACE, "web").metadata.uid
            name = engine.world.pods_of(uid)[0].spec.node_name or ""
            with pytest.raises(
                FaultRefused, match=f"no pod on {name} has a limit of ephemeral-storage up to 8Gi"
            ):
                await plan(engine, "disk-full", node(name))


@pytest.mark.parametrize(
    ("path", "volume", "outgrown"),
    [
        ("/tmp", {"nfs": {"server": "files", "path": "/"}}, False),
        ("/tmp/", {"hostPath": {"path": "/srv"}}, False),
        ("/tmp", {"emptyDir": {"medium": "Memory"}}, False),
        ("/tmp", {"emptyDir": {}}, True),
        ("/data", {"hostPath": {"path": "/srv"}}, True),
    ],
    ids=["nfs", "host-path", "memory", "empty-dir", "beside"],
)
async def test_only_what_goes_with_the_pod_is_outgrown(
    tmp_path: Path, path: str, volume: Obj, *, outgrown: bool
) -> None:
    async with live() as shop:
        await shop.deploy()
        mounted = {"name": "web", **LIMITED, "volumeMounts": [{"name": "v", "mountPath": path}]}
        spec = {"containers": [mounted], "volumes": [{"name": "v", **volume}]}
        await shop.patch(DEPLOYMENTS, "web", {"spec": {"template": {"spec": spec}}})
        await shop.complete()
        async with engine_on(shop, tmp_path, REAL) as engine:
            uid = engine.find(NAMESPACE, "web").metadata.uid
            name = engine.world.pods_of(uid)[0].spec.node_name or ""
            if outgrown:
                assert (await plan(engine, "disk-full", node(name))).steps
                return
            with pytest.raises(FaultRefused, match="to outgrow, and its own /tmp"):
                await plan(engine, "disk-full", node(name))


# ---------------------------------------------------------------- the adapter


def on(fake: FakeEngine) -> KindMachines:
    """The adapter on the machine that has that engine."""
    return KindMachines(Machine(run=fake.run, environ={}))


async def test_a_container_that_is_gone_is_told(fake: FakeEngine) -> None:
    machines = on(fake)
    for work in (machines.pause, machines.unpause, machines.free_disk):
        with pytest.raises(NodeAbsent):
            await work("node-b1")
    assert await machines.why_not("node-b1") == "the container of node node-b1 is absent"


@pytest.mark.parametrize(
    ("status", "role", "why"),
    [
        ("running", "worker", ""),
        ("paused", "worker", "the container of node n is paused"),
        ("exited", "worker", "the container of node n is stopped"),
        ("running", "", "the container of node n is no node of a kind cluster"),
    ],
)
async def test_why_a_container_can_not_be_paused(fake: FakeEngine, status: str, role: str, why: str) -> None:
    fake.add("n", status, role=role)
    assert await on(fake).why_not("n") == why


async def test_an_engine_that_does_not_answer_is_named() -> None:
    async def run(argv: Any, **_named: Any) -> Finished:
        return Finished(0, "Docker version 28.0") if argv[1] == "-v" else Finished(1, "", "no daemon")

    with pytest.raises(EngineFailed, match="reach the machine of node n: no daemon"):
        await KindMachines(Machine(run=run)).pause("n")
