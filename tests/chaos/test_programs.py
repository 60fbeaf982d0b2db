"""The faults on programs where podinfo is not what runs, or is too old: other ways, and why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.elsewhere import KIND, REAL, SANDBOX, engine_on, plan
from tests.sandbox.live import NAMESPACE, Live, live
from tests.waiting import until
from tui.chaos import catalogue
from tui.chaos.fault import Need
from tui.chaos.guard import FaultRefused
from tui.chaos.steps import Poke, Run, SetField, Speak
from tui.cluster.errors import Refused
from tui.cluster.kinds import DEPLOYMENTS, PODS
from tui.sandbox.loops.client import DEPLOYMENTS as DEPLOYED
from tui.sandbox.loops.client import PODS as STORED_PODS
from tui.sandbox.loops.objects import Obj, is_ready, status_of

OTHER = {"image": "example.com/shop/web:1"}
PROBED = {**OTHER, "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}}
OLD = {"image": "ghcr.io/stefanprodan/podinfo:6.5.0"}
ON_A_PORT = {"ports": [{"name": "grpc", "containerPort": 9999}, {"name": "http", "containerPort": 9797}]}


def restarts(pod: Obj) -> int:
    return sum(one["restartCount"] for one in status_of(pod).get("containerStatuses") or ())


async def restarted(shop: Live, uid: str) -> None:
    """Waits until that very pod has been restarted once and is ready again."""

    def is_up_again(pods: dict[str, Obj]) -> bool:
        return any(
            pod["metadata"]["uid"] == uid and restarts(pod) == 1 and is_ready(pod) for pod in pods.values()
        )

    await shop.until(STORED_PODS, is_up_again)


async def test_podinfo_is_crashed_by_its_own_page_on_the_port_for_users(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(pod=ON_A_PORT)
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "crash")
    (step,) = planned.steps
    assert isinstance(step, Speak)
    assert (step.method, step.path, step.port, step.undoable) == ("GET", "/panic", 9797, False)
    assert planned.needs == (Need("get", PODS.resource, NAMESPACE, "proxy"),)
    assert not planned.lasting


async def test_another_program_of_the_sandbox_is_crashed_by_its_kubelet(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(pod=OTHER)
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "crash")
            assert isinstance(planned.steps[0], Poke)
            assert planned.needs == (Need("patch", PODS.resource, NAMESPACE),)
            await engine.desk.fire(planned)
            await restarted(shop, planned.victims[0][0])


@pytest.mark.parametrize("source", [KIND, REAL])
async def test_another_program_elsewhere_is_told_to_end_by_a_command(tmp_path: Path, source: str) -> None:
    async with live() as shop:
        await shop.deploy(pod=OTHER)
        async with engine_on(shop, tmp_path, source) as engine:
            planned = await plan(engine, "crash")
            (step,) = planned.steps
            assert isinstance(step, Run)
            assert step.command == ("sh", "-c", "kill 1")
            assert planned.needs == (
                Need("get", PODS.resource, NAMESPACE, "exec"),
                Need("create", PODS.resource, NAMESPACE, "exec"),
            )
            assert "what does not heed SIGTERM lives on" in planned.remarks[0]
            await engine.desk.fire(planned)
            await restarted(shop, step.ref.uid)


@pytest.mark.parametrize(
    ("shared", "whose"), [("hostPID", "its node"), ("shareProcessNamespace", "all of its containers")]
)
async def test_a_process_1_that_is_not_the_containers_own_is_not_told_to_end(
    tmp_path: Path, shared: str, whose: str
) -> None:
    async with live() as shop:
        await shop.deploy(pod=OTHER)
        await shop.patch(DEPLOYED, "web", {"spec": {"template": {"spec": {shared: True}}}})
        await shop.complete()
        async with engine_on(shop, tmp_path, REAL) as engine:
            with pytest.raises(FaultRefused, match=f"has {shared}: kill 1 in it would hit {whose}"):
                await plan(engine, "crash")


async def test_a_panic_that_reached_nobody_is_none(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(pod={"ports": [{"name": "http", "containerPort": 1234}]})
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "crash")
            with pytest.raises(Exception, match="connection refused"):
                await engine.desk.fire(planned)
            (told,) = engine.desk.journal.told()
            assert told.how == "refused"
        assert not any(map(restarts, await shop.pods()))


async def test_a_no_of_the_program_itself_is_told_as_its_own_and_is_no_matter_of_rights(
    tmp_path: Path,
) -> None:
    async with live() as shop:
        await shop.deploy(replicas=1)
        (pod,) = await shop.ready_pods(1)
        async with engine_on(shop, tmp_path) as engine:
            name, gateway = pod["metadata"]["name"], engine.desk.reach.gateway
            with pytest.raises(Refused) as refused:
                await gateway.speak_to_pod(NAMESPACE, name, 9898, "/status/403", method="GET")
            assert str(refused.value).startswith(f"port 9898 of pod {NAMESPACE}/{name}: 403: ")
            assert "right" not in str(refused.value)
            with pytest.raises(Refused, match="gapwatch-sandbox"):
                await gateway.speak_to_pod(NAMESPACE, "nobody", 9898, "/status/403", method="GET")


# ---------------------------------------------------------------- not ready, broken


async def test_the_probe_of_another_program_is_played_and_given_back(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(pod=PROBED)
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "not-ready", percent="50")
            assert [type(step) for step in planned.steps] == [SetField, SetField]
            assert "50 % of 3 pods, rounded up: 2" in planned.remarks
            injected = await engine.desk.fire(planned)
            await shop.until(STORED_PODS, lambda pods: sum(map(is_ready, pods.values())) == 1)
            assert await engine.desk.undo(injected.entry.id) == "undone"
            pods = await shop.until(STORED_PODS, lambda pods: all(map(is_ready, pods.values())))
        assert not any("annotations" in pod["metadata"] for pod in pods.values())


@pytest.mark.parametrize("pod", [OTHER, {}], ids=["other", "podinfo"])
async def test_where_nobody_probes_nobody_would_notice(tmp_path: Path, pod: Obj) -> None:
    async with live() as shop:
        await shop.deploy(pod=pod)
        async with engine_on(shop, tmp_path) as engine:
            with pytest.raises(FaultRefused, match="default/web has no readiness probe: nobody would notice"):
                await plan(engine, "not-ready")


async def test_what_is_not_ready_already_is_not_made_so(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(pod=PROBED)
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "not-ready")
            await engine.desk.fire(planned)
            uid, name = planned.victims[0]
            await engine.until(lambda: not engine.world.pods.by_uid[uid].ready)
            with pytest.raises(FaultRefused, match=f"pod {name} is not ready already"):
                await plan(engine, "not-ready", pod=name)


@pytest.mark.parametrize("fault", ["not-ready", "service-broken"])
async def test_elsewhere_only_podinfo_can_be_told_to(tmp_path: Path, fault: str) -> None:
    async with live() as shop:
        await shop.deploy(pod=PROBED)
        async with engine_on(shop, tmp_path, REAL) as engine:
            assert "no pod here runs podinfo" in await catalogue.find(fault).unable(engine.desk.sight)
            with pytest.raises(FaultRefused, match="no pod here runs podinfo"):
                await plan(engine, fault)
            await shop.deploy("info")
            await engine.until(lambda: len(engine.world.pods.by_uid) == 6)
            await engine.until(lambda: all(pod.started for pod in engine.world.pods.by_uid.values()))
            assert await catalogue.find(fault).unable(engine.desk.sight) == ""
            with pytest.raises(FaultRefused, match=f"{NAMESPACE}/web does not run podinfo"):
                await plan(engine, fault)


async def test_an_old_podinfo_can_not_be_broken(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(pod=OLD)
        async with engine_on(shop, tmp_path) as engine:
            with pytest.raises(FaultRefused, match=r"podinfo 6\.5 of default/web can't inject faults"):
                await plan(engine, "service-broken")


async def test_pod_and_count_contradict_each_other(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            with pytest.raises(FaultRefused, match="pod contradicts count and percent"):
                await plan(engine, "not-ready", pod="web-1", count="2")


async def test_a_switch_has_gone_with_the_program_that_was_told(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy(replicas=1)
        async with engine_on(shop, tmp_path) as engine:
            broken = await engine.desk.fire(await plan(engine, "service-broken"))
            await engine.desk.fire(await plan(engine, "crash"), anyway=True)
            # It may be down, or up again and told in vain: what is left to undo is nothing either way.
            said = await engine.desk.undo(broken.entry.id)
            assert said in ("undone", "nothing to undo: what was changed is gone")
            assert not engine.desk.keeper.running


# ---------------------------------------------------------------- thirty a day


@pytest.mark.parametrize(
    ("settings", "every_s", "said"),
    [
        ({}, 2880.0, "every 48 min for 24 h, the first at once, at even distances"),
        ({"day": "10m"}, 20.0, "every 20 s for 10 min, the first at once, at even distances"),
        ({"day": "1m", "a_day": "40"}, 1.5, "every 1.5 s for 1 min, the first at once, at even distances"),
        ({"day": "1h", "a_day": "7"}, 3600 / 7, "every 514 s for 1 h, the first at once, at even distances"),
    ],
)
async def test_a_day_in_compressed_time(
    tmp_path: Path, settings: dict[str, str], every_s: float, said: str
) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            planned = await plan(engine, "thirty-a-day", None, **settings)
    assert planned.repeat is not None
    assert planned.repeat.every_s == pytest.approx(every_s)
    assert planned.for_s == pytest.approx(planned.repeat.every_s * (planned.repeat.times or 0))
    assert planned.remarks[0] == said
    assert planned.steps == ()
    rights = {Need("get", PODS.resource, NAMESPACE, "proxy"), Need("get", DEPLOYMENTS.resource, NAMESPACE)}
    assert rights <= set(planned.needs), "what a stroke needs, and the plan of each"


async def test_every_stroke_finds_its_own_pod(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            target = engine.target(engine.find(NAMESPACE, "web").metadata.uid)
            (chosen, *_) = engine.world.pods_of(target.uid)
            target = engine.target(target.uid, chosen.metadata.uid)
            assert (await plan(engine, "crash", target)).victims[0][0] == chosen.metadata.uid
            assert (await plan(engine, "thirty-a-day", target)).target.pod_uid == ""


async def test_a_stroke_on_an_open_gap_is_left_out_and_counted(tmp_path: Path) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path) as engine:
            engine.desk.sight.is_open = lambda _uid: True
            injected = await engine.desk.fire(await plan(engine, "thirty-a-day", day="30s"), anyway=True)
            running = engine.desk.keeper.running[injected.entry.id]
            await until(lambda: running.skipped)
            assert (running.struck, running.note) == (0, "the gap of default/web is open still")
            engine.desk.sight.is_open = lambda _uid: False
            await until(lambda: running.struck)
            assert await engine.desk.undo(running.id) == "undone"
            assert running.work is None
        assert sum(map(restarts, await shop.pods())) <= running.struck


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"what": "drain"}, "what=drain: say crash or delete-pod"),
        ({"a_day": "0"}, "a-day=0: say a whole number from 1 to 10000"),
        ({"day": "2d"}, "day=2d: say 90s, 2m or 1h"),
        ({"day": "25h"}, "day=25h: say a time from 1s to 24h"),
    ],
)
async def test_a_day_that_is_none(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    async with live() as shop:
        await shop.deploy()
        async with engine_on(shop, tmp_path, SANDBOX) as engine:
            with pytest.raises(FaultRefused) as refused:
                await plan(engine, "thirty-a-day", None, **settings)
    assert str(refused.value) == said
